/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent: wires the stages, waits for signals, takes everything down in order. */
#ifndef AUDITSHIP_PIPELINE_H
#define AUDITSHIP_PIPELINE_H

#include "base/err.h"
#include "config/config.h"
#include "render/render.h"

/* Somebody who looks on: events go to a descriptor as raw frames, and no socket is opened. */
struct pipeline_view {
	int fd; /* a socket, borrowed; closed at the other end: the pipeline stops */
	/* Called once before the first event. identity holds during the call. Negative: stop. */
	int (*start)(void *data, const struct render_identity *identity, struct err *err);
	void *data;
};

struct pipeline_options {
	struct config *config;            /* its rules are taken over */
	const char *config_path;          /* NULL: CONFIG_FILE or the built-in defaults */
	unsigned int seconds;             /* 0: without end */
	const struct pipeline_view *view; /* NULL: this is an agent */
};

/*
 * Runs until SIGINT, SIGTERM, the reader of standard output goes, or options->seconds have passed.
 * Prints a summary to standard error. 0, or a negative errno: nothing ran (err says why), or not
 * everything could be delivered.
 */
int pipeline_run(const struct pipeline_options *options, struct err *err);

#endif
