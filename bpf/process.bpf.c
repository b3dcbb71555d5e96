/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* fork, exec, exit, and the processes that ran before. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "compat.h"
#include "emit.h"
#include "filter.h"
#include "generation.h"
#include "hook.h"
#include "memory.h"
#include "path.h"
#include "task.h"

static __always_inline void mark_excluded(struct rec_header *header, struct task_struct *task)
{
	if (filter_process(task) != REC_FILTER_NONE)
		header->flags |= REC_FLAG_EXCLUDED;
}

HOOK("tp_btf/sched_process_fork", on_fork, REC_FORK, struct task_struct *parent,
     struct task_struct *child)
{
	struct scratch *space;
	struct rec_fork *record;

	if (child->pid != child->tgid)
		return 0; /* a thread */
	if (!generation_takes(REC_FORK, child->pid))
		return 0;
	space = record_begin(REC_FORK, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return 0;
	record = (struct rec_fork *)space->bytes;
	filter_remember(child);
	mark_excluded(&record->header, child);
	fill_task(child, &record->task);
	fill_id(parent->group_leader, &record->creator);
	record->creator_tid = parent->pid;
	record->exit_signal = child->exit_signal;
	record_submit(space, REC_FORK, REC_CLASS_TASK);
	return 0;
}

/* memfd files have a dentry of their own on the kernel's internal tmpfs, named "memfd:NAME". */
static __always_inline int is_memfd(struct dentry *dentry, struct inode *inode)
{
	char name[8] = {};

	if (dentry->d_parent != dentry || inode->i_sb->s_magic != TMPFS_MAGIC)
		return 0;
	bpf_probe_read_kernel(name, 6, BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

static __always_inline void fill_binary(struct file *file, struct rec_exec *record)
{
	struct inode *inode = file->f_inode;
	struct dentry *dentry = file->f_path.dentry;

	record->inode = inode->i_ino;
	record->file_size = inode->i_size;
	record->device = inode->i_sb->s_dev;
	record->mode = inode->i_mode;
	record->file_uid = inode->i_uid.val;
	record->file_gid = inode->i_gid.val;
	record->setuid = !!(record->mode & S_ISUID);
	record->setgid = !!(record->mode & S_ISGID);
	record->memfd = is_memfd(dentry, inode);
	record->deleted = inode->i_nlink == 0 || (!dentry->d_hash.pprev && !record->memfd);
}

HOOK("tp_btf/sched_process_exec", on_exec, REC_EXEC, struct task_struct *task, pid_t old_pid,
     struct linux_binprm *bprm)
{
	__u32 slot = scratch_slot(REC_CLASS_TASK);
	struct mm_struct *mm = task->mm;
	struct scratch *space;
	struct rec_exec *record;

	if (!generation_takes(REC_EXEC, task->tgid))
		return 0;
	space = record_begin(REC_EXEC, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return 0;
	record = (struct rec_exec *)space->bytes;
	filter_remember(task);
	mark_excluded(&record->header, task);
	fill_task(task, &record->task);
	fill_binary(mm->exe_file, record);
	record->old_tid = old_pid;
	record->args_count = bprm->argc;
	record->secure = BPF_CORE_READ_BITFIELD(bprm, secureexec);
	append_path(space, slot, &mm->exe_file->f_path, &record->executable);
	if (record->memfd) /* "/memfd:NAME", as the kernel shows it: there is no more to it */
		record->executable.full = record->executable.length;
	append_path(space, slot, &task->fs->pwd, &record->cwd);
	append_kernel_string(space, bprm->filename, &record->filename);
	if (bprm->interp != bprm->filename)
		append_kernel_string(space, bprm->interp, &record->interpreter);
	if (!(record->header.flags & REC_FLAG_EXCLUDED)) /* the table keeps none */
		append_env(space, slot, mm, &record->env);
	append_args(space, slot, mm, &record->args);
	record_submit(space, REC_EXEC, REC_CLASS_TASK);
	return 0;
}

#define THREAD_STEPS 64 /* per call; verified once */
#define THREAD_CALLS 512
#define THREADS_LOOKED_AT 1024

static __always_inline struct task_struct *thread_of(struct list_head *node)
{
	return (void *)node - bpf_core_field_offset(struct task_struct, thread_node);
}

/* What the threads that are not released yet have not handed over to the signal struct. */
static __always_inline void add_thread(struct scratch *space, struct task_struct *thread)
{
	struct rec_exit *record = (struct rec_exit *)space->bytes;

	record->utime_ns += BPF_CORE_READ(thread, utime);
	record->stime_ns += BPF_CORE_READ(thread, stime);
	record->runtime_ns += BPF_CORE_READ(thread, se.sum_exec_runtime);
	if (bpf_core_field_exists(thread->ioac.read_bytes)) { /* TASK_IO_ACCOUNTING */
		record->read_bytes += BPF_CORE_READ(thread, ioac.read_bytes) >> 9;
		record->written_bytes += BPF_CORE_READ(thread, ioac.write_bytes) >> 9;
	}
}

/* Goes THREAD_STEPS threads on. Returns 1 behind the last. Verified once, on its own. */
__noinline int add_threads_some(__u32 slot)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);

	if (!space)
		return 1;
	for (int i = 0; i < THREAD_STEPS; i++) {
		struct list_head *node = (struct list_head *)space->threads.node;

		if (!node || space->threads.node == space->threads.head)
			return 1;
		add_thread(space, thread_of(node));
		space->threads.node = (__u64)BPF_CORE_READ(node, next);
	}
	return 0;
}

/* Nearly always it is the thread that ends now, alone: then plain loads do. */
static __always_inline void add_threads(struct scratch *space, __u32 slot, struct task_struct *task)
{
	struct rec_exit *record = (struct rec_exit *)space->bytes;
	struct signal_struct *signal = task->signal;

	if (signal->nr_threads == 1) {
		record->utime_ns += task->utime;
		record->stime_ns += task->stime;
		record->runtime_ns += task->se.sum_exec_runtime;
		if (bpf_core_field_exists(task->ioac.read_bytes)) {
			record->read_bytes += task->ioac.read_bytes >> 9;
			record->written_bytes += task->ioac.write_bytes >> 9;
		}
		return;
	}
	space->threads.head = (__u64)&signal->thread_head;
	space->threads.node = (__u64)signal->thread_head.next;
	for (int i = 0; i < THREAD_CALLS; i++)
		if (add_threads_some(slot))
			break;
}

/*
 * As wait4 adds them up (kernel/sys.c, getrusage): own and children apart. Without stats_lock,
 * which a probe cannot take: a thread that is released meanwhile can be missing or be in it twice.
 */
static __always_inline void fill_usage(struct scratch *space, __u32 slot, struct task_struct *task)
{
	struct rec_exit *record = (struct rec_exit *)space->bytes;
	struct signal_struct *signal = task->signal;

	record->utime_ns = signal->utime;
	record->stime_ns = signal->stime;
	record->runtime_ns = signal->sum_sched_runtime;
	record->read_bytes = signal->inblock; /* blocks, until all threads are in */
	record->written_bytes = signal->oublock;
	add_threads(space, slot, task);
	record->read_bytes <<= 9;
	record->written_bytes <<= 9;
	record->children_utime_ns = signal->cutime;
	record->children_stime_ns = signal->cstime;
	record->max_rss_bytes = signal->maxrss * cfg_page_size;
	record->children_max_rss_bytes = signal->cmaxrss * cfg_page_size;
	record->children_read_bytes = (__u64)signal->cinblock << 9;
	record->children_written_bytes = (__u64)signal->coublock << 9;
}

/* The status of the process is the group's, not that of the thread that happens to end last. */
static __always_inline void fill_status(struct task_struct *task, struct rec_exit *record)
{
	struct signal_struct *signal = task->signal;
	__u32 code = task->group_leader->exit_code;

	if (signal->flags & SIGNAL_GROUP_EXIT)
		code = signal->group_exit_code;
	record->exit_signal = code & 0x7f;
	record->core_dumped = !!(code & 0x80);
	record->exit_code = record->exit_signal ? 128 + record->exit_signal : (code >> 8) & 0xff;
}

static __always_inline void tell_exit(struct task_struct *task)
{
	__u32 slot = scratch_slot(REC_CLASS_TASK);
	struct rec_exit *record;
	struct scratch *space;

	if (!generation_takes(REC_EXIT, task->tgid))
		return;
	space = record_begin(REC_EXIT, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return;
	record = (struct rec_exit *)space->bytes;
	filter_forget_agent(task);
	mark_excluded(&record->header, task);
	filter_forget(task);
	fill_task(task, &record->task);
	fill_status(task, record);
	fill_usage(space, slot, task);
	record_submit(space, REC_EXIT, REC_CLASS_TASK);
}

/* Kernels whose tracepoint says whether the last thread is going (6.16 and later). */
HOOK("tp_btf/sched_process_exit", on_exit_group_dead, REC_EXIT, struct task_struct *task,
     bool group_dead)
{
	if (group_dead)
		tell_exit(task);
	return 0;
}

/*
 * Older ones call it behind exit_mm(). A thread whose mm has gone has set its exit code, and if it
 * was the last to decrement live, the group's highest memory use as well. mmput() is a full barrier
 * between its own mm and its look at the others' here: at least the last one finds none behind.
 */
__noinline int threads_are_behind(__u64 address)
{
	struct signal_struct *signal = (struct signal_struct *)address;
	struct list_head *head = &signal->thread_head;
	struct list_head *node = BPF_CORE_READ(head, next);

	for (int i = 0; i < THREADS_LOOKED_AT; i++) {
		if (!node || node == head)
			break;
		if (BPF_CORE_READ(thread_of(node), mm))
			return 1;
		node = BPF_CORE_READ(node, next);
	}
	return 0;
}

/* Two last threads on two CPUs can both see live == 0 and nobody behind: the first to insert tells.
 */
HOOK("tp_btf/sched_process_exit", on_exit, REC_EXIT, struct task_struct *task)
{
	struct rec_id id = {};
	__u8 one = 1;
	long result;

	if (task->signal->live.counter != 0)
		return 0;
	/* read by a helper: to the verifier a number, as a global function wants it */
	if (task->signal->nr_threads > 1 && threads_are_behind((__u64)BPF_CORE_READ(task, signal)))
		return 0; /* one of them will tell */
	id.pid = task->tgid;
	id.start_ns = task->group_leader->start_boottime;
	/* full or out of memory: rather told twice than not at all */
	result = bpf_map_update_elem(&ended, &id, &one, BPF_NOEXIST);
	if (result < 0 && result != -EEXIST)
		count_map_failure(REC_EXIT, REC_CLASS_TASK);
	if (result != -EEXIST)
		tell_exit(task);
	return 0;
}

SEC("iter/task")
int on_snapshot(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	__u32 slot = scratch_slot(REC_CLASS_ITERATOR);
	struct scratch *space;
	struct rec_snapshot *record;
	struct mm_struct *mm;
	__u64 size;

	if (!task || task->pid != task->tgid)
		return 0;
	space = bpf_map_lookup_elem(&scratch, &slot);
	if (!space)
		return 0;
	__builtin_memset(space->bytes, 0, sizeof(*record));
	space->used = sizeof(*record);
	record = (struct rec_snapshot *)space->bytes;
	fill_header(&record->header, REC_SNAPSHOT, REC_CLASS_ITERATOR);
	fill_task(task, &record->task);
	mm = task->mm;
	if (mm && mm->exe_file)
		append_path(space, slot, &mm->exe_file->f_path, &record->executable);
	size = (space->used + 7) & ~7U; /* records are read back to back */
	barrier_var(size);
	record->header.size = size;
	if (size <= REC_HEAD_SIZE)
		bpf_seq_write(context->meta->seq, space->bytes, size);
	return 0;
}
