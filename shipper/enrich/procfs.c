/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the knowledge of what files below /proc and /sys look like; opens nothing anywhere else. A
 * line that is not exactly as the kernel writes it is refused, never interpreted.
 */
#include "enrich/procfs.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_LIMIT ((size_t)64 * 1024)
#define MOUNTS_LIMIT ((size_t)16 * 1024 * 1024)
#define MINOR_BITS 20

static int make_path(char path[PATH_MAX], const char *root, const char *name)
{
	int length = snprintf(path, PATH_MAX, "%s/%s", root, name);

	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int read_text(const char *root, const char *name, char **ret_text, size_t *ret_length)
{
	char path[PATH_MAX];
	int result = make_path(path, root, name);

	return result < 0 ? result : io_read_file(AT_FDCWD, path, FILE_LIMIT, ret_text, ret_length);
}

/* Reads decimal digits, at least one, and moves *at behind them. */
static int read_number(const char **at, uint64_t limit, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	for (; isdigit((unsigned char)**at); (*at)++) {
		value = value * 10 + (uint64_t)(**at - '0');
		if (value > limit)
			return -ERANGE;
	}
	*ret_value = value;
	return 0;
}

int procfs_boot_id(const char *root, char ret_text[UUID_TEXT_SIZE])
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	uint8_t id[16];
	int result = read_text(root, "proc/sys/kernel/random/boot_id", &text, &length);

	if (result < 0)
		return result;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length != UUID_TEXT_SIZE - 1 || uuid_parse(id, text) < 0)
		return -EINVAL;
	uuid_format(ret_text, id);
	return 0;
}

/* The link reads "pid:[4026531836]". process: a number, or self. */
static uint32_t read_namespace(const char *root, const char *process, const char *name)
{
	char path[PATH_MAX], link[64], *open_bracket;
	const char *at;
	uint64_t inode;
	ssize_t length;
	int size = snprintf(path, sizeof(path), "%s/proc/%s/ns/%s", root, process, name);

	if (size < 0 || (size_t)size >= sizeof(path))
		return 0;
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return 0;
	link[length] = '\0';
	open_bracket = strstr(link, ":[");
	if (!open_bracket || strncmp(link, name, (size_t)(open_bracket - link)) != 0 ||
	    name[open_bracket - link] != '\0')
		return 0;
	at = open_bracket + 2;
	if (read_number(&at, UINT32_MAX, &inode) < 0 || strcmp(at, "]") != 0)
		return 0;
	return (uint32_t)inode;
}

uint32_t procfs_own_namespace(const char *root, const char *name)
{
	return read_namespace(root, "self", name);
}

uint32_t procfs_namespace(const char *root, uint32_t pid, const char *name)
{
	char process[16];

	(void)snprintf(process, sizeof(process), "%" PRIu32, pid);
	return read_namespace(root, process, name);
}

int procfs_own_file(int fd, char *out, size_t size)
{
	char link[40];
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, out, size);
	if (length < 0)
		return -errno;
	if ((size_t)length == size)
		return -ENAMETOOLONG;
	out[length] = '\0';
	return 0;
}

int procfs_open_root(const char *root, uint32_t pid)
{
	char path[PATH_MAX], name[40];
	int result, fd;

	(void)snprintf(name, sizeof(name), "proc/%" PRIu32 "/root", pid);
	result = make_path(path, root, name);
	if (result < 0)
		return result;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* "         0       1000          1\n" */
static int parse_range(const char **at, uint32_t ret_numbers[3])
{
	for (int i = 0; i < 3; i++) {
		uint64_t number;

		while (**at == ' ')
			(*at)++;
		if (read_number(at, UINT32_MAX, &number) < 0 ||
		    (i < 2 ? **at != ' ' : **at != '\n'))
			return -EINVAL;
		ret_numbers[i] = (uint32_t)number;
	}
	(*at)++;
	return 0;
}

int procfs_id_map(const char *root, uint32_t pid, const char *name, struct procfs_id_map *ret_map)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	const char *at;
	size_t length;
	int result;

	(void)snprintf(path, sizeof(path), "proc/%" PRIu32 "/%s", pid, name);
	result = read_text(root, path, &text, &length);
	if (result < 0)
		return result == -ENOENT ? -ESRCH : result;
	ret_map->count = 0;
	for (at = text; *at;) {
		uint32_t numbers[3];

		if (ret_map->count == PROCFS_ID_RANGES_MAX || parse_range(&at, numbers) < 0)
			return -EINVAL;
		ret_map->ranges[ret_map->count].inside = numbers[0];
		ret_map->ranges[ret_map->count].outside = numbers[1];
		ret_map->ranges[ret_map->count++].length = numbers[2];
	}
	return (size_t)(at - text) == length ? 0 : -EINVAL;
}

bool procfs_map_inside(const struct procfs_id_map *map, uint32_t outside, uint32_t *ret_inside)
{
	for (size_t i = 0; i < map->count; i++) {
		uint32_t distance = outside - map->ranges[i].outside;

		if (outside < map->ranges[i].outside || distance >= map->ranges[i].length)
			continue;
		*ret_inside = map->ranges[i].inside + distance;
		return true;
	}
	return false;
}

ssize_t procfs_args(const char *root, uint32_t pid, char *args, size_t size, int *ret_cut)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX], name[40], extra;
	ssize_t kept, more;
	struct stat st;
	int result;

	(void)snprintf(name, sizeof(name), "proc/%" PRIu32 "/cmdline", pid);
	result = make_path(path, root, name);
	if (result < 0)
		return result;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	kept = io_pread_full(fd, args, size, 0);
	if (kept < 0)
		return kept;
	more = (size_t)kept < size ? 0 : io_pread_full(fd, &extra, 1, (off_t)size);
	if (more < 0)
		return more;
	*ret_cut = more > 0;
	return kept;
}

int procfs_start_ticks(const char *root, uint32_t pid, uint64_t *ret_ticks)
{
	_cleanup_free_ char *text = NULL;
	char name[40];
	const char *at;
	size_t length;
	int result;

	(void)snprintf(name, sizeof(name), "proc/%" PRIu32 "/stat", pid);
	result = read_text(root, name, &text, &length);
	if (result < 0)
		return result;
	at = strrchr(text, ')'); /* the name before it may hold anything */
	if (!at)
		return -EINVAL;
	for (int field = 2; field < 22; field++) {
		at = strchr(at, ' ');
		if (!at)
			return -EINVAL;
		at++;
	}
	return read_number(&at, UINT64_MAX / 10 - 1, ret_ticks) < 0 || *at != ' ' ? -EINVAL : 0;
}

/* A list of ranges in rising order, "0-3,8,10-11", as the kernel prints a bitmap: highest + 1. */
static int end_of_list(const char *at, uint32_t *ret_end)
{
	uint64_t lowest = 0;

	for (;;) {
		uint64_t first, last;

		if (read_number(&at, UINT16_MAX, &first) < 0)
			return -EINVAL;
		last = first;
		if (*at == '-' && (at++, read_number(&at, UINT16_MAX, &last) < 0))
			return -EINVAL;
		if (first < lowest || last < first)
			return -EINVAL;
		lowest = last + 1;
		if (*at != ',')
			break;
		at++;
	}
	*ret_end = (uint32_t)lowest;
	return *at == '\0' || strcmp(at, "\n") == 0 ? 0 : -EINVAL;
}

int procfs_possible_cpus(const char *root, uint32_t *ret_cpus)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	uint32_t cpus;
	int result = read_text(root, "sys/devices/system/cpu/possible", &text, &length);

	if (result < 0)
		return result;
	if (strlen(text) != length || end_of_list(text, &cpus) < 0)
		return -EINVAL;
	*ret_cpus = cpus;
	return 0;
}

int procfs_reopen(const char *root, int fd, int flags)
{
	char path[PATH_MAX], name[40];
	int result, opened;

	(void)snprintf(name, sizeof(name), "proc/self/fd/%d", fd);
	result = make_path(path, root, name);
	if (result < 0)
		return result;
	opened = open(path, flags);
	return opened < 0 ? -errno : opened;
}

/* What follows key at the start of a line, NULL when no line has it. */
static const char *line_value(const char *text, const char *key)
{
	size_t length = strlen(key);

	while (text) {
		if (strncmp(text, key, length) == 0)
			return text + length;
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return NULL;
}

/* "\\040" for a space, as mountinfo has it (proc_pid_mountinfo(5)); in place. */
static void undo_octal(char *text)
{
	char *out = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		    at[3] >= '0' && at[3] <= '7') {
			*out++ = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			at += 3;
		} else {
			*out++ = *at;
		}
	}
	*out = '\0';
}

/* "36 35 0:31 / /sys/fs/cgroup/pids rw,relatime shared:5 - cgroup cgroup rw,pids"; in place. */
static void read_mount(char *line, procfs_mount_handler *handler, void *data)
{
	char *tail = strstr(line, " - "), *path = NULL, *type, *options;

	if (!tail)
		return;
	*tail = '\0';
	tail += strlen(" - ");
	for (int field = 1; field <= 5; field++)
		path = strsep(&line, " ");
	type = strsep(&tail, " ");
	(void)strsep(&tail, " ");
	options = tail;
	if (!path || !options)
		return;
	undo_octal(path);
	if (strcmp(type, "cgroup2") == 0)
		handler(data, path, NULL);
	else if (strcmp(type, "cgroup") == 0)
		handler(data, path, options);
}

int procfs_cgroup_mounts(const char *root, procfs_mount_handler *handler, void *data)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX], *rest, *line;
	size_t length;
	int result = make_path(path, root, "proc/self/mountinfo");

	if (result == 0)
		result = io_read_file(AT_FDCWD, path, MOUNTS_LIMIT, &text, &length);
	if (result < 0)
		return result;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		read_mount(line, handler, data);
	return 0;
}

/* Whether the word is in a list with commas. */
static bool is_listed(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at; at += *at == ',') {
		size_t size = strcspn(at, ",");

		if (size == length && memcmp(at, word, length) == 0)
			return true;
		at += size;
	}
	return false;
}

/* "8:pids:/", and "0::/" for all that is on v2. */
int procfs_cgroup_hierarchy(const char *root, const char *controller, uint32_t *ret_number)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	size_t length;
	int result = read_text(root, "proc/self/cgroup", &text, &length);

	if (result < 0)
		return result;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		const char *at = strsep(&line, ":"), *list = strsep(&line, ":");
		uint64_t number;

		if (!list || read_number(&at, UINT32_MAX, &number) < 0 || *at ||
		    !is_listed(list, controller))
			continue;
		*ret_number = (uint32_t)number;
		return 0;
	}
	return -ENOENT;
}

/* By the first process, or, where nobody may look at that one, by kthreadd, which has number 2. In
 * the /proc of another namespace neither number is that of a process of the initial one. */
static bool shows_initial_pids(const char *root)
{
	return procfs_namespace(root, 1, "pid") == PROCFS_PID_NS_INITIAL ||
	       procfs_namespace(root, 2, "pid") == PROCFS_PID_NS_INITIAL;
}

/* The link self has the reader's number in the namespace of that /proc. */
uint32_t procfs_initial_pid(const char *own, const char *root)
{
	char path[PATH_MAX], link[16];
	const char *at = link;
	uint64_t pid;
	ssize_t length;

	if (procfs_own_namespace(own, "pid") == PROCFS_PID_NS_INITIAL)
		return (uint32_t)getpid();
	if (!shows_initial_pids(root) || make_path(path, root, "proc/self") < 0)
		return 0;
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return 0;
	link[length] = '\0';
	return read_number(&at, UINT32_MAX, &pid) == 0 && !*at ? (uint32_t)pid : 0;
}

int procfs_own_cgroup(const char *root, char *out, size_t size)
{
	_cleanup_free_ char *text = NULL;
	const char *value;
	size_t length;
	int result = read_text(root, "proc/self/cgroup", &text, &length);

	if (result < 0)
		return result;
	value = line_value(text, "0::");
	if (!value || *value != '/')
		return -ENOENT;
	length = strcspn(value, "\n");
	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(out, value, length);
	out[length] = '\0';
	return 0;
}

int procfs_open_own_program(const char *root)
{
	char path[PATH_MAX];
	int result = make_path(path, root, "proc/self/exe"), fd;

	if (result < 0)
		return result;
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int procfs_own_memory(const char *root, uint64_t *ret_bytes)
{
	_cleanup_free_ char *text = NULL;
	const char *value;
	size_t length;
	uint64_t kib;
	int result = read_text(root, "proc/self/status", &text, &length);

	if (result < 0)
		return result;
	value = line_value(text, "RssAnon:");
	if (!value)
		return -EINVAL;
	value += strspn(value, "\t ");
	if (read_number(&value, UINT64_MAX / 1024, &kib) < 0 || strncmp(value, " kB\n", 4) != 0)
		return -EINVAL;
	*ret_bytes = kib * 1024;
	return 0;
}

/* Absent in a kernel without auditing. */
static int read_login_uid(const char *root, uint32_t pid, uint32_t *ret_login_uid)
{
	_cleanup_free_ char *text = NULL;
	char name[40];
	const char *at;
	size_t length;
	uint64_t uid;
	int result;

	*ret_login_uid = UINT32_MAX;
	(void)snprintf(name, sizeof(name), "proc/%" PRIu32 "/loginuid", pid);
	result = read_text(root, name, &text, &length);
	if (result < 0)
		return result == -ENOENT ? 0 : result;
	at = text;
	if (read_number(&at, UINT32_MAX, &uid) < 0 || *at != '\0')
		return -EINVAL;
	*ret_login_uid = (uint32_t)uid;
	return 0;
}

int procfs_users_of(const char *root, uint32_t pid, uint32_t *ret_uid, uint32_t *ret_login_uid)
{
	_cleanup_free_ char *text = NULL;
	const char *value;
	char name[40];
	size_t length;
	uint64_t uid;
	int result;

	(void)snprintf(name, sizeof(name), "proc/%" PRIu32 "/status", pid);
	result = read_text(root, name, &text, &length);
	if (result < 0)
		return result;
	value = line_value(text, "Uid:\t");
	if (!value || read_number(&value, UINT32_MAX, &uid) < 0 || *value != '\t')
		return -EINVAL;
	*ret_uid = (uint32_t)uid;
	return read_login_uid(root, pid, ret_login_uid);
}

int procfs_own_capabilities(const char *root, uint64_t *ret_bits)
{
	_cleanup_free_ char *text = NULL;
	const char *value;
	size_t length;
	uint64_t bits = 0;
	int result = read_text(root, "proc/self/status", &text, &length);

	if (result < 0)
		return result;
	value = line_value(text, "CapEff:\t");
	if (!value || strspn(value, "0123456789abcdef") != 16 || value[16] != '\n')
		return -EINVAL;
	for (int i = 0; i < 16; i++) {
		unsigned char c = (unsigned char)value[i];

		bits = bits << 4 | (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	*ret_bits = bits;
	return 0;
}

/* A line of mountinfo: "ID PARENT MAJOR:MINOR ROOT ..." (proc(5)). */
static int parse_mount(const char *at, uint64_t *ret_id, uint32_t *ret_device)
{
	uint64_t parent, major, minor;

	if (read_number(&at, UINT32_MAX, ret_id) < 0 || *at++ != ' ' ||
	    read_number(&at, UINT32_MAX, &parent) < 0 || *at++ != ' ' ||
	    read_number(&at, (1U << (32 - MINOR_BITS)) - 1, &major) < 0 || *at++ != ':' ||
	    read_number(&at, (1U << MINOR_BITS) - 1, &minor) < 0 || *at != ' ')
		return -EINVAL;
	*ret_device = (uint32_t)(major << MINOR_BITS | minor);
	return 0;
}

int procfs_mount_device(const char *root, uint64_t mount_id, uint32_t *ret_device)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	size_t length;
	int result = make_path(path, root, "proc/self/mountinfo");

	if (result == 0)
		result = io_read_file(AT_FDCWD, path, MOUNTS_LIMIT, &text, &length);
	if (result < 0)
		return result;
	for (const char *at = text; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		uint32_t device;
		uint64_t id;

		if (parse_mount(at, &id, &device) < 0)
			return -EINVAL;
		if (id == mount_id) {
			*ret_device = device;
			return 0;
		}
	}
	return -ENOENT;
}
