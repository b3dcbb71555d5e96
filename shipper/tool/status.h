/* SPDX-License-Identifier: BSD-2-Clause */
/* "auditship status": a person or a script asks how the running agent is. */
#ifndef AUDITSHIP_TOOL_STATUS_H
#define AUDITSHIP_TOOL_STATUS_H

#include <stdbool.h>

enum {
	STATUS_EXIT_HEALTHY = 0,
	STATUS_EXIT_NO_ANSWER = 1,
	STATUS_EXIT_ATTENTION = 2, /* a probe missing, a sink failing, events lost ... */
};

struct tool_status_options {
	const char *socket;
	bool json;     /* the document as the agent wrote it */
	bool coverage; /* first have the agent try out what it sees */
	bool watch;    /* again every second, until Ctrl-C or the agent has gone */
};

/* Writes to standard output, errors to standard error. Returns one of the exit codes. */
int tool_status(const struct tool_status_options *options);

#endif
