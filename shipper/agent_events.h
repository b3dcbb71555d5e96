/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent tells of itself in the stream: start, stop, heartbeat, clock steps, coverage.
 * Borrows the pipeline's parts as reload.c does; belongs to the main thread.
 */
#ifndef AUDITSHIP_AGENT_EVENTS_H
#define AUDITSHIP_AGENT_EVENTS_H

#include "base/err.h"
#include "coverage/coverage.h"
#include "record.h"

#include <stdbool.h>
#include <sys/signalfd.h>

struct agent_events;
struct pipeline;

/* Why the agent ends. */
struct agent_end {
	enum rec_stop reason;
	struct signalfd_siginfo signal; /* with REC_STOP_SIGNAL */
	uint64_t idle_ns; /* CLOCK_BOOTTIME at which no signal was there yet; 0: unknown */
	const char *what; /* what went wrong, with REC_STOP_ERROR */
	bool keeps_probes;
};

/* Before there is any thread or probe: forks the helper for canaries. */
int agent_events_new(struct agent_events **ret_events, struct pipeline *pipeline, struct err *err);
/* After collect_stop, with the probes detached. NULL is fine. */
void agent_events_free(struct agent_events *events);

/* Whose records are no events. */
struct canary_watch *agent_events_canaries(struct agent_events *events);

/* With the probes attached and before the collect thread runs: the first event of the run. */
void agent_events_tell_start(struct agent_events *events);
/* Once it runs: heartbeats and canaries begin. */
void agent_events_begin(struct agent_events *events);

/* Readable when agent_events_serve has something to do. */
int agent_events_fd(const struct agent_events *events);
void agent_events_serve(struct agent_events *events);

/* About once a second: looks at the clock. */
void agent_events_tick(struct agent_events *events);

/* After a reload. */
void agent_events_change(struct agent_events *events);

/* Before collect_stop: the last event of the run. */
void agent_events_tell_stop(struct agent_events *events, const struct agent_end *end);

/* Has the canaries sing, or joins a run that is under way. */
void agent_events_cover(struct agent_events *events);

/* Never NULL, for as long as events. */
const struct coverage *agent_events_coverage(const struct agent_events *events);

#endif
