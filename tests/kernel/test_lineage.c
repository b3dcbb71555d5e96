/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaders that have ended, ancestors, what a process was before, and numbers that come again. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES 50 /* to get a number again that others on the host may take, too */

/* Between the test and a process that does as it is told. */
struct line {
	int told[2], heard[2];
};

static void open_line(struct line *line)
{
	assert_int_equal(pipe2(line->told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(line->heard, O_CLOEXEC), 0);
}

static void close_line(struct line *line)
{
	for (int i = 0; i < 2; i++) {
		close(line->told[i]);
		close(line->heard[i]);
	}
}

/* In the process: waits for a word of the test. */
static void wait_for_word(const struct line *line)
{
	char word;

	if (read(line->told[0], &word, 1) != 1)
		_exit(1);
}

static void say(const struct line *line)
{
	assert_int_equal(write(line->told[1], "x", 1), 1);
}

static pid_t hear_pid(const struct line *line)
{
	pid_t pid = 0;

	assert_int_equal(read(line->heard[0], &pid, sizeof(pid)), sizeof(pid));
	return pid;
}

static void tell_pid(const struct line *line, pid_t pid)
{
	if (write(line->heard[1], &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
}

static void run_true(void)
{
	execl("/bin/true", "true", (char *)NULL);
	_exit(127);
}

/* Leads a session and a group, leaves a child behind in them, and ends when it is told. */
static pid_t start_leader(const struct line *line, pid_t *ret_child)
{
	pid_t leader = fork();

	if (leader == 0) {
		pid_t child;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		child = fork();
		if (child == 0) {
			wait_for_word(line);
			run_true();
		}
		tell_pid(line, child);
		pause();
		_exit(0);
	}
	assert_true(leader > 0);
	*ret_child = hear_pid(line);
	return leader;
}

static void remembers_a_leader_that_has_ended(void **state)
{
	struct line line;
	struct facts leader, test;
	const struct event *event;
	pid_t child, pid;

	open_line(&line);
	facts_read(&test, getpid());
	pid = start_leader(&line, &child);
	facts_read(&leader, pid);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(facts_exists(pid));
	say(&line);
	event = harness_wait(*state, child, "exec");
	assert_int_equal(event_number(event, "process.session_leader.pid"), pid);
	assert_string_equal(event_string(event, "process.session_leader.entity_id"),
			    leader.entity_id);
	assert_string_equal(event_string(event, "process.group_leader.entity_id"),
			    leader.entity_id);
	assert_string_equal(event_string(event, "process.session_leader.executable"),
			    test.executable);
	assert_true(YAJL_IS_FALSE(event_get(event, "process.session_leader.same_as_process")));
	assert_string_equal(event_string(event, "Linux.creator.entity_id"), leader.entity_id);
	close_line(&line);
	facts_done(&leader);
	facts_done(&test);
}

static const char *item(yajl_val list, size_t index)
{
	assert_true(YAJL_IS_ARRAY(list) && list->u.array.len > index);
	return YAJL_GET_STRING(list->u.array.values[index]);
}

static void tells_what_a_process_was_before_its_second_exec(void **state)
{
	const struct event *event;
	yajl_val list, previous;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exec /bin/true one two", "marker", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	event = harness_wait_nth(*state, pid, "exec", 2);
	list = event_get(event, "process.previous");
	assert_true(YAJL_IS_ARRAY(list) && list->u.array.len == 1);
	previous = list->u.array.values[0];
	assert_string_equal(
		item(yajl_tree_get(previous, (const char *[]){"args", NULL}, yajl_t_array), 2),
		"exec /bin/true one two");
	assert_int_equal(YAJL_GET_INTEGER(yajl_tree_get(
				 previous, (const char *[]){"args_count", NULL}, yajl_t_number)),
			 4);
	event = harness_wait(*state, pid, "end");
	assert_null(event_get(event, "process.previous"));
}

/* B gets the number that A had. 0: somebody else has it just now. */
static pid_t clone_as(pid_t wanted, const struct line *line)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid = fork();
		if (pid == 0)
			run_true();
		tell_pid(line, pid);
		wait_for_word(line);
		_exit(0);
	}
	if (pid < 0)
		assert_int_equal(errno, EEXIST);
	return pid < 0 ? 0 : pid;
}

/* An entity id tells processes apart that start in different ticks (USER_HZ) only. */
static void wait_for_next_tick(void)
{
	uint64_t tick_ns = 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t tick = boot_ns() / tick_ns;

	while (boot_ns() / tick_ns == tick)
		sched_yield();
}

static pid_t short_life(void)
{
	pid_t pid = fork();

	if (pid == 0)
		run_true();
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void a_number_that_comes_again_is_another_process(void **state)
{
	struct line line;
	struct facts second, test;
	const struct event *event;
	pid_t pid = 0, first = 0, child;

	open_line(&line);
	facts_read(&test, getpid());
	for (int i = 0; i < TRIES && !pid; i++) {
		first = short_life();
		wait_for_next_tick();
		pid = clone_as(first, &line);
	}
	assert_int_equal(pid, first);
	child = hear_pid(&line);
	facts_read(&second, pid);
	event = harness_wait(*state, child, "exec");
	assert_int_equal(event_number(event, "process.parent.pid"), pid);
	assert_string_equal(event_string(event, "process.parent.entity_id"), second.entity_id);
	/* not /bin/true, which the first one with that number became */
	assert_string_equal(event_string(event, "process.parent.executable"), test.executable);
	assert_string_equal(event_string(event, "Linux.creator.executable"), test.executable);
	assert_string_not_equal(
		event_string(harness_wait(*state, first, "exec"), "process.entity_id"),
		second.entity_id);
	say(&line);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close_line(&line);
	facts_done(&second);
	facts_done(&test);
}

static void tells_ancestors_by_entity_id(void **state)
{
	const struct harness_options options = {
		.enrich = "processes: {ancestry: 2}",
	};
	const struct harness_options plain = {0};
	struct facts test;
	struct line line;
	const struct event *event;
	yajl_val list;
	pid_t pid, child;

	open_line(&line);
	harness_reload(*state, &options);
	pid = start_leader(&line, &child);
	facts_read(&test, pid);
	say(&line);
	event = harness_wait(*state, child, "exec");
	list = event_get(event, "Linux.ancestry");
	assert_string_equal(item(list, 0), test.entity_id);
	facts_done(&test);
	facts_read(&test, getpid());
	assert_string_equal(item(list, 1), test.entity_id);
	assert_int_equal(list->u.array.len, 2);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	harness_reload(*state, &plain);
	assert_null(event_get(harness_wait(*state, short_life(), "exec"), "Linux.ancestry"));
	close_line(&line);
	facts_done(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(remembers_a_leader_that_has_ended),
		KERNEL_TEST(tells_what_a_process_was_before_its_second_exec),
		KERNEL_TEST(a_number_that_comes_again_is_another_process),
		KERNEL_TEST(tells_ancestors_by_entity_id),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
