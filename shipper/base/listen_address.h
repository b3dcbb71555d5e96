/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a server of this host may listen: on loopback, or on a unix socket. Nowhere else. */
#ifndef AUDITSHIP_LISTEN_ADDRESS_H
#define AUDITSHIP_LISTEN_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

struct listen_address {
	const char *path; /* of a unix socket, points into the text; NULL: the address below */
	struct sockaddr_storage address;
	socklen_t size;
};

/*
 * "127.0.0.1:9178", any of 127.0.0.0/8, "[::1]:9178", "unix:/run/auditship/http". 0, -EACCES for an
 * address that others can reach, -EINVAL for anything else. No names: nothing is looked up.
 */
int listen_address_parse(struct listen_address *ret_address, const char *text);

#endif
