/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before clock_gettime: CLOCK_REALTIME is off by as many seconds as the file holds whose
 * name is in AUDITSHIP_TEST_CLOCK. So a test can have the clock jump for one process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long seconds_off(void)
{
	const char *path = getenv("AUDITSHIP_TEST_CLOCK");
	FILE *file = path ? fopen(path, "re") : NULL;
	long seconds = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &seconds) != 1)
		seconds = 0;
	fclose(file);
	return seconds;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
	int result = (int)syscall(SYS_clock_gettime, id, ret_time);

	if (result == 0 && id == CLOCK_REALTIME)
		ret_time->tv_sec += seconds_off();
	return result;
}
