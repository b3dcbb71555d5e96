/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of the kernel's types as bpf/memory.h needs to run in a test on the host. */
#ifndef AUDITSHIP_HOST_VMLINUX_H
#define AUDITSHIP_HOST_VMLINUX_H

#include <linux/bpf.h>
#include <linux/types.h>

struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end;
};

#endif
