/* SPDX-License-Identifier: BSD-2-Clause */
/* Recordings made by hand. Strings are as they are after decode: paths plain, not leaf first. */
#include "recordings.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static void end_entry(struct entry_builder *builder, struct buf *out)
{
	size_t size = builder_end(builder);
	int result = buf_add(out, builder->data, size);

	if (result < 0)
		abort();
}

static const uint8_t child_id[16] = {0x4d, 0xa0, 0x35, 0x48, 0xd0, 0x27, 0x8f, 0x0b,
				     0xa5, 0xda, 0x11, 0x20, 0x60, 0xe8, 0x46, 0x96};
static const uint8_t shell_id[16] = {0x15, 0xfd, 0x85, 0x51, 0x54, 0x9b, 0x8f, 0x36,
				     0xb2, 0xd6, 0x02, 0xec, 0x34, 0x95, 0xd2, 0x11};

static struct rec_creds creds_of(uint32_t uid, uint32_t gid)
{
	return (struct rec_creds){
		.uid = uid,
		.gid = gid,
		.euid = uid,
		.egid = gid,
		.suid = uid,
		.sgid = gid,
		.fsuid = uid,
		.fsgid = gid,
		.login_uid = 1000,
		.audit_session = 11,
		.cap_bounding = 0x1ffffffffff,
	};
}

/* curl, started by alice's shell. */
static void fill_task(struct rec_task *task, const char *comm)
{
	*task = (struct rec_task){
		.id = {.pid = 4242,
		       .ns_pid = 4242,
		       .start_ns = BUILDER_BOOT_NS - 4 * NS_PER_MS,
		       .pid_ns = 4026531836u},
		.parent = {.pid = 2231, .ns_pid = 2231, .pid_ns = 4026531836u},
		.creds = creds_of(1000, 1000),
		.ns = {4026531835u, 4026531839u, 4026531841u, 4026531840u, 4026531834u, 4026531837u,
		       4026531838u, 0},
		.cgroup_id = 12884,
		.tid = 4242,
		.session = {.pid = 2231, .ns_pid = 2231, .pid_ns = 4026531836u},
		.group = {.pid = 4242,
			  .ns_pid = 4242,
			  .start_ns = BUILDER_BOOT_NS - 4 * NS_PER_MS,
			  .pid_ns = 4026531836u},
		.tty = 136u << 20,
	};
	strncpy(task->comm, comm, sizeof(task->comm) - 1);
}

static void enrich_parent(struct entry_builder *builder)
{
	struct enriched *enriched = builder->enriched;

	memcpy(enriched->parent.entity_id, shell_id, sizeof(shell_id));
	enriched->parent.start_wall_ns = BUILDER_WALL_NS - 898000 * NS_PER_MS;
	enriched->parent.args_count = 1;
	builder_text(builder, &enriched->parent.executable, "/usr/bin/bash");
	BUILDER_LIST(builder, &enriched->parent.args, "-bash");
	builder_text(builder, &enriched->parent.comm, "bash");
}

static void enrich_names(struct entry_builder *builder)
{
	struct enriched *enriched = builder->enriched;
	struct rec_string *strings[] = {
		&enriched->user,       &enriched->real_user,   &enriched->saved_user,
		&enriched->fs_user,    &enriched->login_user,  &enriched->group,
		&enriched->real_group, &enriched->saved_group, &enriched->fs_group,
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		builder_text(builder, strings[i], "alice");
	enriched->names_source = 1;
	BUILDER_LIST(builder, &enriched->names_of_nss, "Linux.audit.user.name");
	BUILDER_LIST(builder, &enriched->names_unknown, "file.owner\0file.group");
}

static void enrich_process(struct entry_builder *builder)
{
	memcpy(builder->enriched->process.entity_id, child_id, sizeof(child_id));
	builder->enriched->process.start_wall_ns = BUILDER_WALL_NS - 4 * NS_PER_MS;
}

static void enrich_all(struct entry_builder *builder)
{
	builder_enrich(builder);
	enrich_process(builder);
	enrich_parent(builder);
	enrich_names(builder);
}

static void add_fork(struct entry_builder *builder, struct buf *out)
{
	builder_start(builder, REC_FORK, 1);
	fill_task(builder->task, "bash");
	builder->fork->creator = builder->task->parent;
	builder->fork->creator_tid = 2231;
	builder->fork->exit_signal = 17;
	enrich_all(builder);
	builder->enriched->process.args_count = 1;
	builder_text(builder, &builder->enriched->process.executable, "/usr/bin/bash");
	BUILDER_LIST(builder, &builder->enriched->process.args, "-bash");
	memcpy(builder->enriched->creator.entity_id, shell_id, sizeof(shell_id));
	end_entry(builder, out);
}

static void start_exec(struct entry_builder *builder, uint64_t sequence, const char *comm)
{
	struct rec_exec *exec;

	builder_start(builder, REC_EXEC, sequence);
	fill_task(builder->task, comm);
	exec = builder->exec;
	exec->inode = 2622415;
	exec->file_size = 239848;
	exec->device = 8u << 20 | 1;
	exec->mode = S_IFREG | 0755;
	exec->old_tid = 4242;
}

static void add_exec(struct entry_builder *builder, struct buf *out)
{
	struct rec_exec *exec;

	start_exec(builder, 2, "curl");
	exec = builder->exec;
	builder->task->creds.cap_permitted = builder->task->creds.cap_effective = 1u << 13;
	exec->args_count = 5;
	builder_text(builder, &exec->executable, "/usr/bin/curl");
	builder_text(builder, &exec->cwd, "/home/alice");
	builder_text(builder, &exec->filename, "curl");
	BUILDER_LIST(builder, &exec->args,
		     "curl\0-fsSL\0-o\0/tmp/x y\0https://198.51.100.7/i.sh?d=%25+1");
	BUILDER_LIST(builder, &exec->env, "LD_PRELOAD=/tmp/a.so");
	BUILDER_LIST(builder, &exec->env, "LD_PRELOAD=/tmp/a.so");
	enrich_all(builder);
	builder_text(builder, &builder->enriched->file_owner, "root");
	builder_text(builder, &builder->enriched->file_group, "root");
	end_entry(builder, out);
}

static void start_exit(struct entry_builder *builder, uint64_t sequence)
{
	struct rec_exit *ended;

	builder_start(builder, REC_EXIT, sequence);
	fill_task(builder->task, "curl");
	ended = builder->exit;
	ended->runtime_ns = 2004457;
	ended->max_rss_bytes = 9437184;
	ended->read_bytes = 4096;
}

static void enrich_exit(struct entry_builder *builder)
{
	struct enriched *enriched;

	enrich_all(builder);
	enriched = builder->enriched;
	enriched->process.args_count = 2;
	builder_text(builder, &enriched->process.executable, "/usr/bin/curl");
	BUILDER_LIST(builder, &enriched->process.args, "curl\0-fsSL");
	enriched->end_start_wall_ns = enriched->process.start_wall_ns;
	enriched->duration_ns = 4 * NS_PER_MS;
	enriched->exec_duration_ns = 3 * NS_PER_MS;
	enriched->user_cpu_ns = 1200345;
	enriched->system_cpu_ns = 804112;
	enriched->children_user_cpu_ns = 0;
	enriched->children_system_cpu_ns = 0;
}

static void add_exit(struct entry_builder *builder, struct buf *out)
{
	start_exit(builder, 3);
	builder->exit->exit_code = 22;
	enrich_exit(builder);
	end_entry(builder, out);
}

static void make_process(struct entry_builder *builder, struct buf *out)
{
	add_fork(builder, out);
	add_exec(builder, out);
	add_exit(builder, out);
}

/* A login shell that the SSH server has started, leader of session and of all that came of it. */
static void enrich_shell(struct entry_builder *builder, struct enriched_process *leader)
{
	memcpy(leader->entity_id, shell_id, sizeof(shell_id));
	leader->start_wall_ns = BUILDER_WALL_NS - 898000 * NS_PER_MS;
	leader->args_count = 1;
	builder_text(builder, &leader->executable, "/usr/bin/bash");
	BUILDER_LIST(builder, &leader->args, "-bash");
}

static void enrich_lineage(struct entry_builder *builder)
{
	struct enriched *enriched = builder->enriched;

	enrich_shell(builder, &enriched->session_leader);
	enrich_shell(builder, &enriched->entry_leader);
	memcpy(enriched->group_leader.entity_id, child_id, sizeof(child_id));
	enriched->group_leader.start_wall_ns = BUILDER_WALL_NS - 4 * NS_PER_MS;
	enriched->session_is_self = enriched->entry_is_self = 0;
	enriched->group_is_self = 1;
	enriched->entry_pid = enriched->entry_ns_pid = 2231;
	enriched->entry_type = ENTRY_SSHD;
	builder_text(builder, &enriched->previous_executable, "/usr/bin/bash");
	BUILDER_LIST(builder, &enriched->previous_args, "-bash");
	enriched->previous_args_count = 1;
	BUILDER_LIST(builder, &enriched->ancestry,
		     "15fd8551-549b-8f36-b2d6-02ec3495d211\0b011d342-3c80-8e8d-867f-240ac0aef691");
}

/* Second event: what a leader ran is cut, and the image before is known by its path only. */
static void make_lineage(struct entry_builder *builder, struct buf *out)
{
	start_exec(builder, 2, "curl");
	builder->exec->args_count = 1;
	builder_text(builder, &builder->exec->executable, "/usr/bin/curl");
	BUILDER_LIST(builder, &builder->exec->args, "curl");
	enrich_all(builder);
	enrich_lineage(builder);
	end_entry(builder, out);

	start_exec(builder, 3, "curl");
	builder->exec->args_count = 1;
	builder_text(builder, &builder->exec->executable, "/usr/bin/curl");
	BUILDER_LIST(builder, &builder->exec->args, "curl");
	enrich_all(builder);
	enrich_lineage(builder);
	builder->enriched->entry_leader.args.full = 4000;
	builder->enriched->previous_args = (struct rec_string){0};
	builder->enriched->previous_args_count = 0;
	builder->enriched->entry_type = ENTRY_UNKNOWN;
	builder->enriched->ancestry = (struct rec_string){0};
	end_entry(builder, out);
}

static void make_signals(struct entry_builder *builder, struct buf *out)
{
	start_exit(builder, 4);
	builder->exit->exit_code = 137;
	builder->exit->exit_signal = 9;
	enrich_exit(builder);
	end_entry(builder, out);
	start_exit(builder, 5);
	builder->exit->exit_code = 139;
	builder->exit->exit_signal = 11;
	builder->exit->core_dumped = 1;
	enrich_exit(builder);
	end_entry(builder, out);
	start_exit(builder, 6);
	builder->exit->exit_code = 163;
	builder->exit->exit_signal = 35;
	enrich_exit(builder);
	end_entry(builder, out);
}

/* Names and arguments that are not UTF-8, or are but look dangerous. */
static void make_bytes(struct entry_builder *builder, struct buf *out)
{
	struct rec_exec *exec;

	start_exec(builder, 7,
		   "\xff\xfe"
		   "bin");
	exec = builder->exec;
	exec->args_count = 3;
	builder_text(builder, &exec->executable,
		     "/tmp/\xff\xfe"
		     "bin");
	builder_text(builder, &exec->cwd, "/home/alice");
	builder_text(builder, &exec->filename,
		     "/tmp/\xff\xfe"
		     "bin");
	BUILDER_LIST(builder, &exec->args,
		     "/tmp/\xff\xfe"
		     "bin\0--name=caf\xe9\000100%+1");
	enrich_all(builder);
	end_entry(builder, out);

	start_exec(builder, 8, "sh");
	exec = builder->exec;
	exec->args_count = 6;
	builder_text(builder, &exec->executable, "/usr/bin/dash");
	builder_text(builder, &exec->cwd, "/");
	builder_text(builder, &exec->filename, "/bin/sh");
	BUILDER_LIST(
		builder, &exec->args,
		"sh\0-c\0echo \"a\\b\"\n{\"forged\":1}\0\0\x1b[31m\x7f\0\xe2\x80\xa8\xef\xbb\xbf");
	enrich_all(builder);
	end_entry(builder, out);
}

/* Arguments that were cut, in the middle of a character and with an unknown length. */
static void make_cut(struct entry_builder *builder, struct buf *out)
{
	static const char args[] = "printf\0%s\0gr\xc3\xb6\xc3";
	struct rec_exec *exec;

	start_exec(builder, 9, "printf");
	exec = builder->exec;
	exec->args_count = 4096;
	builder_text(builder, &exec->executable, "/usr/bin/printf");
	builder_bytes(builder, &exec->cwd, "deep/down", 9, REC_FULL_UNKNOWN);
	builder_text(builder, &exec->filename, "printf");
	builder_bytes(builder, &exec->args, args, sizeof(args) - 1, 100000);
	enrich_all(builder);
	end_entry(builder, out);
}

/* Hardly anything is known: a kernel thread's helper whose memory could not be read. */
static void make_sparse(struct entry_builder *builder, struct buf *out)
{
	builder_start(builder, REC_EXEC, 10);
	builder->task->id.pid = builder->task->tid = 77;
	builder->task->kernel_thread = 1;
	memcpy(builder->task->comm, "kworker/u4:1", 12);
	builder->exec->executable.full = REC_FULL_UNKNOWN;
	end_entry(builder, out);
}

static void make_lost(struct entry_builder *builder, struct buf *out)
{
	struct rec_lost *lost;

	builder_start(builder, REC_LOST, 11);
	builder->header->ring = REC_RING_SHIPPER;
	lost = builder->lost;
	lost->cpu = 3;
	lost->ring = REC_RING_VITAL;
	lost->reason = REC_LOSS_RING_FULL;
	lost->first = 1001;
	lost->last = 2734;
	lost->count = 1734;
	lost->total = 9120;
	lost->window_start_ns = BUILDER_BOOT_NS - 1000 * NS_PER_MS;
	lost->window_end_ns = BUILDER_BOOT_NS;
	end_entry(builder, out);
}

/* The program behind what is not a kind of the process itself. */
static void enrich_curl(struct entry_builder *builder)
{
	enrich_all(builder);
	builder->enriched->process.args_count = 2;
	builder_text(builder, &builder->enriched->process.executable, "/usr/bin/curl");
	BUILDER_LIST(builder, &builder->enriched->process.args, "curl\0-fsSL");
}

static void make_threads(struct entry_builder *builder, struct buf *out)
{
	builder_start(builder, REC_THREAD_START, 12);
	fill_task(builder->task, "curl");
	builder->header->ring = REC_RING_BULK;
	builder->task->tid = 4243;
	builder->thread_start->creator_tid = 4242;
	enrich_curl(builder);
	end_entry(builder, out);
	builder_start(builder, REC_THREAD_EXIT, 13);
	fill_task(builder->task, "resolver");
	builder->header->ring = REC_RING_BULK;
	builder->task->tid = 4243;
	builder->thread_exit->start_ns = BUILDER_BOOT_NS - 2 * NS_PER_MS;
	builder->thread_exit->exit_code = 137;
	builder->thread_exit->exit_signal = 9;
	enrich_curl(builder);
	end_entry(builder, out);
}

/* A container of a pod, and one in another. */
static void make_container(struct entry_builder *builder, struct buf *out)
{
	static const char id[] = "3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766";
	static const char inner[] =
		"0011223344556677889900aabbccddeeff0123456789abcdef0123456789abcd";
	struct enriched *enriched;

	start_exec(builder, 15, "app");
	builder->task->cgroup_v1_id = 77;
	builder_text(builder, &builder->exec->executable, "/app");
	enrich_all(builder);
	enriched = builder->enriched;
	enriched->cgroup_hierarchy = 1;
	enriched->container_runtime = 2;
	enriched->orchestrator = 1;
	builder_text(
		builder, &enriched->cgroup_path,
		"/kubepods.slice/kubepods-pod5f1c2d3e_4a5b_6c7d_8e9f_0a1b2c3d4e5f.slice/"
		"cri-containerd-3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766"
		".scope");
	builder_text(builder, &enriched->systemd_slice,
		     "kubepods-pod5f1c2d3e_4a5b_6c7d_8e9f_0a1b2c3d4e5f.slice");
	builder_text(builder, &enriched->container_id, id);
	builder_text(builder, &enriched->container_name, "app");
	builder_text(builder, &enriched->image_name, "registry.example.net/shop/app");
	BUILDER_LIST(builder, &enriched->image_tag, "v2.1");
	BUILDER_LIST(builder, &enriched->container_labels,
		     "app=shop\0app_kubernetes_io/name=a=\"b\"");
	builder_text(builder, &enriched->orchestrator_namespace, "prod");
	builder_text(builder, &enriched->resource_name, "web-7c5b");
	builder_text(builder, &enriched->resource_id, "5f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f");
	end_entry(builder, out);
	start_exec(builder, 16, "sh");
	builder_text(builder, &builder->exec->executable, "/bin/sh");
	enrich_all(builder);
	enriched = builder->enriched;
	enriched->cgroup_hierarchy = 2;
	enriched->container_runtime = 1;
	enriched->container_unresolved = 4;
	builder_text(builder, &enriched->cgroup_path, "/docker/.../docker/...");
	builder_text(builder, &enriched->container_id, inner);
	builder_text(builder, &enriched->container_outer_id, id);
	end_entry(builder, out);
}

static void make_exec_failed(struct entry_builder *builder, struct buf *out)
{
	struct rec_exec_failed *failed;

	builder_start(builder, REC_EXEC_FAILED, 14);
	fill_task(builder->task, "bash");
	failed = builder->exec_failed;
	failed->call = (struct rec_call){-ENOENT, ENOENT, REC_SYSCALL_EXECVE, 0, {0}};
	builder_text(builder, &failed->filename, "./missing");
	builder_text(builder, &failed->directory, "/home/alice");
	enrich_all(builder);
	builder_text(builder, &builder->enriched->file_path, "/home/alice/./missing");
	builder->enriched->file_path_as_given = 1;
	end_entry(builder, out);
}

static struct rec_open *start_open(struct entry_builder *builder, enum rec_kind kind,
				   uint64_t sequence)
{
	struct rec_open *open;

	builder_start(builder, kind, sequence);
	fill_task(builder->task, "curl");
	builder->header->ring = REC_RING_BULK;
	open = builder->open;
	open->call = (struct rec_call){3, 0, REC_SYSCALL_OPENAT, 0, {0}};
	open->inode = 2622416;
	open->file_size = 1221;
	open->device = 8u << 20 | 1;
	open->mode = S_IFREG | 0640;
	return open;
}

static void end_open(struct entry_builder *builder, struct buf *out)
{
	enrich_curl(builder);
	builder_text(builder, &builder->enriched->file_owner, "root");
	builder_text(builder, &builder->enriched->file_group, "root");
	end_entry(builder, out);
}

/* Read as 32-bit call, written to by openat2 and a shared descriptor, created relative. */
static void make_open(struct entry_builder *builder, struct buf *out)
{
	struct rec_open *open = start_open(builder, REC_OPEN_READ, 15);

	open->call = (struct rec_call){0, 0, REC_SYSCALL_OPEN, 1, {0}};
	builder_text(builder, &open->path, "/etc/passwd");
	builder_text(builder, &open->given, "/etc/passwd");
	end_open(builder, out);
	open = start_open(builder, REC_OPEN_WRITE, 16);
	open->call.number = REC_SYSCALL_OPENAT2;
	open->flags = 01 | 02000; /* O_WRONLY, O_APPEND */
	open->resolve = 0x10;     /* RESOLVE_IN_ROOT */
	open->fd_shared = 1;
	builder_text(builder, &open->path, "/srv/www/log/access");
	builder_text(builder, &open->given, "/log/access");
	builder_text(builder, &open->directory, "/srv/www");
	end_open(builder, out);
	open = start_open(builder, REC_FILE_CREATE, 17);
	open->flags = 02 | 0100 | 0200 | 02000000; /* O_RDWR, O_CREAT, O_EXCL, O_CLOEXEC */
	open->create_mode = 0600;
	open->file_size = 0;
	open->deleted = 1;
	builder_text(builder, &open->path, "/tmp/gone");
	builder_text(builder, &open->given, "gone");
	builder_text(builder, &open->directory, "/tmp");
	end_open(builder, out);
}

static struct rec_open *start_failed_open(struct entry_builder *builder, uint64_t sequence,
					  int error)
{
	struct rec_open *open;

	builder_start(builder, REC_OPEN_FAILED, sequence);
	fill_task(builder->task, "curl");
	builder->header->ring = REC_RING_BULK;
	open = builder->open;
	open->call = (struct rec_call){-error, (__u32)error, REC_SYSCALL_OPENAT, 0, {0}};
	open->file_size = REC_SIZE_UNKNOWN;
	open->file_uid = open->file_gid = REC_ID_UNSET;
	return open;
}

/* A refusal, a name that could not be read, and one of more bytes than are kept. */
static void make_open_failed(struct entry_builder *builder, struct buf *out)
{
	struct rec_open *open = start_failed_open(builder, 18, EACCES);

	builder_text(builder, &open->given, "/etc/shadow");
	enrich_curl(builder);
	builder_text(builder, &builder->enriched->file_path, "/etc/shadow");
	builder->enriched->file_path_as_given = 1;
	end_entry(builder, out);
	open = start_failed_open(builder, 19, EFAULT);
	open->flags = 02; /* O_RDWR */
	open->given.full = REC_FULL_UNKNOWN;
	enrich_curl(builder);
	end_entry(builder, out);
	open = start_failed_open(builder, 20, ENAMETOOLONG);
	builder_bytes(builder, &open->given, "a/a/a", 5, REC_FULL_UNKNOWN);
	builder_text(builder, &open->directory, "/tmp");
	enrich_curl(builder);
	builder_bytes(builder, &builder->enriched->file_path, "/tmp/a/a/a", 10, REC_FULL_UNKNOWN);
	builder->enriched->file_path_as_given = 1;
	end_entry(builder, out);
}

static void make_limited(struct entry_builder *builder, struct buf *out)
{
	struct rec_limited *limited;

	builder_start(builder, REC_LIMITED, 21);
	builder->header->ring = REC_RING_SHIPPER;
	limited = builder->limited;
	limited->count = limited->total = 40;
	limited->limit_events = 600;
	limited->limit_per_ns = 60000 * NS_PER_MS;
	limited->first_number = 1002;
	limited->last_number = 1900;
	limited->window_start_ns = BUILDER_BOOT_NS - 1000 * NS_PER_MS;
	limited->window_end_ns = BUILDER_BOOT_NS;
	builder_text(builder, &limited->rule, "limit-each-program");
	builder_text(builder, &limited->field, "process.executable");
	builder_text(builder, &limited->key, "/usr/bin/make");
	end_entry(builder, out);
}

static void add_config(struct entry_builder *builder, struct buf *out, enum rec_kind kind,
		       const char *message)
{
	struct rec_config *config;

	builder_start(builder, kind, kind == REC_CONFIG_CHANGED ? 22 : 23);
	builder->header->ring = REC_RING_SHIPPER;
	config = (struct rec_config *)builder->header;
	builder_text(builder, &config->hash,
		     "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
	builder_text(builder, &config->message, message);
	end_entry(builder, out);
}

/* A reload that worked and one that did not. */
static void make_config(struct entry_builder *builder, struct buf *out)
{
	add_config(builder, out, REC_CONFIG_CHANGED, "rules, sinks");
	add_config(builder, out, REC_CONFIG_REFUSED,
		   "/etc/auditship/auditship.yaml:3:1: unknown key 'lgo' (did you mean 'log'?)");
}

static void start_own(struct entry_builder *builder, enum rec_kind kind, uint64_t sequence)
{
	builder_start(builder, kind, sequence);
	builder->header->cpu = 0;
	builder->header->ring = REC_RING_SHIPPER;
}

static void add_agent_start(struct entry_builder *builder, struct buf *out)
{
	struct rec_agent_start *start;

	start_own(builder, REC_AGENT_START, 21);
	start = builder->agent_start;
	start->probes = 4;
	start->attached = 3;
	builder_text(builder, &start->version, "0.0.9");
	builder_text(builder, &start->kernel, "5.10.0-30-amd64");
	builder_text(builder, &start->hash, "aa727f6c84cca05d");
	BUILDER_LIST(builder, &start->failed, "syscall: Operation not permitted");
	builder_text(builder, &start->message, "auditship 0.0.9 started: 3 of 4 probes attached");
	end_entry(builder, out);
}

static void add_agent_stop(struct entry_builder *builder, struct buf *out)
{
	struct rec_agent_stop *stop;

	start_own(builder, REC_AGENT_STOP, 22);
	stop = builder->agent_stop;
	stop->uptime_ns = 3600 * NS_PER_S;
	stop->asked_ns = BUILDER_BOOT_NS - NS_PER_MS;
	stop->signal = 15;
	stop->way = REC_SIGNAL_QUEUE;
	stop->claimed = 1;
	stop->sender_pid = 2231;
	stop->sender_uid = 0;
	stop->sender_login_uid = 1000;
	builder_text(builder, &stop->message, "stopped by SIGTERM");
	builder_enrich(builder);
	builder_text(builder, &builder->enriched->sender, "root");
	builder_text(builder, &builder->enriched->sender_login, "alice");
	end_entry(builder, out);
	start_own(builder, REC_AGENT_STOP, 23);
	stop = builder->agent_stop;
	stop->reason = REC_STOP_TIME_OVER;
	stop->sender_uid = stop->sender_login_uid = REC_ID_UNSET;
	builder_text(builder, &stop->message, "stopped: the time it was to run is over");
	end_entry(builder, out);
}

static void add_heartbeat(struct entry_builder *builder, struct buf *out)
{
	struct rec_agent_heartbeat *beat;

	start_own(builder, REC_AGENT_HEARTBEAT, 24);
	beat = builder->heartbeat;
	beat->uptime_ns = 60 * NS_PER_S;
	beat->numbered = 1000;
	beat->journalled = 900;
	beat->dropped = 40;
	beat->limited = 20;
	beat->not_selected = 8;
	beat->excluded = 2;
	beat->left_out = 5000;
	beat->canaries = 12;
	beat->rejected = 1;
	beat->lost = beat->lost_ring_full = 7;
	beat->unjournalled = 4;
	beat->in_ring = 6;
	beat->own_events = 5;
	beat->journal_events = 905;
	beat->vital_high_water_bytes = 4096;
	beat->vital_size_bytes = 16 << 20;
	beat->bulk_high_water_bytes = 8192;
	beat->bulk_size_bytes = 32 << 20;
	beat->memory_anon_bytes = 9 << 20;
	beat->recursion_misses = 3;
	beat->balances = 1;
	BUILDER_LIST(builder, &beat->sinks, "trail: journalled 905, waiting 0\0siem: journalled 9");
	builder_text(builder, &beat->message, "1000 events numbered, 900 journalled, 7 lost");
	end_entry(builder, out);
}

static void add_clock_step(struct entry_builder *builder, struct buf *out)
{
	struct rec_clock_step *step;

	start_own(builder, REC_CLOCK_STEP, 25);
	step = builder->clock_step;
	step->step_us = -90000001;
	step->before_wall_ns = BUILDER_WALL_NS + 90000001 * NS_PER_US;
	step->after_wall_ns = BUILDER_WALL_NS;
	step->noticed = 1;
	builder_text(builder, &step->message, "the clock jumped by -90.000001 s");
	end_entry(builder, out);
}

static void add_coverage(struct entry_builder *builder, struct buf *out)
{
	struct rec_agent_coverage *coverage;

	start_own(builder, REC_AGENT_COVERAGE, 26);
	coverage = builder->coverage;
	coverage->probes = 2;
	coverage->attached = 1;
	coverage->seen_count = 2;
	coverage->missed_count = coverage->skipped_count = 1;
	coverage->records = 11;
	coverage->asked = 1;
	builder_text(builder, &coverage->kernel, "5.10.0-30-amd64");
	BUILDER_LIST(builder, &coverage->probes_on, "exec");
	BUILDER_LIST(builder, &coverage->probes_failed, "syscall: Operation not permitted");
	BUILDER_LIST(builder, &coverage->seen, "exec\0thread_exec");
	BUILDER_LIST(builder, &coverage->missed, "exec_failed: no exec_failed record came");
	BUILDER_LIST(builder, &coverage->skipped, "open_read: not recorded");
	coverage->gap_count = 1;
	BUILDER_LIST(builder, &coverage->gaps, "open_io_uring: the kernel refuses it");
	builder_text(builder, &coverage->message, "coverage: 2 canaries seen, 1 missed");
	end_entry(builder, out);
}

static void add_expired(struct entry_builder *builder, struct buf *out)
{
	struct rec_events_expired *expired;

	start_own(builder, REC_EVENTS_EXPIRED, 27);
	expired = builder->expired;
	expired->count = 90000;
	expired->first = 100001;
	expired->last = 190000;
	memset(expired->stream, 0x5a, sizeof(expired->stream));
	builder_text(builder, &expired->sink, "siem");
	builder_text(builder, &expired->message, "sink siem never gets 90000 events");
	end_entry(builder, out);
	start_own(builder, REC_EVENTS_EXPIRED, 28);
	expired = builder->expired;
	expired->count = 3;
	expired->reason = 4;
	builder_text(builder, &expired->sink, "siem");
	builder_text(builder, &expired->message, "sink siem never gets 3 events");
	end_entry(builder, out);
}

static void add_unclean(struct entry_builder *builder, struct buf *out)
{
	struct rec_journal_unclean *unclean;

	start_own(builder, REC_JOURNAL_UNCLEAN, 29);
	unclean = builder->journal_unclean;
	unclean->last_sequence = 4711;
	unclean->last_time_ns = BUILDER_WALL_NS - 3600 * NS_PER_S;
	memset(unclean->last_stream, 0x5a, sizeof(unclean->last_stream));
	memset(unclean->last_boot_id, 0x6b, sizeof(unclean->last_boot_id));
	unclean->torn_bytes = 4000;
	unclean->damaged = 1;
	unclean->newer = 1;
	unclean->unclean = 1;
	BUILDER_LIST(builder, &unclean->aside, "00000003.seg.bad\00000004.seg.newer");
	builder_text(builder, &unclean->message, "the journal was not closed");
	end_entry(builder, out);
}

static void make_journal(struct entry_builder *builder, struct buf *out)
{
	add_expired(builder, out);
	add_unclean(builder, out);
}

static void make_agent(struct entry_builder *builder, struct buf *out)
{
	add_agent_start(builder, out);
	add_agent_stop(builder, out);
	add_heartbeat(builder, out);
	add_clock_step(builder, out);
	add_coverage(builder, out);
}

const struct recording recordings[] = {
	{"process", make_process},
	{"lineage", make_lineage},
	{"signals", make_signals},
	{"bytes", make_bytes},
	{"cut", make_cut},
	{"sparse", make_sparse},
	{"lost", make_lost},
	{"threads", make_threads},
	{"exec_failed", make_exec_failed},
	{"open", make_open},
	{"open_failed", make_open_failed},
	{"limited", make_limited},
	{"config", make_config},
	{"agent", make_agent},
	{"container", make_container},
	{"journal", make_journal},
};
const unsigned int recording_count = sizeof(recordings) / sizeof(recordings[0]);
