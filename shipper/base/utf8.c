/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Well-formed UTF-8 and JSON string text. Knows nothing of events; the caller decides what becomes
 * of bytes that had to be replaced.
 */
#include "base/utf8.h"

#include <string.h>

/* What may follow a leading byte: Unicode 15, table 3-7. */
struct lead {
	uint8_t length;    /* of the character; 0: cannot start one */
	uint8_t low, high; /* bounds of the second byte */
};

static struct lead lead_of(uint8_t byte)
{
	if (byte < 0x80)
		return (struct lead){1, 0, 0};
	if (byte < 0xc2 || byte > 0xf4)
		return (struct lead){0, 0, 0};
	if (byte < 0xe0)
		return (struct lead){2, 0x80, 0xbf};
	if (byte < 0xf0)
		return (struct lead){3, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf};
	return (struct lead){4, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf};
}

size_t utf8_next(const char *text, size_t length, bool *ret_valid)
{
	const uint8_t *bytes = (const uint8_t *)text;
	struct lead lead = lead_of(bytes[0]);
	size_t used = 1;

	while (used < lead.length && used < length) {
		uint8_t low = used == 1 ? lead.low : 0x80;
		uint8_t high = used == 1 ? lead.high : 0xbf;

		if (bytes[used] < low || bytes[used] > high)
			break;
		used++;
	}
	*ret_valid = used == lead.length;
	return used;
}

uint32_t utf8_code_point(const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;
	uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fU >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

bool utf8_is_valid(const char *text, size_t length)
{
	bool valid = true;

	for (size_t at = 0; valid && at < length;)
		at += utf8_next(text + at, length - at, &valid);
	return valid;
}

size_t utf8_trim_cut(const char *text, size_t length)
{
	size_t most = length < 3 ? length : 3;

	for (size_t back = 1; back <= most; back++) {
		uint8_t byte = (uint8_t)text[length - back];
		bool valid;

		if ((byte & 0xc0) == 0x80)
			continue;
		if (lead_of(byte).length <= back)
			return length;
		/* Only a true beginning of a character was cut; anything else is just ill-formed.
		 */
		return utf8_next(text + length - back, back, &valid) == back ? length - back
									     : length;
	}
	return length;
}

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* The top bit of each byte that is zero; a byte above a zero one may be told wrongly. */
static uint64_t zero_bytes(uint64_t word)
{
	return (word - EACH_BYTE(0x01)) & ~word & EACH_BYTE(0x80);
}

/* Not 0 when any of eight bytes is not ASCII or has to be escaped. */
static uint64_t special_bytes(uint64_t word)
{
	return (word & EACH_BYTE(0x80)) | ((word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80)) |
	       zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\'));
}

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static size_t skip_plain(const char *text, size_t at, size_t length)
{
	uint64_t word;

	for (; length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (special_bytes(word))
			break;
	}
	while (at < length && is_plain((uint8_t)text[at]))
		at++;
	return at;
}

static int add_escape(struct buf *out, char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
	};
	char text[6] = {'\\', c, '0', '0', 0, 0};
	uint8_t byte = (uint8_t)c;

	if (byte >= sizeof(letters))
		return buf_add(out, text, 2);
	text[1] = letters[byte];
	if (text[1])
		return buf_add(out, text, 2);
	text[1] = 'u';
	text[4] = digits[byte >> 4];
	text[5] = digits[byte & 15];
	return buf_add(out, text, 6);
}

size_t utf8_copy_plain(char *out, const char *text, size_t length)
{
	uint64_t word;
	size_t at = 0;

	for (; length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (special_bytes(word))
			break;
		memcpy(out + at, &word, sizeof(word));
	}
	for (; at < length && is_plain((uint8_t)text[at]); at++)
		out[at] = text[at];
	return at;
}

/* Adds what stands at text instead of its first *ret_used bytes. */
static int add_substitute(struct buf *out, const char *text, size_t used)
{
	return used == 1 && (uint8_t)text[0] < 0x80 ? add_escape(out, text[0])
						    : buf_add(out, "\xef\xbf\xbd", 3);
}

int utf8_json_escape(struct buf *out, const char *text, size_t length, bool *ret_replaced)
{
	size_t start = 0, at = 0;

	while ((at = skip_plain(text, at, length)) < length) {
		bool valid;
		size_t used = utf8_next(text + at, length - at, &valid);
		int result;

		if (valid && used > 1) {
			at += used;
			continue;
		}
		if (!valid)
			*ret_replaced = true;
		result = buf_add(out, text + start, at - start);
		if (result == 0)
			result = add_substitute(out, text + at, used);
		if (result < 0)
			return result;
		at += used;
		start = at;
	}
	return buf_add(out, text + start, length - start);
}
