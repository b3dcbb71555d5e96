/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the way from a frame to a line. Knows neither where frames come from nor what a line looks
 * like. Lines are handed on whenever the input has been read empty, so nothing waits for company.
 */
#include "tool/view.h"

#include "decode/lookup.h"
#include "render/raw.h"
#include "sink/sink.h"

#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)
#define IN_BYTES (READ_BYTES + RAW_LENGTH_MAX + sizeof(uint32_t))
#define OUT_BYTES (256 * 1024) /* handed on at the latest when this much is rendered */
#define OUT_LIMIT_BYTES (8 * 1024 * 1024)
#define LOST_PATH "Linux.lost.count"

struct view {
	struct view_options options;
	struct renderer *renderer;
	struct sink *sink;
	struct buf out;
	struct view_status status;
	struct lookup lost[REC_KINDS];
	/* The last event of the stream that was seen. sequence 0: none yet. */
	uint8_t stream[16];
	uint64_t sequence;
	size_t in_length;
	uint8_t in[IN_BYTES];
	alignas(ENTRY_ALIGN) uint8_t entry[ENTRY_MAX_SIZE];
};

int view_new(struct view **ret_view, const struct view_options *options,
	     const struct render_identity *identity, struct err *err)
{
	struct view *view = calloc(1, sizeof(*view));
	struct sink_position resume;
	int result;

	if (!view)
		return err_set(err, -ENOMEM, "no memory for a view");
	view->options = *options;
	buf_init(&view->out, OUT_LIMIT_BYTES);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i))
			lookup_init(&view->lost[i], kind_get(i), LOST_PATH);
	result = renderer_new(&view->renderer, &options->render, identity, err);
	if (result == 0)
		result = stdout_sink_new(&view->sink, options->out_fd, err);
	if (result == 0)
		result = view->sink->ops->open(view->sink, &resume, err);
	if (result < 0) {
		view_free(view);
		return result;
	}
	*ret_view = view;
	return 0;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	renderer_free(view->renderer);
	if (view->sink)
		view->sink->ops->close(view->sink);
	buf_done(&view->out);
	free(view);
}

void view_status(const struct view *view, struct view_status *ret_status)
{
	*ret_status = view->status;
}

static bool is_stopped(const struct view *view)
{
	struct pollfd fd = {.fd = view->options.stop_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/* Waits for a reader that is slow, but not beyond the stop: -ECANCELED. */
static int hand_on(struct view *view, struct err *err)
{
	struct sink_batch batch = {.data = view->out.data, .size = view->out.length};
	int result;

	if (batch.size == 0)
		return 0;
	while ((result = view->sink->ops->submit(view->sink, &batch, err)) == -EAGAIN)
		if (is_stopped(view))
			return -ECANCELED;
	if (result == 0)
		buf_clear(&view->out);
	return result;
}

static void count_missing(struct view *view, const struct event *event)
{
	uint64_t sequence = event->entry->sequence;
	struct value lost;

	if (memcmp(view->stream, event->stream, sizeof(view->stream)) == 0 && view->sequence &&
	    sequence > view->sequence + 1)
		view->status.missed += sequence - view->sequence - 1;
	memcpy(view->stream, event->stream, sizeof(view->stream));
	view->sequence = sequence;
	if (lookup_value(&view->lost[event->kind->kind], event, &lost))
		view->status.lost += value_number(&lost);
}

static bool wants_every_kind(const struct view *view)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);

		if (kind && kind->has_task && kind->journalled && !(view->options.kinds >> i & 1))
			return false;
	}
	return true;
}

/* What the shipper says of itself, losses before all, concerns everybody who looks; its routine
 * those who look at everything. */
static bool is_wanted(const struct view *view, const struct event *event)
{
	if (!event->kind->has_task)
		return !event->kind->routine || wants_every_kind(view);
	if (!(view->options.kinds >> event->kind->kind & 1))
		return false;
	return !view->options.when || condition_matches(view->options.when, event);
}

static int show(struct view *view, const struct event *event, struct err *err)
{
	int result;

	count_missing(view, event);
	if (!is_wanted(view, event)) {
		view->status.left_out++;
		return 0;
	}
	result = renderer_event(view->renderer, event, &view->out);
	if (result == -EMSGSIZE && view->out.length > 0) {
		result = hand_on(view, err);
		if (result < 0)
			return result;
		result = renderer_event(view->renderer, event, &view->out);
	}
	if (result == -ENOMEM)
		return err_set(err, result, "no memory for a line");
	if (result < 0)
		view->status.rejected++;
	else
		view->status.shown++;
	return view->out.length >= OUT_BYTES ? hand_on(view, err) : 0;
}

/* Shows every whole frame that was read; what is left of the input moves to its front. */
static int show_frames(struct view *view, struct err *err)
{
	const char *why = NULL;
	struct event event;
	size_t at = 0, used;
	int result;

	while ((result = raw_parse(view->in + at, view->in_length - at, view->entry, &used, &event,
				   &why)) > 0) {
		at += used;
		result = show(view, &event, err);
		if (result < 0)
			return result;
	}
	if (result < 0)
		return err_set(err, result, "the agent sends what is no event: %s", why);
	memmove(view->in, view->in + at, view->in_length - at);
	view->in_length -= at;
	return 0;
}

/* 1: something was read, 0: the input has ended, or a negative errno; -ECANCELED: the stop. */
static int read_some(struct view *view, struct err *err)
{
	struct pollfd fds[] = {
		{.fd = view->options.stop_fd, .events = POLLIN},
		{.fd = view->options.in_fd, .events = POLLIN},
	};
	ssize_t n;

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 1 : err_set(err, -errno, "cannot wait for events: %m");
	if (fds[0].revents)
		return -ECANCELED;
	n = read(view->options.in_fd, view->in + view->in_length, READ_BYTES);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n < 0)
		return errno == ECONNRESET ? 0 : err_set(err, -errno, "cannot read events: %m");
	view->in_length += (size_t)n;
	return n > 0;
}

static int show_all(struct view *view, struct err *err)
{
	int result = renderer_header(view->renderer, &view->out);

	if (result < 0)
		return err_set(err, result, "no memory for the header");
	do {
		result = hand_on(view, err);
		if (result == 0)
			result = read_some(view, err);
		if (result > 0) {
			int shown = show_frames(view, err);

			result = shown < 0 ? shown : 1;
		}
	} while (result > 0);
	if (result == 0 && view->in_length > 0)
		return err_set(err, -EBADMSG, "the events end in the middle of one");
	return result;
}

int view_run(struct view *view, struct err *err)
{
	int result = show_all(view, err);

	return result == -ECANCELED ? 0 : result;
}
