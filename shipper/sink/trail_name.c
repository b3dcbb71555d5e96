/* SPDX-License-Identifier: BSD-2-Clause */
/* Only text: knows no directory and no file. */
#include "sink/trail_name.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 12
#define SEQUENCE_DIGITS 20
#define TEMPORARY ".tmp"
/* What rotation adds to the active file's name: "-NUMBER-20260301T123456Z-SEQUENCE", ".zst.tmp". */
#define ADDED_MAX (1 + NUMBER_DIGITS + 1 + 16 + 1 + SEQUENCE_DIGITS + 8)

static const char *const endings[] = {
	[TRAIL_PLAIN] = "",
	[TRAIL_ZSTD] = ".zst",
	[TRAIL_GZIP] = ".gz",
};

const char *trail_name_ending(enum trail_packing packing)
{
	return endings[packing];
}

int trail_name_init(struct trail_name *name, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path, *dot;
	size_t directory_length = slash ? (size_t)(slash - path) : 0, length = strlen(last);

	if (length == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return err_set(err, -EINVAL, "%s: names no file", path);
	if (length + ADDED_MAX > NAME_MAX || directory_length >= sizeof(name->directory))
		return err_set(err, -ENAMETOOLONG, "%s: is too long: a name may have %d characters",
			       path, NAME_MAX - ADDED_MAX);
	if (!slash)
		strcpy(name->directory, ".");
	else
		(void)snprintf(name->directory, sizeof(name->directory), "%.*s",
			       directory_length ? (int)directory_length : 1, path);
	strcpy(name->active, last);
	(void)snprintf(name->state, sizeof(name->state), ".%.*s.state", NAME_MAX - ADDED_MAX, last);
	dot = strrchr(last, '.');
	name->stem_length = dot && dot != last ? (int)(dot - last) : (int)length;
	return 0;
}

/* "2026-03-01T12:34:56.789012345Z" without what is no digit or letter, up to the second. */
static void format_time(char out[CLOCK_UTC_SIZE], uint64_t wall_ns)
{
	char text[CLOCK_UTC_SIZE];
	size_t used = 0;

	clock_format_utc(text, wall_ns);
	for (const char *at = text; *at && *at != '.'; at++)
		if (isalnum((unsigned char)*at))
			out[used++] = *at;
	strcpy(out + used, "Z");
}

void trail_name_format(char out[NAME_MAX + 1], const struct trail_name *name, uint64_t number,
		       uint64_t wall_ns, uint64_t first_sequence)
{
	char time[CLOCK_UTC_SIZE];

	format_time(time, wall_ns);
	(void)snprintf(out, NAME_MAX + 1, "%.*s-%0*" PRIu64 "-%s-%" PRIu64 "%s", name->stem_length,
		       name->active, NUMBER_DIGITS, number, time, first_sequence,
		       name->active + name->stem_length);
}

/* Whether text begins as pattern says, where '#' is any digit; moves behind it. */
static bool skip_pattern(const char **text, const char *pattern)
{
	for (; *pattern; pattern++, (*text)++)
		if (*pattern == '#' ? !isdigit((unsigned char)**text) : **text != *pattern)
			return false;
	return true;
}

static bool skip_text(const char **text, const char *wanted, size_t length)
{
	if (strncmp(*text, wanted, length) != 0)
		return false;
	*text += length;
	return true;
}

bool trail_name_parse(const struct trail_name *name, const char *entry,
		      struct trail_rotated *ret_rotated)
{
	const char *suffix = name->active + name->stem_length, *at = entry, *number;
	size_t digits;

	*ret_rotated = (struct trail_rotated){0};
	if (!skip_text(&at, name->active, (size_t)name->stem_length) || *at++ != '-')
		return false;
	number = at;
	if (!skip_pattern(&at, "############-########T######Z-"))
		return false;
	ret_rotated->number = strtoull(number, NULL, 10);
	digits = strspn(at, "0123456789");
	if (digits == 0 || digits > SEQUENCE_DIGITS)
		return false;
	at += digits;
	if (!skip_text(&at, suffix, strlen(suffix)))
		return false;
	for (enum trail_packing packing = TRAIL_ZSTD; packing <= TRAIL_GZIP; packing++)
		if (skip_text(&at, endings[packing], strlen(endings[packing]))) {
			ret_rotated->packing = packing;
			break;
		}
	if (ret_rotated->packing != TRAIL_PLAIN && strcmp(at, TEMPORARY) == 0) {
		ret_rotated->temporary = true;
		at += strlen(TEMPORARY);
	}
	return *at == '\0' && ret_rotated->number > 0 && ret_rotated->number <= TRAIL_NUMBER_MAX;
}
