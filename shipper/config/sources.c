/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds and reads the files of a configuration, and refuses those that somebody else could have
 * written. Knows nothing of what is in them.
 */
#include "config/sources.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCES_MAX (1 + CONFIG_DROP_INS_MAX)

static bool is_ours(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

static int check_owner(const struct stat *st, const char *shown, struct err *err)
{
	if (!S_ISLNK(st->st_mode) && (st->st_mode & S_IWOTH))
		return err_set(
			err, -EPERM,
			"'%s' can be written by everybody, so anybody could switch the audit "
			"off: mend it with: chmod o-w '%s'",
			shown, shown);
	if (!is_ours(st->st_uid))
		return err_set(err, -EPERM,
			       "'%s' belongs to user %u: it must belong to root or to the user "
			       "that auditship runs as (%u): mend it with: chown root '%s'",
			       shown, (unsigned int)st->st_uid, (unsigned int)geteuid(), shown);
	return 0;
}

static int fail_open(const char *shown, struct err *err)
{
	return err_set(err, errno == EINVAL ? -EIO : -errno, "cannot open '%s': %s", shown,
		       strerror(errno));
}

/* The link first: whoever owns it chooses what is read. */
static int open_ours(int dirfd, const char *name, int flags, const char *shown, struct err *err)
{
	struct stat st;
	int fd, result = 0;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_open(shown, err);
	if (S_ISLNK(st.st_mode))
		result = check_owner(&st, shown, err);
	if (result < 0)
		return result;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	return fd < 0 ? fail_open(shown, err) : fd;
}

int config_open(int dirfd, const char *name, const char *shown, struct stat *ret_stat,
		struct err *err)
{
	_cleanup_close_ int fd = open_ours(dirfd, name, 0, shown, err);
	int result;

	if (fd < 0)
		return fd;
	if (fstat(fd, ret_stat) < 0)
		return err_set(err, -EIO, "'%s': %s", shown, strerror(errno));
	if (S_ISDIR(ret_stat->st_mode))
		return err_set(err, -EISDIR, "'%s' is a directory, not a file", shown);
	if (!S_ISREG(ret_stat->st_mode))
		return err_set(err, -ENOTSUP, "'%s' is not a regular file", shown);
	result = check_owner(ret_stat, shown, err);
	if (result < 0)
		return result;
	result = fd;
	fd = -1;
	return result;
}

static size_t bytes_so_far(const struct config_sources *sources)
{
	size_t bytes = 0;

	for (size_t i = 0; i < sources->count; i++)
		bytes += sources->sizes[i];
	return bytes;
}

/* Takes path over. Each file may be read as far as the bytes of all of them allow. */
static int add_source(struct config_sources *sources, int dirfd, const char *name, char *path,
		      struct err *err)
{
	size_t index = sources->count++, room = YAML_MAX_SIZE - bytes_so_far(sources);
	struct stat st;
	_cleanup_close_ int fd = -1;
	ssize_t size;

	sources->paths[index] = path;
	fd = config_open(dirfd, name, path, &st, err);
	if (fd < 0)
		return fd;
	sources->texts[index] = malloc(room + 1);
	if (!sources->texts[index])
		return err_set(err, -ENOMEM, "no memory to read '%s'", path);
	size = io_pread_full(fd, sources->texts[index], room + 1, 0);
	if (size < 0)
		return err_set(err, -EIO, "cannot read '%s': %s", path, strerror((int)-size));
	if ((size_t)size > room)
		return err_set(err, -EFBIG, "'%s'%s larger than 1 MiB", path,
			       index ? " and the files read before it are together" : " is");
	sources->sizes[index] = (size_t)size;
	return 0;
}

static bool is_drop_in(int dirfd, const char *name)
{
	size_t length = strlen(name);
	struct stat st;

	if (name[0] == '.' || name[0] == '#' || length < 5 ||
	    strcmp(name + length - 5, ".yaml") != 0)
		return false;
	/* A link to nothing is somebody's mistake, and told when it is opened. */
	return fstatat(dirfd, name, &st, 0) < 0 || S_ISREG(st.st_mode);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The names of the drop-ins, in their order. */
static int list_drop_ins(DIR *dir, const char *shown, char **names, size_t *ret_count,
			 struct err *err)
{
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (!is_drop_in(dirfd(dir), entry->d_name))
			continue;
		if (*ret_count == CONFIG_DROP_INS_MAX)
			return err_set(err, -E2BIG, "'%s' holds more than %d files", shown,
				       CONFIG_DROP_INS_MAX);
		names[*ret_count] = strdup(entry->d_name);
		if (!names[*ret_count])
			return err_set(err, -ENOMEM, "no memory to read '%s'", shown);
		++*ret_count;
	}
	qsort(names, *ret_count, sizeof(names[0]), compare_names);
	return 0;
}

/* Other programs read both endings. */
static bool is_misnamed(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && name[0] != '#' && length > 4 &&
	       strcmp(name + length - 4, ".yml") == 0;
}

static void find_misnamed(struct config_sources *sources, DIR *dir, const char *shown)
{
	const struct dirent *entry;

	while (!sources->passed_over && (entry = readdir(dir)))
		if (is_misnamed(entry->d_name) &&
		    asprintf(&sources->passed_over, "%s/%s", shown, entry->d_name) < 0)
			sources->passed_over = NULL;
	rewinddir(dir);
}

static int read_drop_ins(struct config_sources *sources, DIR *dir, const char *shown,
			 struct err *err)
{
	char *names[CONFIG_DROP_INS_MAX] = {0};
	size_t count = 0;
	int result = list_drop_ins(dir, shown, names, &count, err);

	for (size_t i = 0; i < count; i++) {
		char *path = NULL;

		if (result == 0 && asprintf(&path, "%s/%s", shown, names[i]) < 0)
			result = err_set(err, -ENOMEM, "no memory to read '%s'", shown);
		else if (result == 0)
			result = add_source(sources, dirfd(dir), names[i], path, err);
		free(names[i]);
	}
	return result;
}

static int read_directory(struct config_sources *sources, const char *shown, struct err *err)
{
	struct stat st;
	int fd = open_ours(AT_FDCWD, shown, O_DIRECTORY, shown, err), result;
	DIR *dir;

	if (fd == -ENOENT)
		return err_set(err, 0, "%s", "");
	if (fd < 0)
		return fd;
	result = fstat(fd, &st) < 0 ? fail_open(shown, err) : check_owner(&st, shown, err);
	dir = result < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		result = result < 0 ? result : fail_open(shown, err);
		(void)close(fd);
		return result;
	}
	find_misnamed(sources, dir, shown);
	result = read_drop_ins(sources, dir, shown, err);
	(void)closedir(dir);
	return result;
}

static int reserve(struct config_sources *sources)
{
	sources->paths = calloc(SOURCES_MAX, sizeof(char *));
	sources->texts = calloc(SOURCES_MAX, sizeof(char *));
	sources->sizes = calloc(SOURCES_MAX, sizeof(size_t));
	return sources->paths && sources->texts && sources->sizes ? 0 : -ENOMEM;
}

int config_sources_read(struct config_sources *sources, const char *path, bool optional,
			struct err *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory = NULL;
	struct stat st;
	char *copy;
	int result;

	*sources = (struct config_sources){0};
	copy = strdup(path);
	if (!copy || reserve(sources) < 0 ||
	    asprintf(&directory, "%.*sconf.d", slash ? (int)(slash - path + 1) : 0, path) < 0) {
		directory = NULL;
		free(copy);
		return err_set(err, -ENOMEM, "no memory to read '%s'", path);
	}
	if (optional && lstat(path, &st) < 0 && errno == ENOENT)
		free(copy);
	else if ((result = add_source(sources, AT_FDCWD, path, copy, err)) < 0)
		return result;
	return read_directory(sources, directory, err);
}

void config_sources_done(struct config_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		free(sources->paths[i]);
		free(sources->texts[i]);
	}
	free(sources->paths);
	free(sources->texts);
	free(sources->sizes);
	free(sources->passed_over);
	*sources = (struct config_sources){0};
}
