/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From events to the lines that messages are: each event one, or many together one document
 * (render/batch.h); and none longer than its place takes, as far as shortening values helps. Of the
 * deliver thread.
 */
#ifndef AUDITSHIP_LINES_H
#define AUDITSHIP_LINES_H

#include "base/buf.h"
#include "base/err.h"
#include "render/render.h"

#include <stdbool.h>
#include <stddef.h>

struct lines;

struct lines_options {
	struct render_options render;
	bool documents;        /* of format RENDER_ECS only */
	size_t document_bytes; /* with documents: of one at most */
	unsigned int document_events;
};

/* identity is not needed afterwards. */
int lines_new(struct lines **ret_lines, const struct lines_options *options,
	      const struct render_identity *identity, struct err *err);
void lines_free(struct lines *lines); /* NULL is fine */

/* No line may have more bytes than that before its line feed; 0: any. For what comes next. */
void lines_limit(struct lines *lines, size_t max);

int lines_header(struct lines *lines, struct buf *out);

/*
 * Appends the event's line, or with documents puts it into the one in the making. 0; 1: nothing is
 * to be said of it; -EAGAIN: the document has to be ended first; -EMSGSIZE with *ret_why: no line
 * of it would be short enough; -ENOMEM.
 */
int lines_add(struct lines *lines, const struct event *event, struct buf *out,
	      const char **ret_why);

/* Appends the document in the making as a line, if there is one. 0 or as lines_add. */
int lines_end_document(struct lines *lines, struct buf *out);

/* Events in the document in the making. */
unsigned int lines_in_document(const struct lines *lines);

void lines_forget_document(struct lines *lines);

#endif
