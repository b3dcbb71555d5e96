/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a trail that is being written: whole lines, locked against other processes, and how
 * much of it is surely on disk. Embedded in the file sink; of its thread.
 */
#ifndef AUDITSHIP_ACTIVE_H
#define AUDITSHIP_ACTIVE_H

#include "base/err.h"
#include "sink/reserve.h"
#include "sink/trail_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define ACTIVE_UNSET UINT32_MAX /* owner, group: as the process */

struct active {
	/* Set before active_open. */
	const struct trail_name *name;
	const char *path; /* as the configuration has it */
	uid_t owner;
	gid_t group;
	mode_t mode;  /* of files that are made */
	bool durable; /* what is made is synced, with its directory */

	int dirfd, fd; /* -1: has to be opened (again) first */
	struct stat identity;
	off_t length; /* whole lines */
	off_t synced; /* of these surely on disk */
	struct reserve reserve;
	/* A sync failed, and what is behind synced could not be taken back: the page cache may show
	 * what the disk has not. */
	bool doubtful;
	/* What was found could not be synced when it was opened. The kernel tells that once: nobody
	 * knows whether it is on disk, until something is synced that was written behind it. */
	bool unproven;
};

void active_init(struct active *active);

/* Closes; what it knows of a doubtful end stays. */
void active_close(struct active *active);

/* Before each write: what its file system has left; 0: nothing to spare. */
void active_look(struct active *active, uint64_t free_bytes);

/* The file is done, though still open: the room behind its end is given back. */
void active_finish(struct active *active);

/*
 * Opens or makes directory and file, locks, cuts off an unfinished last line: *ret_cut_bytes.
 * -EBUSY: another process writes it; -EINVAL: it is no regular file or no trail.
 */
int active_open(struct active *active, uint64_t *ret_cut_bytes, struct err *err);

/* Makes a new file in the directory that is open, after the old one was renamed away. */
int active_create(struct active *active, struct err *err);

/*
 * Whether the path still leads to the file, which may be moved or deleted by anybody; what we wrote
 * then would go where nobody looks. Others may also have cut or lengthened it: length is as it is
 * now.
 */
bool active_is_in_place(struct active *active);

/*
 * All of it or no trace of it. When a part could not be taken back, the file is closed. -ESTALE,
 * also from active_sync: it was deleted meanwhile, and is closed.
 */
int active_append(struct active *active, const void *data, size_t size, struct err *err);

/*
 * fdatasync(2). When that fails, nobody knows what of the lines since the last one is on disk: they
 * are taken back, and the file is closed.
 */
int active_sync(struct active *active, struct err *err);

#endif
