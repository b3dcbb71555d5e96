/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps and orders messages. Knows nothing of what they are about. */
#include "base/faults.h"

#include "base/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void faults_done(struct faults *faults)
{
	for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++)
		free(faults->items[i].text);
	*faults = (struct faults){.files = faults->files, .file = faults->file};
}

void faults_add(struct faults *faults, struct place place, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (faults->count >= FAULTS_MAX) {
		faults->count++;
		return;
	}
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	faults->items[faults->count++] = (struct fault){place, text};
}

const char *faults_quote(char out[FAULTS_QUOTE_SIZE], const char *text, size_t length)
{
	static const char more[] = "...";
	char whole[4 * FAULTS_QUOTE_SIZE];
	size_t kept = length < FAULTS_QUOTE_SIZE ? length : FAULTS_QUOTE_SIZE;

	if (kept == length &&
	    terminal_escape(whole, sizeof(whole), text, kept) < FAULTS_QUOTE_SIZE) {
		(void)terminal_escape(out, FAULTS_QUOTE_SIZE, text, length);
		return out;
	}
	kept = terminal_escape(out, FAULTS_QUOTE_SIZE - sizeof(more) + 1, text, length);
	memcpy(out + kept, more, sizeof(more));
	return out;
}

static int compare(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;

	if (a->place.file != b->place.file)
		return a->place.file < b->place.file ? -1 : 1;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	return 0;
}

static int write_one(const struct fault *fault, const char *file, struct buf *out)
{
	const char *text = fault->text ? fault->text : "not enough memory to say what is wrong";

	if (fault->place.line == 0)
		return buf_printf(out, "%s: %s\n", file, text);
	return buf_printf(out, "%s:%u:%u: %s\n", file, fault->place.line, fault->place.column,
			  text);
}

int faults_write(struct faults *faults, const char *file, struct buf *out)
{
	size_t kept = faults->count < FAULTS_MAX ? faults->count : FAULTS_MAX;
	char safe[8192];
	int result = 0;

	qsort(faults->items, kept, sizeof(faults->items[0]), compare);
	for (size_t i = 0; i < kept && result == 0; i++) {
		if (faults->files)
			file = faults->files[faults->items[i].place.file];
		(void)terminal_escape(safe, sizeof(safe), file, strlen(file));
		result = write_one(&faults->items[i], safe, out);
	}
	if (result == 0 && faults->count > kept)
		result = buf_printf(out, "%s: and %zu more faults\n", safe, faults->count - kept);
	return result;
}
