/* SPDX-License-Identifier: BSD-2-Clause */
/* What people type: sizes, durations, and names they nearly remembered. */
#ifndef AUDITSHIP_TEXT_H
#define AUDITSHIP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decimal digits and a unit: KiB MiB GiB TiB (powers of 1024), kB KB MB GB TB (powers of 1000), B
 * or nothing (bytes); one space before the unit is fine. 0, -EINVAL when text is anything else,
 * -ERANGE when it does not fit. *ret_bytes is written on 0 only.
 */
int text_parse_size(const char *text, uint64_t *ret_bytes);

/* The same with ms, s, m, h and d. A number needs its unit; only 0 is the same in all of them. */
int text_parse_duration(const char *text, uint64_t *ret_ms);

/* Decimal digits only. */
int text_parse_number(const char *text, uint64_t *ret_number);

#define TEXT_AMOUNT_SIZE 32

/* Writes the value in the largest unit that divides it, such as "16MiB" or "500ms". */
void text_format_size(char out[TEXT_AMOUNT_SIZE], uint64_t bytes);
void text_format_duration(char out[TEXT_AMOUNT_SIZE], uint64_t ms);
void text_format_number(char out[TEXT_AMOUNT_SIZE], uint64_t number);

/* For a person, rounded: "17 B", "1.5 KiB", "212 MiB". Returns out. */
const char *text_show_size(char out[TEXT_AMOUNT_SIZE], uint64_t bytes);

/*
 * How many letters have to be inserted, removed, replaced or swapped with their neighbour to turn
 * one word into the other, ASCII case aside. SIZE_MAX when a word is longer than TEXT_WORD_MAX.
 */
#define TEXT_WORD_MAX 64
size_t text_edit_distance(const char *a, const char *b);

/* Frees text, which may be secret, and leaves nothing of it in memory. NULL is fine. */
void text_wipe(char *text);

/* Finds among known names the one that was probably meant: offer all, then read best. */
struct text_nearest {
	const char *word;
	const char *best; /* borrowed from the offers; NULL: nothing is near enough */
	size_t distance;  /* of best */
};
void text_nearest_offer(struct text_nearest *nearest, const char *name);

#endif
