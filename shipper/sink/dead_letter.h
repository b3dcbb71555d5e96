/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where events go that their sink will never take: a file of JSON lines, each whole, with the
 * reason and the event as it would have been sent. Bounded: at its size it becomes NAME.1, in the
 * place of the one before, so at most twice that is kept, the newest. Mode 0600. Of the deliver
 * thread.
 *
 *     {"reason":"...","sink":"siem","@timestamp":"...","event":{"id":"<stream>:<sequence>"},
 *      "message":"{...}"}
 *
 * "count" follows the time when it is several events, from event.id on; "message" is missing when
 * they could not be rendered.
 */
#ifndef AUDITSHIP_DEAD_LETTER_H
#define AUDITSHIP_DEAD_LETTER_H

#include "base/err.h"
#include "sink/feed.h"

#include <stdint.h>

struct dead_letter;

/* Touches no file before there is something to write. Both texts are copied. 0 or -ENOMEM. */
int dead_letter_new(struct dead_letter **ret_letters, const char *path, const char *sink,
		    uint64_t max_bytes);
void dead_letter_free(struct dead_letter *letters); /* NULL is fine */

/* 0 when the line is on disk, or a negative errno told in err; the file is whole either way. */
int dead_letter_add(struct dead_letter *letters, const struct feed_dead *dead, struct err *err);

#endif
