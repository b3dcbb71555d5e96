/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: a unix stream socket on which the agent answers questions, one line each way
 * (docs/control-socket.md). Never blocks; belongs to the thread that calls it, the main thread.
 */
#ifndef AUDITSHIP_CONTROL_H
#define AUDITSHIP_CONTROL_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

#define CONTROL_PATH "/run/auditship/control.sock"
#define CONTROL_CLIENTS_MAX 16
#define CONTROL_REQUEST_MAX 256 /* bytes of a line, its line feed included */
#define CONTROL_PATIENCE_MS 5000

struct control;

struct control_request {
	const char *name;
	/* Appends one line of JSON to out. On an error the client gets err, and out is discarded.
	 */
	int (*answer)(void *data, struct buf *out, struct err *err);
	/* NULL; or takes the connection over, as its owner, once the answer has gone out. It does
	 * not block. */
	void (*take)(void *data, int fd);
};

struct control_options {
	const char *path;  /* its directory is made when it is missing */
	const char *group; /* name or number that may connect too; NULL: as the process has it */
	const struct control_request *requests; /* ended by a row without name; borrowed */
	void *data;
};

struct control_counters {
	uint64_t clients; /* now */
	uint64_t accepted;
	uint64_t refused;            /* no place was free, or the peer may not */
	uint64_t requests;           /* answered */
	uint64_t malformed;          /* lines that are none, or unknown */
	uint64_t timeouts;           /* clients that sent or took nothing for CONTROL_PATIENCE_MS */
	uint64_t last_pid, last_uid; /* who asked last */
};

/*
 * Listens. A socket that a dead agent left is replaced; -EADDRINUSE when a living one has the path,
 * -EEXIST when something that is no socket stands there.
 */
int control_open(struct control **ret_control, const struct control_options *options,
		 struct err *err);
/* Removes the socket. NULL is fine. */
void control_close(struct control *control);

/* Readable when control_serve has something to do. */
int control_fd(const struct control *control);
void control_serve(struct control *control);

/* Call it about once a second: sends away who is too slow. now_ns: CLOCK_MONOTONIC. */
void control_tick(struct control *control, uint64_t now_ns);

void control_counters(const struct control *control, struct control_counters *ret_counters);

#endif
