/* SPDX-License-Identifier: BSD-2-Clause */
/* What the process table promises of who runs and who ran, case by case. */
#include "unit/test_process_table.h"

static void options_out_of_range_are_refused(void **state)
{
	static const struct process_table_options bad[] = {{15, 0, 0},
							   {4194305, 0, 0},
							   {100, 100, 0},
							   {100, 101, 0},
							   {0, 32768, 0},
							   {0, 0, 8191},
							   {0, 0, (UINT64_C(4) << 30) + 1}};
	struct process_table *table;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = '\0';
		assert_int_equal(process_table_new(&table, &bad[i], &err), -EINVAL);
		assert_non_null(strstr(err.text, "process table: "));
	}
	process_table_free(NULL);
	process_table_free(new_table(0, 0, 0));
	process_table_free(new_table(16, 0, 0));
}

static void a_process_is_found_by_identity_and_by_pid(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process;
	struct process told = event(7, 100, 200);

	(void)state;
	told.parent = (struct rec_id){.pid = 1, .start_ns = 5};
	told.creator = (struct rec_id){.pid = 2, .start_ns = 6};
	told.id.ns_pid = 3;
	told.id.pid_ns = 4;
	told.entity_id[15] = 9;
	told.start_wall_ns = 1234;
	told.gid = 10;
	told.euid = 11;
	told.egid = 12;
	told.kernel_thread = true;
	told.exited = true;     /* not taken */
	told.exec_time_ns = 99; /* not taken */
	process = insert(table, told);
	assert_ptr_equal(process, process_table_find(table, 7, 100));
	assert_ptr_equal(process, process_table_find_pid(table, 7));
	assert_false(process->exited);
	assert_int_equal(process->exec_time_ns, 0);
	told.exited = false;
	told.exec_time_ns = 0;
	assert_memory_equal(process, &told, sizeof(told));
	assert_null(process_table_find(table, 7, 101));
	assert_null(process_table_find(table, 8, 100));
	assert_null(process_table_find_pid(table, 8));
	assert_null(process_table_find_pid(table, 0));
	process_table_free(table);
}

static struct process with_session(struct process process, uint32_t pid, uint64_t start_ns)
{
	process.session = (struct rec_id){.pid = pid, .start_ns = start_ns};
	return process;
}

static void a_leader_that_ends_stays_known(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process;

	(void)state;
	process = insert(table, with_session(event(7, 100, 200), 5, 50));
	process = insert(table, with_session(event(7, 100, 300), 5, 0));
	assert_int_equal(process->session.start_ns, 50);
	process = insert(table, with_session(event(7, 100, 400), 7, 0)); /* another session */
	assert_int_equal(process->session.pid, 7);
	assert_int_equal(process->session.start_ns, 0);
	process_table_free(table);
}

static void what_is_found_and_what_is_not_is_counted(void **state)
{
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	(void)insert(table, event(7, 100, 200));
	(void)process_table_find(table, 7, 100);
	(void)process_table_find(table, 7, 100);
	(void)process_table_find(table, 8, 100);
	assert_int_equal(counters_of(table).hits, 2);
	assert_int_equal(counters_of(table).misses, 1);
	assert_int_equal(counters_of(table).max_processes, 32768);
	assert_int_equal(counters_of(table).max_image_bytes, 16 << 20);
	process_table_free(table);
}

static void who_ended_while_no_agent_ran_is_not_a_lost_exit(void **state)
{
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	(void)insert(table, event(7, 100, 200));
	process_table_reconcile_begin(table);
	assert_int_equal(process_table_reconcile_end(table, true), 1);
	assert_int_equal(counters_of(table).lost_exits, 0);
	assert_null(process_table_find_pid(table, 7));
	assert_true(process_table_find(table, 7, 100)->exited);
	process_table_free(table);
}

static void nobody_has_pid_zero(void **state)
{
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	assert_null(insert(table, event(0, 1, 1)));
	end(table, 0, 1);
	assert_int_equal(counters_of(table).entries, 0);
	process_table_free(table);
}

static void telling_twice_is_telling_once(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 200));

	(void)state;
	assert_ptr_equal(insert(table, event(7, 100, 200)), process);
	assert_int_equal(process->uid, 200);
	assert_int_equal(counters_of(table).entries, 1);
	process_table_free(table);
}

static void a_newer_event_replaces_an_older_one_in_any_order(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 300));
	struct process fork = event(7, 100, 200);

	(void)state;
	fork.creator.pid = 5;
	fork.start_wall_ns = 1000;
	fork.entity_id[0] = 1;
	(void)insert(table, fork);
	assert_int_equal(process->uid, 300);
	assert_string_equal(process->comm, "300");
	assert_int_equal(process->creator.pid, 5); /* what only the late fork knew */
	assert_int_equal(process->start_wall_ns, 1000);
	assert_int_equal(process->entity_id[0], 1);
	(void)insert(table, event(7, 100, 400));
	assert_int_equal(process->uid, 400);
	assert_int_equal(process->creator.pid, 5);
	process_table_free(table);
}

static void the_wall_clock_of_a_start_never_changes(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	struct process told = event(7, 100, 200);
	const struct process *process;

	(void)state;
	told.start_wall_ns = 1000;
	process = insert(table, told);
	told.start_wall_ns = 2000;
	told.told_ns = 300;
	(void)insert(table, told);
	assert_int_equal(process->start_wall_ns, 1000);
	assert_int_equal(process->told_ns, 300);
	process_table_free(table);
}

static void a_snapshot_never_replaces_what_an_event_told(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 200));

	(void)state;
	set_image(table, process, "/event", 200);
	(void)insert(table, snapshot(7, 100, 900));
	set_image(table, process, "/snapshot", 0);
	assert_int_equal(process->uid, 200);
	assert_false(process->snapshot);
	assert_string_equal(executable_of(table, process), "/event");
	process_table_free(table);
}

static void an_event_replaces_what_a_snapshot_told(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, snapshot(7, 100, 900));

	(void)state;
	set_image(table, process, "/snapshot", 0);
	assert_true(process->snapshot);
	assert_int_equal(process->exec_time_ns, 0);
	(void)insert(table, event(7, 100, 200));
	set_image(table, process, "/event", 200);
	assert_int_equal(process->uid, 200);
	assert_false(process->snapshot);
	assert_int_equal(process->exec_time_ns, 200);
	assert_string_equal(executable_of(table, process), "/event");
	process_table_free(table);
}

static void a_newer_snapshot_replaces_an_older_one(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, snapshot(7, 100, 200));

	(void)state;
	(void)insert(table, snapshot(7, 100, 300));
	assert_int_equal(process->uid, 300);
	(void)insert(table, snapshot(7, 100, 250));
	assert_int_equal(process->uid, 300);
	process_table_free(table);
}

static void who_exited_is_still_found_for_a_while(void **state)
{
	struct process_table *table = new_table(64, 4, 0);

	(void)state;
	for (uint32_t pid = 1; pid <= 5; pid++) {
		set_image(table, insert(table, event(pid, 100, 100)), "/x", 100);
		end(table, pid, 100);
		assert_null(process_table_find_pid(table, pid));
		assert_true(process_table_find(table, pid, 100)->exited);
		assert_string_equal(executable_of(table, process_table_find(table, pid, 100)),
				    "/x");
	}
	assert_null(process_table_find(table, 1, 100)); /* the fifth exit pushed it out */
	assert_non_null(process_table_find(table, 2, 100));
	assert_int_equal(counters_of(table).exited, 4);
	assert_int_equal(counters_of(table).images, 4);
	assert_int_equal(counters_of(table).evictions, 0);
	process_table_free(table);
}

static void a_second_exit_changes_nothing(void **state)
{
	struct process_table *table = new_table(64, 2, 0);

	(void)state;
	for (int i = 0; i < 5; i++)
		end(table, 1, 100);
	end(table, 2, 100);
	assert_non_null(process_table_find(table, 1, 100));
	assert_int_equal(counters_of(table).entries, 2);
	process_table_free(table);
}

static void a_fork_after_the_exit_brings_nobody_to_life(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process;

	(void)state;
	end(table, 7, 100);
	process = insert(table, event(7, 100, 150));
	assert_true(process->exited);
	assert_int_equal(process->uid, 150); /* what it tells is welcome */
	assert_null(process_table_find_pid(table, 7));
	set_image(table, process, "/late", 160);
	assert_string_equal(executable_of(table, process), "/late");
	(void)insert(table, snapshot(7, 100, 500));
	assert_true(process_table_find(table, 7, 100)->exited);
	assert_int_equal(counters_of(table).exited, 1);
	process_table_free(table);
}

static void a_pid_used_again_ends_its_former_owner(void **state)
{
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	(void)insert(table, event(7, 100, 100));
	(void)insert(table, event(7, 200, 200));
	assert_true(process_table_find(table, 7, 100)->exited);
	assert_int_equal(process_table_find_pid(table, 7)->id.start_ns, 200);
	assert_int_equal(counters_of(table).reused_pids, 1);
	(void)insert(table, event(7, 150, 150)); /* a late record of one between the two */
	assert_true(process_table_find(table, 7, 150)->exited);
	assert_int_equal(process_table_find_pid(table, 7)->id.start_ns, 200);
	end(table, 7, 100);
	assert_int_equal(process_table_find_pid(table, 7)->id.start_ns, 200);
	process_table_free(table);
}

static void a_full_table_gives_up_the_exited_first(void **state)
{
	struct process_table *table = new_table(16, 4, 0);

	(void)state;
	for (uint32_t pid = 1; pid <= 16; pid++)
		(void)insert(table, event(pid, 100, 100));
	end(table, 9, 100);
	end(table, 3, 100);
	(void)insert(table, event(17, 100, 100));
	assert_null(process_table_find(table, 9, 100));
	(void)insert(table, event(18, 100, 100));
	assert_null(process_table_find(table, 3, 100));
	assert_int_equal(counters_of(table).evictions, 2);
	assert_int_equal(counters_of(table).entries, 16);
	process_table_free(table);
}

static void a_full_table_keeps_the_living_that_are_used(void **state)
{
	struct process_table *table = new_table(16, 4, 0);

	(void)state;
	for (uint32_t pid = 1; pid <= 16; pid++)
		(void)insert(table, event(pid, 100, 100));
	assert_non_null(process_table_find(table, 1, 100));
	assert_non_null(process_table_find_pid(table, 2));
	(void)insert(table, event(3, 100, 200));
	(void)insert(table, event(17, 100, 100));
	assert_null(process_table_find(table, 4, 100));
	for (uint32_t pid = 1; pid <= 3; pid++)
		assert_non_null(process_table_find(table, pid, 100));
	assert_int_equal(counters_of(table).evictions, 1);
	process_table_free(table);
}

static void reconciling_ends_who_is_not_listed(void **state)
{
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	for (uint32_t pid = 1; pid <= 6; pid++)
		(void)insert(table, event(pid, 100, 100));
	end(table, 6, 100);
	assert_int_equal(process_table_reconcile_end(table, false), 0); /* none was begun */
	process_table_reconcile_begin(table);
	(void)insert(table, snapshot(1, 100, 500));
	(void)insert(table, snapshot(4, 200, 500)); /* another process than the one that is known */
	(void)insert(table, event(7, 450, 450));    /* an event between */
	assert_non_null(process_table_find(table, 2, 100)); /* a look is no sign of life */
	assert_int_equal(process_table_reconcile_end(table, false), 3);
	assert_non_null(process_table_find_pid(table, 1));
	assert_null(process_table_find_pid(table, 2));
	assert_null(process_table_find_pid(table, 3));
	assert_int_equal(process_table_find_pid(table, 4)->id.start_ns, 200);
	assert_null(process_table_find_pid(table, 5));
	assert_non_null(process_table_find_pid(table, 7));
	assert_true(process_table_find(table, 2, 100)->exited); /* a late exit still finds it */
	assert_int_equal(counters_of(table).lost_exits, 3);
	assert_int_equal(process_table_reconcile_end(table, false), 0);
	process_table_free(table);
}

static void a_snapshot_that_broke_off_ends_nobody(void **state)
{
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	(void)insert(table, event(1, 100, 100));
	(void)insert(table, event(2, 100, 100));
	process_table_reconcile_begin(table);
	(void)insert(table, snapshot(1, 100, 500));
	process_table_reconcile_begin(table);
	(void)insert(table, snapshot(2, 100, 600));
	(void)insert(table, snapshot(1, 100, 600));
	assert_int_equal(process_table_reconcile_end(table, false), 0);
	process_table_free(table);
}

static void assert_then(const struct process_table *table, uint64_t at_ns, uint64_t start_ns)
{
	const struct process *found = process_table_find_at(table, 7, at_ns);

	assert_int_equal(found ? found->id.start_ns : 0, start_ns);
}

static void a_number_means_the_process_that_had_it_then(void **state)
{
	struct process_table *table = new_table(64, 16, 0);

	(void)state;
	(void)insert(table, event(7, 100, 100));
	end(table, 7, 100);
	(void)insert(table, event(8, 150, 150));
	(void)insert(table, event(7, 200, 200));
	end(table, 7, 200);
	(void)insert(table, event(7, 300, 300));
	assert_then(table, 99, 0);
	assert_then(table, 100, 100);
	assert_then(table, 250, 200);
	assert_then(table, 300, 300);
	assert_then(table, UINT64_MAX, 300);
	assert_null(process_table_find_at(table, 9, UINT64_MAX));
	process_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_means_the_process_that_had_it_then),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(a_process_is_found_by_identity_and_by_pid),
		cmocka_unit_test(a_leader_that_ends_stays_known),
		cmocka_unit_test(what_is_found_and_what_is_not_is_counted),
		cmocka_unit_test(who_ended_while_no_agent_ran_is_not_a_lost_exit),
		cmocka_unit_test(nobody_has_pid_zero),
		cmocka_unit_test(telling_twice_is_telling_once),
		cmocka_unit_test(a_newer_event_replaces_an_older_one_in_any_order),
		cmocka_unit_test(the_wall_clock_of_a_start_never_changes),
		cmocka_unit_test(a_snapshot_never_replaces_what_an_event_told),
		cmocka_unit_test(an_event_replaces_what_a_snapshot_told),
		cmocka_unit_test(a_newer_snapshot_replaces_an_older_one),
		cmocka_unit_test(who_exited_is_still_found_for_a_while),
		cmocka_unit_test(a_second_exit_changes_nothing),
		cmocka_unit_test(a_fork_after_the_exit_brings_nobody_to_life),
		cmocka_unit_test(a_pid_used_again_ends_its_former_owner),
		cmocka_unit_test(a_full_table_gives_up_the_exited_first),
		cmocka_unit_test(a_full_table_keeps_the_living_that_are_used),
		cmocka_unit_test(reconciling_ends_who_is_not_listed),
		cmocka_unit_test(a_snapshot_that_broke_off_ends_nobody),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
