/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How a hook of a scheduler tracepoint becomes programs. The scratch space and the numbers are the
 * CPU's own, so one program must not give way to another there. Up to Linux 6.19 a tracepoint calls
 * its programs with preemption disabled. From 7.0 on it does not, with two consequences:
 *
 * - NAME_alone holds the CPU itself (kfuncs since 6.10).
 * - A task that the scheduler stops on the way into or out of a program still counts as running it,
 *   and the kernel calls no program twice on one CPU: it skips it for the next task. So there is
 *   NAME_again, called right after NAME_alone, which does what was skipped. A tracepoint calls what
 *   was attached first first, the end of a function (fexit) what was attached last: the shipper
 *   attaches in that order.
 *
 * The shipper loads either NAME or the other two (capture/probes.c).
 */
#ifndef AUDITSHIP_HOOK_H
#define AUDITSHIP_HOOK_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "compat.h"
#include "maps.h"

/* One call of one hook by one thread: a thread calls a hook once at a time. */
static __always_inline __u64 this_call(__u32 hook)
{
	return (__u64)hook << 32 | (__u32)bpf_get_current_pid_tgid();
}

static __always_inline void call_told(__u32 hook)
{
	__u64 call = this_call(hook);
	__u8 one = 1;

	bpf_map_update_elem(&told, &call, &one, BPF_ANY); /* full: told twice, not never */
}

static __always_inline bool call_was_told(__u32 hook)
{
	__u64 call = this_call(hook);

	return bpf_map_delete_elem(&told, &call) == 0;
}

/*
 * HOOK(section, name, kind, arguments...) { body returning int }; kind: which hook it is.
 * HOOK_IF(condition, ...): the body is for calls of which condition(ctx, arguments...) is true;
 * the others, most of them, leave before they cost more.
 */
/* clang-format off */
#define HOOK_ALWAYS(ctx, args...) true
#define HOOK(section, name, kind, args...) HOOK_IF(HOOK_ALWAYS, section, name, kind, ##args)
#define HOOK_IF(condition, section, name, kind, args...)                \
	static __always_inline int name##_body(__u64 *ctx, ##args);     \
	_Pragma("GCC diagnostic push")                                  \
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")          \
	SEC(section) int name(__u64 *ctx)                               \
	{                                                               \
		if (!condition(___bpf_ctx_cast(args)))                  \
			return 0;                                       \
		return name##_body(___bpf_ctx_cast(args));              \
	}                                                               \
	SEC(section) int name##_alone(__u64 *ctx)                       \
	{                                                               \
		if (!condition(___bpf_ctx_cast(args)))                  \
			return 0;                                       \
		bpf_preempt_disable();                                  \
		call_told(kind);                                        \
		name##_body(___bpf_ctx_cast(args));                     \
		bpf_preempt_enable();                                   \
		return 0;                                               \
	}                                                               \
	SEC(section) int name##_again(__u64 *ctx)                       \
	{                                                               \
		if (!condition(___bpf_ctx_cast(args)))                  \
			return 0;                                       \
		bpf_preempt_disable();                                  \
		if (!call_was_told(kind))                               \
			name##_body(___bpf_ctx_cast(args));             \
		bpf_preempt_enable();                                   \
		return 0;                                               \
	}                                                               \
	_Pragma("GCC diagnostic pop")                                   \
	static __always_inline int name##_body(__u64 *ctx, ##args)
/* clang-format on */

#endif
