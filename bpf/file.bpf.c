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
#include "open.h"
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
		append_place(space, slot, task, request->place, &record->directory);
	else if (record->call.error && record->given.length > 0)
		append_root(space, slot, task, &record->directory);
}

static __always_inline void tell_open(struct task_struct *task, struct pt_regs *regs,
				      const struct rec_call *call, bool cast)
{
	struct open_request request = {};
	struct file *file = call->error ? NULL : file_at(task, call->result);
	bool shared = !call->error && LOAD(task, files, count.counter) > 1;
	struct scratch *space;
	struct rec_open *record;
	__u32 left_out_by;
	__u16 kind;

	read_request(regs, call, &request);
	kind = kind_of_open(call, &request, file, shared);
	left_out_by = filter_open(task, kind, call->error, file, cast ? SEARCH_CAST : 0);
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
	record->fd_shared = shared;
	if (file)
		fill_file(file, record);
	append_names(space, task, &request, file);
	record_submit(space, kind, REC_CLASS_TASK);
}

static __always_inline void tell_exec_failed(struct task_struct *task, struct pt_regs *regs,
					     const struct rec_call *call)
{
	bool by_descriptor = call->number == REC_SYSCALL_EXECVEAT;
	__u32 slot = scratch_slot(REC_CLASS_TASK);
	__u64 first = syscall_argument(regs, call->is_32bit, 0);
	__u64 second = syscall_argument(regs, call->is_32bit, 1);
	struct scratch *space;
	struct rec_exec_failed *record;
	__u32 left_out_by;

	if (!call->error || !generation_takes(REC_EXEC_FAILED, LOAD(task, pid)))
		return;
	left_out_by = filter_event(task, REC_EXEC_FAILED);
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
		append_place(space, slot, task, by_descriptor ? first : AT_FDCWD,
			     &record->directory);
	else if (record->filename.length > 0)
		append_root(space, slot, task, &record->directory);
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
