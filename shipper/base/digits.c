/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of pairs, once in the program; what uses it is inline in the header. */
#include "base/digits.h"

const char digits_pairs[201] = "00010203040506070809101112131415161718192021222324"
			       "25262728293031323334353637383940414243444546474849"
			       "50515253545556575859606162636465666768697071727374"
			       "75767778798081828384858687888990919293949596979899";

size_t digits_put(char out[DIGITS_MAX], uint64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits), length;

	for (; number >= 100; number /= 100)
		digits_put_two(digits + (at -= 2), (unsigned int)(number % 100));
	if (number >= 10)
		digits_put_two(digits + (at -= 2), (unsigned int)number);
	else
		digits[--at] = (char)('0' + number);
	length = sizeof(digits) - at;
	memcpy(out, digits + at, length);
	return length;
}
