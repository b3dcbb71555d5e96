/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry_builder.h"

#include "render/raw.h"
#include "render/render.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t stream[16] = {7, 8, 9};
static struct entry_builder builder;
static alignas(ENTRY_ALIGN) uint8_t memory[ENTRY_MAX_SIZE];
static struct buf out;

static int start(void **state)
{
	(void)state;
	buf_init(&out, 1024 * 1024);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	buf_done(&out);
	return 0;
}

static void add_exec(uint64_t sequence)
{
	const struct render_options options = {.format = RENDER_RAW};
	struct renderer *renderer = NULL;
	const char *why = NULL;
	struct event event;
	struct err err;

	builder_start(&builder, REC_EXEC, sequence);
	BUILDER_LIST(&builder, &builder.exec->args, "ls\0-l");
	assert_int_equal(entry_parse(builder.data, builder_end(&builder), stream, &event, &why), 0);
	assert_int_equal(renderer_new(&renderer, &options, &(struct render_identity){0}, &err), 0);
	assert_int_equal(renderer_header(renderer, &out), 0);
	assert_int_equal(renderer_event(renderer, &event, &out), 0);
	renderer_free(renderer);
}

static void what_was_written_is_read_back(void **state)
{
	const char *why = NULL;
	struct event event;
	size_t used, at = 0;

	(void)state;
	add_exec(5);
	add_exec(6);
	for (uint64_t sequence = 5; sequence <= 6; sequence++) {
		assert_int_equal(
			raw_parse(out.data + at, out.length - at, memory, &used, &event, &why), 1);
		assert_int_equal(event.entry->sequence, sequence);
		assert_memory_equal(event.stream, stream, sizeof(stream));
		assert_int_equal(event.record->kind, REC_EXEC);
		at += used;
	}
	assert_int_equal(at, out.length);
	assert_int_equal(raw_parse(out.data + at, 0, memory, &used, &event, &why), 0);
}

static void a_frame_that_has_not_come_whole_is_waited_for(void **state)
{
	const char *why = NULL;
	struct event event;
	size_t used;

	(void)state;
	add_exec(1);
	for (size_t size = 0; size < out.length; size++)
		assert_int_equal(raw_parse(out.data, size, memory, &used, &event, &why), 0);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
	const uint32_t sizes[] = {0, 1, 15, 16, RAW_LENGTH_MIN - 1, RAW_LENGTH_MAX + 1, UINT32_MAX};
	const char *why = NULL;
	struct event event;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		why = NULL;
		assert_int_equal(
			raw_parse(&sizes[i], sizeof(sizes[i]), memory, &used, &event, &why),
			-EBADMSG);
		assert_non_null(why);
	}
}

static void any_damaged_byte_is_refused_or_harmless(void **state)
{
	const char *why = NULL;
	struct event event;
	size_t used;

	(void)state;
	add_exec(1);
	for (size_t i = 0; i < out.length; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			int result;

			out.data[i] = (char)(out.data[i] ^ 1 << bit);
			result = raw_parse(out.data, out.length, memory, &used, &event, &why);
			assert_true(result == 1 || result == 0 || result == -EBADMSG);
			if (result == 1)
				assert_true(used <= out.length);
			out.data[i] = (char)(out.data[i] ^ 1 << bit);
		}
	}
}

static void a_full_buffer_stays_as_it_was(void **state)
{
	const char *why = NULL;
	struct event event;
	struct buf small;

	(void)state;
	builder_start(&builder, REC_EXEC, 1);
	assert_int_equal(entry_parse(builder.data, builder_end(&builder), stream, &event, &why), 0);
	buf_init(&small, 100);
	assert_int_equal(buf_add_text(&small, "before"), 0);
	assert_int_equal(raw_event(&event, &small), -EMSGSIZE);
	assert_int_equal(small.length, 6);
	buf_done(&small);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read_back),
		TEST(a_frame_that_has_not_come_whole_is_waited_for),
		TEST(a_size_that_cannot_be_is_refused),
		TEST(any_damaged_byte_is_refused_or_harmless),
		TEST(a_full_buffer_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
