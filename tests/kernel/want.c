/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of what a test expects and its comparison with an event. It knows JSON values; it takes
 * nothing from the agent's own tables.
 */
#include "want_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_SLACK_NS 10000000u
#define MAX_ROWS 256

enum how { JSON, RANGE, ID_RANGE, TIME_RANGE };

struct row {
	const char *path;
	enum how how;
	char *json;
	uint64_t min, max;
	bool seen;
};

struct want {
	struct row rows[MAX_ROWS];
	unsigned int count;
	char *differences; /* what the comparison found, NULL: nothing */
};

struct want *want_new(void)
{
	struct want *want = calloc(1, sizeof(*want));

	assert_non_null(want);
	return want;
}

static void want_free(struct want *want)
{
	if (!want)
		return;
	for (unsigned int i = 0; i < want->count; i++)
		free(want->rows[i].json);
	free(want->differences);
	free(want);
}

static struct row *find_row(struct want *want, const char *path)
{
	for (unsigned int i = 0; i < want->count; i++)
		if (strcmp(want->rows[i].path, path) == 0)
			return &want->rows[i];
	return NULL;
}

/* Fresh or emptied; paths are literals or outlive the expectation. */
static struct row *set_row(struct want *want, const char *path, enum how how)
{
	struct row *row = find_row(want, path);

	if (!row) {
		assert_true(want->count < MAX_ROWS);
		row = &want->rows[want->count++];
	}
	free(row->json);
	*row = (struct row){.path = path, .how = how};
	return row;
}

void want_json(struct want *want, const char *path, const char *json)
{
	struct row *row;
	char *copy = strdup(json); /* json may be the text that set_row frees */

	row = set_row(want, path, JSON);
	row->json = copy;
	assert_non_null(copy);
}

/* JSON text of values: one spelling, so that equal values are equal texts. */

static void write_json_string(FILE *out, const char *text, size_t length)
{
	fputc('"', out);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void write_json(FILE *out, yajl_val value);

static void write_json_object(FILE *out, yajl_val value)
{
	fputc('{', out);
	for (size_t i = 0; i < value->u.object.len; i++) {
		fputs(i ? "," : "", out);
		write_json_string(out, value->u.object.keys[i], strlen(value->u.object.keys[i]));
		fputc(':', out);
		write_json(out, value->u.object.values[i]);
	}
	fputc('}', out);
}

static void write_json_array(FILE *out, yajl_val value)
{
	fputc('[', out);
	for (size_t i = 0; i < value->u.array.len; i++) {
		fputs(i ? "," : "", out);
		write_json(out, value->u.array.values[i]);
	}
	fputc(']', out);
}

static void write_json(FILE *out, yajl_val value)
{
	if (YAJL_IS_STRING(value))
		write_json_string(out, value->u.string, strlen(value->u.string));
	else if (YAJL_IS_NUMBER(value))
		fputs(YAJL_GET_NUMBER(value), out);
	else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
		fputs(YAJL_IS_TRUE(value) ? "true" : "false", out);
	else if (YAJL_IS_ARRAY(value))
		write_json_array(out, value);
	else if (YAJL_IS_OBJECT(value))
		write_json_object(out, value);
	else
		fputs("null", out);
}

static char *json_of(yajl_val value)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_json(out, value);
	fclose(out);
	return text;
}

void want_string(struct want *want, const char *path, const char *text)
{
	size_t size;
	char *json;
	FILE *out = open_memstream(&json, &size);

	assert_non_null(out);
	write_json_string(out, text, strlen(text));
	fclose(out);
	want_json(want, path, json);
	free(json);
}

void want_list(struct want *want, const char *path, const char *parts, size_t size)
{
	size_t length, json_size;
	char *json;
	FILE *out = open_memstream(&json, &json_size);

	assert_non_null(out);
	fputc('[', out);
	for (const char *part = parts; part < parts + size; part += length + 1) {
		length = strnlen(part, (size_t)(parts + size - part));
		fputs(part > parts ? "," : "", out);
		write_json_string(out, part, length);
	}
	fputc(']', out);
	fclose(out);
	want_json(want, path, json);
	free(json);
}

void want_number(struct want *want, const char *path, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	want_json(want, path, text);
}

void want_id(struct want *want, const char *path, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "\"%" PRIu64 "\"", number);
	want_json(want, path, text);
}

void want_bool(struct want *want, const char *path, bool value)
{
	want_json(want, path, value ? "true" : "false");
}

static void set_range(struct row *row, uint64_t min, uint64_t max)
{
	row->min = min;
	row->max = max;
}

void want_range(struct want *want, const char *path, uint64_t min, uint64_t max)
{
	set_range(set_row(want, path, RANGE), min, max);
}

void want_id_range(struct want *want, const char *path, uint64_t min, uint64_t max)
{
	set_range(set_row(want, path, ID_RANGE), min, max);
}

void want_time(struct want *want, const char *path, uint64_t min_ns, uint64_t max_ns)
{
	uint64_t offset = wall_offset_ns();

	set_range(set_row(want, path, TIME_RANGE), min_ns + offset - CLOCK_SLACK_NS,
		  max_ns + offset + CLOCK_SLACK_NS);
}

void want_absent(struct want *want, const char *path)
{
	struct row *row = find_row(want, path);

	if (!row)
		return;
	free(row->json);
	*row = want->rows[--want->count];
	want->rows[want->count] = (struct row){0};
}

static void differ(struct want *want, const char *path, const char *expected, const char *got)
{
	char *before = want->differences;

	assert_true(asprintf(&want->differences, "%s  %s: expected %s, got %s\n",
			     before ? before : "", path, expected, got) >= 0);
	free(before);
}

static uint64_t row_number(const struct row *row, const struct event *event)
{
	if (row->how == TIME_RANGE)
		return event_time(event, row->path);
	return event_number(event, row->path);
}

static bool has_type(const struct row *row, yajl_val value)
{
	return row->how == RANGE ? YAJL_IS_INTEGER(value) : YAJL_IS_STRING(value);
}

static void check_value(struct want *want, struct row *row, const struct event *event,
			yajl_val value)
{
	static const char *const types[] = {[RANGE] = "number",
					    [ID_RANGE] = "string of digits",
					    [TIME_RANGE] = "time, ns since 1970,"};
	char *got = json_of(value);
	char expected[128];

	row->seen = true;
	if (row->how == JSON) {
		if (strcmp(got, row->json) != 0)
			differ(want, row->path, row->json, got);
	} else if (!has_type(row, value) || row_number(row, event) < row->min ||
		   row_number(row, event) > row->max) {
		snprintf(expected, sizeof(expected), "a %s from %" PRIu64 " to %" PRIu64,
			 types[row->how], row->min, row->max);
		differ(want, row->path, expected, got);
	}
	free(got);
}

static void walk(struct want *want, const struct event *event, yajl_val object, const char *prefix)
{
	for (size_t i = 0; i < object->u.object.len; i++) {
		yajl_val value = object->u.object.values[i];
		char path[192], *got;
		struct row *row;

		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "",
			 object->u.object.keys[i]);
		if (YAJL_IS_ARRAY(value) && strcmp(path, "process.previous") == 0 &&
		    value->u.array.len == 1)
			value = value->u.array.values[0];
		row = find_row(want, path);
		if (row) {
			check_value(want, row, event, value);
		} else if (YAJL_IS_OBJECT(value) && value->u.object.len) {
			walk(want, event, value, path);
		} else {
			got = json_of(value);
			differ(want, path, "nothing", got);
			free(got);
		}
	}
}

void want_check(struct want *want, struct harness *harness, const struct event *event)
{
	bool good;

	want_action(want, event->action);
	walk(want, event, event->root, "");
	for (unsigned int i = 0; i < want->count; i++)
		if (!want->rows[i].seen)
			differ(want, want->rows[i].path,
			       want->rows[i].json ? want->rows[i].json : "a number or time",
			       "nothing");
	good = !want->differences;
	if (!good)
		fprintf(stderr,
			"%s of process %d is not as it should be:\n%s%.6000s\n--- agent:\n%s",
			event->action, event->pid, want->differences, event->text,
			harness_log(harness));
	want_free(want);
	assert_true(good);
}
