/* SPDX-License-Identifier: BSD-2-Clause */
/* The only reader of /proc. root stands for "/" so that a test can bring its own tree. */
#ifndef AUDITSHIP_PROCFS_H
#define AUDITSHIP_PROCFS_H

#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* boot id as 36 characters and terminator. */
int procfs_boot_id(const char *root, char ret_text[UUID_TEXT_SIZE]);

/* Inode number of /proc/self/ns/NAME, or of a process's, 0 when it cannot be read. */
uint32_t procfs_own_namespace(const char *root, const char *name);
uint32_t procfs_namespace(const char *root, uint32_t pid, const char *name);

/* Inode number of the initial pid namespace: PROC_PID_INIT_INO of include/linux/proc_ns.h. */
#define PROCFS_PID_NS_INITIAL 4026531836u

/*
 * The number that this process has in the initial pid namespace, 0 when it is not known: in a pid
 * namespace of its own (own: the root of the /proc of that one), unless root has the /proc of the
 * initial one.
 */
uint32_t procfs_initial_pid(const char *own, const char *root);

/* The path of an open file of this process, with its NUL. 0 or a negative errno. */
int procfs_own_file(int fd, char *out, size_t size);

/* What the process has for "/": a descriptor for looking up paths, or a negative errno. */
int procfs_open_root(const char *root, uint32_t pid);

/* Which ids of the initial user namespace are which inside of a process's own: uid_map or gid_map,
 * as user_namespaces(7) has it, read from the initial one. */
#define PROCFS_ID_RANGES_MAX 340
struct procfs_id_map {
	size_t count;
	struct {
		uint32_t inside, outside, length;
	} ranges[PROCFS_ID_RANGES_MAX];
};
int procfs_id_map(const char *root, uint32_t pid, const char *name, struct procfs_id_map *ret_map);

/* False: the id is not mapped. */
bool procfs_map_inside(const struct procfs_id_map *map, uint32_t outside, uint32_t *ret_inside);

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

/* Opens once more, with these flags, what the descriptor stands for; a descriptor or a negative
 * errno. The way from one of O_PATH to one that reads (open(2)). */
int procfs_reopen(const char *root, int fd, int flags);

/*
 * Calls handler for each mounted cgroup hierarchy: v1 with its options ("rw,pids"), v2 with NULL.
 * path: where it is mounted, without root. 0 or a negative errno.
 */
typedef void procfs_mount_handler(void *data, const char *path, const char *v1_options);
int procfs_cgroup_mounts(const char *root, procfs_mount_handler *handler, void *data);

/* The number of the v1 hierarchy of a controller, from /proc/self/cgroup. -ENOENT: it is on v2, or
 * not there. */
int procfs_cgroup_hierarchy(const char *root, const char *controller, uint32_t *ret_number);

/* The cgroup of this process on v2, as seen in its own cgroup namespace: "/a/b". */
int procfs_own_cgroup(const char *root, char *out, size_t size);

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
