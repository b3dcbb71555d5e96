/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a field says, in the form in which tests look at it: a number, or text. A list is several
 * facts. Facts come from an event or from a JSON document; a test does not know from which.
 */
#ifndef AUDITSHIP_FACT_H
#define AUDITSHIP_FACT_H

#include "base/err.h"
#include "base/json_read.h"
#include "decode/lookup.h"
#include "filter/glob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fact_class { FACT_TEXT, FACT_NUMBER, FACT_BOOL };
enum fact_unit { FACT_PLAIN, FACT_NANOSECONDS, FACT_BYTES };

/* What is known of a field before any event. */
struct fact_field {
	enum fact_class class;
	enum fact_unit unit;
	bool list; /* several values */
};

/* Facts about a path. -ENOENT when no event has it. */
int fact_field(struct fact_field *ret_field, const char *path);

/* Reads "12", "100ms", "4KiB", "true" as such a field has it. -EINVAL with err saying what is
 * right. */
int fact_parse(const struct fact_field *field, const char *text, uint64_t *ret_number,
	       struct err *err);

struct fact {
	bool is_number;
	uint64_t number;
	struct glob_text text;      /* of no number */
	char word[VALUE_WORD_SIZE]; /* text may point here */
};

/* Walks the facts of a value; *cursor starts at 0. False at the end. */
bool fact_next(struct fact *fact, const struct value *value, size_t *cursor);

/* The one value of path in an event, as text. False when it has none. */
bool fact_as_key(struct fact *fact, const struct lookup *rows, const struct event *event,
		 const char *path);

/* The index-th fact of path in a document. */
bool fact_of_document(struct fact *fact, const struct fact_field *field,
		      const struct json_read *document, const char *path, size_t index);

#endif
