/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the order in which a stranger's file is looked at: first a descriptor that reads nothing
 * (O_PATH), since to open a device can have effects, to open a FIFO wakes its writer; then what it
 * is, and what it lies on; only then the reading. Knows nothing of what stands in files.
 */
#include "enrich/safe_file.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include "enrich/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define CONFIGFS_MAGIC 0x62656570 /* fs/configfs/mount.c */

bool safe_file_same(const struct safe_file_state *a, const struct safe_file_state *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->owner == b->owner && a->modified_ns == b->modified_ns &&
	       a->changed_ns == b->changed_ns;
}

int safe_file_open_root(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int64_t to_ns(const struct timespec *time)
{
	return time->tv_sec * (int64_t)NS_PER_S + time->tv_nsec;
}

/*
 * File systems of the kernel's own: a link can lead there, stat(2) takes the files for regular
 * ones, and to read them can have effects or never end (trace_pipe of tracefs).
 */
static int check_file_system(int fd)
{
	static const uint32_t refused[] = {
		PROC_SUPER_MAGIC,    SYSFS_MAGIC,        TRACEFS_MAGIC, DEBUGFS_MAGIC,
		SECURITYFS_MAGIC,    CGROUP_SUPER_MAGIC, BPF_FS_MAGIC,  CGROUP2_SUPER_MAGIC,
		CONFIGFS_MAGIC,      PSTOREFS_MAGIC,     SELINUX_MAGIC, EFIVARFS_MAGIC,
		SMACK_MAGIC,         BINFMTFS_MAGIC,     AAFS_MAGIC,    RDTGROUP_SUPER_MAGIC,
		XENFS_SUPER_MAGIC,   NSFS_MAGIC,         DEVMEM_MAGIC,  OPENPROM_SUPER_MAGIC,
		BINDERFS_SUPER_MAGIC};
	struct statfs system;

	if (fstatfs(fd, &system) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((uint32_t)system.f_type == refused[i])
			return -EINVAL;
	return 0;
}

/* 0 for a regular file. */
static int look(int fd, struct safe_file_state *ret_state)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_state = (struct safe_file_state){
		.device = st.st_dev,
		.inode = st.st_ino,
		.size = (uint64_t)st.st_size,
		.owner = st.st_uid,
		.modified_ns = to_ns(&st.st_mtim),
		.changed_ns = to_ns(&st.st_ctim),
	};
	return check_file_system(fd);
}

/* A descriptor that can only be looked at. */
static int find(int root_fd, const char *path, struct safe_file_state *ret_state)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how)), result;

	if (fd < 0)
		return -errno;
	result = look(fd, ret_state);
	if (result == 0)
		return fd;
	(void)close(fd);
	return result;
}

int safe_file_stat(int root_fd, const char *path, struct safe_file_state *ret_state)
{
	_cleanup_close_ int fd = find(root_fd, path, ret_state);

	return fd < 0 ? fd : 0;
}

int safe_file_read(int root_fd, const char *path, size_t limit, char **ret_text, size_t *ret_length,
		   struct safe_file_state *ret_state)
{
	struct safe_file_state state;
	_cleanup_close_ int found_fd = find(root_fd, path, &state);
	_cleanup_close_ int fd = -1;
	int result;

	if (found_fd < 0)
		return found_fd;
	if (state.size > limit)
		return -EFBIG;
	fd = procfs_reopen("", found_fd, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	result = io_read_all(fd, limit, ret_text, ret_length);
	if (result == 0 && ret_state)
		*ret_state = state;
	return result;
}
