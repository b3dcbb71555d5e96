/* SPDX-License-Identifier: BSD-2-Clause */
/* What is under way, what is kept, and what goes out again. */
#include "sink/spool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int add(struct spool *spool, const char *text)
{
	struct iovec parts[] = {{(char *)text, 1}, {(char *)text + 1, strlen(text) - 1}};

	return spool_add(spool, parts, 2);
}

static char *join(const struct iovec *parts, int count)
{
	static char text[1 << 20];
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		memcpy(text + used, parts[i].iov_base, parts[i].iov_len);
		used += parts[i].iov_len;
	}
	text[used] = '\0';
	return text;
}

static const char *unsent(const struct spool *spool)
{
	struct iovec parts[2];

	return join(parts, spool_unsent(spool, parts));
}

static const char *next(const struct spool *spool)
{
	struct iovec parts[2];

	return join(parts, spool_next(spool, parts));
}

static void a_frame_arrives_with_its_last_byte(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, 1000);
	assert_int_equal(add(&spool, "one,"), 0);
	assert_int_equal(add(&spool, "two,"), 0);
	assert_string_equal(unsent(&spool), "one,two,");
	assert_string_equal(next(&spool), "one,");
	spool_sent(&spool, 6);
	assert_string_equal(unsent(&spool), "o,");
	spool_arrived(&spool, 3, 1);
	assert_int_equal(spool_settled(&spool), 0);
	spool_arrived(&spool, 6, 1);
	assert_int_equal(spool_settled(&spool), 1);
	assert_int_equal(spool_under_way(&spool), 4);
	spool_sent(&spool, 2);
	spool_arrived(&spool, 8, 1);
	assert_int_equal(spool_settled(&spool), 2);
	assert_int_equal(spool_under_way(&spool), 0);
	spool_done(&spool);
}

static void the_last_that_arrived_goes_out_again(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, 1000);
	assert_int_equal(add(&spool, "old,"), 0);
	assert_int_equal(add(&spool, "young,"), 0);
	assert_int_equal(add(&spool, "lost,"), 0);
	spool_sent(&spool, 15);
	spool_arrived(&spool, 4, 100);
	spool_arrived(&spool, 12, 200);
	spool_trim(&spool, 1000, 150);
	spool_restart(&spool);
	assert_string_equal(unsent(&spool), "young,");
	assert_int_equal(spool_settled(&spool), 0);
	assert_int_equal(add(&spool, "lost,"), 0);
	assert_string_equal(unsent(&spool), "young,lost,");
	spool_sent(&spool, 11);
	spool_arrived(&spool, 6, 300);
	assert_int_equal(spool_settled(&spool), 0); /* told before */
	spool_arrived(&spool, 11, 300);
	assert_int_equal(spool_settled(&spool), 1);
	spool_done(&spool);
}

static void what_breaks_again_while_it_goes_out_again_is_kept(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, 1000);
	assert_int_equal(add(&spool, "a,"), 0);
	assert_int_equal(add(&spool, "b,"), 0);
	spool_sent(&spool, 4);
	spool_arrived(&spool, 4, 100);
	spool_restart(&spool);
	assert_int_equal(add(&spool, "c,"), 0);
	spool_sent(&spool, 3);
	spool_arrived(&spool, 2, 200);
	spool_restart(&spool);
	assert_string_equal(unsent(&spool), "a,b,");
	spool_restart(&spool);
	assert_string_equal(unsent(&spool), "a,b,");
	spool_done(&spool);
}

static void only_so_many_bytes_are_kept(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, 1000);
	for (int i = 0; i < 10; i++)
		assert_int_equal(add(&spool, "xxxx,"), 0);
	spool_sent(&spool, 50);
	spool_arrived(&spool, 50, 100);
	spool_trim(&spool, 12, 1);
	spool_restart(&spool);
	assert_string_equal(unsent(&spool), "xxxx,xxxx,");
	spool_trim(&spool, 0, 1); /* has to arrive first */
	assert_string_equal(unsent(&spool), "xxxx,xxxx,");
	spool_sent(&spool, 10);
	spool_arrived(&spool, 10, 200);
	spool_trim(&spool, 0, 1);
	spool_restart(&spool);
	assert_string_equal(unsent(&spool), "");
	spool_done(&spool);
}

static void a_skipped_frame_counts_as_arrived(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, 1000);
	assert_int_equal(add(&spool, "a,"), 0);
	assert_int_equal(add(&spool, "too large,"), 0);
	assert_int_equal(add(&spool, "b,"), 0);
	spool_sent(&spool, 2);
	spool_arrived(&spool, 2, 1);
	spool_skip(&spool);
	assert_int_equal(spool_settled(&spool), 2);
	assert_string_equal(next(&spool), "b,");
	spool_sent(&spool, 2);
	spool_arrived(&spool, 4, 1); /* of the bytes that went out */
	assert_int_equal(spool_settled(&spool), 3);
	spool_done(&spool);
}

static void there_is_a_ceiling(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, 10);
	assert_int_equal(add(&spool, "12345678"), 0);
	assert_int_equal(add(&spool, "123"), -ENOSPC);
	assert_string_equal(unsent(&spool), "12345678");
	assert_int_equal(add(&spool, "12"), 0);
	assert_string_equal(unsent(&spool), "1234567812");
	spool_done(&spool);
}

/* The same as a plain list of numbers would say, through growth and wraps. */
static void random_walks_lose_nothing(void **state)
{
	uint64_t added = 0, sent_bytes = 0;
	unsigned int seed = 7;
	struct spool spool;
	char text[32];

	(void)state;
	spool_init(&spool, 300000);
	for (int round = 0; round < 200000; round++) {
		switch (rand_r(&seed) % 3) {
		case 0:
			(void)snprintf(text, sizeof(text), "%015llu,", (unsigned long long)added);
			if (add(&spool, text) == 0)
				added++;
			break;
		case 1: {
			size_t left = (size_t)(spool.end - spool.sent);
			size_t some = left ? (size_t)rand_r(&seed) % (left + 1) : 0;

			if (left >= 16)
				assert_int_equal(
					strtoull(unsent(&spool) + (16 - spool.sent % 16) % 16, NULL,
						 10),
					(spool.sent + 15) / 16);
			spool_sent(&spool, some);
			sent_bytes += some;
			break;
		}
		default:
			spool_arrived(&spool,
				      sent_bytes - (uint64_t)rand_r(&seed) % (sent_bytes % 64 + 1),
				      (uint64_t)round + 1);
			spool_trim(&spool, 4096, (uint64_t)(round > 1000 ? round - 1000 : 0));
			assert_true(spool_settled(&spool) <= sent_bytes / 16);
		}
	}
	assert_true(added > 10000);
	spool_done(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_arrives_with_its_last_byte),
		cmocka_unit_test(the_last_that_arrived_goes_out_again),
		cmocka_unit_test(what_breaks_again_while_it_goes_out_again_is_kept),
		cmocka_unit_test(only_so_many_bytes_are_kept),
		cmocka_unit_test(a_skipped_frame_counts_as_arrived),
		cmocka_unit_test(there_is_a_ceiling),
		cmocka_unit_test(random_walks_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
