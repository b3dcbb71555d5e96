/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the file system: what a path leads to, and whether its numbers are those the kernel sees
 * behind an open file. Must not know what becomes of the answer.
 */
#include "filter_host.h"

#include "base/cleanup.h"
#include "enrich/procfs.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

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

/* As realpath(3), but a link that begins with a slash begins at the root of place. */
static bool resolve(const struct filter_place *place, const char *path, char ret_real[PATH_MAX])
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	_cleanup_close_ int root = -1, fd = -1;

	if (!place->root[0])
		return realpath(path, ret_real);
	root = open(place->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return false;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd >= 0 && procfs_own_file(fd, ret_real, PATH_MAX) == 0;
}

static void find(void *data, const char *path, struct filters_found *ret_found)
{
	const struct filter_place *place = data;
	char whole[PATH_MAX], real[PATH_MAX], copy[PATH_MAX];
	const char *directory, *name;

	*ret_found = (struct filters_found){0};
	if (strlen(path) >= sizeof(whole))
		return;
	memcpy(whole, path, strlen(path) + 1);
	if (resolve(place, whole, real)) {
		memcpy(copy, real, strlen(real) + 1);
		split(copy, &directory, &name);
		fill_parent(directory, name, ret_found);
		fill_itself(real, ret_found);
		return;
	}
	split(whole, &directory, &name);
	if (resolve(place, directory, real))
		fill_parent(real, name, ret_found);
}

static bool find_user(void *data, const char *name, uint32_t *ret_uid)
{
	const struct filter_place *place = data;

	return users_user_id(place->users, name, ret_uid);
}

/* Where the cgroup v2 hierarchy is mounted: alone, or beside the old ones. */
static bool cgroup_root(const struct filter_place *place, char ret_root[PATH_MAX])
{
	static const char *const roots[] = {"sys/fs/cgroup", "sys/fs/cgroup/unified"};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct statfs fs;

		(void)snprintf(ret_root, PATH_MAX, "%s/%s", place->root, roots[i]);
		if (statfs(ret_root, &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC)
			return true;
	}
	return false;
}

/* The id is the inode number of the directory, as in the events. */
static bool find_cgroup(void *data, const char *path, uint64_t *ret_id)
{
	char root[PATH_MAX], whole[2 * PATH_MAX];
	struct stat st;

	if (!cgroup_root(data, root) || strlen(path) >= PATH_MAX)
		return false;
	(void)snprintf(whole, sizeof(whole), "%s%s", root, path);
	if (stat(whole, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	*ret_id = st.st_ino;
	return true;
}

/* The link leads to the program that runs, even when its path leads to a newer one by now. */
static void fill_program(struct filters_process *own)
{
	_cleanup_close_ int fd = procfs_open_own_program("");
	struct statx st;
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 &&
	    statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &st) == 0 &&
	    find_device(&st, (uint64_t)(unsigned long)fs.f_type, &own->device))
		own->inode = st.stx_ino;
}

/* "/a/b", "/a", "/". */
static void fill_cgroups(const struct filter_place *place, struct filters_process *own)
{
	char path[PATH_MAX];

	if (procfs_own_cgroup("", path, sizeof(path)) < 0)
		return;
	while (own->cgroup_count < FILTERS_CGROUPS_MAX) {
		char *slash = strrchr(path, '/');

		if (find_cgroup((void *)(uintptr_t)place, path, &own->cgroups[own->cgroup_count]))
			own->cgroup_count++;
		if (!slash || path[1] == '\0')
			return;
		slash[slash == path] = '\0';
	}
}

void filter_host_own(const struct filter_place *place, struct filters_process *ret_own)
{
	*ret_own = (struct filters_process){.uid = geteuid()};
	fill_program(ret_own);
	fill_cgroups(place, ret_own);
}

struct filters_host filter_host(struct filter_place *place)
{
	return (struct filters_host){
		.data = place,
		.find = find,
		.find_user = find_user,
		.find_cgroup = find_cgroup,
	};
}
