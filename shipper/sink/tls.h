/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of TLS over a connected, non-blocking socket. The server's chain and name are
 * verified unless told otherwise. Belongs to one thread; nothing here waits.
 */
#ifndef AUDITSHIP_TLS_H
#define AUDITSHIP_TLS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum tls_version { TLS_1_2, TLS_1_3 };
enum tls_verify {
	TLS_VERIFY_FULL,  /* the certificate is good and for that name */
	TLS_VERIFY_CHAIN, /* for any name */
	TLS_VERIFY_NONE,  /* anybody can pose as the server */
};

/* Borrowed for as long as the tls lives. Files are read again for every connection. */
struct tls_options {
	const char *ca;           /* authorities, PEM; NULL: those of the system */
	const char *cert, *key;   /* of this host, PEM; NULL: it has none */
	const char *key_password; /* NULL: the key is not encrypted */
	const char *server_name;  /* expected in the server's certificate: a name or an address */
	enum tls_version min_version;
	enum tls_verify verify;
};

struct tls;

/*
 * Over fd, which is borrowed. 0 or a negative errno: a file that cannot be read or is not what it
 * should be, a key that does not belong to its certificate.
 */
int tls_new(struct tls **ret_tls, const struct tls_options *options, int fd, struct err *err);

/* Frees it without a word to the other side. NULL is fine. */
void tls_free(struct tls *tls);

/*
 * 0: done, and the server has accepted this host. -EAGAIN: wait for tls_events. Else the reason in
 * plain words: -EPROTO, -EACCES (a certificate that one side does not accept) or of the socket.
 */
int tls_handshake(struct tls *tls, struct err *err);

/* poll(2) events that the call which gave -EAGAIN waits for. */
short tls_events(const struct tls *tls);

/* What was agreed on, for a person: version, cipher, the server's certificate and its end. */
void tls_describe(const struct tls *tls, char *out, size_t size);

/* Bytes taken, at least 1; -EAGAIN or another negative errno. */
ssize_t tls_write(struct tls *tls, const void *data, size_t size, struct err *err);

/*
 * Reads what the server says, which means nothing to us. 0: all is well, -ESHUTDOWN: it has taken
 * its leave, or another negative errno.
 */
int tls_check(struct tls *tls, struct err *err);

/* Bytes handed to the kernel so far: what a write became is in it once it was taken. */
uint64_t tls_sent(const struct tls *tls);

/* Takes leave both ways: 0 when the server has answered, -EAGAIN or a negative errno. */
int tls_shutdown(struct tls *tls, struct err *err);

#endif
