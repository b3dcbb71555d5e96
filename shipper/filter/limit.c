/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of sets of four places. Times are those of the events, which may come a little out of
 * order: one before its interval counts in it.
 */
#include "filter/limit.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SETS 256
#define WAYS 4
#define PLACES (SETS * WAYS)
#define SCAN_EVERY_NS (100 * NS_PER_MS)

struct place {
	uint64_t hash; /* 0: nobody's */
	uint64_t start_ns;
	uint64_t passed;
	uint64_t held; /* and not told yet */
	struct rec_header first, last;
	uint32_t key_length;
	char key[LIMIT_KEY_MAX];
};

struct limit {
	uint64_t events, per_ns;
	uint64_t seed; /* keys can be chosen, so places must not be foreseeable */
	uint64_t evicted;
	uint64_t next_scan_ns;
	size_t scanned; /* places the present scan is through with */
	size_t holding; /* places with something held */
	struct place none, shared;
	struct place places[PLACES];
};

int limit_new(struct limit **ret_limit, uint64_t events, uint64_t per_ns)
{
	struct limit *limit = calloc(1, sizeof(*limit));

	if (!limit)
		return -ENOMEM;
	limit->events = events;
	limit->per_ns = per_ns;
	if (getrandom(&limit->seed, sizeof(limit->seed), GRND_NONBLOCK) < 0)
		limit->seed = (uintptr_t)limit; /* early boot: better than waiting */
	*ret_limit = limit;
	return 0;
}

void limit_free(struct limit *limit)
{
	free(limit);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Keyed by a secret: two keys of one hash do not happen, and nobody can make them. */
static uint64_t hash_key(const struct limit *limit, const struct glob_text *key)
{
	uint64_t hash = limit->seed ^ UINT64_C(0x9e3779b97f4a7c15) ^ key->length;
	size_t at = 0;

	for (; at < key->length; at += 8) {
		size_t rest = key->length - at;
		uint64_t word = 0;

		memcpy(&word, key->bytes + at, rest < 8 ? rest : 8);
		hash = mix(hash ^ word, UINT64_C(0xe7037ed1a0b428db) ^ limit->seed);
	}
	return hash ? hash : 1;
}

static uint32_t kept_bytes(size_t length)
{
	return (uint32_t)(length < LIMIT_KEY_MAX ? length : LIMIT_KEY_MAX);
}

static bool is_over(const struct limit *limit, const struct place *place, uint64_t now_ns)
{
	return now_ns > place->start_ns && now_ns - place->start_ns >= limit->per_ns;
}

/* Of two places that hold nothing back, the one whose interval began first may go. */
static struct place *pick_victim(struct place *set)
{
	struct place *victim = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].held)
			continue;
		if (!set[i].hash)
			return &set[i];
		if (!victim || set[i].start_ns < victim->start_ns)
			victim = &set[i];
	}
	return victim;
}

static struct place *find_place(struct limit *limit, const struct glob_text *key, uint64_t now_ns)
{
	uint64_t hash = hash_key(limit, key);
	struct place *set = &limit->places[hash % SETS * WAYS], *place;
	uint32_t kept = kept_bytes(key->length);

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].hash == hash && set[i].key_length == key->length)
			return &set[i];
	place = pick_victim(set);
	if (!place) {
		limit->evicted++;
		return &limit->shared;
	}
	if (place->hash && !is_over(limit, place, now_ns))
		limit->evicted++;
	*place = (struct place){.hash = hash, .start_ns = now_ns};
	place->key_length = (uint32_t)key->length;
	for (uint32_t i = 0; i < kept; i++)
		place->key[i] = key->bytes[i] ? key->bytes[i] : key->nul;
	return place;
}

bool limit_take(struct limit *limit, const struct glob_text *key, const struct rec_header *record)
{
	struct place *place = key ? find_place(limit, key, record->time_ns) : &limit->none;

	if (place->passed == 0 || is_over(limit, place, record->time_ns)) {
		place->start_ns = record->time_ns;
		place->passed = 0;
	}
	if (place->passed < limit->events) {
		place->passed++;
		return true;
	}
	if (place->held++ == 0) {
		place->first = *record;
		limit->holding++;
	}
	place->last = *record;
	return false;
}

static struct place *place_at(struct limit *limit, size_t index)
{
	if (index < PLACES)
		return &limit->places[index];
	return index == PLACES ? &limit->none : &limit->shared;
}

static void take_report(struct limit *limit, struct place *place, struct limit_report *ret_report)
{
	bool keyed = place != &limit->none && place != &limit->shared;

	*ret_report = (struct limit_report){
		.key = keyed ? place->key : NULL,
		.key_length = keyed ? kept_bytes(place->key_length) : 0,
		.key_full = keyed ? place->key_length : 0,
		.shared = place == &limit->shared,
		.count = place->held,
		.first = place->first,
		.last = place->last,
	};
	place->held = 0;
	limit->holding--;
}

bool limit_report(struct limit *limit, uint64_t now_ns, bool everything,
		  struct limit_report *ret_report)
{
	if (!limit->holding || (!everything && now_ns < limit->next_scan_ns))
		return false;
	if (everything)
		limit->scanned = 0;
	for (; limit->scanned < PLACES + 2; limit->scanned++) {
		struct place *place = place_at(limit, limit->scanned);

		if (place->held && (everything || is_over(limit, place, now_ns))) {
			take_report(limit, place, ret_report);
			return true;
		}
	}
	limit->scanned = 0;
	limit->next_scan_ns = now_ns + SCAN_EVERY_NS;
	return false;
}

uint64_t limit_evicted(const struct limit *limit)
{
	return limit->evicted;
}
