/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which members a document of a kind has, in their order, and what they are. The renderer and
 * whatever describes its output start from the same plan. Private to ecs.c, descriptions and the
 * configuration.
 */
#ifndef AUDITSHIP_ECS_PLAN_H
#define AUDITSHIP_ECS_PLAN_H

#include "base/err.h"
#include "base/text.h"
#include "decode/fields.h"
#include "render/leaf.h"
#include "render/omission.h"
#include "render/plan.h"

#define ECS_TAGS "tags" /* of the agent, and in a row those of rules */

/* Members that are no rows. */
enum special {
	SPECIAL_NONE,
	SPECIAL_ECS,
	SPECIAL_EVENT, /* event.kind and the other words of the kind */
	SPECIAL_EVENT_ID,
	SPECIAL_AGENT,
	SPECIAL_HOST,
	SPECIAL_LABELS,
	SPECIAL_SCHEMA,
	SPECIAL_RAW,
	SPECIAL_RAW_LEFT_OUT,
	SPECIAL_TRUNCATED,
	SPECIAL_TAGS
};

struct ecs_form {
	bool compact; /* without rows of the full form, if the kind has a compact one */
	bool bare;    /* without agent, host and labels: a batch has them once */
	struct omission leave_out;
};

/* Whether the kind has a compact form: its category is not process. */
bool ecs_is_compact(const struct kind *kind);

/* 0, -ENOMEM or -EINVAL; plan_done is due after 0. */
int ecs_plan_make(struct plan *ret_plan, const struct kind *kind, struct ecs_form form,
		  struct err *err);

/*
 * Whether some event can do without path, see struct omission: 0; -ENOENT: no event has such a
 * member; -EPERM: every event that has it must have it. nearest is offered all
 * there are.
 */
int ecs_check_omission(const char *path, struct text_nearest *nearest);

/*
 * The leaves of a document of that kind and form, in the order of writing, in leaves (LEAF_MAX of
 * them). Their number, or what ecs_plan_make returns.
 */
int ecs_leaves(struct leaf *leaves, const struct kind *kind, struct ecs_form form, struct err *err);

#endif
