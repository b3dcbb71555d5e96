/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the gaps of cursors: made when segments are given up, or when a reader finds events missing;
 * handed to the writer, which puts them into the stream; forgotten once it has. Counts are always
 * exact; where more ranges wait than a cursor's file has room for, the last loses its end.
 */
#include "journal/gaps.h"

#include <string.h>

static bool follows(const struct cursor_gap *before, const struct cursor_gap *gap)
{
	return before->reason == gap->reason && before->last_sequence &&
	       before->last_sequence + 1 == gap->first_sequence &&
	       memcmp(before->stream, gap->stream, sizeof(gap->stream)) == 0;
}

static void count_gap(struct cursor *cursor, const struct cursor_gap *gap)
{
	bool given_up = gap->reason < JOURNAL_GAP_DAMAGED;

	atomic_fetch_add(given_up ? &cursor->expired : &cursor->unreadable, gap->count);
}

/* Adds it to those to be told, as one with the last where it follows; none is ever left out. */
static void add_gap(struct journal *journal, struct cursor *cursor, const struct cursor_gap *gap)
{
	struct cursor_place *place = &cursor->wanted;
	struct cursor_gap *last = place->gap_count ? &place->gaps[place->gap_count - 1] : NULL;

	if (gap->count == 0)
		return;
	count_gap(cursor, gap);
	if (last && (follows(last, gap) || place->gap_count == CURSOR_GAPS)) {
		last->last_sequence = follows(last, gap) ? gap->last_sequence : 0;
		last->count += gap->count;
		return;
	}
	cursor->taken[place->gap_count] = 0;
	place->gaps[place->gap_count++] = *gap;
	atomic_fetch_add(&journal->untold, 1);
}

void gaps_add_between(struct journal *journal, struct cursor *cursor, uint64_t index,
		      const struct segment *segment, const struct segment *next,
		      enum journal_gap_reason reason)
{
	const struct position *position = &cursor->wanted.position;
	struct cursor_gap gap = {.count = next->first_index - index, .reason = reason};
	bool one_stream;

	if (segment && index >= segment->first_index) {
		memcpy(gap.stream, segment->stream, sizeof(gap.stream));
		gap.first_sequence = segment->first_sequence + (index - segment->first_index);
	} else if (index == position->index) {
		memcpy(gap.stream, position->stream, sizeof(gap.stream));
		gap.first_sequence = position->sequence;
	}
	one_stream = (segment && next->number <= segment->number + 1) ||
		     memcmp(gap.stream, next->stream, sizeof(gap.stream)) == 0;
	if (gap.first_sequence && one_stream)
		gap.last_sequence = gap.first_sequence + gap.count - 1;
	add_gap(journal, cursor, &gap);
}

/* What is in hand stays the reader's: it is told when that loses it. */
static void move_on(struct journal *journal, struct cursor *cursor, const struct segment *segment,
		    enum journal_gap_reason reason)
{
	const struct segment *next = segment->next;
	struct position *position = &cursor->wanted.position;
	uint64_t from = position->index;

	if (cursor->hand.end_index > from)
		from = cursor->hand.end_index;
	if (from < next->first_index)
		gaps_add_between(journal, cursor, from, segment, next, reason);
	*position = (struct position){
		.segment = next->number,
		.offset = next->header_size,
		.index = next->first_index,
		.sequence = next->first_sequence,
	};
	memcpy(position->stream, next->stream, sizeof(position->stream));
	cursor->floor_reason = reason;
	atomic_store(&cursor->floor, next->first_index);
}

bool gaps_give_up(struct journal *journal, const struct segment *segment,
		  enum journal_gap_reason reason)
{
	for (struct cursor *cursor = journal->cursors; cursor; cursor = cursor->next)
		if (!cursor->let_go && !cursor->placed)
			return false;
	for (struct cursor *cursor = journal->cursors; cursor; cursor = cursor->next)
		if (!cursor->let_go && cursor->wanted.position.segment < segment->next->number)
			move_on(journal, cursor, segment, reason);
	journal->given_up = segment->next->number;
	return true;
}

/* The part of what is in hand that is not behind the cursor's place any more. */
static struct cursor_gap owed_of(const struct cursor *cursor)
{
	const struct in_hand *hand = &cursor->hand;
	uint64_t floor = atomic_load(&cursor->floor);
	uint64_t end = hand->end_index < floor ? hand->end_index : floor;
	struct cursor_gap gap = {
		.first_sequence = hand->sequence,
		.count = end > hand->first_index ? end - hand->first_index : 0,
		.reason = cursor->floor_reason,
	};

	memcpy(gap.stream, hand->stream, sizeof(gap.stream));
	if (!hand->mixed)
		gap.last_sequence = gap.first_sequence + gap.count - 1;
	return gap;
}

void gaps_lose_hand(struct journal *journal, struct cursor *cursor)
{
	struct cursor_gap owed = owed_of(cursor);

	add_gap(journal, cursor, &owed);
	cursor->hand = (struct in_hand){0};
}

void gaps_place(const struct cursor *cursor, struct cursor_place *ret_place)
{
	struct cursor_gap owed = owed_of(cursor);

	*ret_place = cursor->wanted;
	if (owed.count > 0)
		ret_place->gaps[ret_place->gap_count++] = owed;
}

static void describe(const struct cursor *cursor, const struct cursor_gap *gap,
		     struct journal_gap *ret_gap)
{
	*ret_gap = (struct journal_gap){
		.first_sequence = gap->first_sequence,
		.last_sequence = gap->last_sequence,
		.count = gap->count,
		.reason = gap->reason,
	};
	memcpy(ret_gap->sink, cursor->name, sizeof(ret_gap->sink));
	memcpy(ret_gap->stream, gap->stream, sizeof(ret_gap->stream));
}

bool journal_take_gap(struct journal *journal, struct journal_gap *ret_gap)
{
	bool found = false;

	if (atomic_load(&journal->untold) == 0)
		return false;
	(void)pthread_mutex_lock(&journal->lock);
	for (struct cursor *cursor = journal->cursors; cursor && !found; cursor = cursor->next) {
		for (uint32_t i = 0; i < cursor->wanted.gap_count && !found; i++) {
			/* a cursor's file may tell of no event at all: that is forgotten with the
			 * others */
			if (cursor->taken[i] > 0 || cursor->wanted.gaps[i].count == 0)
				continue;
			cursor->taken[i] = cursor->wanted.gaps[i].count;
			describe(cursor, &cursor->wanted.gaps[i], ret_gap);
			found = true;
		}
	}
	(void)pthread_mutex_unlock(&journal->lock);
	return found;
}

/* A gap may have grown since it was taken: the rest stays to be told. */
static void forget_taken(struct journal *journal, struct cursor *cursor)
{
	struct cursor_place *place = &cursor->wanted;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < place->gap_count; i++) {
		struct cursor_gap gap = place->gaps[i];

		gap.count -= cursor->taken[i];
		if (gap.count == 0) {
			atomic_fetch_sub(&journal->untold, 1);
			continue;
		}
		if (gap.last_sequence)
			gap.first_sequence += cursor->taken[i];
		cursor->taken[kept] = 0;
		place->gaps[kept++] = gap;
	}
	place->gap_count = kept;
}

void journal_gaps_told(struct journal *journal)
{
	if (atomic_load(&journal->untold) == 0)
		return;
	(void)pthread_mutex_lock(&journal->lock);
	for (struct cursor *cursor = journal->cursors; cursor; cursor = cursor->next)
		forget_taken(journal, cursor);
	(void)pthread_mutex_unlock(&journal->lock);
}
