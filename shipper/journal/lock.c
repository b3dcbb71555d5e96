/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the file "lock" in the journal's directory. flock(2) ends with the process, however it ends.
 */
#include "journal/lock.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define MARK_SIZE 20 /* always: a longer mark never shows through a shorter one */

static int write_mark(int fd, const char *word)
{
	char mark[MARK_SIZE + 1];

	(void)snprintf(mark, sizeof(mark), "%-10d %-8s\n", (int)getpid(), word);
	return io_pwrite_all(fd, mark, MARK_SIZE, 0);
}

/* The process id in the mark, 0 when there is none. */
static int read_mark(int fd, bool *ret_closed)
{
	char mark[MARK_SIZE + 1] = "", word[9] = "";
	int pid = 0;
	ssize_t n = io_pread_full(fd, mark, MARK_SIZE, 0);

	*ret_closed = n == 0;
	if (n != MARK_SIZE || sscanf(mark, "%10d %8s", &pid, word) != 2 || pid <= 0)
		return 0;
	*ret_closed = strcmp(word, "closed") == 0;
	return pid;
}

static int refuse(int fd, const char *dir, struct err *err)
{
	bool closed;
	int pid = read_mark(fd, &closed);

	if (pid)
		return err_set(err, -EBUSY, "journal %s: is in use by process %d", dir, pid);
	return err_set(err, -EBUSY, "journal %s: is in use by another process", dir);
}

/* Somebody who is not root, in what another user's agent has made. */
static int refuse_owner(int dirfd, const char *dir, struct err *err)
{
	struct stat st;

	if (fstat(dirfd, &st) < 0 || st.st_uid == geteuid())
		return err_set(err, -EACCES, "journal %s: lock: %s", dir, strerror(EACCES));
	return err_set(
		err, -EACCES,
		"journal %s: belongs to user %u and this agent runs as user %u: run it as that "
		"user, or give it the directory with what is in it (chown -R)",
		dir, st.st_uid, geteuid());
}

int lock_take(int dirfd, const char *dir, bool *ret_unclean, struct err *err)
{
	_cleanup_close_ int fd =
		openat(dirfd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	bool closed;
	int result;

	if (fd < 0 && errno == EACCES)
		return refuse_owner(dirfd, dir, err);
	if (fd < 0)
		return err_set(err, -errno, "journal %s: lock: %s", dir, strerror(errno));
	result = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (result == -EWOULDBLOCK)
		return refuse(fd, dir, err);
	if (result < 0)
		return err_set(err, -errno, "journal %s: lock: %s", dir, strerror(errno));
	(void)read_mark(fd, &closed);
	*ret_unclean = !closed;
	/* A full disk must not keep the agent from starting: then the mark stays unclean. */
	result = write_mark(fd, "open");
	if (result == 0)
		(void)fdatasync(fd);
	result = fd;
	fd = -1;
	return result;
}

void lock_release(int fd, bool closed)
{
	if (fd < 0)
		return;
	if (closed && write_mark(fd, "closed") == 0)
		(void)fdatasync(fd);
	(void)close(fd);
}
