/* SPDX-License-Identifier: BSD-2-Clause */
/* Which format goes to which file. Knows nothing else. */
#include "render/render.h"

#include "render/csv.h"
#include "render/ecs.h"
#include "render/ocsf.h"
#include "render/raw.h"
#include "render/table.h"
#include "render/text.h"

#include <errno.h>
#include <stdlib.h>

struct renderer {
	enum render_format format;
	bool no_header;
	/* the one of the format; raw needs none */
	struct ecs *ecs;
	struct ocsf *ocsf;
	struct table *table;
	struct text *text;
	struct csv *csv;
};

static int open_format(struct renderer *renderer, const struct render_options *options,
		       const struct render_identity *identity, struct err *err)
{
	switch (options->format) {
	case RENDER_ECS:
		return ecs_new(&renderer->ecs, identity,
			       (struct ecs_form){.compact = options->detail == RENDER_COMPACT,
						 .leave_out = options->leave_out},
			       err);
	case RENDER_OCSF:
		return ocsf_new(&renderer->ocsf, identity, options->detail == RENDER_COMPACT, err);
	case RENDER_TABLE:
		return table_new(&renderer->table, options->color, err);
	case RENDER_TEXT:
		return text_new(&renderer->text, options->color, err);
	case RENDER_CSV:
		return csv_new(&renderer->csv, options->columns, options->column_count, identity,
			       err);
	case RENDER_RAW:
		return 0;
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
	renderer->format = options->format;
	renderer->no_header = options->no_header;
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
	ocsf_free(renderer->ocsf);
	table_free(renderer->table);
	text_free(renderer->text);
	csv_free(renderer->csv);
	free(renderer);
}

int renderer_event(struct renderer *renderer, const struct event *event, struct buf *out)
{
	switch (renderer->format) {
	case RENDER_ECS:
		break;
	case RENDER_OCSF:
		return ocsf_event(renderer->ocsf, event, out);
	case RENDER_TABLE:
		return table_event(renderer->table, event, out);
	case RENDER_TEXT:
		return text_event(renderer->text, event, out);
	case RENDER_CSV:
		return csv_event(renderer->csv, event, out);
	case RENDER_RAW:
		return raw_event(event, out);
	}
	return ecs_event(renderer->ecs, event, out);
}

int renderer_header(struct renderer *renderer, struct buf *out)
{
	if (renderer->no_header)
		return 0;
	if (renderer->table)
		return table_header(renderer->table, out);
	return renderer->csv ? csv_header(renderer->csv, out) : 0;
}
