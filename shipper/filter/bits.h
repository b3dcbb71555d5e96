/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of the conjunctions of a matcher. In the way of an event only the words that are in use are
 * looked at; their number stands with the matcher.
 */
#ifndef AUDITSHIP_BITS_H
#define AUDITSHIP_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITS_MAX 512
#define BITS_WORDS (BITS_MAX / 64)

struct bits {
	uint64_t words[BITS_WORDS];
};

static inline bool bits_has(const struct bits *bits, size_t bit)
{
	return bits->words[bit / 64] >> bit % 64 & 1;
}

static inline void bits_add(struct bits *bits, size_t bit)
{
	bits->words[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The conjunctions to which a value means something. */
struct wanted {
	struct bits is, never;
};

static inline void wanted_merge(struct wanted *hits, const struct wanted *wanted, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		hits->is.words[i] |= wanted->is.words[i];
		hits->never.words[i] |= wanted->never.words[i];
	}
}

#endif
