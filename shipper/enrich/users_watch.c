/* SPDX-License-Identifier: BSD-2-Clause */
/* useradd and others write a new file and rename it over the old, so the directory is watched. */
#include "enrich/users_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int users_watch_open(const char *root, struct err *err)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/etc", root), fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return err_set(err, -ENAMETOOLONG, "cannot watch '%.200s...' for new users: %s",
			       root, strerror(ENAMETOOLONG));
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return err_set(err, -errno, "cannot watch for new users: %s", strerror(errno));
	if (inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE) < 0) {
		int code = -errno;

		(void)close(fd);
		return err_set(err, code, "cannot watch '%s' for new users: %s", path,
			       strerror(-code));
	}
	return fd;
}

static bool concerns_users(const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	return event->len > 0 &&
	       (strcmp(event->name, "passwd") == 0 || strcmp(event->name, "group") == 0);
}

bool users_watch_changed(int fd)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t size;

	while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
		for (const char *at = buffer; at < buffer + size;) {
			const struct inotify_event *event = (const void *)at;

			changed = changed || concerns_users(event);
			at += sizeof(*event) + event->len;
		}
	}
	return changed;
}
