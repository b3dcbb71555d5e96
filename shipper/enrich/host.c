/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the reading of what describes this machine below /etc, and the file with the agent's id.
 * What does not fit or is not well-formed stays empty: half a fact is none. Reads /proc only
 * through procfs.
 */
#include "enrich/host.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/uuid.h"
#include "enrich/procfs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define ETC_FILE_LIMIT ((size_t)64 * 1024)
#define AGENT_ID_TEMPORARY "agent-id.tmp"
#define AGENT_ID_LIMIT 4096

static void keep_text(char *out, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size)
		length = 0;
	memcpy(out, text, length);
	out[length] = '\0';
}

/* These files are the machine's own, and often links by design, so a last link is resolved. */
static int read_etc(const char *root, const char *name, char **ret_text, size_t *ret_length)
{
	_cleanup_free_ char *resolved = NULL;
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", root, name);
	int result;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	result = io_read_file(AT_FDCWD, path, ETC_FILE_LIMIT, ret_text, ret_length);
	if (result != -ELOOP)
		return result;
	resolved = realpath(path, NULL);
	if (!resolved)
		return -errno;
	return io_read_file(AT_FDCWD, resolved, ETC_FILE_LIMIT, ret_text, ret_length);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The character at *at, which may stand behind a backslash; false: not allowed here. */
static bool take_char(const char **at, char quote, char *ret_char)
{
	const char *c = *at;

	if (!quote && strchr("\"'`$", *c))
		return false;
	if (*c == '\\' && (!quote || (quote == '"' && c[1] && strchr("\"$`\\", c[1]))))
		c++;
	*ret_char = *c;
	*at = c + 1;
	return *c != '\0';
}

/*
 * Takes the shell quoting off one value, as os-release(5) allows it: none, single quotes, or double
 * quotes with a backslash before " $ ` and itself. False: malformed, or no room.
 */
static bool unquote(const char *at, char *out, size_t size)
{
	char quote = *at == '"' || *at == '\'' ? *at++ : '\0';
	size_t used = 0;

	while (*at && *at != quote && (quote || !is_blank(*at))) {
		if (used + 1 >= size || !take_char(&at, quote, &out[used]))
			return false;
		used++;
	}
	out[used] = '\0';
	if (quote && *at++ != quote)
		return false;
	while (is_blank(*at))
		at++;
	return *at == '\0';
}

/* The last assignment counts, as when a shell reads the file; a malformed one leaves nothing. */
static void take_assignment(struct host *host, const char *line)
{
	const struct {
		const char *key;
		char *out;
		size_t size;
	} wanted[] = {
		{"ID=", host->os_platform, sizeof(host->os_platform)},
		{"ID_LIKE=", host->os_family, sizeof(host->os_family)},
		{"NAME=", host->os_name, sizeof(host->os_name)},
		{"VERSION_ID=", host->os_version, sizeof(host->os_version)},
	};
	char value[512];

	while (is_blank(*line))
		line++;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t length = strlen(wanted[i].key);

		if (strncmp(line, wanted[i].key, length) != 0)
			continue;
		if (!unquote(line + length, value, sizeof(value)))
			value[0] = '\0';
		if (wanted[i].out == host->os_family)
			value[strcspn(value, " \t")] = '\0';
		keep_text(wanted[i].out, wanted[i].size, value);
	}
}

static void read_os_release(struct host *host, const char *root)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	char *at, *end;

	if (read_etc(root, "etc/os-release", &text, &length) < 0 &&
	    read_etc(root, "usr/lib/os-release", &text, &length) < 0)
		return;
	end = text + length;
	for (at = text; at < end;) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		char *line_end = newline ? newline : end;

		*line_end = '\0';
		if (strlen(at) == (size_t)(line_end - at)) /* no NUL within */
			take_assignment(host, at);
		at = line_end + 1;
	}
	if (!host->os_family[0])
		keep_text(host->os_family, sizeof(host->os_family), host->os_platform);
}

/* 32 hexadecimal digits and a line feed, machine-id(5); "uninitialized" in an image's first boot.
 */
static void read_machine_id(struct host *host, const char *root)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (read_etc(root, "etc/machine-id", &text, &length) < 0)
		return;
	if (length == 33 && text[32] == '\n')
		text[--length] = '\0';
	if (length == 32 && strspn(text, "0123456789abcdef") == 32)
		keep_text(host->machine_id, sizeof(host->machine_id), text);
}

static void read_kernel(struct host *host)
{
	struct utsname name;
	long ticks = sysconf(_SC_CLK_TCK), page_size = sysconf(_SC_PAGESIZE);

	host->ticks_per_s = ticks > 0 ? (uint32_t)ticks : 100;
	host->page_size = page_size > 0 ? (uint64_t)page_size : 4096;
	if (uname(&name) < 0)
		return;
	if (strcmp(name.nodename, "(none)") != 0) /* what the kernel says before it is set */
		keep_text(host->hostname, sizeof(host->hostname), name.nodename);
	keep_text(host->architecture, sizeof(host->architecture), name.machine);
	keep_text(host->kernel, sizeof(host->kernel), name.release);
}

static bool is_name(const char *text, size_t length)
{
	if (length == 0 || length > 253 || text[0] == '.' || text[length - 1] == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '.')
			return false;
	return true;
}

/* "web-01.example.net" of "web-01", as resolvers compare: without case. */
static bool is_full_name_of(const char *text, size_t length, const char *hostname)
{
	size_t host = strlen(hostname);

	return host > 0 && length > host + 1 && text[host] == '.' &&
	       strncasecmp(text, hostname, host) == 0;
}

static void keep_full_name(struct host *host, const char *text, size_t length)
{
	if (!is_name(text, length) || length >= sizeof(host->fqdn) || host->fqdn[0])
		return;
	for (size_t i = 0; i < length; i++)
		host->fqdn[i] = (char)tolower((unsigned char)text[i]);
}

/* "ADDRESS NAME ALIAS..." (hosts(5)): any of the names may be the full one. */
static void take_hosts_line(struct host *host, const char *line, const char *end)
{
	const char *comment = memchr(line, '#', (size_t)(end - line));
	bool is_address = true;

	end = comment ? comment : end;
	while (line < end) {
		const char *start = line;

		while (line < end && !is_blank(*line))
			line++;
		if (line > start && !is_address &&
		    is_full_name_of(start, (size_t)(line - start), host->hostname))
			keep_full_name(host, start, (size_t)(line - start));
		is_address = is_address && line == start;
		while (line < end && is_blank(*line))
			line++;
	}
}

/* Files only: a query could hang, and tell others of this host. */
static void read_full_name(struct host *host, const char *root)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (strchr(host->hostname, '.'))
		keep_full_name(host, host->hostname, strlen(host->hostname));
	if (host->fqdn[0] || read_etc(root, "etc/hosts", &text, &length) < 0)
		return;
	for (const char *at = text, *end = text + length; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;

		take_hosts_line(host, at, line_end);
		at = line_end + 1;
	}
}

int host_read(struct host *host, const char *root, struct err *err)
{
	int result;

	*host = (struct host){0};
	result = procfs_boot_id(root, host->boot_id_text);
	if (result < 0)
		return err_set(err, result,
			       "boot id: '%.500s/proc/sys/kernel/random/boot_id': %s; is /proc"
			       " mounted?",
			       root, result == -EINVAL ? "holds no UUID" : strerror(-result));
	(void)uuid_parse(host->boot_id, host->boot_id_text); /* procfs_boot_id checked it */
	read_kernel(host);
	read_machine_id(host, root);
	read_os_release(host, root);
	read_full_name(host, root);
	addresses_read(&host->addresses);
	host->pid_ns = procfs_own_namespace(root, "pid");
	(void)procfs_possible_cpus(root, &host->cpus); /* stays 0 when unknown */
	return 0;
}

/* -ENOENT: there is none, or what is there is no UUID. */
static int read_agent_id(int dir, char ret_id[UUID_TEXT_SIZE])
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	uint8_t id[16];
	int result = io_read_file(dir, HOST_AGENT_ID_FILE, AGENT_ID_LIMIT, &text, &length);

	if (result == -EFBIG)
		return -ENOENT;
	if (result < 0)
		return result;
	while (length > 0 && (is_blank(text[length - 1]) || text[length - 1] == '\n'))
		length--;
	if (length != UUID_TEXT_SIZE - 1 || uuid_parse(id, text) < 0)
		return -ENOENT;
	uuid_format(ret_id, id);
	return 0;
}

/* On disk whole before it gets its name: a crash leaves the old file, the new one or none. */
static int write_temporary(int dir, const char *id)
{
	_cleanup_close_ int fd = -1;
	char line[UUID_TEXT_SIZE + 1];
	int length = snprintf(line, sizeof(line), "%s\n", id);
	int result;

	if (unlinkat(dir, AGENT_ID_TEMPORARY, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, AGENT_ID_TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return -errno;
	result = io_write_all(fd, line, (size_t)length, NULL);
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	return result;
}

static int make_agent_id(int dir, char ret_id[UUID_TEXT_SIZE])
{
	uint8_t id[16];
	int result = uuid_random(id);

	if (result < 0)
		return result;
	uuid_format(ret_id, id);
	result = write_temporary(dir, ret_id);
	if (result == 0 && renameat(dir, AGENT_ID_TEMPORARY, dir, HOST_AGENT_ID_FILE) < 0)
		result = -errno;
	if (result < 0) {
		(void)unlinkat(dir, AGENT_ID_TEMPORARY, 0);
		return result;
	}
	return fsync(dir) < 0 ? -errno : 0;
}

static const char *remedy(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return "run as root, or set agent.state_dir to a directory this user may write";
	case -EROFS:
	case -ENOTDIR:
	case -ENAMETOOLONG:
		return "set agent.state_dir to a directory that can be written";
	case -ENOSPC:
	case -EDQUOT:
		return "make room there, or set agent.state_dir to another file system";
	case -ELOOP:
	case -EINVAL:
	case -EISDIR:
		return "it must be a regular file, not a link: remove it and a new id is made";
	default:
		return "mend that, or set agent.state_dir to another directory";
	}
}

int host_agent_id(char ret_id[UUID_TEXT_SIZE], const char *state_dir, struct err *err)
{
	_cleanup_close_ int dir = -1;
	int result = io_make_dirs(state_dir, 0700);

	if (result == 0) {
		dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = dir < 0 ? -errno : 0;
	}
	if (result < 0)
		return err_set(err, result, "state directory '%.500s': %s; %s", state_dir,
			       strerror(-result), remedy(result));
	result = read_agent_id(dir, ret_id);
	if (result == 0)
		return 0;
	if (result != -ENOENT)
		return err_set(err, result,
			       "agent id '%.500s/" HOST_AGENT_ID_FILE "': cannot be read: %s; %s",
			       state_dir, strerror(-result), remedy(result));
	result = make_agent_id(dir, ret_id);
	if (result < 0)
		return err_set(err, result,
			       "agent id '%.500s/" HOST_AGENT_ID_FILE
			       "': cannot be written: %s; %s",
			       state_dir, strerror(-result), remedy(result));
	return 0;
}
