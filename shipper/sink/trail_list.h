/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rotated files of a trail, as their directory has them: regular files with one of our names.
 * Whatever else lies there (links, FIFOs, directories, other names) is passed over and never
 * opened.
 */
#ifndef AUDITSHIP_TRAIL_LIST_H
#define AUDITSHIP_TRAIL_LIST_H

#include "sink/trail_name.h"

#include <stddef.h>
#include <stdint.h>

/* Of more files than this the rest is not looked at this time. */
#define TRAIL_LIST_MAX 100000

struct trail_file {
	char *name;
	struct trail_rotated rotated;
	uint64_t bytes;
	uint64_t changed_ns; /* CLOCK_REALTIME */
};

struct trail_list {
	struct trail_file *files; /* by number; a plain one before what is packed of it */
	size_t count;
};

/* 0 or a negative errno; the list is good for trail_list_done either way. */
int trail_list_read(struct trail_list *ret_list, int dirfd, const struct trail_name *name);
void trail_list_done(struct trail_list *list);

#endif
