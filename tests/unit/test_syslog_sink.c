/* SPDX-License-Identifier: BSD-2-Clause */
/* The syslog sink with receivers in this process: slow, full, gone, replaced and back. */
#include "base/clock.h"
#include "entry_builder.h"
#include "render/render.h"
#include "sink/syslog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 20000u
#define MESSAGES_MAX 4000

struct world {
	char dir[64], path[96], target[128];
	int listener, peer; /* -1: none */
	uint16_t port;
	struct sink *sink;
	struct sink_batch batch;
	struct sink_message messages[MESSAGES_MAX];
	struct sink_progress progress;
	struct err err;
};

/* What CLOCK_MONOTONIC is off by. */
static int64_t clock_offset_ns;

int __real_clock_gettime(clockid_t id, struct timespec *ret_time);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret_time);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret_time)
{
	int result = __real_clock_gettime(id, ret_time);
	int64_t ns;

	if (id != CLOCK_MONOTONIC)
		return result;
	ns = ret_time->tv_sec * (int64_t)NS_PER_S + ret_time->tv_nsec + clock_offset_ns;
	*ret_time = (struct timespec){.tv_sec = ns / (int64_t)NS_PER_S,
				      .tv_nsec = ns % (int64_t)NS_PER_S};
	return result;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	clock_offset_ns = 0;
	(void)strcpy(world->dir, "/tmp/test_syslog.XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	(void)snprintf(world->path, sizeof(world->path), "%s/log", world->dir);
	world->listener = world->peer = -1;
	*state = world;
	return 0;
}

static void close_peer(struct world *world)
{
	if (world->peer >= 0)
		(void)close(world->peer);
	world->peer = -1;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	close_peer(world);
	if (world->listener >= 0)
		(void)close(world->listener);
	if (world->sink)
		world->sink->ops->close(world->sink);
	(void)unlink(world->path);
	(void)rmdir(world->dir);
	free(world);
	return 0;
}

static void listen_inet(struct world *world, int type, const char *scheme)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = htons(world->port)};
	socklen_t size = sizeof(address);
	int on = 1;

	world->listener = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	(void)setsockopt(world->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(world->listener, (struct sockaddr *)&address, size), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(world->listener, 5), 0);
	assert_int_equal(getsockname(world->listener, (struct sockaddr *)&address, &size), 0);
	world->port = ntohs(address.sin_port);
	(void)snprintf(world->target, sizeof(world->target), "%s://127.0.0.1:%u", scheme,
		       world->port);
}

static void listen_unix(struct world *world, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)strcpy(address.sun_path, world->path);
	(void)unlink(world->path);
	world->listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(world->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(world->listener, 5), 0);
	(void)snprintf(world->target, sizeof(world->target), "unix://%s", world->path);
}

static void stop_listening(struct world *world)
{
	(void)close(world->listener);
	world->listener = -1;
}

static void make(struct world *world, enum syslog_framing framing)
{
	const struct syslog_sink_options options = {.target = world->target,
						    .framing = framing,
						    .facility = 1,
						    .severity = 5,
						    .app_name = "app",
						    .sd_id = "sd@1",
						    .schema = "s",
						    .hostname = "host",
						    .max_message = 256 * 1024,
						    .resend = 1024 * 1024,
						    .rate = 256 * 1024};

	assert_int_equal(syslog_sink_new(&world->sink, &options, &world->err), 0);
}

static int try_open(struct world *world)
{
	struct sink_position position;

	return world->sink->ops->open(world->sink, &position, &world->err);
}

static void open_sink(struct world *world)
{
	assert_int_equal(try_open(world), 0);
}

/* Opens the sink, and takes its connection. */
static void connect_sink(struct world *world)
{
	open_sink(world);
	close_peer(world);
	world->peer = accept4(world->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(world->peer >= 0);
}

static void start_tcp(struct world *world, enum syslog_framing framing)
{
	listen_inet(world, SOCK_STREAM, "tcp");
	make(world, framing);
	connect_sink(world);
}

static void start_datagrams(struct world *world)
{
	listen_unix(world, SOCK_DGRAM);
	make(world, SYSLOG_OCTETS);
	open_sink(world);
}

static void reset_connection(struct world *world)
{
	const struct linger reset = {.l_onoff = 1};

	(void)setsockopt(world->peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close_peer(world);
}

/* Messages of that text, which must live on, numbered from first on. */
static void give(struct world *world, const char *text, uint64_t first, uint32_t count)
{
	assert_true(count <= MESSAGES_MAX);
	for (uint32_t i = 0; i < count; i++)
		world->messages[i] = (struct sink_message){.data = text,
							   .size = strlen(text),
							   .events = 1,
							   .sequence = first + i,
							   .kind = kind_get(REC_EXEC),
							   .time_ns = BUILDER_WALL_NS,
							   .facility = 1,
							   .severity = 5};
	world->batch = (struct sink_batch){.messages = world->messages, .count = count};
}

static int submit(struct world *world)
{
	return world->sink->ops->submit(world->sink, &world->batch, &world->err);
}

static int ask(struct world *world)
{
	return world->sink->ops->poll(world->sink, &world->progress, &world->err);
}

static void send_messages(struct world *world, const char *text, uint64_t first, uint32_t count)
{
	give(world, text, first, count);
	assert_int_equal(submit(world), 0);
}

static void wait_a_little(struct world *world)
{
	struct pollfd pollfd = {.fd = world->sink->fd, .events = world->sink->events};

	(void)poll(&pollfd, 1, 2);
}

/* What the deliver thread waits for. */
static bool is_ready(struct world *world, short events, unsigned int within_ms)
{
	struct pollfd pollfd = {.fd = world->sink->fd, .events = events};

	return poll(&pollfd, 1, (int)within_ms) == 1;
}

static void until_settled(struct world *world, uint64_t count)
{
	uint64_t end_ns = clock_mono_ns() + LONG_MS * NS_PER_MS;

	while (ask(world) == 0 && world->progress.settled < count) {
		assert_true(clock_mono_ns() < end_ns);
		wait_a_little(world);
	}
	assert_int_equal(world->progress.settled, count);
}

static int until_error(struct world *world)
{
	uint64_t end_ns = clock_mono_ns() + LONG_MS * NS_PER_MS;
	int result;

	while ((result = ask(world)) == 0) {
		assert_true(clock_mono_ns() < end_ns);
		wait_a_little(world);
	}
	return result;
}

/* What comes next over the stream, up to size bytes. */
static const char *receive(int fd, size_t size)
{
	static char text[1 << 20];
	size_t used = 0;
	ssize_t got;

	while (used < size && (got = recv(fd, text + used, size - used, 0)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	return text;
}

static char *head(uint64_t sequence)
{
	static char text[256];

	(void)snprintf(text, sizeof(text),
		       "<13>1 2026-03-01T12:34:56.789012Z host app %u exec [sd@1 "
		       "stream=\"00000000-0000-0000-0000-000000000000\" sequence=\"%llu\" "
		       "schema=\"s\"] ",
		       (unsigned int)getpid(), (unsigned long long)sequence);
	return text;
}

/* The next that the receiver gets is this. */
static void expect(struct world *world, const char *wanted)
{
	assert_string_equal(receive(world->peer, strlen(wanted)), wanted);
}

static void expect_counted(struct world *world, uint64_t sequence, const char *text)
{
	char wanted[512];

	(void)snprintf(wanted, sizeof(wanted), "%zu %s%s", strlen(head(sequence)) + strlen(text),
		       head(sequence), text);
	expect(world, wanted);
}

static void expect_line(struct world *world, uint64_t sequence, const char *text)
{
	char wanted[512];

	(void)snprintf(wanted, sizeof(wanted), "%s%s\n", head(sequence), text);
	expect(world, wanted);
}

static void tcp_counts_octets(void **state)
{
	struct world *world = *state;

	start_tcp(world, SYSLOG_OCTETS);
	send_messages(world, "{}", 7, 2);
	assert_int_equal(world->batch.taken, 2);
	expect_counted(world, 7, "{}");
	expect_counted(world, 8, "{}");
	until_settled(world, 2);
	assert_int_equal(world->sink->poll_ms, 0);
}

static void tcp_ends_messages_with_newlines_when_told_so(void **state)
{
	struct world *world = *state;

	start_tcp(world, SYSLOG_NEWLINE);
	send_messages(world, "{}", 7, 1);
	expect_line(world, 7, "{}");
	until_settled(world, 1);
}

static void what_the_receiver_does_not_take_has_not_arrived(void **state)
{
	static char large[64 * 1024];
	struct world *world = *state;
	uint64_t settled, end_ns = clock_mono_ns() + LONG_MS * NS_PER_MS;
	uint32_t taken;
	int small = 4096;

	memset(large, 'x', sizeof(large) - 1);
	listen_inet(world, SOCK_STREAM, "tcp");
	(void)setsockopt(world->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	make(world, SYSLOG_OCTETS);
	connect_sink(world);
	give(world, large, 1, 200);
	while (submit(world) != -EAGAIN || ask(world) != 0 || world->progress.settled > 0)
		assert_true(clock_mono_ns() < end_ns && world->batch.taken < 200 &&
			    world->progress.settled < 5);
	taken = world->batch.taken;
	settled = world->progress.settled;
	assert_true(taken > settled + 10);
	close_peer(world); /* with something unread: a reset */
	assert_int_equal(until_error(world), -ECONNRESET);
	assert_int_equal(world->progress.settled, settled);
}

static void a_peer_that_closes_is_noticed_while_idle(void **state)
{
	struct world *world = *state;

	start_tcp(world, SYSLOG_OCTETS);
	assert_int_equal(ask(world), 0);
	assert_false(is_ready(world, POLLIN, 0));
	close_peer(world);
	assert_true(is_ready(world, POLLIN, LONG_MS));
	assert_int_equal(ask(world), -ESHUTDOWN);
	assert_non_null(strstr(world->err.text, "the receiver closed the connection"));
	assert_int_equal(world->sink->fd, -1);
}

/* The kernel calls this a broken pipe, which to the deliver thread means the end of everything. */
static void a_peer_that_closes_while_something_is_on_its_way_may_come_back(void **state)
{
	struct world *world = *state;

	start_tcp(world, SYSLOG_OCTETS);
	close_peer(world);
	assert_true(is_ready(world, POLLIN, LONG_MS));
	send_messages(world, "{}", 1, 1);
	assert_true(is_ready(world, POLLHUP, LONG_MS));
	send_messages(world, "{}", 2, 1);
	assert_int_equal(until_error(world), -ECONNRESET);
	assert_int_equal(world->progress.settled, 0);
	open_sink(world);
}

static void expect_the_last_one_again(struct world *world)
{
	start_tcp(world, SYSLOG_OCTETS);
	send_messages(world, "one", 1, 1);
	until_settled(world, 1);
	reset_connection(world);
	assert_int_equal(until_error(world), -ECONNRESET);
	connect_sink(world);
	send_messages(world, "two", 2, 1);
	expect_counted(world, 1, "one");
	expect_counted(world, 2, "two");
}

static void a_reset_brings_the_last_ones_again(void **state)
{
	struct world *world = *state;

	expect_the_last_one_again(world);
	until_settled(world, 1); /* counted since open */
}

static void a_host_that_has_just_started_sends_the_last_ones_again_too(void **state)
{
	struct world *world = *state;

	clock_offset_ns = (int64_t)(3 * NS_PER_S) - (int64_t)clock_mono_ns();
	expect_the_last_one_again(world);
}

static void a_receiver_is_not_stuck_because_nothing_was_sent_for_long(void **state)
{
	struct world *world = *state;

	start_datagrams(world);
	assert_int_equal(ask(world), 0);
	clock_offset_ns = 60 * (int64_t)NS_PER_S;
	send_messages(world, "{}", 1, 1); /* nobody has read it when the sink is asked next */
	assert_int_equal(ask(world), 0);
	assert_int_equal(world->progress.settled, 0);
	clock_offset_ns += 11 * (int64_t)NS_PER_S;
	assert_int_equal(ask(world), -EAGAIN);
	assert_non_null(strstr(world->err.text, "has taken nothing for 11 s"));
}

static void what_goes_out_again_needs_nothing_new(void **state)
{
	struct world *world = *state;
	size_t size = strlen(head(1)) + 7;

	start_tcp(world, SYSLOG_OCTETS);
	send_messages(world, "one", 1, 1);
	until_settled(world, 1);
	reset_connection(world);
	assert_int_equal(until_error(world), -ECONNRESET);
	connect_sink(world);
	assert_int_equal(ask(world), 0);
	assert_int_equal(strlen(receive(world->peer, size)), size);
	assert_int_equal(world->progress.settled, 0);
}

static void the_end_waits_for_what_is_under_way(void **state)
{
	struct world *world = *state;

	start_tcp(world, SYSLOG_OCTETS);
	send_messages(world, "{}", 1, 100);
	assert_int_equal(world->sink->ops->flush(world->sink, 200, &world->err), 0);
	assert_int_equal(ask(world), 0);
	assert_int_equal(world->progress.settled, 100);
	assert_non_null(strstr(receive(world->peer, 1 << 19), "sequence=\"100\""));
}

static void datagrams_wait_while_the_receiver_reads_nothing(void **state)
{
	struct world *world = *state;
	uint64_t end_ns = clock_mono_ns() + LONG_MS * NS_PER_MS;
	char text[1024];

	start_datagrams(world);
	send_messages(world, "{}", 1, 3000);
	assert_int_equal(ask(world), 0);
	assert_int_equal(world->progress.settled, 0);
	for (uint64_t i = 1; i <= 3000; i++) {
		ssize_t got;

		while ((got = recv(world->listener, text, sizeof(text) - 1, MSG_DONTWAIT)) < 0) {
			assert_true(errno == EAGAIN && clock_mono_ns() < end_ns);
			assert_int_equal(ask(world), 0);
		}
		text[got] = '\0';
		assert_memory_equal(text, head(i), strlen(head(i)));
	}
	until_settled(world, 3000);
}

static void another_socket_at_the_path_is_noticed(void **state)
{
	struct world *world = *state;
	char text[1024];
	int old;

	start_datagrams(world);
	old = world->listener;
	listen_unix(world, SOCK_DGRAM);
	give(world, "{}", 1, 1);
	assert_int_equal(until_error(world), -ESTALE);
	open_sink(world);
	assert_int_equal(submit(world), 0);
	assert_true(recv(world->listener, text, sizeof(text), 0) > 0);
	until_settled(world, 1);
	(void)close(old);
}

static void what_a_dead_receiver_had_not_read_has_not_arrived(void **state)
{
	struct world *world = *state;

	start_datagrams(world);
	send_messages(world, "{}", 1, 3);
	assert_int_equal(ask(world), 0);
	stop_listening(world); /* the name stays */
	assert_int_equal(until_error(world), -ECONNREFUSED);
	assert_int_equal(world->progress.settled, 0);
	assert_int_equal(try_open(world), -ECONNREFUSED);
	assert_non_null(strstr(world->err.text, "nothing listens there"));
}

static void a_unix_stream_is_found_out(void **state)
{
	struct world *world = *state;

	listen_unix(world, SOCK_STREAM);
	make(world, SYSLOG_OCTETS);
	connect_sink(world);
	send_messages(world, "{}", 7, 1);
	assert_int_equal(ask(world), 0);
	assert_int_equal(world->progress.settled, 0); /* nobody has read it */
	expect_line(world, 7, "{}");
	until_settled(world, 1);
	close_peer(world);
	assert_int_equal(until_error(world), -ESHUTDOWN);
}

static void a_datagram_that_is_too_large_is_refused(void **state)
{
	static char large[250 * 1024];
	struct world *world = *state;
	uint64_t end_ns = clock_mono_ns() + LONG_MS * NS_PER_MS;
	struct sink_message three[3];
	size_t before;

	memset(large, 'x', sizeof(large) - 1);
	listen_inet(world, SOCK_DGRAM, "udp");
	make(world, SYSLOG_OCTETS);
	open_sink(world);
	before = world->sink->max_message;
	give(world, "{}", 1, 3);
	world->messages[1].data = large;
	world->messages[1].size = sizeof(large) - 1;
	memcpy(three, world->messages, sizeof(three));
	assert_int_equal(submit(world), 0);
	do {
		assert_int_equal(ask(world), 0);
		assert_true(clock_mono_ns() < end_ns);
	} while (!world->progress.refused);
	assert_int_equal(world->progress.refused, -EMSGSIZE);
	assert_int_equal(world->progress.settled, 2);
	assert_true(world->sink->max_message < sizeof(large) && world->sink->max_message < before);
	until_settled(world, 3);
}

static void a_refusal_at_the_end_is_told_and_does_not_count_as_arrived(void **state)
{
	static char large[250 * 1024];
	struct world *world = *state;

	memset(large, 'x', sizeof(large) - 1);
	listen_inet(world, SOCK_DGRAM, "udp");
	make(world, SYSLOG_OCTETS);
	open_sink(world);
	give(world, "{}", 1, 2);
	world->messages[1].data = large;
	world->messages[1].size = sizeof(large) - 1;
	assert_int_equal(submit(world), 0);
	assert_int_equal(world->sink->ops->flush(world->sink, LONG_MS, &world->err), -EAGAIN);
	assert_int_equal(ask(world), 0);
	assert_int_equal(world->progress.refused, -EMSGSIZE);
	assert_int_equal(world->progress.settled, 2);
}

static void another_name_of_the_host_is_in_the_next_head(void **state)
{
	const struct render_identity identity = {.host_hostname = "renamed", .host_id = "i"};
	struct world *world = *state;
	size_t before;
	const char *text;

	start_tcp(world, SYSLOG_OCTETS);
	send_messages(world, "{}", 7, 1);
	expect_counted(world, 7, "{}");
	before = world->sink->max_message;
	world->sink->ops->identity(world->sink, &identity);
	assert_int_equal(world->sink->max_message,
			 before - strlen("renamed") + strlen("host") - strlen(" host=\"i\""));
	send_messages(world, "{}", 8, 1);
	text = receive(world->peer, strlen(head(8)) + 18);
	assert_non_null(strstr(text, "Z renamed app "));
	assert_non_null(strstr(text, " schema=\"s\" host=\"i\"] {"));
}

static void udp_is_paced(void **state)
{
	static char text[1024];
	struct world *world = *state;
	uint64_t begin_ns = clock_mono_ns(), passed_ms, bytes;
	uint32_t count = 0;
	char got[2048];

	memset(text, 'x', sizeof(text) - 1);
	listen_inet(world, SOCK_DGRAM, "udp");
	make(world, SYSLOG_OCTETS);
	open_sink(world);
	send_messages(world, text, 1, 100);
	while (count < 100) {
		assert_int_equal(ask(world), 0);
		while (recv(world->listener, got, sizeof(got), MSG_DONTWAIT) > 0)
			count++;
	}
	passed_ms = (clock_mono_ns() - begin_ns) / NS_PER_MS;
	bytes = 100 * (sizeof(text) - 1 + strlen(head(1)));
	assert_true(passed_ms >= (bytes - 32 * 1024) * 1000 / (256 * 1024) - 20);
	until_settled(world, 100);
}

static void nobody_at_a_udp_port_is_told(void **state)
{
	struct world *world = *state;

	listen_inet(world, SOCK_DGRAM, "udp");
	make(world, SYSLOG_OCTETS);
	stop_listening(world);
	open_sink(world);
	send_messages(world, "{}", 1, 3);
	assert_int_equal(until_error(world), -ECONNREFUSED);
	assert_int_equal(world->progress.settled, 0);
}

static void nobody_there_is_told_in_words(void **state)
{
	struct world *world = *state;

	listen_inet(world, SOCK_STREAM, "tcp");
	make(world, SYSLOG_OCTETS);
	stop_listening(world);
	assert_int_equal(try_open(world), -ECONNREFUSED);
	assert_non_null(strstr(world->err.text, "refused: nothing listens there"));
	assert_non_null(strstr(world->err.text, world->target));
	listen_inet(world, SOCK_STREAM, "tcp");
	open_sink(world);
	(void)strcpy(world->target, "unix:///no/such/socket");
	world->sink->ops->close(world->sink);
	make(world, SYSLOG_OCTETS);
	assert_int_equal(try_open(world), -ENOENT);
	assert_non_null(strstr(world->err.text, "there is no such socket"));
}

/* A listener whose queue is full lets what knocks wait: so do firewalls. */
static void a_port_that_answers_nothing_costs_a_second(void **state)
{
	struct world *world = *state;
	int waiting[8];
	uint64_t begin_ns;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	listen_inet(world, SOCK_STREAM, "tcp");
	assert_int_equal(listen(world->listener, 0), 0);
	address.sin_port = htons(world->port);
	for (size_t i = 0; i < 8; i++) {
		waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(waiting[i], (struct sockaddr *)&address, sizeof(address));
	}
	make(world, SYSLOG_OCTETS);
	begin_ns = clock_mono_ns();
	assert_int_equal(try_open(world), -ETIMEDOUT);
	assert_true(clock_mono_ns() - begin_ns >= 900 * NS_PER_MS);
	assert_non_null(strstr(world->err.text, "no answer for 1 s"));
	for (size_t i = 0; i < 8; i++)
		(void)close(waiting[i]);
}

static struct condition *condition(const char *field, const char *value)
{
	const struct condition_term term = {.field = field, .text = value};
	struct condition *made = NULL;
	struct err err;

	assert_int_equal(condition_build(&made, &term, 1, &err), 0);
	return made;
}

static int priority_of(struct world *world, enum rec_kind kind)
{
	static struct entry_builder builder;
	struct sink_message message = {0};
	const uint8_t stream[16] = {0};
	struct event event;
	const char *why;
	size_t size;

	builder_start(&builder, kind, 1);
	size = builder_end(&builder);
	assert_int_equal(entry_parse(builder.data, size, stream, &event, &why), 0);
	world->sink->ops->describe(world->sink, &event, &message);
	return message.facility * 8 + message.severity;
}

static void the_first_priority_that_matches_decides(void **state)
{
	struct world *world = *state;
	struct syslog_sink_options options = {.target = "udp://127.0.0.1:1",
					      .facility = 13,
					      .severity = 6,
					      .max_message = 8192,
					      .priorities = calloc(2, sizeof(*options.priorities)),
					      .priority_count = 2};

	options.priorities[0] = (struct syslog_priority){condition("event.action", "exec"), 4, 2};
	options.priorities[1] = (struct syslog_priority){condition("event.action", "e*"), 5, 3};
	assert_int_equal(syslog_sink_new(&world->sink, &options, &world->err), 0);
	assert_int_equal(priority_of(world, REC_EXEC), 4 * 8 + 2);
	assert_int_equal(priority_of(world, REC_EXIT), 5 * 8 + 3);
	assert_int_equal(priority_of(world, REC_FORK), 13 * 8 + 6);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(tcp_counts_octets),
		test(tcp_ends_messages_with_newlines_when_told_so),
		test(what_the_receiver_does_not_take_has_not_arrived),
		test(a_peer_that_closes_is_noticed_while_idle),
		test(a_peer_that_closes_while_something_is_on_its_way_may_come_back),
		test(a_reset_brings_the_last_ones_again),
		test(a_host_that_has_just_started_sends_the_last_ones_again_too),
		test(a_receiver_is_not_stuck_because_nothing_was_sent_for_long),
		test(what_goes_out_again_needs_nothing_new),
		test(the_end_waits_for_what_is_under_way),
		test(datagrams_wait_while_the_receiver_reads_nothing),
		test(another_socket_at_the_path_is_noticed),
		test(what_a_dead_receiver_had_not_read_has_not_arrived),
		test(a_unix_stream_is_found_out),
		test(a_datagram_that_is_too_large_is_refused),
		test(a_refusal_at_the_end_is_told_and_does_not_count_as_arrived),
		test(another_name_of_the_host_is_in_the_next_head),
		test(udp_is_paced),
		test(nobody_at_a_udp_port_is_told),
		test(nobody_there_is_told_in_words),
		test(a_port_that_answers_nothing_costs_a_second),
		test(the_first_priority_that_matches_decides),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
