/* SPDX-License-Identifier: BSD-2-Clause */
/* How the collect thread tells what was lost. */
#include "unit/test_collect.h"

static void a_loss_is_an_event_where_it_happened(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	lose(0, 3);
	(void)put_exit(2, 0);
	sweep();
	lose(0, 2);
	sweep();
	stop();
	assert_int_equal(made.count, 4);
	assert_int_equal(event_pid(0), 1);
	assert_int_equal(lost_event(1)->first, 2);
	assert_int_equal(lost_event(1)->last, 4);
	assert_int_equal(lost_event(1)->header.sequence, 1);
	assert_int_equal(event_pid(2), 2);
	assert_int_equal(lost_event(3)->first, 6);
	assert_int_equal(lost_event(3)->last, 7);
	assert_int_equal(lost_event(3)->total, 5);
	assert_int_equal(lost_event(3)->header.sequence, 2);
	assert_int_equal(made.status.events[REC_LOST], 2);
	assert_int_equal(made.status.lost, 5);
	assert_int_equal(made.status.numbered, 7);
}

static void what_a_sink_never_gets_is_an_event_once_the_journal_has_it(void **state)
{
	const struct rec_events_expired *expired;

	(void)state;
	made.journal.gap = (struct journal_gap){
		.sink = "siem",
		.first_sequence = 11,
		.last_sequence = 13,
		.count = 3,
		.reason = JOURNAL_GAP_AGE,
	};
	made.journal.full = true;
	sweep();
	assert_int_equal(made.journal.told, 0);
	made.journal.full = false;
	sweep();
	assert_true(made.journal.told > 0);
	stop();
	assert_int_equal(made.count, 1);
	expired = (const void *)made.events[0].record;
	assert_int_equal(expired->header.kind, REC_EVENTS_EXPIRED);
	assert_int_equal(expired->count, 3);
	assert_int_equal(expired->first, 11);
	assert_int_equal(expired->last, 13);
	assert_int_equal(expired->reason, JOURNAL_GAP_AGE - 1);
	assert_int_equal(made.status.events[REC_EVENTS_EXPIRED], 1);
}

static void losses_that_find_no_room_in_the_batch_are_told_later(void **state)
{
	uint64_t lost = 0;

	(void)state;
	for (uint32_t i = 0; i < 7; i++) /* the batch is not full yet */
		put_exec(1, 64 * 1024);
	for (unsigned int i = 1; i < SLOTS; i++)
		lose(i, 1);
	sweep();
	assert_true(made.journal.next_sequence > 7);
	assert_true(made.journal.next_sequence < 7 + SLOTS);
	sweep();
	stop();
	assert_int_equal(made.count, 7 + SLOTS - 1);
	for (unsigned int i = 7; i < made.count; i++)
		lost += lost_event(i)->count;
	assert_int_equal(lost, SLOTS - 1);
	assert_int_equal(made.status.lost, SLOTS - 1);
}

static void a_loss_is_told_by_ring_and_kind(void **state)
{
	struct rec_counts *bulk = &made.probes.counts[REC_RING_BULK * REC_CLASSES * CPUS + 3];

	(void)state;
	lose(0, 2);
	made.probes.counts[0].lost_kind[REC_EXEC] = 2;
	lose((unsigned int)(bulk - made.probes.counts), 5);
	bulk->lost_kind[REC_OPEN_READ] = 4;
	bulk->lost_kind[REC_THREAD_EXIT] = 1;
	bulk->map_failures = 7;
	sweep();
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(lost_event(0)->ring, REC_RING_VITAL);
	assert_int_equal(lost_event(1)->ring, REC_RING_BULK);
	assert_int_equal(lost_event(1)->cpu, 3);
	assert_int_equal(lost_event(1)->count, 5);
	assert_int_equal(made.status.lost_ring[REC_RING_VITAL], 2);
	assert_int_equal(made.status.lost_ring[REC_RING_BULK], 5);
	assert_int_equal(made.status.lost_kind[REC_EXEC], 2);
	assert_int_equal(made.status.lost_kind[REC_OPEN_READ], 4);
	assert_int_equal(made.status.lost_kind[REC_THREAD_EXIT], 1);
	assert_int_equal(made.status.map_failures, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(a_loss_is_an_event_where_it_happened),
		COLLECT_TEST(what_a_sink_never_gets_is_an_event_once_the_journal_has_it),
		COLLECT_TEST(losses_that_find_no_room_in_the_batch_are_told_later),
		COLLECT_TEST(a_loss_is_told_by_ring_and_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
