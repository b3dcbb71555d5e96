/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns are lists of facts, facts are paths of the field tables: which row holds a fact is looked
 * up once per kind. Must not know any kind or any member of a record. Every byte from outside
 * passes terminal_escape.
 */
#include "render/table.h"

#include "base/terminal.h"
#include "decode/lookup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
/* Bytes of a text that are looked at: more than TABLE_TEXT_COLUMNS characters in any case. */
#define MAX_TEXT_BYTES 1024
/* No byte becomes more than \u{NNNNNN} does per character. */
#define MAX_ESCAPED_BYTES (MAX_TEXT_BYTES * 10 + 1)
#define MAX_LINE_BYTES (64 * 1024)
#define ELLIPSIS "\xe2\x80\xa6"

enum style { STYLE_PLAIN, STYLE_CLOCK, STYLE_DURATION, STYLE_CORE };

enum fact {
	FACT_NONE,
	FACT_EVENT, /* the kind's name: no row */
	FACT_TIME,
	FACT_COMM,
	FACT_PID,
	FACT_PARENT,
	FACT_USER,
	FACT_USER_ID,
	FACT_COMMAND_LINE,
	FACT_EXECUTABLE,
	FACT_FILENAME,
	FACT_EXIT_CODE,
	FACT_SIGNAL,
	FACT_CORE,
	FACT_DURATION,
	FACT_CREATOR,
	FACT_CREATOR_THREAD,
	FACT_LOST,
	FACT_LOST_REASON,
	FACT_LIMITED,
	FACT_RULE,
	FACTS
};

static const struct {
	const char *path;
	enum style style;
} facts[FACTS] = {
	[FACT_TIME] = {"@timestamp", STYLE_CLOCK},
	[FACT_COMM] = {"process.thread.name", STYLE_PLAIN},
	[FACT_PID] = {"process.pid", STYLE_PLAIN},
	[FACT_PARENT] = {"process.parent.pid", STYLE_PLAIN},
	[FACT_USER] = {"user.name", STYLE_PLAIN},
	[FACT_USER_ID] = {"user.id", STYLE_PLAIN},
	[FACT_COMMAND_LINE] = {"process.command_line", STYLE_PLAIN},
	[FACT_EXECUTABLE] = {"process.executable", STYLE_PLAIN},
	[FACT_FILENAME] = {"Linux.exec.filename", STYLE_PLAIN},
	[FACT_EXIT_CODE] = {"process.exit_code", STYLE_PLAIN},
	[FACT_SIGNAL] = {"Linux.exit.signal_name", STYLE_PLAIN},
	[FACT_CORE] = {"Linux.exit.core_dumped", STYLE_CORE},
	[FACT_DURATION] = {"event.duration", STYLE_DURATION},
	[FACT_CREATOR] = {"Linux.creator.pid", STYLE_PLAIN},
	[FACT_CREATOR_THREAD] = {"Linux.creator.thread_id", STYLE_PLAIN},
	[FACT_LOST] = {"Linux.lost.count", STYLE_PLAIN},
	[FACT_LOST_REASON] = {"Linux.lost.reason", STYLE_PLAIN},
	[FACT_LIMITED] = {"Linux.limited.count", STYLE_PLAIN},
	[FACT_RULE] = {"rule.name", STYLE_PLAIN},
};

/* The first of the facts that is there. */
static const struct column {
	const char *title;
	int width; /* less is padded, more moves the rest of the line */
	enum fact facts[2];
} columns[] = {
	{"TIME", 12, {FACT_TIME}},  {"EVENT", 5, {FACT_EVENT}},
	{"COMM", 15, {FACT_COMM}},  {"PID", 7, {FACT_PID}},
	{"PPID", 7, {FACT_PARENT}}, {"USER", 10, {FACT_USER, FACT_USER_ID}},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define LAST_TITLE "FILENAME/EXIT CODE"

#define COLOR_BOLD "\x1b[1m"
#define COLOR_DIM "\x1b[2m"
#define COLOR_BAD "\x1b[31m"
#define COLOR_LOUD "\x1b[1;37;41m"
#define COLOR_OFF "\x1b[0m"

struct part {
	const char *before;
	enum fact fact; /* when it is absent the part is left out */
	const char *after;
};

/* The last column: the first of these whose own fact is there (and not zero). */
static const struct detail {
	enum fact fact;
	bool not_zero;
	const char *color; /* of the line, or NULL */
	struct part parts[3];
} details[] = {
	{FACT_LOST,
	 false,
	 COLOR_LOUD,
	 {{"*** ", FACT_LOST, " events lost ***"}, {" reason: ", FACT_LOST_REASON, ""}}},
	{FACT_LIMITED,
	 false,
	 COLOR_BAD,
	 {{"", FACT_LIMITED, " events held back"}, {" by rule ", FACT_RULE, ""}}},
	{FACT_SIGNAL,
	 false,
	 COLOR_BAD,
	 {{"[", FACT_SIGNAL, "]"}, {" (", FACT_DURATION, ")"}, {" ", FACT_CORE, ""}}},
	{FACT_EXIT_CODE, true, COLOR_BAD, {{"[", FACT_EXIT_CODE, "]"}, {" (", FACT_DURATION, ")"}}},
	{FACT_EXIT_CODE,
	 false,
	 COLOR_DIM,
	 {{"[", FACT_EXIT_CODE, "]"}, {" (", FACT_DURATION, ")"}}},
	{FACT_CREATOR_THREAD, false, COLOR_DIM, {{"-> child of ", FACT_CREATOR, ""}}},
	{FACT_COMMAND_LINE, false, NULL, {{"", FACT_COMMAND_LINE, ""}}},
	{FACT_EXECUTABLE, false, NULL, {{"", FACT_EXECUTABLE, ""}}},
	{FACT_FILENAME, false, NULL, {{"", FACT_FILENAME, ""}}},
};

#define DETAILS (sizeof(details) / sizeof(details[0]))
struct table {
	bool color;
	struct lookup rows[REC_KINDS][FACTS];
	struct buf line;
	char text[MAX_TEXT_BYTES];
	char escaped[MAX_ESCAPED_BYTES];
};

static void find_rows(struct table *table, const struct kind *kind)
{
	for (unsigned int i = 0; i < FACTS; i++)
		if (facts[i].path)
			lookup_init(&table->rows[kind->kind][i], kind, facts[i].path);
}

int table_new(struct table **ret_table, bool color, struct err *err)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return err_set(err, -ENOMEM, "no memory for a table");
	table->color = color;
	buf_init(&table->line, MAX_LINE_BYTES);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i))
			find_rows(table, kind_get(i));
	*ret_table = table;
	return 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	buf_done(&table->line);
	free(table);
}

static bool find_value(const struct table *table, const struct event *event, enum fact fact,
		       struct value *ret_value)
{
	return lookup_value(&table->rows[event->kind->kind][fact], event, ret_value);
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

/* Appends text from outside; returns the columns it takes. */
static size_t add_escaped(struct table *table, const struct value *value)
{
	size_t length = value->length < MAX_TEXT_BYTES ? value->length : MAX_TEXT_BYTES;
	bool whole = !value->cut && length == value->length;
	size_t escaped, shown, count;

	memcpy(table->text, value->text, length);
	if (value_shape(value) == SHAPE_JOINED)
		for (size_t i = 0; i < length; i++)
			if (table->text[i] == '\0')
				table->text[i] = ' ';
	escaped = terminal_escape(table->escaped, sizeof(table->escaped), table->text, length);
	shown = bytes_of_columns(table->escaped, escaped, TABLE_TEXT_COLUMNS, &count);
	if (shown == escaped && whole) {
		(void)buf_add(&table->line, table->escaped, shown);
		return count;
	}
	shown = bytes_of_columns(table->escaped, escaped, TABLE_TEXT_COLUMNS - 1, &count);
	(void)buf_add(&table->line, table->escaped, shown);
	(void)buf_add_text(&table->line, ELLIPSIS);
	return count + 1;
}

static size_t add_text(struct table *table, const char *text)
{
	(void)buf_add_text(&table->line, text);
	return strlen(text);
}

__attribute__((format(printf, 2, 3))) static size_t add_format(struct table *table,
							       const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return add_text(table, text);
}

static size_t add_clock(struct table *table, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;

	(void)localtime_r(&seconds, &tm);
	return add_format(table, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
			  (unsigned int)(wall_ns % NS_PER_S / NS_PER_MS));
}

static size_t add_duration(struct table *table, uint64_t ns)
{
	unsigned long long seconds = ns / NS_PER_S;
	unsigned int tenths = (unsigned int)(ns % NS_PER_S / (NS_PER_S / 10));

	if (ns < NS_PER_S)
		return add_format(table, "%ums", (unsigned int)(ns / NS_PER_MS));
	if (seconds < 60)
		return add_format(table, "%llu.%us", seconds, tenths);
	if (seconds < 3600)
		return add_format(table, "%llum%02llus", seconds / 60, seconds % 60);
	return add_format(table, "%lluh%02llum", seconds / 3600, seconds / 60 % 60);
}

static size_t add_plain(struct table *table, const struct value *value)
{
	char word[VALUE_WORD_SIZE];

	switch (value_shape(value)) {
	case SHAPE_TEXT:
	case SHAPE_JOINED:
		return add_escaped(table, value);
	case SHAPE_BARE:
	case SHAPE_WORD:
		return value_word(value, word) ? add_text(table, word) : 0;
	case SHAPE_LIST:
	case SHAPE_CAPS:
		break;
	}
	return 0;
}

/* Appends a fact; returns the columns it takes, 0 when it is absent. */
static size_t add_fact(struct table *table, const struct event *event, enum fact fact)
{
	struct value value;

	if (fact == FACT_EVENT)
		return add_text(table, event->kind->name);
	if (fact == FACT_NONE || !find_value(table, event, fact, &value))
		return 0;
	switch (facts[fact].style) {
	case STYLE_CLOCK:
		return add_clock(table, value_wall_ns(&value));
	case STYLE_DURATION:
		return add_duration(table, value_number(&value));
	case STYLE_CORE:
		return value_number(&value) ? add_text(table, "core dumped") : 0;
	case STYLE_PLAIN:
		break;
	}
	return add_plain(table, &value);
}

static void pad(struct table *table, size_t used, int width)
{
	int spaces = used < (size_t)width ? width - (int)used : 0;

	(void)buf_printf(&table->line, "%*s", spaces + 1, "");
}

static void add_column(struct table *table, const struct event *event, const struct column *column)
{
	size_t used = add_fact(table, event, column->facts[0]);

	if (used == 0)
		used = add_fact(table, event, column->facts[1]);
	if (used == 0)
		used = add_text(table, "-");
	pad(table, used, column->width);
}

static void add_part(struct table *table, const struct event *event, const struct part *part)
{
	size_t before = table->line.length;

	if (part->fact == FACT_NONE)
		return;
	(void)buf_add_text(&table->line, part->before);
	if (add_fact(table, event, part->fact) > 0)
		(void)buf_add_text(&table->line, part->after);
	else
		table->line.length = before;
}

static const struct detail *find_detail(const struct table *table, const struct event *event)
{
	for (size_t i = 0; i < DETAILS; i++) {
		struct value value;

		if (find_value(table, event, details[i].fact, &value) &&
		    (!details[i].not_zero || value_number(&value)))
			return &details[i];
	}
	return NULL;
}

static void add_color(struct table *table, const char *color)
{
	if (table->color && color)
		(void)buf_add_text(&table->line, color);
}

/* Spaces at the end of a line are of no use; then out gets all of it or nothing. */
static int finish(struct table *table, const char *color, struct buf *out)
{
	struct buf *line = &table->line;

	while (line->length && line->data[line->length - 1] == ' ')
		line->length--;
	if (color)
		add_color(table, COLOR_OFF);
	(void)buf_add_text(line, "\n");
	return buf_add(out, line->data, line->length);
}

int table_header(struct table *table, struct buf *out)
{
	buf_clear(&table->line);
	add_color(table, COLOR_BOLD);
	for (size_t i = 0; i < COLUMNS; i++)
		pad(table, add_text(table, columns[i].title), columns[i].width);
	(void)add_text(table, LAST_TITLE);
	return finish(table, COLOR_BOLD, out);
}

int table_event(struct table *table, const struct event *event, struct buf *out)
{
	const struct detail *detail = find_detail(table, event);
	const char *color = detail ? detail->color : NULL;

	buf_clear(&table->line);
	add_color(table, color);
	for (size_t i = 0; i < COLUMNS; i++)
		add_column(table, event, &columns[i]);
	for (size_t i = 0; detail && i < sizeof(detail->parts) / sizeof(detail->parts[0]); i++)
		add_part(table, event, &detail->parts[i]);
	return finish(table, color, out);
}
