/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitoring port: a few pages over HTTP, on loopback or a unix socket (docs/monitoring.md).
 * Never blocks; belongs to the thread that calls it, the main thread.
 */
#ifndef AUDITSHIP_MONITOR_H
#define AUDITSHIP_MONITOR_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

#define MONITOR_CLIENTS_MAX 16
#define MONITOR_PATIENCE_MS 5000 /* for a connection as a whole */

struct monitor;

struct monitor_page {
	const char *path, *type;
	/* Appends the page to out. The HTTP status, or a negative errno: the client gets err. */
	int (*write)(void *data, struct buf *out, struct err *err);
};

/* listen and group are only needed until monitor_open returns. */
struct monitor_options {
	const char *listen; /* see base/listen_address.h */
	const char *group;  /* that may use a unix socket, too; NULL: as the process has it */
	const struct monitor_page *pages; /* ended by a row without path; borrowed */
	void *data;
};

int monitor_open(struct monitor **ret_monitor, const struct monitor_options *options,
		 struct err *err);
/* NULL is fine. */
void monitor_close(struct monitor *monitor);

/* Readable when monitor_serve has something to do. */
int monitor_fd(const struct monitor *monitor);
void monitor_serve(struct monitor *monitor);

/* Call it about once a second: sends away who is too slow. now_ns: CLOCK_MONOTONIC. */
void monitor_tick(struct monitor *monitor, uint64_t now_ns);

#endif
