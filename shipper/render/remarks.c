/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the remarks on one document in arrays of fixed size and writes them as lists. Must not know
 * where in the document they stand.
 */
#include "render/remarks.h"

#include <string.h>

void remarks_clear(struct remarks *remarks)
{
	remarks->raw_count = remarks->raw_left_out = remarks->cut_count = 0;
}

void remarks_add_raw(struct remarks *remarks, const struct remark_raw *raw)
{
	if (remarks->raw_count == REMARKS_RAW_MAX)
		remarks->raw_left_out++;
	else
		remarks->raws[remarks->raw_count++] = *raw;
}

void remarks_add_cut(struct remarks *remarks, const char *path, const struct value *value)
{
	remarks->cuts[remarks->cut_count++] = (struct remark_cut){path, value->length, value->full};
}

static void write_raw(struct json *json, const struct remark_raw *raw)
{
	size_t length = raw->length < REMARKS_RAW_BYTES_MAX ? raw->length : REMARKS_RAW_BYTES_MAX;

	json_list_item(json);
	JSON_RAW(json, "{\"field\":");
	json_word(json, raw->path, strlen(raw->path));
	if (raw->index != REMARKS_WHOLE) {
		JSON_RAW(json, ",\"index\":");
		json_number(json, raw->index);
	}
	JSON_RAW(json, ",\"base64\":");
	json_base64(json, raw->bytes, length);
	if (length < raw->length) {
		JSON_RAW(json, ",\"total\":");
		json_number(json, raw->length);
	}
	JSON_RAW(json, "}");
}

void remarks_write_raws(const struct remarks *remarks, struct json *json)
{
	json_list_open(json);
	for (unsigned int i = 0; i < remarks->raw_count; i++)
		write_raw(json, &remarks->raws[i]);
	json_list_close(json);
}

static void write_cut(struct json *json, const struct remark_cut *cut)
{
	json_list_item(json);
	JSON_RAW(json, "{\"field\":");
	json_word(json, cut->path, strlen(cut->path));
	JSON_RAW(json, ",\"kept\":");
	json_number(json, cut->kept);
	if (cut->full != REC_FULL_UNKNOWN) {
		JSON_RAW(json, ",\"total\":");
		json_number(json, cut->full);
	}
	JSON_RAW(json, "}");
}

void remarks_write_cuts(const struct remarks *remarks, struct json *json)
{
	json_list_open(json);
	for (unsigned int i = 0; i < remarks->cut_count; i++)
		write_cut(json, &remarks->cuts[i]);
	json_list_close(json);
}
