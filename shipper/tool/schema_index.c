/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The composable index template: a type for every field, so that an index never guesses one. Knows
 * no field; what a type is called there is schema_type.c's.
 */
#include "tool/schema.h"
#include "tool/schema_fields.h"
#include "tool/schema_out.h"
#include "tool/schema_type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 128

static void write_type(struct schema_out *out, const char *key, const struct leaf *leaf)
{
	const char *type = schema_index_type(leaf);
	bool keyword = strcmp(type, "keyword") == 0;
	char text[160];

	/* What is longer is kept, but a search does not find it: as ECS has it. */
	(void)snprintf(text, sizeof(text), "{\"type\": \"%s\"%s}", type,
		       keyword ? ", \"ignore_above\": 1024" : "");
	schema_literal(out, key, text);
}

/* fields[from..to) have the same first `prefix` bytes. As deep as paths are. */
static void write_object(struct schema_out *out, const struct schema_field *fields, int from,
			 int to, size_t prefix)
{
	schema_open(out, "properties", '{');
	for (int at = from; at < to;) {
		const char *path = fields[at].leaf.path;
		size_t length = strcspn(path + prefix, ".[");
		size_t inside = prefix + strcspn(path + prefix, ".") + 1;
		char key[NAME_MAX_BYTES];
		int end = at;

		(void)snprintf(key, sizeof(key), "%.*s", (int)length, path + prefix);
		if (path[inside - 1] == '\0') {
			write_type(out, key, &fields[at++].leaf);
			continue;
		}
		while (end < to && strncmp(fields[end].leaf.path, path, inside) == 0)
			end++;
		schema_open(out, key, '{');
		write_object(out, fields, at, end, inside);
		schema_close(out, '}');
		at = end;
	}
	schema_close(out, '}');
}

static void write_template(struct schema_out *out, const struct schema_field *fields, int count)
{
	schema_open(out, NULL, '{');
	schema_literal(out, "index_patterns", "[\"logs-auditship.*\"]");
	schema_literal(out, "data_stream", "{}");
	schema_number(out, "priority", 200);
	schema_literal(out, "_meta",
		       "{\"description\": \"Events of auditship. Generated from its field "
		       "tables.\", \"schema\": \"" SCHEMA_ID_EVENT "\", \"ecs\": \"" ECS_VERSION
		       "\"}");
	schema_open(out, "template", '{');
	/* Fields of a later version stay in _source and wait for its template. */
	schema_literal(out, "settings",
		       "{\"index\": {\"mapping\": {\"total_fields\": {\"limit\": "
		       "1000}}}}");
	schema_open(out, "mappings", '{');
	schema_literal(out, "dynamic", "false");
	schema_literal(out, "date_detection", "false");
	write_object(out, fields, 0, count, 0);
	schema_close(out, '}');
	schema_close(out, '}');
	schema_close(out, '}');
}

int schema_index(struct buf *buf, struct err *err)
{
	struct schema_out out = {.buf = buf};
	struct schema_field *fields;
	int count = schema_fields_collect(&fields, err);

	if (count < 0)
		return count;
	write_template(&out, fields, count);
	free(fields);
	return out.error < 0 ? err_set(err, out.error, "the index template is too large") : 0;
}
