/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with files that a person wrote: collected while they are read, told all at once in
 * the order of the files, one line each: "FILE:LINE:COLUMN: message".
 */
#ifndef AUDITSHIP_FAULTS_H
#define AUDITSHIP_FAULTS_H

#include "base/buf.h"

#include <stddef.h>

/* Both count from 1; a column is a character. line 0: nowhere in particular, told without numbers.
 */
struct place {
	unsigned int line, column;
	unsigned int file; /* which of several, counted from 0 in the order they are read */
};

struct fault {
	struct place place;
	char *text;
};

#define FAULTS_MAX 100

struct faults {
	struct fault items[FAULTS_MAX];
	size_t count; /* all that were found; the first FAULTS_MAX are kept */

	/* Of several files: their names by place.file, borrowed. NULL: there is one. */
	const char *const *files;
	unsigned int file; /* the one that is read now: places made from it carry the number */
};

void faults_done(struct faults *faults);

/* Text of the file itself has to go through faults_quote. Without memory the fault still counts. */
void faults_add(struct faults *faults, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define FAULTS_QUOTE_SIZE 96

/* Writes text so that it can be shown on a terminal, cut with "..." when it is long; returns out.
 */
const char *faults_quote(char out[FAULTS_QUOTE_SIZE], const char *text, size_t length);

/*
 * Appends all lines to out; file names the file when faults->files is NULL. 0, or a negative errno
 * when out has no room for all of them.
 */
int faults_write(struct faults *faults, const char *file, struct buf *out);

#endif
