/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent itself: its stop, its account of what it lost, its rest. A new agent for each test. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct harness *start(void **state, const char *vital_ring)
{
	*state = harness_new(&(struct harness_options){.vital_ring = vital_ring});
	assert_non_null(*state);
	return *state;
}

static int end(void **state)
{
	harness_free(*state);
	*state = NULL;
	return 0;
}

static void run_children(unsigned int count)
{
	char *const argv[] = {"leave", "1", "0", NULL};
	char *const envp[] = {NULL};

	for (unsigned int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execve(PROGRAMS_DIR "/leave", argv, envp);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

static void check_whole_lines(struct harness *harness)
{
	int fd = open(harness_trail(harness), O_RDONLY | O_CLOEXEC);
	char last = 0;

	assert_true(fd >= 0);
	assert_true(lseek(fd, -1, SEEK_END) > 0);
	assert_int_equal(read(fd, &last, 1), 1);
	assert_int_equal(last, '\n');
	close(fd);
}

/* Ends the agent in the middle of things: all it was handed is there, in whole lines. */
static void check_stop(struct harness *harness, int signal)
{
	run_children(200);
	harness_stop(harness, signal);
	harness_pump(harness, 0);
	check_whole_lines(harness);
	assert_true(harness_count(harness, 0, "exec") >= 200);
	assert_int_equal(harness_summary(harness, "events:", "fork "),
			 harness_count(harness, 0, "fork"));
	assert_int_equal(harness_summary(harness, "events:", "exec "),
			 harness_count(harness, 0, "exec"));
	assert_int_equal(harness_summary(harness, "events:", "exit "),
			 harness_count(harness, 0, "end"));
	assert_int_equal(harness_summary(harness, "events:", "lost "), 0);
}

static void writes_all_and_sums_up_at_sigterm(void **state)
{
	check_stop(start(state, NULL), SIGTERM);
}

static void writes_all_and_sums_up_at_sigint(void **state)
{
	check_stop(start(state, NULL), SIGINT);
}

/* Numbers of one CPU on the vital ring, as the trail accounts for them. */
struct account {
	uint64_t arrived, lost, highest;
};

static bool is_numbered(const struct event *event)
{
	return strcmp(event->action, "events_lost") == 0 ||
	       strcmp(event_string(event, "Linux.sequence.ring"), "shipper") != 0;
}

static void count_event(const struct event *event, struct account *accounts, unsigned int cpus)
{
	bool is_loss = strcmp(event->action, "events_lost") == 0;
	uint64_t cpu = event_number(event, is_loss ? "Linux.lost.cpu" : "Linux.sequence.cpu");
	struct account *account = &accounts[cpu];
	uint64_t last;

	assert_true(cpu < cpus);
	if (is_loss) {
		last = event_number(event, "Linux.lost.last");
		account->lost += last - event_number(event, "Linux.lost.first") + 1;
		assert_int_equal(event_number(event, "Linux.lost.count"),
				 last - event_number(event, "Linux.lost.first") + 1);
	} else {
		last = event_number(event, "Linux.sequence.number");
		account->arrived++;
	}
	if (last > account->highest)
		account->highest = last;
}

static void check_loss_event(struct harness *harness, const struct event *event, uint64_t after_ns)
{
	struct want *want = want_new();
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
	uint64_t first = event_number(event, "Linux.lost.first");
	uint64_t last = event_number(event, "Linux.lost.last");

	want_envelope(want, harness, event);
	want_moment(want, after_ns, boot_ns());
	want_string(want, "event.action", "events_lost");
	want_json(want, "event.category", "[\"host\"]");
	want_json(want, "event.type", "[\"info\"]");
	want_string(want, "event.outcome", "failure");
	want_string(want, "event.dataset", "auditship.agent");
	want_time(want, "event.start", 0, boot_ns());
	want_time(want, "event.end", after_ns, boot_ns());
	want_string(want, "Linux.sequence.ring", "shipper");
	want_string(want, "Linux.lost.ring", "vital");
	want_string(want, "Linux.lost.class", "task");
	want_number(want, "Linux.lost.generation", 0);
	want_string(want, "Linux.lost.reason", "ring_buffer_full");
	want_range(want, "Linux.lost.cpu", 0, cpus - 1);
	want_range(want, "Linux.lost.first", 1, last);
	want_range(want, "Linux.lost.last", first, 1ull << 40);
	want_number(want, "Linux.lost.count", last - first + 1);
	want_range(want, "Linux.lost.total", last - first + 1, 1ull << 40);
	want_check(want, harness, event);
}

/* What a reload leaves in the stream; message: what it has to say. */
static void check_reload_event(struct harness *harness, const char *action, const char *outcome,
			       const char *message, uint64_t after_ns)
{
	const struct event *event = harness_wait(harness, 0, action);
	struct want *want = want_new();

	assert_non_null(strstr(event_string(event, "message"), message));
	assert_int_equal(strlen(event_string(event, "Linux.config.hash")), 64);
	want_envelope(want, harness, event);
	want_moment(want, after_ns, boot_ns());
	want_string(want, "event.action", action);
	want_json(want, "event.category", "[\"configuration\"]");
	want_json(want, "event.type", "[\"change\"]");
	want_string(want, "event.outcome", outcome);
	want_string(want, "event.dataset", "auditship.agent");
	want_string(want, "Linux.sequence.ring", "shipper");
	want_string(want, "message", event_string(event, "message"));
	want_string(want, "Linux.config.hash", event_string(event, "Linux.config.hash"));
	want_check(want, harness, event);
}

static void add_to_config(struct harness *harness, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/auditship.yaml", harness_dir(harness));
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void tells_of_reloads_good_and_bad(void **state)
{
	struct harness *harness = start(state, NULL);
	const struct event *event;
	uint64_t after_ns = boot_ns();
	pid_t pid;

	harness_settle(harness);
	add_to_config(harness, "rules: [{name: r, when: {process.pid: 1}, do: keep}]\n");
	assert_int_equal(kill(harness_agent(harness), SIGHUP), 0);
	check_reload_event(harness, "config_change", "success", "in force", after_ns);
	add_to_config(harness, "agent: twice\n");
	assert_int_equal(kill(harness_agent(harness), SIGHUP), 0);
	check_reload_event(harness, "config_refused", "failure", "auditship.yaml:", after_ns);
	pid = fork();
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	event = harness_wait(harness, pid, "end");
	assert_int_equal(event_number(event, "Linux.sequence.generation"), 0);
}

static void names_every_number_it_lost(void **state)
{
	struct harness *harness = start(state, "64KiB");
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);
	struct account *accounts = calloc(cpus, sizeof(*accounts));
	const struct event *event;
	uint64_t lost = 0, after_ns;

	assert_non_null(accounts);
	harness_settle(harness);
	assert_int_equal(kill(harness_agent(harness), SIGSTOP), 0);
	after_ns = boot_ns();
	run_children(200);
	assert_int_equal(kill(harness_agent(harness), SIGCONT), 0);
	check_loss_event(harness, harness_wait(harness, 0, "events_lost"), after_ns);
	harness_settle(harness);
	harness_stop(harness, SIGTERM);
	harness_pump(harness, 0);
	for (size_t i = 0; (event = harness_event(harness, i)); i++)
		if (is_numbered(event))
			count_event(event, accounts, cpus);
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		assert_int_equal(accounts[cpu].arrived + accounts[cpu].lost, accounts[cpu].highest);
		lost += accounts[cpu].lost;
	}
	assert_true(lost >= 100);
	assert_int_equal(harness_summary(harness, "events:", "lost "), lost);
	free(accounts);
}

/* The machine may be busy with other things: each of its events may wake the reader. */
static void sleeps_while_nothing_happens(void **state)
{
	struct harness *harness = start(state, NULL);
	uint64_t until, before, events;

	harness_settle(harness);
	before = harness_count(harness, 0, NULL);
	for (until = boot_ns() + 10000000000ull; boot_ns() < until;)
		harness_pump(harness, 100);
	events = harness_count(harness, 0, NULL) - before;
	harness_stop(harness, SIGTERM);
	print_message("events while idle: %" PRIu64 "\n", events);
	/* All of the agent's life, its start included; a wakeup ends a sleep, so does the timer.
	 * Where something happens every few milliseconds it need not sleep at all. */
	assert_in_range(harness_summary(harness, "reader:", " sleeps"), events < 500,
			29 + before + events);
	assert_in_range(harness_summary(harness, "reader:", " forced"), 0, before + events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(writes_all_and_sums_up_at_sigterm, end),
		cmocka_unit_test_teardown(writes_all_and_sums_up_at_sigint, end),
		cmocka_unit_test_teardown(tells_of_reloads_good_and_bad, end),
		cmocka_unit_test_teardown(names_every_number_it_lost, end),
		cmocka_unit_test_teardown(sleeps_while_nothing_happens, end),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, NULL, NULL);
}
