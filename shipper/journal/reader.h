/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the reader's files share. Everything but the acknowledged position (under the lock) belongs
 * to the reader's own thread.
 */
#ifndef AUDITSHIP_JOURNAL_READER_H
#define AUDITSHIP_JOURNAL_READER_H

#include "journal/state.h"

/* A frame that was handed out and is not wholly acknowledged. */
struct handed_out {
	uint64_t segment;
	uint64_t offset;
	uint64_t first_sequence;
	uint64_t first_index;
	uint32_t count;
	uint8_t stream[16];
};

struct journal_reader {
	struct journal *journal;
	struct cursor *cursor; /* NULL: holds nothing back, and may miss what is deleted */
	int wake_fd;
	atomic_bool asleep; /* found nothing: the next append wakes it */

	/* reader_walk.c: where it reads. */
	struct segment *segment; /* NULL: the first one numbered at least wanted_segment */
	uint64_t wanted_segment;
	int fd;
	uint64_t offset;
	uint32_t entry; /* to leave out of the frame at offset */
	uint64_t index; /* of the next event it expects */
	bool damaged;   /* something was skipped since the last good frame */
	struct buf frame;

	/* reader_hand.c: what it was given and has not acknowledged, a ring. */
	struct handed_out *items;
	uint32_t item_first, item_count, item_capacity;
	struct position acked;
	_Atomic uint64_t acked_index;

	/* For who counts. */
	uint64_t opened_index; /* acked_index as it was when the reader was opened */
	uint64_t expired_before, unreadable_before; /* the cursor's, as they were then */
	_Atomic uint64_t missed; /* without a cursor: events deleted or damaged before it came */

	struct journal_reader *next; /* lock */
};

/* reader_walk.c: the segment it stands in, and the next frame there. */

/* The first one numbered at least number, held until it is given back: others may give it up. */
struct segment *reader_take_segment(struct journal_reader *reader, uint64_t number);
void reader_give_segment_back(struct journal_reader *reader, struct segment *segment);

void reader_stand_at(struct journal_reader *reader, const struct position *position);
void reader_stand_at_end(struct journal_reader *reader); /* of a reader that stands nowhere yet */
void reader_stand_nowhere(struct journal_reader *reader);
struct position reader_place(const struct journal_reader *reader);

/* The segment it stands in, so that reader->fd can be read. */
int reader_open_segment(struct journal_reader *reader);

/* Is what it would read next gone? */
bool reader_is_given_up(const struct journal_reader *reader);

/* Is there anything to read? If not, the next append wakes it. */
bool reader_find(struct journal_reader *reader);

/* 1: a frame to hand out is in reader->frame. 0: look again. -EAGAIN: not before what is in hand is
 * acknowledged. */
int reader_read(struct journal_reader *reader);
void reader_pass_frame(struct journal_reader *reader); /* once it was handed out */

/* reader_hand.c: what it has in hand, and the acknowledged position. */

/* 1: the frame is in hand. 0: it was given up just now, look again. */
int reader_hand_out(struct journal_reader *reader, struct journal_batch *ret_batch);

/* What it had in hand comes again, but for what was given up meanwhile. */
void reader_lose_hand(struct journal_reader *reader);

/* Of one event of the oldest frame in hand. */
struct position reader_place_in_hand(const struct journal_reader *reader, uint64_t sequence);

/* reader->acked, to the cursor and to who counts. */
void reader_publish_acked(struct journal_reader *reader);
/* With nothing in hand, all that was passed over is behind the cursor too. */
void reader_pass_acked(struct journal_reader *reader);

/* reader_start.c: where it begins. */
void reader_start_at_cursor(struct journal_reader *reader);
void reader_start_at_end(struct journal_reader *reader);

#endif
