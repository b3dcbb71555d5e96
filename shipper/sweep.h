/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a record: rings -> entry -> batch -> journal. The rings get their room back only after
 * the journal has what was read. It belongs to the collect thread, every function of it; before
 * that thread starts, to the one that makes it. It owns the batch and the figures, and borrows all
 * else.
 */
#ifndef AUDITSHIP_SWEEP_H
#define AUDITSHIP_SWEEP_H

#include "base/buf.h"
#include "base/err.h"
#include "capture/loss.h"
#include "capture/ring.h"
#include "coverage/canary_watch.h"
#include "enrich/enrich.h"
#include "filter/rules.h"
#include "journal/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sweep;

struct sweep_options {
	struct journal *journal;
	struct enrich *enrich;
	struct rules_state *rules;     /* NULL: there are none */
	struct canary_watch *canaries; /* NULL: there are none */
	struct ring *rings[REC_RING_SHIPPER];
	struct loss *loss;     /* tells its losses to sweep_add_lost */
	uint32_t probes_token; /* of the set that fills the rings, for the journal */
	uint64_t own_sequence; /* of the last record of the shipper's own in this stream */
	const bool *selected;  /* see sweep_select */
	uint32_t ticks_per_s;  /* USER_HZ */
};

/* See struct collect_status. */
struct sweep_counters {
	uint64_t events[REC_KINDS];
	uint64_t not_selected, excluded, canaries, rejected, unnumbered, pending, unjournalled;
	uint64_t journal_bytes, journal_failing;
	uint64_t overtakes, recalled;
};

int sweep_new(struct sweep **ret_sweep, const struct sweep_options *options, struct err *err);

/* NULL is fine. */
void sweep_free(struct sweep *sweep);

/* Other rings, after those before were emptied; their loss account has as many slots. */
void sweep_read_from(struct sweep *sweep, struct ring *const rings[REC_RING_SHIPPER],
		     struct loss *loss, uint32_t probes_token);

/* Kinds that are journalled, copied; events of the shipper's own always are. */
void sweep_select(struct sweep *sweep, const bool selected[REC_KINDS]);

/* From here on. What they mask is hidden in the arguments that are remembered, too. */
void sweep_use_rules(struct sweep *sweep, struct rules_state *rules);

/* A process that already runs, see probes_snapshot. Only before the first sweep. */
void sweep_snapshot(struct sweep *sweep, const void *record, size_t size);

/* Before the first snapshot: the process table learns again what the journal's newest events say.
 */
int sweep_recall(struct sweep *sweep, struct err *err);

/*
 * One more record of a later snapshot, at *at of records, without its arguments. *at is moved
 * behind it. False: there is none.
 */
bool sweep_census(struct sweep *sweep, struct buf *records, size_t *at);

/*
 * Reads what is in the rings now, a batch of it at most. Returns the records read, or a negative
 * errno when the journal would not take them: the batch is kept and tried again first.
 */
int sweep_once(struct sweep *sweep);

/* After sweep_once: more waits that can be read now. */
bool sweep_has_more(const struct sweep *sweep);

/*
 * With the probes detached: sweeps until the rings are empty and every number has arrived or was
 * told as lost. What has not after a short time is told as lost. Negative: the journal takes
 * nothing.
 */
int sweep_empty_rings(struct sweep *sweep);

/* Empties the rings for the last time; what the journal would not take is counted. */
void sweep_drain(struct sweep *sweep);

/* With probes that stay attached: reads what is in the rings by now, within some seconds; the rest
 * waits for the next agent. */
void sweep_catch_up(struct sweep *sweep);

/* What the probes could not deliver is an event of the stream. False: no room, later. */
bool sweep_add_lost(struct sweep *sweep, const struct rec_lost *lost);

/* A checked record that the shipper makes itself; its number and time are filled in. False: there
 * is no room and the journal takes nothing. */
bool sweep_add_own(struct sweep *sweep, struct rec_header *record);

/* All that rules have held back becomes events. -EAGAIN: the journal takes nothing, some is left.
 */
int sweep_add_limited(struct sweep *sweep);

/* 0 when the journal has the batch and the rings their room back; else nothing has changed. */
int sweep_flush(struct sweep *sweep);

void sweep_counters(const struct sweep *sweep, struct sweep_counters *ret_counters);

#endif
