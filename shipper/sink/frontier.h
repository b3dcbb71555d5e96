/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For a sink whose messages settle out of order: how far they have without a gap, which is what
 * poll tells. Messages are named by their number since open: 0, 1, 2 ... Embedded; of the deliver
 * thread.
 */
#ifndef AUDITSHIP_FRONTIER_H
#define AUDITSHIP_FRONTIER_H

#include "sink/sink.h"

#include <stdint.h>

#define FRONTIER_ARRIVED 1

struct frontier {
	int16_t *codes; /* a ring: 0: under way, FRONTIER_ARRIVED, or a negative errno: refused */
	uint32_t capacity;
	uint64_t settled; /* the first that poll has not told of */
	uint64_t taken;   /* the next one's number */
};

void frontier_init(struct frontier *frontier);
void frontier_done(struct frontier *frontier);

/* At open: nothing is under way, and numbers begin at 0 again. Keeps its memory. */
void frontier_clear(struct frontier *frontier);

/* One more is under way. 0 with its number, or -ENOMEM. */
int frontier_take(struct frontier *frontier, uint64_t *ret_number);

/* code: FRONTIER_ARRIVED or a negative errno. A second code for one message changes nothing. */
void frontier_settle(struct frontier *frontier, uint64_t number, int code);

/* Moves on to the first that is still under way, or to behind the first that was refused. */
void frontier_poll(struct frontier *frontier, struct sink_progress *ret_progress);

static inline uint64_t frontier_under_way(const struct frontier *frontier)
{
	return frontier->taken - frontier->settled;
}

#endif
