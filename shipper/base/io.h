/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing whole things. All return 0 or a negative errno unless they say more. */
#ifndef AUDITSHIP_IO_H
#define AUDITSHIP_IO_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes all bytes or fails; *ret_written (may be NULL) tells how many went out either way. */
int io_write_all(int fd, const void *data, size_t size, size_t *ret_written);
int io_pwrite_all(int fd, const void *data, size_t size, off_t offset);

/* Reads until size bytes or end of file; returns the bytes read, or a negative errno. */
ssize_t io_pread_full(int fd, void *data, size_t size, off_t offset);

/*
 * Reads to the end of file, at most limit bytes, into a fresh, NUL-terminated buffer that the
 * caller frees. -EFBIG when there is more. Whatever size the file claims to have: files of /proc
 * claim none and never end.
 */
int io_read_all(int fd, size_t limit, char **ret_text, size_t *ret_length);

/*
 * Reads a whole regular file of at most limit bytes into a fresh, NUL-terminated buffer that the
 * caller frees. -EFBIG when it is longer, -EINVAL when it is not a regular file. dirfd as in
 * openat(2). Never follows a last link, never blocks on a FIFO.
 */
int io_read_file(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_length);

/* Makes the directory and its parents, each with mode. */
int io_make_dirs(const char *path, mode_t mode);

int io_sync_dir(const char *path);

/* The names in the directory that dirfd is open on, from the first one whatever others have read;
 * for closedir(3). NULL: errno tells why. */
DIR *io_open_names(int dirfd);

/* -1 is none: then there is nothing to close. What close(2) says is of no use to the caller. */
void io_close(int fd);

#endif
