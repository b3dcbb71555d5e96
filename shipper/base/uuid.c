/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

int uuid_random(uint8_t ret_uuid[16])
{
	uint8_t bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	memcpy(ret_uuid, bytes, sizeof(bytes));
	return 0;
}

void uuid_format(char out[UUID_TEXT_SIZE], const uint8_t uuid[16])
{
	static const char digits[] = "0123456789abcdef";
	static const uint8_t places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

	for (size_t i = 0; i < sizeof(places); i++) {
		out[places[i]] = digits[uuid[i] >> 4];
		out[places[i] + 1] = digits[uuid[i] & 15];
	}
	out[8] = out[13] = out[18] = out[23] = '-';
	out[36] = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int uuid_parse(uint8_t ret_uuid[16], const char *text)
{
	uint8_t bytes[16];

	for (int i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EINVAL;
		high = digit_value(text[0]);
		low = high < 0 ? -1 : digit_value(text[1]);
		if (low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	memcpy(ret_uuid, bytes, sizeof(bytes));
	return 0;
}
