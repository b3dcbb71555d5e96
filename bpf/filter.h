/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is left out before it gets a number. Read from a map: user space changes it at any time. */
#ifndef AUDITSHIP_FILTER_H
#define AUDITSHIP_FILTER_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "maps.h"
#include "record.h"

/*
 * Errors that mean that somebody was kept from what he asked for: no permission, a read-only file
 * system, a running program, or a way that O_NOFOLLOW or openat2 forbids. A name that is not there
 * is none of these.
 */
static __always_inline bool is_refusal(__u32 error)
{
	switch (error) {
	case EPERM:
	case EACCES:
	case ETXTBSY:
	case EXDEV:
	case EROFS:
	case ELOOP:
		return true;
	default:
		return false;
	}
}

/* kind: how the open turned out; error: 0 unless it failed. */
static __always_inline bool filter_wants_open(struct task_struct *task, __u16 kind, __u32 error)
{
	__u32 zero = 0;
	struct rec_filter *filter = bpf_map_lookup_elem(&filter_settings, &zero);

	if (!filter)
		return true;
	if ((__u32)LOAD(task, tgid) == filter->agent_pid)
		return false;
	if (filter->opens == REC_OPENS_ALL || kind == REC_OPEN_WRITE || kind == REC_FILE_CREATE)
		return true;
	return kind == REC_OPEN_FAILED && is_refusal(error);
}

#endif
