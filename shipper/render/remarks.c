/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the remarks on one document in arrays of fixed size and writes them as lists. Must not know
 * where in the document they stand.
 */
#include "render/remarks.h"

#include <openssl/evp.h>
#include <string.h>

#define HASH_SIZE 32 /* of SHA-256 */

const struct leaf remarks_raw_leaves[] = {
	{
		.path = "Linux.raw[].field",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.doc = "Path of a text that was not UTF-8.",
	},
	{
		.path = "Linux.raw[].index",
		.type = FIELD_NUMBER,
		.doc = "Position in the list at that path, from 0; absent for a single text.",
	},
	{
		.path = "Linux.raw[].base64",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.pattern = "^[A-Za-z0-9+/]+={0,2}$",
		.doc = "The bytes as they were.",
	},
	{
		.path = "Linux.raw[].total",
		.type = FIELD_NUMBER,
		.doc = "How many bytes there were, when base64 has not all of them.",
	},
	{},
};

const struct leaf remarks_left_out_leaf[] = {
	{
		.path = "Linux.raw_left_out",
		.type = FIELD_NUMBER,
		.doc = "How many more texts were not UTF-8 than Linux.raw has room for.",
	},
	{},
};

const struct leaf remarks_cut_leaves[] = {
	{
		.path = "Linux.truncated[].field",
		.type = FIELD_STRING,
		.flags = FIELD_REQUIRED,
		.doc = "Path of a value that is not whole.",
	},
	{
		.path = "Linux.truncated[].kept",
		.type = FIELD_NUMBER,
		.flags = FIELD_REQUIRED,
		.doc = "Bytes that were kept.",
	},
	{
		.path = "Linux.truncated[].total",
		.type = FIELD_NUMBER,
		.doc = "Bytes there were; absent when nobody knows.",
	},
	{
		.path = "Linux.truncated[].sha256",
		.type = FIELD_STRING,
		.pattern = "^[0-9a-f]{64}$",
		.doc = "When more was recorded and it was cut to fit this place: SHA-256 of what "
		       "was recorded, each item of a list with a NUL behind it.",
	},
	{},
};

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
	remarks->cuts[remarks->cut_count++] = (struct remark_cut){
		.path = path,
		.kept = value->length,
		.full = value->full,
		.before = value->before,
	};
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

static void write_hash(struct json *json, const struct event_cut *before)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[2 * HASH_SIZE];
	unsigned int size;

	if (EVP_Digest(before->bytes, before->size, hash, &size, EVP_sha256(), NULL) != 1 ||
	    size != HASH_SIZE)
		return;
	for (size_t i = 0; i < HASH_SIZE; i++) {
		text[2 * i] = digits[hash[i] >> 4];
		text[2 * i + 1] = digits[hash[i] & 15];
	}
	JSON_RAW(json, ",\"sha256\":");
	json_word(json, text, sizeof(text));
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
	if (cut->before)
		write_hash(json, cut->before);
	JSON_RAW(json, "}");
}

void remarks_write_cuts(const struct remarks *remarks, struct json *json)
{
	json_list_open(json);
	for (unsigned int i = 0; i < remarks->cut_count; i++)
		write_cut(json, &remarks->cuts[i]);
	json_list_close(json);
}
