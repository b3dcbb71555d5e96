/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent: wires the stages, waits for signals, takes everything down in order. */
#ifndef AUDITSHIP_PIPELINE_H
#define AUDITSHIP_PIPELINE_H

#include "base/err.h"
#include "config.h"

/*
 * Runs until SIGINT, SIGTERM, the reader of standard output goes, or seconds have passed (0:
 * without end). Prints a summary to standard error. 0, or a negative errno: nothing ran (err says
 * why), or not everything could be delivered.
 */
int pipeline_run(const struct config *config, unsigned int seconds, struct err *err);

#endif
