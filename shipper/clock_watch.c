/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets in, steps out; and the one descriptor by which the kernel tells. Asks no clock itself. */
#include "clock_watch.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

/* As far away as every kernel takes it: it never expires, it is only cancelled. */
#define NEVER_S ((time_t)INT32_MAX * 4)

void clock_watch_init(struct clock_watch *watch, int64_t offset_ns)
{
	*watch = (struct clock_watch){.offset_ns = offset_ns};
}

static bool reaches(int64_t value, int64_t limit)
{
	return value >= limit || value <= -limit;
}

bool clock_watch_look(struct clock_watch *watch, int64_t offset_ns, bool set, int64_t *ret_step_ns)
{
	int64_t step_ns = offset_ns - watch->offset_ns;

	watch->offset_ns = offset_ns;
	if (!set && !reaches(step_ns, CLOCK_STEP_SEEN_NS))
		return false;
	watch->untold_ns += step_ns;
	if (!reaches(watch->untold_ns, CLOCK_STEP_SET_NS))
		return false;
	*ret_step_ns = watch->untold_ns;
	watch->untold_ns = 0;
	return true;
}

static int arm(int fd)
{
	static const struct itimerspec never = {.it_value = {.tv_sec = NEVER_S}};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0
		       ? -errno
		       : 0;
}

int clock_watch_open(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), result;

	if (fd < 0)
		return -errno;
	result = arm(fd);
	if (result == 0)
		return fd;
	(void)close(fd);
	return result;
}

bool clock_watch_was_set(int fd)
{
	uint64_t count;
	bool set = read(fd, &count, sizeof(count)) < 0 && errno == ECANCELED;

	if (set)
		(void)arm(fd);
	return set;
}
