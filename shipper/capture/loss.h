/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel numbers never arrived. A number is certainly lost when a later one of its ring, CPU
 * and class has arrived (they arrive in order), or when what is outstanding is exactly what the
 * probes counted as lost; and when nobody reads its ring any more. Owned by the collect thread.
 */
#ifndef AUDITSHIP_LOSS_H
#define AUDITSHIP_LOSS_H

#include "record.h"
#include "shared.h"

#include <stdbool.h>
#include <stdint.h>

struct loss;

/* False: there is no room to note it now; the same loss is told again at a later sweep. */
typedef bool (*loss_handler)(void *data, const struct rec_lost *lost);

/* counts: the probes' map, (ring * REC_CLASSES + class) * cpus + cpu; borrowed. */
int loss_new(struct loss **ret_loss, const struct rec_counts *counts, uint32_t cpus,
	     loss_handler handler, void *data);
void loss_free(struct loss *loss);

/*
 * loss is new. Goes on where the reader before has come to with the set of probes of that number;
 * progress, as many as counts, is borrowed and kept by loss_commit. What was accounted for then is
 * neither told nor counted again.
 */
void loss_resume(struct loss *loss, struct rec_progress *progress, uint64_t generation);

/*
 * Before loss_resume, and before anything is appended that could make the journal forget it: the
 * number of header, of its ring, CPU and class, and all before it are in the journal, although the
 * reader before did not come to say so.
 */
void loss_note_journalled(struct rec_progress *progress, uint32_t cpus,
			  const struct rec_header *header);

/* The journal has what was seen and told. */
void loss_commit(struct loss *loss);

/* Takes note of a record that arrived; tells of the numbers that are missing before it. The handler
 * must have room then. False: the journal has this record already. */
bool loss_saw(struct loss *loss, const struct rec_header *header);

/* Before a sweep: remembers how far the probes had counted. */
void loss_begin_sweep(struct loss *loss);

/* After the rings were drained up to an end taken after loss_begin_sweep. */
void loss_end_sweep(struct loss *loss);

/*
 * The rings are not read any more: tells all that was numbered and has not arrived. False: the
 * handler had no room for some of it.
 */
bool loss_give_up(struct loss *loss);

/* Whether a record that failed its checks has a number that can be its own: one that was taken and
 * has not arrived yet. Then loss_saw may be told of it. */
bool loss_believes(const struct loss *loss, const struct rec_header *header);

/* What has become of the numbers so far: seen = arrived + lost, at every moment. */
struct loss_account {
	uint64_t seen; /* last number of each ring, CPU and class that arrived or was told as lost,
			* added up */
	uint64_t arrived;
	uint64_t lost;
	uint64_t lost_reason[REC_LOSS_REASONS];
	uint64_t lost_ring[REC_RING_SHIPPER];
};
const struct loss_account *loss_account(const struct loss *loss);

/* What the probes have counted by now; any thread may ask. */
struct loss_counted {
	uint64_t numbered; /* last numbers they took, added up */
	uint64_t wakeups;  /* that they forced */
	uint64_t read_failures, map_failures;
	uint64_t lost_kind[REC_KINDS]; /* exact; told or not yet, and to readers before */
};
void loss_counted(const struct loss *loss, struct loss_counted *ret_counted);

/*
 * After another set of probes has taken over and the ring of the old one is drained: what old has
 * counted is added to what loss tells from here on. Nothing was seen yet.
 */
void loss_carry_over(struct loss *loss, const struct loss *old);

/* Last number seen of one slot, 0 for none; slots go from 0 to loss_slots() - 1. */
uint32_t loss_slots(const struct loss *loss);
uint64_t loss_last_seen(const struct loss *loss, uint32_t slot, uint8_t *ret_ring,
			uint8_t *ret_class, uint16_t *ret_cpu);

#endif
