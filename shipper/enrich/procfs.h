/* SPDX-License-Identifier: BSD-2-Clause */
/* The only reader of /proc. root stands for "/" so that a test can bring its own tree. */
#ifndef AUDITSHIP_PROCFS_H
#define AUDITSHIP_PROCFS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* boot id as 36 characters and terminator. */
int procfs_boot_id(const char *root, char ret_text[37]);

/* Inode number of /proc/self/ns/NAME, 0 when it cannot be read. */
uint32_t procfs_own_namespace(const char *root, const char *name);

/*
 * The arguments of a process as they stand now, each with NUL; at most size bytes into args.
 * Returns the bytes kept, or a negative errno (-ESRCH: the process has gone). *ret_cut: 1 when
 * there was more.
 */
ssize_t procfs_args(const char *root, uint32_t pid, char *args, size_t size, int *ret_cut);

/*
 * When the process started, in USER_HZ ticks of CLOCK_BOOTTIME: field 22 of /proc/PID/stat
 * (proc(5)). Tells whether a number still, and here, means the same process.
 */
int procfs_start_ticks(const char *root, uint32_t pid, uint64_t *ret_ticks);

/* Highest number of a possible CPU + 1, so that a CPU's number is an index: from
 * sys/devices/system/cpu/possible. */
int procfs_possible_cpus(const char *root, uint32_t *ret_cpus);

/*
 * The device of a mount's file system as the kernel has it, major << 20 | minor, by the mount's id
 * (statx(2)): stat(2) shows another one for subvolumes of btrfs.
 */
int procfs_mount_device(const char *root, uint64_t mount_id, uint32_t *ret_device);

/* Effective capabilities of this process as bits, from /proc/self/status. */
int procfs_own_capabilities(const char *root, uint64_t *ret_bits);

/* A descriptor (O_PATH) of the program that this process runs, or a negative errno. */
int procfs_open_own_program(const char *root);

/* Memory of this process that no file backs (RssAnon of /proc/self/status), in bytes. */
int procfs_own_memory(const char *root, uint64_t *ret_bytes);

/*
 * The real and the login (audit) user id of a process: from /proc/PID/status and loginuid.
 * *ret_login_uid is UINT32_MAX when no login started it, or the kernel keeps none.
 */
int procfs_users_of(const char *root, uint32_t pid, uint32_t *ret_uid, uint32_t *ret_login_uid);

#endif
