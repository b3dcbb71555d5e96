/* SPDX-License-Identifier: BSD-2-Clause */
/* An event built by hand and its document: one line of JSON, parsed. For the tests of renderers. */
#ifndef AUDITSHIP_TEST_RENDER_DOCUMENT_H
#define AUDITSHIP_TEST_RENDER_DOCUMENT_H

#include "entry_builder.h"
#include "example_host.h"

#include "base/utf8.h"
#include "render/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

struct fixture {
	struct renderer *renderer;
	struct entry_builder builder;
	struct buf out;
	yajl_val root; /* of the last line */
};

static inline int start_renderer(void **state, const struct render_options *options,
				 const struct render_identity *identity)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct err err;

	if (!fixture)
		return -1;
	buf_init(&fixture->out, 8 * 1024 * 1024);
	*state = fixture;
	return renderer_new(&fixture->renderer, options, identity, &err);
}

static inline int stop(void **state)
{
	struct fixture *fixture = *state;

	yajl_tree_free(fixture->root);
	renderer_free(fixture->renderer);
	buf_done(&fixture->out);
	free(fixture);
	return 0;
}

static inline void parse_event(struct fixture *fixture, struct event *ret_event)
{
	size_t size = builder_end(&fixture->builder);
	const char *why = NULL;

	if (entry_parse(fixture->builder.data, size, example_stream, ret_event, &why) < 0)
		fail_msg("%s", why);
}

/* Renders what was built; the line is one valid line of JSON, whatever it says. */
static inline void render(struct fixture *fixture)
{
	struct event event;
	char why[256];

	parse_event(fixture, &event);
	buf_clear(&fixture->out);
	assert_int_equal(renderer_event(fixture->renderer, &event, &fixture->out), 0);
	assert_true(fixture->out.length > 0);
	assert_true(utf8_is_valid(fixture->out.data, fixture->out.length));
	assert_ptr_equal(memchr(fixture->out.data, '\n', fixture->out.length),
			 fixture->out.data + fixture->out.length - 1);
	fixture->out.data[fixture->out.length - 1] = '\0';
	yajl_tree_free(fixture->root);
	fixture->root = yajl_tree_parse(fixture->out.data, why, sizeof(why));
	if (!fixture->root)
		fail_msg("%s in %s", why, fixture->out.data);
}

/* The value at a dotted path, NULL when there is none. */
static inline yajl_val get(const struct fixture *fixture, const char *path)
{
	const char *parts[10] = {NULL};
	char copy[128];
	char *rest = copy;
	size_t count = 0;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *part; (part = strsep(&rest, ".")) && count < 9; count++)
		parts[count] = part;
	return yajl_tree_get(fixture->root, parts, yajl_t_any);
}

static inline void assert_text(const struct fixture *fixture, const char *path,
			       const char *expected)
{
	yajl_val value = get(fixture, path);

	if (!value || !YAJL_IS_STRING(value))
		fail_msg("%s is no string", path);
	assert_string_equal(YAJL_GET_STRING(value), expected);
}

static inline void assert_number(const struct fixture *fixture, const char *path,
				 const char *expected)
{
	yajl_val value = get(fixture, path);

	if (!value || !YAJL_IS_NUMBER(value))
		fail_msg("%s is no number", path);
	assert_string_equal(YAJL_GET_NUMBER(value), expected);
}

static inline void assert_absent(const struct fixture *fixture, const char *path)
{
	if (get(fixture, path))
		fail_msg("%s is there", path);
}

#endif
