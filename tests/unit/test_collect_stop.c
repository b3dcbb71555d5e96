/* SPDX-License-Identifier: BSD-2-Clause */
/* What the collect thread still does when it is stopped. */
#include "unit/test_collect.h"

static void what_is_in_the_ring_at_the_stop_is_journalled(void **state)
{
	(void)state;
	sweep();
	(void)put_exit(1, 0);
	(void)put_exit(2, 0);
	lose(0, 1);
	stop();
	assert_int_equal(made.count, 3);
	assert_int_equal(lost_event(2)->first, 3);
	assert_true(ring_is_released());
}

static _Atomic uint32_t *unfinished;

static void finish_record(void)
{
	if (made.stopping && unfinished)
		atomic_fetch_and(unfinished, ~BPF_RINGBUF_BUSY_BIT);
}

static void a_record_that_is_being_written_at_the_stop_is_waited_for(void **state)
{
	(void)state;
	sweep();
	unfinished = put_exit(1, BPF_RINGBUF_BUSY_BIT);
	(void)put_exit(2, 0);
	made.journal.on_look = finish_record;
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(event_pid(0), 1);
	assert_int_equal(event_pid(1), 2);
}

/* Nobody will read the record behind it either. */
static void a_record_that_is_never_finished_is_told_as_lost_at_the_stop(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	(void)put_exit(2, BPF_RINGBUF_BUSY_BIT);
	(void)put_exit(3, 0);
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(event_pid(0), 1);
	assert_int_equal(lost_event(1)->first, 2);
	assert_int_equal(lost_event(1)->last, 3);
	assert_int_equal(made.status.lost, 2);
	assert_int_equal(made.status.outstanding, 0);
}

static struct rec_exit late;

static void put_late_record(void)
{
	if (!made.stopping || late.header.size == 0)
		return;
	(void)put(&late, sizeof(late), 0);
	late.header.size = 0;
}

static void a_number_that_was_taken_at_the_stop_is_waited_for(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	sweep();
	late = make_exit(2);
	made.journal.on_look = put_late_record;
	stop();
	assert_int_equal(made.count, 2);
	assert_int_equal(event_pid(1), 2);
	assert_int_equal(made.status.outstanding, 0);
}

static void all_that_could_not_be_journalled_at_the_stop_is_counted(void **state)
{
	(void)state;
	sweep();
	made.journal.full = true;
	for (uint32_t i = 0; i < 20; i++)
		put_exec(1, REC_MAX_SIZE);
	stop();
	assert_int_equal(made.count, 0);
	assert_int_equal(made.status.unjournalled, 20);
	assert_true(made.status.journal_failing);
}

static void what_is_in_both_rings_at_the_stop_is_counted_when_the_journal_is_full(void **state)
{
	(void)state;
	sweep();
	made.journal.full = true;
	put_into(REC_RING_BULK, 1);
	put_into(REC_RING_BULK, 2);
	put_into(REC_RING_VITAL, 3);
	stop();
	assert_int_equal(made.status.unjournalled, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(what_is_in_the_ring_at_the_stop_is_journalled),
		COLLECT_TEST(a_record_that_is_being_written_at_the_stop_is_waited_for),
		COLLECT_TEST(a_record_that_is_never_finished_is_told_as_lost_at_the_stop),
		COLLECT_TEST(a_number_that_was_taken_at_the_stop_is_waited_for),
		COLLECT_TEST(all_that_could_not_be_journalled_at_the_stop_is_counted),
		COLLECT_TEST(what_is_in_both_rings_at_the_stop_is_counted_when_the_journal_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
