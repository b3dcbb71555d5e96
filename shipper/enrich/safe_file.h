/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads files of others, who may have put there anything: links, FIFOs, devices, endless files. For
 * workers of the resolver, since a file system that hangs cannot be left.
 */
#ifndef AUDITSHIP_SAFE_FILE_H
#define AUDITSHIP_SAFE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which file it was, and in which state: another one is worth reading again. */
struct safe_file_state {
	uint64_t device, inode, size;
	uint64_t owner;                  /* user id */
	int64_t modified_ns, changed_ns; /* mtime and ctime */
};

bool safe_file_same(const struct safe_file_state *a, const struct safe_file_state *b);

/* A directory that paths are looked up below: a descriptor for nothing else, or a negative errno.
 * path is to be trusted, a process's root for example. */
int safe_file_open_root(const char *path);

/*
 * The state of the regular file at path, in which root_fd stands for "/": neither ".." nor a link
 * leaves it (openat2(2), RESOLVE_IN_ROOT); magic links of /proc are not followed. Nothing is opened
 * for reading. 0, or a negative errno: -EINVAL: it is no regular file, or one of proc, sysfs and
 * their like, -ENOENT, -ELOOP, -EACCES ...
 */
int safe_file_stat(int root_fd, const char *path, struct safe_file_state *ret_state);

/*
 * Reads the whole file, at most limit bytes, into a fresh, NUL-terminated buffer that the caller
 * frees; zero bytes may stand within. As safe_file_stat, and -EFBIG: it is longer, and nothing of
 * it is kept. ret_state may be NULL.
 */
int safe_file_read(int root_fd, const char *path, size_t limit, char **ret_text, size_t *ret_length,
		   struct safe_file_state *ret_state);

#endif
