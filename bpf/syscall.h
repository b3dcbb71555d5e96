/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which system call ends here and what it was given: numbers and registers of each architecture and
 * of its 32-bit calls. A 64-bit program can make those too (int 0x80), so the entry counts, not the
 * program. Numbers: asm/unistd*.h, which never change.
 */
#ifndef AUDITSHIP_SYSCALL_H
#define AUDITSHIP_SYSCALL_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "record.h"

#define NATIVE(call) (call)
#define COMPAT(call) ((call) << 4)
#define SYSCALL_NUMBERS 548
#define SYSCALL_IO_URING_ENTER 426 /* by every entry */

#if defined(__TARGET_ARCH_x86)

#define O_LARGEFILE 0100000
#define TS_COMPAT 0x0002        /* thread_info.status: in a 32-bit call */
#define X32_SYSCALL 0x40000000u /* the ABI of 64-bit registers and 32-bit pointers */

static const __u8 syscall_numbers[SYSCALL_NUMBERS] = {
	[2] = NATIVE(REC_SYSCALL_OPEN),
	[5] = COMPAT(REC_SYSCALL_OPEN),
	[8] = COMPAT(REC_SYSCALL_CREAT),
	[11] = COMPAT(REC_SYSCALL_EXECVE),
	[59] = NATIVE(REC_SYSCALL_EXECVE),
	[85] = NATIVE(REC_SYSCALL_CREAT),
	[257] = NATIVE(REC_SYSCALL_OPENAT),
	[295] = COMPAT(REC_SYSCALL_OPENAT),
	[304] = NATIVE(REC_SYSCALL_OPEN_BY_HANDLE_AT),
	[322] = NATIVE(REC_SYSCALL_EXECVEAT),
	[342] = COMPAT(REC_SYSCALL_OPEN_BY_HANDLE_AT),
	[358] = COMPAT(REC_SYSCALL_EXECVEAT),
	[437] = NATIVE(REC_SYSCALL_OPENAT2) | COMPAT(REC_SYSCALL_OPENAT2),
	[520] = NATIVE(REC_SYSCALL_EXECVE),   /* x32 */
	[545] = NATIVE(REC_SYSCALL_EXECVEAT), /* x32 */
};

static __always_inline __u32 syscall_number(struct pt_regs *regs)
{
	return (__u32)regs->orig_ax & ~X32_SYSCALL;
}

static __always_inline bool syscall_is_32bit(struct task_struct *task)
{
	return LOAD(task, thread_info.status) & TS_COMPAT;
}

/* index is a constant. */
static __always_inline __u64 syscall_argument(struct pt_regs *regs, bool is_32bit, int index)
{
	switch (index) {
	case 0:
		return is_32bit ? (__u32)regs->bx : regs->di;
	case 1:
		return is_32bit ? (__u32)regs->cx : regs->si;
	case 2:
		return is_32bit ? (__u32)regs->dx : regs->dx;
	case 3:
		return is_32bit ? (__u32)regs->si : regs->r10;
	default:
		return is_32bit ? (__u32)regs->di : regs->r8;
	}
}

/*
 * On the way back to user space, where a thread does what has been left for it (task_work). In a
 * call ax is -ENOSYS, as the entry has put it there; orig_ax is negative in no call at all. A
 * thread that was never in user space has no ip.
 */
static __always_inline bool syscall_is_over(struct pt_regs *regs)
{
	return regs->ip && ((__s64)regs->orig_ax < 0 || (__s64)regs->ax != -ENOSYS);
}

#elif defined(__TARGET_ARCH_arm64)

#define O_LARGEFILE 0400000
#define TIF_32BIT 22 /* thread_info.flags: an AArch32 task */

static const __u8 syscall_numbers[SYSCALL_NUMBERS] = {
	[5] = COMPAT(REC_SYSCALL_OPEN),
	[8] = COMPAT(REC_SYSCALL_CREAT),
	[11] = COMPAT(REC_SYSCALL_EXECVE),
	[56] = NATIVE(REC_SYSCALL_OPENAT),
	[221] = NATIVE(REC_SYSCALL_EXECVE),
	[265] = NATIVE(REC_SYSCALL_OPEN_BY_HANDLE_AT),
	[281] = NATIVE(REC_SYSCALL_EXECVEAT),
	[322] = COMPAT(REC_SYSCALL_OPENAT),
	[371] = COMPAT(REC_SYSCALL_OPEN_BY_HANDLE_AT),
	[387] = COMPAT(REC_SYSCALL_EXECVEAT),
	[437] = NATIVE(REC_SYSCALL_OPENAT2) | COMPAT(REC_SYSCALL_OPENAT2),
};

static __always_inline __u32 syscall_number(struct pt_regs *regs)
{
	return (__u32)regs->syscallno;
}

static __always_inline bool syscall_is_32bit(struct task_struct *task)
{
	return LOAD(task, thread_info.flags) & (1UL << TIF_32BIT);
}

/* Only seen where there was no call, but an interrupt. */
static __always_inline bool syscall_is_over(struct pt_regs *regs)
{
	return regs->pc && regs->syscallno < 0;
}

static __always_inline __u64 syscall_argument(struct pt_regs *regs, bool is_32bit, int index)
{
	__u64 value = index == 0 ? regs->orig_x0 : regs->regs[index];

	return is_32bit ? (__u32)value : value;
}

#else
#error "which registers carry the arguments of a system call?"
#endif

/* What a call number means by either entry, both in one byte; 0: nothing that is recorded. */
static __always_inline __u8 syscall_meaning(struct pt_regs *regs)
{
	__u64 number = syscall_number(regs);

	barrier_var(number); /* the verifier must see the number that was compared be used */
	return number < SYSCALL_NUMBERS ? syscall_numbers[number] : 0;
}

/* ERESTARTSYS and its kin, which the kernel keeps to itself: EINTR, or the call starts anew. */
#define FIRST_RESTART 512
#define LAST_RESTART 516

/* False when the number meant something by the other entry only. */
static __always_inline bool syscall_take(__u8 meaning, struct task_struct *task, long result,
					 struct rec_call *call)
{
	call->is_32bit = syscall_is_32bit(task);
	call->number = call->is_32bit ? meaning >> 4 : meaning & 15;
	if (call->is_32bit)
		result = (__s32)result;
	if (result <= -FIRST_RESTART && result >= -LAST_RESTART)
		result = -EINTR;
	call->result = result;
	call->error = result < 0 ? -result : 0;
	return call->number != 0;
}

#endif
