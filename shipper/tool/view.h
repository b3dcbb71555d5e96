/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The face of `watch`: raw frames of events from a descriptor (an agent's socket, or our own
 * pipeline), those that were asked for as lines to another. What comes in is hostile.
 */
#ifndef AUDITSHIP_VIEW_H
#define AUDITSHIP_VIEW_H

#include "base/err.h"
#include "filter/condition.h"
#include "render/render.h"

#include <stdint.h>

struct view;

struct view_options {
	int in_fd;      /* borrowed */
	int stop_fd;    /* borrowed; readable: end now */
	int out_fd;     /* borrowed */
	uint32_t kinds; /* bits 1 << enum rec_kind; those without a process are always shown */
	const struct condition *when; /* NULL: all. Borrowed. Asked of events with a process only */
	struct render_options render;
};

/* identity is not needed afterwards. */
int view_new(struct view **ret_view, const struct view_options *options,
	     const struct render_identity *identity, struct err *err);
void view_free(struct view *view);

/*
 * Shows events until the input ends or stop_fd is readable: 0. -EPIPE: nobody reads the lines any
 * more; -EBADMSG: the input is not what it should be; other negative errno: it cannot be read, or
 * the lines cannot be written. What was shown by then is out as whole lines.
 */
int view_run(struct view *view, struct err *err);

/* Of the thread that runs the view, or after it. */
struct view_status {
	uint64_t shown;
	uint64_t left_out; /* not asked for */
	uint64_t missed;   /* numbers that jumped: the view came too late */
	uint64_t lost;     /* told by the events themselves: the agent never had them */
	uint64_t rejected; /* no line could be made of them */
};
void view_status(const struct view *view, struct view_status *ret_status);

#endif
