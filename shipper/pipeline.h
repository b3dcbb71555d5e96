/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent: wires the stages, waits for signals, takes everything down in order. */
#ifndef AUDITSHIP_PIPELINE_H
#define AUDITSHIP_PIPELINE_H

#include "base/err.h"
#include "config.h"
#include "render/render.h"

/*
 * Runs until SIGINT, SIGTERM, the reader of standard output goes, or seconds have passed (0:
 * without end). Prints a summary to standard error. 0, or a negative errno: nothing ran (err says
 * why), or not everything could be delivered.
 */
int pipeline_run(const struct config *config, unsigned int seconds, struct err *err);

/* Somebody who looks on: instead of to sinks, events go to a descriptor as raw frames. */
struct pipeline_view {
	int fd; /* a socket, borrowed; closed at the other end: the pipeline stops */
	/* Called once before the first event. identity holds during the call. Negative: stop. */
	int (*start)(void *data, const struct render_identity *identity, struct err *err);
	void *data;
};

/* The same as pipeline_run for a configuration without sinks. */
int pipeline_show(const struct config *config, const struct pipeline_view *view,
		  unsigned int seconds, struct err *err);

#endif
