/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/io.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_SIZE ((size_t)4096)

int io_write_all(int fd, const void *data, size_t size, size_t *ret_written)
{
	size_t done = 0;
	int result = 0;

	while (done < size) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			result = -errno;
			break;
		}
		done += (size_t)n;
	}
	if (ret_written)
		*ret_written = done;
	return result;
}

int io_pwrite_all(int fd, const void *data, size_t size, off_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n =
			pwrite(fd, (const char *)data + done, size - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

ssize_t io_pread_full(int fd, void *data, size_t size, off_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)data + done, size - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_read_all(int fd, size_t limit, char **ret_text, size_t *ret_length)
{
	size_t size = FIRST_SIZE < limit + 1 ? FIRST_SIZE : limit + 1, done = 0;
	_cleanup_free_ char *text = NULL;

	for (;;) {
		char *grown = realloc(text, size + 1);
		ssize_t n;

		if (!grown)
			return -ENOMEM;
		text = grown;
		n = read(fd, text + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
		if (done > limit)
			return -EFBIG;
		if (done == size)
			size = size < (limit + 1) / 2 ? size * 2 : limit + 1;
	}
	text[done] = '\0';
	*ret_length = done;
	*ret_text = text;
	text = NULL;
	return 0;
}

int io_read_file(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_length)
{
	_cleanup_close_ int fd =
		openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return io_read_all(fd, limit, ret_text, ret_length);
}

int io_make_dirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, length + 1);
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	if (mkdir(part, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

int io_sync_dir(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

DIR *io_open_names(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int error = errno;

	if (!dir) {
		io_close(fd);
		errno = error;
	}
	return dir;
}

void io_close(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
