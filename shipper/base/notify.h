/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the service manager how we are: the protocol of sd_notify(3), without its library. Without
 * a manager that listens (NOTIFY_SOCKET) nothing happens. For one thread.
 */
#ifndef AUDITSHIP_NOTIFY_H
#define AUDITSHIP_NOTIFY_H

#include <stdint.h>

/* Assignments, each on a line: "READY=1\nSTATUS=...". 0, also when nobody listens, or -errno. */
int notify_send(const char *assignments) __attribute__((nonnull));

/* How long the manager waits for WATCHDOG=1 before it restarts us; 0: it does not watch. */
uint64_t notify_watchdog_ns(void);

#endif
