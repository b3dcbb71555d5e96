/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adds to a record what the kernel did not say: identity, parent, creator, names, container. Owns
 * the process table and the tables of cgroups and containers. Belongs to the collect thread; does
 * no I/O but to ask the resolver.
 */
#ifndef AUDITSHIP_ENRICH_H
#define AUDITSHIP_ENRICH_H

#include "base/err.h"
#include "decode/enriched.h"
#include "decode/entry.h"
#include "enrich/placement.h"
#include "enrich/process_table.h"
#include "enrich/user_names.h"
#include "enrich/users.h"
#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct enrich;

struct enrich_options {
	uint8_t boot_id[16];
	uint32_t ticks_per_s; /* USER_HZ */
	struct process_table_options processes;
	uint32_t ancestry; /* ancestors that are told, at most LINEAGE_MAX */
	char *const *env;  /* names of the variables that may be recorded; borrowed */
	size_t env_count;
	struct resolver *resolver;      /* borrowed; NULL: nobody is asked */
	unsigned int container_service; /* container_files, by its number in the resolver */
	uint32_t host_pid; /* who is at home on the host: the agent itself, or process 1 */
	/* resolver, handler and tick are filled in */
	struct user_names_options names;
};

int enrich_new(struct enrich **ret_enrich, const struct enrich_options *options, struct err *err);
void enrich_free(struct enrich *enrich);

/* From here on these variables may be recorded; borrowed. */
void enrich_set_env(struct enrich *enrich, char *const *env, size_t env_count);

/* From here on so many ancestors are told, at most LINEAGE_MAX. */
void enrich_set_ancestry(struct enrich *enrich, uint32_t ancestry);

/* Newer names; frees the older ones. */
void enrich_take_users(struct enrich *enrich, struct users *users);

/*
 * A process that ran before the agent did. args: of /proc, each with NUL, of which args_full bytes
 * there are (REC_FULL_UNKNOWN: more than args_length).
 */
void enrich_snapshot(struct enrich *enrich, const struct rec_snapshot *record,
		     int64_t wall_offset_ns, const struct image *args);

/* A cgroup that was there before the agent. */
void enrich_cgroup(struct enrich *enrich, const struct cgroup_told *told);

/* Takes what the helper process has answered; to be called now and then. */
void enrich_poll(struct enrich *enrich);

/*
 * Before the first snapshot: an event of the journal, of this boot, from before this agent started.
 * What it says may have changed since: all that comes later replaces it. The oldest first.
 */
void enrich_recall(struct enrich *enrich, const struct event *event);

/*
 * Around a snapshot of all processes: who was known at begin and is not in it has ended. at_start:
 * while no agent ran. Without an end nothing has happened.
 */
void enrich_reconcile_begin(struct enrich *enrich);
void enrich_reconcile_end(struct enrich *enrich, bool at_start);

/*
 * Takes note of a checked record whose paths are resolved, removes from it the variables nobody
 * asked for, and writes what it adds to *out, of ENRICH_MAX_SIZE bytes. Returns the bytes written.
 */
size_t enrich_event(struct enrich *enrich, struct rec_header *record, int64_t wall_offset_ns,
		    struct enriched *out);

/*
 * A part of the arguments of a record that enrich_event took note of has been hidden since: the
 * process is remembered with the arguments as the record has them now.
 */
void enrich_forget_args(struct enrich *enrich, const struct rec_header *record);

/* All that is remembered, see process_table_rewrite_args. */
void enrich_rewrite_args(struct enrich *enrich, process_image_rewriter *rewriter, void *data);

void enrich_counters(const struct enrich *enrich, struct process_counters *ret_counters);

struct enrich_caches {
	struct user_names_counters names;
	struct resolver_counters helper; /* what was asked of the helper process */
	struct cache_counters cgroups;
	struct containers_counters containers;
};
void enrich_cache_counters(const struct enrich *enrich, struct enrich_caches *ret_counters);

#endif
