/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent: wires the stages, waits for signals, takes everything down in order. */
#ifndef AUDITSHIP_PIPELINE_H
#define AUDITSHIP_PIPELINE_H

#include "base/err.h"
#include "config.h"

struct pipeline_options {
	const struct config *config;
	const char *config_path;    /* to be told by the status; NULL: the built-in defaults */
	const char *control_socket; /* NULL: none */
	unsigned int seconds;       /* 0: without end */
};

/*
 * Runs until SIGINT, SIGTERM, the reader of standard output goes, or options->seconds have passed.
 * Prints a summary to standard error. 0, or a negative errno: nothing ran (err says why), or not
 * everything could be delivered.
 */
int pipeline_run(const struct pipeline_options *options, struct err *err);

#endif
