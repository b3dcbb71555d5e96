/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One batch on its way, with what the account has to know of it: a run of events of one stream
 * without a gap in their numbers, of which some became messages and others were passed over. Of the
 * deliver thread.
 */
#ifndef AUDITSHIP_PENDING_H
#define AUDITSHIP_PENDING_H

#include "base/buf.h"
#include "sink/sink.h"

#include <stdbool.h>
#include <stdint.h>

/* Events that could not be rendered, which is told in their turn. */
struct rejected {
	uint64_t sequence; /* of the first */
	uint32_t events;
	const char *why; /* lives for ever */
};

/* Read freely; changed by the functions below, but for text, oldest_ns and header. */
struct pending {
	struct buf text; /* the lines */
	struct buf keys;
	struct sink_message *messages;
	/* How many events were not wanted before each message, and behind the last. */
	uint32_t *filtered;
	struct rejected *rejected;
	uint32_t rejected_count, rejected_capacity;
	uint32_t rejected_told; /* of them, from the front */
	uint32_t capacity;      /* of messages; filtered has one more */
	uint32_t count;         /* messages */
	uint32_t settled;       /* of them, from the front */
	uint32_t events;        /* first to last */
	uint64_t first, last;
	uint8_t stream[16];
	uint64_t begun_ns;  /* CLOCK_MONOTONIC, with the first event */
	uint64_t oldest_ns; /* CLOCK_BOOTTIME at which the first event was taken up */
	bool header;        /* no events: what stands above them */
	bool sealed;        /* view is valid, and nothing is added any more */
	struct sink_batch view;
};

/* For about so many bytes. NULL: no memory. */
struct pending *pending_new(size_t bytes, size_t bytes_max);
void pending_free(struct pending *batch);
void pending_clear(struct pending *batch);

/* How many were not wanted since the last message. */
uint32_t *pending_filtered(const struct pending *batch);

/* Where the next that is rejected is told of. NULL: no memory. */
struct rejected *pending_reject(struct pending *batch);

/* Whether that event can be the next one. */
bool pending_follows(const struct pending *batch, const uint8_t stream[16], uint64_t sequence);

/* Those events belong to it now, whatever became of them. */
void pending_extend(struct pending *batch, const uint8_t stream[16], uint64_t first, uint64_t last);

/* Where the next message is made, in place: one that is copied right after it was made waits until
 * its line has left the CPU. NULL: no memory. */
struct sink_message *pending_next(struct pending *batch);
/* It is the last line of text; its key, if it has one, is copied. 0 or -ENOMEM; then text is
 * without that line. */
int pending_add(struct pending *batch);

/* From now on view is what a sink gets. */
void pending_seal(struct pending *batch);

/* After seal: view begins at the first message that has not settled, and nothing is taken. */
void pending_rebase(struct pending *batch);

/* The text, which nobody looks at again, goes: to ret_text, when that has no memory yet. */
void pending_drop_text(struct pending *batch, struct buf *ret_text);

/* Messages that a sink has, counted from the first of all. */
uint32_t pending_taken(const struct pending *batch);

/* Bytes it takes while it is under way. */
size_t pending_cost(const struct pending *batch, uint32_t overhead);

#endif
