/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the test itself knows of a process, read from /proc and stat(2) without any code of the
 * agent. Whatever cannot be read fails the running test.
 */
#ifndef AUDITSHIP_TEST_FACTS_H
#define AUDITSHIP_TEST_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FACTS_UNSET 0xffffffffu
#define FACTS_UUID_SIZE 37

enum { REAL, EFFECTIVE, SAVED, FILE_SYSTEM };
enum { INHERITABLE, PERMITTED, EFFECTIVE_CAPS, BOUNDING, AMBIENT, CAP_SETS };
enum { NS_CGROUP, NS_IPC, NS_MNT, NS_NET, NS_PID, NS_TIME, NS_USER, NS_UTS, NAMESPACES };

struct facts {
	uint32_t pid, ns_pid, parent, group, session;
	uint32_t tty_major, tty_minor; /* 0, 0: no terminal */
	uint64_t start_ticks;          /* since boot */
	uint32_t uid[4], gid[4];
	uint64_t caps[CAP_SETS];
	uint64_t namespaces[NAMESPACES];
	uint64_t cgroup;    /* inode number of its directory in the v2 hierarchy; 0: none mounted */
	uint64_t cgroup_v1; /* in the v1 hierarchy of pids, else of memory; 0: both are on v2 */
	char cgroup_path[1024]; /* of v2, unless that is the root's and that of v1 is not */
	bool cgroup_path_is_v1;
	uint32_t login_uid, audit_session;
	char comm[16];
	char executable[PATH_MAX]; /* "": a thread of the kernel */
	char cwd[PATH_MAX];
	char *args; /* each with NUL; facts_done frees it */
	size_t args_size;
	char entity_id[FACTS_UUID_SIZE];
};

void facts_read(struct facts *facts, pid_t pid);
void facts_done(struct facts *facts);

/*
 * The Common Process Identifier of OCSF: SHA-256 over boot id, pid namespace, start time in ticks
 * and pid in that namespace; 128 bits of it as a UUID of version 8.
 */
void facts_entity_id(char out[FACTS_UUID_SIZE], uint64_t pid_ns, uint64_t start_ticks,
		     int64_t ns_pid);

/* The start time of a process as /proc tells it, in ticks since boot. */
uint64_t facts_start_ticks(pid_t pid);

/* False: there is no such process, or of its program nothing may be read (as of init in a guest).
 */
bool facts_exists(pid_t pid);
bool facts_program_readable(pid_t pid);

/* A file below /proc or /sys without its last line feed; the caller frees it. */
char *facts_file(const char *path, size_t *ret_size);

#endif
