/* SPDX-License-Identifier: BSD-2-Clause */
/* Both families as 128 bits, so that one comparison does. */
#include "filter/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#define TEXT_MAX (INET6_ADDRSTRLEN + 4)
#define IPV4_BITS 96 /* before an IPv4 address in its mapped form */

static bool parse_address(uint8_t ret_address[16], bool *ret_is_v4, const char *text)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	*ret_is_v4 = inet_pton(AF_INET, text, ret_address + sizeof(mapped)) == 1;
	if (*ret_is_v4)
		memcpy(ret_address, mapped, sizeof(mapped));
	return *ret_is_v4 || inet_pton(AF_INET6, text, ret_address) == 1;
}

static bool parse_bits(const char *text, unsigned int most, unsigned int *ret_bits)
{
	unsigned int bits = 0;

	if (*text == '\0' || strlen(text) > 3)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		bits = bits * 10 + (unsigned int)(*text - '0');
	}
	*ret_bits = bits;
	return bits <= most;
}

static bool copy_text(char out[TEXT_MAX], const char *text, size_t length)
{
	if (length >= TEXT_MAX || memchr(text, 0, length))
		return false;
	memcpy(out, text, length);
	out[length] = '\0';
	return true;
}

bool cidr_parse(struct cidr *cidr, const char *text, size_t length)
{
	unsigned int bits = 128;
	char copy[TEXT_MAX], *slash;
	bool is_v4;

	if (!copy_text(copy, text, length))
		return false;
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (!parse_address(cidr->address, &is_v4, copy))
		return false;
	if (slash && !parse_bits(slash + 1, is_v4 ? 32 : 128, &bits))
		return false;
	cidr->bits = (uint8_t)(slash && is_v4 ? bits + IPV4_BITS : bits);
	return true;
}

bool cidr_holds(const struct cidr *cidr, const char *text, size_t length)
{
	unsigned int whole = cidr->bits / 8, rest = cidr->bits % 8;
	uint8_t address[16];
	char copy[TEXT_MAX];
	bool is_v4;

	if (!copy_text(copy, text, length) || !parse_address(address, &is_v4, copy))
		return false;
	if (memcmp(address, cidr->address, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ cidr->address[whole]) >> (8 - rest) == 0;
}
