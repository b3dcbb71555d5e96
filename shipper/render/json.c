/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes each byte of a document where it stays: a generator that is called for each token costs
 * more than the member. Knows nothing of events.
 */
#include "render/json.h"

#include "base/digits.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

struct json {
	struct buf *out; /* borrowed from json_begin to json_end */
	size_t start;    /* out's length at json_begin */
	size_t limit;    /* of a document */
	int error;       /* the first one since json_begin */
};

static void check(struct json *json, int result)
{
	if (result < 0 && json->error == 0)
		json->error = result;
}

int json_new(struct json **ret_json, size_t limit)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		return -ENOMEM;
	json->limit = limit;
	*ret_json = json;
	return 0;
}

void json_free(struct json *json)
{
	free(json);
}

/* Where size bytes may be written, NULL: there is no room. */
static inline char *find_room(struct json *json, size_t size)
{
	struct buf *out = json->out;

	if (size <= out->size - out->length)
		return out->data + out->length;
	return buf_reserve(out, size);
}

/* Too long is for ever; memory may be there at the next try. */
static void note_no_room(struct json *json, size_t size)
{
	const struct buf *out = json->out;
	bool too_long = out->length > out->limit || size > out->limit - out->length;

	check(json, too_long ? -EMSGSIZE : -ENOMEM);
}

/* The same; then it is kept as the error. */
static inline char *reserve(struct json *json, size_t size)
{
	char *room = find_room(json, size);

	if (!room)
		note_no_room(json, size);
	return room;
}

static inline void add_byte(struct json *json, char byte)
{
	char *room = reserve(json, 1);

	if (!room)
		return;
	*room = byte;
	json->out->length++;
}

static void add(struct json *json, const char *text, size_t length)
{
	char *room = reserve(json, length);

	if (!room)
		return;
	memcpy(room, text, length);
	json->out->length += length;
}

void json_begin(struct json *json, struct buf *out)
{
	json->out = out;
	json->start = out->length;
	json->error = 0;
	add_byte(json, '{');
}

int json_end(struct json *json)
{
	add(json, "}\n", 2);
	if (json->out->length - json->start > json->limit)
		check(json, -EMSGSIZE);
	if (json->error < 0)
		json->out->length = json->start;
	json->out = NULL;
	return json->error;
}

static inline bool follows(const struct json *json, char byte)
{
	return json->out->length > 0 && json->out->data[json->out->length - 1] == byte;
}

/* Pieces of known size are copied faster than a counted number of bytes. */
static inline void add_short(struct json *json, const char *text, size_t length)
{
	char *room = find_room(json, length + JSON_KEY_SLACK);

	if (!room) {
		add(json, text, length);
		return;
	}
	memcpy(room, text, JSON_KEY_SLACK);
	for (size_t at = JSON_KEY_SLACK; at < length; at += JSON_KEY_SLACK)
		memcpy(room + at, text + at, JSON_KEY_SLACK);
	json->out->length += length;
}

void json_member(struct json *json, const struct json_key *key)
{
	size_t skip = follows(json, '{'); /* the first of its object has no comma */

	add_short(json, key->text + skip, key->length - skip);
}

bool json_failed(const struct json *json)
{
	return json->error < 0;
}

void json_fail(struct json *json, int error)
{
	check(json, error);
}

size_t json_set_aside(struct json *json)
{
	size_t mark = json->out->length;

	add_byte(json, '{');
	return mark;
}

const char *json_take(struct json *json, size_t mark, size_t *ret_length)
{
	size_t end = json->out->length;

	json->out->length = mark;
	*ret_length = json->error == 0 ? end - mark - 1 : 0;
	return json->out->data + mark + 1;
}

void json_members(struct json *json, const char *text, size_t length)
{
	if (!follows(json, '{'))
		add_byte(json, ',');
	add(json, text, length);
}

void json_open(struct json *json, const struct json_key *key)
{
	json_member(json, key);
	add_byte(json, '{');
}

void json_close(struct json *json)
{
	add_byte(json, '}');
}

void json_open_in_list(struct json *json, const struct json_key *key)
{
	json_member(json, key);
	JSON_RAW(json, "[{");
}

void json_close_list(struct json *json)
{
	add_byte(json, ']');
}

/* The inside of a string. Hardly any text needs an escape. */
static void add_text(struct json *json, const char *text, size_t length, bool *ret_replaced)
{
	char *room = reserve(json, length);
	size_t plain;

	if (!room || length == 0)
		return;
	plain = utf8_copy_plain(room, text, length);
	json->out->length += plain;
	if (plain < length)
		check(json,
		      utf8_json_escape(json->out, text + plain, length - plain, ret_replaced));
}

void json_text(struct json *json, const char *text, size_t length, bool *ret_replaced)
{
	char *room = reserve(json, length + 2);
	size_t plain;

	if (!room)
		return;
	room[0] = '"';
	plain = utf8_copy_plain(room + 1, text, length);
	room[1 + plain] = '"';
	json->out->length += plain + 2;
	if (plain == length)
		return;
	json->out->length--;
	add_text(json, text + plain, length - plain, ret_replaced);
	add_byte(json, '"');
}

void json_joined(struct json *json, const char *parts, size_t length, bool *ret_replaced)
{
	const char *end = parts + length;

	add_byte(json, '"');
	for (const char *at = parts; at < end;) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));
		const char *stop = nul ? nul : end;

		add_text(json, at, (size_t)(stop - at), ret_replaced);
		if (nul)
			add_byte(json, ' ');
		at = stop + 1;
	}
	add_byte(json, '"');
}

void json_base64(struct json *json, const void *bytes, size_t length)
{
	size_t size = (length + 2) / 3 * 4;
	char *room;

	add_byte(json, '"');
	room = reserve(json, size + 1);
	if (!room)
		return;
	(void)EVP_EncodeBlock((unsigned char *)room, bytes, (int)length);
	json->out->length += size;
	add_byte(json, '"');
}

void json_number(struct json *json, uint64_t number)
{
	char digits[DIGITS_MAX];

	add(json, digits, digits_put(digits, number));
}

void json_raw(struct json *json, const char *value, size_t length)
{
	add(json, value, length);
}

void json_short(struct json *json, const char *text, size_t length)
{
	add_short(json, text, length);
}

void json_word(struct json *json, const char *word, size_t length)
{
	char *room = reserve(json, length + 2);

	if (!room)
		return;
	room[0] = '"';
	memcpy(room + 1, word, length);
	room[length + 1] = '"';
	json->out->length += length + 2;
}

void json_list_open(struct json *json)
{
	add_byte(json, '[');
}

void json_list_item(struct json *json)
{
	if (!follows(json, '['))
		add_byte(json, ',');
}

void json_list_close(struct json *json)
{
	add_byte(json, ']');
}
