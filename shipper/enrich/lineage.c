/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules for entry leaders. A name alone proves nothing, since anybody can give it to a file: it
 * counts only with something that needs privileges. Must not know events or how an image is kept.
 */
#include "enrich/lineage.h"

#include <string.h>

#define INIT_PID 1
#define STEPS_MAX 64 /* up to what is known already; a chain of sessions is short */
#define SSHD_STEPS 4 /* from the process that has given its privileges up to the server */

/* Major numbers of Documentation/admin-guide/devices.txt. */
enum {
	MAJOR_TTY = 4,      /* virtual consoles, serial ports */
	MAJOR_CONSOLE = 5,  /* /dev/tty, /dev/console */
	MAJOR_SERIAL = 204, /* low-density serial ports: ttyAMA ... */
	MAJOR_HVC = 229,    /* of a hypervisor */
};

#define MINOR_BITS 20
#define CONSOLE_MINOR 1

static bool is_same(const struct rec_id *a, const struct rec_id *b)
{
	return a->pid == b->pid && a->start_ns == b->start_ns;
}

static const struct process *find(struct process_table *table, const struct rec_id *id)
{
	return id->pid && id->start_ns ? process_table_find(table, id->pid, id->start_ns) : NULL;
}

static const struct rec_id *maker_of(const struct process *process)
{
	return process->creator.pid ? &process->creator : &process->parent;
}

struct name {
	char text[32]; /* "": unknown, or none of those that matter */
};

static void name_of(const struct process_table *table, const struct process *process,
		    struct name *ret_name)
{
	char path[IMAGE_EXECUTABLE_MAX];
	size_t length = process_image_copy(table, process, IMAGE_EXECUTABLE, path, sizeof(path));
	const char *slash = memrchr(path, '/', length);
	const char *base = slash ? slash + 1 : path;

	length -= (size_t)(base - path);
	if (length >= sizeof(ret_name->text))
		length = 0;
	memcpy(ret_name->text, base, length);
	ret_name->text[length] = '\0';
}

static bool starts_with(const struct name *name, const char *prefix)
{
	return strncmp(name->text, prefix, strlen(prefix)) == 0;
}

/* The server, and since OpenSSH 9.8 what it executes for each connection. */
static bool is_sshd(const struct name *name)
{
	return strcmp(name->text, "sshd") == 0 || strcmp(name->text, "sshd-session") == 0 ||
	       strcmp(name->text, "sshd-auth") == 0;
}

static bool is_runtime(const struct name *name)
{
	return starts_with(name, "containerd-shim") || starts_with(name, "runc") ||
	       starts_with(name, "crun") || starts_with(name, "conmon");
}

/* The one that serves a user runs as that user; the server above it is root's. */
static bool is_servers(struct process_table *table, const struct process *process)
{
	struct name name;

	for (int i = 0; process && i < SSHD_STEPS; i++) {
		name_of(table, process, &name);
		if (!is_sshd(&name))
			return false;
		if (process->uid == 0)
			return true;
		process = find(table, maker_of(process));
	}
	return false;
}

/* A runtime of root's; a rootless one has a cgroup made for its container. */
static bool is_of_runtime(const struct process *process, const struct process *starter)
{
	return (starter->uid == 0 || process->in_container) && process->id.pid_ns &&
	       starter->id.pid_ns && process->id.pid_ns != starter->id.pid_ns;
}

static enum enriched_entry type_by_starter(struct process_table *table,
					   const struct process *process,
					   const struct process *starter)
{
	struct name own, name;

	if (!starter)
		return ENTRY_UNKNOWN;
	name_of(table, process, &own);
	name_of(table, starter, &name);
	if (is_sshd(&name) && own.text[0] && !is_sshd(&own) && is_servers(table, starter))
		return ENTRY_SSHD;
	if (strcmp(name.text, "ssm-session-worker") == 0 && starter->uid == 0)
		return ENTRY_SSM;
	if (is_runtime(&name) && own.text[0] && !is_runtime(&own) &&
	    is_of_runtime(process, starter))
		return ENTRY_CONTAINER;
	return ENTRY_UNKNOWN;
}

static enum enriched_entry type_by_terminal(uint32_t tty)
{
	uint32_t minor = tty & ((1u << MINOR_BITS) - 1);

	switch (tty >> MINOR_BITS) {
	case MAJOR_TTY:
	case MAJOR_SERIAL:
	case MAJOR_HVC:
		return ENTRY_TERMINAL;
	case MAJOR_CONSOLE:
		return minor == CONSOLE_MINOR ? ENTRY_CONSOLE : ENTRY_UNKNOWN;
	default:
		return ENTRY_UNKNOWN;
	}
}

/* ENTRY_UNKNOWN: the process is no entry leader by what it is now. */
static enum enriched_entry type_of(struct process_table *table, const struct process *process)
{
	enum enriched_entry type;

	if (process->kernel_thread)
		return ENTRY_UNKNOWN;
	if (process->id.pid == INIT_PID)
		return ENTRY_INIT;
	if (process->session.pid != process->id.pid)
		return ENTRY_UNKNOWN;
	type = type_by_terminal(process->tty);
	if (type == ENTRY_UNKNOWN)
		type = type_by_starter(table, process, find(table, &process->creator));
	if (type == ENTRY_UNKNOWN)
		type = type_by_starter(table, process, find(table, &process->parent));
	if (type == ENTRY_UNKNOWN && maker_of(process)->pid == INIT_PID)
		type = ENTRY_INIT;
	return type;
}

void lineage_judge(struct process_table *table, const struct process *process)
{
	enum enriched_entry type = type_of(table, process);

	if (type != ENTRY_UNKNOWN)
		process_table_set_entry(table, process, &process->id, (uint8_t)type);
}

/* In init's own session, which has number 0 unless init has called setsid. */
static bool is_in_session_of_init(const struct process *process)
{
	return !process->kernel_thread && process->session.pid <= INIT_PID;
}

/*
 * Whose entry leader is the process's too. Nobody between a process and the leader of its session
 * leads one, so nobody between them is an entry leader. When the maker is unknown, the parent may
 * be who took in an orphan: of the same session it still says the same, and to the leader of a
 * session it is the best there is.
 */
static const struct process *next_above(struct process_table *table, const struct process *process)
{
	const struct process *above = find(table, &process->session);

	if (process->kernel_thread)
		return NULL;
	if (above && above != process)
		return above;
	above = find(table, maker_of(process));
	if (process->creator.pid == 0 && process->session.pid != process->id.pid && above &&
	    above->session.pid != process->session.pid)
		return NULL;
	return above;
}

/* Init itself need not be known for that. */
static void judge(struct process_table *table, const struct process *process)
{
	const struct rec_id *maker = maker_of(process);

	lineage_judge(table, process);
	if (process->entry.pid == 0 && is_in_session_of_init(process) && maker->pid == INIT_PID)
		process_table_set_entry(table, process, maker, ENTRY_INIT);
}

void lineage_find_entry(struct process_table *table, const struct process *process)
{
	const struct process *at = process;

	for (int i = 0; at && i < STEPS_MAX && at->entry.pid == 0; i++) {
		judge(table, at);
		if (at->entry.pid == 0)
			at = next_above(table, at);
	}
	if (at && at != process && at->entry.pid)
		process_table_set_entry(table, process, &at->entry, at->entry_type);
}

static void inherit_leader(struct rec_id *told, const struct rec_id *known)
{
	if (told->start_ns == 0 && told->pid == known->pid)
		*told = *known;
}

void lineage_inherit(struct process_table *table, struct process *told,
		     const struct process *creator)
{
	if (!creator)
		return;
	if (creator->entry.pid == 0)
		lineage_find_entry(table, creator);
	told->entry = creator->entry;
	told->entry_type = creator->entry_type;
	inherit_leader(&told->session, &creator->session);
	inherit_leader(&told->group, &creator->group);
}

size_t lineage_ancestors(struct process_table *table, const struct process *process, size_t max,
			 struct rec_id ret_ids[])
{
	size_t count = 0;

	while (process && count < max) {
		const struct rec_id *maker = maker_of(process);

		if (maker->pid == 0 || is_same(maker, &process->id))
			break;
		ret_ids[count++] = *maker;
		process = find(table, maker);
	}
	return count;
}
