/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzzers share. One program per target: fuzz_TOPIC.c has LLVMFuzzerTestOneInput; main is
 * libFuzzer's in the preset fuzz, and replay.c everywhere else.
 */
#ifndef AUDITSHIP_FUZZ_H
#define AUDITSHIP_FUZZ_H

#include "base/utf8.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yajl/yajl_tree.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

#define CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

/* Up to the first NUL, which it takes too; all when there is none. The length is in *ret_length. */
static inline const char *fuzz_take_text(const uint8_t **data, size_t *size, size_t *ret_length)
{
	const uint8_t *text = *data, *end = *size ? memchr(text, '\0', *size) : NULL;

	*ret_length = end ? (size_t)(end - text) : *size;
	*data += *ret_length + (end ? 1 : 0);
	*size -= *ret_length + (end ? 1 : 0);
	return (const char *)text;
}

/* A terminated copy on the heap, so that a byte too much is seen. */
static inline char *fuzz_copy(const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	CHECK(copy);
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

/* Nothing that a terminal would obey. */
static inline bool fuzz_is_printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '\x7f')
			return false;
	return utf8_is_valid(text, length);
}

/* One line of JSON, and its line feed. */
static inline void fuzz_check_json_line(const char *line, size_t length)
{
	char why[256] = "", *copy;
	yajl_val root;

	CHECK(length > 1 && line[length - 1] == '\n');
	CHECK(!memchr(line, '\n', length - 1));
	CHECK(utf8_is_valid(line, length));
	copy = fuzz_copy(line, length - 1);
	root = yajl_tree_parse(copy, why, sizeof(why));
	if (!root)
		fuzz_fail(copy, 0, why);
	yajl_tree_free(root);
	free(copy);
}

static inline int fuzz_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void fuzz_remove_tree(const char *path)
{
	(void)nftw(path, fuzz_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char fuzz_dir_path[256];

static inline void fuzz_remove_dir(void)
{
	fuzz_remove_tree(fuzz_dir_path);
}

/* Below TMPDIR or /tmp; made when it is asked for first, gone when the process ends well. */
static inline const char *fuzz_dir(void)
{
	const char *parent = getenv("TMPDIR");

	if (fuzz_dir_path[0] != '\0')
		return fuzz_dir_path;
	(void)snprintf(fuzz_dir_path, sizeof(fuzz_dir_path), "%s/auditship-fuzz-XXXXXX",
		       parent ? parent : "/tmp");
	CHECK(mkdtemp(fuzz_dir_path) && atexit(fuzz_remove_dir) == 0);
	return fuzz_dir_path;
}

static inline void fuzz_put(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK(size == 0 || write(fd, data, size) == (ssize_t)size);
	CHECK(close(fd) == 0);
}

#endif
