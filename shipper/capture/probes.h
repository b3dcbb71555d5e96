/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of probes: load, attach, shared memory, the snapshot of what already runs. The only file
 * that knows the skeleton is probes.c. What is not pinned (capture/pins.h) the kernel detaches when
 * the process ends.
 */
#ifndef AUDITSHIP_PROBES_H
#define AUDITSHIP_PROBES_H

#include "base/err.h"
#include "capture/filter_maps.h"
#include "record.h"
#include "shared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probes;

#define PROBES_HASH_SIZE 32

struct probes_options {
	uint32_t cpus; /* possible CPUs */
	uint32_t page_size;
	uint64_t ring_bytes[REC_RING_SHIPPER]; /* powers of two, at least a page */
	uint32_t args_max;
	uint32_t kinds;   /* 1 << enum rec_kind: hooks that none of them needs are not there */
	char *const *env; /* names of variables */
	size_t env_count;
	const struct probes *previous; /* the set to take over from, NULL: the first one */
	bool foreign; /* which another agent has loaded: nothing is shared but what switches over */
};

/* One hook: attached, or why not. */
struct probe_status {
	const char *name; /* fork, exec, syscall, exit, snapshot, ... */
	bool required;    /* without it there is no agent; the others go missing by themselves */
	bool optional;    /* not every kernel has it; what is not seen without it, coverage names */
	bool attached;
	bool counts_missed; /* the kernel does: since 5.12 */
	uint64_t missed;    /* events it was not called for, as it was at work on that CPU already;
			     * they have no number */
	char why[160];
};

/* Equal for two sets that do the same: one can be used in place of the other. */
void probes_identify(const struct probes_options *options, uint8_t ret_hash[PROBES_HASH_SIZE]);

/*
 * Loads the programs. A hook that is not required and that the kernel refuses is left out.
 * On failure err has the last lines of the verifier's or libbpf's own words.
 */
int probes_open(struct probes **ret_probes, const struct probes_options *options, struct err *err);
void probes_close(struct probes *probes);

/* Attaches every hook; nothing is recorded before probes_take_over. 0 when all are that are
 * required, else the first error of those; probes_status tells each. */
int probes_attach(struct probes *probes, struct err *err);
void probes_detach(struct probes *probes);

/*
 * From here on this set records, and none that shares its switch does; between two attached sets,
 * the older attached first, no event is in both or in none (bpf/generation.h).
 */
void probes_take_over(struct probes *probes);

/* All sets that share the switch record until then (CLOCK_MONOTONIC); later they count what they
 * skip, as lost. UINT64_MAX, as a set is made: without end. */
void probes_record_until(struct probes *probes, uint64_t until_ns);

/* Waits until no hook of a detached set runs any more: what it took a number for is in the ring. */
void probes_settle(void);

/* False: this kernel does not tell when that is so (nohz_full), so that probes_settle sleeps for
 * longer than any hook runs. */
bool probes_settle_knows(void);

/* The maps of the filters, which all sets share that take over from one another. */
void probes_filter_maps(const struct probes *probes, struct filter_maps_options *ret_options);

/* What the hooks of a detached set have missed is added to those of the one that took over. */
void probes_carry_over(struct probes *probes, const struct probes *old);

/* The hooks that are wanted. */
size_t probes_status(const struct probes *probes, const struct probe_status **ret_status);

/* Asks the kernel what the hooks have missed, for probes_status. */
void probes_count_missed(struct probes *probes);

/* Calls handler with a REC_SNAPSHOT record for each process there is. */
typedef void (*probes_snapshot_handler)(void *data, const void *record, size_t size);
int probes_snapshot(struct probes *probes, probes_snapshot_handler handler, void *data,
		    struct err *err);

int probes_ring_fd(const struct probes *probes, enum rec_ring ring);
uint64_t probes_ring_bytes(const struct probes *probes, enum rec_ring ring);
const struct rec_counts *probes_counts(const struct probes *probes);
struct rec_progress *probes_progress(struct probes *probes); /* as many as counts */
struct rec_reader *probes_reader(struct probes *probes);

/* Sets that took over from one another count up. */
uint64_t probes_number(const struct probes *probes);
/* Of this very set, as long as its counters live: not 0, and no other's. */
uint32_t probes_token(const struct probes *probes);
const uint8_t *probes_hash(const struct probes *probes);
/* It is the set that records, and all of it is there. */
bool probes_are_in_force(const struct probes *probes);

#endif
