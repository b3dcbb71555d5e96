/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns where entries lie: sets of ID_CACHE_WAYS, in which the one least used gives way. Knows
 * neither how long a name is good for nor where it comes from.
 */
#include "enrich/id_cache.h"

#include <errno.h>
#include <stdlib.h>

struct id_cache {
	struct id_entry *entries;
	size_t sets;
	uint64_t uses;
	struct cache_counters counters;
};

int id_cache_new(struct id_cache **ret_cache, uint64_t bytes, struct err *err)
{
	struct id_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return err_set(err, -ENOMEM, "no memory for user names");
	cache->sets = bytes / sizeof(struct id_entry) / ID_CACHE_WAYS;
	if (cache->sets == 0)
		cache->sets = 1;
	cache->counters.max = cache->sets * ID_CACHE_WAYS;
	cache->entries = calloc(cache->counters.max, sizeof(*cache->entries));
	if (!cache->entries) {
		free(cache);
		return err_set(err, -ENOMEM, "no memory for user names");
	}
	*ret_cache = cache;
	return 0;
}

void id_cache_free(struct id_cache *cache)
{
	if (!cache)
		return;
	free(cache->entries);
	free(cache);
}

/* The finalizer of splitmix64: neighbouring ids go to different sets. */
static struct id_entry *set_of(struct id_cache *cache, const struct id_key *key)
{
	uint64_t z = (key->scope << 33) ^ ((uint64_t)key->is_group << 32) ^ key->id;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return &cache->entries[(z ^ (z >> 31)) % cache->sets * ID_CACHE_WAYS];
}

struct id_entry *id_cache_find(struct id_cache *cache, const struct id_key *key)
{
	struct id_entry *set = set_of(cache, key);

	for (size_t i = 0; i < ID_CACHE_WAYS; i++) {
		struct id_entry *entry = &set[i];

		if (entry->used && entry->key.id == key->id && entry->key.scope == key->scope &&
		    entry->key.is_group == key->is_group) {
			entry->used = ++cache->uses;
			return entry;
		}
	}
	return NULL;
}

struct id_entry *id_cache_add(struct id_cache *cache, const struct id_key *key)
{
	struct id_entry *entry = id_cache_find(cache, key), *set = set_of(cache, key);

	if (entry)
		return entry;
	entry = set;
	for (size_t i = 1; i < ID_CACHE_WAYS; i++)
		if (set[i].used < entry->used)
			entry = &set[i];
	if (entry->used)
		cache->counters.evictions++;
	else
		cache->counters.size++;
	entry->key = *key;
	entry->used = ++cache->uses;
	entry->state = ID_NEW;
	entry->length = 0;
	entry->expires_ns = 0;
	return entry;
}

struct cache_counters *id_cache_counters(struct id_cache *cache)
{
	return &cache->counters;
}
