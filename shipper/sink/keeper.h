/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks after the rotated files of a trail, in a thread of low priority: packs them and deletes the
 * oldest when there are too many, too old or too large ones. The directory is all it goes by, so
 * what a crash interrupted is taken up again: a leftover temporary file is removed, a file that is
 * there plain and packed is packed anew. It never touches the active file, never follows a link,
 * and deletes what is packed only after the packed file is surely on disk.
 */
#ifndef AUDITSHIP_KEEPER_H
#define AUDITSHIP_KEEPER_H

#include "base/err.h"
#include "sink/space.h"
#include "sink/trail_name.h"

#include <stdint.h>

struct keeper;

struct keeper_options {
	enum trail_packing packing; /* TRAIL_PLAIN: nothing is packed */
	int level;                  /* see pack.h */
	/* What is kept of rotated files; each 0: any. */
	uint64_t files, age_ms;
	uint64_t total_bytes;      /* with the active file */
	struct space_limits space; /* below low_bytes all but the newest may go */
};

/* Any thread may ask. Counts since keeper_start. */
struct keeper_status {
	uint64_t files, bytes; /* rotated, as of the last look */
	uint64_t packed, packed_bytes_before, packed_bytes_after;
	uint64_t deleted, deleted_bytes; /* by age, count and total */
	uint64_t deleted_early;          /* of these: for want of free space */
	uint64_t failures;
	struct err last_error; /* "": the last look at the directory met none */
};

/* name and options are copied. The first look at the directory comes at once. */
int keeper_start(struct keeper **ret_keeper, const struct trail_name *name,
		 const struct keeper_options *options, struct err *err);

/* There is a new file, or little space: look at once. Any thread. */
void keeper_wake(struct keeper *keeper);

/*
 * Ends the thread and frees all. NULL is fine. Packing is broken off, to be done anew by the next
 * one. A thread that hangs in a system call is left behind after a second with what it owns.
 */
void keeper_stop(struct keeper *keeper);

void keeper_status(struct keeper *keeper, struct keeper_status *ret_status);

#endif
