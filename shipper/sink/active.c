/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the descriptors of the directory and of the active file. Nothing in the directory is
 * followed when it is a link. Knows neither rotation nor what a line says.
 */
#include "sink/active.h"

#include "base/io.h"
#include "sink/trail_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

void active_init(struct active *active)
{
	*active = (struct active){
		.owner = ACTIVE_UNSET,
		.group = ACTIVE_UNSET,
		.mode = 0600,
		.dirfd = -1,
		.fd = -1,
	};
}

void active_look(struct active *active, uint64_t free_bytes)
{
	reserve_look(&active->reserve, active->fd, active->length, free_bytes);
}

void active_finish(struct active *active)
{
	reserve_trim(&active->reserve, active->fd, active->length);
}

static void close_file(struct active *active)
{
	if (active->fd >= 0) {
		active_finish(active);
		(void)close(active->fd);
	}
	active->reserve = (struct reserve){0}; /* the next one may be another's */
	active->fd = -1;
}

void active_close(struct active *active)
{
	close_file(active);
	if (active->dirfd >= 0)
		(void)close(active->dirfd);
	active->dirfd = -1;
}

static const char *type_name(mode_t mode)
{
	if (S_ISLNK(mode))
		return "a symbolic link";
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

static int fail(const struct active *active, const char *what, struct err *err)
{
	return err_set(err, -errno, "%s: %s: %m", active->path, what);
}

static int check_regular(const struct active *active, const struct stat *st, struct err *err)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return err_set(err, -EINVAL, "%s: is %s, a trail must be a regular file", active->path,
		       type_name(st->st_mode));
}

static int set_owner(const struct active *active, int fd)
{
	if (active->owner == ACTIVE_UNSET && active->group == ACTIVE_UNSET)
		return 0;
	return fchown(fd, active->owner, active->group);
}

/* Who may read the files may enter a directory that is made for them. */
static int make_directory(struct active *active, struct err *err)
{
	mode_t mode = 0700 | (active->mode & 0040 ? 0050 : 0) | (active->mode & 0004 ? 0005 : 0);
	int result = io_make_dirs(active->name->directory, 0700);

	if (result < 0) {
		errno = -result;
		return fail(active, "cannot make its directory", err);
	}
	active->dirfd = open(active->name->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (active->dirfd < 0)
		return fail(active, "cannot open its directory", err);
	if (fchmod(active->dirfd, mode) == 0 && set_owner(active, active->dirfd) == 0)
		return 0;
	result = fail(active, "cannot set the owner and mode of its directory", err);
	(void)rmdir(active->name->directory); /* the next try must not find it good */
	return result;
}

static int open_directory(struct active *active, struct err *err)
{
	active->dirfd = open(active->name->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (active->dirfd >= 0)
		return 0;
	return errno == ENOENT ? make_directory(active, err)
			       : fail(active, "cannot open its directory", err);
}

static int lock_file(struct active *active, struct err *err)
{
	if (flock(active->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, -EBUSY,
			       "%s: another process writes this trail: stop it or "
			       "choose another path",
			       active->path);
	return fail(active, "cannot lock", err);
}

/* Opening a FIFO or a device can block or act; a look first tells most of them, O_NONBLOCK and
 * fstat(2) the rest. */
static int open_existing(struct active *active, struct err *err)
{
	struct stat st;
	int result;

	if (fstatat(active->dirfd, active->name->active, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		result = check_regular(active, &st, err);
		if (result < 0)
			return result;
	}
	active->fd = openat(active->dirfd, active->name->active, OPEN_FLAGS);
	if (active->fd < 0)
		return fail(active, "cannot open", err);
	return lock_file(active, err);
}

static int prepare_new(struct active *active, struct err *err)
{
	if (fchmod(active->fd, active->mode) < 0 || set_owner(active, active->fd) < 0)
		return fail(
			active,
			"cannot set its owner and mode (who is not root may give it only to groups "
			"he is in: SupplementaryGroups= of the service)",
			err);
	if (active->durable && fsync(active->dirfd) < 0)
		return fail(active, "cannot sync its directory", err);
	if (fstat(active->fd, &active->identity) < 0)
		return fail(active, "cannot stat", err);
	return 0;
}

int active_create(struct active *active, struct err *err)
{
	int result;

	close_file(active);
	active->fd = openat(active->dirfd, active->name->active, OPEN_FLAGS | O_CREAT | O_EXCL,
			    active->mode);
	if (active->fd < 0)
		return fail(active, "cannot make", err);
	active->length = active->synced = 0;
	reserve_init(&active->reserve, active->fd, 0);
	result = lock_file(active, err);
	if (result < 0)
		return result;
	result = prepare_new(active, err);
	if (result < 0) { /* the next try must not find it good */
		(void)unlinkat(active->dirfd, active->name->active, 0);
		close_file(active);
	}
	return result;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Cuts off what follows the last line feed: a line whose writing was interrupted. */
static int repair_tail(struct active *active, uint64_t *ret_cut_bytes, struct err *err)
{
	off_t size = active->identity.st_size;
	int result = trail_lines_end(active->fd, size, &active->length);

	if (result == -EFBIG)
		return err_set(err, -EINVAL,
			       "%s: does not look like a trail: no line ends in its last "
			       "%u bytes",
			       active->path, TRAIL_LINE_MAX);
	errno = -result;
	if (result < 0)
		return fail(active, "cannot read", err);
	*ret_cut_bytes = (uint64_t)(size - active->length);
	if (*ret_cut_bytes && ftruncate(active->fd, active->length) < 0)
		return fail(active, "cannot cut off its unfinished last line", err);
	return 0;
}

/* Once more fstat: the last owner of the lock may have written until just now. */
static int look_at(struct active *active, uint64_t *ret_cut_bytes, struct err *err)
{
	struct stat before = active->identity;
	int result;

	if (fstat(active->fd, &active->identity) < 0)
		return fail(active, "cannot stat", err);
	result = check_regular(active, &active->identity, err);
	if (result < 0)
		return result;
	if (active->doubtful && is_same(&before, &active->identity) &&
	    active->identity.st_size > active->synced) {
		if (ftruncate(active->fd, active->synced) < 0)
			return fail(active, "cannot take back what the disk may not have", err);
		active->identity.st_size = active->synced;
	}
	active->doubtful = false;
	result = repair_tail(active, ret_cut_bytes, err);
	/* Of what others have written nothing may be taken back. */
	if (!is_same(&before, &active->identity) || active->synced > active->length)
		active->synced = active->length;
	if (result == 0)
		reserve_init(&active->reserve, active->fd, active->length);
	return result;
}

/* What is found there counts as arrived: so it has to be on disk. */
static int open_and_look(struct active *active, uint64_t *ret_cut_bytes, struct err *err)
{
	int result = open_directory(active, err);

	if (result == 0)
		result = open_existing(active, err);
	if (result == -ENOENT) {
		active->doubtful = false;
		result = active_create(active, err);
	} else if (result == 0) {
		result = look_at(active, ret_cut_bytes, err);
	}
	if (result == 0 && active->durable && active->length > 0) {
		result = active_sync(active, err);
		active->unproven |= result < 0;
	}
	return result;
}

int active_open(struct active *active, uint64_t *ret_cut_bytes, struct err *err)
{
	int result;

	active_close(active);
	*ret_cut_bytes = 0;
	result = open_and_look(active, ret_cut_bytes, err);
	if (result < 0)
		active_close(active);
	return result;
}

bool active_is_in_place(struct active *active)
{
	struct stat st;

	if (lstat(active->path, &st) < 0 || !is_same(&st, &active->identity))
		return false;
	if (st.st_size < active->length)
		reserve_cut(&active->reserve, st.st_size);
	active->length = st.st_size;
	if (active->synced > active->length)
		active->synced = active->length;
	return true;
}

/* What went wrong and what a person can do about it. */
static int write_error(const struct active *active, int code, struct err *err)
{
	const char *advice = "check the disk";

	if (code == ENOSPC)
		advice = "free space on that file system; events wait in the journal";
	else if (code == EDQUOT)
		advice = "raise the quota; events wait in the journal";
	else if (code == EFBIG)
		advice = "raise the file size limit or begin a new file";
	else if (code == EROFS)
		advice = "mount that file system writable";
	errno = code;
	return err_set(err, -code, "%s: cannot write: %m; %s", active->path, advice);
}

/*
 * Takes back what follows the first `keep` bytes. Not when the file is not as long as it must be
 * then: somebody else wrote, and those bytes are not ours to cut.
 */
static int take_back(struct active *active, off_t keep, off_t length)
{
	struct stat st;

	if (fstat(active->fd, &st) < 0)
		return -errno;
	if (st.st_size != length)
		return -EBUSY;
	if (length == keep)
		return 0;
	if (ftruncate(active->fd, keep) < 0)
		return -errno;
	reserve_cut(&active->reserve, keep);
	return 0;
}

/* Nobody will ever read what went into a file without a name. */
static int check_linked(struct active *active, struct err *err)
{
	struct stat st;

	if (fstat(active->fd, &st) == 0 && st.st_nlink > 0)
		return 0;
	close_file(active);
	return err_set(err, -ESTALE,
		       "%s: somebody has deleted it; what had not been delivered is written again",
		       active->path);
}

/* Where a part cannot be taken back the next open looks at the file anew. */
int active_append(struct active *active, const void *data, size_t size, struct err *err)
{
	int result, taken_back = 0;
	size_t written;

	reserve_extend(&active->reserve, active->fd, active->length, size);
	result = io_write_all(active->fd, data, size, &written);
	if (result == 0) {
		active->length += (off_t)size;
		return check_linked(active, err);
	}
	(void)write_error(active, -result, err);
	if (written)
		taken_back = take_back(active, active->length, active->length + (off_t)written);
	if (taken_back < 0) {
		close_file(active);
		errno = -taken_back;
		(void)err_wrap(err, taken_back, "an unfinished line could not be taken back (%m)");
	}
	return result;
}

int active_sync(struct active *active, struct err *err)
{
	int result;

	if (fdatasync(active->fd) == 0) {
		if (active->synced < active->length)
			active->unproven = false;
		active->synced = active->length;
		return check_linked(active, err);
	}
	result = err_set(err, -errno,
			 "%s: cannot sync: %m; what may not be on disk is written again",
			 active->path);
	active->doubtful = take_back(active, active->synced, active->length) < 0;
	close_file(active);
	return result;
}
