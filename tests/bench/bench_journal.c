/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the journal carries: records of 512 bytes in batches, appended and read back close behind,
 * without fsync; beside it the same bytes written to and read from plain files, and copied in
 * memory. Fails below BUDGET bytes per second of processor time. The best of some rounds counts;
 * when the machine is too busy, more are tried, for PATIENCE_S at most.
 * The directory is made below TMPDIR, else below /var/tmp.
 */
#include "unit/test_journal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BUDGET 1e9
#define PATIENCE_S 20
#define ROUNDS 5
#define RECORD 512
#define BATCH_RECORDS 512 /* 256 KiB */
#define BATCH ((size_t)RECORD * BATCH_RECORDS)
#define BATCHES 512 /* 128 MiB a round */
#define SEGMENT ((uint64_t)16 * 1024 * 1024)

static _Alignas(64) char records[BATCH], copy[BATCH];
static char directory[256];

struct rate {
	double wall, cpu; /* bytes per second, best of all rounds */
};

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One round of work; of the whole process, so that no thread is left out. */
static void measure(struct rate *rate, void (*work)(void))
{
	double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);

	work();
	wall = (double)BATCH * BATCHES / (seconds_of(CLOCK_MONOTONIC) - wall);
	cpu = (double)BATCH * BATCHES / (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	rate->wall = wall > rate->wall ? wall : rate->wall;
	rate->cpu = cpu > rate->cpu ? cpu : rate->cpu;
}

static void copy_in_memory(void)
{
	for (int i = 0; i < BATCHES; i++) {
		memcpy(copy, records, BATCH);
		__asm__ volatile("" : : "r"(copy) : "memory");
	}
}

/* The same calls as the journal makes, without its thoughts. */
static void use_plain_files(void)
{
	char path[300];
	int fd = -1;
	uint64_t at = SEGMENT;

	(void)snprintf(path, sizeof(path), "%s/plain", directory);
	for (int i = 0; i < BATCHES; i++, at += BATCH) {
		if (at + BATCH > SEGMENT) {
			if (fd >= 0)
				(void)close(fd);
			(void)unlink(path);
			fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
			assert_int_equal(posix_fallocate(fd, 0, (off_t)SEGMENT), 0);
			at = 0;
		}
		assert_int_equal(pwrite(fd, records, BATCH, (off_t)at), BATCH);
		assert_int_equal(pread(fd, copy, BATCH, (off_t)at), BATCH);
	}
	(void)close(fd);
	(void)unlink(path);
}

static struct journal *open_bench_journal(void)
{
	static char path[300];
	const struct journal_options options = {
		.dir = path,
		.segment_size = SEGMENT,
		.max_size = 64 * SEGMENT,
		.durability = JOURNAL_SYNC_NONE,
		.sync_every_ms = 500,
	};
	struct journal_recovery recovery;
	struct journal *journal;
	struct err err;

	(void)snprintf(path, sizeof(path), "%s/journal", directory);
	if (journal_open(&journal, &options, &recovery, &err) < 0)
		fail_msg("%s", err.text);
	return journal;
}

static void use_journal(void)
{
	struct journal *journal = open_bench_journal();
	struct journal_batch batch = {.entries = records, .size = BATCH, .count = BATCH_RECORDS};
	struct journal_batch back;
	struct journal_reader *reader;
	struct err err;

	assert_int_equal(journal_reader_open(&reader, journal, "bench", &err), 0);
	for (int i = 0; i < BATCHES; i++) {
		batch.first_sequence = journal_next_sequence(journal);
		if (journal_append(journal, &batch, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(journal_reader_next(reader, &back, &err), 1);
		assert_int_equal(back.size, BATCH);
		journal_reader_ack(reader, back.stream, back.first_sequence + back.count - 1);
	}
	journal_reader_close(reader);
	journal_close(journal);
}

static void report(const char *what, const struct rate *rate, const struct rate *limit)
{
	print_message("%-40s %6.2f GB/s, %6.2f GB per second of processor time, %3.0f %%\n", what,
		      rate->wall / 1e9, rate->cpu / 1e9, rate->cpu / limit->cpu * 100);
}

static void appends_and_reads_back_a_gigabyte_per_second(void **state)
{
	struct rate memory = {0}, plain = {0}, journal = {0};
	double end = seconds_of(CLOCK_MONOTONIC) + PATIENCE_S;

	(void)state;
	for (int i = 0; i < ROUNDS || (journal.cpu < BUDGET && seconds_of(CLOCK_MONOTONIC) < end);
	     i++) {
		measure(&memory, copy_in_memory);
		measure(&plain, use_plain_files);
		measure(&journal, use_journal);
	}
	report("copied in memory", &memory, &plain);
	report("plain files, written and read back", &plain, &plain);
	report("journal, appended and read back", &journal, &plain);
	if (journal.cpu < BUDGET)
		fail_msg("less than %.1f GB per second of processor time", BUDGET / 1e9);
}

static int make(void **state)
{
	const char *parent = getenv("TMPDIR");
	const uint32_t size = RECORD;

	(void)state;
	(void)snprintf(directory, sizeof(directory), "%s/auditship-bench-XXXXXX",
		       parent ? parent : "/var/tmp");
	for (size_t i = 0; i < BATCH; i++)
		records[i] = (char)(i * 31);
	for (size_t at = 0; at < BATCH; at += RECORD)
		memcpy(records + at, &size, sizeof(size));
	return mkdtemp(directory) ? 0 : -1;
}

static int clean_up(void **state)
{
	(void)state;
	remove_tree(AT_FDCWD, directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_and_reads_back_a_gigabyte_per_second),
	};

	return cmocka_run_group_tests(tests, make, clean_up);
}
