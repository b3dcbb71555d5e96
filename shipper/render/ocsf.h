/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as JSON lines in the Open Cybersecurity Schema Framework; what it has no attribute for is
 * in the object unmapped, under its path in ECS. docs/ocsf.md is the mapping.
 */
#ifndef AUDITSHIP_OCSF_H
#define AUDITSHIP_OCSF_H

#include "base/buf.h"
#include "base/err.h"
#include "decode/entry.h"
#include "render/render.h"

#define OCSF_VERSION "1.8.0"
#define OCSF_UNMAPPED "unmapped." /* what stands before a path in ECS that has no attribute */

struct ocsf;

/* Every kind that is journalled can be rendered. As renderer_new and renderer_event. */
int ocsf_new(struct ocsf **ret_ocsf, const struct render_identity *identity, bool compact,
	     struct err *err);
void ocsf_free(struct ocsf *ocsf);
int ocsf_event(struct ocsf *ocsf, const struct event *event, struct buf *out);

#endif
