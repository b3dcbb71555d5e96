/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks of IPv4 and IPv6 addresses. An IPv4 address written as IPv6 (::ffff:1.2.3.4) is IPv4. */
#ifndef AUDITSHIP_CIDR_H
#define AUDITSHIP_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cidr {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t bits;        /* of the 128 that count */
};

/* "10.0.0.0/8", "fe80::/10" or one address. False when text is none. */
bool cidr_parse(struct cidr *cidr, const char *text, size_t length);

/* False when text is no address. */
bool cidr_holds(const struct cidr *cidr, const char *text, size_t length);

#endif
