/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Number of a cgroup = inode number of its directory (fs/kernfs). Cgroups come and go meanwhile:
 * what is gone is passed over. Must not know what the paths mean.
 */
#include "enrich/cgroup_scan.h"

#include "base/cleanup.h"
#include "enrich/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define HIERARCHIES 3 /* v2, pids, memory */

struct scan {
	const char *root;
	uint64_t root_id;
	cgroup_scan_handler *handler;
	void *data;
	uint32_t done[HIERARCHIES]; /* numbers of hierarchies, each mounted anywhere */
	size_t done_count;
	uint32_t hierarchy; /* being walked */
	char path[PATH_MAX];
};

static void tell(const struct scan *scan, uint64_t id, size_t length)
{
	struct cgroup_told told = {
		.id = id,
		.hierarchy = scan->hierarchy,
		.path = length ? scan->path : "/",
		.length = length ? (uint32_t)length : 1,
		.full = length ? (uint32_t)length : 1,
	};

	scan->handler(scan->data, &told);
}

/* Length of the path with that name, 0: too long. */
static size_t extend_path(struct scan *scan, size_t length, const char *name)
{
	int added = snprintf(scan->path + length, sizeof(scan->path) - length, "/%s", name);

	return added > 0 && (size_t)added < sizeof(scan->path) - length ? length + (size_t)added
									: 0;
}

/* Takes over fd, a directory whose path from the hierarchy's root has that length. */
static void walk(struct scan *scan, int fd, size_t length, unsigned int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		size_t longer;
		int child;

		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		longer = extend_path(scan, length, entry->d_name);
		if (!longer)
			continue;
		tell(scan, entry->d_ino, longer);
		child = depth < DEPTH_MAX ? openat(dirfd(dir), entry->d_name,
						   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
					  : -1;
		if (child >= 0)
			walk(scan, child, longer, depth + 1);
	}
	(void)closedir(dir);
}

static bool is_done(const struct scan *scan, uint32_t hierarchy)
{
	for (size_t i = 0; i < scan->done_count; i++)
		if (scan->done[i] == hierarchy)
			return true;
	return false;
}

static void scan_mount(struct scan *scan, const char *path, uint32_t hierarchy)
{
	char full[PATH_MAX];
	struct stat st;
	int fd;

	if (scan->done_count == HIERARCHIES || is_done(scan, hierarchy) ||
	    (size_t)snprintf(full, sizeof(full), "%s%s", scan->root, path) >= sizeof(full))
		return;
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || (scan->root_id && st.st_ino != scan->root_id)) {
		(void)close(fd);
		return;
	}
	scan->done[scan->done_count++] = hierarchy;
	scan->hierarchy = hierarchy;
	tell(scan, st.st_ino, 0);
	walk(scan, fd, 0, 0);
}

/* Whether a list with commas has the word. */
static bool has_option(const char *options, const char *word)
{
	size_t length = strlen(word);
	const char *at = options;

	for (; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

static void on_mount(void *data, const char *path, const char *v1_options)
{
	static const char *const controllers[] = {"pids", "memory"};
	struct scan *scan = data;
	uint32_t hierarchy;

	if (!v1_options) {
		scan_mount(scan, path, 0);
		return;
	}
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		if (has_option(v1_options, controllers[i]) &&
		    procfs_cgroup_hierarchy(scan->root, controllers[i], &hierarchy) == 0)
			scan_mount(scan, path, hierarchy);
}

int cgroup_scan(const char *root, uint64_t root_id, cgroup_scan_handler *handler, void *data,
		struct err *err)
{
	struct scan scan = {.root = root, .root_id = root_id, .handler = handler, .data = data};
	int result = procfs_cgroup_mounts(root, on_mount, &scan);

	if (result < 0)
		return err_set(err, result, "cannot tell where cgroups are mounted: %s",
			       strerror(-result));
	if (scan.done_count == 0)
		return err_set(err, -ENOENT,
			       "no cgroup hierarchy is mounted here from its root: processes in "
			       "cgroups made before now have no path and no container");
	return 0;
}
