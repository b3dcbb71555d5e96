/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Storms of opens, counted by the load itself: every exec and exit beside them is there, and every
 * open is there or in an exact loss record. FULL=1 in the environment makes the second one 400,000
 * opens.
 */
#include "harness.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEAVE PROGRAMS_DIR "/leave"
#define WORKERS 2
#define OPENS 15000
#define UNREAD_OPENS 1500 /* while the agent is stopped: more than its ring of 64 KiB holds */
#define RUNS 150
#define CPUS 1024

/* Numbers of one ring and CPU, as the trail has them. */
struct slot {
	uint64_t last, lost; /* last: arrived or told as lost */
};

struct storm {
	char file[128]; /* that the storm opens */
	pid_t runs[RUNS];
	unsigned int run_count, execs, ends;
	uint64_t opens, opened; /* by the storm; of those the trail has */
	struct slot vital[CPUS], bulk[CPUS];
	uint64_t lost;
};

static int end(void **state)
{
	harness_free(*state);
	*state = NULL;
	return 0;
}

static void open_often(const char *path, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			_exit(1);
		close(fd);
	}
	_exit(0);
}

static void run_one(struct storm *storm)
{
	char *argv[] = {"leave", "1", "0", NULL}, *envp[] = {NULL};
	pid_t pid;

	assert_true(storm->run_count < RUNS);
	assert_int_equal(posix_spawn(&pid, LEAVE, NULL, NULL, argv, envp), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	storm->runs[storm->run_count++] = pid;
}

/* Workers that only open, and beside them runs of a program. */
static void blow(struct storm *storm, unsigned int opens, unsigned int runs)
{
	pid_t workers[WORKERS];
	int status;

	for (unsigned int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0)
			open_often(storm->file, opens);
		assert_true(workers[i] > 0);
	}
	for (unsigned int i = 0; i < runs; i++)
		run_one(storm);
	for (unsigned int i = 0; i < WORKERS; i++) {
		assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
		assert_int_equal(status, 0);
	}
	storm->opens += (uint64_t)WORKERS * opens;
}

static void count_loss(struct storm *storm, const struct event *event)
{
	uint64_t cpu = event_number(event, "Linux.lost.cpu");
	uint64_t count = event_number(event, "Linux.lost.count");
	struct slot *slot = &storm->bulk[cpu];

	assert_true(cpu < CPUS);
	assert_string_equal(event_string(event, "Linux.lost.ring"), "bulk");
	assert_string_equal(event_string(event, "Linux.lost.reason"), "ring_buffer_full");
	assert_int_equal(event_number(event, "Linux.lost.first"), slot->last + 1);
	slot->last += count;
	assert_int_equal(event_number(event, "Linux.lost.last"), slot->last);
	slot->lost += count;
	assert_int_equal(event_number(event, "Linux.lost.total"), slot->lost);
	storm->lost += count;
}

static void count_run(struct storm *storm, const struct event *event)
{
	pid_t pid = (pid_t)event_number(event, "process.pid");

	for (unsigned int i = 0; i < storm->run_count; i++) {
		if (storm->runs[i] != pid)
			continue;
		storm->execs += strcmp(event->action, "exec") == 0;
		storm->ends += strcmp(event->action, "end") == 0;
	}
}

static void count_event(struct storm *storm, const struct event *event)
{
	bool bulk = strcmp(event_string(event, "Linux.sequence.ring"), "bulk") == 0;
	uint64_t cpu = event_number(event, "Linux.sequence.cpu");
	struct slot *slot = bulk ? &storm->bulk[cpu] : &storm->vital[cpu];
	yajl_val path = event_get(event, "file.path");

	if (!event_get(event, "process"))
		return; /* of the agent's own: no probe has numbered it */
	assert_true(cpu < CPUS);
	assert_int_equal(event_number(event, "Linux.sequence.number"), ++slot->last);
	if (bulk)
		storm->opened += strcmp(event->action, "open") == 0 && YAJL_IS_STRING(path) &&
				 strcmp(path->u.string, storm->file) == 0;
	else
		count_run(storm, event);
}

static void count(void *data, const struct event *event)
{
	if (strcmp(event->action, "events_lost") == 0)
		count_loss(data, event);
	else
		count_event(data, event);
}

static void loses_no_exec_and_no_exit_and_names_every_open_it_lost(void **state)
{
	struct storm *storm = calloc(1, sizeof(*storm));
	struct harness *harness = harness_new(&(struct harness_options){
		.events = "[process, open]",
		.opens = "all",
		.vital_ring = "1MiB",
		.bulk_ring = "64KiB",
	});

	*state = harness;
	assert_non_null(harness);
	assert_non_null(storm);
	snprintf(storm->file, sizeof(storm->file), "%s/opened", harness_dir(harness));
	write_file(storm->file, "x", 1, 0644);
	assert_int_equal(kill(harness_agent(harness), SIGSTOP), 0);
	blow(storm, UNREAD_OPENS, RUNS / 3);
	assert_int_equal(kill(harness_agent(harness), SIGCONT), 0);
	blow(storm, OPENS / harness_slowdown(), RUNS - RUNS / 3);
	harness_drain(harness);
	harness_stop(harness, SIGTERM);
	harness_read(harness, count, storm);
	print_message("%" PRIu64 " opens, %" PRIu64 " in the trail, %" PRIu64 " events lost\n",
		      storm->opens, storm->opened, storm->lost);
	assert_int_equal(storm->execs, RUNS);
	assert_int_equal(storm->ends, RUNS);
	assert_true(storm->lost >= WORKERS * UNREAD_OPENS / 2);
	assert_in_range(storm->opened + storm->lost, storm->opens, UINT64_MAX);
	assert_int_equal(harness_summary(harness, "events:", "lost "), storm->lost);
	free(storm);
}

/* Default rings: what is lost of it is told, and is little. */
static void delivers_nearly_all_of_a_storm_with_default_rings(void **state)
{
	unsigned int opens = (getenv("FULL") ? 200000 : 20000) / harness_slowdown();
	struct storm *storm = calloc(1, sizeof(*storm));
	struct harness *harness = harness_new(&(struct harness_options){
		.events = "[process, open]", .opens = "all", .journal = "1GiB"});

	*state = harness;
	assert_non_null(harness);
	assert_non_null(storm);
	snprintf(storm->file, sizeof(storm->file), "%s/opened", harness_dir(harness));
	write_file(storm->file, "x", 1, 0644);
	blow(storm, opens, RUNS);
	harness_drain(harness);
	harness_stop(harness, SIGTERM);
	harness_read(harness, count, storm);
	print_message("%" PRIu64 " opens, %" PRIu64 " in the trail, %" PRIu64 " events lost\n",
		      storm->opens, storm->opened, storm->lost);
	assert_int_equal(storm->execs, RUNS);
	assert_int_equal(storm->ends, RUNS);
	assert_in_range(storm->opened, storm->opens - storm->opens / 100, storm->opens);
	assert_in_range(storm->opened + storm->lost, storm->opens, UINT64_MAX);
	assert_int_equal(harness_summary(harness, "events:", "lost "), storm->lost);
	free(storm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(loses_no_exec_and_no_exit_and_names_every_open_it_lost,
					  end),
		cmocka_unit_test_teardown(delivers_nearly_all_of_a_storm_with_default_rings, end),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, NULL, NULL);
}
