/* SPDX-License-Identifier: BSD-2-Clause */
/* Documents of many events: what is in them, when one is full, and what a failure leaves. */
#include "entry_builder.h"

#include "render/batch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

static const uint8_t stream[16] = {1}, other_stream[16] = {2};
static const char *const tags[] = {"prod"};
static const struct render_identity identity = {
	.agent_id = "a",
	.host_name = "h",
	.tags = tags,
	.tag_count = 1,
	.labels = {{"role", "web"}},
	.label_count = 1,
};

struct fixture {
	struct batch *batch;
	struct entry_builder builder;
	struct buf out;
};

static int start_with(void **state, size_t bytes_max, unsigned int count_max)
{
	const struct batch_options options = {.bytes_max = bytes_max, .count_max = count_max};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct err err;

	if (!fixture)
		return -1;
	buf_init(&fixture->out, 4 * 1024 * 1024);
	*state = fixture;
	return batch_new(&fixture->batch, &options, &identity, &err);
}

static int start(void **state)
{
	return start_with(state, 1024 * 1024, 3);
}

static int start_small(void **state)
{
	return start_with(state, 4096, 1000);
}

static int stop(void **state)
{
	struct fixture *fixture = *state;

	batch_free(fixture->batch);
	buf_done(&fixture->out);
	free(fixture);
	return 0;
}

static int add_event(struct fixture *fixture, uint64_t sequence, const uint8_t of_stream[16],
		     const char *executable)
{
	struct event event;
	const char *why;
	size_t size;

	builder_start(&fixture->builder, REC_EXEC, sequence);
	builder_text(&fixture->builder, &fixture->builder.exec->executable, executable);
	fixture->builder.exec->task.creds.uid = (uint32_t)sequence;
	fixture->builder.exec->task.session.pid = (uint32_t)sequence;
	size = builder_end(&fixture->builder);
	assert_int_equal(entry_parse(fixture->builder.data, size, of_stream, &event, &why), 0);
	return batch_add(fixture->batch, &event);
}

static yajl_val take(struct fixture *fixture)
{
	yajl_val root;
	char why[256];

	buf_clear(&fixture->out);
	assert_int_equal(batch_take(fixture->batch, &fixture->out), 0);
	assert_int_equal(buf_add(&fixture->out, "", 1), 0);
	assert_ptr_equal(strchr(fixture->out.data, '\n'),
			 fixture->out.data + fixture->out.length - 2);
	root = yajl_tree_parse(fixture->out.data, why, sizeof(why));
	if (!root)
		fail_msg("%s in %s", why, fixture->out.data);
	return root;
}

static yajl_val get(yajl_val root, const char *first, const char *second)
{
	const char *path[] = {first, second, NULL};

	return yajl_tree_get(root, path, yajl_t_any);
}

static void assert_number(yajl_val root, const char *name, const char *expected)
{
	yajl_val value = get(root, name, NULL);

	assert_true(YAJL_IS_NUMBER(value));
	assert_string_equal(YAJL_GET_NUMBER(value), expected);
}

static void agent_and_host_stand_there_once(void **state)
{
	struct fixture *fixture = *state;
	yajl_val root, events;

	assert_int_equal(add_event(fixture, 7, stream, "/a"), 0);
	assert_int_equal(add_event(fixture, 9, stream, "/b"), 0);
	root = take(fixture);
	assert_string_equal(YAJL_GET_STRING(get(root, "schema", "name")), "batch");
	assert_string_equal(YAJL_GET_STRING(get(root, "schema", "version")), BATCH_SCHEMA_VERSION);
	assert_string_equal(YAJL_GET_STRING(get(root, "host", "name")), "h");
	assert_string_equal(YAJL_GET_STRING(get(root, "agent", "ephemeral_id")),
			    "01000000-0000-0000-0000-000000000000");
	assert_string_equal(YAJL_GET_STRING(get(root, "labels", "role")), "web");
	assert_number(root, "first_sequence", "7");
	assert_number(root, "last_sequence", "9");
	assert_number(root, "count", "2");
	events = get(root, "events", NULL);
	assert_int_equal(YAJL_GET_ARRAY(events)->len, 2);
	for (size_t i = 0; i < 2; i++) {
		yajl_val event = YAJL_GET_ARRAY(events)->values[i];

		assert_null(get(event, "agent", NULL));
		assert_null(get(event, "host", NULL));
		assert_null(get(event, "labels", NULL));
		assert_non_null(get(event, "tags", NULL));
		assert_string_equal(YAJL_GET_STRING(get(event, "process", "executable")),
				    i == 0 ? "/a" : "/b");
	}
	yajl_tree_free(root);
}

static void nothing_comes_of_no_event(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(batch_take(fixture->batch, &fixture->out), 0);
	assert_int_equal(fixture->out.length, 0);
	assert_int_equal(batch_count(fixture->batch), 0);
}

static void the_greatest_number_of_events_is_kept(void **state)
{
	struct fixture *fixture = *state;

	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(add_event(fixture, i, stream, "/a"), 0);
	assert_int_equal(add_event(fixture, 4, stream, "/a"), -EAGAIN);
	assert_int_equal(batch_count(fixture->batch), 3);
	yajl_tree_free(take(fixture));
	assert_int_equal(add_event(fixture, 4, stream, "/a"), 0);
}

static void events_of_another_stream_go_into_another_document(void **state)
{
	struct fixture *fixture = *state;
	yajl_val root;

	assert_int_equal(add_event(fixture, 1, stream, "/a"), 0);
	assert_int_equal(add_event(fixture, 1, other_stream, "/a"), -EAGAIN);
	yajl_tree_free(take(fixture));
	assert_int_equal(add_event(fixture, 1, other_stream, "/a"), 0);
	root = take(fixture);
	assert_string_equal(YAJL_GET_STRING(get(root, "agent", "ephemeral_id")),
			    "02000000-0000-0000-0000-000000000000");
	yajl_tree_free(root);
}

static void no_document_is_longer_than_allowed(void **state)
{
	struct fixture *fixture = *state;
	unsigned int documents = 0, events = 0;

	for (uint64_t i = 1; i <= 50; i++) {
		int result = add_event(fixture, i, stream, "/usr/bin/true");

		if (result == -EAGAIN) {
			events += batch_count(fixture->batch);
			yajl_tree_free(take(fixture));
			assert_true(fixture->out.length - 1 <= 4096);
			documents++;
			result = add_event(fixture, i, stream, "/usr/bin/true");
		}
		assert_int_equal(result, 0);
	}
	assert_true(documents > 5);
	assert_int_equal(events + batch_count(fixture->batch), 50);
}

/* Wherever the room ended: what had begun is not remembered as whole. */
static void an_event_that_had_no_room_is_whole_in_the_next_document(void **state)
{
	struct fixture *fixture = *state;
	struct buf whole;
	size_t refused = 0;

	buf_init(&whole, 64 * 1024);
	assert_int_equal(add_event(fixture, 2, stream, "/usr/bin/true"), 0);
	assert_int_equal(batch_take(fixture->batch, &whole), 0);
	(void)stop(state);
	for (size_t limit = whole.length + 64; limit < 2 * whole.length; limit += 7) {
		assert_int_equal(start_with(state, limit, 1000), 0);
		fixture = *state;
		assert_int_equal(add_event(fixture, 1, other_stream, "/x"), 0);
		yajl_tree_free(take(fixture));
		assert_int_equal(add_event(fixture, 1, stream, "/x"), 0);
		if (add_event(fixture, 2, stream, "/usr/bin/true") == 0)
			break;
		refused++;
		yajl_tree_free(take(fixture));
		assert_int_equal(add_event(fixture, 2, stream, "/usr/bin/true"), 0);
		yajl_tree_free(take(fixture));
		assert_int_equal(fixture->out.length - 1, whole.length);
		assert_memory_equal(fixture->out.data, whole.data, whole.length);
		(void)stop(state);
	}
	assert_true(refused > 20);
	buf_done(&whole);
}

static void an_event_too_long_for_any_document_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char long_name[5000];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(add_event(fixture, 1, stream, long_name), -EMSGSIZE);
	assert_int_equal(batch_count(fixture->batch), 0);
	assert_int_equal(add_event(fixture, 2, stream, "/a"), 0);
	assert_int_equal(add_event(fixture, 3, stream, long_name), -EAGAIN);
	assert_int_equal(batch_count(fixture->batch), 1);
	yajl_tree_free(take(fixture));
}

static void a_full_buffer_leaves_document_and_buffer_as_they_were(void **state)
{
	struct fixture *fixture = *state;
	struct buf small;

	assert_int_equal(add_event(fixture, 1, stream, "/a"), 0);
	for (size_t limit = 8; limit < 1200; limit += 97) {
		buf_init(&small, limit);
		assert_int_equal(buf_add(&small, "before", 6), 0);
		assert_int_equal(batch_take(fixture->batch, &small), -EMSGSIZE);
		assert_int_equal(small.length, 6);
		assert_int_equal(batch_count(fixture->batch), 1);
		buf_done(&small);
	}
	yajl_tree_free(take(fixture));
}

static void a_document_without_room_for_an_event_is_refused(void **state)
{
	struct batch *batch;
	struct err err;

	(void)state;
	assert_int_equal(batch_new(&batch,
				   &(struct batch_options){.bytes_max = 100, .count_max = 1},
				   &identity, &err),
			 -EINVAL);
	assert_int_equal(
		batch_new(&batch, &(struct batch_options){.bytes_max = 100000}, &identity, &err),
		-EINVAL);
	batch_free(NULL);
}

#define BATCH_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define SMALL_TEST(name) cmocka_unit_test_setup_teardown(name, start_small, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BATCH_TEST(agent_and_host_stand_there_once),
		BATCH_TEST(nothing_comes_of_no_event),
		BATCH_TEST(the_greatest_number_of_events_is_kept),
		BATCH_TEST(events_of_another_stream_go_into_another_document),
		BATCH_TEST(an_event_that_had_no_room_is_whole_in_the_next_document),
		SMALL_TEST(no_document_is_longer_than_allowed),
		SMALL_TEST(an_event_too_long_for_any_document_is_refused),
		BATCH_TEST(a_full_buffer_leaves_document_and_buffer_as_they_were),
		cmocka_unit_test(a_document_without_room_for_an_event_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
