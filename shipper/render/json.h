/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes one JSON document after another into buffers of the caller. Errors are kept until
 * json_end, so that callers need not ask at every step.
 */
#ifndef AUDITSHIP_JSON_H
#define AUDITSHIP_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/*
 * A member's name as it stands behind another member: ,"name": with no character that needs an
 * escape. Lives as long as the document at least. Behind it JSON_KEY_SLACK bytes may be read.
 */
struct json_key {
	const char *text;
	size_t length; /* of all of text */
};

#define JSON_KEY_SLACK 16
#define JSON_KEY_INIT(name)                                                        \
	{                                                                          \
		",\"" name "\":\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof(name) + 3 \
	}
#define JSON_KEY(name) (&(const struct json_key)JSON_KEY_INIT(name))

/* limit: the most bytes that a document may take. 0 or -ENOMEM. */
int json_new(struct json **ret_json, size_t limit);
void json_free(struct json *json);

/* Starts a document, which is an object, at the end of out. */
void json_begin(struct json *json, struct buf *out);
/* Ends it with a line feed. 0, or -EMSGSIZE or -ENOMEM; out is then as it was before json_begin. */
int json_end(struct json *json);

/* Whether nothing will come of this document: of what was written since, a part may be missing. */
bool json_failed(const struct json *json);

/* Nothing will come of this document; error as of json_end. */
void json_fail(struct json *json, int error);

/* An object as a member of the present one. */
void json_open(struct json *json, const struct json_key *key);
void json_close(struct json *json);

/* An object alone in a list; json_close ends the object, then json_close_list the list. */
void json_open_in_list(struct json *json, const struct json_key *key);
void json_close_list(struct json *json);

/*
 * Members that are not to stand here yet: what is written until json_take is as if at the start of
 * an object that is open. json_take takes it out again, without what opens that object; it is
 * borrowed until the next call that writes, and empty when anything has failed.
 */
size_t json_set_aside(struct json *json);
const char *json_take(struct json *json, size_t mark, size_t *ret_length);
/* Members as json_take gave them. */
void json_members(struct json *json, const char *text, size_t length);

/* A member; exactly one of the values below follows, or a list of them. */
void json_member(struct json *json, const struct json_key *key);

/* Text of any bytes; *ret_replaced is set when some were not UTF-8. */
void json_text(struct json *json, const char *text, size_t length, bool *ret_replaced);
/* Text with parts: NUL stands between them and is shown as one space. */
void json_joined(struct json *json, const char *parts, size_t length, bool *ret_replaced);
void json_base64(struct json *json, const void *bytes, size_t length);
void json_number(struct json *json, uint64_t number);
/* A value that is JSON already. */
void json_raw(struct json *json, const char *value, size_t length);
#define JSON_RAW(json, literal) json_raw(json, literal, sizeof(literal) - 1)
/* The same, and behind text JSON_KEY_SLACK bytes may be read. */
void json_short(struct json *json, const char *text, size_t length);
/* Characters that need no escape, between quotes. */
void json_word(struct json *json, const char *word, size_t length);

/* json_list_item comes before each value of a list. */
void json_list_open(struct json *json);
void json_list_item(struct json *json);
void json_list_close(struct json *json);

#endif
