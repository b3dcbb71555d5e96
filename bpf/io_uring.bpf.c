/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Opens by request to io_uring: no system call names them, so this is the function all opens pass,
 * at its end. Since 5.15, which can tell what system call a thread is in.
 */
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

#define FIRST_ERROR_POINTER ((__u64)-4095)
#define HOOK_IO_URING REC_OPEN_WRITE /* see this_call; no other hook has that number */
#define MARK_IO_URING REC_NONE       /* see generation.h: no other hook's, whatever the kind */

/*
 * Submitting; or a thread of the kernel's making that submits or works for the process; or on the
 * way back to user space, with what has to go on after it had to wait. There nothing else opens
 * files but a core dump.
 */
static __always_inline bool is_by_io_uring(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (task->flags & PF_IO_WORKER)
		return true;
	if (task->flags & (PF_KTHREAD | PF_DUMPCORE | PF_EXITING))
		return false;
	return syscall_number(regs) == SYSCALL_IO_URING_ENTER || syscall_is_over(regs);
}

static __always_inline bool is_worker(struct task_struct *task)
{
	return task->flags & PF_IO_WORKER;
}

/* The arguments and the result as numbers: the verifier calculates with no pointers. */
struct open_call {
	__u64 place, name, flags, file;
};

static __always_inline void read_call(__u64 *ctx, struct scratch *space, struct open_call *call)
{
	volatile __u64 *number = &space->walk.dentry;

	*number = ctx[0];
	call->place = *number;
	*number = ctx[1];
	call->name = *number;
	*number = ctx[2];
	call->flags = *number;
	*number = ctx[3];
	call->file = *number;
}

/*
 * What the kernel made of the flags: O_CLOEXEC is gone, O_LARGEFILE was added. The first try of a
 * request does not wait, whatever was asked for.
 */
static __always_inline void read_flags(const struct open_call *call, bool is_first_try,
				       struct open_request *request)
{
	const struct open_flags *flags = (void *)call->flags;

	request->place = call->place;
	request->flags = (__u32)BPF_CORE_READ(flags, open_flag) & ~O_LARGEFILE;
	if (is_first_try)
		request->flags &= ~O_NONBLOCK;
	if (request->flags & (O_CREAT | O_TMPFILE_BIT))
		request->mode = (__u16)BPF_CORE_READ(flags, mode) & 07777;
}

static __always_inline void append_names_of(struct scratch *space, __u32 slot,
					    struct task_struct *task, const struct open_call *call,
					    struct file *file)
{
	struct rec_open *record = (struct rec_open *)space->bytes;
	struct filename *name = (void *)call->name;

	if (file)
		append_path(space, slot, &file->f_path, &record->path);
	append_kernel_string(space, BPF_CORE_READ(name, name), &record->given);
	if (is_relative(space, &record->given))
		append_place(space, slot, task, call->place, &record->directory);
	else if (record->call.error && record->given.length > 0)
		append_root(space, slot, task, &record->directory);
}

static __always_inline void tell(struct task_struct *task, __u8 class, const struct open_call *call,
				 const struct rec_call *outcome, const struct open_request *request)
{
	struct file *file = outcome->error ? NULL : (void *)call->file;
	__u16 kind = kind_of_open(outcome, request, file, false);
	__u32 slot = scratch_slot(class);
	__u32 how = class == REC_CLASS_PREEMPTED ? SEARCH_PREEMPTED : 0;
	__u32 left_out_by = filter_open(task, kind, outcome->error, file, how);
	struct scratch *space;
	struct rec_open *record;

	if (!generation_takes(MARK_IO_URING, task->pid))
		return;
	if (left_out_by != REC_FILTER_NONE) {
		count_left_out(left_out_by);
		return;
	}
	space = record_begin(kind, class, sizeof(*record));
	if (!space)
		return;
	record = (struct rec_open *)space->bytes;
	fill_task(task, &record->task);
	record->call = *outcome;
	record->flags = request->flags;
	record->create_mode = request->mode;
	record->file_uid = record->file_gid = REC_ID_UNSET;
	record->file_size = REC_SIZE_UNKNOWN;
	if (file)
		fill_file(file, record);
	append_names_of(space, slot, task, call, file);
	record_submit(space, kind, class);
}

/* A first try that would have to wait is made again by a worker, and told then. */
static __always_inline void tell_by_io_uring(__u64 *ctx, struct task_struct *task, __u8 class)
{
	__u32 slot = scratch_slot(class);
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);
	struct rec_call outcome = {.number = REC_SYSCALL_OTHER};
	struct open_request request = {};
	struct open_call call;

	if (!space)
		return;
	read_call(ctx, space, &call);
	if (call.file >= FIRST_ERROR_POINTER) {
		outcome.error = -(__s32)call.file;
		outcome.result = -(__s64)outcome.error;
	}
	if (outcome.error == EAGAIN && !is_worker(task))
		return;
	read_flags(&call, !is_worker(task), &request);
	tell(task, class, &call, &outcome, &request);
}

/*
 * Before 6.10 nothing can keep a program of this kind from being preempted, and some kernels up to
 * 6.19 that can refuse the calls of global functions meanwhile (6.12: "use static function
 * instead").
 */
SEC("fexit/do_filp_open") int on_io_uring(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (is_by_io_uring(task))
		tell_by_io_uring(ctx, task, REC_CLASS_PREEMPTED);
	return 0;
}

/* Both as in hook.h. */
SEC("fexit/do_filp_open") int on_io_uring_alone(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!is_by_io_uring(task))
		return 0;
	bpf_preempt_disable();
	call_told(HOOK_IO_URING);
	tell_by_io_uring(ctx, task, REC_CLASS_TASK);
	bpf_preempt_enable();
	return 0;
}

SEC("fexit/do_filp_open") int on_io_uring_again(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!is_by_io_uring(task))
		return 0;
	bpf_preempt_disable();
	if (!call_was_told(HOOK_IO_URING))
		tell_by_io_uring(ctx, task, REC_CLASS_TASK);
	bpf_preempt_enable();
	return 0;
}
