/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/text.h"

#include <errno.h>
#include <string.h>

struct amount {
	const char *text;
	uint64_t value;
};

static void sizes_are_read_in_every_unit(void **state)
{
	static const struct amount good[] = {
		{"0", 0},
		{"4096", 4096},
		{"7B", 7},
		{"32KiB", 32768},
		{"16MiB", 16777216},
		{"1GiB", 1073741824},
		{"2TiB", 2199023255552},
		{"1KB", 1000},
		{"1kB", 1000},
		{"100MB", 100000000},
		{"3GB", 3000000000},
		{"1TB", 1000000000000},
		{"16 MiB", 16777216},
		{"18446744073709551615", UINT64_MAX},
		{"16777215TiB", 16777215ULL << 40},
		{"0016MiB", 16777216},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t value = 1;

		assert_int_equal(text_parse_size(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
}

static void what_is_no_size_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",       "MiB",   "-1",   "+1",    "1.5GiB", " 1MiB",  "1MiB ",
		"1  MiB", "1 ",    "0x10", "16mib", "16Mib",  "16M",    "1e3",
		"1_000",  "1MiBB", "1\n",  "1,000", "一",     "1\tMiB",
	};
	uint64_t value = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_size(bad[i], &value), -EINVAL);
	assert_true(value == 42);
}

static void sizes_that_do_not_fit_are_out_of_range(void **state)
{
	static const char *const bad[] = {
		"18446744073709551616",    "16777216TiB",
		"18446744073709551615KiB", "99999999999999999999999999999999999999999999",
		"18446744073709552KB",
	};
	uint64_t value = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_size(bad[i], &value), -ERANGE);
	assert_true(value == 42);
}

static void durations_are_read_in_every_unit(void **state)
{
	static const struct amount good[] = {
		{"0", 0},          {"500ms", 500},    {"60s", 60000}, {"5m", 300000},
		{"24h", 86400000}, {"7d", 604800000}, {"1 s", 1000},  {"0ms", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t value = 1;

		assert_int_equal(text_parse_duration(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
}

static void a_duration_needs_its_unit_and_must_fit(void **state)
{
	uint64_t value = 42;

	(void)state;
	assert_int_equal(text_parse_duration("500", &value), -EINVAL);
	assert_int_equal(text_parse_duration("", &value), -EINVAL);
	assert_int_equal(text_parse_duration("5min", &value), -EINVAL);
	assert_int_equal(text_parse_duration("-5s", &value), -EINVAL);
	assert_int_equal(text_parse_duration("5S", &value), -EINVAL);
	assert_int_equal(text_parse_duration("18446744073709551615ms", &value), 0);
	value = 42;
	assert_int_equal(text_parse_duration("18446744073709551615s", &value), -ERANGE);
	assert_true(value == 42);
}

static void amounts_are_written_in_the_largest_unit_that_divides(void **state)
{
	char out[TEXT_AMOUNT_SIZE];

	(void)state;
	text_format_size(out, 16777216);
	assert_string_equal(out, "16MiB");
	text_format_size(out, 1025);
	assert_string_equal(out, "1025");
	text_format_size(out, 0);
	assert_string_equal(out, "0");
	text_format_size(out, UINT64_MAX);
	assert_string_equal(out, "18446744073709551615");
	text_format_duration(out, 500);
	assert_string_equal(out, "500ms");
	text_format_duration(out, 60000);
	assert_string_equal(out, "1m");
	text_format_duration(out, 90000);
	assert_string_equal(out, "90s");
	text_format_duration(out, UINT64_MAX);
	assert_string_equal(out, "18446744073709551615ms");
}

static void sizes_are_shown_to_people_in_the_unit_that_fits(void **state)
{
	char out[TEXT_AMOUNT_SIZE];

	(void)state;
	assert_string_equal(text_show_size(out, 0), "0 B");
	assert_string_equal(text_show_size(out, 1023), "1023 B");
	assert_string_equal(text_show_size(out, 1024), "1.0 KiB");
	assert_string_equal(text_show_size(out, 102350), "100 KiB");
	assert_string_equal(text_show_size(out, 1048575), "1.0 MiB");
	assert_string_equal(text_show_size(out, 212u << 20), "212 MiB");
	assert_string_equal(text_show_size(out, UINT64_MAX), "16384 PiB");
}

static void what_is_written_reads_back(void **state)
{
	static const uint64_t values[] = {0, 1, 255, 1024, 65536, 1ULL << 40, 999, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char out[TEXT_AMOUNT_SIZE];
		uint64_t back;

		text_format_size(out, values[i]);
		assert_int_equal(text_parse_size(out, &back), 0);
		assert_true(back == values[i]);
		text_format_duration(out, values[i]);
		assert_int_equal(text_parse_duration(out, &back), 0);
		assert_true(back == values[i]);
	}
}

static void edit_distance_counts_letters(void **state)
{
	char longest[TEXT_WORD_MAX + 1], too_long[TEXT_WORD_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[TEXT_WORD_MAX] = '\0';
	memset(too_long, 'a', sizeof(too_long));
	too_long[TEXT_WORD_MAX + 1] = '\0';
	assert_int_equal(text_edit_distance("", ""), 0);
	assert_int_equal(text_edit_distance("journal", "journal"), 0);
	assert_int_equal(text_edit_distance("jornal", "journal"), 1);
	assert_int_equal(text_edit_distance("journals", "journal"), 1);
	assert_int_equal(text_edit_distance("jounral", "journal"), 1);
	assert_int_equal(text_edit_distance("juornla", "journal"), 2);
	assert_int_equal(text_edit_distance("kitten", "sitting"), 3);
	assert_int_equal(text_edit_distance("EXEC", "exec"), 0);
	assert_int_equal(text_edit_distance("", "abc"), 3);
	assert_int_equal(text_edit_distance("abc", ""), 3);
	assert_int_equal(text_edit_distance(longest, longest), 0);
	assert_true(text_edit_distance(too_long, "a") == SIZE_MAX);
	assert_true(text_edit_distance("a", too_long) == SIZE_MAX);
}

static const char *nearest_of(const char *word)
{
	static const char *const known[] = {"agent", "log", "capture", "journal", "sinks", "a"};
	struct text_nearest nearest = {.word = word};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		text_nearest_offer(&nearest, known[i]);
	return nearest.best;
}

static void the_nearest_name_is_found_only_when_it_is_near(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("jornal"), "journal");
	assert_string_equal(nearest_of("AGENT"), "agent");
	assert_string_equal(nearest_of("sink"), "sinks");
	assert_string_equal(nearest_of("lgo"), "log");
	assert_string_equal(nearest_of("captrue"), "capture");
	assert_string_equal(nearest_of("capt"), "capture");
	assert_string_equal(nearest_of("Jou"), "journal");
	assert_null(nearest_of("kafka"));
	assert_null(nearest_of("jo"));
	assert_null(nearest_of("journaling"));
	assert_null(nearest_of(""));
	assert_null(nearest_of("b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_shown_to_people_in_the_unit_that_fits),
		cmocka_unit_test(sizes_are_read_in_every_unit),
		cmocka_unit_test(what_is_no_size_is_refused_and_changes_nothing),
		cmocka_unit_test(sizes_that_do_not_fit_are_out_of_range),
		cmocka_unit_test(durations_are_read_in_every_unit),
		cmocka_unit_test(a_duration_needs_its_unit_and_must_fit),
		cmocka_unit_test(amounts_are_written_in_the_largest_unit_that_divides),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(edit_distance_counts_letters),
		cmocka_unit_test(the_nearest_name_is_found_only_when_it_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
