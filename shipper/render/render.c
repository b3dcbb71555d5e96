/* SPDX-License-Identifier: BSD-2-Clause */
/* Which format goes to which file. Knows nothing else. */
#include "render/render.h"

#include "render/ecs.h"
#include "render/table.h"

#include <errno.h>
#include <stdlib.h>

struct renderer {
	/* one of them */
	struct ecs *ecs;
	struct table *table;
};

static int open_format(struct renderer *renderer, const struct render_options *options,
		       const struct render_identity *identity, struct err *err)
{
	switch (options->format) {
	case RENDER_ECS:
		return ecs_new(&renderer->ecs, identity, err);
	case RENDER_TABLE:
		return table_new(&renderer->table, options->color, err);
	}
	return err_set(err, -EINVAL, "format %d: there is none", (int)options->format);
}

int renderer_new(struct renderer **ret_renderer, const struct render_options *options,
		 const struct render_identity *identity, struct err *err)
{
	struct renderer *renderer = calloc(1, sizeof(*renderer));
	int result;

	if (!renderer)
		return err_set(err, -ENOMEM, "no memory for a renderer");
	result = open_format(renderer, options, identity, err);
	if (result < 0) {
		renderer_free(renderer);
		return result;
	}
	*ret_renderer = renderer;
	return 0;
}

void renderer_free(struct renderer *renderer)
{
	if (!renderer)
		return;
	ecs_free(renderer->ecs);
	table_free(renderer->table);
	free(renderer);
}

int renderer_event(struct renderer *renderer, const struct event *event, struct buf *out)
{
	return renderer->ecs ? ecs_event(renderer->ecs, event, out)
			     : table_event(renderer->table, event, out);
}

int renderer_header(struct renderer *renderer, struct buf *out)
{
	return renderer->table ? table_header(renderer->table, out) : 0;
}
