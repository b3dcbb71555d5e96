/* SPDX-License-Identifier: BSD-2-Clause */
/* Two rings, read as one. */
#include "unit/test_collect.h"

static void both_rings_are_read_in_the_order_of_time(void **state)
{
	(void)state;
	put_into(REC_RING_BULK, 1);
	put_into(REC_RING_VITAL, 2);
	put_into(REC_RING_BULK, 3);
	put_into(REC_RING_BULK, 4);
	put_into(REC_RING_VITAL, 5);
	sweep();
	assert_true(ring_is_released());
	made.ring = REC_RING_BULK;
	assert_true(ring_is_released());
	made.ring = REC_RING_VITAL;
	stop();
	assert_int_equal(made.count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(event_pid(i), i + 1);
	assert_int_equal(made.journal.number_count, 2);
	assert_int_equal(made.journal.numbers[0].ring, REC_RING_VITAL);
	assert_int_equal(made.journal.numbers[0].sequence, 2);
	assert_int_equal(made.journal.numbers[1].ring, REC_RING_BULK);
	assert_int_equal(made.journal.numbers[1].sequence, 3);
	assert_int_equal(made.status.numbered, 5);
	assert_int_equal(made.status.overtakes, 0);
}

static void neither_ring_is_released_before_the_journal_has_the_batch(void **state)
{
	(void)state;
	made.journal.full = true;
	put_into(REC_RING_BULK, 1);
	put_into(REC_RING_VITAL, 2);
	sweep();
	assert_false(ring_is_released());
	made.ring = REC_RING_BULK;
	assert_false(ring_is_released());
	made.journal.full = false;
	sweep();
	assert_true(ring_is_released());
	made.ring = REC_RING_VITAL;
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 2);
}

/* Megabytes of bulk wait, all older, when the journal takes events again. */
static void vital_that_fills_is_journalled_before_the_bulk_that_waits(void **state)
{
	unsigned int first_vital = 0;

	(void)state;
	made.journal.full = true;
	made.ring = REC_RING_BULK;
	for (uint32_t i = 0; i < 50; i++)
		put_exec(1, 64 * 1024);
	sweep(); /* a batch of it is read */
	made.ring = REC_RING_VITAL;
	for (uint32_t i = 0; i < 40; i++)
		put_exec(2, 64 * 1024);
	made.journal.full = false;
	sweep();
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 90);
	while (event_pid(first_vital) == 1)
		first_vital++;
	assert_in_range(first_vital, 1, 16);  /* a batch of 1 MiB */
	for (unsigned int i = 0; i < 20; i++) /* until less than a quarter of its ring is used */
		assert_int_equal(event_pid(first_vital + i), 2);
	assert_true(made.status.overtakes > 0);
	assert_int_equal(made.status.lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(both_rings_are_read_in_the_order_of_time),
		COLLECT_TEST(neither_ring_is_released_before_the_journal_has_the_batch),
		COLLECT_TEST(vital_that_fills_is_journalled_before_the_bulk_that_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
