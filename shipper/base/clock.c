/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include "base/digits.h"

#include <string.h>
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

/* Two digits and what stands behind them. */
static char *put_two(char *at, unsigned int value, char behind)
{
	digits_put_two(at, value);
	at[2] = behind;
	return at + 3;
}

/* The civil calendar in years that begin in March, so that a leap day is the last of its year. */
static char *put_date(char *at, unsigned int days)
{
	const unsigned int days_of_era = 146097, epoch = 719468; /* 0000-03-01 to 1970-01-01 */
	unsigned int shifted = days + epoch, era = shifted / days_of_era;
	unsigned int day = shifted % days_of_era;
	unsigned int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned int month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day = day - (153 * month + 2) / 5 + 1;
	month = month < 10 ? month + 3 : month - 9;
	year += 400 * era + (month <= 2);
	digits_put_two(at, year / 100 % 100);
	at = put_two(at + 2, year % 100, '-');
	at = put_two(at, month, '-');
	return put_two(at, day, 'T');
}

/* Times of one second follow each other: what is the same in them is worked out once. */
struct second {
	uint64_t since_epoch;
	char text[20]; /* up to the point */
};

static void format_second(struct second *second, uint64_t since_epoch)
{
	unsigned int of_day = (unsigned int)(since_epoch % 86400);
	char *at = put_date(second->text, (unsigned int)(since_epoch / 86400));

	at = put_two(at, of_day / 3600, ':');
	at = put_two(at, of_day / 60 % 60, ':');
	(void)put_two(at, of_day % 60, '.');
	second->since_epoch = since_epoch;
}

void clock_format_utc(char out[CLOCK_UTC_SIZE], uint64_t wall_ns)
{
	static _Thread_local struct second last;
	unsigned int fraction = (unsigned int)(wall_ns % NS_PER_S);
	char *at = out + sizeof(last.text);

	if (last.since_epoch != wall_ns / NS_PER_S || !last.text[0])
		format_second(&last, wall_ns / NS_PER_S);
	memcpy(out, last.text, sizeof(last.text));
	for (unsigned int unit = 9; unit > 1; fraction /= 100)
		digits_put_two(at + (unit -= 2), fraction % 100);
	at[0] = (char)('0' + fraction);
	at[9] = 'Z';
	at[10] = '\0';
}
