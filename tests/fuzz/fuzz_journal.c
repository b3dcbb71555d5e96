/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A journal that somebody left behind: segments and a cursor, of any bytes. It opens, is read to
 * its end, goes on, and is found as it was left. The input is a row of files, each with a head:
 *
 *   u8 what: % 4 == 3 the cursor, else the next segment | u8 1: its sums are made right |
 *   u16 length, little-endian | bytes
 */
#include "base/crc32c.h"
#include "fuzz.h"
#include "journal/frame.h"
#include "journal/journal.h"
#include "journal/segment.h"

#include <errno.h>

#define FILES_MAX 4
#define FRAMES_MAX 100000
#define SEGMENT_SIZE ((uint64_t)16 * 1024)

static char dir[300];

static struct journal_options make_options(bool read_only)
{
	return (struct journal_options){
		.dir = dir,
		.segment_size = SEGMENT_SIZE,
		.max_size = 64 * SEGMENT_SIZE,
		.when_full = JOURNAL_DROP_OLDEST,
		.durability = JOURNAL_SYNC_NONE,
		.sync_every_ms = 1000,
		.boot_id = {1, 2, 3},
		.read_only = read_only,
	};
}

static void mend_frames(char *bytes, size_t size, const struct segment_header *segment)
{
	uint32_t seed = crc32c(0, segment->stream, sizeof(segment->stream));
	struct frame_header frame;

	seed = crc32c(seed, &segment->number, sizeof(segment->number));
	for (size_t at = segment->header_size; at <= size && size - at >= sizeof(frame);
	     at += frame.size) {
		memcpy(&frame, bytes + at, sizeof(frame));
		if (frame.size < sizeof(frame) || frame.size > size - at)
			return;
		frame.magic = FRAME_MAGIC;
		frame.crc = 0;
		memcpy(bytes + at, &frame, sizeof(frame));
		frame.crc = crc32c(seed, bytes + at, frame.size);
		memcpy(bytes + at, &frame, sizeof(frame));
	}
}

/* Random bytes never have the right sums. */
static void mend_segment(char *bytes, size_t size, uint64_t number)
{
	struct segment_header header;

	if (size < sizeof(header))
		return;
	memcpy(&header, bytes, sizeof(header));
	memcpy(header.magic, SEGMENT_MAGIC, sizeof(header.magic));
	header.number = number;
	header.crc = 0;
	if (header.header_size < sizeof(header) || header.header_size > size)
		header.header_size = sizeof(header);
	memcpy(bytes, &header, sizeof(header));
	header.crc = crc32c(0, bytes, header.header_size);
	memcpy(bytes, &header, sizeof(header));
	mend_frames(bytes, size, &header);
}

/* Slots are cut to their known part in the input; the zeros behind it are put in here. */
static void put_cursor(const uint8_t *data, size_t size, bool mend)
{
	static union {
		struct cursor_slot slot;
		char bytes[CURSOR_SLOT_SIZE];
	} slots[2];
	char path[400];

	memset(slots, 0, sizeof(slots));
	for (size_t i = 0; i < 2; i++) {
		size_t part = size < sizeof(slots[i].slot) ? size : sizeof(slots[i].slot);

		memcpy(&slots[i], data, part);
		data += part;
		size -= part;
		if (!mend || part == 0)
			continue;
		slots[i].slot.magic = CURSOR_MAGIC;
		slots[i].slot.crc = 0;
		slots[i].slot.crc = crc32c(0, &slots[i], sizeof(slots[i]));
	}
	(void)snprintf(path, sizeof(path), "%s/cursor-a", dir);
	fuzz_put(path, slots, sizeof(slots));
}

static void put_segment(const uint8_t *data, size_t size, bool mend, uint64_t number)
{
	char path[400], name[SEGMENT_NAME_SIZE], *copy = fuzz_copy(data, size);

	if (mend)
		mend_segment(copy, size, number);
	segment_name(name, number);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fuzz_put(path, copy, size);
	free(copy);
}

static void put_files(const uint8_t *data, size_t size)
{
	uint64_t number = 1;

	for (unsigned int i = 0; i < FILES_MAX && size >= 4; i++) {
		size_t length = (size_t)(data[2] | data[3] << 8);
		uint8_t what = data[0], mend = data[1];

		data += 4;
		size -= 4;
		if (length > size)
			length = size;
		if (what % 4 == 3)
			put_cursor(data, length, mend & 1);
		else
			put_segment(data, length, mend & 1, number++);
		data += length;
		size -= length;
	}
}

static struct journal *open_journal(bool read_only, struct journal_recovery *recovery)
{
	struct journal_options options = make_options(read_only);
	struct journal *journal;
	struct err err;

	*recovery = (struct journal_recovery){0};
	if (journal_open(&journal, &options, recovery, &err) < 0)
		fuzz_fail(err.text, 0, "the journal does not open");
	return journal;
}

static struct journal_reader *open_reader(struct journal *journal, const char *name)
{
	struct journal_reader *reader;
	struct err err;

	if (journal_reader_open(&reader, journal, name, &err) < 0)
		fuzz_fail(err.text, 0, "a reader does not open");
	return reader;
}

/* To the end; the last event is in *ret_last. */
static uint64_t read_all(struct journal_reader *reader, bool ack, struct journal_batch *ret_last)
{
	struct journal_batch batch;
	struct err err;
	uint64_t events = 0, frames = 0;
	int result;

	*ret_last = (struct journal_batch){0};
	while ((result = journal_reader_next(reader, &batch, &err)) == 1) {
		CHECK(++frames < FRAMES_MAX);
		CHECK(batch.count > 0);
		CHECK(segment_entries_tile(batch.entries, batch.size, batch.count));
		events += batch.count;
		*ret_last = batch;
		if (ack)
			journal_reader_ack(reader, batch.stream,
					   batch.first_sequence + batch.count - 1);
	}
	if (result < 0)
		fuzz_fail(err.text, 0, "reading fails");
	return events;
}

static void read_only(void)
{
	const struct journal_start oldest = {.at = JOURNAL_FROM_OLDEST};
	const struct journal_start cursor = {.at = JOURNAL_FROM_CURSOR, .cursor = "a"};
	struct journal_recovery recovery;
	struct journal *journal = open_journal(true, &recovery);
	struct journal_reader *reader = open_reader(journal, NULL);
	struct journal_batch last;
	struct err err;
	uint64_t events;
	int result;

	CHECK(journal_reader_start(reader, &oldest, &err) == 0);
	events = read_all(reader, false, &last);
	journal_reader_close(reader);
	reader = open_reader(journal, NULL);
	result = journal_reader_start(reader, &cursor, &err);
	CHECK(result == 0 || result == -ENOENT || result == -EBADMSG);
	if (result == 0)
		CHECK(read_all(reader, false, &last) <= events);
	journal_reader_close(reader);
	journal_close(journal);
}

static void take_gaps(struct journal *journal)
{
	struct journal_gap gap;
	unsigned int count = 0;

	while (journal_take_gap(journal, &gap)) {
		CHECK(++count < FRAMES_MAX);
		CHECK(strcmp(gap.sink, "a") == 0);
		CHECK(gap.count > 0); /* its reason may be one that only a newer version knows */
	}
	journal_gaps_told(journal);
}

static void append(struct journal *journal, uint64_t *ret_sequence)
{
	static const struct {
		uint32_t size, zero;
	} entry = {8, 0};
	struct journal_batch batch = {.entries = &entry, .size = 8, .count = 1};
	struct err err;

	*ret_sequence = batch.first_sequence = journal_next_sequence(journal);
	if (journal_append(journal, &batch, &err) < 0)
		fuzz_fail(err.text, 0, "appending fails");
}

static void recalled(void *data, const struct journal_batch *batch)
{
	CHECK(segment_entries_tile(batch->entries, batch->size, batch->count));
	++*(uint64_t *)data;
}

static void go_on(uint8_t ret_stream[16], uint64_t *ret_sequence)
{
	struct journal_recovery recovery;
	struct journal *journal = open_journal(false, &recovery);
	struct journal_reader *reader;
	struct journal_batch last;
	uint64_t frames = 0;
	struct err err;

	CHECK(journal_recall(journal, SEGMENT_SIZE, recalled, &frames, &err) == 0);
	reader = open_reader(journal, "a");
	(void)read_all(reader, true, &last);
	take_gaps(journal);
	append(journal, ret_sequence);
	memcpy(ret_stream, journal_stream(journal), 16);
	CHECK(read_all(reader, false, &last) == 1);
	CHECK(last.first_sequence == *ret_sequence && memcmp(last.stream, ret_stream, 16) == 0);
	CHECK(journal_reader_waiting(reader) == 1);
	journal_reader_close(reader);
	journal_close(journal);
}

/* What was appended, and not acknowledged, is there. */
static void find_again(const uint8_t stream[16], uint64_t sequence)
{
	struct journal_recovery recovery;
	struct journal *journal = open_journal(false, &recovery);
	struct journal_reader *reader = open_reader(journal, "a");
	struct journal_batch last;

	CHECK(recovery.quarantined == 0 && recovery.newer == 0 && recovery.torn_bytes == 0);
	CHECK(!recovery.stream_renewed);
	CHECK(recovery.last_sequence == sequence);
	CHECK(memcmp(recovery.last_stream, stream, 16) == 0);
	CHECK(read_all(reader, true, &last) == 1);
	CHECK(last.first_sequence == sequence && memcmp(last.stream, stream, 16) == 0);
	CHECK(journal_reader_waiting(reader) == 0);
	journal_reader_close(reader);
	journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t stream[16];
	uint64_t sequence;

	if (size > SEGMENT_SIZE / 2) /* so that the numbers fit into one */
		return 0;
	(void)snprintf(dir, sizeof(dir), "%s/journal", fuzz_dir());
	fuzz_remove_tree(dir);
	CHECK(mkdir(dir, 0700) == 0);
	put_files(data, size);
	read_only();
	go_on(stream, &sequence);
	find_again(stream, sequence);
	return 0;
}
