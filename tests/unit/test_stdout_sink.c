/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines to pipes and sockets whose reader is slow, absent or gone. */
#include "base/clock.h"
#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BIG_SIZE (1024u * 1024)

static struct sink *open_sink(int fd)
{
	struct sink_position resume = {.sequence = 99};
	struct sink *sink = NULL;
	struct err err;

	assert_int_equal(stdout_sink_new(&sink, fd, &err), 0);
	assert_int_equal(sink->ops->open(sink, &resume, &err), 0);
	assert_int_equal(resume.sequence, 0);
	return sink;
}

static struct sink_batch batch_of(const char *data, size_t size, uint32_t count)
{
	return (struct sink_batch){.data = data, .size = size, .count = count};
}

static uint64_t settled(struct sink *sink)
{
	struct sink_progress progress;
	struct err err;

	assert_int_equal(sink->ops->poll(sink, &progress, &err), 0);
	assert_int_equal(progress.refused, 0);
	return progress.settled;
}

static char *big_batch(void)
{
	char *data = malloc(BIG_SIZE);

	assert_non_null(data);
	for (size_t i = 0; i < BIG_SIZE; i++)
		data[i] = i % 64 == 63 ? '\n' : (char)('!' + i / 64 % 90);
	return data;
}

/* Reads what is there now without waiting for more. */
static size_t drain(int fd, char *out, size_t size)
{
	size_t done = 0;
	ssize_t n;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (done < size && (n = read(fd, out + done, size - done)) > 0)
		done += (size_t)n;
	return done;
}

static void writes_a_batch_and_acknowledges_it(void **state)
{
	struct sink_batch batch = batch_of("one\ntwo\n", 8, 2);
	char text[16];
	struct sink *sink;
	struct err err;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	sink = open_sink(fds[1]);
	assert_int_equal(settled(sink), 0);
	assert_int_equal(sink->ops->submit(sink, &batch, &err), 0);
	assert_int_equal(settled(sink), 2);
	assert_int_equal(sink->ops->flush(sink, 1000, &err), 0);
	assert_int_equal(drain(fds[0], text, sizeof(text)), 8);
	assert_memory_equal(text, "one\ntwo\n", 8);
	sink->ops->close(sink);
	assert_int_equal(fcntl(fds[1], F_GETFD), 0); /* borrowed: still open */
	close(fds[0]);
	close(fds[1]);
}

static void a_header_moves_no_position(void **state)
{
	struct sink_batch header = {.data = "TIME PID\n", .size = 9};
	struct sink *sink;
	struct err err;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	sink = open_sink(fds[1]);
	assert_int_equal(sink->ops->submit(sink, &header, &err), 0);
	assert_int_equal(settled(sink), 0);
	sink->ops->close(sink);
	close(fds[0]);
	close(fds[1]);
}

/* The batch is larger than the pipe: it goes out in parts, none of them lost or doubled. */
static void check_unread(int write_fd, int read_fd)
{
	char *data = big_batch(), *seen = malloc(BIG_SIZE + 1);
	struct sink_batch batch = batch_of(data, BIG_SIZE, 5);
	struct sink *sink = open_sink(write_fd);
	uint64_t start_ns = clock_mono_ns(), took_ns;
	size_t done = 0;
	int tries = 1;
	struct err err;

	assert_non_null(seen);
	assert_int_equal(sink->ops->submit(sink, &batch, &err), -EAGAIN);
	took_ns = clock_mono_ns() - start_ns;
	assert_in_range(took_ns, 900000000, 5000000000);
	assert_true(err.text[0] != '\0');
	assert_int_equal(settled(sink), 0);
	for (int result = -EAGAIN; result != 0; tries++) {
		assert_int_equal(result, -EAGAIN);
		assert_true(tries < 64);
		done += drain(read_fd, seen + done, BIG_SIZE / 3);
		result = sink->ops->submit(sink, &batch, &err);
	}
	done += drain(read_fd, seen + done, BIG_SIZE + 1 - done);
	assert_int_equal(done, BIG_SIZE);
	assert_memory_equal(seen, data, BIG_SIZE);
	assert_int_equal(settled(sink), 5);
	sink->ops->close(sink);
	free(data);
	free(seen);
}

static void enlarge_pipe(int fd)
{
	/* So that few waits of a second are needed; a smaller one only takes longer. */
	(void)fcntl(fd, F_SETPIPE_SZ, 512 * 1024);
}

static void a_pipe_that_nobody_reads_does_not_block_for_ever(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	enlarge_pipe(fds[1]);
	check_unread(fds[1], fds[0]);
	assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK); /* the flags are not ours to change */
	close(fds[0]);
	close(fds[1]);
}

static void a_non_blocking_pipe_is_finished_later(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	enlarge_pipe(fds[1]);
	check_unread(fds[1], fds[0]);
	close(fds[0]);
	close(fds[1]);
}

static void a_socket_is_finished_later(void **state)
{
	int fds[2], size = 400 * 1024;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	(void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	check_unread(fds[1], fds[0]);
	close(fds[0]);
	close(fds[1]);
}

static void tells_when_the_reader_has_gone(void **state)
{
	struct sink_batch batch = batch_of("line\n", 5, 1);
	int pipe_fds[2], socket_fds[2];
	struct sink *sink;
	struct err err;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, socket_fds), 0);
	for (int i = 0; i < 2; i++) {
		int *fds = i ? socket_fds : pipe_fds;

		sink = open_sink(fds[1]);
		close(fds[0]);
		assert_int_equal(sink->ops->submit(sink, &batch, &err), -EPIPE);
		assert_int_equal(settled(sink), 0);
		sink->ops->close(sink);
		close(fds[1]);
	}
}

static void a_full_device_is_an_error_and_no_end(void **state)
{
	struct sink_batch batch = batch_of("line\n", 5, 1);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct sink *sink;
	struct err err;

	(void)state;
	if (fd < 0)
		skip();
	sink = open_sink(fd);
	assert_int_equal(sink->ops->submit(sink, &batch, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	sink->ops->close(sink);
	close(fd);
}

static void a_closed_or_read_only_descriptor_is_refused_at_open(void **state)
{
	struct sink_position resume;
	struct sink *sink;
	struct err err;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stdout_sink_new(&sink, fds[0], &err), 0);
	assert_int_equal(sink->ops->open(sink, &resume, &err), -EBADF);
	close(fds[0]);
	assert_int_equal(sink->ops->open(sink, &resume, &err), -EBADF);
	assert_non_null(strstr(err.text, "not open"));
	sink->ops->close(sink);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_batch_and_acknowledges_it),
		cmocka_unit_test(a_header_moves_no_position),
		cmocka_unit_test(a_pipe_that_nobody_reads_does_not_block_for_ever),
		cmocka_unit_test(a_non_blocking_pipe_is_finished_later),
		cmocka_unit_test(a_socket_is_finished_later),
		cmocka_unit_test(tells_when_the_reader_has_gone),
		cmocka_unit_test(a_full_device_is_an_error_and_no_end),
		cmocka_unit_test(a_closed_or_read_only_descriptor_is_refused_at_open),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
