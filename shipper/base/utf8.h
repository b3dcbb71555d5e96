/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that claim to be UTF-8. What is not well-formed (Unicode 15, table 3-7) is replaced by
 * "substitution of maximal subparts", as Python, Rust and the WHATWG encoding standard do it, so
 * that everybody gets the same text from the same bytes.
 */
#ifndef AUDITSHIP_UTF8_H
#define AUDITSHIP_UTF8_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the character at text (1 to 4), or of the maximal subpart of an ill-formed one (1 to 3);
 * *ret_valid tells which. length is at least 1.
 */
size_t utf8_next(const char *text, size_t length, bool *ret_valid);

/* Of a well-formed character of length bytes. */
uint32_t utf8_code_point(const char *text, size_t length);

bool utf8_is_valid(const char *text, size_t length);

/* The length without the first bytes of a character that the end of text cuts in half. */
size_t utf8_trim_cut(const char *text, size_t length);

/*
 * Copies text up to the first byte that is not ASCII or that JSON wants escaped; returns how many
 * bytes. out has room for length.
 */
size_t utf8_copy_plain(char *out, const char *text, size_t length);

/*
 * Appends text as the inside of a JSON string: only the quote, the backslash and U+0000 to U+001F
 * are escaped, each ill-formed subpart becomes U+FFFD. Sets *ret_replaced when there was one, else
 * leaves it. 0, or what buf_add returns; out may then hold a part of the text.
 */
int utf8_json_escape(struct buf *out, const char *text, size_t length, bool *ret_replaced);

#endif
