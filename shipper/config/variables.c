/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ${NAME}, ${NAME:-TEXT}, ${file:PATH} and $$. Knows nothing of options. No fault ever quotes what
 * a variable or a file holds.
 */
#include "config/variables.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/utf8.h"
#include "config/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ORIGIN_MAX 512

/* Of one file of the configuration. */
struct putting {
	int directory; /* of the file */
	const struct config_readable *readable;
	struct faults *faults;
	size_t bytes; /* of all values made so far */
};

/* Of one scalar. */
struct value {
	struct putting *putting;
	const struct yaml_node *node;
	struct buf text;
	struct buf origin;
	bool secret;
};

/* What stands between "${" and "}". */
struct reference {
	const char *text;
	size_t length;
};

static int refuse(const struct value *value, const struct reference *reference, const char *why)
{
	char quoted[FAULTS_QUOTE_SIZE];

	faults_add(value->putting->faults, value->node->place, "${%s} %s",
		   faults_quote(quoted, reference->text, reference->length), why);
	return -EINVAL;
}

static int refuse_dollar(const struct value *value)
{
	faults_add(value->putting->faults, value->node->place,
		   "a '$' begins a variable, such as ${NAME}: write $$ for a dollar");
	return -EINVAL;
}

static int add(struct value *value, const struct reference *reference, const char *text,
	       size_t length)
{
	int result = buf_add(&value->text, text, length);

	return result == -EMSGSIZE ? refuse(value, reference, "makes the value longer than 64 KiB")
				   : result;
}

/* Too many are told of as far as there is room. */
static void note_origin(struct value *value, const char *before, const struct reference *reference)
{
	(void)buf_printf(&value->origin, "%s%s${%.*s}", value->origin.length ? ", " : "", before,
			 (int)reference->length, reference->text);
}

static size_t name_length(const struct reference *reference)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
				      "0123456789";
	size_t length = 0;

	while (length < reference->length &&
	       memchr(letters, reference->text[length], sizeof(letters) - 1))
		length++;
	return length && reference->text[0] >= '0' && reference->text[0] <= '9' ? 0 : length;
}

static int put_variable(struct value *value, const struct reference *reference)
{
	struct reference name = {reference->text, name_length(reference)};
	const char *rest = name.text + name.length;
	size_t left = reference->length - name.length;
	_cleanup_free_ char *copy = strndup(name.text, name.length);
	const char *set;

	if (name.length == 0 || (left > 0 && (left < 2 || memcmp(rest, ":-", 2) != 0)))
		return refuse(value, reference,
			      "is no variable: give ${NAME}, ${NAME:-DEFAULT} or ${file:PATH}");
	if (memmem(rest, left, "${", 2))
		return refuse(value, reference, "holds another variable: a default is plain text");
	if (!copy)
		return -ENOMEM;
	set = getenv(copy);
	if (left > 0 && (!set || !*set)) {
		note_origin(value, "the default of ", &name);
		return add(value, reference, rest + 2, left - 2);
	}
	if (!set)
		return refuse(value, reference,
			      "is not set: set it in the environment of auditship, or give a "
			      "default: ${NAME:-DEFAULT}");
	if (!utf8_is_valid(set, strlen(set)))
		return refuse(value, reference, "is set to bytes that are not UTF-8");
	note_origin(value, "", &name);
	return add(value, reference, set, strlen(set));
}

static int read_secret(struct value *value, const struct reference *reference, int fd)
{
	_cleanup_free_ char *text = malloc(CONFIG_VALUE_MAX + 1);
	ssize_t size;

	if (!text)
		return -ENOMEM;
	size = io_pread_full(fd, text, CONFIG_VALUE_MAX + 1, 0);
	if (size < 0)
		return refuse(value, reference, "cannot be read");
	if (size > CONFIG_VALUE_MAX)
		return refuse(value, reference, "is larger than 64 KiB");
	if (memchr(text, '\0', (size_t)size) || !utf8_is_valid(text, (size_t)size))
		return refuse(value, reference, "is not UTF-8 text");
	if (size > 0 && text[size - 1] == '\n')
		size--;
	note_origin(value, "", reference);
	return add(value, reference, text, (size_t)size);
}

static int put_file(struct value *value, const struct reference *reference)
{
	const struct config_readable *readable = value->putting->readable;
	struct reference path = {reference->text + 5, reference->length - 5};
	char quoted[FAULTS_QUOTE_SIZE];
	_cleanup_free_ char *copy = strndup(path.text, path.length);
	_cleanup_close_ int fd = -1;
	struct stat st;
	struct err err;

	value->secret = true;
	if (!copy)
		return -ENOMEM;
	if (path.length == 0 || strlen(copy) != path.length)
		return refuse(value, reference, "names no file");
	(void)faults_quote(quoted, path.text, path.length);
	fd = config_open(value->putting->directory, copy, quoted, &st, &err);
	if (fd < 0) {
		faults_add(value->putting->faults, value->node->place, "%s", err.text);
		return -EINVAL;
	}
	if ((st.st_mode & S_IROTH) && readable->tell(readable->data, value->node->place, copy) < 0)
		return -ENOMEM;
	return read_secret(value, reference, fd);
}

/* at stands behind a dollar; returns where to go on, NULL with *ret_result set when it cannot. */
static const char *put_reference(struct value *value, const char *at, const char *end,
				 int *ret_result)
{
	static const struct reference dollar = {"$", 1};
	struct reference reference;
	const char *close;

	if (at < end && *at == '$') {
		*ret_result = add(value, &dollar, "$", 1);
		return at + 1;
	}
	if (at == end || *at != '{') {
		*ret_result = refuse_dollar(value);
		return end;
	}
	close = memchr(at, '}', (size_t)(end - at));
	reference = (struct reference){at + 1, (size_t)((close ? close : end) - at) - 1};
	if (!close)
		*ret_result = refuse(value, &reference, "has no end: its '}' is missing");
	else if (reference.length >= 5 && memcmp(reference.text, "file:", 5) == 0)
		*ret_result = put_file(value, &reference);
	else
		*ret_result = put_variable(value, &reference);
	return close ? close + 1 : end;
}

static int make_value(struct value *value)
{
	static const struct reference all = {"...", 3};
	const char *at = value->node->text.bytes, *end = at + value->node->text.length;
	int result = 0;

	while (at < end && result == 0) {
		const char *dollar = memchr(at, '$', (size_t)(end - at));
		size_t plain = (size_t)((dollar ? dollar : end) - at);

		result = add(value, &all, at, plain);
		at += plain;
		if (dollar && result == 0)
			at = put_reference(value, dollar + 1, end, &result);
	}
	value->putting->bytes += value->text.length;
	if (result == 0 && value->putting->bytes > CONFIG_VALUES_MAX) {
		faults_add(value->putting->faults, value->node->place,
			   "the values that variables make of this file are larger than 4 MiB");
		return -EINVAL;
	}
	return result;
}

/* The node takes what the value has; buf_add of a NUL byte ends the text. */
static int take_value(struct yaml_node *node, struct value *value)
{
	if (buf_add(&value->origin, "", 1) < 0 || buf_add(&value->text, "", 1) < 0)
		return -ENOMEM;
	free(node->text.bytes);
	node->text = (struct yaml_text){value->text.data, value->text.length - 1};
	value->text.data = NULL;
	node->secret = value->secret;
	if (value->origin.length > 1) {
		node->variables = value->origin.data;
		value->origin.data = NULL;
	}
	return 0;
}

static int put_in_scalar(struct putting *putting, struct yaml_node *node)
{
	struct value value = {.putting = putting, .node = node};
	int result;

	if (node->text.length == 0 || !memchr(node->text.bytes, '$', node->text.length))
		return 0;
	if (putting->bytes > CONFIG_VALUES_MAX) { /* told once is enough; nothing more is read */
		node->type = YAML_REFUSED;
		return 0;
	}
	buf_init(&value.text, CONFIG_VALUE_MAX);
	buf_init(&value.origin, ORIGIN_MAX);
	result = make_value(&value);
	value.text.limit++;
	value.origin.limit++;
	if (result == 0)
		result = take_value(node, &value);
	else if (result == -EINVAL)
		node->type = YAML_REFUSED;
	buf_done(&value.text);
	buf_done(&value.origin);
	return result == -ENOMEM ? result : 0;
}

/* As deep as YAML_MAX_DEPTH. */
static int put_below(struct putting *putting, struct yaml_node *node)
{
	int result = node->type == YAML_SCALAR ? put_in_scalar(putting, node) : 0;

	for (struct yaml_node *at = node->first; at && result == 0; at = at->next)
		result = put_below(putting, at);
	return result;
}

int config_variables_put(struct yaml_node *root, const char *file,
			 const struct config_readable *readable, struct faults *faults)
{
	const char *slash = strrchr(file, '/');
	_cleanup_free_ char *directory =
		slash ? strndup(file, (size_t)(slash - file) + 1) : strdup("./");
	_cleanup_close_ int fd = -1;
	struct putting putting = {.readable = readable, .faults = faults};

	if (!directory)
		return -ENOMEM;
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	putting.directory = fd;
	return put_below(&putting, root);
}
