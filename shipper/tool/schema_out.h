/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON laid out for people to read and for diffs: files that are committed. Events never come this
 * way. Errors are kept until the end, so that callers need not ask at every step.
 */
#ifndef AUDITSHIP_SCHEMA_OUT_H
#define AUDITSHIP_SCHEMA_OUT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct schema_out {
	struct buf *buf;
	unsigned int depth;
	bool filled; /* the object or list that is open has something in it */
	int error;   /* of buf_add, the first one */
};

/* key NULL: an item of a list, or the outermost value. bracket: '{' or '['. */
void schema_open(struct schema_out *out, const char *key, char bracket);
void schema_close(struct schema_out *out, char bracket);
void schema_text(struct schema_out *out, const char *key, const char *text);
void schema_number(struct schema_out *out, const char *key, uint64_t number);
/* A value that is JSON already. */
void schema_raw(struct schema_out *out, const char *key, const char *json, size_t length);
void schema_literal(struct schema_out *out, const char *key, const char *json);

/* Appends text as a JSON string, without layout. */
void schema_quote(struct schema_out *out, const char *text, size_t length);

#endif
