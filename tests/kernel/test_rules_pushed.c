/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that the probes decide: what they drop takes no number and is counted exactly, what they do
 * not is told. By a user that nobody else is, so that a busy host does not count. A new agent for
 * each test.
 */
#include "child.h"
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENS PROGRAMS_DIR "/opens"
#define EVENTS "[process, open, exec_failed, thread_start, thread_exit]"
#define ALL_OPENS "  open: {mode: all}\n  exclude: {path: []}\n"
#define STRANGER 54321
#define USER "user.id: '54321'"
#define PATH_SIZE 512

static struct harness *harness;

static int clear(void **state)
{
	(void)state;
	harness_free(harness);
	harness = NULL;
	return 0;
}

static void start(const char *rules)
{
	harness = harness_new(
		&(struct harness_options){.events = EVENTS, .capture = ALL_OPENS, .rules = rules});
	assert_non_null(harness);
}

static void reload(const char *rules)
{
	harness_reload(harness, &(struct harness_options){
					.events = EVENTS, .capture = ALL_OPENS, .rules = rules});
}

static const char *file_of_all(void)
{
	static char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/file", harness_dir(harness));
	write_file(path, "x", 1, 0666);
	return path;
}

static int become_stranger(void *data)
{
	(void)data;
	return setresuid(STRANGER, STRANGER, STRANGER) == 0 ? 0 : -errno;
}

static void *do_nothing(void *data)
{
	return data;
}

/* One thread more and one failed exec, by the stranger. */
static int do_all(void *data)
{
	char *argv[] = {NULL, NULL};
	pthread_t thread;
	int result = become_stranger(data);

	if (result < 0 || pthread_create(&thread, NULL, do_nothing, NULL) != 0 ||
	    pthread_join(thread, NULL) != 0)
		return -EIO;
	execv("/nonexistent", argv);
	return errno == ENOENT ? 0 : -errno;
}

/* programs/opens, by the stranger; failures: how many of its opens. */
static pid_t run(int times, const char *how, const char *path, int failures,
		 int (*prepare)(void *data))
{
	char count[16];
	char *argv[] = {"opens", count, (char *)(uintptr_t)how, (char *)(uintptr_t)path, NULL};
	struct program program = {.path = OPENS, .argv = argv, .prepare = prepare};
	struct child child;

	snprintf(count, sizeof(count), "%d", times);
	child_start(&child, &program);
	child_end(&child);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), failures);
	harness_settle(harness);
	return child.pid;
}

/* Events of file opens by that process. */
static size_t opens_of(pid_t pid)
{
	const struct event *event;
	size_t count = 0;

	for (size_t i = 0; (event = harness_event(harness, i)); i++)
		count += event->pid == pid &&
			 strcmp(event_string(event, "event.dataset"), "auditship.file") == 0;
	return count;
}

static void assert_balances(void)
{
	assert_int_equal(harness_status(harness, "account.balances"), 1);
	assert_int_equal(harness_status(harness, "account.lost"), 0);
}

/* Whatever probes number and the trail does not have, rules of the agent's have dropped. */
static void assert_no_gaps_in(const char *ring)
{
	enum { CPUS = 1024 };
	static uint64_t last[CPUS], first[CPUS], seen[CPUS];
	const struct event *event;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; (event = harness_event(harness, i)); i++) {
		uint64_t number, cpu;

		if (strcmp(event_string(event, "Linux.sequence.ring"), ring) != 0)
			continue;
		cpu = event_number(event, "Linux.sequence.cpu");
		number = event_number(event, "Linux.sequence.number");
		assert_true(cpu < CPUS);
		if (seen[cpu]++ == 0 || number < first[cpu])
			first[cpu] = number;
		if (seen[cpu] == 1 || number > last[cpu])
			last[cpu] = number;
	}
	for (size_t cpu = 0; cpu < CPUS; cpu++)
		assert_true(seen[cpu] == 0 || last[cpu] - first[cpu] + 1 == seen[cpu]);
}

static void what_a_rule_drops_by_kind_takes_no_number(void **state)
{
	char missing[PATH_SIZE];
	const char *file;
	pid_t pid;

	(void)state;
	start("  - {name: failures, when: {event.action: open, event.outcome: failure}, do: "
	      "drop}\n");
	file = file_of_all();
	snprintf(missing, sizeof(missing), "%s/missing", harness_dir(harness));
	assert_int_equal(harness_status(harness, "rules.0.in_kernel"), 1);
	pid = run(30, "r", missing, 30, become_stranger);
	assert_int_equal(opens_of(pid), 0);
	pid = run(40, "r", file, 0, become_stranger);
	assert_int_equal(opens_of(pid), 40);
	/* others of this host fail, too */
	assert_true(harness_status(harness, "rules.0.dropped_in_kernel") >= 30);
	assert_int_equal(harness_status(harness, "account.dropped"), 0);
	assert_no_gaps_in("bulk");
	assert_balances();
}

static void what_a_rule_drops_by_user_is_counted_exactly(void **state)
{
	const char *file;
	pid_t pid;

	(void)state;
	start("  - {name: kept, when: {event.type: creation}, do: keep}\n"
	      "  - {name: theirs, when: {event.category: file, " USER "}, do: drop}\n");
	file = file_of_all();
	assert_int_equal(harness_status(harness, "rules.1.in_kernel"), 1);
	assert_int_equal(opens_of(run(50, "w", file, 0, become_stranger)), 0);
	assert_int_equal(harness_status(harness, "rules.1.dropped"), 50);
	assert_int_equal(harness_status(harness, "rules.1.dropped_in_kernel"), 50);
	assert_int_equal(harness_status(harness, "filters.left_out.rule"), 50);
	assert_int_equal(harness_status(harness, "account.dropped"), 0);
	pid = run(50, "w", file, 0, NULL);
	assert_int_equal(opens_of(pid), 50);
	assert_int_equal(harness_status(harness, "filters.left_out.rule"), 50);
	assert_no_gaps_in("bulk");
	assert_balances();
	harness_stop(harness, SIGTERM);
	assert_int_equal(harness_summary(harness, "left out by kernel filters:", "rule "), 50);
	assert_int_equal(harness_summary(harness, "rules:", "held back by limits, "), 50);
}

static void the_life_of_a_process_is_dropped_by_the_agent_all_else_in_the_kernel(void **state)
{
	const char *file;
	pid_t pid;

	(void)state;
	start("  - {name: theirs, when: {" USER "}, do: drop}\n");
	file = file_of_all();
	assert_int_equal(harness_status(harness, "rules.0.in_kernel"), 0);
	pid = run(3, "w", file, 0, do_all);
	assert_int_equal(harness_count(harness, pid, "fork"), 1); /* it was the test then */
	assert_int_equal(harness_count(harness, pid, NULL), 1);
	/* three opens, a failed exec, a thread that starts and ends, the last thread */
	assert_int_equal(harness_status(harness, "rules.0.dropped_in_kernel"), 3 + 1 + 2 + 1);
	assert_int_equal(harness_status(harness, "account.dropped"), 2); /* exec and exit */
	assert_int_equal(harness_status(harness, "rules.0.dropped"), 7 + 2);
	assert_balances();
}

static void a_rule_that_may_decide_before_keeps_it_with_the_agent(void **state)
{
	const char *file;
	pid_t pid;

	(void)state;
	start("  - {name: kept, when: {process.executable: " OPENS "}, do: keep}\n"
	      "  - {name: theirs, when: {event.category: file, " USER "}, do: drop}\n");
	file = file_of_all();
	assert_int_equal(harness_status(harness, "rules.1.in_kernel"), 0);
	pid = run(5, "w", file, 0, become_stranger);
	assert_int_equal(opens_of(pid), 5);
	assert_int_equal(harness_status(harness, "filters.left_out.rule"), 0);
}

static void a_rule_that_stays_goes_on_counting_after_a_reload(void **state)
{
#define THEIRS "  - {name: theirs, when: {event.category: file, " USER "}, do: drop}\n"
	const char *file;

	(void)state;
	start(THEIRS);
	file = file_of_all();
	(void)run(5, "w", file, 0, become_stranger);
	assert_int_equal(harness_status(harness, "rules.0.dropped"), 5);
	reload("  - {when: {event.action: exec, event.outcome: failure}, do: drop}\n" THEIRS);
	(void)run(7, "w", file, 0, become_stranger);
	assert_int_equal(harness_status(harness, "rules.1.dropped"), 12);
	reload("  - {name: theirs, when: {event.type: change, " USER "}, do: drop}\n");
	(void)run(2, "w", file, 0, become_stranger);
	assert_int_equal(harness_status(harness, "rules.0.dropped"), 2);
	assert_true(harness_status(harness, "filters.left_out.rule") >= 14);
	reload("  - {do: {tag: [none]}}\n");
	assert_int_equal(opens_of(run(4, "w", file, 0, become_stranger)), 4);
}

enum { LOAD_TIMES = 20000, RELOADS = 12 };

static void rules_change_under_load_and_every_open_is_told_or_counted(void **state)
{
	static const char *const rules[] = {
		"  - {name: changes, when: {event.type: change, " USER "}, do: drop}\n",
		"  - {name: kept, when: {process.name: opens}, do: keep}\n",
		"  - {name: all, when: {event.category: file, " USER "}, do: drop}\n",
		"  - {name: named, when: {process.name: opens, " USER "}, do: drop}\n",
	};
	char times[16];
	char *argv[] = {"opens", times, "w", NULL, NULL};
	struct program program = {.path = OPENS, .argv = argv, .prepare = become_stranger};
	struct child child;
	uint64_t counted;

	(void)state;
	start(rules[0]);
	argv[3] = (char *)(uintptr_t)file_of_all();
	snprintf(times, sizeof(times), "%d", LOAD_TIMES);
	child_start(&child, &program);
	for (int i = 0; i < RELOADS; i++)
		reload(rules[(i + 1) % 4]);
	child_end(&child);
	harness_settle(harness);
	assert_int_equal(WEXITSTATUS(child.status), 0);
	assert_balances();
	counted = harness_status(harness, "filters.left_out.rule") +
		  harness_status(harness, "account.dropped");
	/* of its life the fork was the test's; exec, its only thread's end and its own are dropped
	 * or told as the opens are */
	assert_int_equal(harness_count(harness, child.pid, "fork"), 1);
	assert_int_equal(harness_count(harness, child.pid, NULL) - 1 + counted, LOAD_TIMES + 3);
}

static void canaries_of_kinds_that_a_rule_drops_are_not_missed(void **state)
{
	const struct event *event;

	(void)state;
	harness = harness_new(&(struct harness_options){
		.events = EVENTS,
		.agent = "coverage: start, heartbeat: 1s",
		.rules = "  - {when: {event.category: file}, do: drop}\n"});
	assert_non_null(harness);
	event = harness_wait(harness, 0, "agent_coverage");
	assert_int_equal(event_number(event, "Linux.coverage.missed_count"), 0);
	assert_int_equal(event_number(event, "Linux.coverage.skipped_count"),
			 7); /* all that open */
}

#define TEST(name) cmocka_unit_test_teardown(name, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_rule_drops_by_kind_takes_no_number),
		TEST(what_a_rule_drops_by_user_is_counted_exactly),
		TEST(the_life_of_a_process_is_dropped_by_the_agent_all_else_in_the_kernel),
		TEST(a_rule_that_may_decide_before_keeps_it_with_the_agent),
		TEST(a_rule_that_stays_goes_on_counting_after_a_reload),
		TEST(rules_change_under_load_and_every_open_is_told_or_counted),
		TEST(canaries_of_kinds_that_a_rule_drops_are_not_missed),
	};
	int cannot = harness_cannot_run();

	return cannot ? cannot : cmocka_run_group_tests(tests, NULL, NULL);
}
