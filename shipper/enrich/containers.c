/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table over a fixed array; the least recently used goes first. An answer finds its slot by
 * the ticket, and counts only if the slot still is the container's that was asked for. A user can
 * make any number of names in his slice, so all of these have a share of their own. Must not know
 * files.
 */
#include "enrich/containers.h"

#include "base/clock.h"
#include "enrich/container_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define ASK_AGAIN_NS NS_PER_S
#define OWNED_SHARE 4 /* one of so many slots may be of users' containers */
#define OWNED_QUESTIONS (RESOLVER_WAITING_MAX / 8)
#define OWNED_TICKET 0x80000000U /* beside the number of the slot */

struct slot {
	char id[CONTAINER_ID_SIZE];
	uint32_t owner;
	uint32_t runtime;
	uint32_t serial; /* one more each time the slot is taken */
	uint32_t next_in_bucket;
	uint32_t older, newer;
	bool asked, pending, waited, known, retried;
	int status; /* of the last answer */
	uint64_t asked_ns;
	struct safe_file_state file;
	struct container_state state;
};

struct list {
	uint32_t oldest, newest, count;
};

struct containers {
	struct containers_options options;
	struct slot *slots;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t used;
	struct list lists[2];     /* by container_owner_is_user */
	uint32_t owned_questions; /* that no answer has come to */
	struct containers_counters counters;
};

int containers_new(struct containers **ret_containers, const struct containers_options *options,
		   struct err *err)
{
	struct containers *containers = calloc(1, sizeof(*containers));
	uint32_t buckets = 16;

	while (buckets < options->max)
		buckets *= 2;
	if (containers) {
		containers->slots = calloc(options->max, sizeof(*containers->slots));
		containers->buckets = malloc(buckets * sizeof(*containers->buckets));
	}
	if (!containers || !containers->slots || !containers->buckets) {
		containers_free(containers);
		return err_set(err, -ENOMEM, "no memory for %u containers", options->max);
	}
	memset(containers->buckets, 0xff, buckets * sizeof(*containers->buckets));
	containers->bucket_mask = buckets - 1;
	containers->options = *options;
	containers->lists[0] = containers->lists[1] = (struct list){NONE, NONE, 0};
	*ret_containers = containers;
	return 0;
}

void containers_free(struct containers *containers)
{
	if (!containers)
		return;
	free(containers->slots);
	free(containers->buckets);
	free(containers);
}

/* FNV-1a */
static uint32_t *bucket_of(const struct containers *containers, const char *id, uint32_t owner)
{
	uint32_t hash = 2166136261U ^ owner;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619U;
	return &containers->buckets[hash & containers->bucket_mask];
}

static uint32_t find(const struct containers *containers, const struct container_path *path)
{
	uint32_t at = *bucket_of(containers, path->id, path->owner);

	while (at != NONE && (containers->slots[at].owner != path->owner ||
			      strcmp(containers->slots[at].id, path->id) != 0))
		at = containers->slots[at].next_in_bucket;
	return at;
}

static void unlink_slot(struct containers *containers, const struct slot *slot)
{
	struct list *list = &containers->lists[container_owner_is_user(slot->owner)];
	struct slot *slots = containers->slots;

	*(slot->older == NONE ? &list->oldest : &slots[slot->older].newer) = slot->newer;
	*(slot->newer == NONE ? &list->newest : &slots[slot->newer].older) = slot->older;
	list->count--;
}

static void link_newest(struct containers *containers, uint32_t at)
{
	struct slot *slots = containers->slots;
	struct list *list = &containers->lists[container_owner_is_user(slots[at].owner)];

	slots[at].older = list->newest;
	slots[at].newer = NONE;
	*(list->newest == NONE ? &list->oldest : &slots[list->newest].newer) = at;
	list->newest = at;
	list->count++;
}

static uint32_t evict(struct containers *containers, const struct list *list)
{
	uint32_t at = list->oldest;
	struct slot *slot = &containers->slots[at];
	uint32_t *link = bucket_of(containers, slot->id, slot->owner);

	while (*link != at)
		link = &containers->slots[*link].next_in_bucket;
	*link = slot->next_in_bucket;
	unlink_slot(containers, slot);
	containers->counters.cache.evictions++;
	containers->counters.cache.size--;
	return at;
}

static uint32_t take_slot(struct containers *containers, bool owned)
{
	const struct list *lists = containers->lists;
	uint32_t max = containers->options.max;
	uint32_t share = max > OWNED_SHARE ? max / OWNED_SHARE : 1;

	if (owned && lists[true].count >= share)
		return evict(containers, &lists[true]);
	if (containers->used < max)
		return containers->used++;
	return evict(containers, &lists[lists[false].count == 0]);
}

static struct slot *add(struct containers *containers, const struct container_path *path)
{
	uint32_t at = take_slot(containers, container_owner_is_user(path->owner));
	uint32_t *bucket = bucket_of(containers, path->id, path->owner);
	struct slot *slot = &containers->slots[at];

	*slot = (struct slot){
		.owner = path->owner,
		.runtime = path->runtime,
		.serial = slot->serial + 1,
		.next_in_bucket = *bucket,
	};
	memcpy(slot->id, path->id, sizeof(slot->id));
	*bucket = at;
	link_newest(containers, at);
	containers->counters.cache.size++;
	return slot;
}

static struct slot *find_or_add(struct containers *containers, const struct container_path *path)
{
	uint32_t at = find(containers, path);

	if (at == NONE)
		return add(containers, path);
	unlink_slot(containers, &containers->slots[at]);
	link_newest(containers, at);
	return &containers->slots[at];
}

/* When it cannot be asked now, the next event tries again. */
static void ask(struct containers *containers, struct slot *slot)
{
	struct container_question question = {.owner = slot->owner, .runtime = slot->runtime};
	uint64_t ticket = (uint64_t)slot->serial << 32 | (uint64_t)(slot - containers->slots);
	bool owned = container_owner_is_user(slot->owner);

	if (slot->pending || !containers->options.resolver ||
	    (owned && containers->owned_questions >= OWNED_QUESTIONS))
		return;
	if (owned)
		ticket |= OWNED_TICKET;
	memcpy(question.id, slot->id, sizeof(question.id));
	question.known = slot->file;
	if (resolver_ask(containers->options.resolver, containers->options.service, ticket,
			 &question, sizeof(question)) < 0)
		return;
	containers->owned_questions += owned;
	slot->asked = slot->pending = true;
	slot->waited = false;
	slot->asked_ns = clock_mono_ns();
}

/* Only these leave anything where the agent looks. */
static bool has_state(const struct container_path *path)
{
	switch ((enum container_runtime)path->runtime) {
	case CONTAINER_RUNTIME_UNKNOWN:
	case CONTAINER_DOCKER:
	case CONTAINER_CONTAINERD:
	case CONTAINER_CRIO:
	case CONTAINER_PODMAN:
		return path->depth == 1;
	case CONTAINER_LXC:
	case CONTAINER_NSPAWN:
	case CONTAINER_BUILDKIT:
	case CONTAINER_GARDEN:
	case CONTAINER_RUNTIMES:
		break;
	}
	return false;
}

void containers_prefetch(struct containers *containers, const struct container_path *path)
{
	struct slot *slot;

	if (!has_state(path) || container_owner_is_user(path->owner))
		return;
	slot = find_or_add(containers, path);
	if (!slot->known)
		ask(containers, slot);
}

/* Once for each question: who comes later in vain goes on in vain. */
static void wait_for(struct containers *containers, struct slot *slot)
{
	struct containers_options *options = &containers->options;
	uint64_t until_ns = clock_mono_ns() + RESOLVER_BUDGET_NS;

	if (slot->waited)
		return;
	slot->waited = true;
	options->poll(options->data);
	while (slot->pending && resolver_wait(options->resolver, until_ns))
		options->poll(options->data);
}

/* No worker has looked to the end, be it for another question's sake. */
static bool is_unanswered(int status)
{
	return status == -ECANCELED || status == -ETIMEDOUT || status == -ECONNABORTED;
}

static enum container_unresolved why_unknown(const struct containers *containers,
					     const struct slot *slot)
{
	if (slot->known)
		return CONTAINER_RESOLVED;
	if (!containers->options.resolver)
		return CONTAINER_NOT_FOUND;
	if (!slot->asked || slot->pending || is_unanswered(slot->status))
		return CONTAINER_LATE;
	return slot->status == -ENOENT ? CONTAINER_NOT_FOUND : CONTAINER_UNREADABLE;
}

static void refresh(struct containers *containers, struct slot *slot, bool starts)
{
	bool early = starts && !slot->known && !slot->retried; /* what was asked ahead */

	slot->retried |= starts;
	if (!slot->asked || (early && !slot->pending) ||
	    (starts && clock_mono_ns() - slot->asked_ns >= ASK_AGAIN_NS))
		ask(containers, slot);
	if (slot->pending && !slot->known)
		wait_for(containers, slot);
}

const struct container_state *containers_find(struct containers *containers,
					      const struct container_path *path, bool starts,
					      enum container_unresolved *ret_unresolved)
{
	struct slot *slot;

	*ret_unresolved = path->depth > 1 ? CONTAINER_NESTED : CONTAINER_RESOLVED;
	if (!has_state(path))
		return NULL;
	slot = find_or_add(containers, path);
	if (slot->known)
		containers->counters.cache.hits++;
	else
		containers->counters.cache.misses++;
	refresh(containers, slot, starts);
	*ret_unresolved = why_unknown(containers, slot);
	containers->counters.late += *ret_unresolved == CONTAINER_LATE;
	return slot->known ? &slot->state : NULL;
}

/* What was known stays when the file has gone: the runtime removes it before the last exit. */
static void take_state(struct slot *slot, const struct resolver_answer *answer)
{
	struct container_answer state;

	slot->status = answer->status;
	slot->asked = answer->status != -ECANCELED; /* the question of another was to blame */
	if (answer->status < 0)
		return;
	slot->status = -EBADMSG;
	if (answer->size != sizeof(state))
		return;
	memcpy(&state, answer->bytes, sizeof(state));
	if (!state.unchanged && !container_state_check(&state.state))
		return;
	slot->status = 0;
	if (state.unchanged)
		return;
	slot->known = true;
	slot->file = state.file;
	slot->state = state.state;
}

void containers_answer(struct containers *containers, const struct resolver_answer *answer)
{
	uint32_t at = (uint32_t)answer->ticket & ~OWNED_TICKET;
	struct slot *slot = at < containers->used ? &containers->slots[at] : NULL;

	containers->owned_questions -= (answer->ticket & OWNED_TICKET) != 0;
	if (!slot || slot->serial != answer->ticket >> 32)
		return;
	slot->pending = false;
	take_state(slot, answer);
}

void containers_counters(const struct containers *containers,
			 struct containers_counters *ret_counters)
{
	*ret_counters = containers->counters;
	ret_counters->cache.max = containers->options.max;
}
