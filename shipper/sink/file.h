/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trail on disk: one file that is appended to, rotated by size, time and request, and the rotated
 * ones, which are packed and deleted by a thread of their own (keeper.h). Only one process writes a
 * trail: -EBUSY from open. A trail repeats no event after a crash of the agent: it goes on behind
 * its last whole line.
 */
#ifndef AUDITSHIP_FILE_H
#define AUDITSHIP_FILE_H

#include "sink/keeper.h"
#include "sink/sink.h"

#include <sys/types.h>

/* When events count as arrived. */
enum file_sync {
	FILE_SYNC_NONE,     /* when the kernel has them: a power loss can take them */
	FILE_SYNC_INTERVAL, /* when they are on disk, which is asked for every so often */
	FILE_SYNC_BATCH,    /* the same, asked for with every batch */
};

struct file_sink_options {
	const char *path;
	uint64_t rotate_bytes;    /* no file grows above, but by one batch that is larger; 0: off */
	uint64_t rotate_every_ms; /* at multiples of it since 1970, UTC; 0: off */
	struct keeper_options keep;
	uid_t owner; /* ACTIVE_UNSET: that of the process */
	gid_t group;
	mode_t mode; /* of files that are made; 0: 0600 */
	enum file_sync sync;
	uint64_t sync_every_ms;
};

/* A file that only grows, with its owner's access alone, acknowledged from the page cache. */
void file_sink_options_init(struct file_sink_options *options, const char *path);

/* options are copied. */
int file_sink_new(struct sink **ret_sink, const struct file_sink_options *options, struct err *err);

#endif
