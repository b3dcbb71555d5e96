/* SPDX-License-Identifier: BSD-2-Clause */
/* Decides which characters a terminal may see. Knows nothing of where the text comes from. */
#include "base/terminal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What one character of the input becomes. */
struct piece {
	size_t taken; /* bytes of input */
	size_t length;
	char text[16];
};

/*
 * The length of the UTF-8 sequence at text, 0 when there is none: overlong forms, surrogates and
 * what lies above U+10FFFF are none (Unicode, table 3-7).
 */
static size_t sequence_length(const unsigned char *text, size_t length)
{
	unsigned char lead = text[0], low = 0x80, high = 0xbf;
	size_t wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4 || length < wanted)
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	if (lead == 0xed)
		high = 0x9f;
	if (lead == 0xf0)
		low = 0x90;
	if (lead == 0xf4)
		high = 0x8f;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < wanted; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return wanted;
}

static uint32_t code_point(const unsigned char *text, size_t length)
{
	uint32_t code = length == 1 ? text[0] : text[0] & (0x7fU >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

/* C1, and what Unicode lists as Bidi_Control: it reorders what stands beside it. */
static bool steers(uint32_t code)
{
	return (code >= 0x80 && code <= 0x9f) || code == 0x61c || code == 0x200e ||
	       code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static size_t put_hex(char *out, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[c >> 4];
	out[3] = digits[c & 15];
	return 4;
}

static size_t put_ascii(char *out, unsigned char c)
{
	const char *letter = c == '\n' ? "n" : c == '\t' ? "t" : c == '\\' ? "\\" : NULL;

	if (letter) {
		out[0] = '\\';
		out[1] = *letter;
		return 2;
	}
	if (c < 0x20 || c == 0x7f)
		return put_hex(out, c);
	out[0] = (char)c;
	return 1;
}

static void show(struct piece *piece, const unsigned char *text, size_t length)
{
	size_t taken = sequence_length(text, length);

	piece->taken = taken ? taken : 1;
	if (taken == 1) {
		piece->length = put_ascii(piece->text, *text);
	} else if (taken == 0) {
		piece->length = put_hex(piece->text, *text);
	} else if (steers(code_point(text, taken))) {
		piece->length = (size_t)snprintf(piece->text, sizeof(piece->text), "\\u{%04x}",
						 code_point(text, taken));
	} else {
		memcpy(piece->text, text, taken);
		piece->length = taken;
	}
}

size_t terminal_escape(char *out, size_t size, const char *text, size_t length)
{
	size_t done = 0, used = 0;

	if (size == 0)
		return 0;
	while (done < length) {
		unsigned char c = (unsigned char)text[done];
		struct piece piece;

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			piece = (struct piece){.taken = 1, .length = 1, .text = {(char)c}};
		} else {
			show(&piece, (const unsigned char *)text + done, length - done);
		}
		if (piece.length >= size - used)
			break;
		memcpy(out + used, piece.text, piece.length);
		used += piece.length;
		done += piece.taken;
	}
	out[used] = '\0';
	return used;
}
