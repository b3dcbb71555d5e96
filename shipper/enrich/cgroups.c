/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table over a fixed array, with lists: the living in the order of their last use, the
 * removed in the order of their end. The living of users' slices have lists of their own, since
 * each user can make as many as he likes there. Must not know records, or what a container is.
 */
#include "enrich/cgroups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define OWNERS 64                     /* lists of users' cgroups: some may share one */
#define OWNED_KEPT(max) ((max) / 256) /* each of these lists has so many before it gives any up */

struct slot {
	struct cgroup cgroup;
	uint64_t removed_ns; /* 0: it lives */
	uint32_t next_in_bucket;
	uint32_t older, newer; /* in its list */
};

struct list {
	uint32_t oldest, newest, count;
};

struct cgroups {
	struct slot *slots;
	uint32_t *buckets;
	uint32_t max, bucket_mask;
	uint32_t used;   /* slots that were ever taken: the others have never been touched */
	uint32_t unused; /* slots given back, by next_in_bucket */
	struct list removed, living, owned[OWNERS];
	struct cache_counters counters;
};

int cgroups_new(struct cgroups **ret_cgroups, uint32_t max, struct err *err)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	uint32_t buckets = 16;

	while (buckets < max)
		buckets *= 2;
	if (cgroups) {
		cgroups->slots = calloc(max, sizeof(*cgroups->slots));
		cgroups->buckets = malloc(buckets * sizeof(*cgroups->buckets));
	}
	if (!cgroups || !cgroups->slots || !cgroups->buckets) {
		cgroups_free(cgroups);
		return err_set(err, -ENOMEM, "no memory for %u cgroups", max);
	}
	memset(cgroups->buckets, 0xff, buckets * sizeof(*cgroups->buckets));
	cgroups->bucket_mask = buckets - 1;
	cgroups->max = max;
	cgroups->unused = NONE;
	cgroups->living = cgroups->removed = (struct list){NONE, NONE, 0};
	for (size_t i = 0; i < OWNERS; i++)
		cgroups->owned[i] = cgroups->living;
	*ret_cgroups = cgroups;
	return 0;
}

void cgroups_free(struct cgroups *cgroups)
{
	if (!cgroups)
		return;
	free(cgroups->slots);
	free(cgroups->buckets);
	free(cgroups);
}

static uint32_t *bucket_of(const struct cgroups *cgroups, uint32_t hierarchy, uint64_t id)
{
	uint64_t mixed = (id ^ (uint64_t)hierarchy << 32) * 0x9e3779b97f4a7c15ULL;

	return &cgroups->buckets[(mixed >> 32) & cgroups->bucket_mask];
}

static uint32_t find(const struct cgroups *cgroups, uint32_t hierarchy, uint64_t id)
{
	uint32_t at = *bucket_of(cgroups, hierarchy, id);

	while (at != NONE && (cgroups->slots[at].cgroup.id != id ||
			      cgroups->slots[at].cgroup.hierarchy != hierarchy))
		at = cgroups->slots[at].next_in_bucket;
	return at;
}

static struct list *list_of(struct cgroups *cgroups, const struct slot *slot)
{
	uint32_t owner = slot->cgroup.container.owner;

	if (slot->removed_ns)
		return &cgroups->removed;
	return container_owner_is_user(owner) ? &cgroups->owned[owner % OWNERS] : &cgroups->living;
}

static void unlink_slot(struct cgroups *cgroups, uint32_t at)
{
	struct slot *slot = &cgroups->slots[at];
	struct list *list = list_of(cgroups, slot);

	*(slot->older == NONE ? &list->oldest : &cgroups->slots[slot->older].newer) = slot->newer;
	*(slot->newer == NONE ? &list->newest : &cgroups->slots[slot->newer].older) = slot->older;
	list->count--;
}

static void link_newest(struct cgroups *cgroups, uint32_t at)
{
	struct slot *slot = &cgroups->slots[at];
	struct list *list = list_of(cgroups, slot);

	slot->older = list->newest;
	slot->newer = NONE;
	*(list->newest == NONE ? &list->oldest : &cgroups->slots[list->newest].newer) = at;
	list->newest = at;
	list->count++;
}

static void forget(struct cgroups *cgroups, uint32_t at)
{
	struct slot *slot = &cgroups->slots[at];
	uint32_t *link = bucket_of(cgroups, slot->cgroup.hierarchy, slot->cgroup.id);

	while (*link != at)
		link = &cgroups->slots[*link].next_in_bucket;
	*link = slot->next_in_bucket;
	unlink_slot(cgroups, at);
	slot->next_in_bucket = cgroups->unused;
	cgroups->unused = at;
	cgroups->counters.size--;
}

/* Of the user who has most, so that he drives out nobody but himself. */
static uint32_t find_victim(const struct cgroups *cgroups)
{
	const struct list *most = &cgroups->owned[0];

	if (cgroups->removed.count > 0)
		return cgroups->removed.oldest;
	for (size_t i = 1; i < OWNERS; i++)
		if (cgroups->owned[i].count > most->count)
			most = &cgroups->owned[i];
	if (most->count > OWNED_KEPT(cgroups->max) || cgroups->living.count == 0)
		return most->oldest;
	return cgroups->living.oldest;
}

static uint32_t take_slot(struct cgroups *cgroups)
{
	uint32_t at;

	if (cgroups->unused == NONE && cgroups->used < cgroups->max)
		return cgroups->used++;
	if (cgroups->unused == NONE) {
		forget(cgroups, find_victim(cgroups));
		cgroups->counters.evictions++;
	}
	at = cgroups->unused;
	cgroups->unused = cgroups->slots[at].next_in_bucket;
	return at;
}

static uint32_t add_slot(struct cgroups *cgroups, const struct cgroup_told *told)
{
	uint32_t at = take_slot(cgroups), *bucket;
	struct slot *slot = &cgroups->slots[at];

	bucket = bucket_of(cgroups, told->hierarchy, told->id);
	slot->cgroup.id = told->id;
	slot->cgroup.hierarchy = told->hierarchy;
	slot->removed_ns = 0;
	slot->next_in_bucket = *bucket;
	*bucket = at;
	cgroups->counters.size++;
	return at;
}

const struct cgroup *cgroups_insert(struct cgroups *cgroups, const struct cgroup_told *told)
{
	uint32_t at = find(cgroups, told->hierarchy, told->id);
	struct slot *slot;

	if (at != NONE)
		unlink_slot(cgroups, at);
	else
		at = add_slot(cgroups, told);
	slot = &cgroups->slots[at];
	slot->removed_ns = 0;
	slot->cgroup.path_full = told->full;
	slot->cgroup.path_length =
		told->length < CGROUPS_PATH_MAX ? told->length : CGROUPS_PATH_MAX;
	memcpy(slot->cgroup.path, told->path, slot->cgroup.path_length);
	container_path_parse(told->path, told->length, &slot->cgroup.container);
	link_newest(cgroups, at);
	return &slot->cgroup;
}

static void expire(struct cgroups *cgroups, uint64_t now_ns)
{
	uint32_t at;

	while ((at = cgroups->removed.oldest) != NONE &&
	       cgroups->slots[at].removed_ns + CGROUPS_KEEP_NS <= now_ns)
		forget(cgroups, at);
}

void cgroups_remove(struct cgroups *cgroups, uint32_t hierarchy, uint64_t id, uint64_t time_ns)
{
	uint32_t at = find(cgroups, hierarchy, id);

	if (at != NONE && !cgroups->slots[at].removed_ns) {
		unlink_slot(cgroups, at);
		cgroups->slots[at].removed_ns = time_ns ? time_ns : 1;
		link_newest(cgroups, at);
	}
	expire(cgroups, time_ns);
}

const struct cgroup *cgroups_find(struct cgroups *cgroups, uint32_t hierarchy, uint64_t id)
{
	uint32_t at = find(cgroups, hierarchy, id);

	if (at == NONE) {
		cgroups->counters.misses++;
		return NULL;
	}
	cgroups->counters.hits++;
	if (!cgroups->slots[at].removed_ns && cgroups->slots[at].newer != NONE) {
		unlink_slot(cgroups, at);
		link_newest(cgroups, at);
	}
	return &cgroups->slots[at].cgroup;
}

void cgroups_counters(const struct cgroups *cgroups, struct cache_counters *ret_counters)
{
	*ret_counters = cgroups->counters;
	ret_counters->max = cgroups->max;
}
