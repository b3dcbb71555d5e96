/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lines for a person are made of: facts of an event with words around them. Shared by the
 * table and by plain text. Text from outside is escaped for terminals, and cut with an ellipsis.
 */
#ifndef AUDITSHIP_PHRASE_H
#define AUDITSHIP_PHRASE_H

#include "base/buf.h"
#include "decode/lookup.h"

enum phrase_fact {
	PHRASE_NONE,
	PHRASE_EVENT, /* the kind's name: no row */
	PHRASE_TIME,  /* local, of the day, to the millisecond */
	PHRASE_DATE,  /* local, with the day, to the microsecond */
	PHRASE_COMM,
	PHRASE_PID,
	PHRASE_PARENT,
	PHRASE_USER,
	PHRASE_USER_ID,
	PHRASE_COMMAND_LINE,
	PHRASE_ARGUMENTS, /* without the first, each after a space */
	PHRASE_EXECUTABLE,
	PHRASE_FILENAME,
	PHRASE_FILE,
	PHRASE_EXEC_THREAD,
	PHRASE_EXIT_CODE,
	PHRASE_SIGNAL,
	PHRASE_CORE,
	PHRASE_DURATION,
	PHRASE_CREATOR,
	PHRASE_CREATOR_THREAD,
	PHRASE_LOST,
	PHRASE_LOST_REASON,
	PHRASE_MESSAGE,
	PHRASE_LIMITED,
	PHRASE_RULE,
	PHRASE_VERB, /* what the process did: no row */
	PHRASE_OPEN, /* there for every file open */
	PHRASE_ERROR,
	PHRASE_THREAD,
	PHRASE_THREAD_CREATOR,
	PHRASE_THREAD_STATUS,
	PHRASE_FACTS
};

/* Left out when its fact is absent; with PHRASE_NONE it is the words of before alone. */
struct phrase_part {
	const char *before; /* NULL ends a list of parts */
	enum phrase_fact fact;
	const char *after;
};

#define PHRASE_COLOR_BOLD "\x1b[1m"
#define PHRASE_COLOR_DIM "\x1b[2m"
#define PHRASE_COLOR_BAD "\x1b[31m"
#define PHRASE_COLOR_LOUD "\x1b[1;37;41m"

/* Writes one line at a time. */
struct phrase {
	bool color;
	size_t text_columns; /* a longer text is cut */
	size_t text_bytes;
	struct lookup lookups[REC_KINDS][PHRASE_FACTS];
	struct buf line;
	char *text, *escaped;
};

/* 0 or -ENOMEM; to be done in both cases. */
int phrase_init(struct phrase *phrase, size_t text_columns, bool color);
void phrase_done(struct phrase *phrase);

bool phrase_fact_applies(const struct phrase *phrase, const struct kind *kind,
			 enum phrase_fact fact);
bool phrase_value(const struct phrase *phrase, const struct event *event, enum phrase_fact fact,
		  struct value *ret_value);

/* Starts a line in that colour (NULL: none). */
void phrase_begin(struct phrase *phrase, const char *color);
/* These append to the line and return the columns it took; a fact that is absent takes none. */
size_t phrase_add_text(struct phrase *phrase, const char *text);
size_t phrase_add_fact(struct phrase *phrase, const struct event *event, enum phrase_fact fact);
void phrase_add_part(struct phrase *phrase, const struct event *event,
		     const struct phrase_part *part);
/* Appends the whole line with its line feed to out, or nothing of it: 0, -EMSGSIZE or -ENOMEM. */
int phrase_end(struct phrase *phrase, const char *color, struct buf *out);

#endif
