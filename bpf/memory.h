/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* argv and environment from the memory of a process that has just called exec. */
#ifndef AUDITSHIP_MEMORY_H
#define AUDITSHIP_MEMORY_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "record.h"
#include "settings.h"

#define PAGE_STEPS (ARGS_LIMIT / 4096 + 1)
#define ENV_STEPS 32 /* pieces per call; verified once */
#define ENV_CALLS 32 /* 1,024 pieces: then the rest is not looked at, and told as cut */
#define ENV_PIECE 1024

/* Copies what can be read, page by page, after one read of all of it failed. */
static __always_inline __u32 read_pages(struct scratch *space, __u64 from, __u32 length)
{
	__u32 kept = 0;

	for (int i = 0; i < PAGE_STEPS; i++) {
		__u32 at = (space->used + kept) & (REC_MAX_SIZE - 1);
		__u32 part = 4096 - ((from + kept) & 4095);

		if (kept >= length)
			break;
		if (part > length - kept)
			part = length - kept;
		barrier_var(part); /* clang knows the bound and would drop the mask the verifier
				      needs */
		part &= 2 * 4096 - 1;
		if (bpf_probe_read_user(space->bytes + at, part, (void *)(from + kept)) < 0)
			break;
		kept += part;
	}
	return kept;
}

/*
 * The kernel has just written these pages, so they are there, unless swapped out at once. What
 * could not be read shows as cut: length < full.
 */
static __always_inline void append_args(struct scratch *space, struct mm_struct *mm,
					struct rec_string *ret_args)
{
	__u64 from = mm->arg_start;
	__u64 full = mm->arg_end - from;
	__u32 at = space->used & (REC_MAX_SIZE - 1);
	__u64 length = full;

	if (length > cfg_args_max)
		length = cfg_args_max;
	if (length > ARGS_LIMIT)
		length = ARGS_LIMIT;
	if (bpf_probe_read_user(space->bytes + at, length, (void *)from) < 0) {
		space->read_failures++;
		length = read_pages(space, from, length);
	}
	ret_args->offset = at;
	ret_args->length = length;
	ret_args->full = full < REC_FULL_UNKNOWN ? full : REC_FULL_UNKNOWN;
	space->used = at + length;
}

static __always_inline int env_is_wanted(const char *name)
{
	__u64 bytes = *(const __u64 *)name;

	for (__u32 i = 0; i < REC_ENV_NAMES; i++) {
		if (i >= cfg_env_count)
			break;
		if ((bytes & cfg_env[i].mask) == cfg_env[i].bytes)
			return 1;
	}
	return 0;
}

/* Reads one piece: a whole variable, or ENV_PIECE - 1 bytes of a longer one. */
static __always_inline void env_step(struct scratch *space)
{
	struct env_scan *scan = &space->env;
	__u32 at = space->used & (REC_MAX_SIZE - 1);
	int more, keep;
	long size;

	if (space->used >
	    REC_MAX_SIZE - ENV_PIECE) { /* the record is full: the rest is told as cut */
		scan->cut = 1;
		scan->done = 1;
		return;
	}
	size = bpf_probe_read_user_str(space->bytes + at, ENV_PIECE, (void *)scan->at);
	if (size <= 0) {
		space->read_failures++;
		scan->cut = 1;
		scan->done = 1;
		return;
	}
	more = size == ENV_PIECE; /* no end in sight: the last byte stands for the cut */
	keep = scan->kept_part || (!scan->skipped_part && env_is_wanted(space->bytes + at));
	scan->kept_part = keep && more;
	scan->skipped_part = !keep && more;
	scan->at += more ? ENV_PIECE - 1 : size;
	if (keep)
		space->used = at + (more ? ENV_PIECE - 1 : (size & (2 * ENV_PIECE - 1)));
	if (scan->at >= scan->end)
		scan->done = 1;
}

__noinline int scan_env_some(__u32 slot)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);

	if (!space)
		return 1;
	for (int i = 0; i < ENV_STEPS; i++) {
		if (space->env.done)
			return 1;
		env_step(space);
	}
	return 0;
}

/* Only variables whose first bytes match a configured name leave the process's memory. */
static __always_inline void append_env(struct scratch *space, __u32 slot, struct mm_struct *mm,
				       struct rec_string *ret_env)
{
	struct env_scan *scan = &space->env;
	__u32 start = space->used;

	if (cfg_env_count == 0)
		return;
	scan->at = mm->env_start;
	scan->end = mm->env_end;
	scan->kept_part = 0;
	scan->skipped_part = 0;
	scan->cut = 0;
	scan->done = scan->at >= scan->end;
	for (int i = 0; i < ENV_CALLS; i++) {
		if (scan_env_some(slot))
			break;
	}
	ret_env->offset = start;
	ret_env->length = space->used - start;
	ret_env->full = scan->done && !scan->cut ? ret_env->length : REC_FULL_UNKNOWN;
}

#endif
