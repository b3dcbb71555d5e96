/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the table: sets of a few entries, in which the one least used gives way. Asks nobody. */
#include "enrich/scopes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8
#define SETS (SCOPES_MAX / WAYS)

struct scopes {
	struct scope entries[SETS][WAYS];
	uint64_t uses, serials;
	struct cache_counters counters;
};

int scopes_new(struct scopes **ret_scopes, struct err *err)
{
	*ret_scopes = calloc(1, sizeof(**ret_scopes));
	if (!*ret_scopes)
		return err_set(err, -ENOMEM, "no memory for the names of containers");
	(*ret_scopes)->counters.max = SCOPES_MAX;
	return 0;
}

void scopes_free(struct scopes *scopes)
{
	free(scopes);
}

static struct scope *set_of(struct scopes *scopes, const struct scope_key *key)
{
	uint32_t hash = key->mnt * 2654435761u ^ key->user * 2246822519u ^
			key->root_mount * 3266489917u ^ key->root_directory * 668265263u;

	return scopes->entries[(hash ^ hash >> 15) % SETS];
}

static struct scope *find(struct scopes *scopes, const struct scope_key *key)
{
	struct scope *set = set_of(scopes, key);

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].used && memcmp(&set[i].key, key, sizeof(*key)) == 0)
			return &set[i];
	return NULL;
}

void scopes_renew(struct scopes *scopes, struct scope *scope)
{
	scope->serial = ++scopes->serials;
	scope->state = SCOPE_NEW;
	scope->files = scope->checked_ns = scope->retry_ns = scope->ticket = 0;
}

static struct scope *add(struct scopes *scopes, const struct scope_key *key)
{
	struct scope *set = set_of(scopes, key), *scope = set;

	for (size_t i = 1; i < WAYS; i++)
		if (set[i].used < scope->used)
			scope = &set[i];
	if (scope->used)
		scopes->counters.evictions++;
	else
		scopes->counters.size++;
	*scope = (struct scope){.key = *key};
	scopes_renew(scopes, scope);
	return scope;
}

static void note_witness(struct scope *scope, const struct scope_witness *process)
{
	struct scope_witness *room = NULL;

	for (size_t i = 0; i < SCOPE_WITNESSES; i++) {
		struct scope_witness *witness = &scope->witnesses[i];

		if (witness->pid == process->pid) {
			witness->start_ns = process->start_ns; /* its exit was lost, if another */
			return;
		}
		if (!room && witness->pid == 0)
			room = witness;
	}
	if (room)
		*room = *process;
}

struct scope *scopes_get(struct scopes *scopes, const struct scope_key *key,
			 const struct scope_witness *process)
{
	struct scope *scope = find(scopes, key);

	if (!scope)
		scope = add(scopes, key);
	scope->used = ++scopes->uses;
	note_witness(scope, process);
	return scope;
}

struct scope *scopes_find_ticket(struct scopes *scopes, uint64_t ticket)
{
	for (size_t i = 0; i < SCOPES_MAX; i++) {
		struct scope *scope = &scopes->entries[i / WAYS][i % WAYS];

		if (scope->used && scope->ticket == ticket)
			return scope;
	}
	return NULL;
}

void scopes_leave(struct scopes *scopes, const struct scope_key *key,
		  const struct scope_witness *process)
{
	struct scope *scope = find(scopes, key);
	bool others = false;

	if (!scope)
		return;
	for (size_t i = 0; i < SCOPE_WITNESSES; i++) {
		struct scope_witness *witness = &scope->witnesses[i];

		if (witness->pid == process->pid && witness->start_ns == process->start_ns)
			witness->pid = 0;
		others |= witness->pid != 0;
	}
	if (others)
		return;
	*scope = (struct scope){0};
	scopes->counters.size--;
}

struct cache_counters *scopes_counters(struct scopes *scopes)
{
	return &scopes->counters;
}
