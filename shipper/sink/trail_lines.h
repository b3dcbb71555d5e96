/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the lines of a trail say of themselves: where the last whole one ends, and which events the
 * first and the last hold. Lines of JSON (one event or a document of several) name them by
 * event.id, metadata.uid or first_sequence and last_sequence, lines of CSV by event.id in the last
 * column. Only reads; what it reads may be anybody's.
 */
#ifndef AUDITSHIP_TRAIL_LINES_H
#define AUDITSHIP_TRAIL_LINES_H

#include "base/json_read.h"
#include "sink/sink.h"

#include <sys/types.h>

#define TRAIL_LINE_MAX JSON_READ_MAX_SIZE

/* first.sequence and last.sequence 0: not known. Both are of one stream. */
struct trail_line {
	struct sink_position first, last;
};

/*
 * The length of the file without what follows its last line feed: a line whose writing was
 * interrupted, and zeros, of any length, behind it. -EFBIG: no line is as long as what follows,
 * this is no trail. Or another errno.
 */
int trail_lines_end(int fd, off_t size, off_t *ret_length);

/* The last line of a file of that length. */
void trail_lines_last(int fd, off_t length, struct trail_line *ret_line);

/* The first that holds events: a table has a header above them. */
void trail_lines_first(int fd, off_t length, struct trail_line *ret_line);

#endif
