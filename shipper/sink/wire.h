/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection that syslog goes over: unix datagrams or stream, UDP, TCP, TLS. It knows how far
 * what was sent has come: as far as the other side's kernel has taken it (a socket of this host: as
 * far as its reader has). Belongs to one thread; only wire_open and wire_close wait.
 */
#ifndef AUDITSHIP_WIRE_H
#define AUDITSHIP_WIRE_H

#include "base/err.h"
#include "sink/target.h"
#include "sink/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct wire;

/* tls is borrowed, for TARGET_TLS. */
int wire_new(struct wire **ret_wire, const struct target *target, const struct tls_options *tls,
	     struct err *err);
void wire_free(struct wire *wire);

/*
 * Connects, waiting at most within_ms. When that is not enough the try goes on with the next call,
 * for WIRE_CONNECT_MS in all. 0, or a negative errno with the reason in plain words. Looking up a
 * name may take longer (see resolv.conf(5)).
 */
#define WIRE_CONNECT_MS 10000
int wire_open(struct wire *wire, unsigned int within_ms, struct err *err);

/* What an open wire is, for a person. */
void wire_describe(const struct wire *wire, char *out, size_t size);

/* Of an open wire: messages have their own bounds; else the bytes are one stream. */
bool wire_is_datagram(const struct wire *wire);

/*
 * Bytes taken, from the start of the parts: all of them (a datagram), or at least 1. -EAGAIN: no
 * room just now. -EMSGSIZE: a datagram that is too large. Else the connection is of no use.
 */
ssize_t wire_send(struct wire *wire, const struct iovec *parts, int count, struct err *err);

/*
 * Looks whether the connection still stands. 0, or -ECONNRESET, -ESHUTDOWN (the other side has
 * closed it) and others; then wire_close.
 */
int wire_check(struct wire *wire, struct err *err);

/* Bytes of wire_send that have arrived, as far as can be known; it only grows. */
uint64_t wire_arrived(struct wire *wire);

/* For poll(2): the socket (-1: none), and what it waits for when something could not be sent. */
int wire_fd(const struct wire *wire);
short wire_events(const struct wire *wire);

/*
 * Ends the connection. With within_ms, takes leave as the protocol wants it (TLS: both ways) and
 * waits for the other side's; without, at once.
 */
void wire_close(struct wire *wire, unsigned int within_ms);

#endif
