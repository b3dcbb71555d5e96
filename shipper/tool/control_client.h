/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks a running agent over its control socket (docs/control-socket.md). */
#ifndef AUDITSHIP_CONTROL_CLIENT_H
#define AUDITSHIP_CONTROL_CLIENT_H

#include "base/buf.h"
#include "base/err.h"

/* A connected descriptor, or a negative errno with words for the person who asked. */
int control_client_open(const char *path, struct err *err);

/*
 * Sends the request (without its line feed) and appends the answer, one line with its line feed.
 * Each step waits at most 10 s. -EBADMSG: what answers does not end its line.
 */
int control_client_ask(int fd, const char *request, struct buf *answer, struct err *err);

#endif
