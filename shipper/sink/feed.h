/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands between the journal and one sink: reads, filters and renders events into batches,
 * keeps each until all of it has arrived, and moves the journal's cursor. It belongs to the deliver
 * thread; only feed_counters and feed_through are for any thread. It never calls the sink to move
 * anything, and knows no time to wait but a batch's own.
 */
#ifndef AUDITSHIP_FEED_H
#define AUDITSHIP_FEED_H

#include "filter/condition.h"
#include "journal/journal.h"
#include "render/render.h"
#include "sink/sink.h"

#include <stdbool.h>

struct feed;

/* A batch is ready when it has so many bytes or events, or its first event has waited so long. */
struct feed_limits {
	size_t batch_bytes;
	uint32_t batch_events;  /* 0: as many as fit */
	unsigned int linger_ms; /* 0: when the journal has no more just now */
	/* Of all that is under way, with what the sink needs beside it; one batch always may. */
	size_t in_flight_bytes;
};

/* An event that will not arrive. */
struct feed_dead {
	const uint8_t *stream;
	uint64_t sequence; /* the first, when it is several */
	uint32_t events;
	const char *why;
	const char *text; /* as it would have been sent; NULL: it could not be rendered */
	size_t size;
};

struct feed_options {
	const struct render_identity *identity; /* only needed until feed_new returns */
	struct render_options render; /* its columns must outlive the feed; leave_out is copied */
	bool documents;         /* each batch is one document of its events, see render/batch.h */
	struct condition *when; /* given up, also when feed_new fails; NULL: every event */
	struct sink *sink;      /* borrowed: what it wants of a message */
	struct feed_limits limits;
	void (*on_dead)(void *data, const struct feed_dead *dead);
	void *data;
};

/* See struct deliver_status. */
struct feed_counters {
	uint64_t acknowledged, skipped, filtered, rejected, dead, bytes;
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
 * is acknowledged to the journal and counted as skipped; what was under way is to be submitted
 * again. 0 or a negative errno: to be tried again.
 */
int feed_resume(struct feed *feed, const struct sink_position *resume, struct err *err);

/*
 * Reads on, unless a batch is ready or too much is under way. 1: there was something to do, 0: not
 * just now, or a negative errno.
 */
int feed_fill(struct feed *feed, struct err *err);

/* The batch to submit next, NULL when none is ready. Lives as sink.h promises. */
struct sink_batch *feed_next(struct feed *feed);

/* The sink has taken all of that. */
void feed_submitted(struct feed *feed);

/*
 * The sink has come so far since it was opened; why: words for a refusal. 1: something has settled,
 * 0: nothing new; -EMSGSIZE: a message is to be shrunk, so the sink has to be opened again; -EPROTO
 * told in err: it says more than it was given.
 */
int feed_settle(struct feed *feed, const struct sink_progress *progress, const char *why,
		struct err *err);

/* Messages that are submitted, in whole or in part, and not settled. */
uint64_t feed_under_way(const struct feed *feed);

/* Whether nothing is rendered that has not settled. */
bool feed_is_idle(const struct feed *feed);

/* Whether feed_fill would read when the journal had more. */
bool feed_wants_more(const struct feed *feed);

/* Until the batch in the making is ready by time; UINT_MAX: there is none. */
unsigned int feed_ready_in_ms(const struct feed *feed);

/* Nothing lingers from now on. */
void feed_hurry(struct feed *feed);

void feed_counters(const struct feed *feed, struct feed_counters *ret_counters);

/* Events that need nobody's care any more, for whatever reason. */
uint64_t feed_through(const struct feed *feed);

#endif
