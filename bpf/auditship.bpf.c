/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "record.h"
char LICENSE[] SEC("license") = "Dual BSD/GPL";
