/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A place that rendered events go to. A sink moves bytes and says what has arrived; it never
 * decides to try again, sleeps, encodes or drops: that is the deliver thread's (deliver.h), which
 * alone calls it. One that takes batches at once (a file), one that has many of them under way (a
 * broker) and one that sends message by message (syslog) all fit:
 *
 *     open -> submit, submit, ... <- poll: so many messages have arrived -> flush -> close
 *       ^----------- after an error: all that has not arrived comes again ----'
 *
 * Arrived means arrived: the journal's cursor moves by it, and what is behind every cursor is
 * deleted. When in doubt, say less: an event that comes twice is recognised by its event.id, one
 * that never comes by nothing.
 *
 * What a call returns, in err the reason and the remedy in words for a person:
 *
 *     0        all is well
 *     -EAGAIN  submit: no room just now, batch->taken says how much of it is taken. poll: nothing
 *              gets through, and the sink itself goes on trying (a library does that for it). The
 *              engine goes on polling and tells the status and the log.
 *     -EPIPE   gone for good: nobody will ever read again. The engine ends this delivery.
 *     other    broken: the engine waits (0.5 s to 60 s, with jitter, without end) and calls open.
 *
 * A message that the place refuses for good, whatever is tried (poison), is no error of a call:
 * poll reports it (struct sink_progress).
 *
 * No call may take much longer than a second; one that hangs costs its own thread only.
 */
#ifndef AUDITSHIP_SINK_H
#define AUDITSHIP_SINK_H

#include "base/err.h"
#include "decode/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An event's place in the world: what event.id says. */
struct sink_position {
	uint8_t stream[16];
	uint64_t sequence; /* 0: none */
};

/* One line of a batch: an event, or one document of several. */
struct sink_message {
	const char *data;         /* inside the batch's */
	size_t size;              /* without the line feed, which stands behind it */
	uint32_t events;          /* in it */
	uint64_t first, sequence; /* of the first and of the last of them, in the batch's stream */
	/* Of the first of them. */
	const struct kind *kind;
	uint64_t time_ns; /* when it happened, CLOCK_REALTIME */
	const char *key;  /* what sink->key asks for; NULL: none, or the event has no such thing */
	size_t key_size;
	/* Left 0 for the sink's describe. */
	uint8_t facility, severity;
};

/*
 * Whole lines of one stream, in order. Everything in it stays where it is and as it is until the
 * last of its messages has arrived, or open or close has returned: what is under way can point into
 * it. But for a sink that copies, where the text goes when all of it is taken.
 */
struct sink_batch {
	const char *data; /* all lines, back to back */
	size_t size;
	const struct sink_message *messages;
	/* 0: the lines are no events but what stands above them. They have arrived with submit; a
	 * sink that begins new files puts them at the top of each. */
	uint32_t count;
	/* How many of the messages submit has taken: the sink moves it forward. After an open the
	 * batch begins at the first message that has not arrived, and this is 0 again. */
	uint32_t taken;
	uint8_t stream[16];
};

/* How far a sink has come. */
struct sink_progress {
	/* Messages since open, counted in the order in which they were taken, up to the first of
	 * which nothing is known yet: each has arrived or was refused. */
	uint64_t settled;
	/* 0, or the reason why the last one of those was refused for good, with err telling it in
	 * words: poll is called again at once for what follows. -EMSGSIZE, with max_message set to
	 * less than it has: it comes once more, shrunk. Any other: it goes to the dead letters. */
	int refused;
};

/* How a sink is, beyond what the engine sees; for the status. */
struct sink_state {
	struct err warning;  /* what somebody should look after while events go on arriving; "" */
	bool keeps_files;    /* the rest is known */
	uint64_t free_bytes; /* on their file system, as of the last event */
	uint64_t files, files_bytes; /* rotated ones that are there */
	/* Since the sink was made. */
	uint64_t packed, packed_bytes_before, packed_bytes_after;
	uint64_t deleted, deleted_bytes;
	uint64_t deleted_early; /* of these: for want of free space */
};

struct sink;
struct render_identity;

struct sink_ops {
	/*
	 * Makes the sink ready, again after an error; forgets all that was under way. *ret_resume
	 * is the last event that is surely there already (sequence 0: not known), so that nothing
	 * is written twice. Of a new sink, -EINVAL, -EBUSY, -EACCES, -EPERM, -ENOTDIR, -EISDIR,
	 * -ELOOP and -ENAMETOOLONG say that a person has to mend something first: the agent does
	 * not start, or refuses the reload. Whatever else is wrong is tried until it works.
	 */
	int (*open)(struct sink *sink, struct sink_position *ret_resume, struct err *err);
	/*
	 * Takes messages of the batch, from batch->taken on, in order. On any return they are taken
	 * up to batch->taken: those are the sink's, the rest left no trace. 0: all are.
	 * -EAGAIN: the very same batch comes again when poll_ms or fd says so; with neither, at
	 * once.
	 */
	int (*submit)(struct sink *sink, struct sink_batch *batch, struct err *err);
	/* Tells how far it has come, without waiting. Also called with nothing under way. */
	int (*poll)(struct sink *sink, struct sink_progress *ret_progress, struct err *err);
	/*
	 * The end: nothing more is submitted before the next open. Pushes out what is under way,
	 * takes leave of the other side, makes it last on disk; waits at most within_ms. poll is
	 * asked once more.
	 */
	int (*flush)(struct sink *sink, unsigned int within_ms, struct err *err);
	void (*close)(struct sink *sink); /* frees the sink, also a half-built one */
	/*
	 * May be NULL. Fills in what only the sink can know of an event (facility, severity)
	 * while it is rendered; once for each message, with the first event in it.
	 */
	void (*describe)(struct sink *sink, const struct event *event,
			 struct sink_message *message);
	/* May be NULL. What it adds to the messages to come says this of host and agent from now
	 * on. Not needed when it returns. */
	void (*identity)(struct sink *sink, const struct render_identity *identity);
	/*
	 * May be NULL. Asks a sink that writes files to begin a new one, or to follow the one that
	 * somebody has moved. By any thread, at any time; fd then says when to call poll.
	 */
	void (*rotate)(struct sink *sink);
	/* May be NULL. By any thread, at any time. */
	void (*tell)(struct sink *sink, struct sink_state *ret_state);
};

/* What the key of a message is made of: events with the same key stay in order. */
enum sink_key {
	SINK_KEY_NONE,
	SINK_KEY_HOST,      /* host.id, or host.name */
	SINK_KEY_CONTAINER, /* container.id, or as host */
	SINK_KEY_PROCESS,   /* process.entity_id, or as host */
	SINK_KEY_USER,      /* user.name, or user.id, or as host */
};

/* First member of every sink. */
struct sink {
	const struct sink_ops *ops;

	/* Set when it is made, constant. */
	enum sink_key key;
	uint32_t overhead; /* bytes that a message under way costs the sink beside its own */
	/* Of what submit has taken it never looks at the text again, and refuses nothing: the next
	 * batch is made in the same memory. After an error it is rendered anew. */
	bool copies;

	/* Set when it is made or by open. The engine shrinks by schema what is longer, before
	 * submit. */
	size_t max_message; /* bytes without the line feed; 0: any */

	/* Set by any call, looked at after it. */
	int fd;       /* poll(2) it to learn when to call again, also when idle; -1: none */
	short events; /* POLLIN, POLLOUT; errors and hang-ups always count */
	/* While anything is under way or -EAGAIN stands: call poll after that at the latest. 0: fd
	 * alone tells. */
	unsigned int poll_ms;

	uint64_t cut_bytes; /* by the last open: the end of a line that was never finished */
};

/* One thing that a try of a sink found out, in words for a person; not ok: events get stuck. */
typedef void sink_told(void *data, bool ok, const char *text);

/* Standard output (or any descriptor, borrowed): -EPIPE from submit once the reader has gone. */
int stdout_sink_new(struct sink **ret_sink, int fd, struct err *err);

#endif
