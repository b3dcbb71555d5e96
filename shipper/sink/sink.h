/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A place that rendered events go to. A sink writes what it is given and says what has arrived; it
 * never retries, sleeps, encodes or drops: that is the deliver thread's, which alone calls it.
 */
#ifndef AUDITSHIP_SINK_H
#define AUDITSHIP_SINK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An event's place in the world: what event.id says. */
struct sink_position {
	uint8_t stream[16];
	uint64_t sequence; /* 0: none */
};

/* Whole rendered lines. Borrowed until submit returns. */
struct sink_batch {
	const char *data;
	size_t size;
	uint32_t count;            /* events in it */
	struct sink_position last; /* of the last event in it */
};

struct sink;

struct sink_ops {
	/*
	 * Makes the sink ready, again after an error. *ret_resume is the last event that is surely
	 * there already (sequence 0: not known), so that nothing is written twice.
	 */
	int (*open)(struct sink *sink, struct sink_position *ret_resume, struct err *err);
	/*
	 * Takes the batch whole or leaves no trace of it. A sink that cannot take back what went
	 * out (a terminal, a pipe) remembers how far it came: after an error it is given the very
	 * same batch again. -EAGAIN: the receiver takes nothing just now; submit has waited for a
	 * while, and can be called again at once, without open. -EPIPE: it has gone for good.
	 */
	int (*submit)(struct sink *sink, const struct sink_batch *batch, struct err *err);
	/* Sets *ret_acked to the last event that has arrived. */
	int (*poll)(struct sink *sink, struct sink_position *ret_acked, struct err *err);
	/* Pushes out what is buffered, at the end. */
	int (*flush)(struct sink *sink, struct err *err);
	void (*close)(struct sink *sink); /* frees the sink */
};

/* First member of every sink. */
struct sink {
	const struct sink_ops *ops;
	uint64_t cut_bytes; /* by the last open: the end of a line that was never finished */
};

/*
 * A trail file of whole lines, appended to, mode 0600 when made (its directories 0700). Only one
 * process writes it: -EBUSY from open. path is copied.
 */
int file_sink_new(struct sink **ret_sink, const char *path, struct err *err);

/* Standard output (or any descriptor, borrowed): -EPIPE from submit once the reader has gone. */
int stdout_sink_new(struct sink **ret_sink, int fd, struct err *err);

#endif
