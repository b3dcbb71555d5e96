/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration given as text, and the faults that are told of it. */
#ifndef AUDITSHIP_TEST_CONFIG_TEXT_H
#define AUDITSHIP_TEST_CONFIG_TEXT_H

#include "base/io.h"
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static char file[128];        /* below dir */
static char told[256 * 1024]; /* fault lines of the last load, without "FILE:" */
static struct err err;

static inline int make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/auditship-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/c.yaml", dir);
	return 0;
}

static inline int remove_dir(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(dir);
}

static inline void write_file(const char *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, data, size, NULL), 0);
	assert_int_equal(close(fd), 0);
}

/* Keeps the faults in told, without the name of the file before each. */
static inline void keep_faults(const struct buf *faults)
{
	size_t prefix = strlen(file) + 1, used = 0;

	for (size_t at = 0; at < faults->length;) {
		const char *line = faults->data + at;
		const char *end = memchr(line, '\n', faults->length - at);
		size_t length = (size_t)(end - line) + 1;

		assert_non_null(end);
		assert_true(length > prefix);
		assert_memory_equal(line, file, prefix - 1);
		memcpy(told + used, line + prefix, length - prefix);
		used += length - prefix;
		at += length;
	}
	told[used] = '\0';
}

static inline int load_bytes(struct config *config, const char *data, size_t size)
{
	struct buf faults;
	int result;

	write_file(data, size);
	buf_init(&faults, sizeof(told) - 1);
	err.text[0] = '\0';
	result = config_load(config, file, &faults, &err);
	keep_faults(&faults);
	assert_int_equal(result == -EINVAL, faults.length > 0);
	buf_done(&faults);
	return result;
}

/* Whatever this host has in /etc. */
static inline int load_defaults(struct config *config)
{
	return config_load_optional(config, "/nowhere/auditship.yaml", NULL, &err);
}

static inline void is_good(struct config *config, const char *text)
{
	int result = load_bytes(config, text, strlen(text));

	assert_string_equal(told, "");
	assert_int_equal(result, 0);
}

/* The file is wrong, and these are all its faults. */
static inline void tells(const char *text, const char *wanted)
{
	struct config config;

	assert_int_equal(load_bytes(&config, text, strlen(text)), -EINVAL);
	assert_string_equal(told, wanted);
	assert_null(config.sinks);
	assert_null(config.agent.state_dir);
}

#endif
