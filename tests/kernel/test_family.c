/* SPDX-License-Identifier: BSD-2-Clause */
/* Who made a process and who its parent is now, also when one of them ran before the agent. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a prepare function needs to make a grandchild and tell the test of it. */
struct grandchild {
	int report[2]; /* the pid, written by its creator */
	int hold[2];   /* its standard input */
	pid_t test;
};

static void open_grandchild(struct grandchild *grandchild)
{
	assert_int_equal(pipe2(grandchild->report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(grandchild->hold, O_CLOEXEC), 0);
	grandchild->test = getpid();
}

static pid_t read_pid(struct grandchild *grandchild)
{
	pid_t pid = 0;

	assert_int_equal(read(grandchild->report[0], &pid, sizeof(pid)), sizeof(pid));
	close(grandchild->report[0]);
	close(grandchild->report[1]);
	close(grandchild->hold[0]);
	return pid;
}

/* Waits until its creator has gone and the test has taken it in, then executes. */
static void live_as_orphan(const struct grandchild *grandchild)
{
	char *const argv[] = {"hold", "4", NULL};
	char *const envp[] = {NULL};

	dup2(grandchild->hold[0], 0);
	close_range(3, ~0u, 0);
	while (getppid() != grandchild->test)
		sched_yield();
	execve(HOLD, argv, envp);
	_exit(127);
}

static int fork_orphan(void *data)
{
	const struct grandchild *grandchild = data;
	pid_t pid = fork();

	if (pid == 0)
		live_as_orphan(grandchild);
	return write(grandchild->report[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : -errno;
}

/* The grandchild was made by creator and is the test's child now. */
static void check_orphan_exec(struct harness *harness, struct child *orphan,
			      const struct facts *creator, struct facts *ret_facts)
{
	const struct event *event = harness_wait(harness, orphan->pid, "exec");
	struct want *want;

	orphan->after_exec_ns = boot_ns();
	facts_read(ret_facts, orphan->pid);
	assert_int_equal(ret_facts->parent, getpid());
	want = want_exec(harness, event, ret_facts, HOLD);
	want_creator(want, creator);
	want_moment(want, orphan->before_fork_ns, orphan->after_exec_ns);
	want_check(want, harness, event);
}

static void check_grandchild_exit(struct harness *harness, const struct child *child,
				  const struct facts *facts, const struct facts *creator)
{
	const struct event *event = harness_wait(harness, child->pid, "end");
	struct want *want = want_exit(harness, event, facts, child);

	want_creator(want, creator);
	if (harness_count(harness, child->pid, "exec"))
		want_id(want, "Linux.exit.since_exec_ns",
			event_number(event, "Linux.time.boot_ns") -
				event_number(harness_wait(harness, child->pid, "exec"),
					     "Linux.time.boot_ns"));
	want_check(want, harness, event);
}

static void tells_creator_and_new_parent_of_an_orphan(void **state)
{
	struct grandchild grandchild;
	struct program program = {.prepare = fork_orphan, .data = &grandchild};
	struct child creator, orphan = {0};
	struct facts creator_facts, facts;
	const struct event *event;
	struct want *want;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	open_grandchild(&grandchild);
	child_start(&creator, &program);
	orphan = creator;
	orphan.after_fork_ns = boot_ns();
	orphan.hold_fd = grandchild.hold[1];
	orphan.pid = read_pid(&grandchild);
	facts_read(&creator_facts, creator.pid);
	event = harness_wait(*state, orphan.pid, "fork");
	want = want_fork(*state, event, &creator_facts, &orphan);
	facts_entity_id(facts.entity_id, creator_facts.namespaces[NS_PID],
			facts_start_ticks(orphan.pid), orphan.pid);
	want_string(want, "process.entity_id", facts.entity_id);
	want_check(want, *state, event);
	child_end(&creator);
	check_orphan_exec(*state, &orphan, &creator_facts, &facts);
	child_end(&orphan);
	assert_int_equal(orphan.status, 4 << 8);
	check_grandchild_exit(*state, &orphan, &facts, &creator_facts);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	facts_done(&creator_facts);
	facts_done(&facts);
}

static int clone_sibling(void *data)
{
	const struct grandchild *grandchild = data;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		return 0;
	return write(grandchild->report[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : -errno;
}

static void tells_creator_and_parent_apart_under_clone_parent(void **state)
{
	struct grandchild grandchild;
	struct program program = {.prepare = clone_sibling, .data = &grandchild, .status = 2};
	struct child creator, sibling;
	struct facts test, creator_facts, facts;
	const struct event *event;
	struct want *want;

	open_grandchild(&grandchild);
	child_start(&creator, &program);
	sibling = creator;
	sibling.after_fork_ns = boot_ns();
	sibling.hold_fd = grandchild.hold[1];
	sibling.pid = read_pid(&grandchild);
	facts_read(&test, getpid());
	facts_read(&creator_facts, creator.pid);
	facts_read(&facts, sibling.pid);
	assert_int_equal(facts.parent, getpid());
	event = harness_wait(*state, sibling.pid, "fork");
	want = want_fork(*state, event, &creator_facts, &sibling);
	want_string(want, "process.entity_id", facts.entity_id);
	want_parent(want, &test);
	want_check(want, *state, event);
	child_end(&creator);
	sibling.before_end_ns = creator.before_end_ns;
	assert_int_equal(wait4(sibling.pid, &sibling.status, 0, &sibling.usage), sibling.pid);
	sibling.after_end_ns = boot_ns();
	close(sibling.hold_fd);
	check_grandchild_exit(*state, &sibling, &facts, &creator_facts);
	facts_done(&test);
	facts_done(&creator_facts);
	facts_done(&facts);
}

/* As child_start does for hold, with vfork. */
static void start_by_vfork(struct child *child)
{
	char *const argv[] = {"hold", "0", NULL};
	char *const envp[] = {NULL};
	int hold[2];

	memset(child, 0, sizeof(*child));
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	child->hold_fd = hold[1];
	child->before_fork_ns = boot_ns();
	child->pid = vfork();
	if (child->pid == 0) {
		dup2(hold[0], 0);
		execve(HOLD, argv, envp);
		_exit(127);
	}
	child->after_fork_ns = boot_ns();
	close(hold[0]);
	assert_true(child->pid > 0);
}

static void tells_a_vfork_like_a_fork(void **state)
{
	struct child child;
	struct facts test, facts;
	const struct event *fork_event, *exec_event;
	struct want *want;

	facts_read(&test, getpid());
	start_by_vfork(&child);
	/* the parent goes on with the new memory in place, a little before the exec is done */
	exec_event = harness_wait(*state, child.pid, "exec");
	child.after_exec_ns = boot_ns();
	facts_read(&facts, child.pid);
	fork_event = harness_wait(*state, child.pid, "fork");
	want = want_fork(*state, fork_event, &test, &child);
	want_string(want, "process.entity_id", facts.entity_id);
	want_check(want, *state, fork_event);
	want = want_exec(*state, exec_event, &facts, HOLD);
	want_moment(want, child.before_fork_ns, child.after_exec_ns);
	want_check(want, *state, exec_event);
	child_end(&child);
	check_grandchild_exit(*state, &child, &facts, &test);
	facts_done(&test);
	facts_done(&facts);
}

static void want_own_signal(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "fork") == 0)
		want_string(want, "Linux.clone.exit_signal", "SIGWINCH");
}

static void tells_the_signal_the_parent_asked_for(void **state)
{
	struct life life = {.program = {.exit_signal = SIGWINCH}, .adjust = want_own_signal};

	check_life(*state, &life);
}

/* PROGRAMS/parent and the pipes to it. */
struct maker {
	pid_t pid;
	int input, output;
};

static struct maker early; /* runs before the agent does */

static char *const early_argv[] = {"parent", "older than the agent", NULL};

static void start_maker(struct maker *maker, char *const *argv)
{
	char *const envp[] = {NULL};
	int input[2], output[2];

	if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
		exit(1);
	maker->pid = fork();
	if (maker->pid == 0) {
		dup2(input[0], 0);
		dup2(output[1], 1);
		execve(PROGRAMS_DIR "/parent", argv, envp);
		_exit(127);
	}
	maker->input = input[1];
	maker->output = output[0];
	close(input[0]);
	close(output[1]);
}

static void end_maker(const struct maker *maker)
{
	close(maker->input);
	close(maker->output);
	waitpid(maker->pid, NULL, 0);
}

static pid_t ask_for_child(const struct maker *maker)
{
	char text[32] = "";

	assert_int_equal(write(maker->input, "", 1), 1);
	assert_true(read(maker->output, text, sizeof(text) - 1) > 0);
	return atoi(text);
}

static void knows_a_parent_that_ran_before_the_agent(void **state)
{
	struct child child = {.before_fork_ns = boot_ns()};
	struct facts parent;
	const struct event *event;
	struct want *want;

	child.pid = ask_for_child(&early);
	child.after_fork_ns = boot_ns();
	facts_read(&parent, early.pid);
	assert_string_equal(parent.executable, PROGRAMS_DIR "/parent");
	event = harness_wait(*state, child.pid, "fork");
	want = want_fork(*state, event, &parent, &child);
	/* it has gone, and with it what /proc told of its start */
	want_string(want, "process.entity_id",
		    event_string(harness_wait(*state, child.pid, "end"), "process.entity_id"));
	want_check(want, *state, event);
	event = harness_wait(*state, child.pid, "end");
	assert_int_equal(event_number(event, "process.exit_code"), 5);
	assert_string_equal(event_string(event, "process.parent.executable"), parent.executable);
	assert_string_equal(event_string(event, "process.parent.command_line"),
			    "parent older than the agent");
	facts_done(&parent);
}

/* The table keeps 1 KiB of a program's arguments; their own exec event has them whole. */
static void tells_how_much_of_the_parents_arguments_is_missing(void **state)
{
	static char text[3000];
	char *argv[] = {"parent", text, NULL};
	const struct event *event;
	struct maker maker;
	char wanted[512], *end = wanted;

	memset(text, 'x', sizeof(text) - 1);
	start_maker(&maker, argv);
	event = harness_wait(*state, ask_for_child(&maker), "fork");
	for (unsigned int i = 0; i < 4; i++)
		end += sprintf(end, "%s{\"field\":\"process.%s%s\",\"kept\":1024,\"total\":3007}",
			       i ? "," : "[", i < 2 ? "" : "parent.",
			       i % 2 ? "command_line" : "args");
	sprintf(end, "]");
	assert_non_null(strstr(event->text, wanted));
	assert_int_equal(event_number(event, "process.args_count"), 2);
	assert_int_equal(event_number(event, "process.parent.args_count"), 2);
	assert_int_equal(strlen(event_string(event, "process.parent.command_line")), 1024);
	end_maker(&maker);
}

static int teardown(void **state)
{
	end_maker(&early);
	return harness_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(knows_a_parent_that_ran_before_the_agent),
		KERNEL_TEST(tells_how_much_of_the_parents_arguments_is_missing),
		KERNEL_TEST(tells_creator_and_new_parent_of_an_orphan),
		KERNEL_TEST(tells_creator_and_parent_apart_under_clone_parent),
		KERNEL_TEST(tells_a_vfork_like_a_fork),
		KERNEL_TEST(tells_the_signal_the_parent_asked_for),
	};
	int cannot_run = harness_cannot_run();

	if (cannot_run)
		return cannot_run;
	start_maker(&early, early_argv);
	return cmocka_run_group_tests(tests, harness_setup, teardown);
}
