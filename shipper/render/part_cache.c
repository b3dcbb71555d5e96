/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of a few slots each; the hash chooses the set. Knows nothing of events or JSON. */
#include "render/part_cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HASHED_BYTES 32 /* of the beginning, and of the end, of a key */

/* Those of a set lie together, apart from the bytes: a look-up touches few lines of memory. */
struct slot {
	uint64_t hash;
	const void *owner; /* NULL: empty */
	uint32_t key_length, text_length;
	uint64_t used; /* as clock */
};

struct part_cache {
	uint64_t clock; /* counts look-ups */
	uint64_t hash;  /* of the last key looked for */
	struct slot slots[PART_CACHE_SETS][PART_CACHE_WAYS];
	char bytes[PART_CACHE_SETS][PART_CACHE_WAYS][PART_CACHE_BYTES]; /* key, then text */
};

struct part_cache *part_cache_new(void)
{
	return calloc(1, sizeof(struct part_cache));
}

void part_cache_free(struct part_cache *cache)
{
	free(cache);
}

static uint64_t mix(uint64_t hash, const char *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Of both ends: numbers come first in a key. What is equal there only shares a set. */
static uint64_t hash_of(const struct part_key *key)
{
	size_t head = key->length < HASHED_BYTES ? key->length : HASHED_BYTES;
	size_t tail = key->length > 2 * HASHED_BYTES ? key->length - HASHED_BYTES : head;
	uint64_t hash = (uint64_t)(uintptr_t)key->owner + key->length;

	for (size_t at = 0; at < head; at += sizeof(uint64_t))
		hash = mix(hash, key->bytes + at);
	for (size_t at = tail; at < key->length; at += sizeof(uint64_t))
		hash = mix(hash, key->bytes + at);
	return hash;
}

const char *part_cache_get(struct part_cache *cache, const struct part_key *key, size_t *ret_length)
{
	uint64_t hash = hash_of(key);
	size_t set = hash % PART_CACHE_SETS;

	cache->clock++;
	cache->hash = hash;
	for (unsigned int way = 0; way < PART_CACHE_WAYS; way++) {
		struct slot *slot = &cache->slots[set][way];
		const char *bytes = cache->bytes[set][way];

		if (slot->hash != hash || slot->owner != key->owner ||
		    slot->key_length != key->length || memcmp(bytes, key->bytes, key->length) != 0)
			continue;
		slot->used = cache->clock;
		*ret_length = slot->text_length;
		return bytes + slot->key_length;
	}
	return NULL;
}

void part_cache_put(struct part_cache *cache, const struct part_key *key, const char *text,
		    size_t length)
{
	size_t set = cache->hash % PART_CACHE_SETS;
	unsigned int oldest = 0;
	char *bytes;

	if (key->length > PART_CACHE_BYTES || length > PART_CACHE_BYTES - key->length)
		return;
	for (unsigned int way = 1; way < PART_CACHE_WAYS; way++)
		if (cache->slots[set][way].used < cache->slots[set][oldest].used)
			oldest = way;
	cache->slots[set][oldest] = (struct slot){.hash = cache->hash,
						  .owner = key->owner,
						  .key_length = (uint32_t)key->length,
						  .text_length = (uint32_t)length,
						  .used = cache->clock};
	bytes = cache->bytes[set][oldest];
	memcpy(bytes, key->bytes, key->length);
	if (length > 0)
		memcpy(bytes + key->length, text, length);
}
