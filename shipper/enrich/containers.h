/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of containers beside their paths: a bounded cache of what the resolver's service
 * container_files says. Asks ahead when a container's cgroup is made, so that the first event in it
 * seldom has to wait; but not in a user's slice, where to make a name costs nothing. Belongs to the
 * collect thread; the resolver is borrowed.
 */
#ifndef AUDITSHIP_CONTAINERS_H
#define AUDITSHIP_CONTAINERS_H

#include "base/err.h"
#include "enrich/cache_counters.h"
#include "enrich/container_path.h"
#include "enrich/container_state.h"
#include "enrich/resolver.h"

#include <stdbool.h>
#include <stdint.h>

#define CONTAINERS_DEFAULT_MAX 1024

/* Why nothing is known, in the order of the names in decode/fields.c. */
enum container_unresolved {
	CONTAINER_RESOLVED,
	CONTAINER_LATE,       /* no answer has come in time, or nobody could be asked yet */
	CONTAINER_NOT_FOUND,  /* no runtime has left anything on disk */
	CONTAINER_UNREADABLE, /* what it has left cannot be made sense of */
	CONTAINER_NESTED,     /* its runtime runs in a container and is not asked */
	CONTAINER_UNRESOLVED_REASONS
};

struct containers;

struct containers_options {
	struct resolver *resolver; /* NULL: nobody is asked, all are not found */
	unsigned int service;
	uint32_t max;
	void (*poll)(void *data); /* hands over what the resolver has, also to containers_answer */
	void *data;
};

struct containers_counters {
	struct cache_counters cache; /* a hit: the state was known */
	uint64_t late;               /* events that went out without */
};

int containers_new(struct containers **ret_containers, const struct containers_options *options,
		   struct err *err);
void containers_free(struct containers *containers);

/* Asks for a container that will be wanted soon, without waiting. Does nothing for a user's. */
void containers_prefetch(struct containers *containers, const struct container_path *path);

/*
 * The state of a container, NULL: unknown, and *ret_unresolved says why. Waits within the budget of
 * the resolver when it is asked for first. starts: a program starts in it, which is a time to look
 * whether the state has changed, at most every second. Borrowed until the next call.
 */
const struct container_state *containers_find(struct containers *containers,
					      const struct container_path *path, bool starts,
					      enum container_unresolved *ret_unresolved);

/* An answer of the service. */
void containers_answer(struct containers *containers, const struct resolver_answer *answer);

void containers_counters(const struct containers *containers,
			 struct containers_counters *ret_counters);

#endif
