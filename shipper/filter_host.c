/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the file system: what a path leads to, and whether its numbers are those the kernel sees
 * behind an open file. Must not know what becomes of the answer.
 */
#include "filter_host.h"

#include "enrich/procfs.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define BCACHEFS_MAGIC 0xca451a4e
#define MINOR_BITS 20

static uint32_t kernel_device(const struct statx *st)
{
	return st->stx_dev_major << MINOR_BITS | st->stx_dev_minor;
}

/* File systems the kernel makes up: whatever is mounted of one, it shows the same. */
static bool is_made_up(uint64_t magic)
{
	switch (magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Inode numbers are those of a subvolume, and a file system has many; stat(2) shows a device of
 * the subvolume's own. */
static bool has_subvolumes(uint64_t magic)
{
	return magic == BTRFS_SUPER_MAGIC || magic == BCACHEFS_MAGIC;
}

static bool look(const char *path, struct statx *ret_st, uint64_t *ret_magic)
{
	struct statfs fs;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID, ret_st) < 0 ||
	    statfs(path, &fs) < 0)
		return false;
	*ret_magic = (uint64_t)(unsigned long)fs.f_type;
	return true;
}

/* The device that the kernel has for it; false: not known. */
static bool find_device(const struct statx *st, uint64_t magic, uint32_t *ret_device)
{
	*ret_device = kernel_device(st);
	if (!has_subvolumes(magic))
		return true;
	return (st->stx_mask & STATX_MNT_ID) &&
	       procfs_mount_device("", st->stx_mnt_id, ret_device) == 0;
}

static void fill_parent(const char *directory, const char *name, struct filters_found *found)
{
	struct statx st;
	uint64_t magic;

	if (strlen(name) >= sizeof(found->name) || !look(directory, &st, &magic) ||
	    !S_ISDIR(st.stx_mode) || !find_device(&st, magic, &found->parent_device))
		return;
	(void)snprintf(found->name, sizeof(found->name), "%s", name);
	found->parent_is_there = true;
	found->parent_inode = st.stx_ino;
	found->is_ambiguous |= has_subvolumes(magic);
}

/* path has no symbolic link in it and no slash at its end, but for the root. */
static void fill_itself(const char *path, struct filters_found *found)
{
	struct statx st;

	if (!look(path, &st, &found->magic) || !find_device(&st, found->magic, &found->device))
		return;
	found->is_there = true;
	found->is_directory = S_ISDIR(st.stx_mode);
	found->inode = st.stx_ino;
	found->is_ambiguous = has_subvolumes(found->magic);
	/* The roots of all of these have number 1. */
	found->is_whole = is_made_up(found->magic) && st.stx_ino == 1 &&
			  (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
	/* overlayfs can show a file by the numbers of the layer that it is in. */
	if (found->magic == OVERLAYFS_SUPER_MAGIC && found->parent_is_there &&
	    !found->is_directory && found->device != found->parent_device)
		found->is_ambiguous = true;
}

static void split(char *path, const char **ret_directory, const char **ret_name)
{
	char *slash;

	for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
		path[length - 1] = '\0';
	slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	*ret_directory = !slash || slash == path ? "/" : path;
	if (slash)
		*slash = '\0';
}

static void find(void *data, const char *path, struct filters_found *ret_found)
{
	char whole[PATH_MAX], real[PATH_MAX], copy[PATH_MAX];
	const char *directory, *name;

	(void)data;
	*ret_found = (struct filters_found){0};
	if (strlen(path) >= sizeof(whole))
		return;
	memcpy(whole, path, strlen(path) + 1);
	if (realpath(whole, real)) {
		memcpy(copy, real, strlen(real) + 1);
		split(copy, &directory, &name);
		fill_parent(directory, name, ret_found);
		fill_itself(real, ret_found);
		return;
	}
	split(whole, &directory, &name);
	if (realpath(directory, real))
		fill_parent(real, name, ret_found);
}

static bool find_user(void *data, const char *name, uint32_t *ret_uid)
{
	return users_user_id(data, name, ret_uid);
}

/* Where the cgroup v2 hierarchy is mounted: alone, or beside the old ones. */
static const char *cgroup_root(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct statfs fs;

		if (statfs(roots[i], &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	}
	return NULL;
}

/* The id is the inode number of the directory, as in the events. */
static bool find_cgroup(void *data, const char *path, uint64_t *ret_id)
{
	const char *root = cgroup_root();
	char whole[PATH_MAX];
	struct stat st;
	int length;

	(void)data;
	length = root ? snprintf(whole, sizeof(whole), "%s%s", root, path) : -1;
	if (length < 0 || (size_t)length >= sizeof(whole) || stat(whole, &st) < 0 ||
	    !S_ISDIR(st.st_mode))
		return false;
	*ret_id = st.st_ino;
	return true;
}

struct filters_host filter_host(struct users *users)
{
	return (struct filters_host){
		.data = users,
		.find = find,
		.find_user = find_user,
		.find_cgroup = find_cgroup,
	};
}
