/* SPDX-License-Identifier: BSD-2-Clause */
/* The other end of control.c: knows the lines, not what they say. */
#include "tool/control_client.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_S 10
#define CHUNK 4096

static int tell_connect_error(const char *path, int code, struct err *err)
{
	if (code == EACCES || code == EPERM)
		return err_set(err, -code,
			       "may not ask the agent at '%s': only root and the group of "
			       "control.group may",
			       path);
	return err_set(err, -code,
		       "no agent answers at '%s': %s; start it with: auditship run -c FILE", path,
		       strerror(code));
}

int control_client_open(const char *path, struct err *err)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	int result;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG, "'%s' is too long for the path of a socket",
			       path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return tell_connect_error(path, errno, err);
	result = fd;
	fd = -1;
	return result;
}

static int send_request(int fd, const char *request, struct err *err)
{
	char line[256];
	size_t length = strlen(request), sent = 0;

	if (length + 1 > sizeof(line))
		return err_set(err, -EMSGSIZE, "the request is too long");
	memcpy(line, request, length);
	line[length++] = '\n';
	while (sent < length) {
		ssize_t n = send(fd, line + sent, length - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* An agent that turned us away has said why: that is read next. */
		if (n < 0 && errno == EPIPE)
			return 0;
		if (n < 0)
			return err_set(err, -errno, "cannot ask the agent: %s", strerror(errno));
		sent += (size_t)n;
	}
	return 0;
}

int control_client_ask(int fd, const char *request, struct buf *answer, struct err *err)
{
	int result = send_request(fd, request, err);

	while (result == 0) {
		char *room = buf_reserve(answer, CHUNK);
		ssize_t n;

		if (!room)
			return err_set(err, -EMSGSIZE, "the agent's answer is too long");
		n = recv(fd, room, CHUNK, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno, "the agent does not answer: %s",
				       errno == EAGAIN ? "nothing came for 10 s" : strerror(errno));
		if (n == 0)
			return err_set(err, -EBADMSG,
				       "the agent has gone in the middle of its "
				       "answer");
		answer->length += (size_t)n;
		if (answer->data[answer->length - 1] == '\n')
			return 0;
	}
	return result;
}
