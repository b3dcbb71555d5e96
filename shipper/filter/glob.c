/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pattern becomes a list of units of one byte each and runs (*). The matcher holds one place to
 * go back to, the last run: an earlier run can never do better than it did, because what stands
 * between two runs was found at its first place.
 */
#include "filter/glob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *at, *end;
	struct glob *glob;
	const char *why;
};

static void set_add(struct glob_set *set, unsigned char first, unsigned char last)
{
	for (unsigned int byte = first; byte <= last; byte++)
		set->bits[byte / 64] |= UINT64_C(1) << byte % 64;
}

static bool take_byte(struct reader *reader, unsigned char *ret_byte)
{
	if (reader->at < reader->end && *reader->at == '\\')
		reader->at++;
	if (reader->at == reader->end)
		return false;
	*ret_byte = (unsigned char)*reader->at++;
	return true;
}

/* Behind '[': up to and with the ']' that closes it; one right at the start is a member. */
static bool read_set(struct reader *reader, struct glob_set *set)
{
	bool negate = reader->at < reader->end && (*reader->at == '!' || *reader->at == '^');
	unsigned char first, last;

	reader->at += negate;
	for (bool start = true; reader->at < reader->end; start = false) {
		if (*reader->at == ']' && !start) {
			reader->at++;
			for (unsigned int i = 0; negate && i < 4; i++)
				set->bits[i] = ~set->bits[i];
			return true;
		}
		if (!take_byte(reader, &first))
			break;
		last = first;
		if (reader->end - reader->at >= 2 && reader->at[0] == '-' && reader->at[1] != ']') {
			reader->at++;
			if (!take_byte(reader, &last))
				break;
		}
		if (first > last) {
			reader->why = "has a range that runs backwards";
			return false;
		}
		set_add(set, first, last);
	}
	reader->why = "has a '[' that is not closed (write \\[ for the character itself)";
	return false;
}

static bool read_unit(struct reader *reader)
{
	struct glob *glob = reader->glob;
	struct glob_unit unit = {.kind = GLOB_BYTE};
	unsigned char byte;

	switch (*reader->at) {
	case '*':
		reader->at++;
		unit.kind = GLOB_RUN;
		break;
	case '?':
		reader->at++;
		unit.kind = GLOB_ONE;
		break;
	case '[':
		reader->at++;
		unit.kind = GLOB_SET;
		unit.set = (uint16_t)glob->set_count;
		if (!read_set(reader, &glob->sets[glob->set_count++]))
			return false;
		break;
	default:
		if (!take_byte(reader, &byte)) {
			reader->why = "ends with a backslash (write \\\\ for the character itself)";
			return false;
		}
		unit.byte = (char)byte;
		break;
	}
	glob->units[glob->count++] = unit;
	return true;
}

static size_t count_sets(const char *pattern, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += pattern[i] == '[';
	return count;
}

int glob_compile(struct glob *glob, const char *pattern, size_t length, const char **ret_why)
{
	struct reader reader = {.at = pattern, .end = pattern + length, .glob = glob};

	*glob = (struct glob){0};
	*ret_why = length > GLOB_MAX            ? "is longer than 4096 bytes"
		   : memchr(pattern, 0, length) ? "holds a NUL byte"
						: NULL;
	if (*ret_why)
		return -EINVAL;
	glob->units = calloc(length + 1, sizeof(*glob->units));
	glob->sets = calloc(count_sets(pattern, length) + 1, sizeof(*glob->sets));
	if (!glob->units || !glob->sets) {
		glob_done(glob);
		return -ENOMEM;
	}
	while (reader.at < reader.end) {
		if (read_unit(&reader))
			continue;
		*ret_why = reader.why;
		glob_done(glob);
		return -EINVAL;
	}
	return 0;
}

void glob_done(struct glob *glob)
{
	free(glob->units);
	free(glob->sets);
	*glob = (struct glob){0};
}

bool glob_is_literal(const struct glob *glob)
{
	for (size_t i = 0; i < glob->count; i++)
		if (glob->units[i].kind != GLOB_BYTE)
			return false;
	return true;
}

struct glob glob_slice(const struct glob *glob, size_t first, size_t count)
{
	struct glob slice = *glob;

	slice.units += first;
	slice.count = count;
	return slice;
}

static bool takes(const struct glob *glob, const struct glob_unit *unit,
		  const struct glob_text *text, size_t at)
{
	char c = text->bytes[at] ? text->bytes[at] : text->nul;
	unsigned char byte = (unsigned char)c;

	switch ((enum glob_kind)unit->kind) {
	case GLOB_BYTE:
		return c == unit->byte;
	case GLOB_SET:
		return glob->sets[unit->set].bits[byte / 64] >> byte % 64 & 1;
	case GLOB_ONE:
	case GLOB_RUN:
		break;
	}
	return true;
}

#define NOWHERE SIZE_MAX

/* begins: it is enough that the pattern ends; else the text has to end with it. */
static bool run(const struct glob *glob, const struct glob_text *text, bool begins, size_t *ret_end)
{
	size_t at = 0, unit = 0, last_run = NOWHERE, retry = 0;

	for (;;) {
		if (unit == glob->count && (begins || at == text->length)) {
			*ret_end = at;
			return true;
		}
		if (unit < glob->count) {
			if (glob->units[unit].kind == GLOB_RUN) {
				if (!begins && unit + 1 == glob->count)
					return true;
				last_run = unit++;
				retry = at;
				continue;
			}
			if (at == text->length) /* a later start has even less text */
				return false;
			if (takes(glob, &glob->units[unit], text, at)) {
				at++;
				unit++;
				continue;
			}
		}
		if (last_run == NOWHERE)
			return false;
		at = ++retry;
		unit = last_run + 1;
	}
}

bool glob_matches(const struct glob *glob, const struct glob_text *text)
{
	size_t end;

	return run(glob, text, false, &end);
}

bool glob_find_end(const struct glob *glob, const struct glob_text *text, size_t *ret_end)
{
	return run(glob, text, true, ret_end);
}
