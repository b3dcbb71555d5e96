/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maps that the probes' filters look into: filled in the half that is not in force, then
 * switched over by one store. Holds the maps by descriptors of its own, so that it outlives a set
 * of probes: the next set shares them. Belongs to the main thread.
 */
#ifndef AUDITSHIP_FILTER_MAPS_H
#define AUDITSHIP_FILTER_MAPS_H

#include "base/err.h"
#include "capture/filters.h"

#include <stdint.h>

struct filter_maps;

/* Descriptors are borrowed. */
struct filter_maps_options {
	int settings_fd, entries_fd, names_fd, left_out_fd;
	uint32_t cpus;
	uint32_t agent_pid; /* 0: no process is the agent's own */
};

int filter_maps_open(struct filter_maps **ret_maps, const struct filter_maps_options *options,
		     struct err *err);
void filter_maps_close(struct filter_maps *maps);

/*
 * Makes the other half hold what filters say, which are given up. On failure the half is empty and
 * nothing has changed for the probes.
 */
int filter_maps_fill(struct filter_maps *maps, struct filters *filters, struct err *err);

/* From here on the probes go by what was filled last; no event by some of this and that. Waits
 * until no event is under way that goes by the half before. */
void filter_maps_switch(struct filter_maps *maps);

/* What is in force, NULL before the first switch. Borrowed until the next fill. */
const struct filters *filter_maps_in_force(const struct filter_maps *maps);

/* What all CPUs have left out since filter_maps_open. */
void filter_maps_left_out(const struct filter_maps *maps, uint64_t ret_counts[REC_FILTERS]);

/*
 * Of that, what the slots of rules have counted in one half, whatever rules they belonged to at
 * that time. That of the half that is not in force stands still.
 */
void filter_maps_rules(const struct filter_maps *maps, bool in_force,
		       uint64_t ret_counts[REC_FILTER_RULES]);

#endif
