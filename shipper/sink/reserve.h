/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Room on disk behind the end of a file that grows, so that a write finds its blocks there. On ext4
 * each block of a write without it is reserved on its own (ext4_da_get_block_prep in
 * fs/ext4/inode.c), half a microsecond per 4 KiB; other file systems do that per write, and have
 * nothing of it. The size of the file does not tell of it. Embedded in who writes.
 */
#ifndef AUDITSHIP_RESERVE_H
#define AUDITSHIP_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reserve {
	off_t end; /* there is room up to here, as far as is known */
	bool useful;
	bool roomy; /* as of the last look at the disk */
};

/* For a file that was opened just now; gives back what an earlier process left behind length, if
 * that is a MiB at least. */
void reserve_init(struct reserve *reserve, int fd, off_t length);

/*
 * How much the file system has, before each write: from 4 GiB on there is room to take, below 3
 * what was taken is given back, in time for those who act on less (space.*, journal.keep_free).
 */
void reserve_look(struct reserve *reserve, int fd, off_t length, uint64_t free_bytes);

/*
 * Before `coming` bytes are written behind length: an eighth of the file at a time, 1 to 16 MiB. A
 * short file gets nothing, and one without room is written all the same.
 */
void reserve_extend(struct reserve *reserve, int fd, off_t length, size_t coming);

/* The file was cut to length, which took the room with it. */
void reserve_cut(struct reserve *reserve, off_t length);

/*
 * Gives back what is behind length; nothing when the file is of another length by now. The times of
 * the file stay. By ftruncate(2): what a process that disregards the lock does between our look
 * and that call is undone, so this is for the end of a file, not for every day.
 */
void reserve_trim(struct reserve *reserve, int fd, off_t length);

#endif
