/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that ran before, and the census. */
#include "unit/test_collect.h"

static void a_process_that_ran_before_has_executable_and_arguments(void **state)
{
	const struct enriched_process *process;

	(void)state;
	snapshot_of(10, "foo\0-a", 7);
	snapshot_of(11, "foo: title", 10); /* as setproctitle leaves it */
	snapshot_of(12, NULL, 0);
	made.restarted = true;
	snapshot_of(13, "bar", 4);
	for (uint32_t pid = 10; pid <= 13; pid++)
		(void)put_exit(pid, 0);
	stop();
	assert_int_equal(made.count, 4);
	assert_int_equal(made.events[3].enriched->process.executable.length, 8);
	assert_int_equal(made.events[3].enriched->process.args_count, 0);
	assert_int_equal(made.events[3].enriched->process.args.length, 0);
	process = &made.events[0].enriched->process;
	assert_memory_equal((const char *)made.events[0].enriched + process->executable.offset,
			    "/bin/foo", 8);
	assert_int_equal(process->args.length, 7);
	assert_int_equal(process->args_count, 2);
	assert_int_equal(made.events[1].enriched->process.args_count, 1);
	assert_int_equal(made.events[2].enriched->process.executable.length, 8);
	assert_int_equal(made.events[2].enriched->process.args_count, 0);
}

static void arguments_that_were_cut_are_not_counted(void **state)
{
	static char args[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(args); i++)
		args[i] = i % 2 ? '\0' : 'a';
	snapshot_of(10, args, sizeof(args));
	(void)put_exit(10, 0);
	stop();
	assert_int_equal(made.events[0].enriched->process.args.length, IMAGE_ARGS_MAX);
	assert_int_equal(made.events[0].enriched->process.args.full, REC_FULL_UNKNOWN);
	assert_int_equal(made.events[0].enriched->process.args_count, 0);
}

static void a_damaged_snapshot_is_counted(void **state)
{
	(void)state;
	collect_snapshot(made.collect, "", 0);
	stop();
	assert_int_equal(made.status.rejected, 1);
}

/* A census of these processes; pid 0 ends the list. */
static void take_census(const uint32_t *pids)
{
	struct buf records;

	buf_init(&records, 65536);
	collect_begin_census(made.collect);
	assert_false(collect_census_begun(made.collect));
	sweep();
	assert_true(collect_census_begun(made.collect));
	for (; *pids; pids++) {
		struct rec_snapshot record = {
			.header = {.size = sizeof(record),
				   .kind = REC_SNAPSHOT,
				   .abi = REC_ABI,
				   .time_ns = made.time_ns},
			.task.id = {.pid = *pids, .ns_pid = *pids, .start_ns = *pids},
		};

		assert_int_equal(buf_add(&records, &record, sizeof(record)), 0);
	}
	collect_give_census(made.collect, &records);
	sweep();
}

static void a_census_ends_who_is_not_in_it_and_finds_who_was_missed(void **state)
{
	(void)state;
	put_exec(1, 1024);
	put_exec(2, 1024);
	sweep();
	take_census((const uint32_t[]){2, 3, 0});
	collect_status(made.collect, &made.status);
	assert_int_equal(made.status.censuses, 1);
	assert_int_equal(made.status.lost_exits, 1);
	assert_int_equal(made.status.processes, 3); /* one of them has ended */
	take_census((const uint32_t[]){2, 3, 0});
	collect_status(made.collect, &made.status);
	assert_int_equal(made.status.lost_exits, 1);
	stop();
}

static void who_starts_during_a_census_is_not_missed_by_it(void **state)
{
	struct buf records;

	(void)state;
	buf_init(&records, 65536);
	collect_begin_census(made.collect);
	sweep();
	put_exec(5, 1024); /* behind the iterator */
	sweep();
	collect_give_census(made.collect, &records);
	sweep();
	collect_status(made.collect, &made.status);
	assert_int_equal(made.status.censuses, 1);
	assert_int_equal(made.status.lost_exits, 0);
	/* one that is never taken is not lost memory */
	collect_begin_census(made.collect);
	buf_init(&records, 65536);
	assert_int_equal(buf_add(&records, "rubbish", 7), 0);
	collect_give_census(made.collect, &records);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COLLECT_TEST(a_process_that_ran_before_has_executable_and_arguments),
		COLLECT_TEST(arguments_that_were_cut_are_not_counted),
		COLLECT_TEST(a_damaged_snapshot_is_counted),
		COLLECT_TEST(a_census_ends_who_is_not_in_it_and_finds_who_was_missed),
		COLLECT_TEST(who_starts_during_a_census_is_not_missed_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
