/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of cgroups by hierarchy and number: filled by a scan at the start, kept by events. Memory
 * is taken once. What was removed stays to be found for a while, since events of processes that
 * were in it may wait in a ring. Belongs to the collect thread.
 */
#ifndef AUDITSHIP_CGROUPS_H
#define AUDITSHIP_CGROUPS_H

#include "base/clock.h"
#include "base/err.h"
#include "enrich/cache_counters.h"
#include "enrich/container_path.h"

#include <stdint.h>

#define CGROUPS_DEFAULT_MAX 8192
#define CGROUPS_PATH_MAX 320 /* bytes kept; the containers in it are found in all of it */
#define CGROUPS_KEEP_NS (30 * NS_PER_S) /* after its removal */
#define CGROUPS_ROOT_ID 1 /* of every hierarchy's root (fs/kernfs/dir.c: the first number) */

struct cgroups;

struct cgroup {
	uint64_t id;
	uint32_t hierarchy;              /* 0: v2 */
	uint32_t path_length, path_full; /* path_full UINT32_MAX: the kernel had cut it already */
	char path[CGROUPS_PATH_MAX];
	struct container_path container; /* its parts may lie beyond what is kept of path */
};

int cgroups_new(struct cgroups **ret_cgroups, uint32_t max, struct err *err);
void cgroups_free(struct cgroups *cgroups);

struct cgroup_told {
	uint64_t id;
	uint32_t hierarchy;
	const char *path; /* length bytes of full there were, see struct cgroup */
	uint32_t length, full;
};

/*
 * Its path is that from now on, whatever it was. When the table is full, what was removed longest
 * ago goes, else of the user who has most in his slice what nobody asked for longest, else of all
 * others. Borrowed until the next insertion.
 */
const struct cgroup *cgroups_insert(struct cgroups *cgroups, const struct cgroup_told *told);

/* Removed at that time of CLOCK_BOOTTIME; what was removed CGROUPS_KEEP_NS before goes. */
void cgroups_remove(struct cgroups *cgroups, uint32_t hierarchy, uint64_t id, uint64_t time_ns);

/* NULL: not known. Borrowed until the next insertion. */
const struct cgroup *cgroups_find(struct cgroups *cgroups, uint32_t hierarchy, uint64_t id);

/* Evictions are not those whose time was over. */
void cgroups_counters(const struct cgroups *cgroups, struct cache_counters *ret_counters);

#endif
