/* SPDX-License-Identifier: BSD-2-Clause */
/* An event built by hand and the line of text it becomes. For the tests of renderers. */
#ifndef AUDITSHIP_TEST_RENDER_LINE_H
#define AUDITSHIP_TEST_RENDER_LINE_H

#include "entry_builder.h"

#include "render/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define OUT_MAX (1024 * 1024)

static const uint8_t stream[16] = {1};
static struct entry_builder builder;
static struct renderer *renderer;
static struct buf out;

/* Times are shown in UTC. */
static inline int start_renderer(const struct render_options *options)
{
	struct err err;

	setenv("TZ", "UTC", 1);
	tzset();
	buf_init(&out, OUT_MAX);
	return renderer_new(&renderer, options, &(struct render_identity){0}, &err);
}

static inline int stop(void **state)
{
	(void)state;
	renderer_free(renderer);
	renderer = NULL;
	buf_done(&out);
	return 0;
}

/* What builder has becomes the text in out, which is valid until the next call. */
static inline const char *line(void)
{
	size_t size = builder_end(&builder);
	const char *why = NULL;
	struct event event;

	if (entry_parse(builder.data, size, stream, &event, &why) < 0)
		fail_msg("%s", why);
	buf_clear(&out);
	assert_int_equal(renderer_event(renderer, &event, &out), 0);
	assert_int_equal(buf_add(&out, "", 1), 0);
	return out.data;
}

#endif
