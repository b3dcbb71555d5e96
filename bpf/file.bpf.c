/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System calls that name a file, at their end: every open, and execs that failed. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "compat.h"
#include "emit.h"
#include "filter.h"
#include "generation.h"
#include "hook.h"
#include "path.h"
#include "syscall.h"
#include "task.h"

/* A file name as user space gave it, of at most PATH_LIMIT - 1 bytes. */
static __always_inline void append_user_string(struct scratch *space, __u64 from,
					       struct rec_string *ret_string)
{
	__u32 at = space->used & (REC_HEAD_SIZE - 1);
	long size = bpf_probe_read_user_str(space->bytes + at, PATH_LIMIT, (void *)from);

	if (size <= 0) { /* told as cut with nothing kept */
		space->read_failures++;
		ret_string->full = REC_FULL_UNKNOWN;
		return;
	}
	ret_string->offset = at;
	ret_string->length = (size - 1) & (2 * PATH_LIMIT - 1);
	ret_string->full = size == PATH_LIMIT ? REC_FULL_UNKNOWN : ret_string->length;
	space->used = at + ret_string->length;
}

/* The file at a descriptor, NULL: none. Not a reference, only an address to read from. */
static __always_inline struct file *file_at(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = LOAD(task, files, fdt);
	struct file *file = NULL;

	if (descriptor < LOAD(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), LOAD(table, fd) + descriptor);
	return file;
}

/* Where a relative name starts from. */
static __always_inline void append_place(struct scratch *space, struct task_struct *task,
					 __s32 descriptor, struct rec_string *ret_directory)
{
	__u32 slot = scratch_slot(REC_CLASS_TASK);
	struct file *file;

	if (descriptor == AT_FDCWD) {
		append_path(space, slot, &LOAD(task, fs)->pwd, ret_directory);
		return;
	}
	file = file_at(task, descriptor);
	if (file)
		append_path(space, slot, &file->f_path, ret_directory);
}

/* Of a process that was put into a chroot; the root of all is not worth telling. */
static __always_inline void append_root(struct scratch *space, struct task_struct *task,
					struct rec_string *ret_directory)
{
	__u32 used = space->used;

	append_path(space, scratch_slot(REC_CLASS_TASK), &LOAD(task, fs)->root, ret_directory);
	if (ret_directory->length == 1 && ret_directory->full == 1) {
		__builtin_memset(ret_directory, 0, sizeof(*ret_directory));
		space->used = used;
	}
}

static __always_inline bool is_relative(struct scratch *space, const struct rec_string *given)
{
	__u32 at = given->offset & (REC_HEAD_SIZE - 1);

	return given->length == 0 ? given->full == 0 : space->bytes[at] != '/';
}

/* The arguments of an open, whichever call it was. */
struct open_request {
	__u64 flags, resolve;
	__u64 name;  /* where it is in user memory, 0: there is none */
	__s32 place; /* the descriptor it is relative to */
	__u32 mode;
};

/* openat2's struct open_how, in user memory. */
static __always_inline void read_how(__u64 from, __u64 size, struct open_request *request)
{
	__u64 how[3] = {}; /* flags, mode, resolve */

	if (size < sizeof(how) || bpf_probe_read_user(how, sizeof(how), (void *)from) < 0)
		return;
	request->flags = how[0];
	request->mode = how[1];
	request->resolve = how[2];
}

static __always_inline void read_request(struct pt_regs *regs, const struct rec_call *call,
					 struct open_request *request)
{
	__u64 first = syscall_argument(regs, call->is_32bit, 0);
	__u64 second = syscall_argument(regs, call->is_32bit, 1);
	__u64 third = syscall_argument(regs, call->is_32bit, 2);
	__u64 fourth = syscall_argument(regs, call->is_32bit, 3);

	request->place = AT_FDCWD;
	request->name = first;
	if (call->number == REC_SYSCALL_OPEN) {
		request->flags = (__u32)second;
		request->mode = third;
	} else if (call->number == REC_SYSCALL_CREAT) {
		request->flags = O_CREAT | O_WRONLY | O_TRUNC;
		request->mode = second;
	} else {
		request->place = first;
		request->name = second;
		request->flags = (__u32)third;
		request->mode = fourth;
	}
	if (call->number == REC_SYSCALL_OPENAT2)
		read_how(third, fourth, request);
	if (call->number == REC_SYSCALL_OPEN_BY_HANDLE_AT)
		request->name = 0;
	if (!(request->flags & (O_CREAT | O_TMPFILE_BIT)))
		request->mode = 0;
}

/* file: NULL when the open failed, or when another thread has closed the descriptor already. */
static __always_inline __u16 kind_of_open(const struct rec_call *call,
					  const struct open_request *request, struct file *file)
{
	__u32 mode = file ? BPF_CORE_READ(file, f_mode) : 0;

	if (call->error)
		return REC_OPEN_FAILED;
	if ((mode & FMODE_CREATED) || (request->flags & O_TMPFILE_BIT))
		return REC_FILE_CREATE;
	if (mode & FMODE_WRITE)
		return REC_OPEN_WRITE;
	if (!file && (request->flags & O_ACCMODE) != O_RDONLY)
		return REC_OPEN_WRITE;
	return request->flags & O_TRUNC && !(request->flags & O_PATH) ? REC_OPEN_WRITE
								      : REC_OPEN_READ;
}

static __always_inline void fill_file(struct file *file, struct rec_open *record)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	record->inode = BPF_CORE_READ(inode, i_ino);
	record->file_size = BPF_CORE_READ(inode, i_size);
	record->device = BPF_CORE_READ(inode, i_sb, s_dev);
	record->mode = BPF_CORE_READ(inode, i_mode);
	record->file_uid = BPF_CORE_READ(inode, i_uid.val);
	record->file_gid = BPF_CORE_READ(inode, i_gid.val);
	record->deleted =
		BPF_CORE_READ(inode, i_nlink) == 0 ||
		(!BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry);
}

static __always_inline void append_names(struct scratch *space, struct task_struct *task,
					 const struct open_request *request, struct file *file)
{
	struct rec_open *record = (struct rec_open *)space->bytes;
	__u32 slot = scratch_slot(REC_CLASS_TASK);

	if (file)
		append_path(space, slot, &file->f_path, &record->path);
	if (request->name || record->call.number != REC_SYSCALL_OPEN_BY_HANDLE_AT)
		append_user_string(space, request->name, &record->given);
	if (is_relative(space, &record->given) || request->resolve & RESOLVE_IN_ROOT)
		append_place(space, task, request->place, &record->directory);
	else if (record->call.error && record->given.length > 0)
		append_root(space, task, &record->directory);
}

static __always_inline void tell_open(struct task_struct *task, struct pt_regs *regs,
				      const struct rec_call *call, bool cast)
{
	struct open_request request = {};
	struct file *file = call->error ? NULL : file_at(task, call->result);
	struct scratch *space;
	struct rec_open *record;
	__u32 left_out_by;
	__u16 kind;

	read_request(regs, call, &request);
	kind = kind_of_open(call, &request, file);
	left_out_by = filter_open(task, kind, call->error, file, cast);
	if (!generation_takes(kind, LOAD(task, pid)))
		return;
	if (left_out_by != REC_FILTER_NONE) {
		count_left_out(left_out_by);
		return;
	}
	space = record_begin(kind, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return;
	record = (struct rec_open *)space->bytes;
	fill_task(task, &record->task);
	record->call = *call;
	record->flags = request.flags;
	record->resolve = request.resolve;
	record->create_mode = request.mode;
	record->file_uid = record->file_gid = REC_ID_UNSET;
	record->file_size = REC_SIZE_UNKNOWN;
	record->fd_shared = !call->error && LOAD(task, files, count.counter) > 1;
	if (file)
		fill_file(file, record);
	append_names(space, task, &request, file);
	record_submit(space, kind, REC_CLASS_TASK);
}

static __always_inline void tell_exec_failed(struct task_struct *task, struct pt_regs *regs,
					     const struct rec_call *call)
{
	bool by_descriptor = call->number == REC_SYSCALL_EXECVEAT;
	__u64 first = syscall_argument(regs, call->is_32bit, 0);
	__u64 second = syscall_argument(regs, call->is_32bit, 1);
	struct scratch *space;
	struct rec_exec_failed *record;
	__u32 left_out_by;

	if (!call->error || !generation_takes(REC_EXEC_FAILED, LOAD(task, pid)))
		return;
	left_out_by = filter_process(task);
	if (left_out_by != REC_FILTER_NONE) {
		count_left_out(left_out_by);
		return;
	}
	space = record_begin(REC_EXEC_FAILED, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return;
	record = (struct rec_exec_failed *)space->bytes;
	fill_task(task, &record->task);
	record->call = *call;
	append_user_string(space, by_descriptor ? second : first, &record->filename);
	if (is_relative(space, &record->filename))
		append_place(space, task, by_descriptor ? first : AT_FDCWD, &record->directory);
	else if (record->filename.length > 0)
		append_root(space, task, &record->directory);
	record_submit(space, REC_EXEC_FAILED, REC_CLASS_TASK);
}

static __always_inline void tell_call(struct task_struct *task, struct pt_regs *regs, long result,
				      bool cast)
{
	struct rec_call call = {};

	if (!syscall_take(syscall_meaning(regs), task, result, &call))
		return;
	if (call.number >= REC_SYSCALL_EXECVE) {
		if (cfg_wants_exec_failed)
			tell_exec_failed(task, regs, &call);
	} else if (cfg_wants_open) {
		tell_open(task, regs, &call, cast);
	}
}

static __always_inline bool is_ours(__u64 *ctx, struct pt_regs *regs, long result)
{
	return syscall_meaning(regs);
}

/* Called for every system call of the host: what is not wanted leaves at once. */
HOOK_IF(is_ours, "tp_btf/sys_exit", on_syscall, REC_OPEN_READ, struct pt_regs *regs, long result)
{
	tell_call(calling_task(), regs, result, false);
	return 0;
}

/* The same for kernels with bpf_rdonly_cast. */
HOOK_IF(is_ours, "tp_btf/sys_exit", on_syscall_cast, REC_OPEN_READ, struct pt_regs *regs,
	long result)
{
	tell_call(calling_task(), regs, result, true);
	return 0;
}
