/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's side of the comparison with read_journal.py. Commands:
 *   make DIR FRAMES [acknowledged]   a journal of small segments, with the cursor "check"
 *   read                             for each DIR on standard input: what is whole, read only
 *   open                             the same, as an agent opens it, from the cursor "check"
 * The answer is one line of JSON each.
 */
#include "base/uuid.h"
#include "journal/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_SIZE 4096
#define FRAME_EVENTS 3

static struct err err;

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "journal_probe: %s: %s\n", what, err.text);
	exit(1);
}

static struct journal *open_journal(const char *dir, bool read_only,
				    struct journal_recovery *ret_recovery)
{
	const struct journal_options options = {
		.dir = dir,
		.segment_size = SEGMENT_SIZE,
		.max_size = 1024 * SEGMENT_SIZE,
		.sync_every_ms = 60000,
		.boot_id = {1},
		.read_only = read_only,
	};
	struct journal *journal;

	if (journal_open(&journal, &options, ret_recovery, &err) < 0)
		fail(dir);
	return journal;
}

static void append(struct journal *journal, unsigned int number)
{
	_Alignas(8) char entries[FRAME_EVENTS * 256];
	struct journal_number numbers[] = {
		{.cpu = (uint16_t)(number % 3), .ring = 1, .sequence = number + 1}};
	struct journal_batch batch = {
		.entries = entries,
		.count = FRAME_EVENTS,
		.first_sequence = journal_next_sequence(journal),
		.numbers = numbers,
		.number_count = 1,
	};

	for (unsigned int i = 0; i < FRAME_EVENTS; i++) {
		uint32_t size = 64 + (number + i) % 20 * 8;

		memset(entries + batch.size, (int)number, size);
		memcpy(entries + batch.size, &size, sizeof(size));
		batch.size += size;
	}
	if (journal_append(journal, &batch, &err) < 0)
		fail("append");
}

static void acknowledge(struct journal *journal, uint64_t sequence)
{
	struct journal_reader *reader;
	struct journal_batch batch;

	if (journal_reader_open(&reader, journal, "check", &err) < 0)
		fail("check");
	while (sequence > 0 && journal_reader_next(reader, &batch, &err) > 0) {
		uint64_t last = batch.first_sequence + batch.count - 1;

		journal_reader_ack(reader, batch.stream, last < sequence ? last : sequence);
		if (last >= sequence)
			break;
	}
	journal_reader_close(reader);
}

static void make(const char *dir, unsigned int frames, uint64_t acknowledged)
{
	struct journal_recovery recovery;
	struct journal *journal = open_journal(dir, false, &recovery);

	acknowledge(journal, 0);
	for (unsigned int i = 0; i < frames; i++)
		append(journal, i);
	/* In two steps, so that both slots of the cursor are written. */
	acknowledge(journal, acknowledged / 2);
	acknowledge(journal, acknowledged);
	journal_close(journal);
}

struct run {
	uint8_t stream[16];
	uint64_t first, count;
};

static void print_run(const struct run *run, bool *first)
{
	char stream[UUID_TEXT_SIZE];

	if (run->count == 0)
		return;
	uuid_format(stream, run->stream);
	(void)printf("%s[\"%s\", %" PRIu64 ", %" PRIu64 "]", *first ? "" : ", ", stream, run->first,
		     run->count);
	*first = false;
}

static void print_runs(struct journal_reader *reader)
{
	struct run run = {.count = 0};
	struct journal_batch batch;
	bool first = true;
	int result;

	(void)printf("\"runs\": [");
	while ((result = journal_reader_next(reader, &batch, &err)) > 0) {
		if (run.count && batch.first_sequence == run.first + run.count &&
		    memcmp(run.stream, batch.stream, sizeof(run.stream)) == 0) {
			run.count += batch.count;
		} else {
			print_run(&run, &first);
			run = (struct run){.first = batch.first_sequence, .count = batch.count};
			memcpy(run.stream, batch.stream, sizeof(run.stream));
		}
		journal_reader_ack(reader, batch.stream, batch.first_sequence + batch.count - 1);
	}
	if (result < 0)
		fail("read");
	print_run(&run, &first);
	(void)printf("]");
}

static void print_recovery(const struct journal_recovery *recovery)
{
	(void)printf("\"events\": %" PRIu64 ", \"torn\": %" PRIu64
		     ", \"damaged\": %u, \"newer\": %u, \"last\": %" PRIu64 ", ",
		     recovery->events, recovery->torn_bytes, recovery->quarantined, recovery->newer,
		     recovery->last_sequence);
}

static void print_gaps(struct journal *journal)
{
	struct journal_gap gap;
	const char *comma = "";

	(void)printf(", \"gaps\": [");
	while (journal_take_gap(journal, &gap)) {
		(void)printf("%s[%" PRIu64 ", %d]", comma, gap.count, (int)gap.reason);
		comma = ", ";
	}
	(void)printf("]");
}

static void answer(const char *dir, bool read_only)
{
	const struct journal_start oldest = {.at = JOURNAL_FROM_OLDEST};
	struct journal_recovery recovery;
	struct journal *journal = open_journal(dir, read_only, &recovery);
	struct journal_reader *reader;

	if (journal_reader_open(&reader, journal, read_only ? NULL : "check", &err) < 0)
		fail(dir);
	if (read_only && journal_reader_start(reader, &oldest, &err) < 0)
		fail(dir);
	(void)printf("{");
	print_recovery(&recovery);
	print_runs(reader);
	if (!read_only)
		print_gaps(journal);
	(void)printf("}\n");
	(void)fflush(stdout);
	journal_reader_close(reader);
	journal_close(journal);
}

int main(int argc, char **argv)
{
	char dir[512];

	if (argc >= 4 && strcmp(argv[1], "make") == 0) {
		make(argv[2], (unsigned int)strtoul(argv[3], NULL, 10),
		     argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
		return 0;
	}
	if (argc != 2 || (strcmp(argv[1], "read") != 0 && strcmp(argv[1], "open") != 0))
		return 64;
	while (fgets(dir, sizeof(dir), stdin)) {
		dir[strcspn(dir, "\n")] = '\0';
		answer(dir, strcmp(argv[1], "read") == 0);
	}
	return 0;
}
