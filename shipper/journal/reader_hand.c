/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns what a reader has in hand: the frames that it was given and has not wholly acknowledged, a
 * ring that grows to a bound, and the place of the first event in it. That place is the cursor's
 * too, which crosses threads under the journal's lock.
 */
#include "journal/reader.h"

#include "journal/gaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HANDED_OUT_MAX (1u << 20) /* frames */

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

void reader_publish_acked(struct journal_reader *reader)
{
	struct journal *journal = reader->journal;

	(void)pthread_mutex_lock(&journal->lock);
	atomic_store(&reader->acked_index, reader->acked.index);
	if (reader->cursor)
		move_cursor(reader->cursor, &reader->acked);
	(void)pthread_mutex_unlock(&journal->lock);
}

void reader_pass_acked(struct journal_reader *reader)
{
	if (reader->item_count > 0)
		return;
	reader->acked = reader_place(reader);
	reader_publish_acked(reader);
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

int reader_hand_out(struct journal_reader *reader, struct journal_batch *ret_batch)
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
	return 1;
}

static bool item_holds(const struct handed_out *item, const uint8_t stream[16], uint64_t sequence)
{
	return sequence >= item->first_sequence && sequence - item->first_sequence < item->count &&
	       memcmp(item->stream, stream, sizeof(item->stream)) == 0;
}

static struct position place_of(const struct handed_out *item, uint32_t entry)
{
	struct position position = {
		.segment = item->segment,
		.offset = item->offset,
		.index = item->first_index + entry,
		.sequence = item->first_sequence + entry,
		.entry = entry,
	};

	memcpy(position.stream, item->stream, sizeof(item->stream));
	return position;
}

struct position reader_place_in_hand(const struct journal_reader *reader, uint64_t sequence)
{
	const struct handed_out *oldest = item_at(reader, 0);

	return place_of(oldest, (uint32_t)(sequence - oldest->first_sequence));
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
		reader->acked = place_of(item_at(reader, 0), entry);
		reader_publish_acked(reader);
	} else {
		reader_pass_acked(reader);
	}
}

void reader_lose_hand(struct journal_reader *reader)
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
	reader_lose_hand(reader);
	reader_publish_acked(reader);
	reader_stand_at(reader, &reader->acked);
}
