/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes that outlive their agent, on this kernel: killed, stopped, started again with the same and
 * with other settings. What happens in between is in the trail.
 */
#include "child.h"
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define BPF_FS_MAGIC 0xcafe4a11

static const struct harness_options kept = {.keeps = true};
static const struct harness_options larger = {.keeps = true, .vital_ring = "32MiB"};

static int detach(const struct harness *harness)
{
	char command[512];

	snprintf(command, sizeof(command), "%s detach --state-dir %s/state >%s/detach 2>&1",
		 AUDITSHIP_BINARY, harness_dir(harness), harness_dir(harness));
	return WEXITSTATUS(system(command));
}

static int end(void **state)
{
	if (*state && harness_agent(*state) > 0)
		harness_kill(*state);
	if (*state)
		(void)detach(*state);
	harness_free(*state);
	*state = NULL;
	return 0;
}

static struct harness *start(void **state)
{
	*state = harness_new(&kept);
	assert_non_null(*state);
	return *state;
}

/* A process of its own; its number. */
static pid_t run_program(void)
{
	struct child child;

	child_start(&child, &(struct program){.path = PROGRAMS_DIR "/hold"});
	child_end(&child);
	return child.pid;
}

static const struct event *last_of(struct harness *harness, const char *action)
{
	const struct event *found = NULL, *event;

	for (size_t i = 0; (event = harness_event(harness, i)); i++)
		if (strcmp(event->action, action) == 0)
			found = event;
	assert_non_null(found);
	return found;
}

/* Each number of each ring, CPU and class once; the sequence without a gap, in one stream. */
static void check_all(struct harness *harness)
{
	const struct event *event;
	uint64_t sequence = 0;
	char stream[64] = "";

	for (size_t i = 0; (event = harness_event(harness, i)); i++) {
		if (!stream[0])
			snprintf(stream, sizeof(stream), "%s",
				 event_string(event, "agent.ephemeral_id"));
		assert_string_equal(event_string(event, "agent.ephemeral_id"), stream);
		assert_int_equal(event_number(event, "event.sequence"), ++sequence);
		assert_string_not_equal(event->action, "events_lost");
	}
}

static void check_ran(struct harness *harness, pid_t pid, uint64_t generation)
{
	static const char *const actions[] = {"fork", "exec", "end"};

	for (int i = 0; i < 3; i++) {
		const struct event *event = harness_wait(harness, pid, actions[i]);

		assert_int_equal(harness_count(harness, pid, actions[i]), 1);
		assert_int_equal(event_number(event, "Linux.sequence.generation"), generation);
	}
}

static void what_happens_after_kill_9_is_told_by_the_next_agent(void **state)
{
	struct harness *harness = start(state);
	pid_t agent = harness_agent(harness), before = run_program(), between;

	check_ran(harness, before, 0);
	harness_kill(harness);
	between = run_program();
	harness_start_again(harness, &kept);
	check_ran(harness, between, 0);
	assert_true(event_get(last_of(harness, "agent_start"), "Linux.probes.adopted") != NULL);
	/* the agent's own end is an event like any other */
	assert_int_equal(event_number(harness_wait(harness, agent, "end"), "Linux.exit.signal"),
			 SIGKILL);
	harness_stop(harness, SIGINT);
	harness_pump(harness, 0);
	check_all(harness);
}

static void other_settings_take_over_without_a_gap(void **state)
{
	struct harness *harness = start(state);
	pid_t between, after;

	harness_kill(harness);
	between = run_program();
	harness_start_again(harness, &larger);
	after = run_program();
	check_ran(harness, between, 0);
	check_ran(harness, after, 1);
	harness_kill(harness);
	between = run_program();
	harness_start_again(harness, &larger);
	check_ran(harness, between, 1);
	harness_stop(harness, SIGINT);
	harness_pump(harness, 0);
	check_all(harness);
}

static void sigterm_leaves_the_probes_and_sigint_takes_them_away(void **state)
{
	struct harness *harness = start(state);
	pid_t between;

	harness_stop(harness, SIGTERM);
	between = run_program();
	harness_start_again(harness, &kept);
	check_ran(harness, between, 0);
	assert_int_equal(detach(harness), 1); /* it runs */
	harness_stop(harness, SIGINT);
	harness_pump(harness, 0);
	check_all(harness);
	harness_start_again(harness, &kept);
	harness_wait_nth(harness, 0, "agent_start", 3);
	assert_int_equal(event_number(last_of(harness, "agent_start"), "event.sequence"), 1);
	harness_stop(harness, SIGTERM);
	assert_int_equal(detach(harness), 0);
	assert_int_equal(detach(harness), 0);
}

int main(void)
{
#define RESTART_TEST(name) cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		RESTART_TEST(what_happens_after_kill_9_is_told_by_the_next_agent),
		RESTART_TEST(other_settings_take_over_without_a_gap),
		RESTART_TEST(sigterm_leaves_the_probes_and_sigint_takes_them_away),
	};
	struct statfs facts;
	int cannot = harness_cannot_run();

	if (cannot)
		return cannot;
	if (statfs("/sys/fs/bpf", &facts) != 0 || facts.f_type != BPF_FS_MAGIC) {
		printf("cannot run: no BPF file system at /sys/fs/bpf\n");
		return getenv("CI") ? 1 : 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
