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
	enum phrase_fact fact; /* events of a kind that can have this one are told so */
	bool present;          /* only when the event has it */
	const char *color;     /* of the line, or NULL */
	struct phrase_part parts[PARTS];
};

/* A thread's name and its process; unknown numbers are left out. */
#define SUBJECT                                                     \
	{" Process ", PHRASE_COMM, ""}, {" (PID:", PHRASE_PID, ""}, \
		{", PPID:", PHRASE_PARENT, ""},                     \
	{                                                           \
		")", PHRASE_NONE, NULL                              \
	}

/* clang-format off */
static const struct sentence sentences[] = {
	{PHRASE_LOST, false, PHRASE_COLOR_LOUD,
	 {{" *** ", PHRASE_LOST, " events lost"}, {", reason: ", PHRASE_LOST_REASON, ""},
	  {" ***", PHRASE_NONE, NULL}}},
	{PHRASE_SIGNAL, true, PHRASE_COLOR_BAD,
	 {SUBJECT, {" exited SIGNAL=", PHRASE_SIGNAL, ""}, {" (", PHRASE_DURATION, ")"},
	  {" ", PHRASE_CORE, ""}}},
	{PHRASE_EXIT_CODE, false, NULL,
	 {SUBJECT, {" exited EXIT_CODE=", PHRASE_EXIT_CODE, ""}, {" (", PHRASE_DURATION, ")"}}},
	/* The creator's: the new process has its name. Who the creator's parent is, is not told. */
	{PHRASE_CREATOR_THREAD, false, PHRASE_COLOR_DIM,
	 {{" Process ", PHRASE_COMM, ""}, {" (PID:", PHRASE_CREATOR, ")"}, {" forked ", PHRASE_PID, ""}}},
	{PHRASE_THREAD_STATUS, false, PHRASE_COLOR_DIM,
	 {SUBJECT, {" ", PHRASE_VERB, ""}, {" ", PHRASE_THREAD, ""}, {" STATUS=", PHRASE_THREAD_STATUS, ""}}},
	{PHRASE_THREAD_CREATOR, false, PHRASE_COLOR_DIM,
	 {SUBJECT, {" ", PHRASE_VERB, ""}, {" ", PHRASE_THREAD, ""}}},
	{PHRASE_ERROR, true, PHRASE_COLOR_BAD,
	 {SUBJECT, {" ", PHRASE_VERB, ""}, {" ", PHRASE_FILE, ""}, {": ", PHRASE_ERROR, ""}}},
	{PHRASE_OPEN, false, NULL, {SUBJECT, {" ", PHRASE_VERB, ""}, {" ", PHRASE_FILE, ""}}},
	{PHRASE_EXEC_THREAD, false, NULL,
	 {SUBJECT, {" exec", PHRASE_NONE, NULL}, {" ", PHRASE_EXECUTABLE, ""}, {"", PHRASE_ARGUMENTS, ""}}},
};
static const struct sentence any_process = {
	PHRASE_NONE, false, NULL, {SUBJECT, {" ", PHRASE_VERB, ""}, {" ", PHRASE_FILE, ""}}};
static const struct sentence any_other = {
	PHRASE_NONE, false, NULL, {{" ", PHRASE_EVENT, ""}, {" ", PHRASE_FILE, ""}, {": ", PHRASE_MESSAGE, ""}}};
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
	phrase_add_part(&text->phrase, event, &(struct phrase_part){"[", PHRASE_DATE, "]"});
	for (unsigned int i = 0; i < PARTS && sentence->parts[i].before; i++)
		phrase_add_part(&text->phrase, event, &sentence->parts[i]);
	return phrase_end(&text->phrase, sentence->color, out);
}
