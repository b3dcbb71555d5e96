/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One deliver thread per sink: cursor -> render -> batch -> submit -> acknowledgement -> cursor.
 * Owns its reader, feed and sink. A failing sink is retried with backoff and jitter, without
 * end, and touches nobody else.
 */
#ifndef AUDITSHIP_DELIVER_H
#define AUDITSHIP_DELIVER_H

#include "filter/condition.h"
#include "journal/journal.h"
#include "render/render.h"
#include "sink/feed.h"
#include "sink/sink.h"

struct deliver;

struct deliver_options {
	const char *name; /* of the sink in the configuration, and of its cursor */
	struct journal *journal;
	bool ephemeral; /* no cursor: from now on, and what it has not read may be deleted */
	const struct journal_start *from; /* of an ephemeral one: from there; NULL: from now on */
	const struct render_identity *identity; /* only needed until deliver_start returns */
	struct render_options render;
	bool documents;         /* a message is not one event but a document of a batch of them */
	struct condition *when; /* given up like the sink: only these events; NULL: all */
	struct sink *sink;      /* given up to the deliver thread, also when deliver_start fails */
	bool open_later;        /* by the thread, which tries until it works */
	struct feed_limits limits;
	unsigned int retry_first_ms, retry_max_ms; /* bounds of the wait; 0: those of backoff.h */
	const char *dead_letter_path;              /* NULL: what is dead is counted and no more */
	uint64_t dead_letter_bytes;                /* of one of its two files */
	/* Called from the deliver thread when the reader of a pipe has gone. May be NULL. */
	void (*on_reader_gone)(void *data);
	void *data;
};

/* Any thread may ask. Times are CLOCK_BOOTTIME, 0: never. */
struct deliver_status {
	uint64_t found;         /* events that waited in the journal at the start */
	uint64_t acknowledged;  /* events */
	uint64_t skipped;       /* were there already when the sink was opened */
	uint64_t filtered;      /* not wanted here: when */
	uint64_t expired;       /* given up for a bound of the journal: events_expired names them */
	uint64_t unreadable;    /* damaged or missing in the journal: the same */
	uint64_t rejected;      /* could not be rendered: damaged entries, lines above 4 MiB */
	uint64_t dead_lettered; /* refused by the sink for good */
	uint64_t unkept;        /* of those and the rejected: without a line in the file */
	uint64_t offered; /* found, and appended since: never less than those above together */
	uint64_t waiting; /* in the journal, not yet acknowledged */
	uint64_t missed;  /* ephemeral: deleted from the journal before they were read */
	uint64_t waiting_bytes;
	uint64_t bytes;
	uint64_t cut_bytes; /* ends of unfinished lines that were there when it was opened */
	uint64_t failures;  /* tries that failed */
	bool failing;       /* the last try failed; last_error says why */
	bool blocked; /* nothing gets through just now, without a fault that opening could mend */
	uint64_t failing_since_ns; /* the first of the tries that have failed since one worked */
	uint64_t failed_ns;        /* the last try that failed */
	uint64_t acknowledged_ns;  /* the last acknowledgement */
	uint64_t in_sink_since_ns; /* the call into the sink that lasts; 0: none does */
	uint64_t oldest_ns;        /* when the oldest event in hand was taken up; 0: none is */
	struct err last_error;
	struct sink_state sink;
};

/* Opens the sink once unless it says later, so that what a person has to mend is told at once
 * (sink.h). Nothing is delivered before deliver_begin starts the thread, which goes on trying all
 * else; deliver_stop is due even when that fails. */
int deliver_new(struct deliver **ret_deliver, const struct deliver_options *options,
		struct err *err);
int deliver_begin(struct deliver *deliver, struct err *err);

/* Both. */
int deliver_start(struct deliver **ret_deliver, const struct deliver_options *options,
		  struct err *err);

/* The stop begins, to be waited for by deliver_stop with the same deadline. NULL is fine. */
void deliver_announce_stop(struct deliver *deliver, unsigned int deadline_ms);

/*
 * Lets the thread deliver what is in the journal now, for at most deadline_ms, then ends it and
 * frees everything. *ret_status (may be NULL) gets the last figures. NULL is fine. A sink that
 * hangs is given two seconds more; then its thread is left behind with what it owns (false), but
 * not with the journal's reader, so the journal can be closed.
 */
bool deliver_stop(struct deliver *deliver, unsigned int deadline_ms,
		  struct deliver_status *ret_status);

/* What later events say of host and agent: a copy, given up to the thread. Any thread. */
void deliver_give_identity(struct deliver *deliver, struct render_identity *identity);

void deliver_status(struct deliver *deliver, struct deliver_status *ret_status);

/* Has a sink that writes files begin a new one, soon. NULL is fine. */
void deliver_rotate(struct deliver *deliver);

#endif
