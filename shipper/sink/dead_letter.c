/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the file of dead letters and its predecessor. Must not know why an event is dead, nor what
 * the text of one means.
 */
#include "sink/dead_letter.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/uuid.h"
#include "render/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_SIZE (32u * 1024 * 1024) /* a message of 4 MiB, each byte of it escaped */
#define BLOCK_SIZE 4096

struct dead_letter {
	char *path;
	char *older; /* path with .1 */
	char *sink;
	uint64_t max_bytes;
	struct json *json;
	struct buf line;
};

int dead_letter_new(struct dead_letter **ret_letters, const char *path, const char *sink,
		    uint64_t max_bytes)
{
	struct dead_letter *letters = calloc(1, sizeof(*letters));

	if (!letters)
		return -ENOMEM;
	letters->max_bytes = max_bytes;
	buf_init(&letters->line, LINE_MAX_SIZE);
	letters->path = strdup(path);
	letters->sink = strdup(sink);
	if (asprintf(&letters->older, "%s.1", path) < 0)
		letters->older = NULL;
	if (!letters->path || !letters->sink || !letters->older ||
	    json_new(&letters->json, LINE_MAX_SIZE) < 0) {
		dead_letter_free(letters);
		return -ENOMEM;
	}
	*ret_letters = letters;
	return 0;
}

void dead_letter_free(struct dead_letter *letters)
{
	if (!letters)
		return;
	json_free(letters->json);
	buf_done(&letters->line);
	free(letters->path);
	free(letters->older);
	free(letters->sink);
	free(letters);
}

static int write_line(struct dead_letter *letters, const struct feed_dead *dead)
{
	struct json *json = letters->json;
	char id[UUID_TEXT_SIZE + 24], now[CLOCK_UTC_SIZE];
	bool replaced = false;

	uuid_format(id, dead->stream);
	(void)snprintf(id + UUID_TEXT_SIZE - 1, sizeof(id) - UUID_TEXT_SIZE + 1, ":%" PRIu64,
		       dead->sequence);
	clock_format_utc(now, clock_real_ns());
	buf_clear(&letters->line);
	json_begin(json, &letters->line);
	json_member(json, JSON_KEY("reason"));
	json_text(json, dead->why, strlen(dead->why), &replaced);
	json_member(json, JSON_KEY("sink"));
	json_text(json, letters->sink, strlen(letters->sink), &replaced);
	json_member(json, JSON_KEY("@timestamp"));
	json_word(json, now, strlen(now));
	if (dead->events > 1) {
		json_member(json, JSON_KEY("count"));
		json_number(json, dead->events);
	}
	json_open(json, JSON_KEY("event"));
	json_member(json, JSON_KEY("id"));
	json_word(json, id, strlen(id));
	json_close(json);
	if (dead->text) {
		json_member(json, JSON_KEY("message"));
		json_text(json, dead->text, dead->size, &replaced);
	}
	return json_end(json);
}

static int make_directory(const char *path)
{
	return io_make_dirs(path, 0700);
}

static int with_directory(char *path, int (*do_it)(const char *directory))
{
	char *slash = strrchr(path, '/');
	int result;

	if (!slash || slash == path)
		return 0;
	*slash = '\0';
	result = do_it(path);
	*slash = '/';
	return result;
}

static int open_file(struct dead_letter *letters, struct stat *ret_st)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int result = with_directory(letters->path, make_directory);
	int fd;

	if (result < 0)
		return result;
	fd = open(letters->path, flags, 0600);
	if (fd < 0)
		return -errno;
	result = fstat(fd, ret_st) < 0 ? -errno : S_ISREG(ret_st->st_mode) ? 0 : -EINVAL;
	if (result < 0)
		(void)close(fd);
	return result < 0 ? result : fd;
}

/* Where the last whole line ends: behind it stands what a power loss has left of another one. */
static off_t end_of_lines(int fd, off_t size)
{
	char block[BLOCK_SIZE];

	while (size > 0) {
		off_t start = size > BLOCK_SIZE ? size - BLOCK_SIZE : 0;
		ssize_t n = io_pread_full(fd, block, (size_t)(size - start), start);
		const char *found = n > 0 ? memrchr(block, '\n', (size_t)n) : NULL;

		if (n < 0)
			return n;
		if (found)
			return start + (found + 1 - block);
		size = start;
	}
	return 0;
}

static int append(const struct dead_letter *letters, int fd, off_t size)
{
	off_t end = end_of_lines(fd, size);
	size_t written = 0;
	int result;

	if (end < 0)
		return (int)end;
	if (end < size && ftruncate(fd, end) < 0)
		return -errno;
	result = io_write_all(fd, letters->line.data, letters->line.length, &written);
	if (result < 0 && written > 0 && ftruncate(fd, end) < 0)
		return -errno;
	return result;
}

/* The cursor passes the event on disk, so the letter has to be there first. */
static int sync_letter(const struct dead_letter *letters, int fd, bool is_new)
{
	if (fdatasync(fd) < 0)
		return -errno;
	return is_new ? with_directory(letters->path, io_sync_dir) : 0;
}

static int add(struct dead_letter *letters, const struct feed_dead *dead)
{
	struct stat st;
	int result = write_line(letters, dead);
	int fd;

	if (result < 0)
		return result;
	fd = open_file(letters, &st);
	if (fd >= 0 && st.st_size > 0 &&
	    (uint64_t)st.st_size + letters->line.length > letters->max_bytes) {
		(void)close(fd);
		if (rename(letters->path, letters->older) < 0)
			return -errno;
		fd = open_file(letters, &st);
	}
	if (fd < 0)
		return fd;
	result = append(letters, fd, st.st_size);
	if (result == 0)
		result = sync_letter(letters, fd, st.st_size == 0);
	(void)close(fd);
	return result;
}

int dead_letter_add(struct dead_letter *letters, const struct feed_dead *dead, struct err *err)
{
	int result = add(letters, dead);

	if (result == 0)
		return 0;
	errno = -result;
	return err_set(err, result, "%s: cannot keep a dead letter: %m", letters->path);
}
