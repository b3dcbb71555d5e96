/* SPDX-License-Identifier: BSD-2-Clause */
/* Decides which characters a terminal may see. Knows nothing of where the text comes from. */
#include "base/terminal.h"

#include "base/utf8.h"

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

static void show(struct piece *piece, const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	bool valid = false;

	piece->taken = utf8_next(text, length, &valid);
	if (!valid) {
		piece->taken = 1; /* what remains of a broken character is no better */
		piece->length = put_hex(piece->text, *bytes);
	} else if (piece->taken == 1) {
		piece->length = put_ascii(piece->text, *bytes);
	} else if (steers(utf8_code_point(text, piece->taken))) {
		piece->length = (size_t)snprintf(piece->text, sizeof(piece->text), "\\u{%04x}",
						 utf8_code_point(text, piece->taken));
	} else {
		piece->length = piece->taken;
		memcpy(piece->text, text, piece->taken);
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
			show(&piece, text + done, length - done);
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
