/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets for syslog: looks up, connects, sends, sees when the other side has gone, and asks the
 * kernel what has arrived. Owns the socket and the TLS over it. Must not know what a message is,
 * keep what was sent, or try again on its own.
 */
#include "sink/wire.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIRE_READS_MAX 16
#define ADDRESS_MS_MIN 2000u
#define UNANSWERED_MS 60000
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_EVERY_S 10
#define KEEPALIVE_TRIES 3

enum state { CLOSED, CONNECTING, HANDSHAKE, OPEN };

/* What a write became under TLS: bytes of ciphertext and of text since the connection began. */
struct record {
	uint64_t cipher_end, text_end;
};

struct wire {
	struct target target;
	const struct tls_options *tls_options;
	enum state state;
	int fd;   /* -1: none */
	int type; /* SOCK_DGRAM, SOCK_STREAM */
	struct tls *tls;
	bool blocked; /* the last send found no room */

	/* While connecting. */
	struct addrinfo *addresses, *address;
	uint64_t began_ns, address_until_ns; /* CLOCK_MONOTONIC */

	/* Of a socket of this host: what was at the path. */
	dev_t device;
	ino_t inode;

	uint64_t sent, arrived; /* bytes since the connection began */
	struct record *records; /* sent under TLS and not arrived; a ring */
	size_t record_first, record_count, record_room;
};

static void drop(struct wire *wire)
{
	tls_free(wire->tls);
	wire->tls = NULL;
	if (wire->fd >= 0)
		(void)close(wire->fd);
	wire->fd = -1;
	if (wire->addresses)
		freeaddrinfo(wire->addresses);
	wire->addresses = NULL;
	wire->state = CLOSED;
	wire->blocked = false;
	wire->sent = 0;
	wire->arrived = 0;
	wire->record_count = 0;
}

int wire_new(struct wire **ret_wire, const struct target *target, const struct tls_options *tls,
	     struct err *err)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return err_set(err, -ENOMEM, "out of memory");
	wire->target = *target;
	wire->tls_options = tls;
	wire->fd = -1;
	*ret_wire = wire;
	return 0;
}

void wire_free(struct wire *wire)
{
	if (!wire)
		return;
	drop(wire);
	free(wire->records);
	free(wire);
}

bool wire_is_datagram(const struct wire *wire)
{
	return wire->type == SOCK_DGRAM;
}

void wire_describe(const struct wire *wire, char *out, size_t size)
{
	switch (wire->target.kind) {
	case TARGET_UNIX:
		(void)snprintf(out, size, "a socket for %s of this host",
			       wire_is_datagram(wire) ? "datagrams" : "streams");
		break;
	case TARGET_UDP:
		(void)snprintf(out, size,
			       "datagrams can be sent; whether anybody listens, or "
			       "reads along, nobody can tell");
		break;
	case TARGET_TCP:
		(void)snprintf(out, size, "connected; not encrypted");
		break;
	case TARGET_TLS:
		tls_describe(wire->tls, out, size);
		break;
	}
}

int wire_fd(const struct wire *wire)
{
	return wire->fd;
}

short wire_events(const struct wire *wire)
{
	if (!wire->blocked)
		return POLLIN;
	return wire->tls ? (short)(tls_events(wire->tls) | POLLIN) : POLLIN | POLLOUT;
}

static int story(struct err *err, int code)
{
	switch (code) {
	case ECONNREFUSED:
		return err_set(err, -code, "refused: nothing listens there");
	case ENOENT:
		return err_set(err, -code, "there is no such socket");
	case ETIMEDOUT:
		return err_set(err, -code, "no answer any more");
	case ECONNRESET:
	case EPIPE: /* to the deliver thread it would mean that there will never be a receiver */
		return err_set(err, -ECONNRESET, "the receiver broke the connection off");
	default:
		errno = code;
		return err_set(err, -code, "%m");
	}
}

/* Whoever is at the path now. */
static bool note_path(struct wire *wire)
{
	struct stat st;

	if (stat(wire->target.path, &st) < 0)
		return false;
	wire->device = st.st_dev;
	wire->inode = st.st_ino;
	return true;
}

static bool is_at_path(const struct wire *wire)
{
	struct stat st;

	return stat(wire->target.path, &st) == 0 && st.st_dev == wire->device &&
	       st.st_ino == wire->inode;
}

static int connect_unix(const struct wire *wire)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, wire->target.path, sizeof(address.sun_path));
	return connect(wire->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* A path holds datagrams or a stream, and connect(2) says which it is not. */
static int open_unix(struct wire *wire, struct err *err)
{
	static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	int result = -EPROTOTYPE;

	for (size_t i = 0; i < 2 && result == -EPROTOTYPE; i++) {
		wire->type = types[i];
		if (wire->fd >= 0)
			(void)close(wire->fd);
		wire->fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (wire->fd < 0)
			return err_set(err, -errno, "cannot make a socket: %m");
		result = note_path(wire) ? connect_unix(wire) : -errno;
	}
	if (result == -EAGAIN)
		return err_set(err, -ETIMEDOUT, "the receiver accepts no connection just now");
	if (result < 0)
		return story(err, -result);
	wire->state = OPEN;
	return 0;
}

static int look_up(struct wire *wire, struct err *err)
{
	bool udp = wire->target.kind == TARGET_UDP;
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV};
	int code = getaddrinfo(wire->target.host, wire->target.port, &hints, &wire->addresses);

	if (code == 0) {
		wire->address = wire->addresses;
		wire->type = hints.ai_socktype;
		return 0;
	}
	wire->addresses = NULL;
	if (code == EAI_AGAIN)
		return err_set(err, -EHOSTUNREACH,
			       "cannot look up '%s' just now: no name server answers",
			       wire->target.host);
	if (code == EAI_NONAME || code == EAI_NODATA)
		return err_set(err, -EHOSTUNREACH, "no host is called '%s'", wire->target.host);
	return err_set(err, -EHOSTUNREACH, "cannot look up '%s': %s", wire->target.host,
		       code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

static void set_number(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* A connection over which nothing comes back is given up, so that the other side is asked anew. */
static void tune(int fd)
{
	set_number(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNANSWERED_MS);
	set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
	set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES);
}

/* Each address has its share of the time. */
static uint64_t address_ns(const struct wire *wire)
{
	unsigned int count = 0, share;

	for (const struct addrinfo *at = wire->addresses; at; at = at->ai_next)
		count++;
	share = WIRE_CONNECT_MS / (count ? count : 1);
	return (share > ADDRESS_MS_MIN ? share : ADDRESS_MS_MIN) * NS_PER_MS;
}

/* Begins with the address at hand. */
static int begin(struct wire *wire, struct err *err)
{
	const struct addrinfo *address = wire->address;

	if (wire->fd >= 0)
		(void)close(wire->fd);
	wire->fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  address->ai_protocol);
	if (wire->fd < 0)
		return err_set(err, -errno, "cannot make a socket: %m");
	if (wire->type == SOCK_STREAM)
		tune(wire->fd);
	wire->address_until_ns = clock_mono_ns() + address_ns(wire);
	wire->state = CONNECTING;
	if (connect(wire->fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
		return story(err, errno);
	return 0;
}

/* With the next address, when the one at hand has failed with result; err tells of the last. */
static int begin_next(struct wire *wire, int result, struct err *err)
{
	while (result < 0 && wire->address->ai_next) {
		wire->address = wire->address->ai_next;
		result = begin(wire, err);
	}
	return result;
}

static int begin_first(struct wire *wire, struct err *err)
{
	int result = look_up(wire, err);

	wire->began_ns = clock_mono_ns();
	if (result < 0)
		return result;
	result = begin(wire, err);
	return begin_next(wire, result, err);
}

static int begin_tls(struct wire *wire, struct err *err)
{
	int result = tls_new(&wire->tls, wire->tls_options, wire->fd, err);

	if (result == 0)
		wire->state = HANDSHAKE;
	return result;
}

/* True when the socket is ready for events before the deadline. */
static bool wait_for(const struct wire *wire, short events, uint64_t until_ns)
{
	struct pollfd pollfd = {.fd = wire->fd, .events = events};
	int ready;

	do {
		ready = poll(&pollfd, 1, (int)clock_left_ms(until_ns));
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* 0: connected, or trying the next address. -EAGAIN: the time is over for now. */
static int finish_connect(struct wire *wire, uint64_t until_ns, struct err *err)
{
	int code = 0, result;
	socklen_t size = sizeof(code);

	if (wait_for(wire, POLLOUT,
		     until_ns < wire->address_until_ns ? until_ns : wire->address_until_ns)) {
		(void)getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &code, &size);
		if (code == 0) {
			wire->state = OPEN;
			return wire->target.kind == TARGET_TLS ? begin_tls(wire, err) : 0;
		}
		return begin_next(wire, story(err, code), err);
	}
	result = err_set(err, -ETIMEDOUT,
			 "no answer for %u s: is the address right, and does a firewall drop it?",
			 (unsigned int)((clock_mono_ns() - wire->began_ns) / NS_PER_S));
	if (clock_mono_ns() >= wire->address_until_ns)
		return begin_next(wire, result, err);
	return -EAGAIN;
}

static int finish_handshake(struct wire *wire, uint64_t until_ns, struct err *err)
{
	uint64_t end_ns = wire->began_ns + WIRE_CONNECT_MS * NS_PER_MS;
	uint64_t look_ns = clock_mono_ns() + 50 * NS_PER_MS;
	int result = tls_handshake(wire->tls, err);

	if (result == 0)
		wire->state = OPEN;
	if (result != -EAGAIN)
		return result;
	(void)wait_for(wire, tls_events(wire->tls), look_ns < until_ns ? look_ns : until_ns);
	if (clock_mono_ns() < until_ns)
		return 0;
	(void)err_set(err, -ETIMEDOUT, "it accepts connections but does not answer in TLS");
	return clock_mono_ns() < end_ns ? -EAGAIN : -ETIMEDOUT;
}

static int open_step(struct wire *wire, uint64_t until_ns, struct err *err)
{
	switch (wire->state) {
	case CLOSED:
		return wire->target.kind == TARGET_UNIX ? open_unix(wire, err)
							: begin_first(wire, err);
	case CONNECTING:
		return finish_connect(wire, until_ns, err);
	case HANDSHAKE:
		return finish_handshake(wire, until_ns, err);
	case OPEN:
		break;
	}
	return 0;
}

int wire_open(struct wire *wire, unsigned int within_ms, struct err *err)
{
	uint64_t until_ns = clock_mono_ns() + within_ms * NS_PER_MS;
	int result = 0;

	if (wire->state == OPEN)
		drop(wire);
	while (wire->state != OPEN && result == 0)
		result = open_step(wire, until_ns, err);
	if (result < 0 && result != -EAGAIN)
		drop(wire);
	if (result == -EAGAIN)
		result = -ETIMEDOUT;
	return result < 0 ? err_wrap(err, result, "%s", wire->target.text) : 0;
}

/* Remembers what the bytes just sent became. Without memory, what came before must do. */
static void note_record(struct wire *wire)
{
	struct record record = {tls_sent(wire->tls), wire->sent};

	if (wire->record_count == wire->record_room) {
		size_t room = wire->record_room ? 2 * wire->record_room : 64;
		struct record *grown = calloc(room, sizeof(*grown));

		if (!grown)
			return;
		for (size_t i = 0; i < wire->record_count; i++)
			grown[i] = wire->records[(wire->record_first + i) % wire->record_room];
		free(wire->records);
		wire->records = grown;
		wire->record_first = 0;
		wire->record_room = room;
	}
	wire->records[(wire->record_first + wire->record_count++) % wire->record_room] = record;
}

/* How much text that much ciphertext held. */
static uint64_t text_of(struct wire *wire, uint64_t cipher)
{
	uint64_t text = wire->arrived;

	while (wire->record_count && wire->records[wire->record_first].cipher_end <= cipher) {
		text = wire->records[wire->record_first].text_end;
		wire->record_first = (wire->record_first + 1) % wire->record_room;
		wire->record_count--;
	}
	return text;
}

ssize_t wire_send(struct wire *wire, const struct iovec *parts, int count, struct err *err)
{
	const struct msghdr message = {.msg_iov = (struct iovec *)parts,
				       .msg_iovlen = (size_t)count};
	ssize_t sent;

	if (wire->tls) {
		sent = tls_write(wire->tls, parts->iov_base, parts->iov_len, err);
	} else {
		sent = sendmsg(wire->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0)
			sent = errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
	}
	wire->blocked = sent == -EAGAIN;
	if (sent >= 0) {
		wire->sent += (uint64_t)sent;
		if (wire->tls)
			note_record(wire);
	} else if (sent != -EAGAIN && !wire->tls) {
		sent = story(err, (int)-sent);
	}
	if (sent < 0 && sent != -EAGAIN)
		return err_wrap(err, (int)sent, "%s", wire->target.text);
	return sent;
}

/* Of datagrams of this host: the reader's end says nothing when it goes. */
static int check_receiver(const struct wire *wire, struct err *err)
{
	int result;

	if (wire->target.kind != TARGET_UNIX)
		return 0;
	if (!is_at_path(wire))
		return err_set(err, -ESTALE, "another socket is there now, or none");
	result = wire->type == SOCK_DGRAM ? connect_unix(wire) : 0;
	return result < 0 && result != -EAGAIN ? story(err, -result) : 0;
}

static int check_socket(const struct wire *wire, struct err *err)
{
	char nothing[4096];
	unsigned int reads = 0; /* whoever talks without end is heard out another time */
	ssize_t got;

	do {
		got = recv(wire->fd, nothing, sizeof(nothing), MSG_DONTWAIT);
	} while ((got > 0 && ++reads < WIRE_READS_MAX) || (got < 0 && errno == EINTR));
	if (got == 0 && wire->type == SOCK_STREAM)
		return err_set(err, -ESHUTDOWN, "the receiver closed the connection");
	return got < 0 && errno != EAGAIN ? story(err, errno) : 0;
}

int wire_check(struct wire *wire, struct err *err)
{
	int result = wire->tls ? tls_check(wire->tls, err) : check_socket(wire, err);

	if (result == 0)
		result = check_receiver(wire, err);
	return result < 0 ? err_wrap(err, result, "%s", wire->target.text) : 0;
}

/* Whether what the kernel said of the connection before still counts: it forgets what it had not
 * sent when the connection breaks. */
static bool is_healthy(const struct wire *wire)
{
	struct pollfd pollfd = {.fd = wire->fd};
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	struct err err;

	switch (wire->target.kind) {
	case TARGET_TCP:
	case TARGET_TLS:
		return getsockopt(wire->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
		       (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT ||
			info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_FIN_WAIT2);
	case TARGET_UNIX:
		return wire->type == SOCK_DGRAM ? check_receiver(wire, &err) == 0
						: poll(&pollfd, 1, 0) == 0;
	case TARGET_UDP: /* an answer of ICMP is an error of the socket */
		break;
	}
	return poll(&pollfd, 1, 0) == 0;
}

uint64_t wire_arrived(struct wire *wire)
{
	uint64_t out = wire->tls ? tls_sent(wire->tls) : wire->sent;
	int waiting;

	if (wire->state != OPEN || wire->arrived == wire->sent ||
	    ioctl(wire->fd, SIOCOUTQ, &waiting) < 0 || !is_healthy(wire))
		return wire->arrived;
	/* What waits on a socket of this host is told with the kernel's own bytes around it. */
	out = (uint64_t)waiting < out ? out - (uint64_t)waiting : 0;
	if (wire->tls)
		out = text_of(wire, out);
	if (out > wire->arrived)
		wire->arrived = out;
	return wire->arrived;
}

static void take_leave(struct wire *wire, uint64_t until_ns)
{
	char nothing[4096];
	struct err err;

	while (wire->tls && tls_shutdown(wire->tls, &err) == -EAGAIN)
		if (!wait_for(wire, tls_events(wire->tls), until_ns))
			return;
	(void)shutdown(wire->fd, SHUT_WR);
	/* Until the other side has closed as well: an early close(2) could destroy what it has not
	 * read yet. */
	while (wait_for(wire, POLLIN, until_ns))
		if (recv(wire->fd, nothing, sizeof(nothing), MSG_DONTWAIT) <= 0)
			return;
}

void wire_close(struct wire *wire, unsigned int within_ms)
{
	if (within_ms && wire->state == OPEN && wire->type == SOCK_STREAM)
		take_leave(wire, clock_mono_ns() + within_ms * NS_PER_MS);
	drop(wire);
}
