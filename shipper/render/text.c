/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the sentences. Which one tells an event is decided by the facts its kind has; a kind that no
 * sentence is made for is told by its name. Must not know any kind or any member of a record.
 */
#include "render/text.h"

#include "render/phrase.h"

#include <errno.h>
#include <stdlib.h>

#define PARTS 8

struct sentence {
	enum fact fact;    /* events of a kind that can have this one are told so */
	bool present;      /* only when the event has it */
	const char *color; /* of the line, or NULL */
	struct phrase_part parts[PARTS];
};

/* A thread's name and its process; unknown numbers are left out. */
#define SUBJECT                                                                               \
	{" Process ", FACT_COMM, ""}, {" (PID:", FACT_PID, ""}, {", PPID:", FACT_PARENT, ""}, \
	{                                                                                     \
		")", FACT_NONE, NULL                                                          \
	}

/* clang-format off */
static const struct sentence sentences[] = {
	{FACT_LOST, false, PHRASE_COLOR_LOUD,
	 {{" *** ", FACT_LOST, " events lost"}, {", reason: ", FACT_LOST_REASON, ""},
	  {" ***", FACT_NONE, NULL}}},
	{FACT_SIGNAL, true, PHRASE_COLOR_BAD,
	 {SUBJECT, {" exited SIGNAL=", FACT_SIGNAL, ""}, {" (", FACT_DURATION, ")"},
	  {" ", FACT_CORE, ""}}},
	{FACT_EXIT_CODE, false, NULL,
	 {SUBJECT, {" exited EXIT_CODE=", FACT_EXIT_CODE, ""}, {" (", FACT_DURATION, ")"}}},
	/* The creator's: the new process has its name. Who the creator's parent is, is not told. */
	{FACT_CREATOR_THREAD, false, PHRASE_COLOR_DIM,
	 {{" Process ", FACT_COMM, ""}, {" (PID:", FACT_CREATOR, ")"}, {" forked ", FACT_PID, ""}}},
	{FACT_THREAD_STATUS, false, PHRASE_COLOR_DIM,
	 {SUBJECT, {" ", FACT_VERB, ""}, {" ", FACT_THREAD, ""}, {" STATUS=", FACT_THREAD_STATUS, ""}}},
	{FACT_THREAD_CREATOR, false, PHRASE_COLOR_DIM,
	 {SUBJECT, {" ", FACT_VERB, ""}, {" ", FACT_THREAD, ""}}},
	{FACT_ERROR, true, PHRASE_COLOR_BAD,
	 {SUBJECT, {" ", FACT_VERB, ""}, {" ", FACT_FILE, ""}, {": ", FACT_ERROR, ""}}},
	{FACT_OPEN, false, NULL, {SUBJECT, {" ", FACT_VERB, ""}, {" ", FACT_FILE, ""}}},
	{FACT_EXEC_THREAD, false, NULL,
	 {SUBJECT, {" exec", FACT_NONE, NULL}, {" ", FACT_EXECUTABLE, ""}, {"", FACT_ARGUMENTS, ""}}},
};
static const struct sentence any_process = {
	FACT_NONE, false, NULL, {SUBJECT, {" ", FACT_VERB, ""}, {" ", FACT_FILE, ""}}};
static const struct sentence any_other = {
	FACT_NONE, false, NULL, {{" ", FACT_EVENT, ""}, {" ", FACT_FILE, ""}, {": ", FACT_MESSAGE, ""}}};
/* clang-format on */

struct text {
	struct phrase phrase;
};

int text_new(struct text **ret_text, bool color, struct err *err)
{
	struct text *text = calloc(1, sizeof(*text));

	if (!text || phrase_init(&text->phrase, TEXT_COLUMNS, color) < 0) {
		text_free(text);
		return err_set(err, -ENOMEM, "no memory for lines of text");
	}
	*ret_text = text;
	return 0;
}

void text_free(struct text *text)
{
	if (!text)
		return;
	phrase_done(&text->phrase);
	free(text);
}

static const struct sentence *find_sentence(const struct text *text, const struct event *event)
{
	struct value value;

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		const struct sentence *at = &sentences[i];

		if (phrase_fact_applies(&text->phrase, event->kind, at->fact) &&
		    (!at->present || phrase_value(&text->phrase, event, at->fact, &value)))
			return at;
	}
	return event->kind->has_task ? &any_process : &any_other;
}

int text_event(struct text *text, const struct event *event, struct buf *out)
{
	const struct sentence *sentence = find_sentence(text, event);

	phrase_begin(&text->phrase, sentence->color);
	phrase_add_part(&text->phrase, event, &(struct phrase_part){"[", FACT_DATE, "]"});
	for (unsigned int i = 0; i < PARTS && sentence->parts[i].before; i++)
		phrase_add_part(&text->phrase, event, &sentence->parts[i]);
	return phrase_end(&text->phrase, sentence->color, out);
}
