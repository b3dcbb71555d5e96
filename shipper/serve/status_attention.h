/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the facts needs a person's attention, in plain words. An agent with none is healthy. */
#ifndef AUDITSHIP_STATUS_ATTENTION_H
#define AUDITSHIP_STATUS_ATTENTION_H

#include "serve/status_document.h"

/* Calls handler with each thing that needs attention, the gravest first; returns how many. */
typedef void (*status_attention_handler)(void *data, const char *text);
unsigned int status_attention(const struct status_facts *facts, status_attention_handler handler,
			      void *data);

/* Events of the probes that the journal has. */
uint64_t status_journalled(const struct collect_status *collect);

/* Every number the probes took is accounted for, or waits in the ring. */
bool status_balances(const struct collect_status *collect);

/* "ok", "waiting": its receiver takes nothing just now, "failing" */
const char *status_sink_state(const struct deliver_status *deliver);

/* The age of the oldest event that is not acknowledged; 0: none waits. */
uint64_t status_lag_ns(const struct status_facts *facts, const struct deliver_status *deliver);

/* The options that would have saved what was lost: of the ring or the rings that lost it. */
const char *status_ring_options(const struct collect_status *collect);

#endif
