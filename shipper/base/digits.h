/* SPDX-License-Identifier: BSD-2-Clause */
/* Decimal numbers, two digits at a time: each event has some hundred of them. */
#ifndef AUDITSHIP_DIGITS_H
#define AUDITSHIP_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 20 /* of a number */

/* "000102...99" */
extern const char digits_pairs[201];

/* value: 0 to 99; no terminator. */
static inline void digits_put_two(char *at, unsigned int value)
{
	memcpy(at, digits_pairs + (size_t)2 * value, 2);
}

/* Writes the number without a terminator; how many digits there are. */
size_t digits_put(char out[DIGITS_MAX], uint64_t number);

#endif
