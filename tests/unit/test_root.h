/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of the test that stands for the root of a host, and the files in it. */
#ifndef AUDITSHIP_TEST_ROOT_H
#define AUDITSHIP_TEST_ROOT_H

#include "base/io.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

/* Good until the second call after this one. */
static inline const char *path_of(const char *name)
{
	static char paths[2][256];
	static unsigned int next;
	char *path = paths[next++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static inline void write_file(const char *name, const void *data, size_t size)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, data, size, NULL), 0);
	assert_int_equal(close(fd), 0);
}

static inline void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

/* folders ends with NULL. */
static inline int make_root_with(const char *const *folders)
{
	(void)snprintf(root, sizeof(root), "/tmp/auditship-root-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	for (; *folders; folders++)
		if (io_make_dirs(path_of(*folders), 0700) < 0)
			return -1;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static inline int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
