/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of configuration files, made for each test and removed after it. */
#ifndef AUDITSHIP_TEST_CONFIG_H
#define AUDITSHIP_TEST_CONFIG_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/io.h"
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char told[256 * 1024]; /* faults of the last load, file names without the directory */
static struct err err;

static inline int make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/auditship-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int remove_dir(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of name below the directory, good until the eighth call after this one. */
static inline const char *in_dir(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static inline void put_bytes(const char *name, const char *data, size_t size, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, data, size, NULL), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static inline void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text), 0600);
}

static inline void make_drop_ins(void)
{
	assert_int_equal(mkdir(in_dir("conf.d"), 0755), 0);
}

static inline void keep_told(const struct buf *faults)
{
	size_t length = strlen(dir) + 1, used = 0;

	for (size_t i = 0; i < faults->length; i++) {
		bool named = faults->length - i > length &&
			     memcmp(faults->data + i, dir, length - 1) == 0;

		if (named)
			i += length;
		told[used++] = faults->data[i];
	}
	told[used] = '\0';
}

static inline int load(struct config *config, const char *name)
{
	struct buf faults;
	int result;

	buf_init(&faults, sizeof(told) - 1);
	err.text[0] = '\0';
	result = config_load(config, in_dir(name), &faults, &err);
	keep_told(&faults);
	assert_int_equal(result == -EINVAL, faults.length > 0);
	buf_done(&faults);
	return result;
}

static inline void loads(struct config *config, const char *name)
{
	int result = load(config, name);

	assert_string_equal(told, "");
	if (result < 0)
		print_error("%s\n", err.text);
	assert_int_equal(result, 0);
}

/* A file of that text is wrong, and these are all its faults. */
static inline void tells(const char *text, const char *wanted)
{
	struct config config;

	put("c.yaml", text);
	assert_int_equal(load(&config, "c.yaml"), -EINVAL);
	assert_string_equal(told, wanted);
}

#endif
