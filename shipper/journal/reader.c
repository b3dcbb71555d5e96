/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the readers: where each reads, what it was given and has not acknowledged, and its wake-up.
 * Everything but the acknowledged position (under the lock) belongs to the reader's own thread.
 * A damaged frame is never searched for the next one: what looks like a frame inside it may be
 * bytes that a process put into its arguments. The reader goes on at the next place that is known.
 * Nothing from behind a gap is handed out before all from before it is acknowledged, so that what a
 * sink has in hand is always one run of events.
 */
#include "journal/gaps.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HANDED_OUT_MAX (1u << 20) /* frames */

/* The first one numbered at least number, held until it is given back: others may give it up. */
static struct segment *take_segment(struct journal_reader *reader, uint64_t number)
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

static void give_segment_back(struct journal_reader *reader, struct segment *segment)
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

/* Under the lock. */
static void move_cursor(struct cursor *cursor, const struct position *acked)
{
	struct in_hand *hand = &cursor->hand;

	if (hand->end_index > acked->index) {
		hand->first_index = acked->index;
		hand->sequence = acked->sequence;
		memcpy(hand->stream, acked->stream, sizeof(hand->stream));
	} else {
		*hand = (struct in_hand){.first_index = acked->index, .end_index = acked->index};
	}
	if (acked->index >= atomic_load(&cursor->floor))
		cursor->wanted.position = *acked;
	cursor->placed = true;
}

static void publish_acked(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;

	(void)pthread_mutex_lock(&journal->lock);
	atomic_store(&reader->acked_index, reader->acked.index);
	if (reader->cursor)
		move_cursor(reader->cursor, &reader->acked);
	(void)pthread_mutex_unlock(&journal->lock);
}

static struct position read_place(const struct journal_reader *reader)
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

/* With nothing handed out, all that was passed over is behind the cursor too. */
static void pass_acked(struct journal_reader *reader)
{
	if (reader->item_count > 0)
		return;
	reader->acked = read_place(reader);
	publish_acked(reader);
}

/* segment comes from take_segment. */
static void stand_in(struct journal_reader *reader, struct segment *segment, uint64_t offset)
{
	if (reader->fd >= 0)
		(void)close(reader->fd);
	reader->fd = -1;
	give_segment_back(reader, reader->segment);
	reader->segment = segment;
	reader->offset = offset;
	reader->entry = 0;
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
	pass_acked(reader);
}

static bool is_given_up(const struct journal_reader *reader)
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
	segment = take_segment(reader, number);
	reader->index = segment->first_index;
	reader->damaged = false;
	stand_in(reader, segment, segment->header_size);
	pass_acked(reader);
}

static int open_current(struct journal_reader *reader)
{
	char name[SEGMENT_NAME_SIZE];

	if (reader->fd >= 0)
		return 0;
	segment_name(name, reader->segment->number);
	reader->fd = openat(reader->journal->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return reader->fd < 0 ? -errno : 0;
}

/* Is there anything to read where the reader stands, or in a segment behind? */
static bool find_data(struct journal_reader *reader)
{
	for (;;) {
		struct segment *segment = reader->segment;
		bool sealed = segment && atomic_load(&segment->sealed);

		if (is_given_up(reader)) {
			if (reader->item_count > 0)
				return false;
			leave_given_up(reader);
			continue;
		}
		if (segment && reader->offset < atomic_load(&segment->end))
			return true;
		if (segment && !sealed)
			return false;
		segment = take_segment(reader,
				       segment ? segment->number + 1 : reader->wanted_segment);
		if (!segment)
			return false;
		if (!may_go_on_at(reader, segment->first_index)) {
			give_segment_back(reader, segment);
			return false;
		}
		enter(reader, segment);
	}
}

/* Announces the sleep before it looks a last time: an append in between is seen or wakes. */
static bool find_data_or_sleep(struct journal_reader *reader)
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

/* 1: a frame to hand out is in reader->frame. 0: look again. -EAGAIN: not before what is in hand is
 * acknowledged. */
static int read_one(struct journal_reader *reader)
{
	uint64_t end = atomic_load(&reader->segment->end);
	const struct frame_header *header;
	int result = open_current(reader);

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

static int grow_items(struct journal_reader *reader)
{
	uint32_t capacity = reader->item_capacity ? 2 * reader->item_capacity : 64;
	struct handed_out *grown;

	if (reader->item_capacity >= HANDED_OUT_MAX)
		return -ENOBUFS;
	grown = malloc(capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	for (uint32_t i = 0; i < reader->item_count; i++)
		grown[i] = reader->items[(reader->item_first + i) % reader->item_capacity];
	free(reader->items);
	reader->items = grown;
	reader->item_first = 0;
	reader->item_capacity = capacity;
	return 0;
}

static struct handed_out *item_at(const struct journal_reader *reader, uint32_t i)
{
	return &reader->items[(reader->item_first + i) % reader->item_capacity];
}

/* From here on it is in hand, unless it was given up just now. */
static bool take_in_hand(struct journal_reader *reader, const struct frame_header *header)
{
	struct journal *journal = reader->journal;
	struct cursor *cursor = reader->cursor;
	uint64_t first = header->first_index + reader->entry;
	struct in_hand *hand;
	bool there;

	if (!cursor)
		return true;
	hand = &cursor->hand;
	(void)pthread_mutex_lock(&journal->lock);
	there = first >= atomic_load(&cursor->floor);
	if (there && hand->first_index == hand->end_index) {
		*hand = (struct in_hand){
			.first_index = first,
			.sequence = header->first_sequence + reader->entry,
		};
		memcpy(hand->stream, reader->segment->stream, sizeof(hand->stream));
	}
	if (there) {
		hand->mixed |= memcmp(hand->stream, reader->segment->stream, 16) != 0;
		hand->end_index = header->first_index + header->count;
	}
	(void)pthread_mutex_unlock(&journal->lock);
	return there;
}

/* 0: look again. */
static int hand_out(struct journal_reader *reader, struct journal_batch *ret_batch)
{
	const struct frame_header *header = frame_of(&reader->frame);
	const char *entries = frame_entries(header);
	const char *end = entries + frame_entries_size(header);
	struct handed_out *item;

	if (reader->item_count == reader->item_capacity) {
		int result = grow_items(reader);

		if (result < 0)
			return result;
	}
	if (!take_in_hand(reader, header))
		return 0;
	for (uint32_t i = 0; i < reader->entry; i++)
		entries += *(const uint32_t *)(const void *)entries;
	*ret_batch = (struct journal_batch){
		.entries = entries,
		.size = (size_t)(end - entries),
		.first_sequence = header->first_sequence + reader->entry,
		.count = header->count - reader->entry,
		.numbers = frame_numbers(header),
		.number_count = header->number_count,
	};
	memcpy(ret_batch->stream, reader->segment->stream, sizeof(ret_batch->stream));
	item = item_at(reader, reader->item_count++);
	*item = (struct handed_out){
		.segment = reader->segment->number,
		.offset = reader->offset,
		.first_sequence = header->first_sequence,
		.first_index = header->first_index,
		.count = header->count,
	};
	memcpy(item->stream, reader->segment->stream, sizeof(item->stream));
	reader->offset += header->size;
	reader->index = header->first_index + header->count;
	reader->entry = 0;
	return 1;
}

int journal_reader_next(struct journal_reader *reader, struct journal_batch *ret_batch,
			struct err *err)
{
	while (find_data_or_sleep(reader)) {
		int result = read_one(reader);

		if (result > 0)
			result = hand_out(reader, ret_batch);
		if (result > 0)
			return 1;
		if (result == -EAGAIN)
			return 0;
		if (result < 0)
			return err_set(err, result, "journal %s: reader %s: segment %08llu: %s",
				       reader->journal->dir,
				       reader->cursor ? reader->cursor->name : "without a cursor",
				       (unsigned long long)reader->segment->number,
				       strerror(-result));
	}
	return 0;
}

static void stand_at(struct journal_reader *reader, const struct position *position)
{
	struct segment *segment = take_segment(reader, position->segment);

	reader->index = position->index;
	reader->wanted_segment = position->segment;
	if (segment && segment->number == position->segment && position->offset) {
		stand_in(reader, segment, position->offset);
		reader->entry = position->entry;
	} else {
		give_segment_back(reader, segment);
		stand_in(reader, NULL, 0);
	}
}

/* What it had in hand comes again, but for what was given up meanwhile. */
static void lose_hand(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	struct cursor *cursor = reader->cursor;

	if (!cursor)
		return;
	(void)pthread_mutex_lock(&journal->lock);
	gaps_lose_hand(journal, cursor);
	if (reader->acked.index < atomic_load(&cursor->floor))
		reader->acked = cursor->wanted.position;
	(void)pthread_mutex_unlock(&journal->lock);
}

void journal_reader_rewind(struct journal_reader *reader)
{
	reader->item_first = reader->item_count = 0;
	lose_hand(reader);
	publish_acked(reader);
	stand_at(reader, &reader->acked);
}

static void set_acked(struct journal_reader *reader, const struct handed_out *item, uint32_t entry)
{
	reader->acked = (struct position){
		.segment = item->segment,
		.offset = item->offset,
		.index = item->first_index + entry,
		.sequence = item->first_sequence + entry,
		.entry = entry,
	};
	memcpy(reader->acked.stream, item->stream, sizeof(item->stream));
}

static bool item_holds(const struct handed_out *item, const uint8_t stream[16], uint64_t sequence)
{
	return sequence >= item->first_sequence && sequence - item->first_sequence < item->count &&
	       memcmp(item->stream, stream, sizeof(item->stream)) == 0;
}

void journal_reader_ack(struct journal_reader *reader, const uint8_t stream[16], uint64_t sequence)
{
	uint32_t i = 0, entry;

	while (i < reader->item_count && !item_holds(item_at(reader, i), stream, sequence))
		i++;
	if (i == reader->item_count)
		return;
	entry = (uint32_t)(sequence - item_at(reader, i)->first_sequence) + 1;
	if (item_at(reader, i)->first_index + entry <= reader->acked.index)
		return;
	if (entry == item_at(reader, i)->count) {
		i++;
		entry = 0;
	}
	reader->item_first = (reader->item_first + i) % reader->item_capacity;
	reader->item_count -= i;
	if (reader->item_count > 0) {
		set_acked(reader, item_at(reader, 0), entry);
		publish_acked(reader);
	} else {
		pass_acked(reader);
	}
}

uint64_t journal_reader_offered(const struct journal_reader *reader)
{
	return atomic_load(&reader->journal->next_index) - reader->opened_index;
}

/* What was given up and is not in hand is told already: it waits no more. */
static uint64_t count_given_up(const struct journal_reader *reader, uint64_t acked)
{
	const struct cursor *cursor = reader->cursor;
	uint64_t floor = cursor ? atomic_load(&cursor->floor) : 0;

	if (cursor && cursor->hand.end_index > acked)
		acked = cursor->hand.end_index;
	return floor > acked ? floor - acked : 0;
}

uint64_t journal_reader_waiting(const struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	uint64_t acked, all, waiting;

	(void)pthread_mutex_lock(&journal->lock);
	acked = atomic_load(&reader->acked_index);
	all = atomic_load(&journal->next_index);
	waiting = all > acked ? all - acked - count_given_up(reader, acked) : 0;
	(void)pthread_mutex_unlock(&journal->lock);
	return waiting;
}

uint64_t journal_reader_expired(const struct journal_reader *reader)
{
	return reader->cursor ? atomic_load(&reader->cursor->expired) - reader->expired_before : 0;
}

uint64_t journal_reader_unreadable(const struct journal_reader *reader)
{
	return reader->cursor ? atomic_load(&reader->cursor->unreadable) - reader->unreadable_before
			      : 0;
}

uint64_t journal_reader_missed(const struct journal_reader *reader)
{
	return atomic_load(&reader->missed);
}

/* Of a segment, behind position. */
static uint64_t bytes_behind(const struct segment *segment, const struct position *position)
{
	uint64_t end = atomic_load(&segment->end), from = segment->header_size;

	if (segment->number < position->segment)
		return 0;
	if (segment->number == position->segment && position->offset > from)
		from = position->offset;
	return end > from ? end - from : 0;
}

uint64_t journal_reader_waiting_bytes(const struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	uint64_t bytes = 0;

	if (!reader->cursor || journal_reader_waiting(reader) == 0)
		return 0;
	(void)pthread_mutex_lock(&journal->lock);
	for (const struct segment *segment = journal->oldest; segment; segment = segment->next)
		bytes += bytes_behind(segment, &reader->cursor->wanted.position);
	(void)pthread_mutex_unlock(&journal->lock);
	return bytes;
}

int journal_reader_fd(const struct journal_reader *reader)
{
	return reader->wake_fd;
}

/* Then it does not matter what lies at the offset: it may be a tail that was torn later. */
static bool all_acked(struct journal_reader *reader, const struct segment *segment,
		      const struct position *position)
{
	struct segment *next = take_segment(reader, segment->number + 1);
	bool all = next && next->first_index == position->index;

	give_segment_back(reader, next);
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
	stand_at(reader, position);
	if (!reader->segment || open_current(reader) < 0)
		return is_given_up(reader); /* just now: reading passes what is left of it */
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
	struct segment *segment = take_segment(reader, number);
	uint64_t index = segment ? segment->first_index : atomic_load(&reader->journal->next_index);

	give_segment_back(reader, segment);
	return index;
}

static void settle(struct journal_reader *reader)
{
	struct position *position = &reader->acked;
	struct segment *segment = take_segment(reader, position->segment);

	if (segment && segment->number == position->segment && position->offset) {
		if (memcmp(segment->stream, position->stream, sizeof(position->stream)) != 0)
			reset_position(reader, 0);
		else if (!position_right(reader, segment, position))
			reset_position(reader, segment->number);
	} else if (!segment && position->segment >= reader->journal->first_new_number) {
		reset_position(reader, 0);
	}
	give_segment_back(reader, segment);
	if (!position->offset)
		position->index = first_index_from(reader, position->segment);
	stand_at(reader, position);
}

static struct cursor *find_cursor(struct journal *journal, const char *name)
{
	struct cursor *cursor = journal->cursors;

	while (cursor && strcmp(cursor->name, name) != 0)
		cursor = cursor->next;
	return cursor;
}

/* The file has room for one more than the list: the last two become one. */
static void make_room_for_gap(struct cursor *cursor)
{
	struct cursor_place *place = &cursor->wanted;

	if (place->gap_count <= CURSOR_GAPS)
		return;
	place->gap_count = CURSOR_GAPS;
	place->gaps[CURSOR_GAPS - 1].count += place->gaps[CURSOR_GAPS].count;
	place->gaps[CURSOR_GAPS - 1].last_sequence = 0;
}

static int make_cursor(struct journal *journal, const char *name, struct cursor **ret_cursor)
{
	struct cursor *cursor = calloc(1, sizeof(*cursor));
	int result;

	if (!cursor)
		return -ENOMEM;
	(void)strncpy(cursor->name, name, sizeof(cursor->name) - 1);
	result = cursor_open(&cursor->file, journal->dirfd, name, &cursor->wanted);
	if (result == -EBADMSG)
		atomic_fetch_add(&journal->cursor_resets, 1);
	else if (result < 0)
		return free(cursor), result;
	journal->directory_changed = true; /* a cursor that is not found again repeats everything */
	cursor->durable = cursor->pending = cursor->wanted;
	make_room_for_gap(cursor);
	atomic_fetch_add(&journal->untold, cursor->wanted.gap_count);
	*ret_cursor = cursor;
	return 0;
}

/* What was deleted while it was let go is not missed: then it starts at the oldest event. */
static void come_back(const struct journal *journal, struct cursor *cursor)
{
	if (cursor->let_go &&
	    (!journal->oldest || journal->oldest->number > cursor->wanted.position.segment)) {
		cursor->wanted.position = (struct position){0};
		cursor->placed = false;
	}
	cursor->let_go = false;
	cursor->open = true;
}

/* The cursor is in the list, and so holds its segments, before its place is looked at. */
static int take_cursor(struct journal *journal, const char *name, struct cursor **ret_cursor)
{
	struct cursor *cursor;
	bool busy = false;
	int result = 0;

	(void)pthread_mutex_lock(&journal->lock);
	cursor = find_cursor(journal, name);
	if (cursor)
		busy = cursor->open;
	else
		result = make_cursor(journal, name, &cursor);
	if (result == 0 && !busy && !find_cursor(journal, name)) {
		cursor->next = journal->cursors;
		journal->cursors = cursor;
	}
	if (result == 0 && !busy)
		come_back(journal, cursor);
	(void)pthread_mutex_unlock(&journal->lock);
	*ret_cursor = cursor;
	return busy ? -EBUSY : result;
}

static void give_cursor_back(struct journal *journal, struct cursor *cursor)
{
	(void)pthread_mutex_lock(&journal->lock);
	cursor->open = false;
	(void)pthread_mutex_unlock(&journal->lock);
}

void journal_let_go(struct journal *journal, const char *name)
{
	struct cursor *cursor;

	(void)pthread_mutex_lock(&journal->lock);
	cursor = find_cursor(journal, name);
	if (cursor && !cursor->open)
		cursor->let_go = true;
	(void)pthread_mutex_unlock(&journal->lock);
}

static void start_at_cursor(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;
	struct cursor *cursor = reader->cursor;

	(void)pthread_mutex_lock(&journal->lock);
	reader->acked = cursor->wanted.position;
	reader->expired_before = atomic_load(&cursor->expired);
	reader->unreadable_before = atomic_load(&cursor->unreadable);
	(void)pthread_mutex_unlock(&journal->lock);
	settle(reader);
	publish_acked(reader);
}

static void start_at_end(struct journal_reader *reader)
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
	reader->acked = read_place(reader);
	publish_acked(reader);
}

static void start_at_oldest(struct journal_reader *reader)
{
	stand_in(reader, NULL, 0);
	reader->acked = (struct position){0};
	settle(reader);
	publish_acked(reader);
}

static int start_at_place(struct journal_reader *reader, const char *name)
{
	struct cursor_place place;
	int result = cursor_name_valid(name) ? cursor_peek(reader->journal->dirfd, name, &place)
					     : -ENOENT;

	if (result < 0)
		return result;
	stand_in(reader, NULL, 0);
	reader->acked = place.position;
	settle(reader);
	publish_acked(reader);
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
			set_acked(reader, item_at(reader, 0),
				  (uint32_t)(sequence - item_at(reader, 0)->first_sequence));
			*ret_found = reader->acked;
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

int journal_reader_open(struct journal_reader **ret_reader, struct journal *journal,
			const char *name, struct err *err)
{
	struct journal_reader *reader;
	int result;

	if (name && journal->read_only)
		return err_set(err, -EROFS, "journal %s: was opened for reading", journal->dir);
	if (name && !cursor_name_valid(name))
		return err_set(err, -EINVAL, "journal %s: not a name for a cursor", journal->dir);
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return err_set(err, -ENOMEM, "journal %s: out of memory", journal->dir);
	reader->journal = journal;
	reader->fd = -1;
	buf_init(&reader->frame, FRAME_SIZE_MAX);
	reader->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	result = reader->wake_fd < 0 ? -errno : 0;
	if (result == 0 && name)
		result = take_cursor(journal, name, &reader->cursor);
	if (result < 0) {
		if (reader->wake_fd >= 0)
			(void)close(reader->wake_fd);
		free(reader);
		return err_set(err, result, "journal %s: cursor-%s: %s", journal->dir,
			       name ? name : "", strerror(-result));
	}
	if (name)
		start_at_cursor(reader);
	else
		start_at_end(reader);
	reader->opened_index = reader->acked.index;
	(void)pthread_mutex_lock(&journal->lock);
	reader->next = journal->readers;
	journal->readers = reader;
	(void)pthread_mutex_unlock(&journal->lock);
	*ret_reader = reader;
	return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
	struct journal *journal;
	struct journal_reader **link;

	if (!reader)
		return;
	journal = reader->journal;
	(void)pthread_mutex_lock(&journal->lock);
	for (link = &journal->readers; *link != reader;)
		link = &(*link)->next;
	*link = reader->next;
	(void)pthread_mutex_unlock(&journal->lock);
	stand_in(reader, NULL, 0);
	if (reader->cursor) {
		lose_hand(reader);
		give_cursor_back(journal, reader->cursor);
		journal_sync_round(journal);
	}
	(void)close(reader->wake_fd);
	buf_done(&reader->frame);
	free(reader->items);
	free(reader);
}
