/* SPDX-License-Identifier: BSD-2-Clause */
/* One datagram per message; never blocks, and knows nothing of what is told. */
#include "base/notify.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int notify_send(const char *assignments)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	if (length == 0)
		return 0;
	if ((path[0] != '/' && path[0] != '@') || length >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@') /* no file: a name of the kernel's */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || sendto(fd, assignments, strlen(assignments), MSG_NOSIGNAL,
			     (const struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return -errno;
	return 0;
}

uint64_t notify_watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t number;

	if (!usec || text_parse_number(usec, &number) < 0 || number > UINT64_MAX / 1000)
		return 0;
	if (pid) {
		uint64_t whose;

		if (text_parse_number(pid, &whose) < 0 || whose != (uint64_t)getpid())
			return 0;
	}
	return number * 1000;
}
