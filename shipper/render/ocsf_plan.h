/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which members the OCSF document of a kind has, in their order, and what they are. The renderer
 * and whatever describes its output start from the same plan. Private to ocsf.c and to
 * descriptions.
 */
#ifndef AUDITSHIP_OCSF_PLAN_H
#define AUDITSHIP_OCSF_PLAN_H

#include "base/err.h"
#include "decode/fields.h"
#include "render/leaf.h"
#include "render/plan.h"

struct ocsf_plan {
	struct plan plan; /* specials: enum ocsf_form */
	char *paths;      /* text of those that were made up */
	size_t paths_length;
};

/* 0, -ENOMEM or -EINVAL; ocsf_plan_done is due after 0, and is harmless otherwise. */
int ocsf_plan_make(struct ocsf_plan *ret_plan, const struct kind *kind, bool compact,
		   struct err *err);
void ocsf_plan_done(struct ocsf_plan *plan);

/*
 * The words and numbers that are the same for every event of the kind, as leaves with a constant,
 * in the order of writing: those of the outermost object, or those of metadata. Returns how many of
 * leaves (OCSF_CONSTANTS_MAX) were filled.
 */
#define OCSF_CONSTANTS_MAX 24
unsigned int ocsf_constants(struct leaf leaves[OCSF_CONSTANTS_MAX], const struct kind *kind,
			    bool metadata);

/*
 * The leaves of a document of that kind, in the order of writing, in leaves (LEAF_MAX of them).
 * Paths are the plan's, which has room for one call. Their number, or a negative errno.
 */
int ocsf_leaves(struct leaf *leaves, const struct kind *kind, struct ocsf_plan *plan);

#endif
