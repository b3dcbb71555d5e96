/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a cursor has to tell of events that its reader never got. All of it under the journal's
 * lock; the cursor's file keeps what the stream does not tell yet.
 */
#ifndef AUDITSHIP_JOURNAL_GAPS_H
#define AUDITSHIP_JOURNAL_GAPS_H

#include "journal/state.h"

/* count events from index on, which lie in that segment or behind it, before next. */
void gaps_add_between(struct journal *journal, struct cursor *cursor, uint64_t index,
		      const struct segment *segment, const struct segment *next,
		      enum journal_gap_reason reason);

/* The segment is given up: who needs it goes on at the next one. False: not now. */
bool gaps_give_up(struct journal *journal, const struct segment *segment,
		  enum journal_gap_reason reason);

/* Nobody has in hand any more what the cursor's reader had, and the part of it that lies before the
 * cursor's place comes no more. */
void gaps_lose_hand(struct journal *journal, struct cursor *cursor);

/* The cursor as it is to be stored. */
void gaps_place(const struct cursor *cursor, struct cursor_place *ret_place);

#endif
