/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a client sends to the control socket: pieces that arrive one by one, each ended by NUL.
 * Whatever it is, every answer is a line of JSON, one for each request, and nothing stays behind.
 */
#include "fuzz.h"
#include "serve/control.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LONG_ANSWER (300 * 1024) /* more than a socket takes at once */

static int taken_fd = -1;
static unsigned int answered;

static int answer_status(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)err;
	answered++;
	return buf_add_text(out, "{\"ok\":true}\n");
}

static int answer_long(void *data, struct buf *out, struct err *err)
{
	(void)err;
	(void)data;
	answered++;
	return buf_printf(out, "[\"%0*d\"]\n", LONG_ANSWER, 0);
}

static int answer_fault(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)buf_add_text(out, "{\"half");
	answered++;
	return err_set(err, -EIO, "\"\xff\n\x1b[2J");
}

static void take(void *data, int fd)
{
	(void)data;
	CHECK(taken_fd < 0);
	taken_fd = fd;
}

static const struct control_request requests[] = {
	{"status", answer_status, NULL},
	{"status json", answer_long, NULL},
	{"fault", answer_fault, NULL},
	{"watch", answer_status, take},
	{0},
};

static struct control *get_control(struct sockaddr_un *ret_address)
{
	static struct control *control;
	static struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct control_options options = {address.sun_path, NULL, requests, NULL};
	struct err err;

	if (!control) {
		int length =
			snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", fuzz_dir());

		CHECK(length > 0 && (size_t)length < sizeof(address.sun_path));
		if (control_open(&control, &options, &err) < 0)
			fuzz_fail(err.text, 0, "the socket");
	}
	*ret_address = address;
	return control;
}

/* The agent does what there is to do, and the client takes what comes. */
static void go_on(struct control *control, int fd, struct buf *received)
{
	struct pollfd polls[2] = {{.fd = control_fd(control), .events = POLLIN},
				  {.fd = fd, .events = POLLIN}};

	while (poll(polls, 2, 0) > 0) {
		char *room = buf_reserve(received, 4096);
		ssize_t n;

		CHECK(room);
		control_serve(control);
		n = recv(fd, room, 4096, MSG_DONTWAIT);
		if (n > 0)
			received->length += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			polls[1].fd = -1;
	}
}

static unsigned int check_answers(const struct buf *received)
{
	const char *at = received->data, *end = received->data + received->length;
	unsigned int lines = 0;

	for (; at < end; lines++) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));

		CHECK(line_end);
		fuzz_check_json_line(at, (size_t)(line_end + 1 - at));
		at = line_end + 1;
	}
	return lines;
}

static void talk(struct control *control, int fd, const uint8_t *data, size_t size)
{
	struct control_counters before, after;
	struct buf received;
	unsigned int lines;

	buf_init(&received, 1UL << 30);
	control_counters(control, &before);
	answered = 0;
	go_on(control, fd, &received);
	while (size > 0 && taken_fd < 0) {
		size_t length;
		const char *piece = fuzz_take_text(&data, &size, &length);

		if (length > 0)
			(void)!send(fd, piece, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		go_on(control, fd, &received);
	}
	control_counters(control, &after);
	lines = check_answers(&received);
	CHECK(after.requests - before.requests == answered);
	CHECK(after.malformed - before.malformed <= 1);
	/* Who sent more than was read before he was sent away may not get the last words. */
	CHECK(lines <= answered + (after.malformed - before.malformed));
	CHECK(lines >= answered);
	buf_done(&received);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_un address;
	struct control *control = get_control(&address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct control_counters counters;

	CHECK(fd >= 0);
	CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	talk(control, fd, data, size);
	if (taken_fd >= 0)
		CHECK(close(taken_fd) == 0);
	taken_fd = -1;
	CHECK(close(fd) == 0);
	control_serve(control);
	control_counters(control, &counters);
	CHECK(counters.clients == 0);
	return 0;
}
