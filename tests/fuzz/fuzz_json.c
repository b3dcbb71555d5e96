/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a text of JSON: what comes out is UTF-8 and JSON, and says what went in: all of it
 * when it was UTF-8, else with U+FFFD for what was not.
 */
#include "fuzz.h"
#include "render/json.h"

#include <yajl/yajl_parse.h>

struct found {
	size_t texts;
	char *bytes[2];
	size_t lengths[2];
};

static int on_text(void *data, const unsigned char *text, size_t length)
{
	struct found *found = data;

	CHECK(found->texts < 2);
	found->bytes[found->texts] = fuzz_copy(text, length);
	found->lengths[found->texts++] = length;
	return 1;
}

static void read_back(const struct buf *line, struct found *found)
{
	static const yajl_callbacks callbacks = {.yajl_string = on_text};
	yajl_handle parser = yajl_alloc(&callbacks, NULL, found);

	CHECK(parser);
	CHECK(yajl_parse(parser, (const unsigned char *)line->data, line->length) ==
	      yajl_status_ok);
	CHECK(yajl_complete_parse(parser) == yajl_status_ok);
	yajl_free(parser);
}

/* The text with a U+FFFD for each part that is no character. */
static void replace(struct buf *out, const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		bool valid = false;
		size_t bytes = utf8_next(text + at, length - at, &valid);

		CHECK(bytes >= 1 && bytes <= 4 && bytes <= length - at);
		CHECK(buf_add(out, valid ? text + at : "\xef\xbf\xbd", valid ? bytes : 3) == 0);
		at += bytes;
	}
}

static void check_text(const struct found *found, const char *text, size_t length, bool replaced)
{
	struct buf wanted;

	buf_init(&wanted, 4 * length + 16);
	replace(&wanted, text, length);
	CHECK(found->lengths[0] == wanted.length);
	CHECK(length == 0 || memcmp(found->bytes[0], wanted.data, wanted.length) == 0);
	CHECK(replaced == !utf8_is_valid(text, length));
	CHECK(replaced || found->lengths[0] == length);
	buf_done(&wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	bool replaced = false, parts_replaced = false;
	struct found found = {0};
	struct json *json;
	struct buf out;

	text = realloc(text, size ? size : 1); /* it is not terminated */
	buf_init(&out, 16 * size + 1024);
	CHECK(json_new(&json, 16 * size + 1024) == 0);
	json_begin(json, &out);
	json_member(json, JSON_KEY("text"));
	json_text(json, text, size, &replaced);
	json_member(json, JSON_KEY("parts"));
	json_joined(json, text, size, &parts_replaced);
	CHECK(json_end(json) == 0);
	fuzz_check_json_line(out.data, out.length);
	read_back(&out, &found);
	CHECK(found.texts == 2);
	check_text(&found, text, size, replaced);
	CHECK(utf8_trim_cut(text, size) <= size && size - utf8_trim_cut(text, size) <= 3);
	for (size_t i = 0; i < found.texts; i++)
		free(found.bytes[i]);
	json_free(json);
	buf_done(&out);
	free(text);
	return 0;
}
