/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void assert_as_the_library_has_it(uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char actual[CLOCK_UTC_SIZE], expected[64];
	struct tm tm;

	assert_non_null(gmtime_r(&seconds, &tm));
	assert_int_equal(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm), 19);
	(void)snprintf(expected + 19, sizeof(expected) - 19, ".%09uZ",
		       (unsigned int)(wall_ns % NS_PER_S));
	clock_format_utc(actual, wall_ns);
	assert_string_equal(actual, expected);
}

static void every_day_there_can_be_is_written_as_the_library_has_it(void **state)
{
	uint64_t day_ns = 86400 * NS_PER_S;

	(void)state;
	for (uint64_t day = 0; day <= UINT64_MAX / day_ns; day++) {
		assert_as_the_library_has_it(day * day_ns);
		if (day > 0)
			assert_as_the_library_has_it(day * day_ns - 1);
	}
	assert_as_the_library_has_it(UINT64_MAX);
}

static void every_second_of_a_day_is_written_as_the_library_has_it(void **state)
{
	(void)state;
	for (uint64_t second = 0; second < 86400; second++)
		assert_as_the_library_has_it(UINT64_C(1772368496789012345) + second * NS_PER_S +
					     second * 11574);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_there_can_be_is_written_as_the_library_has_it),
		cmocka_unit_test(every_second_of_a_day_is_written_as_the_library_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
