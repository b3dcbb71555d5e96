/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AUDITSHIP_CHECK_H
#define AUDITSHIP_CHECK_H

#include <stdbool.h>

struct config;

/* What a process exits with when its configuration is wrong (EX_CONFIG of sysexits.h). */
#define CHECK_EXIT_CONFIG 78

/*
 * Reads the configuration of path, as config_new does, for a command that needs it. Every fault, or
 * why it cannot be read, is told on standard error. 0, or the exit code: 78 when it is wrong, 1
 * when it cannot be read; *ret_config is NULL then.
 */
int check_load(struct config **ret_config, const char *path);

struct check_options {
	const char *path;    /* NULL: as config_load takes it */
	bool connect;        /* try every sink for real */
	bool print;          /* write the effective configuration instead of one line */
	const char *explain; /* a file of events, one JSON document per line; "-": standard input */
};

/*
 * auditship check: reads the configuration and tells all its faults, and what is unwise in it, on
 * standard error. On standard output goes one line of what it holds, or the effective configuration
 * (print), or for each event which rule decides over it (explain), or what a try of each sink found
 * out (connect). Returns the exit code: 0, 78 when the configuration is wrong, 1 when it or an
 * event cannot be read, or a sink would not get its events.
 */
int tool_check(const struct check_options *options);

#endif
