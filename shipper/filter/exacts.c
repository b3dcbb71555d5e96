/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the exact values of a field: a hash table with open addresses, made once they are all known
 * and never more than half full. The bytes of a number are a value like any other.
 */
#include "filter/exacts.h"

#include "filter/grow.h"

#include <errno.h>

#define EXACTS_MAX 0x7fff

int exacts_add(struct exacts *exacts, const void *bytes, size_t length, struct wanted **ret_wanted)
{
	struct exact *exact = NULL;

	for (size_t i = 0; i < exacts->count && !exact; i++)
		if (exacts->items[i].length == length &&
		    memcmp(exacts->items[i].bytes, bytes, length) == 0)
			exact = &exacts->items[i];
	if (!exact && exacts->count == EXACTS_MAX)
		return -ENOSPC;
	if (!exact) {
		exact = GROW(exacts->items, exacts->count);
		if (!exact)
			return -ENOMEM;
		exact->bytes = malloc(length + 1);
		if (!exact->bytes)
			return -ENOMEM;
		memcpy(exact->bytes, bytes, length);
		exact->length = (uint32_t)length;
		exacts->count++;
	}
	*ret_wanted = &exact->wanted;
	return 0;
}

static uint32_t hash_bytes(const char *bytes, size_t length)
{
	uint64_t hash = length, word;

	for (; length >= 8; bytes += 8, length -= 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	word = 0;
	memcpy(&word, bytes, length);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 32);
}

int exacts_finish(struct exacts *exacts)
{
	uint32_t slots = 4;

	if (exacts->count == 0)
		return 0;
	while (slots < 2 * exacts->count)
		slots *= 2;
	exacts->slots = calloc(slots, sizeof(*exacts->slots));
	if (!exacts->slots)
		return -ENOMEM;
	exacts->slot_mask = slots - 1;
	for (size_t i = 0; i < exacts->count; i++) {
		struct exact *exact = &exacts->items[i];
		uint32_t slot;

		exact->hash = hash_bytes(exact->bytes, exact->length);
		slot = exact->hash & exacts->slot_mask;
		while (exacts->slots[slot])
			slot = (slot + 1) & exacts->slot_mask;
		exacts->slots[slot] = (uint16_t)(i + 1);
		if (exact->length > exacts->longest)
			exacts->longest = exact->length;
	}
	return 0;
}

void exacts_done(struct exacts *exacts)
{
	for (size_t i = 0; i < exacts->count; i++)
		free(exacts->items[i].bytes);
	free(exacts->items);
	free(exacts->slots);
}

void exacts_find(const struct exacts *exacts, const char *bytes, size_t length, size_t words,
		 struct wanted *hits)
{
	uint32_t hash, slot;

	if (!exacts->slots || length > exacts->longest)
		return;
	hash = hash_bytes(bytes, length);
	for (slot = hash & exacts->slot_mask; exacts->slots[slot];
	     slot = (slot + 1) & exacts->slot_mask) {
		const struct exact *exact = &exacts->items[exacts->slots[slot] - 1];

		if (exact->hash == hash && exact->length == length &&
		    memcmp(exact->bytes, bytes, length) == 0) {
			wanted_merge(hits, &exact->wanted, words);
			return;
		}
	}
}
