/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares figures of statvfs(3) with limits. Knows nothing of what is on the file system. */
#include "sink/space.h"

#include <sys/statvfs.h>

/* No limit is more than this part of the file system: on a small one they would never be met. */
#define WARN_PERCENT 10
#define LOW_PERCENT 5
#define PAUSE_PERCENT 1

static uint64_t effective(uint64_t limit, uint64_t size, unsigned int percent)
{
	uint64_t most = size / 100 * percent;

	return limit < most ? limit : most;
}

void space_look(struct space *ret_space, int fd, const struct space_limits *limits)
{
	uint64_t size, warn, low, pause;
	struct statvfs fs;

	*ret_space = (struct space){.limit_bytes = UINT64_MAX};
	if (fstatvfs(fd, &fs) < 0 || fs.f_blocks == 0)
		return;
	size = (uint64_t)fs.f_blocks * fs.f_frsize;
	ret_space->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	warn = effective(limits->warn_bytes, size, WARN_PERCENT);
	low = effective(limits->low_bytes, size, LOW_PERCENT);
	pause = effective(limits->pause_bytes, size, PAUSE_PERCENT);
	if (ret_space->free_bytes < low)
		ret_space->missing_bytes = low - ret_space->free_bytes;
	if (ret_space->free_bytes < pause) {
		ret_space->level = SPACE_PAUSE;
		ret_space->limit_bytes = pause;
	} else if (ret_space->free_bytes < low) {
		ret_space->level = SPACE_LOW;
		ret_space->limit_bytes = low;
	} else if (ret_space->free_bytes < warn) {
		ret_space->level = SPACE_WARN;
		ret_space->limit_bytes = warn;
	}
}
