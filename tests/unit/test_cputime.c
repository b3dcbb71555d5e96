/* SPDX-License-Identifier: BSD-2-Clause */
/* The split of run time into user and system time, against what cputime_adjust computes. */
#include "enrich/cputime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_split(uint64_t utime, uint64_t stime, uint64_t runtime, uint64_t user,
			 uint64_t system)
{
	uint64_t got_user, got_system;

	cputime_split(utime, stime, runtime, &got_user, &got_system);
	assert_int_equal(got_user, user);
	assert_int_equal(got_system, system);
}

static void run_time_is_split_in_the_proportion_of_the_samples(void **state)
{
	(void)state;
	assert_split(4000000, 4000000, 1000, 500, 500);
	assert_split(12000000, 4000000, 10000001, 7500001, 2500000);
	assert_split(1, 2, 10, 4, 6);
}

static void without_samples_of_one_side_all_is_the_other(void **state)
{
	(void)state;
	assert_split(0, 0, 700000, 700000, 0);
	assert_split(4000000, 0, 700000, 700000, 0);
	assert_split(0, 4000000, 700000, 0, 700000);
	assert_split(4000000, 4000000, 0, 0, 0);
}

static void years_of_cpu_time_do_not_overflow(void **state)
{
	const uint64_t century = UINT64_C(3155760000000000000);

	(void)state;
	assert_split(century, century, 2 * century, century, century);
	assert_split(3 * century, century, 4 * century, 3 * century, century);
}

static void samples_that_no_kernel_counts_divide_nothing_by_zero(void **state)
{
	const uint64_t half = UINT64_C(1) << 63;

	(void)state;
	assert_split(half, half, 1000, 500, 500);
	assert_split(UINT64_MAX, UINT64_MAX, UINT64_MAX, half, half - 1);
	assert_split(UINT64_MAX, 1, UINT64_MAX, UINT64_MAX, 0);
}

static void the_parts_always_add_up_to_the_run_time(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t values[3], user, system;

		for (int k = 0; k < 3; k++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			values[k] = seed >> (seed >> 58);
		}
		cputime_split(values[0], values[1], values[2], &user, &system);
		assert_true(system <= values[2]);
		assert_int_equal(user + system, values[2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_time_is_split_in_the_proportion_of_the_samples),
		cmocka_unit_test(without_samples_of_one_side_all_is_the_other),
		cmocka_unit_test(years_of_cpu_time_do_not_overflow),
		cmocka_unit_test(samples_that_no_kernel_counts_divide_nothing_by_zero),
		cmocka_unit_test(the_parts_always_add_up_to_the_run_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
