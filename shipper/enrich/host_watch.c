/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares what stat(2) and uname(2) say, and drains the kernel's messages on interfaces
 * (rtnetlink(7)). Of a message only its arrival counts. Must not know what is in the files.
 */
#include "enrich/host_watch.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const files[] = {
	"etc/hosts",
	"etc/machine-id",
	"etc/os-release",
	"usr/lib/os-release",
};

#define FILES (sizeof(files) / sizeof(files[0]))

/* Zero: there is none. */
struct stamp {
	uint64_t device, inode, size, changed_s, changed_ns;
};

struct seen {
	struct stamp files[FILES];
	char name[sizeof(((struct utsname *)0)->nodename)];
};

struct host_watch {
	char *root;
	int netlink; /* -1: there is none */
	struct seen seen;
};

static void look(const struct host_watch *watch, struct seen *ret_seen)
{
	struct utsname name;
	struct stat st;
	char path[PATH_MAX];

	memset(ret_seen, 0, sizeof(*ret_seen));
	if (uname(&name) == 0)
		memcpy(ret_seen->name, name.nodename, sizeof(ret_seen->name));
	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof(path), "%.512s/%s", watch->root, files[i]);
		if (stat(path, &st) == 0)
			ret_seen->files[i] = (struct stamp){
				st.st_dev, st.st_ino, (uint64_t)st.st_size,
				(uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec};
	}
}

static int open_netlink(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int kept = -1;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		kept = fd;
		fd = -1;
	}
	return kept;
}

int host_watch_new(struct host_watch **ret_watch, const char *root, struct err *err)
{
	struct host_watch *watch = calloc(1, sizeof(*watch));

	if (watch)
		watch->root = strdup(root);
	if (!watch || !watch->root) {
		free(watch);
		return err_set(err, -ENOMEM, "no memory to watch the host");
	}
	watch->netlink = open_netlink();
	look(watch, &watch->seen);
	*ret_watch = watch;
	return 0;
}

void host_watch_free(struct host_watch *watch)
{
	if (!watch)
		return;
	if (watch->netlink >= 0)
		(void)close(watch->netlink);
	free(watch->root);
	free(watch);
}

/* ENOBUFS: there were more messages than room for them. */
static bool drain(int fd)
{
	bool any = false;
	char message;

	while (fd >= 0) {
		ssize_t size = recv(fd, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);

		if (size < 0 && errno == EINTR)
			continue;
		any = any || size > 0 || errno == ENOBUFS;
		if (size <= 0 && errno != ENOBUFS)
			break;
	}
	return any;
}

bool host_watch_changed(struct host_watch *watch)
{
	bool changed = drain(watch->netlink);
	struct seen now;

	look(watch, &now);
	changed = changed || memcmp(&now, &watch->seen, sizeof(now)) != 0;
	watch->seen = now;
	return changed;
}
