/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only reader of JSON: yajl's tree parser behind bounds of our own, because the tree costs
 * many times the text and is freed by recursion. Knows nothing of what the documents mean.
 */
#include "base/json_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

struct json_read {
	yajl_val root;
};

/* Returns where the string that opens at at ends (its closing quote), NULL when it does not end or
 * holds an escaped NUL. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++) {
		if (*at != '\\')
			continue;
		if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
			return NULL;
		at++;
	}
	return at < end ? at : NULL;
}

/* Counts at least as much nesting and as many values as the parser will find; whether the text is
 * JSON is the parser's question. */
static int check_bounds(const char *text, size_t length, struct err *err)
{
	const char *end = text + length;
	size_t depth = 0, values = 1;

	for (const char *at = text; at < end; at++) {
		if (*at == '"') {
			at = string_end(at, end);
			if (!at)
				return err_set(err, -EBADMSG, "a string does not end or holds NUL");
		} else if (*at == '[' || *at == '{') {
			depth++;
			values++;
		} else if (*at == ']' || *at == '}') {
			depth -= depth > 0;
		} else if (*at == ',' || *at == ':') {
			values++;
		} else if (*at == '\0' || *at == '/') {
			return err_set(err, -EBADMSG, "not JSON");
		}
		if (depth > JSON_READ_MAX_DEPTH)
			return err_set(err, -EFBIG, "nested deeper than %d", JSON_READ_MAX_DEPTH);
		if (values > JSON_READ_MAX_VALUES)
			return err_set(err, -EFBIG, "more than %u values", JSON_READ_MAX_VALUES);
	}
	return 0;
}

/* yajl appends a rendering of the text to its messages: a line each, of which the first says it. */
static int parse(struct json_read *document, const char *text, struct err *err)
{
	char story[256];

	document->root = yajl_tree_parse(text, story, sizeof(story));
	if (document->root)
		return 0;
	story[strcspn(story, "\n")] = '\0';
	return err_set(err, -EBADMSG, "%s", story[0] ? story : "not JSON");
}

int json_read_new(struct json_read **ret_document, const char *text, size_t length, struct err *err)
{
	struct json_read *document;
	char *copy;
	int result;

	if (length > JSON_READ_MAX_SIZE)
		return err_set(err, -EFBIG, "longer than %u bytes", JSON_READ_MAX_SIZE);
	result = check_bounds(text, length, err);
	if (result < 0)
		return result;
	document = calloc(1, sizeof(*document));
	copy = strndup(text, length);
	if (document && copy)
		result = parse(document, copy, err);
	else
		result = err_set(err, -ENOMEM, "out of memory");
	free(copy);
	if (result < 0) {
		free(document);
		return result;
	}
	*ret_document = document;
	return 0;
}

void json_read_free(struct json_read *document)
{
	if (!document)
		return;
	yajl_tree_free(document->root);
	free(document);
}

static yajl_val find(yajl_val value, const char *path);

static yajl_val find_item(yajl_val list, const char *path)
{
	size_t index = 0;

	if (*path < '0' || *path > '9')
		return NULL;
	for (; *path >= '0' && *path <= '9' && index < list->u.array.len; path++)
		index = index * 10 + (size_t)(*path - '0');
	if (index >= list->u.array.len || (*path != '\0' && *path != '.'))
		return NULL;
	return *path ? find(list->u.array.values[index], path + 1) : list->u.array.values[index];
}

/* Every value is looked at once at most (its keys say how much of path is used up when it is
 * reached), and the depth is bounded by the parse. */
static yajl_val find(yajl_val value, const char *path)
{
	if (YAJL_IS_ARRAY(value))
		return find_item(value, path);
	if (!YAJL_IS_OBJECT(value))
		return NULL;
	for (size_t i = 0; i < value->u.object.len; i++) {
		const char *key = value->u.object.keys[i];
		size_t length = strlen(key);
		yajl_val found = NULL;

		if (strncmp(path, key, length) != 0)
			continue;
		if (path[length] == '\0')
			found = value->u.object.values[i];
		else if (path[length] == '.')
			found = find(value->u.object.values[i], path + length + 1);
		if (found)
			return found;
	}
	return NULL;
}

static yajl_val at_path(const struct json_read *document, const char *path)
{
	return *path ? find(document->root, path) : document->root;
}

const char *json_read_member(const struct json_read *document, const char *path, size_t index,
			     const char **ret_value)
{
	yajl_val value = at_path(document, path);

	*ret_value = NULL;
	if (!YAJL_IS_OBJECT(value) || index >= value->u.object.len)
		return NULL;
	*ret_value = YAJL_GET_STRING(value->u.object.values[index]);
	return value->u.object.keys[index];
}

const char *json_read_string(const struct json_read *document, const char *path)
{
	return YAJL_GET_STRING(find(document->root, path));
}

int json_read_number(const struct json_read *document, const char *path, int64_t *ret_number)
{
	yajl_val value = find(document->root, path);

	if (!value)
		return -ENOENT;
	if (!YAJL_IS_INTEGER(value))
		return -EINVAL;
	*ret_number = YAJL_GET_INTEGER(value);
	return 0;
}

const char *json_read_item(const struct json_read *document, const char *path, size_t index)
{
	yajl_val value = find(document->root, path);

	if (YAJL_IS_ARRAY(value))
		value = index < value->u.array.len ? value->u.array.values[index] : NULL;
	else if (index > 0)
		return NULL;
	if (YAJL_IS_TRUE(value))
		return "true";
	if (YAJL_IS_FALSE(value))
		return "false";
	if (YAJL_IS_NUMBER(value))
		return YAJL_GET_NUMBER(value);
	return YAJL_GET_STRING(value);
}

size_t json_read_count(const struct json_read *document, const char *path)
{
	yajl_val value = at_path(document, path);

	return YAJL_IS_ARRAY(value) ? value->u.array.len : 0;
}

bool json_read_is_true(const struct json_read *document, const char *path)
{
	return YAJL_IS_TRUE(find(document->root, path));
}
