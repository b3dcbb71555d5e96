/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collect thread: rings -> decode -> enrich -> journal. Owns everything on that way but the
 * journal; a ring's position moves only after the journal has what was read.
 */
#ifndef AUDITSHIP_COLLECT_H
#define AUDITSHIP_COLLECT_H

#include "base/buf.h"
#include "base/err.h"
#include "capture/loss.h"
#include "capture/pins.h"
#include "capture/probes.h"
#include "coverage/canary_watch.h"
#include "enrich/enrich.h"
#include "enrich/users.h"
#include "filter/rules.h"
#include "journal/journal.h"

#include <stdbool.h>
#include <stdint.h>

struct collect;

struct collect_options {
	struct probes *probes; /* attached */
	struct journal *journal;
	struct enrich *enrich;         /* given up to the thread by collect_new */
	struct rules_state *rules;     /* the same; NULL: there are none */
	struct canary_watch *canaries; /* whose records are no events; borrowed, NULL: none are */
	uint32_t cpus;
	uint32_t ticks_per_s;     /* USER_HZ */
	bool selected[REC_KINDS]; /* kinds that are journalled; the others only inform enrichment */
};

/*
 * The account. Nothing but uint64_t: it is published word by word. Two equations hold at every
 * moment that the thread publishes: seen = arrived + lost, and
 * arrived + unnumbered = events of all kinds but lost + not_selected + excluded + dropped +
 * held + canaries + rejected + pending.
 */
struct collect_status {
	uint64_t events[REC_KINDS]; /* journalled */
	uint64_t not_selected;
	uint64_t excluded;      /* by kernel filters: they inform the process table */
	uint64_t dropped, held; /* by rules; events_limited tells what was held back */
	uint64_t canaries;      /* records of the agent's own canaries: no events */
	uint64_t rejected;      /* records that failed the bounds check */
	uint64_t unnumbered;    /* those of them whose number cannot be told: it shows up as lost */
	uint64_t pending;       /* read, but the journal has not taken them yet */
	uint64_t seen;          /* numbers that arrived or are known to be lost */
	uint64_t arrived;
	uint64_t lost;
	uint64_t lost_reason[REC_LOSS_REASONS];
	uint64_t lost_ring[REC_RING_SHIPPER];
	uint64_t unjournalled; /* handed over, but the journal would not take them before the end */
	uint64_t journal_bytes;   /* appended */
	uint64_t journal_failing; /* 1: it takes nothing now */
	uint64_t dropped_notes;   /* events of the agent itself that it took none of */
	uint64_t overtakes;       /* see capture/merge.h */
	uint64_t turns;           /* of the thread: it goes on */
	uint64_t processes, process_max, process_evictions;
	uint64_t process_hits, process_misses;
	uint64_t images, image_bytes, image_max_bytes, image_failures, image_drops;
	uint64_t lost_exits;  /* of processes that a census found gone */
	uint64_t reused_pids; /* processes taken for ended because another got their pid */
	uint64_t recalled;    /* events of the journal that filled the process table at the start */
	uint64_t censuses;
	struct enrich_caches caches;
	/* From here on not of that one moment, but of a later one. */
	uint64_t outstanding; /* numbers that neither arrived nor were told as lost */
	uint64_t numbered;    /* numbers the probes took */
	uint64_t wakeups, sleeps, late, sweeps;
	uint64_t read_failures; /* memory the probes could not read */
	uint64_t map_failures;  /* notes of the probes that found no room */
	uint64_t lost_kind[REC_KINDS];
	struct {
		uint64_t used_bytes, size_bytes, high_water_bytes;
		uint64_t position; /* bytes that the probes have put into it since it was made */
	} rings[REC_RING_SHIPPER];
};

/*
 * For each set of probes that an agent before has left, before collect_new: how far the journal has
 * its numbers. The journal knows that of the last set only that it was written from, so this is
 * kept with the probes, before anything is appended.
 */
void collect_recognize(struct probes *probes, uint32_t cpus, const struct journal *journal);

int collect_new(struct collect **ret_collect, const struct collect_options *options,
		struct err *err);

/* Before collect_start: a process that already runs, see probes_snapshot. */
void collect_snapshot(struct collect *collect, const void *record, size_t size);

/* Before collect_start: a cgroup that is there already, see cgroup_scan. */
void collect_cgroup(struct collect *collect, const struct cgroup_told *told);

/*
 * Before collect_snapshot: what the journal's newest events of this boot tell of processes. When it
 * cannot be read, less is known.
 */
int collect_recall(struct collect *collect, struct err *err);

/* After the last collect_snapshot: who is known and was not in it has ended while no agent ran. */
void collect_snapshot_done(struct collect *collect);

int collect_start(struct collect *collect, struct err *err);

/*
 * The way of a census: begin; once begun, take a snapshot of all processes and give it (records
 * back to back, given up). Nothing but the next begin is due when the snapshot fails.
 */
void collect_begin_census(struct collect *collect);
bool collect_census_begun(struct collect *collect);
void collect_give_census(struct collect *collect, struct buf *records);

/* Newer user names, given up to the thread. */
void collect_give_users(struct collect *collect, struct users *users);

/* Any thread, after collect_new and before collect_free. Waits for nobody. */
void collect_status(struct collect *collect, struct collect_status *ret_status);

/*
 * New rules after a reload, given up to the thread; what goes on in them is told at
 * rules_carry_over. For the thread that made collect, as collect_rules is.
 */
void collect_give_rules(struct collect *collect, struct rules_state *rules);

/* The rules in force, for their counters: borrowed until the next collect_give_rules. */
const struct rules_state *collect_rules(const struct collect *collect);

/* What a reload changes on the way of an event. Borrowed until collect_changed_fd is readable. */
struct collect_change {
	/*
	 * Sets of probes that took over, one from the other and the first from the one in place;
	 * all but the last are detached and settled. NULL behind the last; none: the set stays.
	 * What the old rings hold comes first; then nobody needs the old sets.
	 */
	struct probes *probes[PINS_SETS_MAX + 1];
	bool selected[REC_KINDS];
	char *const *env; /* see enrich_options */
	size_t env_count;
	uint32_t ancestry;
};

/*
 * The thread makes the change between two sweeps. While the journal takes nothing and the old rings
 * have to be emptied, that can last. One at a time: not again before collect_change_done.
 */
void collect_change(struct collect *collect, const struct collect_change *change);

/* Readable when the change is made. Then, or at any time: true when it is, and the old is gone. */
int collect_changed_fd(const struct collect *collect);
bool collect_change_done(struct collect *collect);

/* A record of the shipper's own for the stream, a checked one of at most COLLECT_NOTE_MAX bytes;
 * its number and time are filled in. False: too many wait already. */
#define COLLECT_NOTE_MAX 16384
bool collect_note(struct collect *collect, const struct rec_header *record);

/* The same, but the last of all, once collect_stop has emptied the ring. Before collect_stop, by
 * the thread that calls that. False: no memory. */
bool collect_last_note(struct collect *collect, const struct rec_header *record);

/*
 * With the probes detached: reads what the kernel has handed over, journals it, ends the thread.
 * *ret_status is the final account.
 */
void collect_stop(struct collect *collect, struct collect_status *ret_status);

/*
 * The probes stay attached, for the next agent: what the kernel has handed over by now is
 * journalled, what comes from here on waits.
 */
void collect_leave(struct collect *collect, struct collect_status *ret_status);

/* Only after collect_stop, or when it was never started. */
void collect_free(struct collect *collect);

#endif
