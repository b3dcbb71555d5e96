/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Threads that start and end. Programs of their own: not wanted, they are not there. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "emit.h"
#include "filter.h"
#include "generation.h"
#include "hook.h"
#include "task.h"

HOOK("tp_btf/sched_process_fork", on_thread_start, REC_THREAD_START, struct task_struct *parent,
     struct task_struct *child)
{
	struct scratch *space;
	struct rec_thread_start *record;
	__u32 left_out_by;

	if (child->pid == child->tgid)
		return 0; /* a process */
	if (!generation_takes(REC_THREAD_START, child->pid))
		return 0;
	left_out_by = filter_event(child, REC_THREAD_START);
	if (left_out_by != REC_FILTER_NONE) {
		count_left_out(left_out_by);
		return 0;
	}
	space = record_begin(REC_THREAD_START, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return 0;
	record = (struct rec_thread_start *)space->bytes;
	fill_task(child, &record->task);
	record->creator_tid = parent->pid;
	record_submit(space, REC_THREAD_START, REC_CLASS_TASK);
	return 0;
}

/* Attached before the hook that tells the end of the process, so that this comes first. */
HOOK("tp_btf/sched_process_exit", on_thread_exit, REC_THREAD_EXIT, struct task_struct *task)
{
	struct scratch *space;
	struct rec_thread_exit *record;
	__u32 left_out_by;

	if (!generation_takes(REC_THREAD_EXIT, task->pid))
		return 0;
	left_out_by = filter_event(task, REC_THREAD_EXIT);
	if (left_out_by != REC_FILTER_NONE) {
		count_left_out(left_out_by);
		return 0;
	}
	space = record_begin(REC_THREAD_EXIT, REC_CLASS_TASK, sizeof(*record));
	if (!space)
		return 0;
	record = (struct rec_thread_exit *)space->bytes;
	fill_task(task, &record->task);
	record->start_ns = task->start_boottime;
	record->exit_signal = task->exit_code & 0x7f;
	record->exit_code =
		record->exit_signal ? 128 + record->exit_signal : (task->exit_code >> 8) & 0xff;
	record->is_leader = task->pid == task->tgid;
	record_submit(space, REC_THREAD_EXIT, REC_CLASS_TASK);
	return 0;
}
