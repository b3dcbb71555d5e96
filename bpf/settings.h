/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Read-only data that the shipper sets before load: constants to the verifier. */
#ifndef AUDITSHIP_SETTINGS_H
#define AUDITSHIP_SETTINGS_H

#include "vmlinux.h"

#include "record.h"
#include "shared.h"

const volatile __u64 cfg_generation = 0; /* see generation.h */
const volatile __u32 cfg_cpus = 1;       /* possible CPUs: scratch and counts have room for them */
const volatile __u32 cfg_page_size = 4096;
const volatile __u32 cfg_args_max = REC_ARGS_DEFAULT; /* sizes the scratch, see maps.h */
const volatile __u32 cfg_env_count = 0;
const volatile struct rec_env_prefix cfg_env[REC_ENV_NAMES] = {};

const volatile __u32 cfg_exit_without_memory = 0; /* see maps.h, executables */
const volatile __u32 cfg_wants_open = 0;
const volatile __u32 cfg_wants_exec_failed = 0;

#endif
