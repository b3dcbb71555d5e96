/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a reader begins: at the place of a cursor, which is believed only where a frame of the
 * right index starts; at the newest or the oldest event; or at one that has to be searched for.
 */
#include "journal/reader.h"

#include <errno.h>
#include <string.h>

/* Then it does not matter what lies at the offset: it may be a tail that was torn later. */
static bool all_acked(struct journal_reader *reader, const struct segment *segment,
		      const struct position *position)
{
	struct segment *next = reader_take_segment(reader, segment->number + 1);
	bool all = next && next->first_index == position->index;

	reader_give_segment_back(reader, next);
	return all;
}

/*
 * A stored position is taken only where a frame of the right index starts. Otherwise its segment is
 * read again from its start, or, when it is of a journal that is no more, everything.
 */
static bool position_right(struct journal_reader *reader, const struct segment *segment,
			   struct position *position)
{
	uint64_t end = atomic_load(&segment->end);
	int result;

	if (all_acked(reader, segment, position) || position->offset == end)
		return position->entry == 0;
	if (position->offset < segment->header_size || position->offset > end ||
	    position->offset % 8 != 0)
		return false;
	reader_stand_at(reader, position);
	if (!reader->segment || reader_open_segment(reader) < 0)
		return reader_is_given_up(reader); /* just now: reading passes what is left of it */
	result = segment_read_frame(segment, reader->fd, position->offset, end, &reader->frame);
	if (result <= 0)
		return result == 0 && position->entry == 0;
	return position->entry < frame_of(&reader->frame)->count &&
	       frame_of(&reader->frame)->first_index + position->entry == position->index;
}

static void reset_position(struct journal_reader *reader, uint64_t segment)
{
	atomic_fetch_add(&reader->journal->cursor_resets, 1);
	reader->acked = (struct position){.segment = segment};
}

/* Where it starts is known by the segments alone; a lost one counts when it is passed. */
static uint64_t first_index_from(struct journal_reader *reader, uint64_t number)
{
	struct segment *segment = reader_take_segment(reader, number);
	uint64_t index = segment ? segment->first_index : atomic_load(&reader->journal->next_index);

	reader_give_segment_back(reader, segment);
	return index;
}

static void settle(struct journal_reader *reader)
{
	struct position *position = &reader->acked;
	struct segment *segment = reader_take_segment(reader, position->segment);

	if (segment && segment->number == position->segment && position->offset) {
		if (memcmp(segment->stream, position->stream, sizeof(position->stream)) != 0)
			reset_position(reader, 0);
		else if (!position_right(reader, segment, position))
			reset_position(reader, segment->number);
	} else if (!segment && position->segment >= reader->journal->first_new_number) {
		reset_position(reader, 0);
	}
	reader_give_segment_back(reader, segment);
	if (!position->offset)
		position->index = first_index_from(reader, position->segment);
	reader_stand_at(reader, position);
}

void reader_start_at_cursor(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	struct cursor *cursor = reader->cursor;

	(void)pthread_mutex_lock(&journal->lock);
	reader->acked = cursor->wanted.position;
	reader->expired_before = atomic_load(&cursor->expired);
	reader->unreadable_before = atomic_load(&cursor->unreadable);
	(void)pthread_mutex_unlock(&journal->lock);
	settle(reader);
	reader_publish_acked(reader);
}

void reader_start_at_end(struct journal_reader *reader)
{
	reader_stand_at_end(reader);
	reader->acked = reader_place(reader);
	reader_publish_acked(reader);
}

static void start_at_oldest(struct journal_reader *reader)
{
	reader_stand_nowhere(reader);
	reader->acked = (struct position){0};
	settle(reader);
	reader_publish_acked(reader);
}

static int start_at_place(struct journal_reader *reader, const char *name)
{
	struct cursor_place place;
	int result = cursor_name_valid(name) ? cursor_peek(reader->journal->dirfd, name, &place)
					     : -ENOENT;

	if (result < 0)
		return result;
	reader_stand_nowhere(reader);
	reader->acked = place.position;
	settle(reader);
	reader_publish_acked(reader);
	return 0;
}

/* Is it the batch that start means, and at which of its events? */
static bool is_start(const struct journal_reader *reader, const struct journal_start *start,
		     const struct journal_batch *batch, uint64_t *ret_sequence)
{
	static const uint8_t any[16];

	*ret_sequence = batch->first_sequence;
	if (start->at == JOURNAL_FROM_TIME)
		return frame_of(&reader->frame)->time_ns >= start->real_ns;
	*ret_sequence = start->sequence;
	return start->sequence >= batch->first_sequence &&
	       start->sequence - batch->first_sequence < batch->count &&
	       (memcmp(start->stream, any, 16) == 0 ||
		memcmp(start->stream, batch->stream, 16) == 0);
}

/* Passes all before the place. Of a number without a stream the last place is meant. */
static int search(struct journal_reader *reader, const struct journal_start *start,
		  struct position *ret_found, struct err *err)
{
	static const uint8_t any[16];
	bool last = start->at == JOURNAL_FROM_EVENT && memcmp(start->stream, any, 16) == 0;
	struct journal_batch batch;
	int result, found = 0;

	while ((!found || last) && (result = journal_reader_next(reader, &batch, err)) > 0) {
		uint64_t sequence;

		if (is_start(reader, start, &batch, &sequence)) {
			*ret_found = reader_place_in_hand(reader, sequence);
			found = 1;
		}
		journal_reader_ack(reader, batch.stream, batch.first_sequence + batch.count - 1);
	}
	return found ? 1 : result;
}

int journal_reader_start(struct journal_reader *reader, const struct journal_start *start,
			 struct err *err)
{
	struct position found = {0};
	int result = 0;

	if (start->at == JOURNAL_FROM_CURSOR) {
		result = start_at_place(reader, start->cursor);
		if (result < 0)
			return err_set(err, result, "journal %s: cursor-%s: %s",
				       reader->journal->dir, start->cursor, strerror(-result));
	} else {
		start_at_oldest(reader);
	}
	if (start->at == JOURNAL_FROM_TIME || start->at == JOURNAL_FROM_EVENT)
		result = search(reader, start, &found, err);
	if (result > 0) {
		reader->acked = found;
		journal_reader_rewind(reader);
	} else if (result == 0 && start->at == JOURNAL_FROM_EVENT) {
		return err_set(err, -ENOENT, "journal %s: there is no such event",
			       reader->journal->dir);
	}
	atomic_store(&reader->missed, 0);
	reader->opened_index = reader->acked.index;
	return result < 0 ? result : 0;
}
