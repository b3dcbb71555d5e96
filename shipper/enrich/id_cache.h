/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of the names of ids that the host's files do not have. Bounded: nothing is
 * allocated after id_cache_new, memory is touched when it is first used. One thread owns a cache.
 */
#ifndef AUDITSHIP_ID_CACHE_H
#define AUDITSHIP_ID_CACHE_H

#include "base/err.h"
#include "enrich/cache_counters.h"

#include <stdint.h>

#define ID_CACHE_NAME_MAX 256
#define ID_CACHE_WAYS 16 /* so many of the last used entries are never given up, whatever comes */

enum id_state {
	ID_NEW,   /* nobody has asked */
	ID_ASKED, /* an answer is to come */
	ID_NAMED,
	ID_NAMELESS, /* it has none: that is known */
	ID_FAILED,   /* could not be told; worth asking again at expires_ns */
};

struct id_key {
	uint64_t scope; /* whose names; numbers are never used again */
	uint32_t id;
	uint32_t is_group;
};

struct id_entry {
	struct id_key key;
	uint64_t used; /* 0: free */
	uint64_t expires_ns;
	uint32_t state; /* enum id_state; for the owner, as expires_ns and the name are */
	uint32_t length;
	char name[ID_CACHE_NAME_MAX];
};

struct id_cache;

/* bytes: of memory at most; room for ID_CACHE_WAYS entries in any case. */
int id_cache_new(struct id_cache **ret_cache, uint64_t bytes, struct err *err);
void id_cache_free(struct id_cache *cache);

/* NULL: not there. Borrowed until ID_CACHE_WAYS others have been added. */
struct id_entry *id_cache_find(struct id_cache *cache, const struct id_key *key);

/* The entry, made when it is not there; the one least used gives way. */
struct id_entry *id_cache_add(struct id_cache *cache, const struct id_key *key);

/* Of size, max and evictions; hits, misses and failures are for the owner to count. */
struct cache_counters *id_cache_counters(struct id_cache *cache);

#endif
