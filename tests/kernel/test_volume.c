/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of short programs, counted by the load itself: every run has its exec and its exit, with
 * its own argument and status, and no number is missing.
 */
#include "harness.h"

#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEAVE PROGRAMS_DIR "/leave"
#define RUNS 20000 /* less where all is slower */
#define WORKERS 2
#define CPUS 1024
#define PAUSE_NS                                                                        \
	1000000u /* the reader sleeps when a sweep, one each millisecond, finds nothing \
		  */

/* Written by the workers, in shared memory. */
struct run {
	pid_t pid;
	int status; /* as wait4 gave it */
};

/* What the trail told of one run. */
struct seen {
	unsigned int execs, exits;
	char entity_id[40];
};

struct storm {
	struct run *runs;
	struct seen *seen;
	uint64_t next_sequence, next_number[CPUS];
	uint64_t records;
	uint64_t newest_ns, pauses;
};

static unsigned int runs_to_do(void)
{
	return RUNS / harness_slowdown();
}

static void work(struct run *runs, unsigned int worker)
{
	char number[16], status[16];
	char *argv[] = {"leave", number, status, NULL};
	char *envp[] = {NULL};

	for (unsigned int i = worker; i < runs_to_do(); i += WORKERS) {
		snprintf(number, sizeof(number), "%u", i);
		snprintf(status, sizeof(status), "%u", i % 256);
		if (posix_spawn(&runs[i].pid, LEAVE, NULL, NULL, argv, envp) != 0 ||
		    waitpid(runs[i].pid, &runs[i].status, 0) != runs[i].pid)
			_exit(1);
	}
	_exit(0);
}

static void run_storm(struct run *runs)
{
	pid_t workers[WORKERS];
	int status;

	for (unsigned int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0)
			work(runs, i);
		assert_true(workers[i] > 0);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
		assert_int_equal(status, 0);
	}
	for (unsigned int i = 0; i < runs_to_do(); i++)
		assert_int_equal(runs[i].status, (int)(i % 256) << 8);
}

/* Every event has the next sequence, and every number of a CPU follows the one before. */
static void check_numbers(struct storm *storm, const struct event *event)
{
	uint64_t cpu = event_number(event, "Linux.sequence.cpu");

	assert_int_equal(event_number(event, "event.sequence"), ++storm->next_sequence);
	if (strcmp(event_string(event, "event.dataset"), "auditship.agent") == 0)
		return; /* no probe has numbered it */
	assert_string_equal(event_string(event, "Linux.sequence.ring"), "vital");
	assert_string_equal(event_string(event, "Linux.sequence.class"), "task");
	assert_true(cpu < CPUS);
	assert_int_equal(event_number(event, "Linux.sequence.number"), ++storm->next_number[cpu]);
}

/* Other work on the machine may stop the storm for a while: what follows wakes the reader. */
static void count_pauses(struct storm *storm, const struct event *event)
{
	uint64_t time_ns = event_number(event, "Linux.time.boot_ns");

	if (time_ns > storm->newest_ns + PAUSE_NS)
		storm->pauses++;
	if (time_ns > storm->newest_ns)
		storm->newest_ns = time_ns;
}

static void check_arguments(const struct event *event, unsigned int number)
{
	yajl_val args = event_get(event, "process.args");
	char status[16];

	snprintf(status, sizeof(status), "%u", number % 256);
	assert_int_equal(args->u.array.len, 3);
	assert_string_equal(args->u.array.values[0]->u.string, "leave");
	assert_string_equal(args->u.array.values[2]->u.string, status);
	assert_int_equal(event_number(event, "process.args_count"), 3);
}

static void check_run(struct storm *storm, const struct event *event)
{
	yajl_val args = event_get(event, "process.args");
	unsigned int number = (unsigned int)strtoul(args->u.array.values[1]->u.string, NULL, 10);
	struct seen *seen = &storm->seen[number];

	assert_true(number < runs_to_do());
	assert_int_equal(event->pid, storm->runs[number].pid);
	check_arguments(event, number);
	if (strcmp(event->action, "exec") == 0) {
		seen->execs++;
		snprintf(seen->entity_id, sizeof(seen->entity_id), "%s",
			 event_string(event, "process.entity_id"));
		return;
	}
	assert_string_equal(event->action, "end");
	assert_string_equal(event_string(event, "process.entity_id"), seen->entity_id);
	assert_int_equal(event_number(event, "process.exit_code"), number % 256);
	seen->exits++;
}

static void check_event(void *data, const struct event *event)
{
	struct storm *storm = data;
	yajl_val executable;

	check_numbers(storm, event);
	if (!event_get(event, "process"))
		return;
	storm->records++;
	count_pauses(storm, event);
	executable = event_get(event, "process.executable");
	assert_int_equal(event_number(event, "process.pid"), event->pid);
	if (YAJL_IS_STRING(executable) && strcmp(executable->u.string, LEAVE) == 0)
		check_run(storm, event);
}

static void check_trail(struct storm *storm, const struct harness *harness)
{
	harness_read(harness, check_event, storm);
	for (unsigned int i = 0; i < runs_to_do(); i++) {
		assert_int_equal(storm->seen[i].execs, 1);
		assert_int_equal(storm->seen[i].exits, 1);
	}
}

static void tells_every_run_of_two_workers_without_loss(void **state)
{
	const size_t size = RUNS * sizeof(struct run);
	struct storm *storm = calloc(1, sizeof(*storm));
	uint64_t start_ns, wakeups;

	assert_non_null(storm);
	storm->seen = calloc(RUNS, sizeof(*storm->seen));
	storm->runs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_non_null(storm->seen);
	assert_ptr_not_equal(storm->runs, MAP_FAILED);
	start_ns = boot_ns();
	run_storm(storm->runs);
	print_message("%u runs in %" PRIu64 " ms\n", runs_to_do(),
		      (boot_ns() - start_ns) / 1000000);
	harness_drain(*state);
	harness_stop(*state, SIGINT);
	assert_int_equal(harness_summary(*state, "events:", "lost "), 0);
	check_trail(storm, *state);
	wakeups = harness_summary(*state, "reader:", " forced");
	print_message("%" PRIu64 " records, %" PRIu64 " pauses, %" PRIu64 " forced wakeups\n",
		      storm->records, storm->pauses, wakeups);
	assert_in_range(wakeups, 0, storm->records / 1000 + storm->pauses);
	munmap(storm->runs, size);
	free(storm->seen);
	free(storm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_every_run_of_two_workers_without_loss),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
