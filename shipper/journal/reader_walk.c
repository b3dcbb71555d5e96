/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns where a reader reads: its segment, the next frame there, and which event it expects. A
 * damaged frame is never searched for the next one: what looks like a frame inside it may be bytes
 * that a process put into its arguments. The reader goes on at the next place that is known.
 * Nothing from behind a gap is read before all from before it is acknowledged, so that what a sink
 * has in hand is always one run of events.
 */
#include "journal/reader.h"

#include "journal/gaps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first one numbered at least number, held until it is given back: others may give it up. */
struct segment *reader_take_segment(struct journal_reader *reader, uint64_t number)
{
	struct journal *journal = reader->journal;
	struct segment *segment;

	(void)pthread_mutex_lock(&journal->lock);
	for (segment = journal->oldest; segment && segment->number < number;)
		segment = segment->next;
	if (segment)
		segment->users++;
	(void)pthread_mutex_unlock(&journal->lock);
	return segment;
}

void reader_give_segment_back(struct journal_reader *reader, struct segment *segment)
{
	struct journal *journal = reader->journal;
	bool last;

	if (!segment)
		return;
	(void)pthread_mutex_lock(&journal->lock);
	last = --segment->users == 0 && segment->deleted;
	(void)pthread_mutex_unlock(&journal->lock);
	if (last)
		free(segment);
}

/* segment comes from reader_take_segment. */
static void stand_in(struct journal_reader *reader, struct segment *segment, uint64_t offset)
{
	if (reader->fd >= 0)
		(void)close(reader->fd);
	reader->fd = -1;
	reader_give_segment_back(reader, reader->segment);
	reader->segment = segment;
	reader->offset = offset;
	reader->entry = 0;
}

void reader_stand_at(struct journal_reader *reader, const struct position *position)
{
	struct segment *segment = reader_take_segment(reader, position->segment);

	reader->index = position->index;
	reader->wanted_segment = position->segment;
	if (segment && segment->number == position->segment && position->offset) {
		stand_in(reader, segment, position->offset);
		reader->entry = position->entry;
	} else {
		reader_give_segment_back(reader, segment);
		stand_in(reader, NULL, 0);
	}
}

void reader_stand_nowhere(struct journal_reader *reader)
{
	stand_in(reader, NULL, 0);
}

void reader_stand_at_end(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	struct segment *segment;

	(void)pthread_mutex_lock(&journal->lock);
	segment = journal->newest;
	reader->index = atomic_load(&journal->next_index);
	if (segment) {
		segment->users++;
		reader->segment = segment;
		reader->offset = atomic_load(&segment->end);
	}
	(void)pthread_mutex_unlock(&journal->lock);
}

struct position reader_place(const struct journal_reader *reader)
{
	const struct segment *segment = reader->segment;
	struct position position = {
		.segment = segment ? segment->number : reader->wanted_segment,
		.index = reader->index,
	};

	if (segment) {
		position.offset = reader->offset;
		position.entry = reader->entry;
		position.sequence = segment->first_sequence + reader->index - segment->first_index;
		memcpy(position.stream, segment->stream, sizeof(position.stream));
	}
	return position;
}

int reader_open_segment(struct journal_reader *reader)
{
	char name[SEGMENT_NAME_SIZE];

	if (reader->fd >= 0)
		return 0;
	segment_name(name, reader->segment->number);
	reader->fd = openat(reader->journal->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return reader->fd < 0 ? -errno : 0;
}

/* Events between where the reader is and index, in segment next, are not there. */
static void tell_gap(struct journal_reader *reader, const struct segment *next, uint64_t index)
{
	struct journal *journal = reader->journal;
	struct segment behind = {
		.number = next->number,
		.first_index = index,
		.first_sequence = next->first_sequence + (index - next->first_index),
	};

	memcpy(behind.stream, next->stream, sizeof(behind.stream));
	atomic_fetch_add(&journal->skipped_events, index - reader->index);
	atomic_fetch_add(&journal->damaged_frames, reader->damaged);
	(void)pthread_mutex_lock(&journal->lock);
	gaps_add_between(journal, reader->cursor, reader->index, reader->segment, &behind,
			 reader->damaged ? JOURNAL_GAP_DAMAGED : JOURNAL_GAP_MISSING);
	(void)pthread_mutex_unlock(&journal->lock);
}

/* Damage that hides no event is the tail which a killed writer left; opening has counted it. */
static void go_on_at(struct journal_reader *reader, const struct segment *segment, uint64_t index)
{
	if (index > reader->index && !reader->cursor)
		atomic_fetch_add(&reader->missed, index - reader->index);
	else if (index > reader->index)
		tell_gap(reader, segment, index);
	reader->index = index;
	reader->damaged = false;
}

static bool may_go_on_at(const struct journal_reader *reader, uint64_t index)
{
	return !reader->cursor || reader->item_count == 0 || index <= reader->index;
}

static void enter(struct journal_reader *reader, struct segment *segment)
{
	go_on_at(reader, segment, segment->first_index);
	stand_in(reader, segment, segment->header_size);
	reader_pass_acked(reader);
}

bool reader_is_given_up(const struct journal_reader *reader)
{
	return reader->cursor && reader->index < atomic_load(&reader->cursor->floor);
}

/* What is left of it was told by who gave it up. */
static void leave_given_up(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	struct segment *segment;
	uint64_t number;

	(void)pthread_mutex_lock(&journal->lock);
	number = reader->cursor->wanted.position.segment;
	(void)pthread_mutex_unlock(&journal->lock);
	segment = reader_take_segment(reader, number);
	reader->index = segment->first_index;
	reader->damaged = false;
	stand_in(reader, segment, segment->header_size);
	reader_pass_acked(reader);
}

/* Is there anything to read where the reader stands, or in a segment behind? */
static bool find_data(struct journal_reader *reader)
{
	for (;;) {
		struct segment *segment = reader->segment;
		bool sealed = segment && atomic_load(&segment->sealed);

		if (reader_is_given_up(reader)) {
			if (reader->item_count > 0)
				return false;
			leave_given_up(reader);
			continue;
		}
		if (segment && reader->offset < atomic_load(&segment->end))
			return true;
		if (segment && !sealed)
			return false;
		segment = reader_take_segment(reader, segment ? segment->number + 1
							      : reader->wanted_segment);
		if (!segment)
			return false;
		if (!may_go_on_at(reader, segment->first_index)) {
			reader_give_segment_back(reader, segment);
			return false;
		}
		enter(reader, segment);
	}
}

/* Announces the sleep before it looks a last time: an append in between is seen or wakes. */
bool reader_find(struct journal_reader *reader)
{
	uint64_t wakes;

	if (find_data(reader))
		return true;
	(void)!read(reader->wake_fd, &wakes, sizeof(wakes));
	atomic_store(&reader->asleep, true);
	return find_data(reader);
}

/* To the end as it is now, which in the newest segment is where the next frame will start. */
static void skip_rest(struct journal_reader *reader, bool damaged)
{
	reader->damaged |= damaged;
	reader->offset = atomic_load(&reader->segment->end);
	reader->entry = 0;
}

int reader_read(struct journal_reader *reader)
{
	uint64_t end = atomic_load(&reader->segment->end);
	const struct frame_header *header;
	int result = reader_open_segment(reader);

	if (result == 0)
		result = segment_read_frame(reader->segment, reader->fd, reader->offset, end,
					    &reader->frame);
	if (result == -EBADMSG || result == -ENOENT || result == 0)
		return skip_rest(reader, result == -EBADMSG), 0;
	if (result < 0)
		return result;
	header = frame_of(&reader->frame);
	if (header->type != FRAME_ENTRIES) {
		reader->offset += header->size;
		return 0;
	}
	if (header->first_index + reader->entry < reader->index || reader->entry >= header->count)
		return skip_rest(reader, true), 0;
	if (!may_go_on_at(reader, header->first_index + reader->entry))
		return -EAGAIN;
	go_on_at(reader, reader->segment, header->first_index + reader->entry);
	return 1;
}

void reader_pass_frame(struct journal_reader *reader)
{
	const struct frame_header *header = frame_of(&reader->frame);

	reader->offset += header->size;
	reader->index = header->first_index + header->count;
	reader->entry = 0;
}
