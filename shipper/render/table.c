/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the columns. Must not know any kind or any member of a record: phrase.h has the facts. */
#include "render/table.h"

#include "render/phrase.h"

#include <errno.h>
#include <stdlib.h>

/* The first of the facts that is there. */
static const struct column {
	const char *title;
	int width; /* less is padded, more moves the rest of the line */
	enum phrase_fact facts[2];
} columns[] = {
	{"TIME", 12, {PHRASE_TIME}},  {"EVENT", 11, {PHRASE_EVENT}},
	{"COMM", 15, {PHRASE_COMM}},  {"PID", 7, {PHRASE_PID}},
	{"PPID", 7, {PHRASE_PARENT}}, {"USER", 10, {PHRASE_USER, PHRASE_USER_ID}},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define LAST_TITLE "FILENAME/EXIT CODE"

/* The last column: the first of these whose own fact is there (and not zero). */
static const struct detail {
	enum phrase_fact fact;
	bool not_zero;
	const char *color; /* of the line, or NULL */
	struct phrase_part parts[4];
} details[] = {
	{PHRASE_LOST,
	 false,
	 PHRASE_COLOR_LOUD,
	 {{"*** ", PHRASE_LOST, " events lost ***"}, {" reason: ", PHRASE_LOST_REASON, ""}}},
	{PHRASE_LIMITED,
	 false,
	 PHRASE_COLOR_BAD,
	 {{"", PHRASE_LIMITED, " events held back"}, {" by rule ", PHRASE_RULE, ""}}},
	{PHRASE_SIGNAL,
	 false,
	 PHRASE_COLOR_BAD,
	 {{"[", PHRASE_SIGNAL, "]"}, {" (", PHRASE_DURATION, ")"}, {" ", PHRASE_CORE, ""}}},
	{PHRASE_EXIT_CODE,
	 true,
	 PHRASE_COLOR_BAD,
	 {{"[", PHRASE_EXIT_CODE, "]"}, {" (", PHRASE_DURATION, ")"}}},
	{PHRASE_EXIT_CODE,
	 false,
	 PHRASE_COLOR_DIM,
	 {{"[", PHRASE_EXIT_CODE, "]"}, {" (", PHRASE_DURATION, ")"}}},
	{PHRASE_ERROR, false, PHRASE_COLOR_BAD, {{"[", PHRASE_ERROR, "]"}, {" ", PHRASE_FILE, ""}}},
	{PHRASE_OPEN, false, NULL, {{"", PHRASE_FILE, ""}}},
	{PHRASE_THREAD_STATUS,
	 false,
	 PHRASE_COLOR_DIM,
	 {{"[", PHRASE_THREAD_STATUS, "]"}, {" thread ", PHRASE_THREAD, ""}}},
	{PHRASE_THREAD_CREATOR, false, PHRASE_COLOR_DIM, {{"-> thread ", PHRASE_THREAD, ""}}},
	{PHRASE_CREATOR_THREAD, false, PHRASE_COLOR_DIM, {{"-> child of ", PHRASE_CREATOR, ""}}},
	{PHRASE_MESSAGE, false, NULL, {{"", PHRASE_MESSAGE, ""}}},
	{PHRASE_COMMAND_LINE, false, NULL, {{"", PHRASE_COMMAND_LINE, ""}}},
	{PHRASE_EXECUTABLE, false, NULL, {{"", PHRASE_EXECUTABLE, ""}}},
	{PHRASE_FILENAME, false, NULL, {{"", PHRASE_FILENAME, ""}}},
};

#define DETAILS (sizeof(details) / sizeof(details[0]))

struct table {
	struct phrase phrase;
};

int table_new(struct table **ret_table, bool color, struct err *err)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || phrase_init(&table->phrase, TABLE_TEXT_COLUMNS, color) < 0) {
		table_free(table);
		return err_set(err, -ENOMEM, "no memory for a table");
	}
	*ret_table = table;
	return 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	phrase_done(&table->phrase);
	free(table);
}

static void pad(struct table *table, size_t used, int width)
{
	int spaces = used < (size_t)width ? width - (int)used : 0;

	(void)buf_printf(&table->phrase.line, "%*s", spaces + 1, "");
}

static void add_column(struct table *table, const struct event *event, const struct column *column)
{
	size_t used = phrase_add_fact(&table->phrase, event, column->facts[0]);

	if (used == 0)
		used = phrase_add_fact(&table->phrase, event, column->facts[1]);
	if (used == 0)
		used = phrase_add_text(&table->phrase, "-");
	pad(table, used, column->width);
}

static const struct detail *find_detail(const struct table *table, const struct event *event)
{
	for (size_t i = 0; i < DETAILS; i++) {
		struct value value;

		if (phrase_value(&table->phrase, event, details[i].fact, &value) &&
		    (!details[i].not_zero || value_number(&value)))
			return &details[i];
	}
	return NULL;
}

int table_header(struct table *table, struct buf *out)
{
	phrase_begin(&table->phrase, PHRASE_COLOR_BOLD);
	for (size_t i = 0; i < COLUMNS; i++)
		pad(table, phrase_add_text(&table->phrase, columns[i].title), columns[i].width);
	(void)phrase_add_text(&table->phrase, LAST_TITLE);
	return phrase_end(&table->phrase, PHRASE_COLOR_BOLD, out);
}

int table_event(struct table *table, const struct event *event, struct buf *out)
{
	const struct detail *detail = find_detail(table, event);
	const char *color = detail ? detail->color : NULL;

	phrase_begin(&table->phrase, color);
	for (size_t i = 0; i < COLUMNS; i++)
		add_column(table, event, &columns[i]);
	for (size_t i = 0; detail && detail->parts[i].before; i++)
		phrase_add_part(&table->phrase, event, &detail->parts[i]);
	return phrase_end(&table->phrase, color, out);
}
