/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines to a descriptor somebody else made: a terminal, a pipe, a socket, a file. It owns neither
 * the descriptor nor its flags (O_NONBLOCK is shared with other processes), and what went out
 * cannot be taken back, so it remembers how far into a batch it came. Knows nothing of formats.
 */
#include "sink/sink.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 1000

struct stdout_sink {
	struct sink sink;
	int fd;
	bool socket;
	bool terminal;
	size_t chunk;     /* most bytes of one write that poll(2) promises not to block */
	size_t done;      /* bytes of the unfinished batch that are out */
	uint64_t settled; /* messages since open */
};

static int stdout_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct stdout_sink *out = (struct stdout_sink *)sink;
	int flags = fcntl(out->fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(out->fd, &st) < 0)
		return err_set(err, -errno, "descriptor %d: not open", out->fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return err_set(err, -EBADF, "descriptor %d: open for reading only", out->fd);
	out->socket = S_ISSOCK(st.st_mode);
	out->terminal = S_ISCHR(st.st_mode) && isatty(out->fd);
	/* POLLOUT on a pipe that blocks promises room for PIPE_BUF bytes and no more (pipe(7)). */
	if ((flags & O_NONBLOCK) || out->socket || S_ISREG(st.st_mode))
		out->chunk = SSIZE_MAX;
	else
		out->chunk = PIPE_BUF;
	out->settled = 0;
	*ret_resume = (struct sink_position){0};
	return 0;
}

/* Waits until something can be written. 1, 0 at the deadline, or a negative errno. */
static int wait_writable(int fd, uint64_t deadline_ns)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

	for (;;) {
		int n = poll(&pollfd, 1, (int)clock_left_ms(deadline_ns));

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
	}
}

static ssize_t write_some(const struct stdout_sink *out, const char *data, size_t size)
{
	if (size > out->chunk)
		size = out->chunk;
	if (out->socket)
		return send(out->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(out->fd, data, size);
}

/* A terminal that was hung up fails with EIO for good: its reader has gone as well. */
static int write_error(const struct stdout_sink *out, int code, struct err *err)
{
	if (code == EPIPE || code == ECONNRESET || (code == EIO && out->terminal))
		return err_set(err, -EPIPE, "the reader has gone");
	errno = code;
	return err_set(err, -code, "cannot write: %m");
}

static int stdout_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct stdout_sink *out = (struct stdout_sink *)sink;
	uint64_t deadline_ns = clock_mono_ns() + WAIT_MS * NS_PER_MS;

	assert(out->done <= batch->size);
	while (out->done < batch->size) {
		int ready = wait_writable(out->fd, deadline_ns);
		ssize_t n;

		if (ready < 0)
			return write_error(out, -ready, err);
		if (ready == 0)
			return err_set(err, -EAGAIN, "nobody reads: waiting");
		n = write_some(out, batch->data + out->done, batch->size - out->done);
		if (n >= 0)
			out->done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			return write_error(out, errno, err);
	}
	out->done = 0;
	batch->taken = batch->count;
	out->settled += batch->count;
	return 0;
}

static int stdout_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	(void)err;
	*ret_progress = (struct sink_progress){.settled = ((struct stdout_sink *)sink)->settled};
	return 0;
}

static int stdout_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	(void)sink;
	(void)within_ms;
	(void)err;
	return 0;
}

static void stdout_close(struct sink *sink)
{
	free(sink);
}

int stdout_sink_new(struct sink **ret_sink, int fd, struct err *err)
{
	static const struct sink_ops ops = {
		.open = stdout_open,
		.submit = stdout_submit,
		.poll = stdout_poll,
		.flush = stdout_flush,
		.close = stdout_close,
	};
	struct stdout_sink *out = calloc(1, sizeof(*out));

	if (!out)
		return err_set(err, -ENOMEM, "out of memory");
	out->sink.ops = &ops;
	out->sink.fd = -1;
	out->fd = fd;
	*ret_sink = &out->sink;
	return 0;
}
