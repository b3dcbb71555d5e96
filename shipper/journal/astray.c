/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns what happens when somebody takes the directory, or the segment that is written, away under
 * the journal's feet: removed, renamed, or behind another mount. The sync thread notices, the
 * writer goes on in what the name means now. What was in the old place is there for who has it
 * open; the rest is a gap.
 */
#include "journal/state.h"

#include "base/io.h"
#include "journal/aside.h"
#include "journal/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_directory_lost(const struct journal *journal)
{
	struct stat held, named;

	return fstat(journal->dirfd, &held) < 0 || stat(journal->dir, &named) < 0 ||
	       !is_same(&held, &named);
}

static bool is_newest_lost(struct journal *journal)
{
	struct stat st;
	int fd;

	(void)pthread_mutex_lock(&journal->lock);
	fd = journal->newest ? journal->newest->fd : -1;
	(void)pthread_mutex_unlock(&journal->lock);
	return fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0;
}

void journal_look_around(struct journal *journal)
{
	if (is_directory_lost(journal) || is_newest_lost(journal))
		atomic_store(&journal->astray, true);
}

/* All at once for who uses the descriptor: it keeps its number. The sync thread deletes segments
 * by their names, so nothing of an older journal may have one of those then. */
static int take_over(struct journal *journal, int dirfd, struct err *err)
{
	int result = aside_older(journal, dirfd);

	if (result < 0)
		return err_set(err, result,
			       "journal %s: an older journal is there now and cannot be set "
			       "aside: %s",
			       journal->dir, strerror(-result));
	if (dup3(dirfd, journal->dirfd, O_CLOEXEC) < 0)
		return err_set(err, -errno, "journal %s: %s", journal->dir, strerror(errno));
	return 0;
}

static int enter_directory(struct journal *journal, struct err *err)
{
	bool unclean;
	int lock_fd, dirfd, result = io_make_dirs(journal->dir, 0700);

	if (result < 0)
		return err_set(err, result, "journal %s: %s", journal->dir, strerror(-result));
	dirfd = open(journal->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_set(err, -errno, "journal %s: %s", journal->dir, strerror(errno));
	result = lock_fd = lock_take(dirfd, journal->dir, &unclean, err);
	if (lock_fd >= 0)
		result = take_over(journal, dirfd, err);
	(void)close(dirfd);
	if (result < 0) {
		lock_release(lock_fd, false);
		return result;
	}
	lock_release(journal->lock_fd, false);
	journal->lock_fd = lock_fd;
	return 0;
}

int journal_find_back(struct journal *journal, struct err *err)
{
	bool lost = is_directory_lost(journal);
	int result = lost ? enter_directory(journal, err) : 0;

	if (result < 0)
		return result;
	atomic_store(&journal->astray, false);
	journal_seal(journal);
	if (!lost)
		return 0;
	(void)pthread_mutex_lock(&journal->lock);
	journal->directory_changed = true;
	journal->lost_before = journal->next_number;
	(void)pthread_mutex_unlock(&journal->lock);
	return 0;
}

/* Nobody can make durable what is in the old place, which may be a disk that has failed. */
void journal_leave_old_place(struct journal *journal)
{
	uint64_t lost_before;

	(void)pthread_mutex_lock(&journal->lock);
	lost_before = journal->lost_before;
	journal->lost_before = 0;
	for (struct segment *segment = journal->oldest; segment; segment = segment->next) {
		if (segment->number >= lost_before || segment->fd < 0)
			continue;
		(void)close(segment->fd);
		segment->fd = -1;
	}
	for (struct cursor *cursor = journal->cursors; cursor && lost_before;
	     cursor = cursor->next) {
		cursor_close(&cursor->file);
		cursor->durable = (struct cursor_place){0};
	}
	(void)pthread_mutex_unlock(&journal->lock);
}
