/* SPDX-License-Identifier: BSD-2-Clause */
/* Delays that double, stay below the ceiling and differ between hosts. */
#include "base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void same_seed_gives_the_same_delays(void **state)
{
	struct backoff a, b;

	(void)state;
	backoff_init(&a, 42);
	backoff_init(&b, 42);
	for (int i = 0; i < 20; i++)
		assert_int_equal(backoff_next_ms(&a), backoff_next_ms(&b));
}

static void another_seed_gives_other_delays(void **state)
{
	struct backoff a, b;
	int equal = 0;

	(void)state;
	backoff_init(&a, 1);
	backoff_init(&b, 2);
	for (int i = 0; i < 20; i++)
		equal += backoff_next_ms(&a) == backoff_next_ms(&b);
	assert_true(equal < 3);
}

static void delays_never_pass_a_ceiling_that_doubles_to_a_minute(void **state)
{
	static const unsigned int ceilings[] = {500,   1000,  2000,  4000,  8000,
						16000, 32000, 60000, 60000, 60000};

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct backoff backoff;

		backoff_init(&backoff, seed);
		for (size_t i = 0; i < sizeof(ceilings) / sizeof(*ceilings); i++)
			assert_in_range(backoff_next_ms(&backoff), 0, ceilings[i]);
	}
}

static void other_bounds_hold(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff, 7);
	backoff_bound(&backoff, 10, 30);
	assert_in_range(backoff_next_ms(&backoff), 0, 10);
	assert_in_range(backoff_next_ms(&backoff), 0, 20);
	for (int i = 0; i < 100; i++)
		assert_in_range(backoff_next_ms(&backoff), 0, 30);
	backoff_reset(&backoff);
	assert_in_range(backoff_next_ms(&backoff), 0, 10);
}

static void jitter_is_full(void **state)
{
	unsigned int least = UINT32_MAX, most = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct backoff backoff;
		unsigned int delay_ms;

		backoff_init(&backoff, seed);
		delay_ms = backoff_next_ms(&backoff);
		least = delay_ms < least ? delay_ms : least;
		most = delay_ms > most ? delay_ms : most;
	}
	assert_true(least < 10);
	assert_true(most > 490);
}

static void a_reset_begins_small_again_with_new_numbers(void **state)
{
	struct backoff backoff;
	unsigned int first_ms, equal = 0;

	(void)state;
	backoff_init(&backoff, 7);
	first_ms = backoff_next_ms(&backoff);
	for (int i = 0; i < 20; i++) {
		unsigned int delay_ms;

		(void)backoff_next_ms(&backoff);
		(void)backoff_next_ms(&backoff);
		backoff_reset(&backoff);
		delay_ms = backoff_next_ms(&backoff);
		assert_in_range(delay_ms, 0, BACKOFF_FIRST_MS);
		equal += delay_ms == first_ms;
	}
	assert_true(equal < 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_gives_the_same_delays),
		cmocka_unit_test(another_seed_gives_other_delays),
		cmocka_unit_test(delays_never_pass_a_ceiling_that_doubles_to_a_minute),
		cmocka_unit_test(other_bounds_hold),
		cmocka_unit_test(jitter_is_full),
		cmocka_unit_test(a_reset_begins_small_again_with_new_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
