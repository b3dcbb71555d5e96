/* SPDX-License-Identifier: BSD-2-Clause */
/* The test's own eyes: /proc as proc(5) describes it. Knows nothing of events. */
#include "facts.h"

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *facts_file(const char *path, size_t *ret_size)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		fail_msg("cannot open %s", path);
	assert_non_null(text);
	while ((length = read(fd, text + size, room - size - 1)) > 0) {
		size += (size_t)length;
		if (room - size < 4096) {
			room *= 2;
			text = realloc(text, room);
			assert_non_null(text);
		}
	}
	close(fd);
	if (size && text[size - 1] == '\n')
		size--;
	text[size] = '\0';
	if (ret_size)
		*ret_size = size;
	return text;
}

static char *read_proc(pid_t pid, const char *name, size_t *ret_size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return facts_file(path, ret_size);
}

/* Fields of /proc/PID/stat, from the third on; the second one may hold anything. */
static void read_stat(struct facts *facts)
{
	char *text = read_proc((pid_t)facts->pid, "stat", NULL);
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');
	unsigned int tty;

	assert_true(open && close && (size_t)(close - open - 1) < sizeof(facts->comm));
	snprintf(facts->comm, sizeof(facts->comm), "%.*s", (int)(close - open - 1), open + 1);
	assert_int_equal(sscanf(close + 1,
				" %*c %" SCNu32 " %" SCNu32 " %" SCNu32
				" %u %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
				"%" SCNu64,
				&facts->parent, &facts->group, &facts->session, &tty,
				&facts->start_ticks),
			 5);
	/* as the kernel encodes a device number for user space */
	facts->tty_major = (tty >> 8) & 0xfff;
	facts->tty_minor = (tty & 0xff) | ((tty >> 12) & 0xfff00);
	free(text);
}

static void read_ids(const char *status, const char *name, uint32_t ids[4])
{
	const char *line = strstr(status, name);

	assert_non_null(line);
	assert_int_equal(sscanf(line + strlen(name),
				" %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32, &ids[REAL],
				&ids[EFFECTIVE], &ids[SAVED], &ids[FILE_SYSTEM]),
			 4);
}

static void read_status(struct facts *facts)
{
	static const char *const sets[] = {
		"\nCapInh:", "\nCapPrm:", "\nCapEff:", "\nCapBnd:", "\nCapAmb:"};
	char *text = read_proc((pid_t)facts->pid, "status", NULL);
	const char *line;

	read_ids(text, "\nUid:", facts->uid);
	read_ids(text, "\nGid:", facts->gid);
	for (unsigned int i = 0; i < CAP_SETS; i++) {
		line = strstr(text, sets[i]);
		assert_non_null(line);
		facts->caps[i] = strtoull(line + strlen(sets[i]), NULL, 16);
	}
	line = strstr(text, "\nNStgid:");
	assert_non_null(line);
	line += strlen("\nNStgid:");
	while (*line != '\n') /* the last number is the innermost namespace's */
		facts->ns_pid = (uint32_t)strtoul(line, (char **)&line, 10);
	free(text);
}

static void read_namespaces(struct facts *facts)
{
	static const char *const names[NAMESPACES] = {"cgroup", "ipc",  "mnt",  "net",
						      "pid",    "time", "user", "uts"};
	char path[64];
	struct stat stat_buf;

	for (unsigned int i = 0; i < NAMESPACES; i++) {
		snprintf(path, sizeof(path), "/proc/%u/ns/%s", facts->pid, names[i]);
		if (stat(path, &stat_buf) == 0)
			facts->namespaces[i] = stat_buf.st_ino;
		else /* time: Linux 5.6 with CONFIG_TIME_NS */
			assert_int_equal(i, NS_TIME);
	}
}

static uint64_t inode_of(const char *root, const char *path)
{
	char full[PATH_MAX];
	struct stat stat_buf;

	snprintf(full, sizeof(full), "%s%s", root, path);
	return stat(full, &stat_buf) == 0 ? stat_buf.st_ino : 0;
}

/* "8:pids:/a/b" of the text of /proc/PID/cgroup: the path; false: there is no such line. */
static bool read_v1(struct facts *facts, const char *text, const char *controller)
{
	char line[64], path[1024], mount[64];
	const char *at;

	snprintf(line, sizeof(line), ":%s:/", controller);
	snprintf(mount, sizeof(mount), "/sys/fs/cgroup/%s", controller);
	at = strstr(text, line);
	if (!at)
		return false;
	at += strlen(line) - 1;
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(at, "\n"), at);
	facts->cgroup_v1 = inode_of(mount, path);
	if (strcmp(facts->cgroup_path, "/") == 0 && strcmp(path, "/") != 0) {
		memcpy(facts->cgroup_path, path, sizeof(path));
		facts->cgroup_path_is_v1 = true;
	}
	return true;
}

/* The v2 line is "0::PATH"; hybrid hosts mount that hierarchy one directory deeper. */
static void read_cgroup(struct facts *facts)
{
	char *text = read_proc((pid_t)facts->pid, "cgroup", NULL);
	char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	const char *root = "/sys/fs/cgroup/unified";

	if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) != 0)
		root = "/sys/fs/cgroup";
	if (line) {
		line = strstr(line, "0::") + 3;
		snprintf(facts->cgroup_path, sizeof(facts->cgroup_path), "%.*s",
			 (int)strcspn(line, "\n"), line);
		facts->cgroup = inode_of(root, facts->cgroup_path);
		assert_true(facts->cgroup != 0);
	}
	if (!read_v1(facts, text, "pids"))
		read_v1(facts, text, "memory");
	free(text);
}

static void read_link(pid_t pid, const char *name, char out[PATH_MAX])
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	length = readlink(path, out, PATH_MAX - 1);
	if (length < 0) /* as the kernel says of its own threads */
		assert_int_equal(errno, ENOENT);
	out[length < 0 ? 0 : length] = '\0';
}

static uint32_t read_number(pid_t pid, const char *name)
{
	char *text = read_proc(pid, name, NULL);
	uint32_t number = (uint32_t)strtoul(text, NULL, 10);

	free(text);
	return number;
}

void facts_entity_id(char out[FACTS_UUID_SIZE], uint64_t pid_ns, uint64_t start_ticks,
		     int64_t ns_pid)
{
	char *text = facts_file("/proc/sys/kernel/random/boot_id", NULL);
	unsigned char input[40], hash[32];
	unsigned int size = 0, byte;

	for (const char *c = text; *c && size < 16; c += *c == '-' ? 1 : 2) {
		if (*c == '-')
			continue;
		assert_int_equal(sscanf(c, "%2x", &byte), 1);
		input[size++] = (unsigned char)byte;
	}
	free(text);
	memcpy(input + 16, &pid_ns, 8);
	memcpy(input + 24, &start_ticks, 8);
	memcpy(input + 32, &ns_pid, 8);
	assert_int_equal(EVP_Digest(input, sizeof(input), hash, NULL, EVP_sha256(), NULL), 1);
	hash[6] = (unsigned char)((hash[6] & 0x0f) | 0x80); /* version 8 */
	hash[8] = (unsigned char)((hash[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
	for (unsigned int i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		at += (unsigned int)snprintf(out + at, 3, "%02x", hash[i]);
	}
}

uint64_t facts_start_ticks(pid_t pid)
{
	struct facts facts = {.pid = (uint32_t)pid};

	read_stat(&facts);
	return facts.start_ticks;
}

bool facts_exists(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return access(path, R_OK) == 0;
}

bool facts_program_readable(pid_t pid)
{
	char path[64], link[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, link, sizeof(link)) > 0;
}

void facts_read(struct facts *facts, pid_t pid)
{
	memset(facts, 0, sizeof(*facts));
	facts->pid = (uint32_t)pid;
	read_stat(facts);
	read_status(facts);
	read_namespaces(facts);
	read_cgroup(facts);
	read_link(pid, "exe", facts->executable);
	read_link(pid, "cwd", facts->cwd);
	facts->args = read_proc(pid, "cmdline", &facts->args_size);
	facts->login_uid = read_number(pid, "loginuid");
	facts->audit_session = read_number(pid, "sessionid");
	facts_entity_id(facts->entity_id, facts->namespaces[NS_PID], facts->start_ticks,
			facts->ns_pid);
}

void facts_done(struct facts *facts)
{
	free(facts->args);
	facts->args = NULL;
}
