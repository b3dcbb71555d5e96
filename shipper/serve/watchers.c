/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts and reaps. That a client has gone is seen by epoll on its connection; the connection is
 * shut down before its thread is stopped, so that no send of it can wait and the stop is immediate.
 * Knows nothing of frames.
 */
#include "serve/watchers.h"

#include "base/clock.h"
#include "render/json.h"
#include "sink/deliver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH_BYTES (64 * 1024)
#define LAST_WORDS_MS 300
#define GREETING_MAX (64 * 1024)

struct watcher {
	int fd; /* -1: the place is free */
	struct deliver *deliver;
};

struct watchers {
	struct journal *journal;
	const struct render_identity *identity;
	int epoll_fd;
	struct watcher places[WATCHERS_MAX];
	struct watchers_counters counters;
};

int watchers_new(struct watchers **ret_watchers, struct journal *journal,
		 const struct render_identity *identity, struct err *err)
{
	struct watchers *watchers = calloc(1, sizeof(*watchers));

	if (!watchers)
		return err_set(err, -ENOMEM, "no memory for watchers");
	watchers->journal = journal;
	watchers->identity = identity;
	for (size_t i = 0; i < WATCHERS_MAX; i++)
		watchers->places[i].fd = -1;
	watchers->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (watchers->epoll_fd < 0) {
		free(watchers);
		return err_set(err, -errno, "cannot make an epoll set: %s", strerror(errno));
	}
	*ret_watchers = watchers;
	return 0;
}

static void stop_watcher(struct watchers *watchers, struct watcher *watcher, unsigned int wait_ms)
{
	if (wait_ms == 0)
		(void)shutdown(watcher->fd, SHUT_RDWR);
	(void)deliver_stop(watcher->deliver, wait_ms, NULL);
	(void)close(watcher->fd);
	*watcher = (struct watcher){.fd = -1};
	watchers->counters.present--;
}

void watchers_free(struct watchers *watchers)
{
	if (!watchers)
		return;
	for (size_t i = 0; i < WATCHERS_MAX; i++) {
		struct watcher *watcher = &watchers->places[i];
		struct deliver_status status;

		if (watcher->fd < 0)
			continue;
		deliver_status(watcher->deliver, &status);
		stop_watcher(watchers, watcher, status.failing ? 0 : LAST_WORDS_MS);
	}
	(void)close(watchers->epoll_fd);
	free(watchers);
}

static void put_fact(struct json *json, const struct json_key *key, const char *value)
{
	bool replaced = false;

	if (!value)
		return;
	json_member(json, key);
	json_text(json, value, strlen(value), &replaced);
}

static void put_item(struct json *json, const char *value)
{
	bool replaced = false;

	json_list_item(json);
	json_text(json, value, strlen(value), &replaced);
}

static void put_list(struct json *json, const struct json_key *key, const char *const *values,
		     unsigned int count)
{
	json_member(json, key);
	json_list_open(json);
	for (unsigned int i = 0; i < count; i++)
		put_item(json, values[i]);
	json_list_close(json);
}

static void write_identity(struct json *json, const struct render_identity *identity)
{
	json_open(json, JSON_KEY("identity"));
	put_fact(json, JSON_KEY("agent_id"), identity->agent_id);
	put_fact(json, JSON_KEY("agent_name"), identity->agent_name);
	put_fact(json, JSON_KEY("agent_version"), identity->agent_version);
	put_fact(json, JSON_KEY("host_name"), identity->host_name);
	put_fact(json, JSON_KEY("host_hostname"), identity->host_hostname);
	put_fact(json, JSON_KEY("host_id"), identity->host_id);
	put_fact(json, JSON_KEY("host_architecture"), identity->host_architecture);
	put_fact(json, JSON_KEY("boot_id"), identity->boot_id);
	put_fact(json, JSON_KEY("os_family"), identity->os_family);
	put_fact(json, JSON_KEY("os_platform"), identity->os_platform);
	put_fact(json, JSON_KEY("os_name"), identity->os_name);
	put_fact(json, JSON_KEY("os_version"), identity->os_version);
	put_fact(json, JSON_KEY("os_kernel"), identity->os_kernel);
	json_member(json, JSON_KEY("pid_ns"));
	json_number(json, identity->pid_ns);
	put_list(json, JSON_KEY("tags"), identity->tags, identity->tag_count);
	put_list(json, JSON_KEY("ip"), identity->ips, identity->ip_count);
	put_list(json, JSON_KEY("mac"), identity->macs, identity->mac_count);
	json_member(json, JSON_KEY("labels"));
	json_list_open(json);
	for (unsigned int i = 0; i < identity->label_count; i++) {
		put_item(json, identity->labels[i].name);
		put_item(json, identity->labels[i].value);
	}
	json_list_close(json);
	json_close(json);
}

int watchers_greet(struct watchers *watchers, struct buf *out, struct err *err)
{
	struct json *json = NULL;
	int result;

	if (watchers->counters.present == WATCHERS_MAX)
		return err_set(err, -EBUSY,
			       "%d are watching already, which is the most there may be",
			       WATCHERS_MAX);
	result = json_new(&json, GREETING_MAX);
	if (result == 0) {
		json_begin(json, out);
		json_member(json, JSON_KEY("ok"));
		json_raw(json, "true", strlen("true"));
		put_fact(json, JSON_KEY("version"), AUDITSHIP_VERSION);
		json_member(json, JSON_KEY("abi"));
		json_number(json, REC_ABI);
		write_identity(json, watchers->identity);
		result = json_end(json);
	}
	json_free(json);
	return result < 0
		       ? err_set(err, result, "cannot write who is watched: %s", strerror(-result))
		       : 0;
}

/* EPOLLHUP comes unasked: both directions are closed. */
static int start(struct watchers *watchers, struct watcher *watcher, int fd, struct err *err)
{
	struct epoll_event event = {.data.ptr = watcher};
	struct deliver_options options = {
		.name = "watch",
		.journal = watchers->journal,
		.ephemeral = true,
		.identity = watchers->identity,
		.render = {.format = RENDER_RAW},
		.limits = {.batch_bytes = BATCH_BYTES, .in_flight_bytes = BATCH_BYTES},
	};
	int result;

	if (epoll_ctl(watchers->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	result = stdout_sink_new(&options.sink, fd, err);
	return result < 0 ? result : deliver_start(&watcher->deliver, &options, err);
}

void watchers_add(struct watchers *watchers, int fd)
{
	struct watcher *place = NULL;
	struct err err;

	for (size_t i = 0; i < WATCHERS_MAX && !place; i++)
		if (watchers->places[i].fd < 0)
			place = &watchers->places[i];
	if (!place || start(watchers, place, fd, &err) < 0) {
		watchers->counters.failed++;
		(void)close(fd);
		return;
	}
	place->fd = fd;
	watchers->counters.present++;
	watchers->counters.served++;
}

int watchers_fd(const struct watchers *watchers)
{
	return watchers->epoll_fd;
}

void watchers_serve(struct watchers *watchers)
{
	struct epoll_event events[WATCHERS_MAX];
	int count = epoll_wait(watchers->epoll_fd, events, WATCHERS_MAX, 0);

	for (int i = 0; i < count; i++)
		stop_watcher(watchers, events[i].data.ptr, 0);
}

void watchers_tick(struct watchers *watchers, uint64_t now_ns)
{
	for (size_t i = 0; i < WATCHERS_MAX; i++) {
		struct watcher *watcher = &watchers->places[i];
		struct deliver_status status;

		if (watcher->fd < 0)
			continue;
		deliver_status(watcher->deliver, &status);
		if (status.failing &&
		    now_ns - status.failing_since_ns > WATCHERS_PATIENCE_S * NS_PER_S)
			stop_watcher(watchers, watcher, 0);
	}
}

void watchers_counters(const struct watchers *watchers, struct watchers_counters *ret_counters)
{
	*ret_counters = watchers->counters;
}
