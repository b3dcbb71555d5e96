/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libmicrohttpd, which nobody else includes, run by the main thread: places, pages and patience. A
 * connection has MONITOR_PATIENCE_MS as a whole, whatever it sends or leaves undone; then it is
 * shut down. Knows nothing of what the pages mean.
 */
#include "serve/monitor.h"

#include "base/clock.h"
#include "base/listen_address.h"
#include "serve/control_listen.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE_MAX (4 * 1024 * 1024)
#define REQUEST_MEMORY ((size_t)8 * 1024) /* of a request line with its headers */
#define BACKLOG 16
#define RUNS_MAX 64 /* in one call; what is left comes at the next tick */

struct client {
	int fd; /* -1: the place is free */
	uint64_t deadline_ns;
};

struct monitor {
	struct monitor_options options;
	struct control_listen place; /* of a unix socket */
	struct MHD_Daemon *daemon;
	struct client clients[MONITOR_CLIENTS_MAX];
};

static struct client *find_client(struct monitor *monitor, int fd)
{
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		if (monitor->clients[i].fd == fd)
			return &monitor->clients[i];
	return NULL;
}

static void on_connection(void *data, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct monitor *monitor = data;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct client *client =
		find_client(monitor, code == MHD_CONNECTION_NOTIFY_STARTED ? -1 : fd);

	(void)context;
	if (!client)
		return;
	client->fd = code == MHD_CONNECTION_NOTIFY_STARTED ? fd : -1;
	client->deadline_ns = clock_mono_ns() + MONITOR_PATIENCE_MS * NS_PER_MS;
}

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned int code,
			       const char *type, const struct buf *body)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(body->length, body->data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned int code, const char *words)
{
	struct buf body;
	enum MHD_Result result;

	buf_init(&body, sizeof(struct err));
	(void)buf_printf(&body, "%s\n", words);
	result = respond(connection, code, "text/plain", &body);
	buf_done(&body);
	return result;
}

static enum MHD_Result show_page(const struct monitor *monitor, const struct monitor_page *page,
				 struct MHD_Connection *connection)
{
	struct err err = {.text = "cannot answer"};
	enum MHD_Result result;
	struct buf body;
	int code;

	buf_init(&body, PAGE_MAX);
	code = page->write(monitor->options.data, &body, &err);
	if (code < 0)
		result = say(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
	else
		result = respond(connection, (unsigned int)code, page->type, &body);
	buf_done(&body);
	return result;
}

/* Called at least twice per request; a body, which no page takes, is refused unread. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **context)
{
	const struct monitor *monitor = data;

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return *upload_size ? MHD_NO
				    : say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET, please");
	if (*upload_size)
		return MHD_NO;
	if (!*context) {
		*context = data;
		return MHD_YES;
	}
	for (const struct monitor_page *page = monitor->options.pages; page->path; page++)
		if (strcmp(path, page->path) == 0)
			return show_page(monitor, page, connection);
	return say(connection, MHD_HTTP_NOT_FOUND, "there is no such page");
}

/* What strangers send is no news for our log. */
static void be_silent(void *data, const char *format, va_list args)
{
	(void)data;
	(void)format;
	(void)args;
}

static int start_daemon(struct monitor *monitor, int fd, struct err *err)
{
	monitor->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, monitor,
		MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MONITOR_CLIENTS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)(MONITOR_PATIENCE_MS / 1000),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, REQUEST_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, monitor, MHD_OPTION_END);
	if (monitor->daemon)
		return 0;
	return err_set(err, -EIO, "monitor.listen: '%s': the HTTP server does not start",
		       monitor->options.listen);
}

/* Without SO_REUSEADDR an agent that is started again would find its own last port in use. */
static int listen_tcp(const struct monitor *monitor, const struct listen_address *address,
		      struct err *err)
{
	int fd = socket(address->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1, code;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, (const struct sockaddr *)&address->address, address->size) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	code = errno;
	if (fd >= 0)
		(void)close(fd);
	return err_set(err, -code, "monitor.listen: cannot listen on '%s': %s",
		       monitor->options.listen, strerror(code));
}

static int open_parts(struct monitor *monitor, struct err *err)
{
	struct listen_address address;
	int result = listen_address_parse(&address, monitor->options.listen), fd;

	if (result < 0)
		return err_set(err, result, "monitor.listen: '%s' is no address of this host alone",
			       monitor->options.listen);
	if (!address.path) {
		fd = listen_tcp(monitor, &address, err);
	} else {
		fd = control_listen_open(&monitor->place, address.path, monitor->options.group,
					 err);
		fd = fd == 0 ? monitor->place.fd : fd;
		monitor->place.fd = fd >= 0 ? -1 : monitor->place.fd; /* the daemon closes it */
	}
	if (fd < 0)
		return fd;
	result = start_daemon(monitor, fd, err);
	if (result < 0)
		(void)close(fd);
	return result;
}

int monitor_open(struct monitor **ret_monitor, const struct monitor_options *options,
		 struct err *err)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));
	int result;

	if (!monitor)
		return err_set(err, -ENOMEM, "no memory for the monitoring port");
	monitor->options = *options;
	control_listen_init(&monitor->place, "monitor.listen");
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++)
		monitor->clients[i].fd = -1;
	result = open_parts(monitor, err);
	if (result < 0) {
		monitor_close(monitor);
		return result;
	}
	*ret_monitor = monitor;
	return 0;
}

void monitor_close(struct monitor *monitor)
{
	if (!monitor)
		return;
	if (monitor->daemon)
		MHD_stop_daemon(monitor->daemon);
	control_listen_close(&monitor->place);
	free(monitor);
}

int monitor_fd(const struct monitor *monitor)
{
	return MHD_get_daemon_info(monitor->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

void monitor_serve(struct monitor *monitor)
{
	MHD_UNSIGNED_LONG_LONG left_ms = 0;

	/* twice at least: a place that one run has freed is given away by the next */
	for (int i = 0; i < RUNS_MAX && (i < 2 || left_ms == 0); i++)
		if (MHD_run(monitor->daemon) != MHD_YES ||
		    MHD_get_timeout(monitor->daemon, &left_ms) != MHD_YES)
			left_ms = 1; /* nobody waits for anything */
}

void monitor_tick(struct monitor *monitor, uint64_t now_ns)
{
	for (size_t i = 0; i < MONITOR_CLIENTS_MAX; i++) {
		struct client *client = &monitor->clients[i];

		if (client->fd >= 0 && now_ns >= client->deadline_ns)
			(void)shutdown(client->fd, SHUT_RDWR);
	}
	monitor_serve(monitor);
}
