/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many events as one document, which is how they travel as one message: agent, host and the numbers
 * of the events once, then the events without them. One line of JSON. Of the thread that renders.
 */
#ifndef AUDITSHIP_BATCH_H
#define AUDITSHIP_BATCH_H

#include "base/buf.h"
#include "base/err.h"
#include "render/leaf.h"
#include "render/render.h"

#define BATCH_SCHEMA_VERSION "0.1.0"

extern const struct leaf batch_schema_leaves[]; /* below "schema" */
extern const struct leaf batch_leaves[];        /* beside it; "events" is the list of them */

struct batch;

struct batch_options {
	enum render_detail detail;
	struct omission leave_out; /* borrowed while the batch is made */
	size_t bytes_max;          /* of one document; an event that is longer alone is refused */
	unsigned int count_max;
};

/* identity is not needed afterwards. 0 or a negative errno told in err. */
int batch_new(struct batch **ret_batch, const struct batch_options *options,
	      const struct render_identity *identity, struct err *err);
void batch_free(struct batch *batch);

/*
 * Puts an event into the document. 0, or -EAGAIN: the document has to be taken first, since it is
 * full or the event is of another stream; -EMSGSIZE: it is too long for any; -ENOMEM, -EINVAL: no
 * line can be made of it. But for 0 the document is as it was.
 */
int batch_add(struct batch *batch, const struct event *event);

/* Takes the event out again that batch_add has put in last; once. */
void batch_undo(struct batch *batch);

/* Forgets the events in the document. */
void batch_clear(struct batch *batch);

/* Another bytes_max, from the next event on. */
void batch_limit(struct batch *batch, size_t bytes_max);

/* Events in the document. */
unsigned int batch_count(const struct batch *batch);

/*
 * Appends the document to out as one line and starts the next one. 0 also when it has no event:
 * then nothing is appended. -EMSGSIZE or -ENOMEM: out and the document are as before.
 */
int batch_take(struct batch *batch, struct buf *out);

#endif
