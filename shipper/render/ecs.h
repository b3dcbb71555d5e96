/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as JSON lines in the Elastic Common Schema, our own facts in the object "Linux". */
#ifndef AUDITSHIP_ECS_H
#define AUDITSHIP_ECS_H

#include "render/ecs_plan.h"
#include "render/render.h"

#define ECS_VERSION "9.4.0"
#define ECS_SCHEMA_VERSION "0.1.0" /* of our events: docs/schema.md says what a step means */

struct ecs;

/* Every kind that is journalled can be rendered. As renderer_new and renderer_event. */
int ecs_new(struct ecs **ret_ecs, const struct render_identity *identity, struct ecs_form form,
	    struct err *err);
void ecs_free(struct ecs *ecs);
int ecs_event(struct ecs *ecs, const struct event *event, struct buf *out);

#endif
