/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lines for a person are made of: facts of an event with words around them. Shared by the
 * table and by plain text. Text from outside is escaped for terminals, and cut with an ellipsis.
 */
#ifndef AUDITSHIP_PHRASE_H
#define AUDITSHIP_PHRASE_H

#include "base/buf.h"
#include "decode/lookup.h"

enum fact {
	FACT_NONE,
	FACT_EVENT, /* the kind's name: no row */
	FACT_TIME,  /* local, of the day, to the millisecond */
	FACT_DATE,  /* local, with the day, to the microsecond */
	FACT_COMM,
	FACT_PID,
	FACT_PARENT,
	FACT_USER,
	FACT_USER_ID,
	FACT_COMMAND_LINE,
	FACT_ARGUMENTS, /* without the first, each after a space */
	FACT_EXECUTABLE,
	FACT_FILENAME,
	FACT_FILE,
	FACT_EXEC_THREAD,
	FACT_EXIT_CODE,
	FACT_SIGNAL,
	FACT_CORE,
	FACT_DURATION,
	FACT_CREATOR,
	FACT_CREATOR_THREAD,
	FACT_LOST,
	FACT_LOST_REASON,
	FACT_MESSAGE,
	FACT_LIMITED,
	FACT_RULE,
	FACT_VERB, /* what the process did: no row */
	FACT_OPEN, /* there for every file open */
	FACT_ERROR,
	FACT_THREAD,
	FACT_THREAD_CREATOR,
	FACT_THREAD_STATUS,
	FACTS
};

/* Left out when its fact is absent; with FACT_NONE it is the words of before alone. */
struct phrase_part {
	const char *before; /* NULL ends a list of parts */
	enum fact fact;
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
	struct lookup lookups[REC_KINDS][FACTS];
	struct buf line;
	char *text, *escaped;
};

/* 0 or -ENOMEM; to be done in both cases. */
int phrase_init(struct phrase *phrase, size_t text_columns, bool color);
void phrase_done(struct phrase *phrase);

bool phrase_fact_applies(const struct phrase *phrase, const struct kind *kind, enum fact fact);
bool phrase_value(const struct phrase *phrase, const struct event *event, enum fact fact,
		  struct value *ret_value);

/* Starts a line in that colour (NULL: none). */
void phrase_begin(struct phrase *phrase, const char *color);
/* These append to the line and return the columns it took; a fact that is absent takes none. */
size_t phrase_add_text(struct phrase *phrase, const char *text);
size_t phrase_add_fact(struct phrase *phrase, const struct event *event, enum fact fact);
void phrase_add_part(struct phrase *phrase, const struct event *event,
		     const struct phrase_part *part);
/* Appends the whole line with its line feed to out, or nothing of it: 0, -EMSGSIZE or -ENOMEM. */
int phrase_end(struct phrase *phrase, const char *color, struct buf *out);

#endif
