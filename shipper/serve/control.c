/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections, lines and patience. A client is either read (until its line is whole) or written to
 * (until the answer has gone out), each within CONTROL_PATIENCE_MS as a whole; so what a client
 * does or leaves undone costs one of CONTROL_CLIENTS_MAX places for that long and nothing else.
 * Knows nothing of what the requests mean.
 */
#include "serve/control.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "render/json.h"
#include "serve/control_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX (1024 * 1024)
#define LISTENER CONTROL_CLIENTS_MAX /* its place in the epoll set's data */
#define GROUPS_MAX 1024

struct client {
	int fd; /* -1: the place is free */
	struct ucred peer;
	uint64_t deadline_ns;
	char line[CONTROL_REQUEST_MAX];
	size_t length;
	struct buf out;
	size_t sent;
	bool last; /* close once the answer is out */
	const struct control_request *request;
};

struct control {
	const struct control_request *requests;
	void *data;
	struct control_listen listen;
	int epoll_fd;
	bool paused; /* no descriptor was left to accept with */
	struct json *json;
	struct client clients[CONTROL_CLIENTS_MAX];
	struct control_counters counters;
};

static int set_events(const struct control *control, int operation, int fd, uint32_t place,
		      uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = place};

	return epoll_ctl(control->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

static uint32_t place_of(const struct control *control, const struct client *client)
{
	return (uint32_t)(client - control->clients);
}

/* The descriptor is somebody else's from now on, or closed. */
static void forget_client(struct control *control, struct client *client)
{
	(void)epoll_ctl(control->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
	buf_done(&client->out);
	client->fd = -1;
	control->counters.clients--;
}

static void close_client(struct control *control, struct client *client)
{
	int fd = client->fd;

	forget_client(control, client);
	(void)close(fd);
}

static void be_patient(struct client *client)
{
	client->deadline_ns = clock_mono_ns() + CONTROL_PATIENCE_MS * NS_PER_MS;
}

static void write_error(struct control *control, struct buf *out, const char *text)
{
	bool replaced = false;

	buf_clear(out);
	json_begin(control->json, out);
	json_member(control->json, JSON_KEY("ok"));
	json_raw(control->json, "false", strlen("false"));
	json_member(control->json, JSON_KEY("error"));
	json_text(control->json, text, strlen(text), &replaced);
	(void)json_end(control->json);
}

/* The answer is out. */
static void go_on(struct control *control, struct client *client)
{
	int fd = client->fd;

	if (client->last) {
		close_client(control, client);
		return;
	}
	if (client->request && client->request->take) {
		const struct control_request *request = client->request;

		forget_client(control, client);
		request->take(control->data, fd);
		return;
	}
	client->length = client->sent = 0;
	client->request = NULL;
	buf_clear(&client->out);
	be_patient(client);
	if (set_events(control, EPOLL_CTL_MOD, fd, place_of(control, client), EPOLLIN) < 0)
		close_client(control, client);
}

static void write_answer(struct control *control, struct client *client)
{
	while (client->sent < client->out.length) {
		ssize_t n = send(client->fd, client->out.data + client->sent,
				 client->out.length - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			close_client(control, client);
			return;
		}
		client->sent += (size_t)n;
	}
	go_on(control, client);
}

/* What stands in client->out goes out now as far as it does, the rest when there is room. */
static void start_answer(struct control *control, struct client *client)
{
	client->sent = 0;
	be_patient(client);
	if (set_events(control, EPOLL_CTL_MOD, client->fd, place_of(control, client), EPOLLOUT) < 0)
		close_client(control, client);
	else
		write_answer(control, client);
}

/* For a client that does not keep to the protocol: it is told so and sent away. */
static void refuse(struct control *control, struct client *client, const char *why)
{
	client->last = true;
	client->request = NULL;
	write_error(control, &client->out, why);
	start_answer(control, client);
}

static const struct control_request *find_request(const struct control *control, const char *name,
						  size_t length)
{
	for (const struct control_request *row = control->requests; row->name; row++)
		if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
			return row;
	return NULL;
}

/* client->line holds length bytes of a request, without its line feed. */
static void handle(struct control *control, struct client *client, size_t length)
{
	struct err err = {.text = "cannot answer"};

	client->request = find_request(control, client->line, length);
	if (!client->request) {
		control->counters.malformed++;
		refuse(control, client, "there is no such request");
		return;
	}
	control->counters.requests++;
	control->counters.last_pid = (uint64_t)client->peer.pid;
	control->counters.last_uid = client->peer.uid;
	if (client->request->answer(control->data, &client->out, &err) < 0)
		refuse(control, client, err.text);
	else
		start_answer(control, client);
}

static void read_request(struct control *control, struct client *client)
{
	ssize_t n = recv(client->fd, client->line + client->length,
			 sizeof(client->line) - client->length, MSG_DONTWAIT);
	const char *end;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close_client(control, client);
		return;
	}
	client->length += (size_t)n;
	end = memchr(client->line, '\n', client->length);
	if (end && end == client->line + client->length - 1) {
		handle(control, client, client->length - 1);
	} else if (end || client->length == sizeof(client->line)) {
		control->counters.malformed++;
		refuse(control, client,
		       end ? "one request at a time, please"
			   : "a request is a line of at most 256 bytes");
	}
}

/* The mode of the socket says the same; this holds even when somebody has changed it. */
static bool may_ask(const struct control *control, int fd, const struct ucred *peer)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	if (!control->listen.has_group)
		return false;
	if (peer->gid == control->listen.group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == control->listen.group)
			return true;
	return false;
}

static struct client *free_place(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

static void turn_away(struct control *control, int fd, const char *why)
{
	struct buf out;

	control->counters.refused++;
	buf_init(&out, 4096);
	write_error(control, &out, why);
	(void)!send(fd, out.data, out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
	buf_done(&out);
	(void)close(fd);
}

static void admit(struct control *control, int fd)
{
	struct client *client = free_place(control);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!client) {
		turn_away(control, fd, "too many clients: try again");
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    !may_ask(control, fd, &peer)) {
		turn_away(control, fd, "only root and the agent's group may ask");
		return;
	}
	if (set_events(control, EPOLL_CTL_ADD, fd, place_of(control, client), EPOLLIN) < 0) {
		turn_away(control, fd, "the agent has no room for a client");
		return;
	}
	*client = (struct client){.fd = fd, .peer = peer};
	buf_init(&client->out, ANSWER_MAX);
	be_patient(client);
	control->counters.clients++;
	control->counters.accepted++;
}

/* Without descriptors the listener stays readable: it is left alone until the next tick. */
static void accept_client(struct control *control)
{
	int fd = accept4(control->listen.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		admit(control, fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		control->paused = true;
		(void)set_events(control, EPOLL_CTL_MOD, control->listen.fd, LISTENER, 0);
	}
}

int control_fd(const struct control *control)
{
	return control->epoll_fd;
}

void control_serve(struct control *control)
{
	struct epoll_event events[CONTROL_CLIENTS_MAX + 1];
	int count = epoll_wait(control->epoll_fd, events, CONTROL_CLIENTS_MAX + 1, 0);

	for (int i = 0; i < count; i++) {
		uint32_t place = events[i].data.u32;

		if (place == LISTENER)
			accept_client(control);
		else if (control->clients[place].out.length > 0)
			write_answer(control, &control->clients[place]);
		else
			read_request(control, &control->clients[place]);
	}
}

void control_tick(struct control *control, uint64_t now_ns)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->fd < 0 || now_ns < client->deadline_ns)
			continue;
		control->counters.timeouts++;
		close_client(control, client);
	}
	if (control->paused)
		control->paused = set_events(control, EPOLL_CTL_MOD, control->listen.fd, LISTENER,
					     EPOLLIN) < 0;
}

void control_counters(const struct control *control, struct control_counters *ret_counters)
{
	*ret_counters = control->counters;
}

static int open_parts(struct control *control, const struct control_options *options,
		      struct err *err)
{
	int result = json_new(&control->json, ANSWER_MAX);

	if (result < 0)
		return err_set(err, result, "no memory for the control socket");
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll_fd < 0)
		return err_set(err, -errno, "cannot make an epoll set: %s", strerror(errno));
	result = control_listen_open(&control->listen, options->path, options->group, err);
	if (result < 0)
		return result;
	result = set_events(control, EPOLL_CTL_ADD, control->listen.fd, LISTENER, EPOLLIN);
	if (result < 0)
		return err_set(err, result, "cannot wait for clients: %s", strerror(-result));
	return 0;
}

int control_open(struct control **ret_control, const struct control_options *options,
		 struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));
	int result;

	if (!control)
		return err_set(err, -ENOMEM, "no memory for the control socket");
	control->requests = options->requests;
	control->data = options->data;
	control->epoll_fd = -1;
	control_listen_init(&control->listen, "control socket");
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	result = open_parts(control, options, err);
	if (result < 0) {
		control_close(control);
		return result;
	}
	*ret_control = control;
	return 0;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0)
			close_client(control, &control->clients[i]);
	control_listen_close(&control->listen);
	if (control->epoll_fd >= 0)
		(void)close(control->epoll_fd);
	json_free(control->json);
	free(control);
}
