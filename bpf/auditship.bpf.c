/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The one CO-RE object: the families are included, so that one skeleton has them all. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "cgroup.bpf.c"
#include "file.bpf.c"
#include "io_uring.bpf.c"
#include "process.bpf.c"
#include "thread.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
