/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From one agent to the next: finds the probes that the one before has left, goes on with them or
 * has others take over, and leaves them in place at the end. Works on the pipeline's parts, as
 * reload.c does; belongs to the main thread.
 */
#ifndef AUDITSHIP_SUCCESSION_H
#define AUDITSHIP_SUCCESSION_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct pipeline;
struct probes;

/* Before the journal is opened, which wants to know whose numbers go on. -EBUSY: another agent has
 * the state directory; all else only costs the continuity, and the log says so. */
int succession_find(struct pipeline *pipeline, struct err *err);

/* The probes for the configuration: those that were found, or new ones, which record nothing yet.
 */
int succession_open(struct pipeline *pipeline, struct err *err);

/* From here on pipeline->probes record. The sets in pipeline->found that are left have to be read
 * to their ends, see reload_succeed. */
int succession_take_over(struct pipeline *pipeline, struct err *err);

/* The agent runs: the probes record for capture.keep_attached more, and for at_least_ms when it
 * does what may take long. */
void succession_beat(const struct pipeline *pipeline, uint64_t at_least_ms);

#define SUCCESSION_BUSY_MS 60000 /* to load programs, to start, or to stop sinks of a reload */

/* capture.keep_attached may have changed: pins the probes, or has them go with the agent. */
void succession_follow(struct pipeline *pipeline);

/* A set that another has taken over from; and when it is read to its end: it is closed. */
void succession_retire(struct pipeline *pipeline, struct probes *old);
void succession_bury(struct pipeline *pipeline, struct probes *old);

/* Whether the probes stay when the agent ends as pipeline->end says. */
bool succession_keeps(const struct pipeline *pipeline);

/* Before collect_stop: nothing stays. */
void succession_end(struct pipeline *pipeline);

/* Closes everything; what is to stay stays pinned. */
void succession_close(struct pipeline *pipeline);

#endif
