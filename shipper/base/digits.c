/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of pairs, once in the program; what uses it is inline in the header. */
#include "base/digits.h"

const char digits_pairs[201] = "00010203040506070809101112131415161718192021222324"
			       "25262728293031323334353637383940414243444546474849"
			       "50515253545556575859606162636465666768697071727374"
			       "75767778798081828384858687888990919293949596979899";

static size_t count_digits(uint64_t number)
{
	size_t count = 1;

	for (; number >= 10000; number /= 10000)
		count += 4;
	return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

size_t digits_put(char out[DIGITS_MAX], uint64_t number)
{
	size_t length = count_digits(number), at = length;

	for (; number >= 100; number /= 100)
		digits_put_two(out + (at -= 2), (unsigned int)(number % 100));
	if (number >= 10)
		digits_put_two(out, (unsigned int)number);
	else
		out[0] = (char)('0' + number);
	return length;
}
