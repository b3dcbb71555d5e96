/* SPDX-License-Identifier: BSD-2-Clause */
#include "made_events.h"

#include "base/clock.h"
#include "entry_builder.h"

#include <stdio.h>
#include <sys/stat.h>

#define SHELLS 2        /* sessions: 0 of root in a container, 1 of alice */
#define PARENTS 6       /* at a time */
#define PER_PARENT 16   /* processes that one of them starts in a row */
#define OPENS_OF_ONE 24 /* that a process makes in a row */
#define PROGRAMS 8
#define MAX_BYTES (64 * 1024 * 1024)

const int64_t made_wall_offset_ns = (int64_t)(BUILDER_WALL_NS - BUILDER_BOOT_NS);

static const struct program {
	const char *path, *comm;
	const char *args; /* as one text; blanks stand between them */
} programs[PROGRAMS] = {
	{"/usr/bin/x86_64-linux-gnu-gcc-12", "gcc", "gcc -O2 -g -Wall -Iinclude -c main.c"},
	{"/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "cc1",
	 "/usr/lib/gcc/x86_64-linux-gnu/12/cc1 -quiet -I include main.c -o /tmp/ccQ4xYwZ.s"},
	{"/usr/bin/x86_64-linux-gnu-as", "as", "as -I include --64 -o main.o /tmp/ccQ4xYwZ.s"},
	{"/usr/bin/dash", "sh", "sh -c \"grep -c '^ok' log/*.txt\""},
	{"/usr/bin/grep", "grep", "grep -c ^ok log/a.txt log/b.txt log/c.txt"},
	{"/usr/bin/date", "date", "date +%s"},
	{"/usr/bin/rm", "rm", "rm -f /tmp/ccQ4xYwZ.s"},
	{"/usr/bin/git", "git", "git describe --tags --always --dirty"},
};

struct process {
	uint32_t pid;
	uint64_t start_ns; /* before BUILDER_BOOT_NS */
	const struct program *program;
};

static void set_entity_id(uint8_t id[16], uint32_t pid)
{
	uint64_t mixed[2] = {pid * UINT64_C(0x9e3779b97f4a7c15),
			     pid * UINT64_C(0xbf58476d1ce4e5b9)};

	memcpy(id, mixed, sizeof(mixed));
}

static const struct program *program_of(unsigned int i)
{
	return &programs[i % PROGRAMS];
}

static struct process child(unsigned int i)
{
	return (struct process){10000 + i, 2000 * NS_PER_MS - i * NS_PER_MS, program_of(i)};
}

static const struct program make = {"/usr/bin/make", "make", "make -j4 all"};
static const struct program bash = {"/usr/bin/bash", "bash", "-bash"};

static struct process parent_of(unsigned int i)
{
	uint32_t number = i / PER_PARENT % PARENTS;

	return (struct process){4000 + number, (9000 + number) * NS_PER_MS, &make};
}

static unsigned int shell_number(unsigned int i)
{
	return i / PER_PARENT % PARENTS % SHELLS;
}

static struct process shell_of(unsigned int i)
{
	uint32_t number = shell_number(i);

	return (struct process){2200 + number, (90000 + number) * NS_PER_MS, &bash};
}

static const struct program sshd = {"/usr/sbin/sshd", "sshd", "sshd: alice"};
static const struct program systemd = {"/usr/lib/systemd/systemd", "systemd", "/sbin/init"};

/* init started the SSH server, that the shells, those the makes, and these all others. */
static struct process parent_of_process(unsigned int i, const struct process *process)
{
	if (process->program == &make)
		return shell_of(i);
	if (process->program == &bash)
		return (struct process){900, 100000 * NS_PER_MS, &sshd};
	if (process->program == &sshd || process->program == &systemd)
		return (struct process){1, 200000 * NS_PER_MS, &systemd};
	return parent_of(i);
}

static struct rec_id id_of(const struct process *process)
{
	return (struct rec_id){.pid = process->pid,
			       .ns_pid = process->pid,
			       .start_ns = BUILDER_BOOT_NS - process->start_ns,
			       .pid_ns = 4026531836u};
}

static void fill_task(struct entry_builder *builder, unsigned int i, const struct process *process)
{
	struct process parent = parent_of_process(i, process);
	struct process group = parent_of(i), shell = shell_of(i);
	uint32_t uid = shell_number(i) ? 1000 : 0;

	*builder->task = (struct rec_task){
		.id = id_of(process),
		.parent = id_of(&parent),
		.creds = {uid, uid, uid, uid, uid, uid, uid, uid, 1000, 11, 0,
			  uid ? 0 : 0x1ffffffffff, uid ? 0 : 0x1ffffffffff, 0x1ffffffffff, 0},
		.ns = {4026531835u, 4026531839u, 4026531841u, 4026531840u, 4026531834u, 4026531837u,
		       4026531838u, 28},
		.cgroup_id = uid ? 12884 : 20733,
		.tid = process->pid,
		.session = id_of(&shell),
		.group = id_of(&group),
		.tty = 136u << 20,
	};
	strncpy(builder->task->comm, process->program->comm, sizeof(builder->task->comm) - 1);
	builder->header->sequence = 100000 + i;
	builder->header->cpu = i % 2;
	builder->header->time_ns = BUILDER_BOOT_NS + i * 7 * NS_PER_MS;
	builder->entry->created_ns = BUILDER_WALL_NS + i * 7 * NS_PER_MS + 412345;
}

/* Returns how many there are. */
static uint32_t put_args(struct entry_builder *builder, struct rec_string *string, const char *text)
{
	size_t length = strlen(text) + 1;
	uint32_t count = 1;
	char parts[128];

	memcpy(parts, text, length);
	for (char *at = parts; (at = strchr(at, ' ')); count++)
		*at = '\0';
	builder_bytes(builder, string, parts, length, 0);
	return count;
}

static void enrich_process(struct entry_builder *builder, struct enriched_process *out,
			   const struct process *process, bool image)
{
	set_entity_id(out->entity_id, process->pid);
	out->start_wall_ns = BUILDER_WALL_NS - process->start_ns;
	if (!image)
		return;
	builder_text(builder, &out->executable, process->program->path);
	out->args_count = put_args(builder, &out->args, process->program->args);
}

static void enrich_names(struct entry_builder *builder, const char *name)
{
	struct enriched *enriched = builder->enriched;
	struct rec_string *strings[] = {
		&enriched->user,        &enriched->real_user, &enriched->saved_user,
		&enriched->fs_user,     &enriched->group,     &enriched->real_group,
		&enriched->saved_group, &enriched->fs_group,
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		builder_text(builder, strings[i], name);
	builder_text(builder, &enriched->login_user, "alice");
	enriched->names_source = 1;
}

static void enrich_place(struct entry_builder *builder, unsigned int i)
{
	struct enriched *enriched = builder->enriched;

	enriched->cgroup_hierarchy = 1;
	if (shell_number(i)) {
		builder_text(builder, &enriched->cgroup_path,
			     "/user.slice/user-1000.slice/session-11.scope");
		builder_text(builder, &enriched->systemd_unit, "session-11.scope");
		builder_text(builder, &enriched->systemd_slice, "user-1000.slice");
		return;
	}
	enriched->container_runtime = 1;
	builder_text(builder, &enriched->cgroup_path,
		     "/system.slice/docker-3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a"
		     "99887766.scope");
	builder_text(builder, &enriched->systemd_slice, "system.slice");
	builder_text(builder, &enriched->container_id,
		     "3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766");
	builder_text(builder, &enriched->container_name, "build");
	builder_text(builder, &enriched->image_name, "registry.example.net/shop/build");
	BUILDER_LIST(builder, &enriched->image_tag, "v2.1");
}

static void enrich_lineage(struct entry_builder *builder, unsigned int i)
{
	struct process parent = parent_of(i), shell = shell_of(i);
	struct enriched *enriched = builder->enriched;
	char ancestry[2 * 37];

	enrich_process(builder, &enriched->parent, &parent, true);
	builder_text(builder, &enriched->parent.comm, parent.program->comm);
	enrich_process(builder, &enriched->session_leader, &shell, true);
	enrich_process(builder, &enriched->group_leader, &parent, true);
	enrich_process(builder, &enriched->entry_leader, &shell, true);
	enriched->session_is_self = enriched->group_is_self = enriched->entry_is_self = 0;
	enriched->entry_pid = enriched->entry_ns_pid = shell.pid;
	enriched->entry_type = ENTRY_SSHD;
	(void)snprintf(ancestry, sizeof(ancestry), "15fd8551-549b-8f36-b2d6-%012x", parent.pid);
	(void)snprintf(ancestry + 37, 37, "b011d342-3c80-8e8d-867f-%012x", shell.pid);
	builder_bytes(builder, &enriched->ancestry, ancestry, sizeof(ancestry), 0);
}

static void enrich(struct entry_builder *builder, unsigned int i, const struct process *process,
		   bool image)
{
	builder_enrich(builder);
	enrich_process(builder, &builder->enriched->process, process, image);
	enrich_lineage(builder, i);
	enrich_names(builder, shell_number(i) ? "alice" : "root");
	enrich_place(builder, i);
}

/* As in an entry, or as on the wire: names from the leaf up, each with NUL. */
static void put_path(struct entry_builder *builder, struct rec_string *string, const char *path,
		     bool wire)
{
	const char *end = path + strlen(path);
	char names[128];
	size_t length = 0;

	if (!wire) {
		builder_text(builder, string, path);
		return;
	}
	for (const char *at = end; at-- > path;) {
		if (*at != '/')
			continue;
		memcpy(names + length, at + 1, (size_t)(end - at - 1));
		length += (size_t)(end - at);
		names[length - 1] = '\0';
		end = at;
	}
	builder_bytes(builder, string, names, length, 0);
}

static void record_exec(struct entry_builder *builder, unsigned int i,
			const struct process *process, bool wire)
{
	struct rec_exec *exec;

	builder_start_clean(builder, REC_EXEC, i + 1);
	fill_task(builder, i, process);
	builder->task->exec_id = 1;
	exec = builder->exec;
	exec->inode = 2622415 + i % PROGRAMS;
	exec->file_size = 239848;
	exec->device = 8u << 20 | 1;
	exec->mode = S_IFREG | 0755;
	exec->old_tid = process->pid;
	put_path(builder, &exec->executable, process->program->path, wire);
	put_path(builder, &exec->cwd, "/home/alice/src/shop", wire);
	builder_text(builder, &exec->filename, process->program->path);
	exec->args_count = put_args(builder, &exec->args, process->program->args);
}

static void make_exec(struct entry_builder *builder, unsigned int i)
{
	struct process process = child(i);

	record_exec(builder, i, &process, false);
	enrich(builder, i, &process, false);
	builder_text(builder, &builder->enriched->file_owner, "root");
	builder_text(builder, &builder->enriched->file_group, "root");
	builder_text(builder, &builder->enriched->previous_executable, make.path);
	builder->enriched->previous_args_count =
		put_args(builder, &builder->enriched->previous_args, make.args);
}

static void record_exit(struct entry_builder *builder, unsigned int i,
			const struct process *process)
{
	builder_start_clean(builder, REC_EXIT, i + 1);
	fill_task(builder, i, process);
	builder->task->exec_id = 1;
	builder->header->time_ns += 4 * NS_PER_MS;
	builder->exit->runtime_ns = 2004457 + i;
	builder->exit->max_rss_bytes = 9437184;
	builder->exit->exit_code = i % 16 ? 0 : 1;
}

static void record_fork(struct entry_builder *builder, unsigned int i,
			const struct process *process)
{
	builder_start_clean(builder, REC_FORK, i + 1);
	fill_task(builder, i, process);
	builder->header->time_ns -= NS_PER_MS;
	builder->fork->creator = builder->task->parent;
	builder->fork->creator_tid = builder->task->parent.pid;
	builder->fork->exit_signal = 17;
}

static void make_exit(struct entry_builder *builder, unsigned int i)
{
	struct process process = child(i);
	struct enriched *enriched;

	record_exit(builder, i, &process);
	enrich(builder, i, &process, true);
	enriched = builder->enriched;
	enriched->end_start_wall_ns = enriched->process.start_wall_ns;
	enriched->duration_ns = 4 * NS_PER_MS + i;
	enriched->exec_duration_ns = 3 * NS_PER_MS + i;
	enriched->user_cpu_ns = 1200345 + i;
	enriched->system_cpu_ns = 804112 + i;
	enriched->children_user_cpu_ns = 0;
	enriched->children_system_cpu_ns = 0;
}

static void record_open(struct entry_builder *builder, unsigned int i,
			const struct process *process, bool wire)
{
	struct rec_open *open;
	char path[64];

	builder_start_clean(builder, REC_OPEN_READ, i + 1);
	fill_task(builder, i / OPENS_OF_ONE, process);
	builder->task->exec_id = 1;
	builder->header->sequence = 500000 + i;
	builder->header->time_ns = BUILDER_BOOT_NS + i * 3 * NS_PER_MS;
	open = builder->open;
	open->call = (struct rec_call){3, 0, REC_SYSCALL_OPENAT, 0, {0}};
	open->flags = 02000000; /* O_CLOEXEC */
	open->inode = 2622416 + i;
	open->file_size = 1221 + i;
	open->device = 8u << 20 | 1;
	open->mode = S_IFREG | 0644;
	(void)snprintf(path, sizeof(path), "/usr/include/x86_64-linux-gnu/bits/part-%u.h", i);
	put_path(builder, &open->path, path, wire);
	builder_text(builder, &open->given, path);
}

static void make_open(struct entry_builder *builder, unsigned int i)
{
	struct process process = child(i / OPENS_OF_ONE);

	record_open(builder, i, &process, false);
	enrich(builder, i / OPENS_OF_ONE, &process, true);
	builder_text(builder, &builder->enriched->file_owner, "root");
	builder_text(builder, &builder->enriched->file_group, "root");
}

void made_events(struct buf *out, enum made_kind kind)
{
	static void (*const makers[MADE_KINDS])(struct entry_builder *, unsigned int) = {
		[MADE_EXEC] = make_exec,
		[MADE_EXIT] = make_exit,
		[MADE_OPEN] = make_open,
	};
	struct entry_builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		abort();
	buf_init(out, MAX_BYTES);
	for (unsigned int i = 0; i < MADE_EVENTS; i++) {
		size_t size;

		makers[kind](builder, i);
		size = builder_end(builder);
		if (buf_add(out, builder->data, size) < 0)
			abort();
		memset(builder->data, 0, size);
	}
	free(builder);
}

/* Appends the record that was made, and starts anew. */
static void take_record(struct buf *out, unsigned int *count, struct entry_builder *builder)
{
	uint32_t size = builder->header->size;

	if (buf_add(out, builder->header, (size + 7) / 8 * 8) < 0)
		abort();
	memset(builder->data, 0, sizeof(struct entry) + (size + 7) / 8 * 8);
	(*count)++;
}

static struct entry_builder *start_records(struct buf *out, unsigned int *ret_count)
{
	struct entry_builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		abort();
	buf_init(out, MAX_BYTES);
	*ret_count = 0;
	return builder;
}

void made_processes(struct buf *out, unsigned int *ret_count)
{
	struct entry_builder *builder = start_records(out, ret_count);

	for (unsigned int i = 0; i < MADE_EVENTS; i++) {
		struct process process = child(i);

		record_fork(builder, i, &process);
		take_record(out, ret_count, builder);
		record_exec(builder, i, &process, true);
		take_record(out, ret_count, builder);
		record_exit(builder, i, &process);
		take_record(out, ret_count, builder);
	}
	free(builder);
}

static struct process opener(unsigned int i)
{
	struct process process = child(i);

	process.pid += 10000;
	return process;
}

void made_opens(struct buf *out, unsigned int *ret_count)
{
	struct entry_builder *builder = start_records(out, ret_count);

	for (unsigned int i = 0; i < MADE_EVENTS; i++) {
		struct process process = opener(i / OPENS_OF_ONE);

		record_open(builder, i, &process, true);
		take_record(out, ret_count, builder);
	}
	free(builder);
}

void made_running(struct buf *out, unsigned int *ret_count)
{
	struct entry_builder *builder = start_records(out, ret_count);

	for (unsigned int i = 0; i < PARENTS * PER_PARENT; i += PER_PARENT) {
		struct process shell = shell_of(i), parent = parent_of(i);
		struct process server = parent_of_process(i, &shell);
		struct process init = parent_of_process(i, &server);
		const struct process *const line[] = {&init, &server, &shell, &parent};

		for (size_t at = 0; at < sizeof(line) / sizeof(line[0]); at++) {
			record_exec(builder, i, line[at], true);
			take_record(out, ret_count, builder);
		}
	}
	for (unsigned int i = 0; i <= MADE_EVENTS / OPENS_OF_ONE; i++) {
		struct process process = opener(i);

		record_exec(builder, i, &process, true);
		take_record(out, ret_count, builder);
	}
	free(builder);
}

static const char *const lean_paths[] = {
	"agent.id",
	"agent.name",
	"agent.version",
	"host.architecture",
	"host.boot",
	"host.hostname",
	"host.ip",
	"host.mac",
	"host.os",
	"host.pid_ns_ino",
	"process.command_line",
	"process.parent.command_line",
	"process.entry_leader",
	"process.group_leader",
	"process.session_leader",
	"process.previous",
	"process.thread.capabilities",
	"Linux.creator",
	"Linux.namespaces",
};

const struct omission made_lean = {lean_paths, sizeof(lean_paths) / sizeof(lean_paths[0])};

static const char *const brief_paths[] = {
	"Linux",          "agent",        "container",  "file.device", "file.directory",
	"file.gid",       "file.group",   "file.inode", "file.mode",   "file.name",
	"file.owner",     "file.size",    "file.uid",   "host",        "process.parent",
	"process.thread", "process.user",
};

const struct omission made_brief = {brief_paths, sizeof(brief_paths) / sizeof(brief_paths[0])};
