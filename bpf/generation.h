/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Changed settings need newly loaded programs. While two sets of programs are attached, one number
 * tells which of them records, and one store switches over. The tracepoint calls the older set
 * first. An event that meets the store between the two calls must be recorded once: the set that
 * records leaves a mark on its CPU, and the newer set, called right after it, passes over an event
 * that is marked. A set that does not record takes the mark away, so none grows old. Each kind has
 * a mark of its own: two kinds can share a tracepoint.
 */
#ifndef AUDITSHIP_GENERATION_H
#define AUDITSHIP_GENERATION_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "settings.h"
#include "shared.h"

#define MARK_GENERATION 0x00ffffff00000000ULL

/*
 * The probes outlive an agent, but not for ever: nobody may read what they record. CLOCK_MONOTONIC,
 * which stands still in suspend, as the agent does.
 */
static __always_inline bool agent_is_absent(void)
{
	__u32 zero = 0;
	struct rec_switch *current = bpf_map_lookup_elem(&generation, &zero);

	return current && bpf_ktime_get_ns() > *(volatile __u64 *)&current->until_ns;
}

/* True when this set of programs has to record the event of that kind and process. */
static __always_inline bool generation_takes(__u32 kind, __u32 pid)
{
	__u32 zero = 0, index = bpf_get_smp_processor_id() * REC_KIND_ROOM + kind;
	struct rec_switch *current = bpf_map_lookup_elem(&generation, &zero);
	__u64 *mark = bpf_map_lookup_elem(&marks, &index);
	__u64 own = (__u64)kind << 56 | (cfg_generation << 32 & MARK_GENERATION) | pid;
	__u64 left;

	if (!current || !mark)
		return true;
	left = *mark;
	*mark = 0;
	if (*(volatile __u64 *)&current->generation != cfg_generation)
		return false;
	if (left != own && ((left ^ own) & ~MARK_GENERATION) == 0)
		return false; /* the older set has it */
	*mark = own;
	return true;
}

#endif
