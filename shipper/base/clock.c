/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_boot_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

uint64_t clock_real_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

unsigned int clock_left_ms(uint64_t deadline_ns)
{
	uint64_t now_ns = clock_mono_ns();

	return deadline_ns > now_ns ? (unsigned int)((deadline_ns - now_ns) / NS_PER_MS) + 1 : 0;
}

int64_t clock_wall_offset_ns(void)
{
	uint64_t tightest = UINT64_MAX;
	int64_t offset = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t before = clock_boot_ns();
		uint64_t real = clock_real_ns();
		uint64_t after = clock_boot_ns();

		if (after - before >= tightest)
			continue;
		tightest = after - before;
		offset = (int64_t)(real - (before + (after - before) / 2));
	}
	return offset;
}

static char *put_digits(char *at, unsigned int value, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + count;
}

void clock_format_utc(char out[CLOCK_UTC_SIZE], uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;
	char *at = out;

	(void)gmtime_r(&seconds, &tm);
	at = put_digits(at, (unsigned int)tm.tm_year + 1900, 4);
	*at++ = '-';
	at = put_digits(at, (unsigned int)tm.tm_mon + 1, 2);
	*at++ = '-';
	at = put_digits(at, (unsigned int)tm.tm_mday, 2);
	*at++ = 'T';
	at = put_digits(at, (unsigned int)tm.tm_hour, 2);
	*at++ = ':';
	at = put_digits(at, (unsigned int)tm.tm_min, 2);
	*at++ = ':';
	at = put_digits(at, (unsigned int)tm.tm_sec, 2);
	*at++ = '.';
	at = put_digits(at, (unsigned int)(wall_ns % NS_PER_S), 9);
	*at++ = 'Z';
	*at = '\0';
}
