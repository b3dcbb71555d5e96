/* SPDX-License-Identifier: BSD-2-Clause */
/* What a system call and the file it named become in an event. */
#include "want_parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

void want_call(struct want *want, const char *name, long result)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", result);
	want_string(want, "Linux.syscall.name", name);
	want_json(want, "Linux.syscall.exit", text);
	if (result >= 0)
		return;
	want_string(want, "event.outcome", "failure");
	want_string(want, "error.code", strerrorname_np((int)-result));
	want_string(want, "error.message", strerrordesc_np((int)-result));
}

static const char *file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "symlink";
	case S_IFIFO:
		return "fifo";
	case S_IFCHR:
		return "character_device";
	default:
		return "unknown";
	}
}

void want_path(struct want *want, const char *path)
{
	char directory[PATH_MAX + 256];
	size_t length = (size_t)(base_name(path) - path);

	snprintf(directory, sizeof(directory), "%.*s", (int)(length > 1 ? length - 1 : length),
		 path);
	want_string(want, "file.path", path);
	want_string(want, "file.directory", directory);
	if (*base_name(path))
		want_string(want, "file.name", base_name(path));
}

/* One path in all its forms: process.executable, process.name, file.path, file.name, ... */
static void want_executable(struct want *want, const char *path)
{
	want_path(want, path);
	want_string(want, "process.executable", path);
	want_string(want, "process.name", base_name(path));
}

void want_stat(struct want *want, const struct stat *stat)
{
	char text[32];

	want_id(want, "file.inode", stat->st_ino);
	want_number(want, "file.size", (uint64_t)stat->st_size);
	snprintf(text, sizeof(text), "%u:%u", major(stat->st_dev), minor(stat->st_dev));
	want_string(want, "file.device", text);
	snprintf(text, sizeof(text), "%04o", stat->st_mode & 07777);
	want_string(want, "file.mode", text);
	want_string(want, "file.type", file_type(stat->st_mode));
	want_user(want, stat->st_uid, "file.uid", "file.owner");
	want_group(want, stat->st_gid, "file.gid", "file.group");
}

void want_file(struct want *want, const char *path, const struct stat *stat)
{
	want_executable(want, path);
	want_stat(want, stat);
	want_bool(want, "Linux.exec.setuid", stat->st_mode & S_ISUID);
	want_bool(want, "Linux.exec.setgid", stat->st_mode & S_ISGID);
	want_bool(want, "Linux.exec.deleted", stat->st_nlink == 0);
	want_bool(want, "Linux.exec.secure", false);
	want_bool(want, "Linux.exec.memfd", false);
}
