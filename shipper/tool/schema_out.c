/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout: one member per line, two spaces per level. Knows nothing of what is written. */
#include "tool/schema_out.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct schema_out *out, const char *text, size_t length)
{
	int result = out->error < 0 ? 0 : buf_add(out->buf, text, length);

	if (result < 0)
		out->error = result;
}

void schema_quote(struct schema_out *out, const char *text, size_t length)
{
	bool replaced;
	int result;

	add(out, "\"", 1);
	result = out->error < 0 ? 0 : utf8_json_escape(out->buf, text, length, &replaced);
	if (result < 0)
		out->error = result;
	add(out, "\"", 1);
}

static void new_line(struct schema_out *out)
{
	add(out, "\n", 1);
	for (unsigned int i = 0; i < out->depth; i++)
		add(out, "  ", 2);
}

static void start(struct schema_out *out, const char *key)
{
	if (out->filled)
		add(out, ",", 1);
	if (out->depth > 0)
		new_line(out);
	out->filled = true;
	if (!key)
		return;
	schema_quote(out, key, strlen(key));
	add(out, ": ", 2);
}

void schema_open(struct schema_out *out, const char *key, char bracket)
{
	start(out, key);
	add(out, &bracket, 1);
	out->depth++;
	out->filled = false;
}

void schema_close(struct schema_out *out, char bracket)
{
	out->depth--;
	if (out->filled)
		new_line(out);
	add(out, &bracket, 1);
	out->filled = true;
	if (out->depth == 0)
		add(out, "\n", 1);
}

void schema_text(struct schema_out *out, const char *key, const char *text)
{
	start(out, key);
	schema_quote(out, text, strlen(text));
}

void schema_number(struct schema_out *out, const char *key, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	schema_raw(out, key, digits, (size_t)length);
}

void schema_raw(struct schema_out *out, const char *key, const char *json, size_t length)
{
	start(out, key);
	add(out, json, length);
}

void schema_literal(struct schema_out *out, const char *key, const char *json)
{
	schema_raw(out, key, json, strlen(json));
}
