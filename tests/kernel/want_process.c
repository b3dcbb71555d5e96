/* SPDX-License-Identifier: BSD-2-Clause */
/* What facts of /proc become in an event: the process, its program, parent, leaders and cgroup. */
#include "want_parts.h"

#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Any of the pointers may be NULL: told nowhere. */
void want_user(struct want *want, uint32_t uid, const char *id_path, const char *name_path)
{
	const struct passwd *user = getpwuid(uid);

	want_id(want, id_path, uid);
	if (user)
		want_string(want, name_path, user->pw_name);
}

void want_group(struct want *want, uint32_t gid, const char *id_path, const char *name_path)
{
	const struct group *group = getgrgid(gid);

	want_id(want, id_path, gid);
	if (group)
		want_string(want, name_path, group->gr_name);
}

static void want_credentials(struct want *want, const struct facts *facts)
{
	const uint32_t *uid = facts->uid, *gid = facts->gid;

	want_user(want, uid[EFFECTIVE], "user.id", "user.name");
	want_user(want, uid[EFFECTIVE], "process.user.id", "process.user.name");
	want_user(want, uid[REAL], "process.real_user.id", "process.real_user.name");
	want_user(want, uid[SAVED], "process.saved_user.id", "process.saved_user.name");
	want_user(want, uid[FILE_SYSTEM], "Linux.fs_user.id", "Linux.fs_user.name");
	want_group(want, gid[EFFECTIVE], "group.id", "group.name");
	want_group(want, gid[EFFECTIVE], "process.group.id", "process.group.name");
	want_group(want, gid[REAL], "process.real_group.id", "process.real_group.name");
	want_group(want, gid[SAVED], "process.saved_group.id", "process.saved_group.name");
	want_group(want, gid[FILE_SYSTEM], "Linux.fs_group.id", "Linux.fs_group.name");
	if (facts->login_uid != FACTS_UNSET)
		want_user(want, facts->login_uid, "Linux.audit.user.id", "Linux.audit.user.name");
	want_string(want, "Linux.names.source", "files");
	if (facts->audit_session != FACTS_UNSET)
		want_id(want, "Linux.audit.session", facts->audit_session);
}

static void want_caps(struct want *want, const char *path, uint64_t bits)
{
	/* in the order of capabilities(7)'s numbers */
	static const char *const names[] = {"CHOWN",
					    "DAC_OVERRIDE",
					    "DAC_READ_SEARCH",
					    "FOWNER",
					    "FSETID",
					    "KILL",
					    "SETGID",
					    "SETUID",
					    "SETPCAP",
					    "LINUX_IMMUTABLE",
					    "NET_BIND_SERVICE",
					    "NET_BROADCAST",
					    "NET_ADMIN",
					    "NET_RAW",
					    "IPC_LOCK",
					    "IPC_OWNER",
					    "SYS_MODULE",
					    "SYS_RAWIO",
					    "SYS_CHROOT",
					    "SYS_PTRACE",
					    "SYS_PACCT",
					    "SYS_ADMIN",
					    "SYS_BOOT",
					    "SYS_NICE",
					    "SYS_RESOURCE",
					    "SYS_TIME",
					    "SYS_TTY_CONFIG",
					    "MKNOD",
					    "LEASE",
					    "AUDIT_WRITE",
					    "AUDIT_CONTROL",
					    "SETFCAP",
					    "MAC_OVERRIDE",
					    "MAC_ADMIN",
					    "SYSLOG",
					    "WAKE_ALARM",
					    "BLOCK_SUSPEND",
					    "AUDIT_READ",
					    "PERFMON",
					    "BPF",
					    "CHECKPOINT_RESTORE"};
	char list[2048];
	size_t size = 0;

	if (!bits)
		return;
	for (unsigned int i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		if (i < sizeof(names) / sizeof(names[0]))
			size += (size_t)sprintf(list + size, "CAP_%s", names[i]) + 1;
		else
			size += (size_t)sprintf(list + size, "%u", i) + 1;
	}
	want_list(want, path, list, size);
}

void want_capabilities(struct want *want, const struct facts *facts)
{
	char hex[32];

	want_caps(want, "Linux.capabilities.inheritable", facts->caps[INHERITABLE]);
	want_caps(want, "process.thread.capabilities.permitted", facts->caps[PERMITTED]);
	want_caps(want, "process.thread.capabilities.effective", facts->caps[EFFECTIVE_CAPS]);
	want_caps(want, "Linux.capabilities.ambient", facts->caps[AMBIENT]);
	snprintf(hex, sizeof(hex), "%016" PRIx64, facts->caps[BOUNDING]);
	want_string(want, "Linux.capabilities.bounding_hex", hex);
}

static void want_namespaces(struct want *want, const struct facts *facts)
{
	static const char *const paths[NAMESPACES] = {
		"Linux.namespaces.cgroup", "Linux.namespaces.ipc", "Linux.namespaces.mnt",
		"Linux.namespaces.net",    "Linux.namespaces.pid", "Linux.namespaces.time",
		"Linux.namespaces.user",   "Linux.namespaces.uts"};

	for (unsigned int i = 0; i < NAMESPACES; i++)
		if (facts->namespaces[i])
			want_id(want, paths[i], facts->namespaces[i]);
}

static void want_start(struct want *want, const char *path, uint64_t ticks)
{
	want_time(want, path, ticks * TICK_NS, (ticks + 1) * TICK_NS);
}

static bool has_end(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length > size && strcmp(text + length - size, end) == 0;
}

/* "/user.slice/user-0.slice/session-1.scope": below slices, a unit. */
static void want_unit(struct want *want, const char *cgroup_path)
{
	char path[1024], *rest = path, *name;

	want_absent(want, "Linux.systemd.slice");
	want_absent(want, "Linux.systemd.unit");
	want_absent(want, "Linux.systemd.user_unit");
	snprintf(path, sizeof(path), "%s", cgroup_path);
	while ((name = strsep(&rest, "/"))) {
		if (has_end(name, ".slice"))
			want_string(want, "Linux.systemd.slice", name);
		else if (*name)
			break;
	}
	if (!name || !(has_end(name, ".scope") || has_end(name, ".service")))
		return;
	want_string(want, "Linux.systemd.unit", name);
	while (strncmp(name, "user@", 5) == 0 && (name = strsep(&rest, "/"))) {
		if (has_end(name, ".scope") || has_end(name, ".service"))
			want_string(want, "Linux.systemd.user_unit", name);
		else if (has_end(name, ".slice"))
			name = (char *)"user@";
	}
}

void want_cgroup(struct want *want, const struct facts *facts)
{
	if (facts->cgroup)
		want_id(want, "Linux.cgroup.id", facts->cgroup);
	if (facts->cgroup_v1)
		want_id(want, "Linux.cgroup.v1_id", facts->cgroup_v1);
	want_string(want, "Linux.cgroup.path", facts->cgroup_path);
	want_string(want, "Linux.cgroup.hierarchy", facts->cgroup_path_is_v1 ? "v1" : "v2");
	want_unit(want, facts->cgroup_path);
}

static uint64_t count_args(const struct facts *facts)
{
	uint64_t count = 0;

	for (size_t i = 0; i < facts->args_size; i++)
		count += facts->args[i] == '\0';
	return count;
}

/* Where a leader's facts stand. */
struct leader_paths {
	const char *pid, *vpid, *entity_id, *start, *is_self;
	const char *executable, *name, *args, *args_count;
};

static const struct leader_paths session_paths = {
	"process.session_leader.pid",
	"process.session_leader.vpid",
	"process.session_leader.entity_id",
	"process.session_leader.start",
	"process.session_leader.same_as_process",
	"process.session_leader.executable",
	"process.session_leader.name",
	"process.session_leader.args",
	"process.session_leader.args_count",
};

static const struct leader_paths group_paths = {
	"process.group_leader.pid",
	"process.group_leader.vpid",
	"process.group_leader.entity_id",
	"process.group_leader.start",
	"process.group_leader.same_as_process",
	"process.group_leader.executable",
	"process.group_leader.name",
	"process.group_leader.args",
	"process.group_leader.args_count",
};

static const struct leader_paths entry_paths = {
	"process.entry_leader.pid",
	"process.entry_leader.vpid",
	"process.entry_leader.entity_id",
	"process.entry_leader.start",
	"process.entry_leader.same_as_process",
	"process.entry_leader.executable",
	"process.entry_leader.name",
	"process.entry_leader.args",
	"process.entry_leader.args_count",
};

static void forget_leader_program(struct want *want, const struct leader_paths *paths)
{
	want_absent(want, paths->executable);
	want_absent(want, paths->name);
	want_absent(want, paths->args);
	want_absent(want, paths->args_count);
}

static void want_leader_program(struct want *want, const struct leader_paths *paths, pid_t pid)
{
	struct facts leader;

	facts_read(&leader, pid);
	want_string(want, paths->executable, leader.executable);
	want_string(want, paths->name, base_name(leader.executable));
	want_list(want, paths->args, leader.args, leader.args_size);
	want_number(want, paths->args_count, count_args(&leader));
	facts_done(&leader);
}

/* Of a leader that has ended before the agent came only the number is known. Leaders of the
 * processes of a test live in the test's own pid namespace, or are in facts themselves. */
static void want_leader(struct want *want, const struct leader_paths *paths, uint32_t pid,
			const struct facts *facts)
{
	bool is_self = pid == facts->pid;
	uint64_t ticks;
	char entity_id[FACTS_UUID_SIZE];
	struct stat ns;

	forget_leader_program(want, paths);
	if (pid == 0)
		return;
	want_number(want, paths->pid, pid);
	want_number(want, paths->vpid, is_self ? facts->ns_pid : pid);
	if (!is_self && !facts_exists((pid_t)pid))
		return;
	ticks = is_self ? facts->start_ticks : facts_start_ticks((pid_t)pid);
	assert_int_equal(stat("/proc/self/ns/pid", &ns), 0);
	facts_entity_id(entity_id, ns.st_ino, ticks, pid);
	want_string(want, paths->entity_id, is_self ? facts->entity_id : entity_id);
	want_start(want, paths->start, ticks);
	want_bool(want, paths->is_self, is_self);
	if (!is_self && facts_program_readable((pid_t)pid))
		want_leader_program(want, paths, (pid_t)pid);
}

static bool is_terminal(const struct facts *facts)
{
	return facts->tty_major == 4 || facts->tty_major == 204 || facts->tty_major == 229;
}

/* What stands above in the chain of sessions; 0: nobody can tell. */
static uint32_t above(const struct facts *facts)
{
	struct facts parent;
	bool same;

	if (facts->session > 1 && facts->session != facts->pid &&
	    facts_exists((pid_t)facts->session))
		return facts->session;
	if (facts->session <= 1 || facts->session == facts->pid)
		return facts->parent;
	parent.pid = facts->parent;
	facts_read(&parent, (pid_t)facts->parent);
	same = parent.session == facts->session;
	facts_done(&parent);
	return same ? facts->parent : 0;
}

/* "": goes on above. The agent has not seen the start of any of them. */
static const char *entry_type(const struct facts *facts, const char *parents_name)
{
	if (facts->session != facts->pid)
		return "";
	if (is_terminal(facts))
		return "terminal";
	if ((strcmp(parents_name, "sshd") == 0 || strcmp(parents_name, "sshd-session") == 0) &&
	    strncmp(base_name(facts->executable), "sshd", 4) != 0)
		return "sshd";
	return facts->parent == 1 ? "init" : "";
}

/* Children of a test came into being under the entry leader that the test has. */
static void want_entry(struct want *want, const struct facts *facts)
{
	uint32_t pid = (uint32_t)getpid();
	const char *type = "";

	if (!*facts->executable) /* a thread of the kernel */
		pid = 0;
	while (pid > 1 && !*type) {
		struct facts at, parent = {0};

		facts_read(&at, (pid_t)pid);
		if (at.parent > 1)
			facts_read(&parent, (pid_t)at.parent);
		type = entry_type(&at, base_name(parent.executable));
		if (!*type)
			pid = above(&at);
		facts_done(&at);
		facts_done(&parent);
	}
	if (pid == 0)
		return;
	want_leader(want, &entry_paths, pid, facts);
	want_string(want, "process.entry_leader.entry_meta.type", *type ? type : "init");
}

/* What leaders run is told of processes only. */
void want_action(struct want *want, const char *action)
{
	static const char *const actions[] = {"fork", "exec", "end"};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(action, actions[i]) == 0)
			return;
	forget_leader_program(want, &session_paths);
	forget_leader_program(want, &group_paths);
	forget_leader_program(want, &entry_paths);
}

void want_previous(struct want *want, const struct facts *previous)
{
	want_absent(want, "process.previous.executable");
	want_absent(want, "process.previous.args");
	want_absent(want, "process.previous.args_count");
	if (!previous)
		return;
	want_string(want, "process.previous.executable", previous->executable);
	want_list(want, "process.previous.args", previous->args, previous->args_size);
	want_number(want, "process.previous.args_count", count_args(previous));
}

void want_process(struct want *want, const struct facts *facts)
{
	want_number(want, "process.pid", facts->pid);
	want_number(want, "process.vpid", facts->ns_pid);
	want_string(want, "process.entity_id", facts->entity_id);
	want_start(want, "process.start", facts->start_ticks);
	want_number(want, "process.thread.id", facts->pid);
	want_string(want, "process.thread.name", facts->comm);
	want_leader(want, &session_paths, facts->session, facts);
	want_leader(want, &group_paths, facts->group, facts);
	want_entry(want, facts);
	if (facts->tty_major || facts->tty_minor) {
		want_number(want, "process.tty.char_device.major", facts->tty_major);
		want_number(want, "process.tty.char_device.minor", facts->tty_minor);
	}
	want_cgroup(want, facts);
	want_credentials(want, facts);
	want_capabilities(want, facts);
	want_namespaces(want, facts);
}

/* Arguments joined by one space each, as a copy. */
static char *join(const char *args, size_t size)
{
	char *text = malloc(size + 1);

	assert_non_null(text);
	memcpy(text, args, size);
	for (size_t i = 0; i + 1 < size; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[size] = '\0';
	return text;
}

void want_program(struct want *want, const char *under, const struct facts *facts)
{
	static const char *const paths[2][5] = {
		{"process.executable", "process.name", "process.args", "process.args_count",
		 "process.command_line"},
		{"process.parent.executable", "process.parent.name", "process.parent.args",
		 "process.parent.args_count", "process.parent.command_line"}};
	const char *const *path = paths[strcmp(under, "process") != 0];
	char *line;

	if (!*facts->executable) { /* a thread of the kernel */
		for (unsigned int i = 0; i < 5; i++)
			want_absent(want, path[i]);
		return;
	}
	line = join(facts->args, facts->args_size);
	want_string(want, path[0], facts->executable);
	want_string(want, path[1], base_name(facts->executable));
	want_list(want, path[2], facts->args, facts->args_size);
	want_number(want, path[3], count_args(facts));
	want_string(want, path[4], line);
	free(line);
}

void want_parent(struct want *want, const struct facts *parent)
{
	want_number(want, "process.parent.pid", parent->pid);
	want_number(want, "process.parent.vpid", parent->ns_pid);
	want_string(want, "process.parent.entity_id", parent->entity_id);
	want_start(want, "process.parent.start", parent->start_ticks);
	want_string(want, "process.parent.thread.name", parent->comm);
	want_program(want, "process.parent", parent);
}

void want_creator(struct want *want, const struct facts *creator)
{
	want_number(want, "Linux.creator.pid", creator->pid);
	want_string(want, "Linux.creator.entity_id", creator->entity_id);
	want_start(want, "Linux.creator.start", creator->start_ticks);
	want_absent(want, "Linux.creator.executable");
	if (*creator->executable)
		want_string(want, "Linux.creator.executable", creator->executable);
}

void want_test_family(struct want *want)
{
	struct facts test;

	facts_read(&test, getpid());
	want_parent(want, &test);
	want_creator(want, &test);
	facts_done(&test);
}

void want_child(struct want *want, const struct facts *facts)
{
	want_process(want, facts);
	want_program(want, "process", facts);
	want_test_family(want);
}
