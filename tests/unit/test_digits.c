/* SPDX-License-Identifier: BSD-2-Clause */
/* Decimal numbers against printf. */
#include "base/digits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

static void assert_digits(uint64_t number)
{
	char expected[DIGITS_MAX + 1], made[DIGITS_MAX];
	int length = snprintf(expected, sizeof(expected), "%" PRIu64, number);

	assert_int_equal(digits_put(made, number), length);
	assert_memory_equal(made, expected, (size_t)length);
}

static void numbers_are_as_printf_writes_them(void **state)
{
	(void)state;
	for (uint64_t number = 0; number < 20000; number++)
		assert_digits(number);
	for (uint64_t power = 10; power < UINT64_MAX / 10; power *= 10) {
		assert_digits(power - 1);
		assert_digits(power);
		assert_digits(power + 1);
	}
	assert_digits(UINT64_MAX);
}

static void two_digits_are_always_two(void **state)
{
	char made[2], expected[3];

	(void)state;
	for (unsigned int value = 0; value < 100; value++) {
		(void)snprintf(expected, sizeof(expected), "%02u", value % 100);
		digits_put_two(made, value);
		assert_memory_equal(made, expected, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_as_printf_writes_them),
		cmocka_unit_test(two_digits_are_always_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
