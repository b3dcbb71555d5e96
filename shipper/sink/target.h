/* SPDX-License-Identifier: BSD-2-Clause */
/* Where syslog messages go, as a person writes it. */
#ifndef AUDITSHIP_TARGET_H
#define AUDITSHIP_TARGET_H

#include "base/err.h"

#include <sys/un.h>

enum target_kind {
	TARGET_UNIX, /* datagrams or a stream: whichever the socket is */
	TARGET_UDP,
	TARGET_TCP,
	TARGET_TLS,
};

struct target {
	enum target_kind kind;
	char host[256]; /* without the brackets of an IPv6 address; "" for TARGET_UNIX */
	char port[8];   /* decimal, 1 to 65535 */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char text[300]; /* what it was parsed from, for messages */
};

/*
 * "tls://host:6514", "tcp://[2001:db8::1]:514", "udp://host", "unix:///dev/log". Without a port:
 * 6514 for tls, 514 otherwise. 0, or -EINVAL with what is wrong.
 */
int target_parse(struct target *ret_target, const char *text, struct err *err);

#endif
