/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trail: whole lines appended to one regular file that this process has locked. It owns the
 * descriptor and knows how long the file is, so that it can take back what was written in part.
 * Of the lines it knows only the line feed and, of the last one, where an event's identity stands.
 */
#include "sink/sink.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/json_read.h"
#include "base/uuid.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LINE_MAX_SIZE JSON_READ_MAX_SIZE
#define BLOCK_SIZE (64 * 1024)
#define NOT_FOUND (-1)

struct file_sink {
	struct sink sink;
	char *path;
	int fd;       /* -1: has to be opened (again) first */
	off_t length; /* of the file: whole lines */
	struct stat identity;
	uint64_t settled; /* messages since open */
};

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

static int check_regular(const char *path, const struct stat *st, struct err *err)
{
	if (S_ISREG(st->st_mode))
		return 0;
	return err_set(err, -EINVAL, "%s: is %s, a trail must be a regular file", path,
		       type_name(st->st_mode));
}

/* Runs make with the name of the directory that path lies in; none is needed for a bare name. */
static int with_directory(const char *path, int (*make)(const char *directory))
{
	const char *slash = strrchr(path, '/');
	char *directory;
	int result;

	if (!slash)
		return make(".");
	directory = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!directory)
		return -ENOMEM;
	result = make(directory);
	free(directory);
	return result;
}

static int make_directory(const char *directory)
{
	return io_make_dirs(directory, 0700);
}

/* Opening a FIFO or a device can block or act; a look first tells most of them, O_NONBLOCK and
 * fstat(2) the rest. */
static int open_existing(struct file_sink *file, int extra_flags, struct err *err)
{
	int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat st;
	int result;

	if (lstat(file->path, &st) == 0) {
		result = check_regular(file->path, &st, err);
		if (result < 0)
			return result;
	}
	file->fd = open(file->path, flags | extra_flags, 0600);
	if (file->fd < 0)
		return err_set(err, -errno, "%s: cannot open: %m", file->path);
	if (fstat(file->fd, &file->identity) < 0)
		return err_set(err, -errno, "%s: cannot stat: %m", file->path);
	return check_regular(file->path, &file->identity, err);
}

static int create_file(struct file_sink *file, struct err *err)
{
	int result = with_directory(file->path, make_directory);

	if (result < 0) {
		errno = -result;
		return err_set(err, result, "%s: cannot make its directory: %m", file->path);
	}
	result = open_existing(file, O_CREAT, err);
	if (result < 0)
		return result;
	result = with_directory(file->path, io_sync_dir);
	if (result < 0) {
		errno = -result;
		return err_set(err, result, "%s: cannot sync its directory: %m", file->path);
	}
	return 0;
}

static int lock_file(struct file_sink *file, struct err *err)
{
	if (flock(file->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, -EBUSY,
			       "%s: another process writes this trail: stop it or "
			       "choose another path",
			       file->path);
	return err_set(err, -errno, "%s: cannot lock: %m", file->path);
}

/*
 * Looks backwards from end for a line feed, no further than a line can be long. *ret_at is its
 * offset, NOT_FOUND when the file begins before there was one. -EFBIG: no line is that long.
 */
static int find_line_feed(const struct file_sink *file, off_t end, off_t *ret_at)
{
	_cleanup_free_ char *block = malloc(BLOCK_SIZE);
	off_t floor = end > (off_t)LINE_MAX_SIZE ? end - (off_t)LINE_MAX_SIZE : 0;

	if (!block)
		return -ENOMEM;
	while (end > floor) {
		off_t start = end - floor > BLOCK_SIZE ? end - BLOCK_SIZE : floor;
		ssize_t n = io_pread_full(file->fd, block, (size_t)(end - start), start);
		const char *found;

		if (n < 0)
			return (int)n;
		if (n < end - start)
			return -EIO; /* somebody cuts the file while we read it */
		found = memrchr(block, '\n', (size_t)n);
		if (found) {
			*ret_at = start + (found - block);
			return 0;
		}
		end = start;
	}
	*ret_at = NOT_FOUND;
	return floor > 0 ? -EFBIG : 0;
}

/* Cuts off what follows the last line feed: a line whose writing was interrupted. */
static int repair_tail(struct file_sink *file, struct err *err)
{
	off_t size = file->identity.st_size, at;
	int result = find_line_feed(file, size, &at);

	if (result == -EFBIG)
		return err_set(err, -EINVAL,
			       "%s: does not look like a trail: no line ends in its last "
			       "%u bytes",
			       file->path, LINE_MAX_SIZE);
	if (result < 0) {
		errno = -result;
		return err_set(err, result, "%s: cannot read: %m", file->path);
	}
	file->length = at + 1;
	file->sink.cut_bytes = (uint64_t)(size - file->length);
	if (file->sink.cut_bytes && ftruncate(file->fd, file->length) < 0)
		return err_set(err, -errno, "%s: cannot cut off its unfinished last line: %m",
			       file->path);
	return 0;
}

/* Of each format that a file can have. */
static const char *const id_paths[] = {"event.id", "metadata.uid"};

/* An identity is "<uuid>:<number>"; any other text, or none, changes nothing. */
static void parse_event_id(const char *id, struct sink_position *ret_position)
{
	struct sink_position position;
	const char *digits;
	char *end;

	if (!id || strlen(id) < UUID_TEXT_SIZE || id[UUID_TEXT_SIZE - 1] != ':')
		return;
	digits = id + UUID_TEXT_SIZE;
	if (uuid_parse(position.stream, id) < 0 || !isdigit((unsigned char)*digits))
		return;
	errno = 0;
	position.sequence = strtoull(digits, &end, 10);
	if (errno == 0 && *end == '\0')
		*ret_position = position;
}

/*
 * Where the trail ends, by its last line and no other. Whatever is wrong with that line makes the
 * position unknown: then events are repeated, never left out.
 */
static void read_position(const struct file_sink *file, struct sink_position *ret_resume)
{
	_cleanup_free_ char *line = NULL;
	struct json_read *document;
	struct err ignored;
	size_t size;
	off_t at;

	*ret_resume = (struct sink_position){0};
	if (file->length == 0 || find_line_feed(file, file->length - 1, &at) < 0)
		return;
	size = (size_t)(file->length - 1 - (at + 1));
	line = malloc(size + 1);
	if (!line || io_pread_full(file->fd, line, size, at + 1) != (ssize_t)size)
		return;
	if (json_read_new(&document, line, size, &ignored) < 0)
		return;
	for (size_t i = 0; i < sizeof(id_paths) / sizeof(id_paths[0]); i++)
		parse_event_id(json_read_string(document, id_paths[i]), ret_resume);
	json_read_free(document);
}

static void release(struct file_sink *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}

static int open_and_repair(struct file_sink *file, struct err *err)
{
	int result = open_existing(file, 0, err);

	if (result == -ENOENT)
		result = create_file(file, err);
	if (result < 0)
		return result;
	result = lock_file(file, err);
	if (result < 0)
		return result;
	/* Once more: the last owner of the lock may have written until just now. */
	if (fstat(file->fd, &file->identity) < 0)
		return err_set(err, -errno, "%s: cannot stat: %m", file->path);
	return repair_tail(file, err);
}

static int open_anew(struct file_sink *file, struct err *err)
{
	int result;

	release(file);
	file->sink.cut_bytes = 0;
	result = open_and_repair(file, err);
	if (result < 0)
		release(file);
	return result;
}

static int file_open(struct sink *sink, struct sink_position *ret_resume, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;
	int result = open_anew(file, err);

	if (result < 0)
		return result;
	file->settled = 0;
	read_position(file, ret_resume);
	return 0;
}

/* What went wrong and what a person can do about it. */
static int write_error(const struct file_sink *file, int code, struct err *err)
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
	return err_set(err, -code, "%s: cannot write: %m; %s", file->path, advice);
}

/*
 * Takes back the first written bytes of a batch. Not when the file is not as long as it must be
 * then: somebody else wrote, and those bytes are not ours to cut. Where that fails the next open
 * looks at the file anew.
 */
static int take_back(struct file_sink *file, size_t written, struct err *err)
{
	struct stat st;
	int code;

	if (written == 0)
		return 0;
	if (fstat(file->fd, &st) < 0)
		code = errno;
	else if (st.st_size != file->length + (off_t)written)
		code = EBUSY;
	else if (ftruncate(file->fd, file->length) == 0)
		return 0;
	else
		code = errno;
	release(file);
	errno = code;
	return err_wrap(err, -code, "an unfinished line could not be taken back (%m)");
}

/*
 * The file may be renamed or deleted while we hold it open: what we wrote then would go where
 * nobody looks. One lstat(2) per batch tells, and tells how long the file is now.
 */
static bool is_in_place(struct file_sink *file)
{
	struct stat st;

	if (lstat(file->path, &st) < 0 || st.st_ino != file->identity.st_ino ||
	    st.st_dev != file->identity.st_dev)
		return false;
	file->length = st.st_size;
	return true;
}

static int file_submit(struct sink *sink, struct sink_batch *batch, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;
	size_t written;
	int result;

	if (file->fd < 0)
		return err_set(err, -EBADF, "%s: is not open", file->path);
	if (!is_in_place(file)) {
		result = open_anew(file, err);
		if (result < 0)
			return result;
	}
	assert(batch->size > 0 && batch->data[batch->size - 1] == '\n');
	result = io_write_all(file->fd, batch->data, batch->size, &written);
	if (result < 0) {
		(void)write_error(file, -result, err);
		(void)take_back(file, written, err);
		return result;
	}
	file->length += (off_t)batch->size;
	batch->taken = batch->count;
	file->settled += batch->count;
	return 0;
}

static int file_poll(struct sink *sink, struct sink_progress *ret_progress, struct err *err)
{
	(void)err;
	*ret_progress = (struct sink_progress){.settled = ((struct file_sink *)sink)->settled};
	return 0;
}

static int file_flush(struct sink *sink, unsigned int within_ms, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;

	(void)within_ms;
	if (file->fd >= 0 && fdatasync(file->fd) < 0)
		return err_set(err, -errno, "%s: cannot sync: %m; check the disk", file->path);
	return 0;
}

static void file_close(struct sink *sink)
{
	struct file_sink *file = (struct file_sink *)sink;

	release(file);
	free(file->path);
	free(file);
}

int file_sink_new(struct sink **ret_sink, const char *path, struct err *err)
{
	static const struct sink_ops ops = {
		.open = file_open,
		.submit = file_submit,
		.poll = file_poll,
		.flush = file_flush,
		.close = file_close,
	};
	struct file_sink *file = calloc(1, sizeof(*file));

	if (!file)
		return err_set(err, -ENOMEM, "out of memory");
	file->sink.ops = &ops;
	file->sink.fd = -1;
	file->fd = -1;
	file->path = strdup(path);
	if (!file->path) {
		free(file);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*ret_sink = &file->sink;
	return 0;
}
