/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* argv and environment from the memory of a process that has just called exec. */
#ifndef AUDITSHIP_MEMORY_H
#define AUDITSHIP_MEMORY_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "record.h"
#include "settings.h"
#include "shared.h"

#define PAGE_SIZE 4096 /* the smallest there is */
#define ARGS_PAGES (REC_ARGS_LIMIT / PAGE_SIZE + 1)
#define ENV_STEPS 320 /* words per call: a window of usual variables; verified once */
#define ENV_CALLS 128 /* 256 KiB: then the rest is not looked at, and told as cut */
#define ENV_PIECE 1024

#define EVERY_BYTE(byte) ((__u64)(byte)*0x0101010101010101ULL)

static __always_inline __u64 left_in_page(__u64 address)
{
	return PAGE_SIZE - (address & (PAGE_SIZE - 1));
}

/*
 * Copies what can be read of the arguments, page by page, after one read of all of it failed.
 * Returns the number of bytes.
 */
__noinline int read_args_by_page(__u32 slot, __u64 from, __u64 length)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);
	__u64 kept = 0;

	if (!space)
		return 0;
	for (int i = 0; i < ARGS_PAGES; i++) {
		__u64 at = space->used & (REC_HEAD_SIZE - 1);
		__u64 part = left_in_page(from + kept);

		if (kept >= length || kept >= cfg_args_max)
			break;
		if (part > length - kept)
			part = length - kept;
		barrier_var(part); /* clang knows the bound and would drop the mask that the
				      verifier needs */
		part &= 2 * PAGE_SIZE - 1;
		if (part > PAGE_SIZE ||
		    bpf_probe_read_user(space->bytes + at + kept, part, (void *)(from + kept)) < 0)
			break;
		kept += part;
	}
	return kept;
}

/*
 * Last of all: what comes behind would have no bound. The kernel has just written these pages, so
 * they are there, unless swapped out at once. What could not be read shows as cut: length < full.
 */
static __always_inline void append_args(struct scratch *space, __u32 slot, struct mm_struct *mm,
					struct rec_string *ret_args)
{
	__u64 from = mm->arg_start;
	__u64 full = mm->arg_end - from;
	__u64 at = space->used & (REC_HEAD_SIZE - 1);
	__u64 length = full;

	if (length > cfg_args_max)
		length = cfg_args_max;
	if (bpf_probe_read_user(space->bytes + at, length, (void *)from) < 0) {
		space->read_failures++;
		length = read_args_by_page(slot, from, length);
	}
	ret_args->offset = at;
	ret_args->length = length;
	ret_args->full = full < REC_FULL_UNKNOWN ? full : REC_FULL_UNKNOWN;
	space->used = at + length;
}

/* word: the first bytes of a variable. */
static __always_inline int env_is_wanted(__u64 word)
{
	for (__u32 i = 0; i < REC_ENV_NAMES; i++) {
		if (i >= cfg_env_count)
			break;
		if ((word & cfg_env[i].mask) == cfg_env[i].bytes)
			return 1;
	}
	return 0;
}

/* The highest bit of the first byte that is zero, and perhaps of later ones; 0: none is. */
static __always_inline __u64 zero_bytes(__u64 word)
{
	return (word - EVERY_BYTE(1)) & ~word & EVERY_BYTE(0x80);
}

/* Bytes up to and with the first of those: a product with a power of 256 moves 8 - k to the top. */
static __always_inline __u64 first_of(__u64 zeros)
{
	return (((zeros & -zeros) >> 7) * 0x0102030405060708ULL >> 56) & 15;
}

/*
 * Copies what comes next, followed by zeros, and returns how much. The environment ends for us
 * where it cannot be read.
 */
static __always_inline __u64 env_fill_window(struct scratch *space)
{
	struct env_scan *scan = &space->env;
	__u64 size = scan->end - scan->at;

	if (size > ENV_WINDOW)
		size = ENV_WINDOW;
	if (bpf_probe_read_user(scan->window, size, (void *)scan->at) < 0) {
		space->read_failures++;
		scan->cut = 1;
		if (size > left_in_page(scan->at))
			size = left_in_page(scan->at);
		if (bpf_probe_read_user(scan->window, size, (void *)scan->at) < 0)
			size = 0;
		scan->end = scan->at + size;
	}
	*(__u64 *)(scan->window + size) = 0;
	return size;
}

/*
 * Goes on, word by word, to the next wanted variable or to the end of the window. It counts in
 * addresses: the verifier knows nothing of them, so one look at the loop's body is enough for it.
 */
static __always_inline int env_find(struct scratch *space)
{
	struct env_scan *scan = &space->env;
	__u64 size = env_fill_window(space), begin = scan->at, at = begin;
	__u64 limit = begin + size;
	int starts = scan->starts, wanted = 0;

	if (limit < scan->end)
		limit -= sizeof(__u64) - 1; /* where a whole word is there */
	for (int i = 0; i < ENV_STEPS && at < limit; i++) {
		__u64 word = *(__u64 *)(scan->window + ((at - begin) & (ENV_WINDOW - 1)));
		__u64 zeros = zero_bytes(word);

		if (starts && env_is_wanted(word)) {
			wanted = 1;
			break;
		}
		starts = zeros != 0;
		at += zeros ? first_of(zeros) : sizeof(word);
	}
	scan->starts = starts;
	scan->at = at < begin + size ? at : begin + size;
	return wanted;
}

/* Appends the variable, or ENV_PIECE - 1 bytes of a longer one. */
static __always_inline void env_keep(struct scratch *space)
{
	struct env_scan *scan = &space->env;
	__u64 at = space->used & (REC_HEAD_SIZE - 1);
	long size = -1;

	if (space->used <= REC_HEAD_SIZE - ENV_PIECE) {
		size = bpf_probe_read_user_str(space->bytes + at, ENV_PIECE, (void *)scan->at);
		space->read_failures += size <= 0;
	}
	if (size <= 0) { /* unreadable, or no room: the rest is told as cut */
		scan->cut = 1;
		scan->at = scan->end;
		return;
	}
	scan->keeping = size == ENV_PIECE; /* no end in sight: the last byte stands for the cut */
	size -= scan->keeping;
	scan->at += size;
	space->used = at + (size & (2 * ENV_PIECE - 1));
}

/* One window, or one piece of a variable. Returns 1 at the end. Verified once, on its own. */
__noinline int scan_env_some(__u32 slot)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);

	if (!space || space->env.at >= space->env.end)
		return 1;
	if (space->env.keeping || env_find(space))
		env_keep(space);
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
	scan->starts = 1;
	scan->keeping = 0;
	scan->cut = 0;
	for (int i = 0; i < ENV_CALLS; i++) {
		if (scan_env_some(slot))
			break;
	}
	ret_env->offset = start;
	ret_env->length = space->used - start;
	ret_env->full = scan->at >= scan->end && !scan->cut ? ret_env->length : REC_FULL_UNKNOWN;
}

#endif
