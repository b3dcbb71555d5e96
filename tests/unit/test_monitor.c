/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitoring port and clients that do not behave, in one thread. */
#include "serve/monitor.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit/descriptors.h"

#define GET "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"

struct world {
	char dir[64], listen[96], path[80];
	struct monitor *monitor;
};

static int write_page(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)err;
	return buf_add_text(out, "hello\n") < 0 ? -ENOMEM : 200;
}

static int write_unwell(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)err;
	return buf_add_text(out, "unwell\n") < 0 ? -ENOMEM : 503;
}

static int write_fault(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)buf_add_text(out, "half a pa");
	return err_set(err, -EIO, "out of ink");
}

static int write_long(void *data, struct buf *out, struct err *err)
{
	char *room = buf_reserve(out, 3 << 20);

	(void)data;
	(void)err;
	memset(room, 'x', 3 << 20);
	out->length += 3 << 20;
	return 200;
}

static const struct monitor_page pages[] = {
	{"/page", "text/plain", write_page},
	{"/unwell", "text/plain", write_unwell},
	{"/fault", "text/plain", write_fault},
	{"/long", "text/plain", write_long},
	{NULL, NULL, NULL},
};

static int try_open(struct world *world, struct monitor **ret_monitor, const char *listen_at,
		    struct err *err)
{
	struct monitor_options options = {.listen = listen_at, .pages = pages, .data = world};

	*ret_monitor = NULL;
	return monitor_open(ret_monitor, &options, err);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct err err;

	(void)snprintf(world->dir, sizeof(world->dir), "/tmp/auditship-monitor-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	(void)snprintf(world->path, sizeof(world->path), "%s/http", world->dir);
	(void)snprintf(world->listen, sizeof(world->listen), "unix:%s", world->path);
	assert_int_equal(try_open(world, &world->monitor, world->listen, &err), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char lock[96];

	monitor_close(world->monitor);
	assert_int_equal(access(world->path, F_OK), -1);
	(void)snprintf(lock, sizeof(lock), "%s.lock", world->path);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(rmdir(world->dir), 0);
	free(world);
	return 0;
}

static int connect_to(const struct world *world)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void serve(struct world *world)
{
	struct pollfd fds = {.fd = monitor_fd(world->monitor), .events = POLLIN};

	while (poll(&fds, 1, 20) > 0)
		monitor_serve(world->monitor);
}

/* Serves until the connection is closed. All that came, shortened. */
static const char *hear(struct world *world, int fd)
{
	static char answer[4096], bytes[65536];
	size_t length = 0;

	for (int i = 0; i < 5000; i++) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		size_t kept = n > 0 ? (size_t)n : 0;

		if (n == 0 || (n < 0 && errno == ECONNRESET)) {
			answer[length] = '\0';
			(void)close(fd);
			return answer;
		}
		kept = kept < sizeof(answer) - 1 - length ? kept : sizeof(answer) - 1 - length;
		memcpy(answer + length, bytes, kept);
		length += kept;
		if (n < 0)
			serve(world);
	}
	fail_msg("the connection stays open");
	return NULL;
}

static const char *ask(struct world *world, const char *request)
{
	int fd = connect_to(world);

	send_text(fd, request);
	return hear(world, fd);
}

static void expect(struct world *world, const char *request, const char *status, const char *body)
{
	const char *answer = ask(world, request);

	if (strncmp(answer, status, strlen(status)) != 0 || !strstr(answer, body))
		fail_msg("'%s' gets '%s'", request, answer);
}

static void pages_are_shown_and_connections_closed(void **state)
{
	expect(*state, GET, "HTTP/1.1 200", "\r\n\r\nhello\n");
	expect(*state, GET, "HTTP/1.1 200", "Connection: close");
	expect(*state, "GET /page?x=y HTTP/1.0\r\n\r\n", "HTTP/1.", "hello");
	expect(*state, "GET /unwell HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503", "unwell");
	expect(*state, "GET /fault HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 500", "out of ink");
	expect(*state, "GET /secret HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404", "no such page");
	expect(*state, "GET /../page HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404", "");
	assert_null(strstr(ask(*state, "HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n"), "hello"));
}

static void who_wants_more_than_a_page_gets_nothing(void **state)
{
	expect(*state, "POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
	       "HTTP/1.1 405", "GET, please");
	expect(*state, "DELETE /page HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405", "");
	assert_null(strstr(ask(*state, "PUT /page HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
				       "12345"),
			   "hello"));
}

static void rubbish_is_answered_or_cut_off(void **state)
{
	static char large[20000];
	int fd;

	assert_null(strstr(ask(*state, "\r\n\r\n\r\nrubbish\r\n\r\n"), "hello"));
	assert_null(strstr(ask(*state, "GET\r\n\r\n"), "hello"));
	memset(large, 'a', sizeof(large) - 1);
	memcpy(large, "GET /", 5);
	fd = connect_to(*state);
	(void)!send(fd, large, sizeof(large) - 1, MSG_NOSIGNAL);
	assert_null(strstr(hear(*state, fd), "hello"));
	expect(*state, GET, "HTTP/1.1 200", "hello");
}

/* Sixteen that say nothing hold all places; their time is over whatever they drip meanwhile. */
static void slow_clients_lose_their_places(void **state)
{
	struct world *world = *state;
	int fds[MONITOR_CLIENTS_MAX], late;

	for (int i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		fds[i] = connect_to(world);
		send_text(fds[i], "GET /pa");
		serve(world);
	}
	late = connect_to(world);
	send_text(late, GET);
	monitor_tick(world->monitor, clock_mono_ns());
	for (int i = 0; i < MONITOR_CLIENTS_MAX; i++)
		send_text(fds[i], "g");
	serve(world);
	assert_int_equal(recv(late, (char[1]){0}, 1, MSG_DONTWAIT), -1); /* it waits for a place */
	monitor_tick(world->monitor, clock_mono_ns() + MONITOR_PATIENCE_MS * NS_PER_MS);
	assert_non_null(strstr(hear(world, late), "hello"));
	for (int i = 0; i < MONITOR_CLIENTS_MAX; i++)
		assert_string_equal(hear(world, fds[i]), "");
}

static void who_does_not_read_is_sent_away(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);
	char bytes[65536];
	size_t total = 0;
	ssize_t n;

	send_text(fd, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
	serve(world);
	expect(world, GET, "HTTP/1.1 200", "hello");
	monitor_tick(world->monitor, clock_mono_ns() + MONITOR_PATIENCE_MS * NS_PER_MS);
	serve(world);
	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		total += (size_t)n;
	assert_true(n == 0 || errno == ECONNRESET);
	assert_true(total < 3 << 20);
	(void)close(fd);
}

static void a_thousand_in_a_row_leave_no_descriptor(void **state)
{
	struct world *world = *state;
	size_t before;

	expect(world, GET, "HTTP/1.1 200", "hello");
	before = count_descriptors();
	for (int i = 0; i < 1000; i++) {
		int fd = connect_to(world);

		if (i % 2)
			send_text(fd, i % 4 == 1 ? GET : "GET /");
		(void)close(fd);
		if (i % 8 == 7) {
			serve(world);
			monitor_tick(world->monitor, clock_mono_ns());
		}
	}
	serve(world);
	expect(world, GET, "HTTP/1.1 200", "hello");
	assert_int_equal(count_descriptors(), before);
}

static void the_socket_is_for_its_owner_and_for_one_agent(void **state)
{
	struct world *world = *state;
	struct monitor *second;
	struct stat st;
	struct err err;

	assert_int_equal(stat(world->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(try_open(world, &second, world->listen, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "monitor.listen"));
	assert_non_null(strstr(err.text, "is in use by process"));
}

static void a_port_that_is_taken_is_told_and_free_again_afterwards(void **state)
{
	struct world *world = *state;
	struct monitor *first, *second;
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char where[32];
	struct err err;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)close(fd);
	(void)snprintf(where, sizeof(where), "127.0.0.1:%d", ntohs(address.sin_port));
	assert_int_equal(try_open(world, &first, where, &err), 0);
	assert_int_equal(try_open(world, &second, where, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, where));
	monitor_close(first);
	assert_int_equal(try_open(world, &first, where, &err), 0);
	monitor_close(first);
	assert_int_equal(try_open(world, &first, "0.0.0.0:80", &err), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pages_are_shown_and_connections_closed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_wants_more_than_a_page_gets_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(rubbish_is_answered_or_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slow_clients_lose_their_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_sent_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_thousand_in_a_row_leave_no_descriptor, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_socket_is_for_its_owner_and_for_one_agent,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_port_that_is_taken_is_told_and_free_again_afterwards, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
