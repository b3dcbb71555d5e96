/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts are paths of the field tables and how a person reads them. Must not know any kind, any
 * member of a record, or what a line is made of. Every byte from outside passes terminal_escape.
 */
#include "render/phrase.h"

#include "base/clock.h"
#include "base/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LINE_BYTES (256 * 1024)
#define MAX_CHARACTER_BYTES 4
/* No byte becomes more than \u{NNNNNN} does per character. */
#define MAX_ESCAPED_PER_BYTE 10
#define ELLIPSIS "\xe2\x80\xa6"
#define COLOR_OFF "\x1b[0m"

enum style {
	STYLE_PLAIN,
	STYLE_CLOCK,
	STYLE_DATE,
	STYLE_DURATION,
	STYLE_CORE,
	STYLE_ARGUMENTS,
};

static const struct {
	const char *path;
	enum style style;
} facts[PHRASE_FACTS] = {
	[PHRASE_TIME] = {"@timestamp", STYLE_CLOCK},
	[PHRASE_DATE] = {"@timestamp", STYLE_DATE},
	[PHRASE_COMM] = {"process.thread.name", STYLE_PLAIN},
	[PHRASE_PID] = {"process.pid", STYLE_PLAIN},
	[PHRASE_PARENT] = {"process.parent.pid", STYLE_PLAIN},
	[PHRASE_USER] = {"user.name", STYLE_PLAIN},
	[PHRASE_USER_ID] = {"user.id", STYLE_PLAIN},
	[PHRASE_COMMAND_LINE] = {"process.command_line", STYLE_PLAIN},
	[PHRASE_ARGUMENTS] = {"process.args", STYLE_ARGUMENTS},
	[PHRASE_EXECUTABLE] = {"process.executable", STYLE_PLAIN},
	[PHRASE_FILENAME] = {"Linux.exec.filename", STYLE_PLAIN},
	[PHRASE_FILE] = {"file.path", STYLE_PLAIN},
	[PHRASE_EXEC_THREAD] = {"Linux.exec.thread_id", STYLE_PLAIN},
	[PHRASE_EXIT_CODE] = {"process.exit_code", STYLE_PLAIN},
	[PHRASE_SIGNAL] = {"Linux.exit.signal_name", STYLE_PLAIN},
	[PHRASE_CORE] = {"Linux.exit.core_dumped", STYLE_CORE},
	[PHRASE_DURATION] = {"event.duration", STYLE_DURATION},
	[PHRASE_CREATOR] = {"Linux.creator.pid", STYLE_PLAIN},
	[PHRASE_CREATOR_THREAD] = {"Linux.creator.thread_id", STYLE_PLAIN},
	[PHRASE_LOST] = {"Linux.lost.count", STYLE_PLAIN},
	[PHRASE_LOST_REASON] = {"Linux.lost.reason", STYLE_PLAIN},
	[PHRASE_MESSAGE] = {"message", STYLE_PLAIN},
	[PHRASE_LIMITED] = {"Linux.limited.count", STYLE_PLAIN},
	[PHRASE_OPEN] = {"Linux.open.flags_raw", STYLE_PLAIN},
	[PHRASE_ERROR] = {"error.code", STYLE_PLAIN},
	[PHRASE_THREAD] = {"process.thread.id", STYLE_PLAIN},
	[PHRASE_THREAD_CREATOR] = {"Linux.thread.creator_id", STYLE_PLAIN},
	[PHRASE_THREAD_STATUS] = {"Linux.exit.status", STYLE_PLAIN},
	[PHRASE_RULE] = {"rule.name", STYLE_PLAIN},
};

static void find_facts(struct phrase *phrase, const struct kind *kind)
{
	for (unsigned int i = 0; i < PHRASE_FACTS; i++)
		if (facts[i].path)
			lookup_init(&phrase->lookups[kind->kind][i], kind, facts[i].path);
}

int phrase_init(struct phrase *phrase, size_t text_columns, bool color)
{
	*phrase = (struct phrase){
		.color = color,
		.text_columns = text_columns,
		.text_bytes = (text_columns + 1) * MAX_CHARACTER_BYTES,
	};
	buf_init(&phrase->line, MAX_LINE_BYTES);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i))
			find_facts(phrase, kind_get(i));
	phrase->text = malloc(phrase->text_bytes);
	phrase->escaped = malloc(phrase->text_bytes * MAX_ESCAPED_PER_BYTE + 1);
	return phrase->text && phrase->escaped ? 0 : -ENOMEM;
}

void phrase_done(struct phrase *phrase)
{
	free(phrase->text);
	free(phrase->escaped);
	buf_done(&phrase->line);
}

bool phrase_fact_applies(const struct phrase *phrase, const struct kind *kind,
			 enum phrase_fact fact)
{
	return phrase->lookups[kind->kind][fact].count > 0;
}

bool phrase_value(const struct phrase *phrase, const struct event *event, enum phrase_fact fact,
		  struct value *ret_value)
{
	return lookup_value(&phrase->lookups[event->kind->kind][fact], event, ret_value);
}

/* The bytes of the first columns characters; all of them when there are no more. */
static size_t bytes_of_columns(const char *text, size_t length, size_t most, size_t *ret_columns)
{
	size_t seen = 0, at = 0;

	for (; at < length; at++) {
		if (((unsigned char)text[at] & 0xc0) == 0x80)
			continue;
		if (seen == most)
			break;
		seen++;
	}
	*ret_columns = seen;
	return at;
}

/* Appends text from outside, NULs between parts as spaces; returns the columns it takes. */
static size_t add_escaped(struct phrase *phrase, const struct value *value, bool parts)
{
	size_t length = value->length < phrase->text_bytes ? value->length : phrase->text_bytes;
	bool whole = !value->cut && length == value->length;
	size_t escaped, shown, count;

	memcpy(phrase->text, value->text, length);
	for (size_t i = 0; parts && i < length; i++)
		if (phrase->text[i] == '\0')
			phrase->text[i] = ' ';
	escaped = terminal_escape(phrase->escaped, phrase->text_bytes * MAX_ESCAPED_PER_BYTE + 1,
				  phrase->text, length);
	shown = bytes_of_columns(phrase->escaped, escaped, phrase->text_columns, &count);
	if (shown == escaped && whole) {
		(void)buf_add(&phrase->line, phrase->escaped, shown);
		return count;
	}
	shown = bytes_of_columns(phrase->escaped, escaped, phrase->text_columns - 1, &count);
	(void)buf_add(&phrase->line, phrase->escaped, shown);
	(void)buf_add_text(&phrase->line, ELLIPSIS);
	return count + 1;
}

size_t phrase_add_text(struct phrase *phrase, const char *text)
{
	(void)buf_add_text(&phrase->line, text);
	return strlen(text);
}

__attribute__((format(printf, 2, 3))) static size_t add_format(struct phrase *phrase,
							       const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return phrase_add_text(phrase, text);
}

static struct tm local_time(uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm = {0};

	(void)localtime_r(&seconds, &tm);
	return tm;
}

static size_t add_clock(struct phrase *phrase, uint64_t wall_ns)
{
	struct tm tm = local_time(wall_ns);

	return add_format(phrase, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
			  (unsigned int)(wall_ns % NS_PER_S / NS_PER_MS));
}

static size_t add_date(struct phrase *phrase, uint64_t wall_ns)
{
	struct tm tm = local_time(wall_ns);

	return add_format(phrase, "%04d-%02d-%02d %02d:%02d:%02d.%06u", tm.tm_year + 1900,
			  tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			  (unsigned int)(wall_ns % NS_PER_S / NS_PER_US));
}

static size_t add_duration(struct phrase *phrase, uint64_t ns)
{
	unsigned long long seconds = ns / NS_PER_S;
	unsigned int tenths = (unsigned int)(ns % NS_PER_S / (NS_PER_S / 10));

	if (ns < NS_PER_S)
		return add_format(phrase, "%ums", (unsigned int)(ns / NS_PER_MS));
	if (seconds < 60)
		return add_format(phrase, "%llu.%us", seconds, tenths);
	if (seconds < 3600)
		return add_format(phrase, "%llum%02llus", seconds / 60, seconds % 60);
	return add_format(phrase, "%lluh%02llum", seconds / 3600, seconds / 60 % 60);
}

static size_t add_arguments(struct phrase *phrase, struct value *value)
{
	size_t first = strnlen(value->text, value->length);

	if (first == value->length)
		return 0;
	value->text += first;
	value->length -= (uint32_t)first;
	if (value->text[value->length - 1] == '\0')
		value->length--;
	return value->length ? add_escaped(phrase, value, true) : 0;
}

static size_t add_plain(struct phrase *phrase, const struct value *value)
{
	char word[VALUE_WORD_SIZE];

	switch (value_shape(value)) {
	case SHAPE_TEXT:
		return add_escaped(phrase, value, false);
	case SHAPE_JOINED:
		return add_escaped(phrase, value, true);
	case SHAPE_BARE:
	case SHAPE_WORD:
		return value_word(value, word) ? phrase_add_text(phrase, word) : 0;
	case SHAPE_LIST:
	case SHAPE_NAMES:
	case SHAPE_MAP:
		break;
	}
	return 0;
}

size_t phrase_add_fact(struct phrase *phrase, const struct event *event, enum phrase_fact fact)
{
	struct value value;

	if (fact == PHRASE_EVENT)
		return phrase_add_text(phrase, event->kind->name);
	if (fact == PHRASE_VERB)
		return phrase_add_text(phrase,
				       event->kind->verb ? event->kind->verb : event->kind->name);
	if (fact == PHRASE_NONE || !phrase_value(phrase, event, fact, &value))
		return 0;
	switch (facts[fact].style) {
	case STYLE_CLOCK:
		return add_clock(phrase, value_wall_ns(&value));
	case STYLE_DATE:
		return add_date(phrase, value_wall_ns(&value));
	case STYLE_DURATION:
		return add_duration(phrase, value_number(&value));
	case STYLE_CORE:
		return value_number(&value) ? phrase_add_text(phrase, "core dumped") : 0;
	case STYLE_ARGUMENTS:
		return add_arguments(phrase, &value);
	case STYLE_PLAIN:
		break;
	}
	return add_plain(phrase, &value);
}

void phrase_add_part(struct phrase *phrase, const struct event *event,
		     const struct phrase_part *part)
{
	size_t before = phrase->line.length;

	(void)buf_add_text(&phrase->line, part->before);
	if (part->fact == PHRASE_NONE)
		return;
	if (phrase_add_fact(phrase, event, part->fact) > 0)
		(void)buf_add_text(&phrase->line, part->after);
	else
		phrase->line.length = before;
}

void phrase_begin(struct phrase *phrase, const char *color)
{
	buf_clear(&phrase->line);
	if (phrase->color && color)
		(void)buf_add_text(&phrase->line, color);
}

/* Spaces at the end of a line are of no use. */
int phrase_end(struct phrase *phrase, const char *color, struct buf *out)
{
	struct buf *line = &phrase->line;

	while (line->length && line->data[line->length - 1] == ' ')
		line->length--;
	if (phrase->color && color)
		(void)buf_add_text(line, COLOR_OFF);
	(void)buf_add_text(line, "\n");
	return buf_add(out, line->data, line->length);
}
