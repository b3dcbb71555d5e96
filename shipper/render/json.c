/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only file that knows yajl's generator. Members of one object are gathered in run and handed
 * over as the first one's key and a "number" that holds all the rest: yajl_gen_number writes its
 * bytes as they are. Knows nothing of events.
 */
#include "render/json.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <yajl/yajl_gen.h>

struct json {
	yajl_gen yajl;
	struct buf *out;     /* borrowed from json_begin to json_end */
	size_t start;        /* out's length at json_begin */
	struct buf run;      /* members of the present object that yajl has not seen */
	struct json_key key; /* of the first of them; text NULL: there are none */
	bool first_item;     /* of the list that is open */
	int error;           /* the first one since json_begin */
};

static void check(struct json *json, int result)
{
	if (result < 0 && json->error == 0)
		json->error = result;
}

/* Most pieces are a few bytes long and find room. */
static inline void append(struct json *json, struct buf *out, const char *text, size_t length)
{
	if (length >= out->size - out->length) {
		check(json, buf_add(out, text, length));
		return;
	}
	memcpy(out->data + out->length, text, length);
	out->length += length;
}

static void check_yajl(struct json *json, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		check(json, -EMSGSIZE);
}

static void on_print(void *context, const char *text, size_t length)
{
	struct json *json = context;

	append(json, json->out, text, length);
}

int json_new(struct json **ret_json, size_t limit)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		return -ENOMEM;
	buf_init(&json->run, limit);
	json->yajl = yajl_gen_alloc(NULL);
	if (!json->yajl) {
		json_free(json);
		return -ENOMEM;
	}
	(void)yajl_gen_config(json->yajl, yajl_gen_print_callback, on_print, json);
	*ret_json = json;
	return 0;
}

void json_free(struct json *json)
{
	if (!json)
		return;
	if (json->yajl)
		yajl_gen_free(json->yajl);
	buf_done(&json->run);
	free(json);
}

static void write_key(struct json *json, const struct json_key *key)
{
	const char *name = key->text + strlen(",\"");
	size_t length = key->length - strlen(",\"\":");

	check_yajl(json, yajl_gen_string(json->yajl, (const unsigned char *)name, length));
}

static void flush(struct json *json)
{
	if (!json->key.text)
		return;
	write_key(json, &json->key);
	check_yajl(json, yajl_gen_number(json->yajl, json->run.data, json->run.length));
	json->key.text = NULL;
	buf_clear(&json->run);
}

void json_begin(struct json *json, struct buf *out)
{
	json->out = out;
	json->start = out->length;
	json->error = 0;
	json->key.text = NULL;
	buf_clear(&json->run);
	yajl_gen_reset(json->yajl, NULL);
	check_yajl(json, yajl_gen_map_open(json->yajl));
}

int json_end(struct json *json)
{
	json_close(json);
	check(json, buf_add(json->out, "\n", 1));
	if (json->error < 0)
		json->out->length = json->start;
	json->out = NULL;
	return json->error;
}

void json_open(struct json *json, const struct json_key *key)
{
	flush(json);
	write_key(json, key);
	check_yajl(json, yajl_gen_map_open(json->yajl));
}

void json_close(struct json *json)
{
	flush(json);
	check_yajl(json, yajl_gen_map_close(json->yajl));
}

void json_open_in_list(struct json *json, const struct json_key *key)
{
	flush(json);
	write_key(json, key);
	check_yajl(json, yajl_gen_array_open(json->yajl));
	check_yajl(json, yajl_gen_map_open(json->yajl));
}

void json_close_list(struct json *json)
{
	check_yajl(json, yajl_gen_array_close(json->yajl));
}

static inline void add(struct json *json, const char *text, size_t length)
{
	append(json, &json->run, text, length);
}

void json_member(struct json *json, const struct json_key *key)
{
	if (json->key.text)
		add(json, key->text, key->length);
	else
		json->key = *key;
}

void json_text(struct json *json, const char *text, size_t length, bool *ret_replaced)
{
	add(json, "\"", 1);
	check(json, utf8_json_escape(&json->run, text, length, ret_replaced));
	add(json, "\"", 1);
}

void json_joined(struct json *json, const char *parts, size_t length, bool *ret_replaced)
{
	const char *end = parts + length;

	add(json, "\"", 1);
	for (const char *at = parts; at < end;) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));
		const char *stop = nul ? nul : end;

		check(json, utf8_json_escape(&json->run, at, (size_t)(stop - at), ret_replaced));
		if (nul)
			add(json, " ", 1);
		at = stop + 1;
	}
	add(json, "\"", 1);
}

void json_base64(struct json *json, const void *bytes, size_t length)
{
	size_t size = (length + 2) / 3 * 4;
	char *room;

	add(json, "\"", 1);
	room = buf_reserve(&json->run, size + 1);
	if (!room) {
		check(json, -EMSGSIZE);
		return;
	}
	(void)EVP_EncodeBlock((unsigned char *)room, bytes, (int)length);
	json->run.length += size;
	add(json, "\"", 1);
}

void json_number(struct json *json, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	add(json, digits + at, sizeof(digits) - at);
}

void json_raw(struct json *json, const char *value, size_t length)
{
	add(json, value, length);
}

void json_word(struct json *json, const char *word, size_t length)
{
	add(json, "\"", 1);
	add(json, word, length);
	add(json, "\"", 1);
}

void json_list_open(struct json *json)
{
	add(json, "[", 1);
	json->first_item = true;
}

void json_list_item(struct json *json)
{
	if (!json->first_item)
		add(json, ",", 1);
	json->first_item = false;
}

void json_list_close(struct json *json)
{
	add(json, "]", 1);
}
