/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes an event's line fit where only so many bytes are taken. Values are shortened before they
 * are rendered, the longest first: arguments, environment and paths, then other texts; so the line
 * is as right as any, and says of each value how much of it is there and what the whole hashes to
 * (Linux.truncated). Of the thread that renders.
 */
#ifndef AUDITSHIP_SHRINK_H
#define AUDITSHIP_SHRINK_H

#include "base/buf.h"
#include "decode/entry.h"

#include <stddef.h>

struct shrink;

/* NULL: no memory. */
struct shrink *shrink_new(void);
void shrink_free(struct shrink *shrink);

/* Appends the event as a line with its line feed; see renderer_event for what it returns. */
typedef int shrink_render(void *data, const struct event *event, struct buf *out);

/*
 * Appends the event as a line of at most max bytes before the line feed, which it is not without
 * this. 0, -EMSGSIZE: it cannot be made so short, or what render returns; out is then as before.
 */
int shrink_event(struct shrink *shrink, const struct event *event, size_t max,
		 shrink_render *render, void *data, struct buf *out);

#endif
