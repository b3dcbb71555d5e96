/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the tree that are made from tables. UPDATE=1 in the environment writes them anew;
 * whoever does so reviews the difference.
 */
#ifndef AUDITSHIP_TEST_COMMITTED_H
#define AUDITSHIP_TEST_COMMITTED_H

#include "base/buf.h"
#include "base/io.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMITTED_MAX_BYTES (8 * 1024 * 1024)

static inline bool is_update(void)
{
	const char *update = getenv("UPDATE");

	return update && strcmp(update, "1") == 0;
}

static inline void read_committed(const char *name, char **ret_text, size_t *ret_size)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_SOURCE_DIR, name);
	if (io_read_file(AT_FDCWD, path, COMMITTED_MAX_BYTES, ret_text, ret_size) < 0)
		fail_msg("%s cannot be read", name);
}

static inline void write_committed(const char *name, const struct buf *out)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_SOURCE_DIR, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, out->data, out->length, NULL), 0);
	assert_int_equal(close(fd), 0);
}

/* The file is what the test has made, or becomes it. */
static inline void is_current(const char *name, const struct buf *out)
{
	char *committed;
	size_t size;

	if (is_update())
		write_committed(name, out);
	read_committed(name, &committed, &size);
	if (size != out->length || memcmp(committed, out->data, size) != 0)
		fail_msg("%s is not what the tables say: UPDATE=1 writes it anew", name);
	free(committed);
}

#endif
