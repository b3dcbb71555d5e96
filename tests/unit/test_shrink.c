/* SPDX-License-Identifier: BSD-2-Clause */
/* Events whose lines are too long for where they go. */
#include "entry_builder.h"

#include "base/utf8.h"
#include "render/render.h"
#include "render/shrink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <yajl/yajl_tree.h>

#define BIG 20000

static const uint8_t stream[16] = {7};

struct fixture {
	struct renderer *renderer;
	struct shrink *shrink;
	struct entry_builder builder;
	struct buf out;
	yajl_val root; /* of the last line */
	char big[BIG];
};

static int set_up(void **state)
{
	const struct render_options options = {.format = RENDER_ECS};
	const struct render_identity identity = {.host_name = "h"};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct err err;

	if (!fixture)
		return -1;
	*state = fixture;
	buf_init(&fixture->out, 1024 * 1024);
	fixture->shrink = shrink_new();
	memset(fixture->big, 'a', BIG);
	return fixture->shrink ? renderer_new(&fixture->renderer, &options, &identity, &err) : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	yajl_tree_free(fixture->root);
	renderer_free(fixture->renderer);
	shrink_free(fixture->shrink);
	buf_done(&fixture->out);
	free(fixture);
	return 0;
}

static int render(void *data, const struct event *event, struct buf *out)
{
	return renderer_event(((struct fixture *)data)->renderer, event, out);
}

static void parse_event(struct fixture *fixture, struct event *ret_event)
{
	size_t size = builder_end(&fixture->builder);
	const char *why = NULL;

	if (entry_parse(fixture->builder.data, size, stream, ret_event, &why) < 0)
		fail_msg("%s", why);
}

/* Shrinks what was built behind a first line, which must stay as it is. */
static int shrink(struct fixture *fixture, size_t max)
{
	struct event event;
	char why[256];
	int result;

	parse_event(fixture, &event);
	buf_clear(&fixture->out);
	assert_int_equal(buf_add_text(&fixture->out, "first\n"), 0);
	result = shrink_event(fixture->shrink, &event, max, render, fixture, &fixture->out);
	assert_memory_equal(fixture->out.data, "first\n", 6);
	if (result < 0) {
		assert_int_equal(fixture->out.length, 6);
		return result;
	}
	assert_true(fixture->out.length - 6 - 1 <= max);
	assert_true(utf8_is_valid(fixture->out.data, fixture->out.length));
	assert_int_equal(fixture->out.data[fixture->out.length - 1], '\n');
	fixture->out.data[fixture->out.length - 1] = '\0';
	yajl_tree_free(fixture->root);
	fixture->root = yajl_tree_parse(fixture->out.data + 6, why, sizeof(why));
	if (!fixture->root)
		fail_msg("%s in %s", why, fixture->out.data);
	return 0;
}

/* The value at a dotted path, NULL when there is none. */
static yajl_val get(yajl_val root, const char *path)
{
	const char *parts[10] = {NULL};
	char copy[128];
	char *rest = copy;
	size_t count = 0;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *part; (part = strsep(&rest, ".")) && count < 9; count++)
		parts[count] = part;
	return yajl_tree_get(root, parts, yajl_t_any);
}

static const char *text_at(yajl_val root, const char *path)
{
	yajl_val value = get(root, path);

	if (!value || !YAJL_IS_STRING(value))
		fail_msg("%s is no string", path);
	return value->u.string;
}

/* The item of Linux.truncated about that field, NULL when there is none. */
static yajl_val truncated(const struct fixture *fixture, const char *field)
{
	yajl_val list = get(fixture->root, "Linux.truncated");

	for (size_t i = 0; list && i < YAJL_GET_ARRAY(list)->len; i++)
		if (strcmp(text_at(YAJL_GET_ARRAY(list)->values[i], "field"), field) == 0)
			return YAJL_GET_ARRAY(list)->values[i];
	return NULL;
}

static void assert_cut(const struct fixture *fixture, const char *field, const char *bytes,
		       size_t size)
{
	yajl_val item = truncated(fixture, field);
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[65];

	if (!item)
		fail_msg("%s is not told as cut", field);
	assert_int_equal(YAJL_GET_INTEGER(get(item, "total")), size);
	assert_true((size_t)YAJL_GET_INTEGER(get(item, "kept")) < size);
	assert_int_equal(EVP_Digest(bytes, size, hash, NULL, EVP_sha256(), NULL), 1);
	for (int i = 0; i < 32; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
	assert_string_equal(text_at(item, "sha256"), text);
}

static void start_exec(struct fixture *fixture)
{
	builder_start(&fixture->builder, REC_EXEC, 1);
	builder_text(&fixture->builder, &fixture->builder.exec->executable, "/usr/bin/program");
}

static void long_arguments_are_cut_and_told_with_their_hash(void **state)
{
	struct fixture *fixture = *state;
	size_t kept;

	start_exec(fixture);
	memcpy(fixture->big, "program", 8);
	fixture->big[BIG - 1] = '\0';
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, BIG, 0);
	assert_int_equal(shrink(fixture, 8192), 0);
	assert_cut(fixture, "process.args", fixture->big, BIG);
	assert_cut(fixture, "process.command_line", fixture->big, BIG);
	assert_string_equal(text_at(fixture->root, "process.executable"), "/usr/bin/program");
	assert_null(truncated(fixture, "process.executable"));
	/* They stand in the line twice: with no room wasted that is most of it. */
	kept = (size_t)YAJL_GET_INTEGER(get(truncated(fixture, "process.args"), "kept"));
	assert_in_range(kept, 3000, 4096);
	assert_true(fixture->out.length > 8192 - 200);
}

static void the_longest_is_cut_first(void **state)
{
	struct fixture *fixture = *state;

	start_exec(fixture);
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, 1000, 0);
	builder_bytes(&fixture->builder, &fixture->builder.exec->env, fixture->big, BIG, 0);
	assert_int_equal(shrink(fixture, 8192), 0);
	assert_cut(fixture, "process.env_vars", fixture->big, BIG);
	assert_null(truncated(fixture, "process.args"));
}

static void of_a_path_the_end_is_kept(void **state)
{
	struct fixture *fixture = *state;
	const char *path;

	builder_start(&fixture->builder, REC_EXEC, 1);
	for (size_t i = 0; i < 4000; i += 10)
		memcpy(fixture->big + i, "/directory", 10);
	memcpy(fixture->big + 4000, "/name", 5);
	builder_bytes(&fixture->builder, &fixture->builder.exec->executable, fixture->big, 4005, 0);
	assert_int_equal(shrink(fixture, 3000), 0);
	assert_cut(fixture, "process.executable", fixture->big, 4005);
	path = text_at(fixture->root, "process.executable");
	assert_memory_equal(path, "directory/", 10); /* no slash in front: not from the root on */
	assert_string_equal(path + strlen(path) - 5, "/name");
	assert_string_equal(text_at(fixture->root, "process.name"), "name");
}

static void no_character_is_cut_in_two(void **state)
{
	struct fixture *fixture = *state;

	start_exec(fixture);
	for (size_t i = 0; i + 4 <= BIG; i += 4)
		memcpy(fixture->big + i, "\xf0\x9f\x98\x80", 4);
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, BIG, 0);
	for (size_t max = 4000; max < 4016; max++) {
		assert_int_equal(shrink(fixture, max), 0);
		assert_null(get(fixture->root, "Linux.raw"));
		assert_cut(fixture, "process.args", fixture->big, BIG);
	}
}

static void bytes_that_need_escapes_fit_too(void **state)
{
	struct fixture *fixture = *state;

	start_exec(fixture);
	memset(fixture->big, '\x01', BIG); /* six bytes each */
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, BIG, 0);
	assert_int_equal(shrink(fixture, 4096), 0);
	assert_cut(fixture, "process.args", fixture->big, BIG);
	memset(fixture->big, '\xff', BIG); /* and these are kept once more, in base64 */
	start_exec(fixture);
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, BIG, 0);
	assert_int_equal(shrink(fixture, 4096), 0);
	assert_cut(fixture, "process.args", fixture->big, BIG);
}

static void what_cannot_fit_is_refused_and_leaves_no_trace(void **state)
{
	struct fixture *fixture = *state;

	start_exec(fixture);
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, BIG, 0);
	assert_int_equal(shrink(fixture, 300), -EMSGSIZE);
}

static void the_event_itself_is_not_touched(void **state)
{
	struct fixture *fixture = *state;
	_Alignas(ENTRY_ALIGN) static uint8_t before[ENTRY_MAX_SIZE];

	start_exec(fixture);
	builder_bytes(&fixture->builder, &fixture->builder.exec->args, fixture->big, BIG, 0);
	(void)builder_end(&fixture->builder);
	memcpy(before, fixture->builder.data, sizeof(before));
	assert_int_equal(shrink(fixture, 4096), 0);
	assert_memory_equal(before, fixture->builder.data, sizeof(before));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(long_arguments_are_cut_and_told_with_their_hash),
		TEST(the_longest_is_cut_first),
		TEST(of_a_path_the_end_is_kept),
		TEST(no_character_is_cut_in_two),
		TEST(bytes_that_need_escapes_fit_too),
		TEST(what_cannot_fit_is_refused_and_leaves_no_trace),
		TEST(the_event_itself_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
