/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands between the journal and one sink: reads, filters and renders events into one batch,
 * keeps it until it has arrived, and moves the journal's cursor. It belongs to the deliver thread;
 * only feed_counters and feed_through are for any thread. It knows no sink and no time to wait.
 */
#ifndef AUDITSHIP_FEED_H
#define AUDITSHIP_FEED_H

#include "filter/condition.h"
#include "journal/journal.h"
#include "render/render.h"
#include "sink/sink.h"

#include <stdbool.h>

struct feed;

struct feed_options {
	const struct render_identity *identity; /* must outlive the feed */
	struct render_options render;           /* its columns must outlive the feed */
	struct condition *when; /* given up, also when feed_new fails; NULL: every event */
	size_t batch_bytes;     /* a batch is full when this much is rendered */
	/* An event that cannot be rendered is left out; steps after it may be so with it. */
	void (*on_reject)(void *data, uint64_t sequence, const char *why);
	void *data;
};

/* See struct deliver_status. */
struct feed_counters {
	uint64_t acknowledged, skipped, filtered, rejected, bytes;
	uint64_t acknowledged_ns, oldest_ns;
};

int feed_new(struct feed **ret_feed, const struct feed_options *options, struct err *err);

/*
 * From here on events say this of host and agent; what is rendered already stays as it is. Only
 * needed until it returns. 0, or a negative errno: nothing has changed.
 */
int feed_use_identity(struct feed *feed, const struct render_identity *identity, struct err *err);

/* Does not close the reader, nor look at it: it may be closed before. NULL is fine. */
void feed_free(struct feed *feed);

/* Once, before all that follows. Borrowed. */
void feed_read_from(struct feed *feed, struct journal_reader *reader);

/*
 * The sink was opened and found this event as its last, or none (sequence 0). What is surely there
 * is acknowledged to the journal and counted as skipped. 0 or a negative errno: to be tried again.
 */
int feed_resume(struct feed *feed, const struct sink_position *resume, struct err *err);

/*
 * Makes a batch, unless there is one that has not arrived; the first is the renderer's header, if
 * it has one. 1: there is one, 0: the journal has no more just now, or a negative errno.
 */
int feed_fill(struct feed *feed, struct err *err);

/*
 * After feed_fill gave 1: borrowed until feed_arrived. With size 0 none of its events is wanted,
 * and no sink has to see it. With a size and count 0 it is the header.
 */
void feed_batch(const struct feed *feed, struct sink_batch *ret_batch);

/*
 * The sink has acknowledged the batch's events up to that one; what it says of a header does not
 * matter. False when that is not all: the rest will be read and rendered again.
 */
bool feed_arrived(struct feed *feed, const struct sink_position *acknowledged);

void feed_counters(const struct feed *feed, struct feed_counters *ret_counters);

/* Events that need nobody's care any more, for whatever reason. */
uint64_t feed_through(const struct feed *feed);

#endif
