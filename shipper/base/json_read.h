/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads JSON that others wrote: the last line of a trail, a container runtime's state. The text is
 * hostile: size, depth and number of values are bounded before anything is built.
 */
#ifndef AUDITSHIP_JSON_READ_H
#define AUDITSHIP_JSON_READ_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_READ_MAX_SIZE (4u * 1024 * 1024)
#define JSON_READ_MAX_DEPTH 64
/* Two lists of 65,536 empty arguments fit; all values together cost at most about 25 MiB. */
#define JSON_READ_MAX_VALUES (256u * 1024)

struct json_read; /* one document; owns its memory */

/*
 * Parses length bytes (no terminator needed) as one JSON value (RFC 8259). Strings are UTF-8 only
 * as far as yajl looks: overlong forms and surrogates pass. -EFBIG: above one of the bounds;
 * -EBADMSG: not JSON, or a string with U+0000, which could only be handed on cut; -ENOMEM.
 */
int json_read_new(struct json_read **ret_document, const char *text, size_t length,
		  struct err *err);
void json_read_free(struct json_read *document);

/*
 * The value at a dotted path, "event.id". A key may hold dots itself: both {"event":{"id":1}} and
 * {"event.id":1} have it. Of equal keys the first that leads there counts. Borrowed from the
 * document; NULL when there is none or it is no string.
 */
const char *json_read_string(const struct json_read *document, const char *path);

/*
 * The name of the index-th member of the object at a path, NULL behind the last. *ret_value: its
 * text when it is a string, else NULL. Both borrowed.
 */
const char *json_read_member(const struct json_read *document, const char *path, size_t index,
			     const char **ret_value);

/* The values of the list at a path, 0 when there is none. A path names one by its index:
 * "sinks.0.name"; the path "" is the document itself. */
size_t json_read_count(const struct json_read *document, const char *path);

/* 0, -ENOENT when there is none, -EINVAL when it is no integer that fits. */
int json_read_number(const struct json_read *document, const char *path, int64_t *ret_number);

/*
 * The index-th of the values at path: of a list its elements, else the value itself. Text of a
 * string, a number as it is written, "true" or "false"; NULL when there is none, or when it is
 * null, a list or an object. Borrowed.
 */
const char *json_read_item(const struct json_read *document, const char *path, size_t index);

/* Whether true stands there. */
bool json_read_is_true(const struct json_read *document, const char *path);

#endif
