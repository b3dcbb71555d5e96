/* SPDX-License-Identifier: BSD-2-Clause */
/* The helpers of the kernel, as functions that a test provides. */
#ifndef AUDITSHIP_HOST_BPF_HELPERS_H
#define AUDITSHIP_HOST_BPF_HELPERS_H

#include <stddef.h>

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) value *name
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __noinline __attribute__((noinline))
#define barrier_var(name) asm volatile("" : "+r"(name))

void *bpf_map_lookup_elem(void *map, const void *key);
long bpf_probe_read_user(void *to, unsigned int size, const void *from);
long bpf_probe_read_user_str(void *to, unsigned int size, const void *from);

#endif
