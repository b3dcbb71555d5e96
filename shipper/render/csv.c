/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the short names of columns and the quoting of cells. Columns are paths of the field tables,
 * words of the kind, or facts of the host. Must not know any kind or any member of a record.
 */
#include "render/csv.h"

#include "base/terminal.h"
#include "base/text.h"
#include "base/uuid.h"
#include "decode/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT_BYTES REC_MAX_SIZE
#define ELLIPSIS "\xe2\x80\xa6" /* ends a text that is not whole */
#define MAX_ESCAPED_BYTES (MAX_TEXT_BYTES * 10 + sizeof(ELLIPSIS))
#define MAX_LINE_BYTES (4 * 1024 * 1024)

enum style { STYLE_PLAIN, STYLE_MS };

#define KIND_NAME "" /* no path: the kind's own name, which no row has */
#define EVENT_ID "event.id"

/* The first of the paths that has a value. */
static const struct short_name {
	const char *name;
	const char *paths[2];
	enum style style;
	const char *meaning;
} short_names[] = {
	{"TIME", {"@timestamp"}, STYLE_PLAIN, "when it happened, UTC"},
	{"EVENT", {KIND_NAME}, STYLE_PLAIN, "kind, as --event names it"},
	{"PID", {"process.pid"}, STYLE_PLAIN, "process id"},
	{"PPID", {"process.parent.pid"}, STYLE_PLAIN, "process id of the parent"},
	{"TID", {"process.thread.id"}, STYLE_PLAIN, "thread id"},
	{"USER", {"user.name", "user.id"}, STYLE_PLAIN, "user name; its number when it has none"},
	{"UID", {"user.id"}, STYLE_PLAIN, "effective user id"},
	{"GROUP", {"group.name", "group.id"}, STYLE_PLAIN, "group name or number"},
	{"GID", {"group.id"}, STYLE_PLAIN, "effective group id"},
	{"COMMAND", {"process.thread.name"}, STYLE_PLAIN, "short name of the command (comm)"},
	{"COMMAND_LINE", {"process.command_line"}, STYLE_PLAIN, "the arguments, joined by spaces"},
	{"EXECUTABLE", {"process.executable"}, STYLE_PLAIN, "path of the binary"},
	{"DIRECTORY", {"process.working_directory"}, STYLE_PLAIN, "working directory (exec)"},
	{"EXIT_CODE", {"process.exit_code"}, STYLE_PLAIN, "status, or 128 + signal (exit)"},
	{"SIGNAL", {"Linux.exit.signal_name"}, STYLE_PLAIN, "what killed it (exit)"},
	{"DURATION_MS",
	 {"event.duration"},
	 STYLE_MS,
	 "milliseconds from start to end, three decimals (exit)"},
	{"CREATOR", {"Linux.creator.pid"}, STYLE_PLAIN, "process that called fork"},
	{"LOST", {"Linux.lost.count"}, STYLE_PLAIN, "how many events are missing (events_lost)"},
};

#define SHORT_NAMES (sizeof(short_names) / sizeof(short_names[0]))

static const char *const default_columns[] = {"TIME",   "EVENT",      "PID",          "PPID",
					      "USER",   "COMMAND",    "COMMAND_LINE", "EXIT_CODE",
					      "SIGNAL", "DURATION_MS"};

/* What is said once for all events: facts of the host and the agent. */
static const struct fact {
	const char *path;
	size_t offset; /* of a const char * in the identity */
} facts[] = {
	{"agent.id", offsetof(struct render_identity, agent_id)},
	{"agent.name", offsetof(struct render_identity, agent_name)},
	{"agent.version", offsetof(struct render_identity, agent_version)},
	{"host.name", offsetof(struct render_identity, host_name)},
	{"host.hostname", offsetof(struct render_identity, host_hostname)},
	{"host.id", offsetof(struct render_identity, host_id)},
	{"host.architecture", offsetof(struct render_identity, host_architecture)},
	{"host.boot.id", offsetof(struct render_identity, boot_id)},
	{"host.os.name", offsetof(struct render_identity, os_name)},
	{"host.os.version", offsetof(struct render_identity, os_version)},
	{"host.os.kernel", offsetof(struct render_identity, os_kernel)},
};

#define FACTS (sizeof(facts) / sizeof(facts[0]))

struct column {
	char *name;
	const char *path; /* the first one; name, or one of the constants */
	enum style style;
	/* exactly one of: */
	char *fact;    /* of the host */
	bool constant; /* a word of the kind */
	bool event_id;
	bool kind_name;
	struct lookup lookups[REC_KINDS][2];
};

struct csv {
	struct column *columns;
	size_t count;
	bool said; /* by the event at hand: something that only it can say */
	struct buf line;
	char text[MAX_TEXT_BYTES];
	char escaped[MAX_ESCAPED_BYTES];
};

const char *csv_column_name(unsigned int index, const char **ret_meaning)
{
	if (index >= SHORT_NAMES)
		return NULL;
	*ret_meaning = short_names[index].meaning;
	return short_names[index].name;
}

/* Empty when the host does not tell; NULL when the path is none of these. */
static int copy_fact(struct column *column, const struct render_identity *identity)
{
	for (size_t i = 0; i < FACTS; i++) {
		const char *text;

		if (strcmp(facts[i].path, column->path) != 0)
			continue;
		memcpy(&text, (const char *)identity + facts[i].offset, sizeof(text));
		column->fact = strdup(text ? text : "");
		return column->fact ? 0 : -ENOMEM;
	}
	return 0;
}

static int no_such_column(const char *name, struct err *err)
{
	struct text_nearest nearest = {.word = name};

	for (size_t i = 0; i < SHORT_NAMES; i++)
		text_nearest_offer(&nearest, short_names[i].name);
	for (size_t i = 0; i < FACTS; i++)
		text_nearest_offer(&nearest, facts[i].path);
	lookup_offer_paths(&nearest);
	if (nearest.best)
		return err_set(err, -EINVAL, "there is no column '%s' (did you mean '%s'?)", name,
			       nearest.best);
	return err_set(err, -EINVAL,
		       "there is no column '%s': columns are short names such as PID or paths of "
		       "the schema such as process.pid",
		       name);
}

static void find_rows(struct column *column, const char *const paths[2])
{
	for (unsigned int kind = 0; kind < REC_KINDS; kind++)
		for (unsigned int i = 0; i < 2; i++)
			if (kind_get(kind) && paths[i])
				lookup_init(&column->lookups[kind][i], kind_get(kind), paths[i]);
}

static int find_column(struct column *column, const char *name,
		       const struct render_identity *identity, struct err *err)
{
	const char *paths[2] = {NULL, NULL};

	column->name = strdup(name);
	if (!column->name)
		return err_set(err, -ENOMEM, "no memory for columns");
	paths[0] = column->name;
	for (size_t i = 0; i < SHORT_NAMES; i++) {
		if (strcmp(short_names[i].name, name) != 0)
			continue;
		memcpy(paths, short_names[i].paths, sizeof(paths));
		column->style = short_names[i].style;
	}
	column->path = paths[0];
	if (copy_fact(column, identity) < 0)
		return err_set(err, -ENOMEM, "no memory for columns");
	column->constant = lookup_is_constant(paths[0]);
	column->event_id = strcmp(paths[0], EVENT_ID) == 0;
	column->kind_name = column->path != column->name && strcmp(paths[0], KIND_NAME) == 0;
	if (column->fact || column->constant || column->event_id || column->kind_name)
		return 0;
	find_rows(column, paths);
	return lookup_field(paths[0]) ? 0 : no_such_column(name, err);
}

int csv_new(struct csv **ret_csv, const char *const *columns, size_t count,
	    const struct render_identity *identity, struct err *err)
{
	struct csv *csv = calloc(1, sizeof(*csv));
	int result = 0;

	if (count > CSV_MAX_COLUMNS) {
		free(csv);
		return err_set(err, -EINVAL, "%zu columns: at most %d", count, CSV_MAX_COLUMNS);
	}
	if (count == 0) {
		columns = default_columns;
		count = sizeof(default_columns) / sizeof(default_columns[0]);
	}
	if (csv)
		csv->columns = calloc(count, sizeof(*csv->columns));
	if (!csv || !csv->columns) {
		free(csv);
		return err_set(err, -ENOMEM, "no memory for columns");
	}
	buf_init(&csv->line, MAX_LINE_BYTES);
	for (; csv->count < count && result == 0; csv->count++)
		result = find_column(&csv->columns[csv->count], columns[csv->count], identity, err);
	if (result < 0) {
		csv_free(csv);
		return result;
	}
	*ret_csv = csv;
	return 0;
}

void csv_free(struct csv *csv)
{
	if (!csv)
		return;
	for (size_t i = 0; i < csv->count; i++) {
		free(csv->columns[i].name);
		free(csv->columns[i].fact);
	}
	free(csv->columns);
	buf_done(&csv->line);
	free(csv);
}

/*
 * What spreadsheets take for the start of a formula: = + - @ TAB CR LF, and the full-width forms of
 * the first four (U+FF1D, U+FF0B, U+FF0D, U+FF20).
 */
static bool looks_like_formula(const char *text, size_t length)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					   "\xef\xbc\xa0"};

	if (length && memchr("=+-@\t\r\n", text[0], 7))
		return true;
	for (size_t i = 0; length >= 3 && i < sizeof(wide) / sizeof(wide[0]); i++)
		if (memcmp(text, wide[i], 3) == 0)
			return true;
	return false;
}

/* RFC 4180: quotes around what holds a separator (or what some take for one), doubled inside. */
static int add_quoted(struct buf *line, const char *text, size_t length, const char *prefix)
{
	bool quoted = false;
	int result;

	for (size_t i = 0; i < length && !quoted; i++)
		quoted = strchr(",\"\r\n;\t", text[i]) != NULL;
	result = buf_printf(line, "%s%s", quoted ? "\"" : "", prefix);
	for (size_t i = 0; i < length && result == 0; i++)
		result = buf_add(line, text[i] == '"' ? "\"\"" : &text[i], text[i] == '"' ? 2 : 1);
	return result < 0 || !quoted ? result : buf_add_text(line, "\"");
}

/* Text from outside; NULs stand between the parts of a list. */
static int add_text(struct csv *csv, const struct value *value)
{
	size_t length = value->length < MAX_TEXT_BYTES ? value->length : MAX_TEXT_BYTES;
	bool formula = looks_like_formula(value->text, length);
	bool whole = !value->cut && length == value->length;
	size_t escaped;

	memcpy(csv->text, value->text, length);
	if (value_shape(value) != SHAPE_TEXT) {
		if (length && csv->text[length - 1] == '\0')
			length--;
		for (size_t i = 0; i < length; i++)
			if (csv->text[i] == '\0')
				csv->text[i] = ' ';
	}
	escaped = terminal_escape(csv->escaped, MAX_TEXT_BYTES * 10 + 1, csv->text, length);
	if (!whole)
		escaped += (size_t)snprintf(csv->escaped + escaped, sizeof(ELLIPSIS), ELLIPSIS);
	return add_quoted(&csv->line, csv->escaped, escaped, formula ? "'" : "");
}

static int add_names(struct csv *csv, const struct value *value)
{
	char name[VALUE_WORD_SIZE];
	const char *space = "";
	size_t cursor = 0;
	int result = 0;

	while (result == 0 && value_next_name(value, &cursor, name) > 0) {
		result = buf_printf(&csv->line, "%s%s", space, name);
		space = " ";
	}
	return result;
}

static int add_value(struct csv *csv, const struct column *column, const struct value *value)
{
	char word[VALUE_WORD_SIZE];

	if (column->style == STYLE_MS) {
		uint64_t us = value_number(value) / 1000;

		return buf_printf(&csv->line, "%llu.%03u", (unsigned long long)(us / 1000),
				  (unsigned int)(us % 1000));
	}
	switch (value_shape(value)) {
	case SHAPE_TEXT:
	case SHAPE_LIST:
	case SHAPE_JOINED:
	case SHAPE_MAP:
		return add_text(csv, value);
	case SHAPE_BARE:
	case SHAPE_WORD:
		return buf_add(&csv->line, word, value_word(value, word));
	case SHAPE_NAMES:
		break;
	}
	return add_names(csv, value);
}

static int add_fact(struct csv *csv, const char *text)
{
	static const struct field plain = {.type = FIELD_STRING};
	struct value value = {.field = &plain, .text = text, .length = (uint32_t)strlen(text)};

	return add_text(csv, &value);
}

static int add_constants(struct csv *csv, const char *path, const struct kind *kind)
{
	struct lookup_word word;
	int result = 0;

	for (unsigned int i = 0; lookup_constant(kind, path, i, &word) && result == 0; i++) {
		csv->said = true;
		result =
			buf_printf(&csv->line, "%s%.*s", i ? " " : "", (int)word.length, word.text);
	}
	return result;
}

static int add_event_id(struct csv *csv, const struct event *event)
{
	char stream[UUID_TEXT_SIZE];

	uuid_format(stream, event->stream);
	return buf_printf(&csv->line, "%s:%llu", stream,
			  (unsigned long long)event->entry->sequence);
}

static int add_cell(struct csv *csv, const struct column *column, const struct event *event)
{
	const struct lookup *lookups = column->lookups[event->kind->kind];
	struct value value;

	if (column->fact)
		return add_fact(csv, column->fact);
	if (column->event_id)
		return add_event_id(csv, event);
	if (column->kind_name)
		return csv->said = true, buf_add_text(&csv->line, event->kind->name);
	if (column->constant)
		return add_constants(csv, column->path, event->kind);
	if (!lookup_value(&lookups[0], event, &value) && !lookup_value(&lookups[1], event, &value))
		return 0;
	csv->said = true;
	return add_value(csv, column, &value);
}

int csv_header(struct csv *csv, struct buf *out)
{
	int result = 0;

	buf_clear(&csv->line);
	for (size_t i = 0; i < csv->count && result == 0; i++)
		result = buf_printf(&csv->line, "%s%s", i ? "," : "", csv->columns[i].name);
	if (result == 0)
		result = buf_add_text(&csv->line, "\n");
	return result < 0 ? result : buf_add(out, csv->line.data, csv->line.length);
}

int csv_event(struct csv *csv, const struct event *event, struct buf *out)
{
	int result = 0;

	buf_clear(&csv->line);
	csv->said = false;
	for (size_t i = 0; i < csv->count && result == 0; i++) {
		if (i)
			result = buf_add_text(&csv->line, ",");
		if (result == 0)
			result = add_cell(csv, &csv->columns[i], event);
	}
	if (result == 0)
		result = buf_add_text(&csv->line, "\n");
	if (result < 0 || !csv->said)
		return result;
	return buf_add(out, csv->line.data, csv->line.length);
}
