/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns no descriptor. Knows nothing of what is written. */
#include "sink/reserve.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define STEP_LEAST (off_t)(1024 * 1024)
#define STEP_MOST (off_t)(16 * 1024 * 1024)
#define PART_OF_FILE 8
#define BLOCK_UNIT 512 /* of st_blocks */

void reserve_init(struct reserve *reserve, int fd, off_t length)
{
	struct statfs fs;
	struct stat st;

	reserve->useful = fstatfs(fd, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC;
	reserve->end = length;
	if (reserve->useful && fstat(fd, &st) == 0 &&
	    (off_t)st.st_blocks * BLOCK_UNIT >= length + STEP_LEAST)
		reserve->end = (off_t)st.st_blocks * BLOCK_UNIT;
	reserve_trim(reserve, fd, length);
}

void reserve_extend(struct reserve *reserve, int fd, off_t length, size_t coming)
{
	off_t step = length / PART_OF_FILE, begin;

	if (!reserve->useful || step < STEP_LEAST || length + (off_t)coming <= reserve->end)
		return;
	if (step > STEP_MOST)
		step = STEP_MOST;
	begin = reserve->end > length ? reserve->end : length;
	step += length + (off_t)coming - begin;
	reserve->end = begin + step;
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, begin, step) == 0)
		return;
	reserve_trim(reserve, fd, length); /* of what it got */
	reserve->useful = false;
}

/* On ext4 a truncation to the size that it has frees what is behind it. */
void reserve_trim(struct reserve *reserve, int fd, off_t length)
{
	struct stat st;

	if (reserve->end <= length)
		return;
	reserve->end = length;
	if (fstat(fd, &st) == 0 && st.st_size == length && ftruncate(fd, length) < 0)
		reserve->useful = false;
}
