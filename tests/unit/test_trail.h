/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trail in a directory of its own, somebody who delivers to it as the engine does, and the
 * oracle: all files in the order of their names, unpacked by the tools that people use.
 */
#ifndef AUDITSHIP_TEST_TRAIL_H
#define AUDITSHIP_TEST_TRAIL_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/uuid.h"
#include "sink/active.h"
#include "sink/file.h"
#include "sink/trail_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define STREAM_TEXT "00112233-4455-6677-8899-aabbccddeeff"
#define BATCH_MAX 64
#define WAIT_ROUNDS 3000 /* of 10 ms */

struct trail {
	char dir[64];
	char path[128];
	struct file_sink_options options;
	struct sink *sink; /* NULL: closed */
	struct sink_position resume;
	struct err err;

	/* The engine: what has arrived, by the journal's cursor; what was submitted since open. */
	uint64_t *acked; /* may be shared between processes */
	uint64_t own_acked, base;
	unsigned int failures;
};

static inline int trail_remove_entry(const char *path, const struct stat *st, int type,
				     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void trail_init(struct trail *trail)
{
	*trail = (struct trail){0};
	strcpy(trail->dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/test_trail.XXXXXX"
							 : "/tmp/test_trail.XXXXXX");
	assert_non_null(mkdtemp(trail->dir));
	(void)snprintf(trail->path, sizeof(trail->path), "%s/audit.ndjson", trail->dir);
	file_sink_options_init(&trail->options, trail->path);
	trail->acked = &trail->own_acked;
}

static inline void trail_close(struct trail *trail)
{
	if (trail->sink)
		trail->sink->ops->close(trail->sink);
	trail->sink = NULL;
}

static inline void trail_done(struct trail *trail)
{
	trail_close(trail);
	(void)nftw(trail->dir, trail_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The state of a test: an own trail, not open. */
static inline int trail_set_up(void **state)
{
	struct trail *trail = malloc(sizeof(*trail));

	if (!trail)
		return -1;
	trail_init(trail);
	*state = trail;
	return 0;
}

static inline int trail_tear_down(void **state)
{
	trail_done(*state);
	free(*state);
	return 0;
}

/* As the engine does after open: what is there already is acknowledged. */
static inline int trail_open(struct trail *trail)
{
	int result;

	if (!trail->sink)
		assert_int_equal(file_sink_new(&trail->sink, &trail->options, &trail->err), 0);
	result = trail->sink->ops->open(trail->sink, &trail->resume, &trail->err);
	if (result == 0 && trail->resume.sequence > *trail->acked)
		*trail->acked = trail->resume.sequence;
	trail->base = *trail->acked;
	return result;
}

/* Lines of the events first to first + count - 1; each about `width` bytes long. */
struct lines {
	char *text;
	struct sink_message messages[BATCH_MAX];
	struct sink_batch batch;
};

static inline void lines_make(struct lines *lines, uint64_t first, uint32_t count, int width)
{
	size_t size = count * ((size_t)width + 128), used = 0;

	assert_true(count <= BATCH_MAX);
	lines->text = malloc(size);
	assert_non_null(lines->text);
	for (uint32_t i = 0; i < count; i++) {
		int n = snprintf(lines->text + used, size - used,
				 "{\"event\":{\"id\":\"%s:%" PRIu64 "\"},\"pad\":\"%0*d\"}\n",
				 STREAM_TEXT, first + i, width, 0);

		lines->messages[i] = (struct sink_message){
			.data = lines->text + used,
			.size = (size_t)n - 1,
			.events = 1,
			.sequence = first + i,
		};
		used += (size_t)n;
	}
	lines->batch = (struct sink_batch){
		.data = lines->text,
		.size = used,
		.messages = lines->messages,
		.count = count,
	};
	assert_int_equal(uuid_parse(lines->batch.stream, STREAM_TEXT), 0);
}

static inline void trail_take_progress(struct trail *trail)
{
	struct sink_progress progress = {0};

	if (trail->sink->ops->poll(trail->sink, &progress, &trail->err) == 0)
		*trail->acked = trail->base + progress.settled;
}

/* One batch at whose end everything before has been submitted, too. */
static inline int trail_submit(struct trail *trail, uint64_t first, uint32_t count, int width)
{
	struct lines lines;
	int result;

	lines_make(&lines, first, count, width);
	result = trail->sink->ops->submit(trail->sink, &lines.batch, &trail->err);
	if (result == 0)
		trail_take_progress(trail);
	free(lines.text);
	return result;
}

static inline int trail_flush(struct trail *trail)
{
	int result = trail->sink->ops->flush(trail->sink, 1000, &trail->err);

	if (result == 0)
		trail_take_progress(trail);
	return result;
}

/* Delivers up to `last` whatever happens, as the engine does, but does not wait between tries. */
static inline void trail_deliver(struct trail *trail, uint64_t last, int width)
{
	bool is_open = trail->sink != NULL;
	uint64_t next = *trail->acked + 1;

	for (unsigned int tries = 0; !is_open || *trail->acked < last; tries++) {
		uint32_t count = 1 + (uint32_t)(next % 5);
		int result = 0;

		if (!is_open) {
			result = trail_open(trail);
			next = *trail->acked + 1;
		}
		is_open = result == 0;
		if (count > last - next + 1)
			count = (uint32_t)(last - next + 1);
		if (is_open && next <= last)
			result = trail_submit(trail, next, count, width);
		else if (is_open)
			result = trail_flush(trail);
		if (result == 0) {
			next += next <= last ? count : 0;
			continue;
		}
		is_open = false;
		trail->failures++;
		if (tries > 100000)
			fail_msg("it never works again: %s", trail->err.text);
	}
}

static inline unsigned int trail_count(const struct trail *trail, bool plain_or_temporary)
{
	_cleanup_closedir_ DIR *dir = opendir(trail->dir);
	struct trail_rotated rotated;
	const struct dirent *entry;
	struct trail_name name;
	unsigned int count = 0;
	struct err err;

	assert_non_null(dir);
	assert_int_equal(trail_name_init(&name, trail->path, &err), 0);
	while ((entry = readdir(dir)))
		if (trail_name_parse(&name, entry->d_name, &rotated))
			count += !plain_or_temporary || rotated.temporary ||
				 rotated.packing == TRAIL_PLAIN;
	return count;
}

static inline void trail_pause(void)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
}

/* Until the keeper has packed every rotated file. */
static inline bool trail_wait_packed(const struct trail *trail)
{
	for (int i = 0; i < WAIT_ROUNDS; i++) {
		if (trail_count(trail, true) == 0)
			return true;
		trail_pause();
	}
	return false;
}

/* The lines of all files in the order of their names hold first to last, each once, and no more. */
static inline void trail_expect(const struct trail *trail, uint64_t first, uint64_t last)
{
	static const char script[] =
		"cd %s && export LC_ALL=C && for f in audit-* audit.ndjson; do case $f in "
		"*.zst) zstd -dcq \"$f\" ;; *.gz) gzip -dc \"$f\" ;; *.tmp|'audit-*') ;; "
		"*) [ ! -e \"$f\" ] || cat \"$f\" ;; esac || echo failed; done";
	char command[1024], *line = NULL;
	uint64_t expected = first;
	size_t capacity = 0;
	FILE *pipe;

	(void)snprintf(command, sizeof(command), script, trail->dir);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (getline(&line, &capacity, pipe) > 0) {
		uint64_t sequence;
		int end = 0;

		if (sscanf(line,
			   "{\"event\":{\"id\":\"" STREAM_TEXT ":%" SCNu64
			   "\"},\"pad\":\"%*[0]\"}%n",
			   &sequence, &end) != 1 ||
		    strcmp(line + end, "\n") != 0)
			fail_msg("not a whole line where %" PRIu64 " should be: %s", expected,
				 line);
		if (sequence != expected)
			fail_msg("%" PRIu64 " stands where %" PRIu64 " should be", sequence,
				 expected);
		expected++;
	}
	free(line);
	assert_int_equal(pclose(pipe), 0);
	assert_int_equal(expected, last + 1);
}

#endif
