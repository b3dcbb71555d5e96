/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers how the agent is: borrows the stages, keeps the last minute of their counters for the
 * rates. Belongs to the main thread; asks the others nothing that makes them wait.
 */
#ifndef AUDITSHIP_STATUS_H
#define AUDITSHIP_STATUS_H

#include "base/buf.h"
#include "base/err.h"
#include "capture/probes.h"
#include "collect.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "journal/journal.h"
#include "kernel_filter.h"
#include "serve/control.h"
#include "serve/watchers.h"
#include "sink/deliver.h"
#include "sinks.h"

struct status;

/* All borrowed, and alive until status_free. */
struct status_options {
	const struct config *config;
	struct probes *probes;
	const struct kernel_filter *filter;
	struct collect *collect;
	struct journal *journal;
	const struct sinks *sinks;
	struct deliver *const *delivers; /* one per sink of the configuration */
	const struct control *control;   /* NULL: there is none */
	const struct watchers *watchers; /* NULL: there is none */
	const struct coverage *coverage;
};

int status_new(struct status **ret_status, const struct status_options *options, struct err *err);
void status_free(struct status *status);

/* After a reload: what options say from here on. The counters go on. */
void status_change(struct status *status, const struct status_options *options);

/* About once a second: takes note of the counters. */
void status_tick(struct status *status);

/* Appends the document, see status_document.h. */
int status_write(struct status *status, struct buf *out, struct err *err);

/* Appends the figures, see status_metrics.h. */
int status_metrics(struct status *status, struct buf *out, struct err *err);

/* 0 when every thread goes on, see progress.h. */
int status_progress(struct status *status, struct err *err);

/* 0 when events are recorded: what must be attached is, and the journal takes them. */
int status_ready(struct status *status, struct err *err);

#endif
