/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long to wait before the next try: anything up to a ceiling that doubles to a bound, so that a
 * fleet whose server comes back does not knock all at once. Embedded; belongs to one thread.
 */
#ifndef AUDITSHIP_BACKOFF_H
#define AUDITSHIP_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS 60000

struct backoff {
	uint64_t random;
	unsigned int first_ms, max_ms, ceiling_ms;
};

/* The same seed gives the same delays. */
void backoff_init(struct backoff *backoff, uint64_t seed);

/* Other ceilings of the first delay and of all than those above, from the start; 0: as above. */
void backoff_bound(struct backoff *backoff, unsigned int first_ms, unsigned int max_ms);

/* After a success: the next delay is a first one again. The random numbers go on. */
void backoff_reset(struct backoff *backoff);

/* The delay before the next try, 0 to the ceiling, both included; then the ceiling doubles. */
unsigned int backoff_next_ms(struct backoff *backoff);

#endif
