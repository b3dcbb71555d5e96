/* SPDX-License-Identifier: BSD-2-Clause */
/* What the journal's test programs share: a directory, batches whose content tells their sequence.
 */
#ifndef AUDITSHIP_TEST_JOURNAL_H
#define AUDITSHIP_TEST_JOURNAL_H

#include "base/cleanup.h"
#include "journal/journal.h"
#include "journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define KIB ((uint64_t)1024)
#define NAME_SIZE 512

struct fixture {
	char dir[64];
	char journal_dir[80];
	struct journal_options options;
	struct journal_recovery recovery;
	struct journal *journal;
	struct err err;
};

struct item {
	uint32_t size;
	uint32_t pad;
	uint64_t sequence;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/auditship-test-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	(void)snprintf(f->journal_dir, sizeof(f->journal_dir), "%s/journal", f->dir);
	f->options = (struct journal_options){
		.dir = f->journal_dir,
		.segment_size = 64 * KIB,
		.max_size = 64 * 64 * KIB,
		.when_full = JOURNAL_STOP,
		.durability = JOURNAL_SYNC_NONE,
		.sync_every_ms = 1000,
		.boot_id = {1, 2, 3},
	};
	*state = f;
	return 0;
}

static inline void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *item;

	while (dir && (item = readdir(dir))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), item->d_name, 0) < 0)
			remove_tree(dirfd(dir), item->d_name);
	}
	if (dir)
		(void)closedir(dir);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	journal_close(f->journal);
	remove_tree(AT_FDCWD, f->dir);
	free(f);
	return 0;
}

static inline void open_journal(struct fixture *f)
{
	f->err.text[0] = '\0';
	if (journal_open(&f->journal, &f->options, &f->recovery, &f->err) != 0)
		fail_msg("%s", f->err.text);
}

static inline void close_journal(struct fixture *f)
{
	journal_close(f->journal);
	f->journal = NULL;
}

static inline void reopen_journal(struct fixture *f)
{
	close_journal(f);
	open_journal(f);
}

static inline const char *path_of(const struct fixture *f, const char *name)
{
	static char path[NAME_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", f->journal_dir, name);
	return path;
}

static inline off_t size_of(const struct fixture *f, const char *name)
{
	struct stat st;

	return stat(path_of(f, name), &st) < 0 ? -1 : st.st_size;
}

/* The size of the entry of that sequence: not all the same, always a multiple of 8. */
static inline uint32_t item_size(uint64_t sequence)
{
	return 16 + (uint32_t)(sequence * 7 % 30) * 8;
}

static inline int append_items(struct journal *journal, uint32_t count, struct err *err)
{
	_Alignas(8) static char entries[256 * KIB];
	uint64_t first = journal_next_sequence(journal);
	struct journal_number number = {.cpu = 1, .ring = 0, .class = 1, .sequence = first};
	struct journal_batch batch = {.entries = entries,
				      .first_sequence = first,
				      .count = count,
				      .numbers = &number,
				      .number_count = 1};

	for (uint32_t i = 0; i < count; i++) {
		struct item item = {.size = item_size(first + i), .sequence = first + i};

		memset(entries + batch.size, (int)(first + i), item.size);
		memcpy(entries + batch.size, &item, sizeof(item));
		batch.size += item.size;
	}
	return journal_append(journal, &batch, err);
}

static inline void append_ok(struct fixture *f, uint32_t count)
{
	if (append_items(f->journal, count, &f->err) != 0)
		fail_msg("%s", f->err.text);
}

/* Is each byte of the batch what append_items wrote for its sequences? */
static inline bool batch_right(const struct journal_batch *batch)
{
	const char *at = batch->entries, *end = at + batch->size;

	for (uint32_t i = 0; i < batch->count; i++) {
		struct item item;

		if ((size_t)(end - at) < sizeof(item))
			return false;
		memcpy(&item, at, sizeof(item));
		if (item.sequence != batch->first_sequence + i ||
		    item.size != item_size(item.sequence) || item.size > (size_t)(end - at))
			return false;
		for (size_t k = sizeof(item); k < item.size; k++)
			if (at[k] != (char)item.sequence)
				return false;
		at += item.size;
	}
	return at == end;
}

static inline struct journal_reader *open_reader(struct fixture *f, const char *name)
{
	struct journal_reader *reader = NULL;

	if (journal_reader_open(&reader, f->journal, name, &f->err) != 0)
		fail_msg("%s", f->err.text);
	return reader;
}

static inline void ack_batch(struct journal_reader *reader, const struct journal_batch *batch)
{
	journal_reader_ack(reader, batch->stream, batch->first_sequence + batch->count - 1);
}

/* Reads what is there, at most limit events' worth of frames; returns the events. */
static inline uint64_t read_some(struct fixture *f, struct journal_reader *reader, uint64_t limit,
				 uint64_t *next_sequence, bool ack)
{
	struct journal_batch batch;
	uint64_t events = 0;
	int result = 0;

	while (events < limit && (result = journal_reader_next(reader, &batch, &f->err)) == 1) {
		assert_int_equal(batch.first_sequence, *next_sequence);
		assert_true(batch_right(&batch));
		*next_sequence += batch.count;
		events += batch.count;
		if (ack)
			ack_batch(reader, &batch);
	}
	if (result < 0)
		fail_msg("%s", f->err.text);
	return events;
}

/* Reads and acknowledges all there is: sequences first..last, without gap. */
static inline void expect_all(struct fixture *f, struct journal_reader *reader, uint64_t first,
			      uint64_t last)
{
	uint64_t next = first;

	(void)read_some(f, reader, UINT64_MAX, &next, true);
	assert_int_equal(next, last + 1);
	assert_int_equal(journal_reader_waiting(reader), 0);
}

static inline void flip_byte(const struct fixture *f, const char *name, off_t offset)
{
	_cleanup_close_ int fd = open(path_of(f, name), O_RDWR | O_CLOEXEC);
	unsigned char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static inline struct journal_status status_of(struct fixture *f)
{
	struct journal_status status;

	journal_status(f->journal, &status);
	return status;
}

#endif
