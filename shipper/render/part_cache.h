/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts by key: what parts of documents were rendered as. Of fixed size, taken when it is made;
 * what has not been used for long makes room. A text is found by its whole key, never by a hash
 * alone. Of the thread that renders.
 */
#ifndef AUDITSHIP_PART_CACHE_H
#define AUDITSHIP_PART_CACHE_H

#include <stddef.h>

#define PART_CACHE_SETS 32
#define PART_CACHE_WAYS 4
#define PART_CACHE_BYTES 8224 /* of key and text; no power of 2: slots share no place of a page */
#define PART_CACHE_KEY_MAX 4096

struct part_cache;

struct part_key {
	const void *owner; /* whose key it is: equal bytes of two owners are two keys */
	const char *bytes; /* behind them are 8 zeros */
	size_t length;
};

/* NULL: no memory. */
struct part_cache *part_cache_new(void);
void part_cache_free(struct part_cache *cache);

/* The text, borrowed until the next _put; NULL: there is none. */
const char *part_cache_get(struct part_cache *cache, const struct part_key *key,
			   size_t *ret_length);
/* After a _get that found nothing. Keeps copies, or nothing when they are too long. */
void part_cache_put(struct part_cache *cache, const struct part_key *key, const char *text,
		    size_t length);

#endif
