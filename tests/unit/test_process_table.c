/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process table: what it promises case by case, then a long random walk beside a naive model,
 * then floods that must stay below the ceiling.
 */
#include "enrich/process_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sanitizers keep shadow memory and are slow: fewer rounds, a wider ceiling. */
#if defined(__SANITIZE_THREAD__)
#define ROUNDS 100000
#define SHADOW 8
#elif defined(__SANITIZE_ADDRESS__)
#define ROUNDS 100000
#define SHADOW 2
#else
#define ROUNDS 1000000
#define SHADOW 1
#endif

static char bytes[IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX + 256];
static char out[sizeof(bytes)];

static int fill_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 131 + i / 256);
	return 0;
}

static struct process_table *new_table(uint32_t max_processes, uint32_t exited_kept,
				       uint64_t max_image_bytes)
{
	struct process_table_options options = {max_processes, exited_kept, max_image_bytes};
	struct process_table *table;
	struct err err;

	assert_int_equal(process_table_new(&table, &options, &err), 0);
	return table;
}

static struct process event(uint32_t pid, uint64_t start_ns, uint64_t told_ns)
{
	struct process process = {.id = {.pid = pid, .start_ns = start_ns}, .told_ns = told_ns};

	process.uid = (uint32_t)told_ns; /* shows later which record the facts came from */
	(void)snprintf(process.comm, sizeof(process.comm), "%" PRIu64, told_ns);
	return process;
}

static struct process snapshot(uint32_t pid, uint64_t start_ns, uint64_t told_ns)
{
	struct process process = event(pid, start_ns, told_ns);

	process.snapshot = true;
	return process;
}

static const struct process *insert(struct process_table *table, struct process told)
{
	return process_table_insert(table, &told);
}

static void end(struct process_table *table, uint32_t pid, uint64_t start_ns)
{
	const struct rec_id id = {.pid = pid, .start_ns = start_ns};

	process_table_exit(table, &id);
}

static struct image image_named(const char *executable)
{
	return (struct image){.executable = executable,
			      .executable_length = (uint32_t)strlen(executable),
			      .executable_full = (uint32_t)strlen(executable),
			      .args = "a\0b",
			      .args_length = 4,
			      .args_full = 4,
			      .args_count = 2};
}

static void set_image(struct process_table *table, const struct process *process,
		      const char *executable, uint64_t exec_time_ns)
{
	struct image image = image_named(executable);

	process_table_set_image(table, process, &image, exec_time_ns);
}

/* "" when there is no image. */
static const char *executable_of(struct process_table *table, const struct process *process)
{
	size_t length;

	assert_non_null(process);
	length = process_image_copy(table, process, IMAGE_EXECUTABLE, out, sizeof(out) - 1);
	out[length] = '\0';
	return out;
}

static struct process_counters counters_of(const struct process_table *table)
{
	struct process_counters counters;

	process_table_counters(table, &counters);
	return counters;
}

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

static struct process of_exec(struct process process, uint32_t exec_id)
{
	process.exec_id = exec_id;
	return process;
}

static void set_image_of_exec(struct process_table *table, const struct process *process,
			      uint32_t exec_id, uint64_t exec_time_ns)
{
	struct image image = image_named(exec_time_ns ? "/told" : "/seen");

	image.exec_id = exec_id;
	process_table_set_image(table, process, &image, exec_time_ns);
}

/* The exec event was lost: what is known is of the exec before. */
static void an_image_of_another_exec_is_not_shown(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, of_exec(event(7, 100, 200), 3));

	(void)state;
	set_image_of_exec(table, process, 3, 200);
	assert_string_equal(executable_of(table, process), "/told");
	process = insert(table, of_exec(event(7, 100, 300), 4));
	assert_string_equal(executable_of(table, process), "");
	set_image_of_exec(table, process, 3, 0); /* an older snapshot */
	assert_string_equal(executable_of(table, process), "");
	set_image_of_exec(table, process, 4, 0);
	assert_string_equal(executable_of(table, process), "/seen");
	assert_int_equal(process->exec_time_ns, 200);
	assert_int_equal(process->exec_time_id, 3);
	set_image_of_exec(table, process, 4, 250); /* the event comes after all */
	assert_string_equal(executable_of(table, process), "/told");
	assert_int_equal(process->exec_time_id, 4);
	process_table_free(table);
}

static void a_child_does_not_get_an_image_of_another_exec(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *parent = insert(table, of_exec(event(7, 100, 200), 3)), *child;

	(void)state;
	set_image_of_exec(table, parent, 3, 200);
	child = insert(table, of_exec(event(8, 300, 300), 4)); /* the parent's fourth is unknown */
	process_table_share_image(table, child, parent);
	assert_string_equal(executable_of(table, child), "");
	child = insert(table, of_exec(event(9, 300, 300), 3));
	process_table_share_image(table, child, parent);
	assert_string_equal(executable_of(table, child), "/told");
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

static void an_image_comes_back_whole(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 200));
	struct image image = {.executable = bytes,
			      .executable_length = IMAGE_EXECUTABLE_MAX,
			      .executable_full = IMAGE_EXECUTABLE_MAX,
			      .args = bytes + IMAGE_EXECUTABLE_MAX,
			      .args_length = IMAGE_ARGS_MAX,
			      .args_full = 100000,
			      .args_count = 77};
	struct image kept;

	(void)state;
	assert_false(process_image_describe(table, process, &kept));
	assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)), 0);
	process_table_set_image(table, process, &image, 200);
	assert_true(process_image_describe(table, process, &kept));
	assert_int_equal(kept.executable_length, IMAGE_EXECUTABLE_MAX);
	assert_int_equal(kept.args_length, IMAGE_ARGS_MAX);
	assert_int_equal(kept.args_full, 100000);
	assert_int_equal(kept.args_count, 77);
	assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)),
			 IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX);
	assert_memory_equal(out, bytes, IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX);
	process_table_free(table);
}

static void an_older_exec_that_comes_late_changes_nothing(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *process = insert(table, event(7, 100, 300));

	(void)state;
	set_image(table, process, "/second", 300);
	set_image(table, process, "/first", 200);
	assert_string_equal(executable_of(table, process), "/second");
	assert_int_equal(process->exec_time_ns, 300);
	process_table_free(table);
}

static void a_child_runs_what_its_parent_ran_at_the_fork(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *parent = insert(table, event(1, 100, 100));
	const struct process *child = insert(table, event(2, 200, 200));

	(void)state;
	set_image(table, parent, "/shell", 150);
	process_table_share_image(table, child, parent);
	assert_string_equal(executable_of(table, child), "/shell");
	assert_int_equal(child->exec_time_ns, 0);
	assert_int_equal(counters_of(table).images, 1);
	set_image(table, parent, "/other", 300);
	assert_string_equal(executable_of(table, child), "/shell");
	assert_string_equal(executable_of(table, parent), "/other");
	set_image(table, child, "/tool", 310);
	assert_string_equal(executable_of(table, child), "/tool");
	assert_int_equal(counters_of(table).images, 2);
	process_table_free(table);
}

static void a_late_fork_shares_nothing_that_is_wrong(void **state)
{
	struct process_table *table = new_table(0, 0, 0);
	const struct process *parent = insert(table, event(1, 100, 100));
	const struct process *early = insert(table, event(2, 200, 200));
	const struct process *ran = insert(table, event(3, 400, 400));

	(void)state;
	process_table_share_image(table, early, parent); /* the parent has none */
	assert_string_equal(executable_of(table, early), "");
	set_image(table, parent, "/new", 300);
	process_table_share_image(table, early, parent); /* it became that after the fork */
	assert_string_equal(executable_of(table, early), "");
	set_image(table, ran, "/own", 410);
	process_table_share_image(table, ran, parent); /* the exec was told before the fork */
	assert_string_equal(executable_of(table, ran), "/own");
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

static struct image largest_image(void)
{
	return (struct image){.executable = bytes,
			      .executable_length = IMAGE_EXECUTABLE_MAX,
			      .executable_full = IMAGE_EXECUTABLE_MAX,
			      .args = bytes,
			      .args_length = IMAGE_ARGS_MAX,
			      .args_full = IMAGE_ARGS_MAX};
}

static void a_full_pool_leaves_no_image_rather_than_the_old_one(void **state)
{
	struct process_table *table = new_table(16, 4, 8192);
	const struct process *large = insert(table, event(1, 100, 100));
	const struct process *small = insert(table, event(2, 100, 100));
	struct image image = largest_image();

	(void)state;
	process_table_set_image(table, large, &image, 100);
	set_image(table, small, "/small", 100);
	process_table_set_image(table, small, &image, 200);
	assert_string_equal(executable_of(table, small), "");
	assert_int_equal(small->exec_time_ns, 200);
	assert_int_equal(counters_of(table).image_failures, 1);
	assert_int_equal(counters_of(table).image_drops, 0);
	process_table_free(table);
}

static void images_of_the_exited_make_room_for_the_living(void **state)
{
	struct process_table *table = new_table(16, 4, 8192);
	const struct process *first, *second;
	struct image image = largest_image();

	(void)state;
	first = insert(table, event(1, 100, 100));
	process_table_set_image(table, first, &image, 100);
	end(table, 1, 100);
	second = insert(table, event(2, 100, 100));
	process_table_set_image(table, second, &image, 100);
	assert_string_equal(executable_of(table, first), "");
	assert_int_equal(process_image_copy(table, second, IMAGE_BOTH, out, sizeof(out)), 5120);
	assert_non_null(process_table_find(table, 1, 100));
	assert_int_equal(counters_of(table).image_drops, 1);
	assert_int_equal(counters_of(table).image_failures, 0);
	process_table_free(table);
}

static unsigned int shown;

static bool hide_all_but_one(void *data, struct image *image, char *args)
{
	assert_ptr_equal(data, &shown);
	assert_ptr_equal(image->args, args);
	shown++;
	if (image->args_length < 3)
		return false;
	memset(args, '*', PROCESS_REWRITE_ROOM); /* there is so much room */
	image->args_length = image->args_full = 3;
	image->args_masked = true;
	return true;
}

static void assert_args(struct process_table *table, uint32_t pid, const char *wanted, bool masked)
{
	const struct process *process = process_table_find(table, pid, pid);
	struct image image;

	assert_true(process_image_describe(table, process, &image));
	assert_int_equal(image.args_length, strlen(wanted));
	assert_int_equal(image.args_masked, masked);
	assert_int_equal(image.executable_length, 1);
	assert_int_equal(process_image_copy(table, process, IMAGE_ARGS, out, sizeof(out)),
			 strlen(wanted));
	assert_memory_equal(out, wanted, strlen(wanted));
}

/* Of the living and of those that left, each image once. */
static void remembered_arguments_can_be_changed(void **state)
{
	struct process_table *table = new_table(64, 8, 65536);
	struct image image = image_named("/");
	const struct process *parent = insert(table, event(1, 1, 1));

	(void)state;
	image.args = "secret";
	image.args_length = image.args_full = 6;
	process_table_set_image(table, parent, &image, 1);
	process_table_share_image(table, insert(table, event(2, 2, 2)), parent);
	end(table, 1, 1);
	image.args = "-v";
	image.args_length = image.args_full = 2;
	process_table_set_image(table, insert(table, event(3, 3, 3)), &image, 3);
	image.args_length = image.args_full = 0;
	process_table_set_image(table, insert(table, event(4, 4, 4)), &image, 4);
	(void)insert(table, event(5, 5, 5));
	for (unsigned int round = 1; round <= 2; round++) {
		process_table_rewrite_args(table, hide_all_but_one, &shown);
		assert_int_equal(shown, 2 * round);
		assert_args(table, 1, "***", true);
		assert_args(table, 2, "***", true);
		assert_args(table, 3, "-v", false);
		assert_args(table, 4, "", false);
	}
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

/* The model: the same promises, told with arrays and searches. */

#define MODEL_MAX 40
#define MODEL_KEPT 12
#define MODEL_CHUNKS 32
#define MODEL_PIDS 30

struct model_image {
	uint32_t references, chunks;
	uint32_t executable_length, args_length;
	uint32_t first_byte; /* of bytes[] */
};

struct model_process {
	bool used;
	struct process facts;
	struct model_image *image;
	uint64_t used_at, ended_at; /* the living and the exited in their order */
	uint32_t generation;
};

struct model {
	struct model_process processes[MODEL_MAX];
	struct model_image images[MODEL_MAX];
	uint64_t time, passed; /* exited up to ended_at == passed had to give up their images */
	uint32_t generation, chunks_used;
	struct process_counters counters;
};

static struct model model;

static struct model_process *model_find(uint32_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < MODEL_MAX; i++) {
		struct model_process *process = &model.processes[i];

		if (process->used && process->facts.id.pid == pid &&
		    process->facts.id.start_ns == start_ns)
			return process;
	}
	return NULL;
}

static struct model_process *model_living(uint32_t pid)
{
	for (size_t i = 0; i < MODEL_MAX; i++) {
		struct model_process *process = &model.processes[i];

		if (process->used && !process->facts.exited && process->facts.id.pid == pid)
			return process;
	}
	return NULL;
}

/* Of the exited (by end) or of the living (by use), beyond a time; NULL when there is none. */
static struct model_process *model_oldest(bool exited, uint64_t beyond)
{
	struct model_process *oldest = NULL;
	uint64_t oldest_at = UINT64_MAX;

	for (size_t i = 0; i < MODEL_MAX; i++) {
		struct model_process *process = &model.processes[i];
		uint64_t at = exited ? process->ended_at : process->used_at;

		if (process->used && process->facts.exited == exited && at > beyond &&
		    at < oldest_at) {
			oldest = process;
			oldest_at = at;
		}
	}
	return oldest;
}

static void model_drop_image(struct model_process *process)
{
	struct model_image *image = process->image;

	process->image = NULL;
	if (!image || --image->references > 0)
		return;
	model.chunks_used -= image->chunks;
	model.counters.images--;
}

static void model_remove(struct model_process *process)
{
	model_drop_image(process);
	model.counters.entries--;
	model.counters.exited -= process->facts.exited;
	process->used = false;
}

static void model_end(struct model_process *process)
{
	process->facts.exited = true;
	process->ended_at = ++model.time;
	model.counters.exited++;
	if (model.counters.exited > MODEL_KEPT)
		model_remove(model_oldest(true, 0));
}

static struct model_process *model_add(const struct rec_id *id)
{
	struct model_process *rival = model_living(id->pid), *process = NULL;
	bool outlived = rival && rival->facts.id.start_ns > id->start_ns;

	if (rival && !outlived) {
		model.counters.reused_pids++;
		model_end(rival);
	}
	if (model.counters.entries == MODEL_MAX) {
		model.counters.evictions++;
		model_remove(model.counters.exited ? model_oldest(true, 0)
						   : model_oldest(false, 0));
	}
	for (size_t i = 0; !process; i++)
		if (!model.processes[i].used)
			process = &model.processes[i];
	*process = (struct model_process){.used = true, .facts.id = *id};
	process->used_at = ++model.time;
	model.counters.entries++;
	if (outlived)
		model_end(process);
	return process;
}

static void model_use(struct model_process *process)
{
	if (process && !process->facts.exited)
		process->used_at = ++model.time;
}

static void model_insert(const struct process *told)
{
	struct model_process *process = model_find(told->id.pid, told->id.start_ns);
	struct process before;

	if (!process)
		process = model_add(&told->id);
	before = process->facts;
	if (before.told_ns == 0 || (before.snapshot && !told->snapshot) ||
	    (before.snapshot == told->snapshot && told->told_ns >= before.told_ns))
		process->facts = *told;
	process->facts.exited = before.exited;
	process->facts.exec_time_ns = before.exec_time_ns;
	process->facts.creator = before.creator.pid ? before.creator : told->creator;
	process->facts.start_wall_ns =
		before.start_wall_ns ? before.start_wall_ns : told->start_wall_ns;
	process->generation = model.generation;
	model_use(process);
}

static void model_exit(const struct rec_id *id)
{
	struct model_process *process = model_find(id->pid, id->start_ns);

	if (!process)
		process = model_add(id);
	if (!process->facts.exited)
		model_end(process);
}

static uint32_t model_chunks(uint32_t length)
{
	return length <= 224 ? 1 : 1 + (length - 224 + 251) / 252;
}

static void model_set_image(struct model_process *process, const struct model_image *image,
			    uint64_t exec_time_ns)
{
	uint32_t chunks = model_chunks(image->executable_length + image->args_length);
	struct model_process *exited;
	size_t free_image = 0;

	if (exec_time_ns ? exec_time_ns < process->facts.exec_time_ns : process->image != NULL)
		return;
	if (exec_time_ns)
		process->facts.exec_time_ns = exec_time_ns;
	model_drop_image(process);
	while (MODEL_CHUNKS - model.chunks_used < chunks &&
	       (exited = model_oldest(true, model.passed))) {
		model.counters.image_drops += exited->image != NULL;
		model_drop_image(exited);
		model.passed = exited->ended_at;
	}
	if (MODEL_CHUNKS - model.chunks_used < chunks) {
		model.counters.image_failures++;
		return;
	}
	while (model.images[free_image].references)
		free_image++;
	process->image = &model.images[free_image];
	*process->image = *image;
	process->image->references = 1;
	process->image->chunks = chunks;
	model.chunks_used += chunks;
	model.counters.images++;
}

static void model_share(struct model_process *child, struct model_process *parent)
{
	if (child->image || child->facts.exec_time_ns || !parent->image ||
	    parent->facts.exec_time_ns > child->facts.id.start_ns)
		return;
	child->image = parent->image;
	child->image->references++;
}

static uint32_t model_reconcile(void)
{
	struct model_process *process;
	uint64_t at = 0;
	uint32_t gone = 0;

	while ((process = model_oldest(false, at))) {
		at = process->used_at;
		if (process->generation == model.generation)
			continue;
		model_end(process);
		gone++;
	}
	model.counters.lost_exits += gone;
	return gone;
}

static uint64_t random_state;

/* xorshift64*; the same walk every time, so that a failure can be repeated. */
static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

static struct rec_id random_id(void)
{
	return (struct rec_id){.pid = 1 + random_below(MODEL_PIDS),
			       .start_ns = 1000 * (1 + random_below(4))};
}

static void assert_image_as_modelled(struct process_table *table, const struct process *process,
				     const struct model_image *modelled)
{
	uint32_t total = modelled->executable_length + modelled->args_length;
	struct image image;

	assert_true(process_image_describe(table, process, &image));
	assert_int_equal(image.executable_length, modelled->executable_length);
	assert_int_equal(image.args_length, modelled->args_length);
	assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)), total);
	assert_memory_equal(out, bytes + modelled->first_byte, total);
}

static void assert_as_modelled(struct process_table *table, const struct process *process,
			       const struct model_process *modelled)
{
	struct image image;

	if (!modelled) {
		assert_null(process);
		return;
	}
	assert_non_null(process);
	assert_memory_equal(process, &modelled->facts, sizeof(*process));
	if (modelled->image)
		assert_image_as_modelled(table, process, modelled->image);
	else
		assert_false(process_image_describe(table, process, &image));
}

static void walk_insert(struct process_table *table)
{
	struct rec_id id = random_id();
	struct process told = event(id.pid, id.start_ns, 1 + random_below(10000));
	const struct process *process;

	told.snapshot = random_below(4) == 0;
	told.creator.pid = random_below(3);
	told.start_wall_ns = random_below(3);
	process = process_table_insert(table, &told);
	model_insert(&told);
	assert_as_modelled(table, process, model_find(id.pid, id.start_ns));
}

static void walk_set_image(struct process_table *table)
{
	struct rec_id id = random_id();
	struct model_process *modelled = model_find(id.pid, id.start_ns);
	const struct process *process = process_table_find(table, id.pid, id.start_ns);
	struct model_image image = {.first_byte = random_below(256)};
	struct image told = {0};
	uint64_t exec_time_ns = random_below(4) ? 1 + random_below(10000) : 0;

	model_use(modelled);
	if (!modelled)
		return;
	image.executable_length = random_below(random_below(8) ? 300 : IMAGE_EXECUTABLE_MAX + 1);
	image.args_length = random_below(random_below(8) ? 300 : IMAGE_ARGS_MAX + 1);
	told.executable = bytes + image.first_byte;
	told.executable_length = image.executable_length;
	told.args = told.executable + image.executable_length;
	told.args_length = image.args_length;
	process_table_set_image(table, process, &told, exec_time_ns);
	model_set_image(modelled, &image, exec_time_ns);
	assert_as_modelled(table, process, modelled);
}

static void walk_share_image(struct process_table *table)
{
	struct rec_id child_id = random_id(), parent_id = random_id();
	const struct process *child = process_table_find(table, child_id.pid, child_id.start_ns);
	const struct process *parent = process_table_find(table, parent_id.pid, parent_id.start_ns);
	struct model_process *modelled = model_find(child_id.pid, child_id.start_ns);
	struct model_process *modelled_parent = model_find(parent_id.pid, parent_id.start_ns);

	model_use(modelled);
	model_use(modelled_parent);
	if (!modelled || !modelled_parent)
		return;
	process_table_share_image(table, child, parent);
	model_share(modelled, modelled_parent);
	assert_as_modelled(table, child, modelled);
}

static void walk_exit(struct process_table *table)
{
	struct rec_id id = random_id();

	process_table_exit(table, &id);
	model_exit(&id);
	assert_as_modelled(table, process_table_find(table, id.pid, id.start_ns),
			   model_find(id.pid, id.start_ns));
}

static void walk_find_pid(struct process_table *table)
{
	uint32_t pid = 1 + random_below(MODEL_PIDS);
	struct model_process *modelled = model_living(pid);

	assert_as_modelled(table, process_table_find_pid(table, pid), modelled);
	model_use(modelled);
}

static void walk_reconcile(struct process_table *table)
{
	process_table_reconcile_begin(table);
	model.generation++;
	for (uint32_t i = random_below(60); i > 0; i--)
		walk_insert(table);
	assert_int_equal(process_table_reconcile_end(table, false), model_reconcile());
}

static void assert_all_as_modelled(struct process_table *table)
{
	for (uint32_t pid = 1; pid <= MODEL_PIDS; pid++) {
		for (uint64_t start_ns = 1000; start_ns <= 4000; start_ns += 1000) {
			struct model_process *modelled = model_find(pid, start_ns);

			assert_as_modelled(table, process_table_find(table, pid, start_ns),
					   modelled);
			model_use(modelled);
		}
	}
}

static void a_long_random_walk_agrees_with_the_model(void **state)
{
	struct process_table *table =
		new_table(MODEL_MAX, MODEL_KEPT, MODEL_CHUNKS * IMAGE_CHUNK_BYTES);
	struct process_counters counters = {0};

	(void)state;
	random_state = 42;
	model = (struct model){0};
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t dice = random_below(1000);

		if (dice < 300)
			walk_insert(table);
		else if (dice < 550)
			walk_set_image(table);
		else if (dice < 700)
			walk_share_image(table);
		else if (dice < 850)
			walk_exit(table);
		else if (dice < 995)
			walk_find_pid(table);
		else
			walk_reconcile(table);
		process_table_counters(table, &counters);
		model.counters.image_bytes = (uint64_t)model.chunks_used * IMAGE_CHUNK_BYTES;
		assert_int_equal(counters.max_processes, MODEL_MAX);
		counters.hits = counters.misses = counters.max_image_bytes = 0;
		counters.max_processes = 0;
		assert_memory_equal(&counters, &model.counters, sizeof(counters));
		if (round % 256 == 0)
			assert_all_as_modelled(table);
	}
	/* The walk has been everywhere. */
	assert_true(counters.evictions > 100);
	assert_true(counters.image_failures > 100);
	assert_true(counters.image_drops > 100);
	assert_true(counters.reused_pids > 100);
	assert_true(counters.lost_exits > 100);
	process_table_free(table);
}

static uint64_t resident_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[128];

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "RssAnon: %lu kB", &kib) == 1)
			break;
	assert_int_equal(fclose(status), 0);
	assert_true(kib > 0);
	return (uint64_t)kib * 1024;
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	assert_int_equal(closedir(dir), 0);
	return count;
}

/* 32768 slots of 264 bytes, their buckets, 16 MiB of chunks. */
#define CEILING (UINT64_C(32769) * 264 + UINT64_C(2) * 32768 * 4 + (UINT64_C(16) << 20) + 65536)

static void an_empty_table_costs_next_to_nothing(void **state)
{
	uint64_t before = resident_bytes();
	struct process_table *table = new_table(0, 0, 0);

	(void)state;
	(void)insert(table, event(1, 1, 1));
	assert_true(resident_bytes() < before + (UINT64_C(256) << 10) * SHADOW);
	process_table_free(table);
}

static void floods_stay_below_the_ceiling(void **state)
{
	uint64_t before = resident_bytes();
	size_t descriptors = open_descriptors();
	struct process_table *table = new_table(0, 0, 0);
	struct image image = largest_image();

	(void)state;
	for (uint32_t i = 1; i <= ROUNDS; i++) { /* short lives */
		const struct process *process = insert(table, event(i, i, i));

		process_table_set_image(table, process, &image, i);
		end(table, i, i);
	}
	assert_int_equal(counters_of(table).entries, 4096);
	assert_int_equal(counters_of(table).image_failures, 0);
	for (uint32_t i = 1; i <= ROUNDS; i++) { /* lives without end */
		const struct process *process = insert(table, event(i, ROUNDS + i, ROUNDS + i));

		process_table_set_image(table, process, &image, ROUNDS + i);
	}
	assert_int_equal(counters_of(table).entries, 32768);
	assert_true(counters_of(table).image_failures > 0);
	assert_true(counters_of(table).image_bytes <= UINT64_C(16) << 20);
	assert_true(resident_bytes() < before + CEILING * SHADOW);
	assert_int_equal(open_descriptors(), descriptors);
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
		cmocka_unit_test(an_empty_table_costs_next_to_nothing),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(a_process_is_found_by_identity_and_by_pid),
		cmocka_unit_test(an_image_of_another_exec_is_not_shown),
		cmocka_unit_test(a_child_does_not_get_an_image_of_another_exec),
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
		cmocka_unit_test(an_image_comes_back_whole),
		cmocka_unit_test(an_older_exec_that_comes_late_changes_nothing),
		cmocka_unit_test(a_child_runs_what_its_parent_ran_at_the_fork),
		cmocka_unit_test(a_late_fork_shares_nothing_that_is_wrong),
		cmocka_unit_test(who_exited_is_still_found_for_a_while),
		cmocka_unit_test(a_second_exit_changes_nothing),
		cmocka_unit_test(a_fork_after_the_exit_brings_nobody_to_life),
		cmocka_unit_test(a_pid_used_again_ends_its_former_owner),
		cmocka_unit_test(a_full_table_gives_up_the_exited_first),
		cmocka_unit_test(a_full_table_keeps_the_living_that_are_used),
		cmocka_unit_test(a_full_pool_leaves_no_image_rather_than_the_old_one),
		cmocka_unit_test(images_of_the_exited_make_room_for_the_living),
		cmocka_unit_test(remembered_arguments_can_be_changed),
		cmocka_unit_test(reconciling_ends_who_is_not_listed),
		cmocka_unit_test(a_snapshot_that_broke_off_ends_nobody),
		cmocka_unit_test(a_long_random_walk_agrees_with_the_model),
		cmocka_unit_test(floods_stay_below_the_ceiling),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
