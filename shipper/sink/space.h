/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder of a disk that fills: warn, then make room, then pause. It is climbed down by itself,
 * since nothing is remembered.
 */
#ifndef AUDITSHIP_SPACE_H
#define AUDITSHIP_SPACE_H

#include <stdint.h>

enum space_level {
	SPACE_FINE,
	SPACE_WARN,  /* tell */
	SPACE_LOW,   /* rotate early, delete the oldest files early */
	SPACE_PAUSE, /* write nothing */
};

/* Free bytes below which the level holds, each 0: never. Of a small file system less: see space.c.
 */
struct space_limits {
	uint64_t warn_bytes, low_bytes, pause_bytes;
};

struct space {
	enum space_level level;
	uint64_t free_bytes;    /* for us */
	uint64_t limit_bytes;   /* of that level, UINT64_MAX when it is fine */
	uint64_t missing_bytes; /* to be above low_bytes */
};

/* Of the file system that fd is on. One that tells nothing is fine. */
void space_look(struct space *ret_space, int fd, const struct space_limits *limits);

#endif
