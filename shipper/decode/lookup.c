/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths to rows. Used while something is compiled; an event only walks the few rows that were
 * found. Must not know what a path means or any kind by name.
 */
#include "decode/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Words of a kind; a list is JSON text of plain strings. */
static const struct constant {
	const char *path;
	size_t offset; /* of a const char * in struct kind */
	bool list;
} constants[] = {
	{"event.action", offsetof(struct kind, action), false},
	{"event.category", offsetof(struct kind, category), true},
	{"event.type", offsetof(struct kind, type), true},
	{"event.outcome", offsetof(struct kind, outcome), false},
	{"event.dataset", offsetof(struct kind, dataset), false},
};

/* Of a constant, at most. */
#define WORDS_OF_KIND 4
#define WORD_SIZE 64

#define CONSTANTS (sizeof(constants) / sizeof(constants[0]))

static bool is_path(const struct field *field, const char *path)
{
	return field->path && strcmp(field->path, path) == 0;
}

void lookup_init(struct lookup *lookup, const struct kind *kind, const char *path)
{
	unsigned int cursor = 0;
	struct row row;

	*lookup = (struct lookup){0};
	while (row_next(kind, &cursor, &row))
		if (is_path(row.field, path) && lookup->count < LOOKUP_ROWS)
			lookup->rows[lookup->count++] = row;
}

bool lookup_value(const struct lookup *lookup, const struct event *event, struct value *ret_value)
{
	for (unsigned int i = 0; i < lookup->count; i++)
		if (value_get(ret_value, &lookup->rows[i], event) == VALUE_PRESENT)
			return true;
	return false;
}

static const struct constant *find_constant(const char *path)
{
	for (size_t i = 0; i < CONSTANTS; i++)
		if (strcmp(constants[i].path, path) == 0)
			return &constants[i];
	return NULL;
}

bool lookup_is_constant(const char *path)
{
	return find_constant(path) != NULL;
}

/* The index-th string of a JSON list of strings that need no escape. */
static bool find_item(const char *list, unsigned int index, struct lookup_word *ret_word)
{
	const char *start = strchr(list, '"');

	for (; start; index--) {
		const char *end = strchr(start + 1, '"');

		if (!end)
			return false;
		if (index == 0) {
			*ret_word = (struct lookup_word){start + 1, (size_t)(end - start - 1)};
			return true;
		}
		start = strchr(end + 1, '"');
	}
	return false;
}

bool lookup_constant(const struct kind *kind, const char *path, unsigned int index,
		     struct lookup_word *ret_word)
{
	const struct constant *constant = find_constant(path);
	const char *text;

	if (!constant)
		return false;
	memcpy(&text, (const char *)kind + constant->offset, sizeof(text));
	if (!text)
		return false;
	if (constant->list)
		return find_item(text, index, ret_word);
	*ret_word = (struct lookup_word){text, strlen(text)};
	return index == 0;
}

/* Who knows what capture.events calls a kind may look for it by that name. */
static int suggest_word(const char *path, const char *word, const char *near, struct err *err)
{
	const struct kind *kind = kind_find(word);
	struct lookup_word right;

	if (kind && kind->journalled && lookup_constant(kind, path, 0, &right))
		return err_set(
			err, -EINVAL,
			"no event has it: of the events that capture.events calls %s it is '%.*s'",
			word, (int)right.length, right.text);
	return err_set(err, -EINVAL, "no event has it%s%s%s", near ? " (did you mean '" : "",
		       near ? near : "", near ? "'?)" : "");
}

int lookup_check_word(const char *path, const char *word, struct err *err)
{
	struct text_nearest nearest = {.word = word};
	char words[REC_KINDS * WORDS_OF_KIND][WORD_SIZE];
	struct lookup_word at;

	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);

		if (!kind || !kind->journalled)
			continue;
		for (unsigned int n = 0; n < WORDS_OF_KIND && lookup_constant(kind, path, n, &at);
		     n++) {
			char *copy = words[i * WORDS_OF_KIND + n];

			(void)snprintf(copy, WORD_SIZE, "%.*s", (int)at.length, at.text);
			if (strcmp(copy, word) == 0)
				return 0;
			text_nearest_offer(&nearest, copy);
		}
	}
	return suggest_word(path, word, nearest.best, err);
}

const struct field *lookup_field(const char *path)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		struct lookup lookup;

		if (!kind || !kind->journalled)
			continue;
		lookup_init(&lookup, kind, path);
		if (lookup.count > 0)
			return lookup.rows[0].field;
	}
	return NULL;
}

void lookup_offer_paths(struct text_nearest *nearest)
{
	for (size_t i = 0; i < CONSTANTS; i++)
		text_nearest_offer(nearest, constants[i].path);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		unsigned int cursor = 0;
		struct row row;

		if (!kind || !kind->journalled)
			continue;
		while (row_next(kind, &cursor, &row))
			if (row.field->path)
				text_nearest_offer(nearest, row.field->path);
	}
}
