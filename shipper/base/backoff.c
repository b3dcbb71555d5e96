/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the arithmetic only: it neither waits nor knows what is tried. */
#include "base/backoff.h"

void backoff_init(struct backoff *backoff, uint64_t seed)
{
	backoff->random = seed;
	backoff_bound(backoff, 0, 0);
}

void backoff_bound(struct backoff *backoff, unsigned int first_ms, unsigned int max_ms)
{
	backoff->first_ms = first_ms ? first_ms : BACKOFF_FIRST_MS;
	backoff->max_ms = max_ms ? max_ms : BACKOFF_MAX_MS;
	backoff_reset(backoff);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->ceiling_ms = backoff->first_ms;
}

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, zero too. */
static uint64_t next_random(struct backoff *backoff)
{
	uint64_t z = backoff->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

unsigned int backoff_next_ms(struct backoff *backoff)
{
	uint64_t values = (uint64_t)backoff->ceiling_ms + 1;
	unsigned int delay_ms = (unsigned int)(next_random(backoff) % values);

	backoff->ceiling_ms *= 2;
	if (backoff->ceiling_ms > backoff->max_ms)
		backoff->ceiling_ms = backoff->max_ms;
	return delay_ms;
}
