/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/lookup.h"
#include "entry_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct entry_builder builder;
static const uint8_t stream[16];

static struct event end_event(void)
{
	struct event event;
	const char *why;

	assert_int_equal(entry_parse(builder.data, builder_end(&builder), stream, &event, &why), 0);
	return event;
}

static void the_rows_of_a_path_are_found_for_a_kind(void **state)
{
	struct lookup lookup;

	(void)state;
	lookup_init(&lookup, kind_get(REC_EXEC), "process.executable");
	assert_int_equal(lookup.count, 2);
	assert_int_equal(lookup.rows[0].source, ROW_RECORD);
	assert_int_equal(lookup.rows[1].source, ROW_ENRICHED);
	lookup_init(&lookup, kind_get(REC_EXIT), "process.executable");
	assert_int_equal(lookup.count, 1);
	assert_int_equal(lookup.rows[0].source, ROW_ENRICHED);
	lookup_init(&lookup, kind_get(REC_FORK), "process.exit_code");
	assert_int_equal(lookup.count, 0);
}

static void no_path_has_more_rows_than_a_lookup_keeps(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		unsigned int cursor = 0;
		struct row row;

		while (kind_get(i) && row_next(kind_get(i), &cursor, &row)) {
			unsigned int other = 0, count = 0;
			struct row same;

			while (row.field->path && row_next(kind_get(i), &other, &same))
				count += same.field->path &&
					 strcmp(same.field->path, row.field->path) == 0;
			assert_true(count <= LOOKUP_ROWS);
		}
	}
}

static void the_first_row_that_is_there_counts(void **state)
{
	struct lookup lookup;
	struct value value;
	struct event event;

	(void)state;
	lookup_init(&lookup, kind_get(REC_EXEC), "process.executable");
	builder_start(&builder, REC_EXEC, 1);
	event = end_event();
	assert_false(lookup_value(&lookup, &event, &value));
	builder_start(&builder, REC_EXEC, 1);
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->process.executable, "/old");
	event = end_event();
	assert_true(lookup_value(&lookup, &event, &value));
	assert_memory_equal(value.text, "/old", 4);
	builder_start(&builder, REC_EXEC, 1);
	builder_text(&builder, &builder.exec->executable, "/new");
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->process.executable, "/old");
	event = end_event();
	assert_true(lookup_value(&lookup, &event, &value));
	assert_memory_equal(value.text, "/new", 4);
}

static void words_of_a_kind_are_found(void **state)
{
	struct lookup_word word;

	(void)state;
	assert_true(lookup_constant(kind_get(REC_EXIT), "event.action", 0, &word));
	assert_int_equal(word.length, 3);
	assert_memory_equal(word.text, "end", 3);
	assert_false(lookup_constant(kind_get(REC_EXIT), "event.action", 1, &word));
	assert_true(lookup_constant(kind_get(REC_LOST), "event.category", 0, &word));
	assert_int_equal(word.length, 4);
	assert_memory_equal(word.text, "host", 4);
	assert_false(lookup_constant(kind_get(REC_LOST), "event.category", 1, &word));
	assert_false(lookup_constant(kind_get(REC_SNAPSHOT), "event.action", 0, &word));
	assert_false(lookup_constant(kind_get(REC_EXIT), "process.pid", 0, &word));
	assert_true(lookup_is_constant("event.dataset"));
	assert_false(lookup_is_constant("event.end"));
}

static void paths_are_known_or_nearly(void **state)
{
	struct text_nearest nearest = {.word = "process.executible"};

	(void)state;
	assert_non_null(lookup_field("process.exit_code"));
	assert_int_equal(lookup_field("process.exit_code")->type, FIELD_NUMBER);
	assert_non_null(lookup_field("event.sequence"));
	assert_null(lookup_field("process.executible"));
	assert_null(lookup_field(""));
	lookup_offer_paths(&nearest);
	assert_string_equal(nearest.best, "process.executable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_of_a_path_are_found_for_a_kind),
		cmocka_unit_test(no_path_has_more_rows_than_a_lookup_keeps),
		cmocka_unit_test(the_first_row_that_is_there_counts),
		cmocka_unit_test(words_of_a_kind_are_found),
		cmocka_unit_test(paths_are_known_or_nearly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
