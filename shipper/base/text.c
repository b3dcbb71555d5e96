/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers with units and the distance between words. Knows nothing of options or files. */
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first: formatting takes the first that divides the value. */
static const struct unit size_units[] = {
	{"TiB", 1ULL << 40},
	{"GiB", 1ULL << 30},
	{"MiB", 1ULL << 20},
	{"KiB", 1ULL << 10},
	{"TB", 1000000000000},
	{"GB", 1000000000},
	{"MB", 1000000},
	{"KB", 1000},
	{"kB", 1000},
	{"B", 1},
	{"", 1},
	{},
};
#define BINARY_SIZE_UNITS 4

static const struct unit duration_units[] = {
	{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {},
};

/* Reads the digits at the start and returns where they end; NULL with *ret_result when it cannot.
 */
static const char *read_digits(const char *text, uint64_t *ret_number, int *ret_result)
{
	const char *at = text;
	uint64_t number = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number)) {
			*ret_result = -ERANGE;
			return NULL;
		}
	}
	if (at == text) {
		*ret_result = -EINVAL;
		return NULL;
	}
	*ret_number = number;
	return at;
}

static int parse_amount(const char *text, const struct unit *units, uint64_t *ret_value)
{
	uint64_t number = 0, value;
	int result = 0;
	const char *at = read_digits(text, &number, &result);

	if (!at)
		return result;
	if (at[0] == ' ' && at[1] != '\0')
		at++;
	for (; units->name; units++) {
		if (strcmp(at, units->name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units->factor, &value))
			return -ERANGE;
		*ret_value = value;
		return 0;
	}
	return -EINVAL;
}

int text_parse_size(const char *text, uint64_t *ret_bytes)
{
	return parse_amount(text, size_units, ret_bytes);
}

int text_parse_duration(const char *text, uint64_t *ret_ms)
{
	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	return parse_amount(text, duration_units, ret_ms);
}

int text_parse_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;
	int result = 0;
	const char *end = read_digits(text, &number, &result);

	if (!end)
		return result;
	if (*end != '\0')
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static void format_amount(char *out, uint64_t value, const struct unit *units, size_t count)
{
	size_t i = 0;

	while (i < count && (value == 0 || value % units[i].factor != 0))
		i++;
	if (i == count)
		(void)snprintf(out, TEXT_AMOUNT_SIZE, "%" PRIu64, value);
	else
		(void)snprintf(out, TEXT_AMOUNT_SIZE, "%" PRIu64 "%s", value / units[i].factor,
			       units[i].name);
}

void text_format_size(char out[TEXT_AMOUNT_SIZE], uint64_t bytes)
{
	format_amount(out, bytes, size_units, BINARY_SIZE_UNITS);
}

void text_format_duration(char out[TEXT_AMOUNT_SIZE], uint64_t ms)
{
	format_amount(out, ms, duration_units,
		      sizeof(duration_units) / sizeof(duration_units[0]) - 1);
}

void text_format_number(char out[TEXT_AMOUNT_SIZE], uint64_t number)
{
	(void)snprintf(out, TEXT_AMOUNT_SIZE, "%" PRIu64, number);
}

const char *text_show_size(char out[TEXT_AMOUNT_SIZE], uint64_t bytes)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double amount = (double)bytes;
	size_t unit = 0;

	while (amount >= 1023.95 && unit + 1 < sizeof(names) / sizeof(names[0])) {
		amount /= 1024;
		unit++;
	}
	(void)snprintf(out, TEXT_AMOUNT_SIZE, unit && amount < 99.95 ? "%.1f %s" : "%.0f %s",
		       amount, names[unit]);
	return out;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table of Damerau and Levenshtein. rows[0] becomes the row of the first i letters
 * of a; rows[1] and rows[2] are those of one and two letters fewer. */
static void fill_row(const char *a, const char *b, size_t i, size_t *rows[3])
{
	size_t length = strlen(b);

	rows[0][0] = i;
	for (size_t j = 1; j <= length; j++) {
		char x = lower(a[i - 1]), y = lower(b[j - 1]);
		size_t best = rows[1][j - 1] + (x != y);

		best = smaller(best, rows[1][j] + 1);
		best = smaller(best, rows[0][j - 1] + 1);
		if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
			best = smaller(best, rows[2][j - 2] + 1);
		rows[0][j] = best;
	}
}

size_t text_edit_distance(const char *a, const char *b)
{
	size_t table[3][TEXT_WORD_MAX + 1];
	size_t *rows[3] = {table[0], table[1], table[2]};
	size_t length = strnlen(a, TEXT_WORD_MAX + 1);

	if (length > TEXT_WORD_MAX || strnlen(b, TEXT_WORD_MAX + 1) > TEXT_WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= TEXT_WORD_MAX; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= length; i++) {
		size_t *oldest = rows[2];

		rows[2] = rows[1];
		rows[1] = rows[0];
		rows[0] = oldest;
		fill_row(a, b, i, rows);
	}
	return rows[0][strlen(b)];
}

/* "warn" for "warning": shortened, but by no chance meant otherwise. */
static bool is_short_for(const char *word, const char *name)
{
	size_t length = strnlen(word, TEXT_WORD_MAX);

	return length >= 3 && strncasecmp(word, name, length) == 0;
}

void text_nearest_offer(struct text_nearest *nearest, const char *name)
{
	size_t distance = text_edit_distance(nearest->word, name);
	size_t allowed = 1 + strnlen(name, TEXT_WORD_MAX) / 4;

	/* A name of one or two letters is near to everything: only its case may differ. */
	if (strlen(name) <= 2)
		allowed = 0;
	if (distance > allowed && is_short_for(nearest->word, name))
		distance = allowed;
	if (distance > allowed || (nearest->best && nearest->distance <= distance))
		return;
	nearest->best = name;
	nearest->distance = distance;
}

void text_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}
