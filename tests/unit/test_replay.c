/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/replay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_place_is_known_by_its_form(void **state)
{
	struct journal_start start;

	(void)state;
	assert_int_equal(replay_parse_from("oldest", &start), 0);
	assert_int_equal(start.at, JOURNAL_FROM_OLDEST);
	assert_int_equal(replay_parse_from("cursor:siem", &start), 0);
	assert_int_equal(start.at, JOURNAL_FROM_CURSOR);
	assert_string_equal(start.cursor, "siem");
	assert_int_equal(replay_parse_from("4711", &start), 0);
	assert_int_equal(start.at, JOURNAL_FROM_EVENT);
	assert_int_equal(start.sequence, 4711);
	assert_int_equal(start.stream[0], 0);
	assert_int_equal(replay_parse_from("8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e21:7", &start), 0);
	assert_int_equal(start.at, JOURNAL_FROM_EVENT);
	assert_int_equal(start.sequence, 7);
	assert_int_equal(start.stream[0], 0x8c);
}

static void a_time_may_have_digits_and_a_zone(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} times[] = {
		{"1970-01-01T00:00:10Z", 10000000000},
		{"1970-01-01T00:00:10", 10000000000},
		{"1970-01-01T00:00:10.5Z", 10500000000},
		{"1970-01-01T00:00:10.000000001Z", 10000000001},
		{"1970-01-01T02:00:10+02:00", 10000000000},
		{"1969-12-31T23:30:10-00:30", 10000000000},
		{"2026-03-01T12:34:56.789012345Z", 1772368496789012345},
	};
	struct journal_start start;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		assert_int_equal(replay_parse_from(times[i].text, &start), 0);
		assert_int_equal(start.at, JOURNAL_FROM_TIME);
		assert_int_equal(start.real_ns, times[i].ns);
	}
}

static void what_is_no_place_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"0",
		"-1",
		"newest",
		"12x",
		"8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e21:",
		"8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e2x:7",
		"2026-13-01T12:34:56Z",
		"2026-03-01T12:34:56.Zx",
		"2026-03-01T12:34:56+2:00",
		"1960-01-01T00:00:00Z",
	};
	struct journal_start start;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (replay_parse_from(texts[i], &start) != -EINVAL)
			fail_msg("'%s' was taken for a place", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_known_by_its_form),
		cmocka_unit_test(a_time_may_have_digits_and_a_zone),
		cmocka_unit_test(what_is_no_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
