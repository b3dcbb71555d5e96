/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent tells of a journal that a run before has left damaged: every field. */
#include "base/uuid.h"
#include "harness.h"
#include "journal/journal.h"
#include "want.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAME_EVENTS 10
#define FRAMES 30 /* in three segments */
#define TORN 5

static const uint8_t old_boot[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* What prepare has made. */
static struct {
	uint8_t stream[16];
	uint64_t missing_first, missing_count, last;
	uint64_t started_ns, ended_ns; /* CLOCK_REALTIME */
} * made;

static uint64_t real_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void require(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	_exit(1);
}

static void append(struct journal *journal)
{
	_Alignas(8) static char entries[FRAME_EVENTS * 400];
	struct journal_batch batch = {
		.entries = entries,
		.size = sizeof(entries),
		.count = FRAME_EVENTS,
		.first_sequence = journal_next_sequence(journal),
	};
	uint32_t size = 400;
	struct err err;

	for (int i = 0; i < FRAME_EVENTS; i++)
		memcpy(entries + i * 400, &size, sizeof(size));
	require(journal_append(journal, &batch, &err) == 0, "append");
}

static uint32_t segment_count(struct journal *journal)
{
	struct journal_status status;

	journal_status(journal, &status);
	return status.segments;
}

/* A host that loses power: the journal is not closed. */
static _Noreturn void run_before(const char *path)
{
	struct journal_options options = {
		.dir = path,
		.segment_size = 48 * 1024,
		.max_size = 1024 * 1024,
		.durability = JOURNAL_SYNC_BATCH,
		.sync_every_ms = 1000,
	};
	struct journal_recovery recovery;
	struct journal_reader *reader;
	struct journal *journal;
	struct err err;

	memcpy(options.boot_id, old_boot, sizeof(old_boot));
	require(journal_open(&journal, &options, &recovery, &err) == 0, err.text);
	require(journal_reader_open(&reader, journal, "trail", &err) == 0, err.text);
	memcpy(made->stream, journal_stream(journal), 16);
	made->started_ns = real_ns();
	for (int i = 0; i < FRAMES; i++) {
		uint32_t before = segment_count(journal);

		append(journal);
		if (before == 1 && segment_count(journal) == 2)
			made->missing_first = journal_next_sequence(journal) - FRAME_EVENTS;
		if (before == 2 && segment_count(journal) == 3)
			made->missing_count =
				journal_next_sequence(journal) - FRAME_EVENTS - made->missing_first;
	}
	made->ended_ns = real_ns();
	made->last = journal_next_sequence(journal) - 1;
	_exit(0);
}

/* Of its segments the second has gone, the third is torn, the fourth is of a later format. */
static void damage(const char *path)
{
	char name[256];
	int fd;

	snprintf(name, sizeof(name), "%s/00000002.seg", path);
	require(unlink(name) == 0, name);
	snprintf(name, sizeof(name), "%s/00000004.seg", path);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	require(fd >= 0 && write(fd, "ASJSEG\r\n\2\0\0\0", 12) == 12, name);
	(void)close(fd);
	snprintf(name, sizeof(name), "%s/00000003.seg", path);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	/* Nobody has appended there: the room is allocated in full. */
	require(fd >= 0 && pwrite(fd, "\1\1\1\1\1", TORN, 48 * 1024 - 2000) == TORN, name);
	(void)close(fd);
}

static void prepare(const char *dir)
{
	char path[128];
	int status;
	pid_t child;

	snprintf(path, sizeof(path), "%s/state/journal", dir);
	child = fork();
	if (child == 0)
		run_before(path);
	require(child > 0 && waitpid(child, &status, 0) == child && status == 0, path);
	damage(path);
}

static struct want *want_own(struct harness *harness, const struct event *event, uint64_t after_ns)
{
	struct want *want = want_of_agent(harness, event, after_ns);

	want_json(want, "event.category", "[\"host\"]");
	want_string(want, "message", event_string(event, "message"));
	return want;
}

static void tells_what_the_run_before_has_left(void **state)
{
	struct harness *harness = *state;
	const struct event *event = harness_wait(harness, 0, "journal_unclean");
	struct want *want = want_own(harness, event, 0);
	uint64_t offset_ns = wall_offset_ns();
	char stream[UUID_TEXT_SIZE], boot[UUID_TEXT_SIZE];
	uint64_t torn = event_number(event, "Linux.journal.torn_bytes");

	uuid_format(stream, made->stream);
	uuid_format(boot, old_boot);
	want_string(want, "event.outcome", "unknown");
	want_number(want, "Linux.journal.last.sequence", made->last);
	want_time(want, "Linux.journal.last.time", made->started_ns - offset_ns,
		  made->ended_ns - offset_ns);
	want_string(want, "Linux.journal.last.stream", stream);
	want_string(want, "Linux.journal.last.boot_id", boot);
	assert_in_range(torn, TORN, 48 * 1024);
	want_number(want, "Linux.journal.torn_bytes", torn);
	want_number(want, "Linux.journal.damaged", 0);
	want_number(want, "Linux.journal.newer", 1);
	want_json(want, "Linux.journal.unclean", "true");
	want_json(want, "Linux.journal.same_boot", "false");
	want_json(want, "Linux.journal.set_aside", "[\"00000004.seg.newer\"]");
	assert_non_null(strstr(event->text, "the host went down before the journal was closed"));
	want_check(want, harness, event);
}

static void tells_what_a_sink_never_gets(void **state)
{
	struct harness *harness = *state;
	const struct event *event = harness_wait(harness, 0, "events_expired");
	struct want *want = want_own(harness, event, 0);
	char stream[UUID_TEXT_SIZE], path[64];
	uint64_t account;

	uuid_format(stream, made->stream);
	want_string(want, "event.outcome", "failure");
	want_number(want, "Linux.expired.count", made->missing_count);
	want_number(want, "Linux.expired.first", made->missing_first);
	want_number(want, "Linux.expired.last", made->missing_first + made->missing_count - 1);
	want_string(want, "Linux.expired.stream", stream);
	want_string(want, "Linux.expired.reason", "missing");
	want_string(want, "Linux.expired.sink", "trail");
	want_check(want, harness, event);
	snprintf(path, sizeof(path), "sinks.0.unreadable");
	account = harness_status(harness, path);
	assert_int_equal(account, made->missing_count);
	assert_int_equal(harness_count(harness, 0, "events_expired"), 1);
}

static int start(void **state)
{
	*state = harness_new(&(struct harness_options){.prepare = prepare});
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_the_run_before_has_left),
		cmocka_unit_test(tells_what_a_sink_never_gets),
	};
	int cannot_run = harness_cannot_run();

	if (cannot_run)
		return cannot_run;
	made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, start, harness_teardown);
}
