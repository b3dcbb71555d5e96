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
#define ROOM_FROM (UINT64_C(4) << 30)
#define ROOM_UNTIL (UINT64_C(3) << 30)

void reserve_init(struct reserve *reserve, int fd, off_t length)
{
	struct statfs fs;
	struct stat st;

	*reserve = (struct reserve){
		.end = length,
		.useful = fstatfs(fd, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC,
	};
	if (reserve->useful && fstat(fd, &st) == 0 &&
	    (off_t)st.st_blocks * BLOCK_UNIT >= length + STEP_LEAST)
		reserve->end = (off_t)st.st_blocks * BLOCK_UNIT;
	reserve_trim(reserve, fd, length);
}

void reserve_look(struct reserve *reserve, int fd, off_t length, uint64_t free_bytes)
{
	if (free_bytes >= ROOM_FROM)
		reserve->roomy = true;
	if (free_bytes >= ROOM_UNTIL)
		return;
	reserve->roomy = false;
	reserve_trim(reserve, fd, length);
}

void reserve_extend(struct reserve *reserve, int fd, off_t length, size_t coming)
{
	off_t step = length / PART_OF_FILE, begin;

	if (!reserve->useful || !reserve->roomy || step < STEP_LEAST ||
	    length + (off_t)coming <= reserve->end)
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

void reserve_cut(struct reserve *reserve, off_t length)
{
	if (reserve->end > length)
		reserve->end = length;
}

/* On ext4 a truncation to the size that it has frees what is behind it. */
void reserve_trim(struct reserve *reserve, int fd, off_t length)
{
	struct stat st;

	if (reserve->end <= length || fstat(fd, &st) < 0 || st.st_size != length)
		return;
	reserve->end = length;
	if (ftruncate(fd, length) == 0) /* rotate.every and keep.age go by the last line */
		(void)futimens(fd, (const struct timespec[]){st.st_atim, st.st_mtim});
	else
		reserve->useful = false;
}
