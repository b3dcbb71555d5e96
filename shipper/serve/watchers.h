/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who looks on over the control socket: a connection, and a deliver thread of its own that copies
 * to it what the journal gets from now on. None of them can hold back the journal, a sink or
 * another one. Belongs to the main thread.
 */
#ifndef AUDITSHIP_WATCHERS_H
#define AUDITSHIP_WATCHERS_H

#include "base/buf.h"
#include "base/err.h"
#include "journal/journal.h"
#include "render/render.h"

#include <stdint.h>

#define WATCHERS_MAX 8
/* One that takes nothing for that long is sent away. A person may read on in a pager. */
#define WATCHERS_PATIENCE_S 600

struct watchers;

/* identity and journal must outlive them. */
int watchers_new(struct watchers **ret_watchers, struct journal *journal,
		 const struct render_identity *identity, struct err *err);
/* Gives each that reads a moment to take what is there, then closes all. NULL is fine. */
void watchers_free(struct watchers *watchers);

/* Appends the line that greets a watcher. -EBUSY: there are WATCHERS_MAX already. */
int watchers_greet(struct watchers *watchers, struct buf *out, struct err *err);

/* Owns the connection from here on; it is closed when it cannot be served. */
void watchers_add(struct watchers *watchers, int fd);

/* Readable when watchers_serve has one to send away. */
int watchers_fd(const struct watchers *watchers);
void watchers_serve(struct watchers *watchers);

/* Call it about once a second. now_ns: CLOCK_BOOTTIME. */
void watchers_tick(struct watchers *watchers, uint64_t now_ns);

struct watchers_counters {
	uint64_t present, served, failed;
};
void watchers_counters(const struct watchers *watchers, struct watchers_counters *ret_counters);

#endif
