/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps of the wall clock, by offsets that the tests make up. */
#include "clock_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#define MS ((int64_t)NS_PER_MS)
#define START ((int64_t)1700000000 * (int64_t)NS_PER_S)

static struct clock_watch watch;

static int begin(void **state)
{
	(void)state;
	clock_watch_init(&watch, START);
	return 0;
}

/* What is told at that look, 0: nothing. */
static int64_t look(int64_t offset_ns, bool set)
{
	int64_t step_ns = 0;

	return clock_watch_look(&watch, offset_ns, set, &step_ns) ? step_ns : 0;
}

static void a_clock_that_was_set_is_told_forward_and_back(void **state)
{
	(void)state;
	assert_int_equal(look(START + 3600000 * MS, true), 3600000 * MS);
	assert_int_equal(look(START + 3600000 * MS, true), 0);
	assert_int_equal(look(START - 5 * MS, true), -3600005 * MS);
	assert_int_equal(look(START - 5 * MS, false), 0);
}

static void a_jump_without_word_of_the_kernel_is_told_too(void **state)
{
	(void)state;
	assert_int_equal(look(START + 500 * MS, false), 500 * MS);
	assert_int_equal(look(START - 400 * MS, false), -900 * MS);
}

/* The fastest the kernel slews is a tenth: for an hour, looked at once a second. */
static void a_slew_is_followed_in_silence(void **state)
{
	int64_t offset_ns = START;

	(void)state;
	for (int i = 0; i < 3600; i++)
		assert_int_equal(look(offset_ns += 100 * MS, false), 0);
	assert_int_equal(look(offset_ns + 60000 * MS, true), 60000 * MS);
}

/* Time synchronization that sets instead of slewing makes no flood, and hides nothing. */
static void small_steps_are_added_up_until_they_count(void **state)
{
	int64_t offset_ns = START, told_ns = 0;
	int count = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		int64_t step_ns = look(offset_ns += MS, true);

		told_ns += step_ns;
		count += step_ns != 0;
	}
	assert_int_equal(told_ns, 100 * MS);
	assert_int_equal(count, 10);
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(offset_ns += i % 2 ? -9 * MS : 9 * MS, true), 0);
}

/* Nobody sets the clock of the machine that tests run on. */
static void the_kernel_is_silent_about_a_clock_that_nobody_sets(void **state)
{
	int fd = clock_watch_open();

	(void)state;
	assert_true(fd >= 0);
	assert_false(clock_watch_was_set(fd));
	assert_false(clock_watch_was_set(fd));
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_clock_that_was_set_is_told_forward_and_back, begin),
		cmocka_unit_test_setup(a_jump_without_word_of_the_kernel_is_told_too, begin),
		cmocka_unit_test_setup(a_slew_is_followed_in_silence, begin),
		cmocka_unit_test_setup(small_steps_are_added_up_until_they_count, begin),
		cmocka_unit_test(the_kernel_is_silent_about_a_clock_that_nobody_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
