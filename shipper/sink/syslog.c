/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts a head in front of each event and moves it through the spool to the wire. Says that an event
 * has arrived when the wire does, not before; after a connection that broke, what the spool still
 * has goes out first. Owns wire, spool and conditions. Must not know sockets, nor what is in an
 * event beside what the conditions ask.
 */
#include "sink/syslog.h"

#include "base/clock.h"
#include "decode/fields.h"
#include "render/render.h"
#include "sink/spool.h"
#include "sink/syslog_message.h"
#include "sink/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN_MS 1000u
#define LEAVE_MS 1000u
#define UNDER_WAY_MAX (2UL * 1024 * 1024)
/* What goes out again after a connection that broke, and after one that the receiver closed in good
 * order: then it has read everything, but perhaps not yet written it. */
#define RESEND_NS (10 * NS_PER_S)
#define RESEND_ORDERLY_NS (2 * NS_PER_S)
#define STUCK_NS (10 * NS_PER_S)
#define LONG_AGO_NS 1
#define POLL_MS 10u
#define SECOND_LOOK_MS 300
#define BURST_BYTES (32UL * 1024) /* a receiver's socket holds about 100 KiB unless it asked */

struct syslog {
	struct sink sink;
	struct syslog_form form;
	struct syslog_form_options names; /* app_name, sd_id and schema are owned */
	size_t limit;                     /* of a message with its head */
	struct spool spool;
	struct wire *wire;
	struct tls_options tls; /* its texts are owned */
	enum target_kind kind;
	enum syslog_framing framing;
	uint8_t facility, severity;
	struct syslog_priority *priorities;
	size_t priority_count;
	size_t resend;

	uint64_t rate, tokens, tokens_ns; /* of UDP: bytes that may go out now, and since when */
	uint64_t moved_ns;      /* when something last arrived, or nothing was under way */
	uint64_t refused_after; /* 0, or frames that settle before the one too large, + 1 */
	bool no_room;           /* the last submit found none */
	int failure;            /* of a send in submit, for poll to tell; 0: none */
	struct err story;
	bool open;
};

static struct syslog *of(struct sink *sink)
{
	return (struct syslog *)sink;
}

/* Of what has arrived. Datagrams: a receiver that is replaced has read them, or never will. */
static void trim(struct syslog *syslog, uint64_t window_ns)
{
	uint64_t now_ns = clock_mono_ns(); /* less than the window when the host has just started */
	bool datagram = wire_is_datagram(syslog->wire);

	spool_trim(&syslog->spool, datagram ? 0 : syslog->resend,
		   now_ns > window_ns ? now_ns - window_ns : LONG_AGO_NS);
}

/* The wire is of no use any more: what arrived over it just before may be lost with it. */
static int broken(struct syslog *syslog, int result)
{
	trim(syslog, result == -ESHUTDOWN ? RESEND_ORDERLY_NS : RESEND_NS);
	wire_close(syslog->wire, 0);
	syslog->open = false;
	syslog->sink.fd = -1;
	return result;
}

static int syslog_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct syslog *syslog = of(sink);
	int result;

	*ret_resume = (struct sink_position){0};
	if (syslog->open)
		(void)broken(syslog, 0);
	result = wire_open(syslog->wire, OPEN_MS, err);
	if (result < 0)
		return result;
	spool_restart(&syslog->spool);
	syslog->open = true;
	syslog->refused_after = 0;
	syslog->failure = 0;
	syslog->moved_ns = clock_mono_ns();
	sink->fd = wire_fd(syslog->wire);
	sink->events = POLLIN;
	return 0;
}

/* UDP knows no receiver that is too slow: a bounded burst, then no more than the rate. */
static bool may_send(struct syslog *syslog, size_t bytes)
{
	uint64_t now_ns = clock_mono_ns(), more;

	if (syslog->kind != TARGET_UDP)
		return true;
	more = (now_ns - syslog->tokens_ns) / NS_PER_US * syslog->rate / 1000000;
	if (more > 0) {
		syslog->tokens =
			syslog->tokens + more < BURST_BYTES ? syslog->tokens + more : BURST_BYTES;
		syslog->tokens_ns = now_ns;
	}
	/* What is larger than a burst goes alone. */
	if (syslog->tokens < bytes && syslog->tokens < BURST_BYTES)
		return false;
	syslog->tokens -= bytes < syslog->tokens ? bytes : syslog->tokens;
	return true;
}

static int send_datagrams(struct syslog *syslog, struct err *err)
{
	struct iovec parts[2];
	int count;

	while (!syslog->refused_after && (count = spool_next(&syslog->spool, parts)) > 0) {
		size_t size = parts[0].iov_len + (count == 2 ? parts[1].iov_len : 0);
		ssize_t sent;

		if (!may_send(syslog, size))
			return -EAGAIN;
		sent = wire_send(syslog->wire, parts, count, err);
		if (sent == -EMSGSIZE)
			syslog->refused_after = syslog->spool.frame_sent + 1;
		else if (sent < 0)
			return (int)sent;
		else
			spool_sent(&syslog->spool, (size_t)sent);
	}
	return 0;
}

static int send_stream(struct syslog *syslog, struct err *err)
{
	struct iovec parts[2];
	int count;

	while ((count = spool_unsent(&syslog->spool, parts)) > 0) {
		ssize_t sent = wire_send(syslog->wire, parts, count, err);

		if (sent < 0)
			return (int)sent;
		spool_sent(&syslog->spool, (size_t)sent);
	}
	return 0;
}

/* Sends what the wire takes. 0, also when there is more, or a negative errno. */
static int pump(struct syslog *syslog, struct err *err)
{
	int result = wire_is_datagram(syslog->wire) ? send_datagrams(syslog, err)
						    : send_stream(syslog, err);

	syslog->sink.events = wire_events(syslog->wire);
	return result == -EAGAIN ? 0 : result;
}

static bool is_newline_framed(const struct syslog *syslog)
{
	return !wire_is_datagram(syslog->wire) &&
	       (syslog->kind == TARGET_UNIX ||
		(syslog->kind == TARGET_TCP && syslog->framing == SYSLOG_NEWLINE));
}

/* 0, -EAGAIN: no room, or -ENOMEM. */
static int add(struct syslog *syslog, const struct sink_batch *batch,
	       const struct sink_message *message)
{
	const struct syslog_facts facts = {.facility = message->facility,
					   .severity = message->severity,
					   .time_ns = message->time_ns,
					   .kind = message->kind ? message->kind->name : "",
					   .stream = batch->stream,
					   .sequence = message->sequence};
	bool newline = is_newline_framed(syslog);
	char frame[24], head[SYSLOG_HEAD_SIZE];
	size_t head_size = syslog_head(head, &syslog->form, &facts);
	struct iovec parts[] = {
		{frame, 0},
		{head, head_size},
		{(char *)message->data, message->size},
		{(char *)"\n", newline ? 1 : 0},
	};
	int result;

	if (!newline && !wire_is_datagram(syslog->wire))
		parts[0].iov_len = syslog_frame(frame, head_size + message->size);
	if (spool_under_way(&syslog->spool) > UNDER_WAY_MAX)
		return -EAGAIN;
	result = spool_add(&syslog->spool, parts, 4);
	return result == -ENOSPC ? -EAGAIN : result;
}

static int syslog_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct syslog *syslog = of(sink);
	int result = 0;

	if (!syslog->open)
		return err_set(err, -ENOTCONN, "not connected");
	if (spool_under_way(&syslog->spool) == 0)
		syslog->moved_ns = clock_mono_ns(); /* nobody has polled since it was all there */
	while (batch->taken < batch->count && result == 0) {
		result = add(syslog, batch, &batch->messages[batch->taken]);
		if (result == 0)
			batch->taken++;
	}
	if (result == -ENOMEM)
		return err_set(err, result, "out of memory");
	sink->poll_ms = POLL_MS;
	syslog->no_room = result == -EAGAIN;
	if (syslog->no_room)
		(void)err_set(err, result, "the receiver takes nothing just now");
	syslog->failure = pump(syslog, &syslog->story);
	return result;
}

static void keep_limit(struct syslog *syslog)
{
	size_t head = syslog_form_head_max(&syslog->form);

	syslog->sink.max_message = syslog->limit > 2 * head ? syslog->limit - head : head;
}

/* The frame that was too large comes after all others have arrived: its refusal is told then. */
static bool is_refusal_due(const struct syslog *syslog)
{
	return syslog->refused_after && syslog->spool.frame_arrived + 1 >= syslog->refused_after;
}

static void tell_refusal(struct syslog *syslog, struct sink_progress *progress, struct err *err)
{
	struct spool *spool = &syslog->spool;
	struct iovec parts[2];
	size_t size = 0;
	int count;

	if (!is_refusal_due(syslog))
		return;
	count = spool_next(spool, parts);
	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	if (syslog->limit > size * 3 / 4)
		syslog->limit = size * 3 / 4;
	keep_limit(syslog);
	spool_skip(spool);
	syslog->refused_after = 0;
	progress->settled = spool_settled(spool);
	progress->refused = err_set(err, -EMSGSIZE, "a message of %zu bytes is too large", size);
}

static int note_arrivals(struct syslog *syslog, struct err *err)
{
	struct spool *spool = &syslog->spool;
	uint64_t before = spool->arrived, now_ns = clock_mono_ns();

	spool_arrived(spool, wire_arrived(syslog->wire), now_ns);
	trim(syslog, RESEND_NS);
	if (spool->arrived != before || spool_under_way(spool) == 0)
		syslog->moved_ns = now_ns;
	syslog->sink.poll_ms = spool_under_way(spool) ? POLL_MS : (unsigned int)syslog->no_room;
	if (now_ns - syslog->moved_ns > STUCK_NS)
		return err_set(err, -EAGAIN,
			       "the receiver is connected, but has taken nothing for %u s",
			       (unsigned int)((now_ns - syslog->moved_ns) / NS_PER_S));
	return 0;
}

static int go_on(struct syslog *syslog, struct err *err)
{
	int result = syslog->failure;

	if (result < 0)
		*err = syslog->story;
	if (result == 0)
		result = wire_check(syslog->wire, err);
	if (result == 0)
		result = pump(syslog, err);
	return result < 0 ? broken(syslog, result) : note_arrivals(syslog, err);
}

static int syslog_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	struct syslog *syslog = of(sink);
	int result = syslog->open ? go_on(syslog, err) : 0;

	*ret_progress = (struct sink_progress){.settled = spool_settled(&syslog->spool)};
	if (syslog->open)
		tell_refusal(syslog, ret_progress, err);
	return result;
}

static int syslog_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	uint64_t until_ns = clock_mono_ns() + within_ms * NS_PER_MS;
	struct syslog *syslog = of(sink);
	int result = 0;

	while (syslog->open && spool_under_way(&syslog->spool) && result == 0) {
		struct pollfd pollfd = {.fd = sink->fd, .events = sink->events};
		unsigned int left_ms = clock_left_ms(until_ns);

		if (left_ms == 0)
			return err_set(err, -ETIMEDOUT, "not everything has arrived");
		(void)poll(&pollfd, sink->events & POLLOUT ? 1 : 0,
			   (int)(left_ms < POLL_MS ? left_ms : POLL_MS));
		result = go_on(syslog, err);
		if (result == 0 && is_refusal_due(syslog)) /* which poll tells */
			return err_set(err, -EAGAIN, "a message is too large");
	}
	if (result == 0 && syslog->open) {
		wire_close(syslog->wire, clock_left_ms(until_ns));
		syslog->open = false;
		sink->fd = -1;
	}
	return result;
}

static void syslog_describe(struct sink *sink, const struct event *event,
			    struct sink_message *message)
{
	struct syslog *syslog = of(sink);

	message->facility = syslog->facility;
	message->severity = syslog->severity;
	for (size_t i = 0; i < syslog->priority_count; i++) {
		const struct syslog_priority *priority = &syslog->priorities[i];

		if (!condition_matches(priority->when, event))
			continue;
		message->facility = priority->facility;
		message->severity = priority->severity;
		return;
	}
}

static void free_priorities(struct syslog_priority *priorities, size_t count)
{
	for (size_t i = 0; i < count; i++)
		condition_free(priorities[i].when);
	free(priorities);
}

static void syslog_close(struct sink *sink)
{
	struct syslog *syslog = of(sink);

	if (syslog->wire)
		wire_close(syslog->wire, syslog->open ? LEAVE_MS : 0);
	wire_free(syslog->wire);
	spool_done(&syslog->spool);
	free_priorities(syslog->priorities, syslog->priority_count);
	free((char *)syslog->tls.ca);
	free((char *)syslog->tls.cert);
	free((char *)syslog->tls.key);
	free((char *)syslog->tls.key_password);
	free((char *)syslog->tls.server_name);
	free((char *)syslog->names.app_name);
	free((char *)syslog->names.sd_id);
	free((char *)syslog->names.schema);
	free(syslog);
}

/* False without memory. */
static bool copy_text(const char **ret_copy, const char *text)
{
	*ret_copy = text ? strdup(text) : NULL;
	return !text || *ret_copy;
}

static bool copy_tls(struct syslog *syslog, const struct tls_options *tls, const char *host)
{
	const char *name = tls->server_name ? tls->server_name : host;

	syslog->tls.min_version = tls->min_version;
	syslog->tls.verify = tls->verify;
	return copy_text(&syslog->tls.key_password, tls->key_password) &&
	       copy_text(&syslog->tls.ca, tls->ca) && copy_text(&syslog->tls.cert, tls->cert) &&
	       copy_text(&syslog->tls.key, tls->key) && copy_text(&syslog->tls.server_name, name);
}

static bool copy_names(struct syslog *syslog, const struct syslog_sink_options *options)
{
	syslog->names.pid = (uint32_t)getpid();
	return copy_text(&syslog->names.app_name, options->app_name) &&
	       copy_text(&syslog->names.sd_id, options->sd_id) &&
	       copy_text(&syslog->names.schema, options->schema);
}

static void make_form(struct syslog *syslog, const char *hostname, const char *host_id)
{
	struct syslog_form_options names = syslog->names;

	names.hostname = hostname;
	names.host_id = host_id;
	syslog_form_init(&syslog->form, &names);
	keep_limit(syslog);
}

static void syslog_identity(struct sink *sink, const struct render_identity *identity)
{
	make_form(of(sink), identity->host_hostname, identity->host_id);
}

static int build(struct syslog *syslog, const struct syslog_sink_options *options, struct err *err)
{
	struct target target;
	int result = target_parse(&target, options->target, err);

	if (result < 0)
		return result;
	syslog->kind = target.kind;
	syslog->resend = options->resend;
	syslog->limit = options->max_message;
	spool_init(&syslog->spool, options->resend + UNDER_WAY_MAX + 2 * options->max_message);
	if (!copy_tls(syslog, &options->tls, target.host) || !copy_names(syslog, options))
		return err_set(err, -ENOMEM, "out of memory");
	make_form(syslog, options->hostname, options->host_id);
	return wire_new(&syslog->wire, &target, &syslog->tls, err);
}

int syslog_sink_new(struct sink **ret_sink, const struct syslog_sink_options *options,
		    struct err *err)
{
	static const struct sink_ops ops = {
		.open = syslog_open,
		.submit = syslog_submit,
		.poll = syslog_poll,
		.flush = syslog_flush,
		.close = syslog_close,
		.describe = syslog_describe,
		.identity = syslog_identity,
	};
	struct syslog *syslog = calloc(1, sizeof(*syslog));
	int result;

	if (!syslog) {
		free_priorities(options->priorities, options->priority_count);
		return err_set(err, -ENOMEM, "out of memory");
	}
	syslog->sink = (struct sink){.ops = &ops, .fd = -1};
	syslog->framing = options->framing;
	syslog->facility = options->facility;
	syslog->severity = options->severity;
	syslog->priorities = options->priorities;
	syslog->priority_count = options->priority_count;
	syslog->rate = options->rate;
	result = build(syslog, options, err);
	if (result < 0) {
		syslog_close(&syslog->sink);
		return result;
	}
	*ret_sink = &syslog->sink;
	return 0;
}

/* A receiver that wants nothing of us says so at once, or hangs up. */
static int look_twice(struct syslog *syslog, struct err *err)
{
	struct pollfd pollfd = {.fd = wire_fd(syslog->wire), .events = POLLIN};

	(void)poll(&pollfd, 1, SECOND_LOOK_MS);
	return wire_check(syslog->wire, err);
}

int syslog_probe(const struct syslog_sink_options *options, unsigned int wait_ms, sink_told *told,
		 void *data)
{
	uint64_t until_ns = clock_mono_ns() + wait_ms * NS_PER_MS;
	struct err err = {0};
	struct sink *sink;
	int result = syslog_sink_new(&sink, options, &err);
	char text[512];

	if (result < 0) {
		told(data, false, err.text);
		return result;
	}
	do {
		result = wire_open(of(sink)->wire, OPEN_MS, &err);
	} while (result == -ETIMEDOUT && clock_left_ms(until_ns) > 0);
	if (result == 0)
		result = look_twice(of(sink), &err);
	if (result == 0)
		wire_describe(of(sink)->wire, text, sizeof(text));
	told(data, result == 0, result == 0 ? text : err.text);
	wire_close(of(sink)->wire, result == 0 ? LEAVE_MS : 0);
	sink->ops->close(sink);
	return result;
}
