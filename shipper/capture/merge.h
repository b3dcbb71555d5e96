/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of the two rings in one order. Promised: the order of each ring, and that what ended
 * before something else began comes before it, whichever rings they are in: a process's exec before
 * its later opens, an open before the exec or the exit that follows it. Not promised: a total order
 * by time. Owned by the collect thread.
 *
 * Two things outweigh the promise, and each such turn is counted. Vital never waits behind bulk
 * when its own ring fills. And a record that is still being written holds up the other ring for a
 * short time only.
 */
#ifndef AUDITSHIP_MERGE_H
#define AUDITSHIP_MERGE_H

#include "base/clock.h"
#include "capture/ring.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERGE_PATIENCE_NS (20 * NS_PER_MS) /* with a record that is being written */
#define MERGE_FULL_SHARE 4                 /* a ring fills when more than 1/4 of it is used */
#define MERGE_LOOK_BYTES (32 * 1024)       /* of bulk between two looks at how full vital is */

struct merge_side {
	struct ring *ring; /* borrowed */
	uint64_t end;
	const void *record; /* the next one, NULL: not looked at */
	size_t size;
	uint64_t time_ns;
	bool over;    /* nothing more of it in this turn */
	bool blocked; /* by a record that is being written */
	uint64_t blocked_at, blocked_since_ns;
};

struct merge {
	struct merge_side vital, bulk;
	uint64_t now_ns;
	uint64_t bulk_bytes;
	bool vital_first, more;
	bool overtook;      /* in this turn */
	uint64_t overtakes; /* turns in which one ring went ahead of the other */
};

/* The rings are borrowed. */
void merge_init(struct merge *merge, struct ring *vital, struct ring *bulk);

/* A turn: what is in the rings now and began before now_ns (CLOCK_BOOTTIME), which is the present
 * time. */
void merge_begin(struct merge *merge, uint64_t now_ns);

/* 1 with the next record, valid until the next call; 0 when the turn is over. */
int merge_next(struct merge *merge, const void **ret_record, size_t *ret_size);

/* After 0: whether to begin the next turn at once, when the rings have been released. */
bool merge_has_more(const struct merge *merge);

/* Gives everything that was read back to the producers. */
void merge_release(struct merge *merge);

#endif
