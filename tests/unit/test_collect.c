/* SPDX-License-Identifier: BSD-2-Clause */
/* What the collect thread makes of records: order, what is left out, who follows whom. */
#include "unit/test_collect.h"

static void records_become_events_in_order(void **state)
{
	const struct rec_exec *exec;

	(void)state;
	put_exec(10, 1024);
	(void)put_exit(10, 0);
	sweep();
	assert_true(made.busy);
	assert_true(ring_is_released());
	(void)put_exit(11, 0);
	sweep();
	sweep();
	assert_false(made.busy);
	stop();
	assert_int_equal(made.count, 3);
	exec = (const void *)made.events[0].record;
	assert_int_equal(exec->header.kind, REC_EXEC);
	assert_memory_equal(record_string(&exec->header, &exec->executable), "/bin/ls", 7);
	assert_int_equal(event_pid(1), 10);
	assert_int_equal(made.events[1].enriched->process.executable.length, 7);
	assert_int_equal(event_pid(2), 11);
	assert_int_equal(made.journal.appends, 2);
	assert_int_equal(made.status.events[REC_EXEC], 1);
	assert_int_equal(made.status.events[REC_EXIT], 2);
	assert_int_equal(made.status.numbered, 3);
}

static void a_sweep_of_many_large_records_is_journalled_in_parts(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		put_exec(100 + i, REC_MAX_SIZE);
	sweep();
	stop();
	assert_int_equal(made.count, 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(event_pid(i), 100 + i);
	assert_true(made.journal.appends > 2);
}

static void a_journal_that_refuses_keeps_the_ring_and_gets_all_once(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	sweep();
	made.journal.full = true;
	(void)put_exit(2, 0);
	sweep();
	assert_false(ring_is_released());
	(void)put_exit(3, 0);
	sweep();
	sweep();
	assert_true(made.busy);
	assert_int_equal(made.journal.refusals, 3);
	assert_int_equal(atomic_load(position(0)), 8 + (sizeof(struct rec_exit) + 7) / 8 * 8);
	made.journal.full = false;
	sweep();
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(event_pid(i), i + 1);
	assert_false(made.status.journal_failing);
	assert_int_equal(made.status.unjournalled, 0);
}

static void kinds_nobody_asked_for_inform_the_others_only(void **state)
{
	struct rec_fork fork = {
		.header = next_header(REC_FORK, sizeof(fork)),
		.task.id = {.pid = 20, .ns_pid = 20, .start_ns = 20},
		.creator = {.pid = 10, .ns_pid = 10, .start_ns = 10},
	};

	(void)state;
	(void)put(&fork, sizeof(fork), 0);
	sweep();
	assert_true(ring_is_released());
	(void)put_exit(20, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(made.events[0].enriched->creator_pid, 10);
	assert_int_equal(made.status.not_selected, 1);
	assert_int_equal(made.status.events[REC_FORK], 0);
}

static void excluded_processes_inform_the_others_only(void **state)
{
	struct rec_fork fork = {
		.header = next_header(REC_FORK, sizeof(fork)),
		.task.id = {.pid = 20, .ns_pid = 20, .start_ns = 20},
		.creator = {.pid = 10, .ns_pid = 10, .start_ns = 10},
	};
	struct rec_exit excluded = make_exit(21);

	(void)state;
	(void)put(&fork, sizeof(fork), 0);
	excluded.header.flags = REC_FLAG_EXCLUDED;
	(void)put(&excluded, sizeof(excluded), 0);
	(void)put_exit(20, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(made.events[0].enriched->creator_pid, 10);
	assert_int_equal(made.status.not_selected, 1); /* the fork */
	assert_int_equal(made.status.excluded, 1);
	assert_int_equal(made.status.events[REC_EXIT], 1);
	assert_int_equal(made.status.arrived, 3);
}

static void a_damaged_record_is_counted_and_the_others_go_on(void **state)
{
	struct rec_exit record = make_exit(1);

	(void)state;
	record.header.abi++;
	(void)put(&record, sizeof(record), 0);
	(void)put("x", 1, 0);
	(void)put("", 0, 0);
	sweep();
	assert_true(ring_is_released());
	stop();
	assert_int_equal(made.count, 0);
	assert_int_equal(made.status.rejected, 3);
}

static void a_rejected_record_has_arrived_and_is_not_lost(void **state)
{
	struct rec_exit record = make_exit(1);

	(void)state;
	record.header.kind = REC_KINDS;
	(void)put(&record, sizeof(record), 0);
	(void)put_exit(2, 0);
	sweep();
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(event_pid(0), 2);
	assert_int_equal(made.status.rejected, 1);
	assert_int_equal(made.status.lost, 0);
	assert_int_equal(made.status.outstanding, 0);
}

static void a_batch_carries_the_last_number_of_each_slot(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	(void)put_exit(1, 0);
	lose(7, 4);
	sweep();
	stop();
	assert_int_equal(made.journal.number_count, 3);
	assert_int_equal(made.journal.numbers[0].sequence, 2);
	assert_int_equal(made.journal.numbers[0].cpu, 0);
	assert_int_equal(made.journal.numbers[1].sequence, 4);
	assert_int_equal(made.journal.numbers[1].cpu, 7);
	assert_int_equal(made.journal.numbers[2].ring, REC_RING_SHIPPER);
	assert_int_equal(made.journal.numbers[2].sequence, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(made.journal.numbers[i].probes, probes_token(&made.probes));
}

static void notes_before_the_first_sweep_come_first_and_the_last_note_last(void **state)
{
	(void)state;
	(void)put_exit(1, 0);
	note(REC_AGENT_STOP, false);
	sweep();
	note(REC_AGENT_STOP, true);
	(void)put_exit(2, 0);
	stop();
	assert_int_equal(made.count, 4);
	assert_int_equal(kind_of(0), REC_AGENT_STOP);
	assert_int_equal(event_pid(1), 1);
	assert_int_equal(event_pid(2), 2);
	assert_int_equal(kind_of(3), REC_AGENT_STOP);
	assert_int_equal(made.status.events[REC_AGENT_STOP], 2);
	assert_int_equal(made.status.arrived, 2);
}

static void records_of_canaries_are_counted_but_no_events(void **state)
{
	const struct collect_status *status = &made.status;

	(void)state;
	made.canaries = (struct canary_watch){
		.helper = {.pid = 7, .tick_ns = 1000, .start_ticks = 0}, .seen_fd = -1};
	canary_watch_begin(&made.canaries, 1);
	(void)put_exit(7, 0);
	(void)put_exit(8, 0);
	(void)put_exit(7, 0);
	stop();
	assert_int_equal(made.count, 1);
	assert_int_equal(event_pid(0), 8);
	assert_int_equal(status->canaries, 2);
	assert_int_equal(status->arrived, 3);
	assert_int_equal(status->arrived, status->events[REC_EXIT] + status->canaries);
	assert_int_equal(status->seen, status->arrived + status->lost);
}

/* The next agent, with the same probes, rings and journal. */
static void start_again(void)
{
	collect_free(made.collect);
	made.collect = NULL;
	made.stopping = false;
	while (sem_trywait(&made.go) == 0 || sem_trywait(&made.swept) == 0)
		continue;
	collect_recognize(&made.probes, CPUS, &made.journal);
	assert_int_equal(open_collect(), 0);
}

static void an_agent_killed_behind_an_append_is_followed_without_gap_or_repeat(void **state)
{
	static struct rec_progress progress[SLOTS];
	unsigned long consumer;

	(void)state;
	(void)put_exit(1, 0);
	sweep();
	memcpy(progress, made.probes.progress, sizeof(progress));
	consumer = atomic_load(position(0));
	(void)put_exit(2, 0);
	lose(0, 1);
	(void)put_exit(3, 0);
	stop();
	assert_int_equal(made.count, 4);
	/* it was killed before it could say so */
	memcpy(made.probes.progress, progress, sizeof(progress));
	atomic_store(position(0), consumer);
	start_again();
	(void)put_exit(4, 0);
	lose(0, 2);
	stop();
	assert_int_equal(made.count, 6);
	assert_int_equal(made.events[4].record->kind, REC_EXIT);
	assert_int_equal(made.events[4].record->sequence, 5);
	assert_int_equal(lost_event(5)->first, 6);
	assert_int_equal(lost_event(5)->last, 7);
	assert_int_equal(lost_event(5)->total, 3);
	assert_int_equal(lost_event(5)->generation, probes_number(&made.probes));
	assert_true(ring_is_released());
	/* the account is of what this agent has done */
	assert_int_equal(made.status.numbered, 3);
	assert_int_equal(made.status.arrived, 1);
	assert_int_equal(made.status.lost, 2);
	assert_int_equal(made.status.events[REC_EXIT], 1);
	assert_int_equal(made.status.outstanding, 0);
}

static void an_agent_that_leaves_waits_for_nobody(void **state)
{
	(void)state;
	sweep();
	(void)put_exit(1, 0);
	made.probes.counts[0]
		.sequence++; /* a probe is at work, and goes on when the agent has gone */
	made.numbers[REC_RING_VITAL]++;
	made.stopping = true;
	assert_int_equal(sem_post(&made.go), 0);
	collect_leave(made.collect, &made.status);
	made.started = false;
	read_journal();
	assert_int_equal(made.count, 1);
	assert_true(ring_is_released());
	assert_int_equal(made.status.outstanding, 1);
	start_again();
	(void)put_exit(3, 0);
	stop();
	assert_int_equal(made.count, 3);
	assert_int_equal(lost_event(1)->first, 2); /* it never came */
	assert_int_equal(lost_event(1)->last, 2);
}

static void what_cannot_be_opened_is_an_error_and_leaves_nothing_behind(void **state)
{
	const struct enrich_options enrich = {.ticks_per_s = 100};
	struct probes probes = {.fds = {-1, -1}};
	struct collect_options options = {
		.probes = &probes, .journal = &made.journal, .cpus = CPUS, .ticks_per_s = 100};
	struct collect *collect = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(enrich_new(&options.enrich, &enrich, &err), 0);
	assert_int_equal(collect_new(&collect, &options, &err), -EBADF);
	assert_non_null(strstr(err.text, "cannot map the ring"));
	assert_null(collect);
	collect_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(records_become_events_in_order),
		COLLECT_TEST(a_sweep_of_many_large_records_is_journalled_in_parts),
		COLLECT_TEST(a_journal_that_refuses_keeps_the_ring_and_gets_all_once),
		COLLECT_TEST(kinds_nobody_asked_for_inform_the_others_only),
		COLLECT_TEST(excluded_processes_inform_the_others_only),
		COLLECT_TEST(a_damaged_record_is_counted_and_the_others_go_on),
		COLLECT_TEST(a_rejected_record_has_arrived_and_is_not_lost),
		COLLECT_TEST(a_batch_carries_the_last_number_of_each_slot),
		COLLECT_TEST(notes_before_the_first_sweep_come_first_and_the_last_note_last),
		COLLECT_TEST(records_of_canaries_are_counted_but_no_events),
		COLLECT_TEST(an_agent_killed_behind_an_append_is_followed_without_gap_or_repeat),
		COLLECT_TEST(an_agent_that_leaves_waits_for_nobody),
		COLLECT_TEST(what_cannot_be_opened_is_an_error_and_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
