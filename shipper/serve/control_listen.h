/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The place of a unix socket in the file system, the control socket's first of all: one agent per
 * path, told apart by a lock on PATH.lock that ends with the process, however it ends.
 */
#ifndef AUDITSHIP_CONTROL_LISTEN_H
#define AUDITSHIP_CONTROL_LISTEN_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct control_listen {
	int fd;         /* listening, non-blocking */
	int lock_fd;    /* holds the lock */
	bool has_group; /* control.group is set: it may ask, too */
	gid_t group;
	dev_t device;
	ino_t inode; /* 0: not bound yet */
	struct sockaddr_un address;
	const char *what; /* what messages call it */
};

void control_listen_init(struct control_listen *place, const char *what);

/* Errors as control_open. After an error control_listen_close is still due. */
int control_listen_open(struct control_listen *place, const char *path, const char *group,
			struct err *err);

/* Removes the socket, unless somebody has put another one in its place. */
void control_listen_close(struct control_listen *place);

#endif
