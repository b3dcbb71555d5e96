/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread writes, others read: what is read was written at one time. */
#include "base/published.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WORDS 40
#define WRITES 20000

static struct published shared;
static atomic_bool done;

static void *write_many(void *data)
{
	uint64_t words[WORDS];

	for (uint64_t n = 1; n <= WRITES; n++) {
		for (uint64_t i = 0; i < WORDS; i++)
			words[i] = n * (i + 1);
		published_write(&shared, words, WORDS);
	}
	atomic_store(&done, true);
	return data;
}

static void what_is_read_was_written_at_one_time(void **state)
{
	uint64_t words[WORDS], last = 0, torn = 0, backwards = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, write_many, NULL), 0);
	while (!atomic_load(&done)) {
		published_read(&shared, words, WORDS);
		backwards += words[0] < last;
		last = words[0];
		for (uint64_t i = 0; i < WORDS; i++)
			torn += words[i] != last * (i + 1);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(torn, 0);
	assert_int_equal(backwards, 0);
	published_read(&shared, words, WORDS);
	assert_int_equal(words[0], WRITES);
}

static void what_was_never_written_is_zero(void **state)
{
	static struct published fresh;
	uint64_t words[2] = {1, 2};

	(void)state;
	published_read(&fresh, words, 2);
	assert_int_equal(words[0], 0);
	assert_int_equal(words[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_never_written_is_zero),
		cmocka_unit_test(what_is_read_was_written_at_one_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
