/* SPDX-License-Identifier: BSD-2-Clause */
/* A process of many threads has one exec and one end, whoever of them does it. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS PROGRAMS_DIR "/threads"

static int to_pipe(void *data)
{
	const int *output = data;

	return dup2(output[1], 1) == 1 ? 0 : -errno;
}

/* Starts the program and returns the thread id that it prints. */
static pid_t start(struct child *child, char *const *argv)
{
	int output[2];
	struct program program = {
		.path = THREADS, .argv = argv, .prepare = to_pipe, .data = output};
	char text[32] = "";

	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	child_start(child, &program);
	close(output[1]);
	assert_true(read(output[0], text, sizeof(text) - 1) > 0);
	close(output[0]);
	return atoi(text);
}

static void check_once(struct harness *harness, pid_t pid, size_t execs)
{
	harness_settle(harness);
	assert_int_equal(harness_count(harness, pid, "fork"), 1);
	assert_int_equal(harness_count(harness, pid, "exec"), execs);
	assert_int_equal(harness_count(harness, pid, "end"), 1);
}

/* Threads are no processes. */
static void check_no_children(struct harness *harness, pid_t pid)
{
	const struct event *event;

	for (size_t i = 0; (event = harness_event(harness, i)); i++)
		if (event_get(event, "Linux.creator.pid"))
			assert_int_not_equal(event_number(event, "Linux.creator.pid"), pid);
}

static void tells_the_end_of_300_threads_once(void **state)
{
	char *argv[] = {"threads", "many", "300", NULL};
	struct child child;
	struct want *want;
	struct facts facts;
	const struct event *event, *exec;
	pid_t pid = start(&child, argv);

	assert_int_equal(pid, child.pid);
	exec = harness_wait(*state, pid, "exec");
	facts_read(&facts, pid);
	child_end(&child);
	/* the leader's status up to Linux 5.16, the last thread's since then */
	assert_true(child.status == 3 << 8 || child.status == 4 << 8);
	event = harness_wait(*state, pid, "end");
	want = want_exit(*state, event, &facts, &child);
	/* whichever thread was the last one */
	want_range(want, "process.thread.id", 1, 4194304);
	want_id(want, "Linux.exit.since_exec_ns",
		event_number(event, "Linux.time.boot_ns") -
			event_number(exec, "Linux.time.boot_ns"));
	want_check(want, *state, event);
	check_once(*state, pid, 1);
	check_no_children(*state, pid);
	facts_done(&facts);
}

static void tells_the_status_of_the_last_thread_when_the_leader_left_first(void **state)
{
	char *argv[] = {"threads", "leader", NULL};
	struct child child;
	struct facts facts;
	struct want *want;
	const struct event *event, *exec;
	pid_t last = start(&child, argv);

	assert_int_not_equal(last, child.pid);
	/* the leader has gone and its threads have not: no end yet */
	exec = harness_wait(*state, child.pid, "exec");
	harness_settle(*state);
	assert_int_equal(harness_count(*state, child.pid, "end"), 0);
	facts_read(&facts, last);
	facts.pid = (uint32_t)child.pid;
	facts.start_ticks = facts_start_ticks(child.pid);
	facts_entity_id(facts.entity_id, facts.namespaces[NS_PID], facts.start_ticks, child.pid);
	child_end(&child);
	assert_int_equal(child.status, 7 << 8);
	event = harness_wait(*state, child.pid, "end");
	want = want_exit(*state, event, &facts, &child);
	want_number(want, "process.thread.id", (uint64_t)last);
	want_id(want, "Linux.exit.since_exec_ns",
		event_number(event, "Linux.time.boot_ns") -
			event_number(exec, "Linux.time.boot_ns"));
	want_check(want, *state, event);
	check_once(*state, child.pid, 1);
	facts_done(&facts);
}

static void tells_the_signal_once_when_threads_are_killed_behind_their_leader(void **state)
{
	char *argv[] = {"threads", "leader", NULL};
	struct child child;
	struct facts facts;
	struct want *want;
	const struct event *event, *exec;
	pid_t last = start(&child, argv);

	exec = harness_wait(*state, child.pid, "exec");
	facts_read(&facts, last);
	facts.pid = (uint32_t)child.pid;
	facts.start_ticks = facts_start_ticks(child.pid);
	facts_entity_id(facts.entity_id, facts.namespaces[NS_PID], facts.start_ticks, child.pid);
	child_kill(&child, SIGKILL);
	assert_int_equal(child.status, SIGKILL);
	event = harness_wait(*state, child.pid, "end");
	want = want_exit(*state, event, &facts, &child);
	want_number(want, "process.thread.id", (uint64_t)last);
	want_string(want, "Linux.exit.signal_name", "SIGKILL");
	want_id(want, "Linux.exit.since_exec_ns",
		event_number(event, "Linux.time.boot_ns") -
			event_number(exec, "Linux.time.boot_ns"));
	want_check(want, *state, event);
	check_once(*state, child.pid, 1);
	facts_done(&facts);
}

/* As they stand in memory, each with its NUL. */
static char *argv_bytes(char *const *argv, size_t *ret_size)
{
	char *bytes = NULL;

	*ret_size = 0;
	for (; *argv; argv++) {
		size_t size = strlen(*argv) + 1;

		bytes = realloc(bytes, *ret_size + size);
		assert_non_null(bytes);
		memcpy(bytes + *ret_size, *argv, size);
		*ret_size += size;
	}
	return bytes;
}

static void tells_the_thread_that_executed_and_no_false_end(void **state)
{
	char *argv[] = {"threads", "exec", HOLD, "11", NULL};
	struct child child;
	struct facts facts, before;
	struct want *want;
	const struct event *exec, *event;
	pid_t thread;

	before = (struct facts){.executable = PROGRAMS_DIR "/threads"};
	before.args = argv_bytes(argv, &before.args_size);
	thread = start(&child, argv);
	assert_int_not_equal(thread, child.pid);
	exec = harness_wait_nth(*state, child.pid, "exec", 2);
	facts_read(&facts, child.pid);
	harness_settle(*state);
	assert_int_equal(harness_count(*state, child.pid, "end"), 0);
	want = want_exec(*state, exec, &facts, HOLD);
	want_moment(want, child.before_fork_ns, boot_ns());
	want_number(want, "Linux.exec.thread_id", (uint64_t)thread);
	want_previous(want, &before);
	want_check(want, *state, exec);
	child_end(&child);
	assert_int_equal(child.status, 11 << 8);
	event = harness_wait(*state, child.pid, "end");
	want = want_exit(*state, event, &facts, &child);
	want_id(want, "Linux.exit.since_exec_ns",
		event_number(event, "Linux.time.boot_ns") -
			event_number(exec, "Linux.time.boot_ns"));
	want_check(want, *state, event);
	check_once(*state, child.pid, 2);
	assert_int_equal(harness_count(*state, thread, NULL), 0);
	facts_done(&facts);
	facts_done(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_the_end_of_300_threads_once),
		KERNEL_TEST(tells_the_status_of_the_last_thread_when_the_leader_left_first),
		KERNEL_TEST(tells_the_signal_once_when_threads_are_killed_behind_their_leader),
		KERNEL_TEST(tells_the_thread_that_executed_and_no_false_end),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
