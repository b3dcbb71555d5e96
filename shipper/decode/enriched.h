/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shipper adds to a record. Same rules as bpf/record.h: aligned plain members, strings as
 * rec_string whose offset counts from the start of struct enriched. Never leaves this host.
 */
#ifndef AUDITSHIP_ENRICHED_H
#define AUDITSHIP_ENRICHED_H

#include "record.h"

#include <stdint.h>

#define ENRICHED_UNSET UINT64_MAX

/* What is known of another process. start_wall_ns 0: never seen by the shipper. */
struct enriched_process {
	uint8_t entity_id[16];  /* all zero: unknown */
	uint64_t start_wall_ns; /* CLOCK_REALTIME, computed once per process, so it never wavers */
	struct rec_string executable;
	struct rec_string args; /* each argument ends with NUL; no NUL after a cut one */
	struct rec_string comm;
	uint32_t args_count;
	uint32_t args_masked; /* 1: a rule has hidden a part of them before this event */
};

#define ENRICHED_NO_ANSWER UINT32_MAX

/* Where an entry leader came from. */
enum enriched_entry {
	ENTRY_UNKNOWN = 0,
	ENTRY_INIT = 1,      /* started by init */
	ENTRY_SSHD = 2,      /* by the SSH server */
	ENTRY_SSM = 3,       /* by the AWS session manager */
	ENTRY_CONTAINER = 4, /* by a container runtime, in a pid namespace of its own */
	ENTRY_TERMINAL = 5,  /* on a virtual or serial terminal of the machine */
	ENTRY_CONSOLE = 6,   /* on /dev/console */
};

struct enriched {
	uint32_t size; /* of struct and tail, in bytes */
	uint32_t pad;
	struct enriched_process
		process; /* executable and args are absent where the record has them */
	struct enriched_process parent;
	struct enriched_process creator;
	uint32_t creator_pid, pad2;
	/* for an exit; ENRICHED_UNSET: not known, or no exit */
	uint64_t end_start_wall_ns; /* when the process that ended had started, CLOCK_REALTIME */
	uint64_t duration_ns;       /* since then */
	uint64_t exec_duration_ns;  /* since its last exec that was seen */
	uint64_t user_cpu_ns, system_cpu_ns;
	uint64_t children_user_cpu_ns, children_system_cpu_ns;
	struct rec_string user, real_user, saved_user, fs_user, login_user;
	struct rec_string group, real_group, saved_group, fs_group;
	struct rec_string file_owner, file_group;
	struct rec_string tags;      /* of rules, each with NUL */
	struct rec_string masked;    /* paths of which a rule has hidden a part, each with NUL */
	struct rec_string file_path; /* made of what a failed call was given */
	uint32_t file_path_as_given, pad3; /* 1: file_path is there */
	/* comm is absent; executable and args too where the leader is the process itself */
	struct enriched_process session_leader, group_leader, entry_leader;
	uint32_t entry_pid, entry_ns_pid; /* of the entry leader, 0: unknown */
	/* 1 or 0: the leader is the process itself; ENRICHED_NO_ANSWER: it is not known */
	uint32_t session_is_self, group_is_self, entry_is_self;
	uint8_t entry_type; /* enum enriched_entry */
	uint8_t pad4[3];
	/* what the process ran before this exec */
	struct rec_string previous_executable, previous_args;
	uint32_t previous_args_count, previous_args_masked;
	struct rec_string ancestry; /* entity ids as text, the nearest first, each with NUL */
	struct rec_string sender, sender_login; /* names of who stopped the agent */
	struct rec_string
		names_of_nss; /* fields whose name the name services gave, each with NUL */
	struct rec_string names_unknown; /* fields whose name was not to be had in time, the same */
	struct rec_string cgroup_path;
	struct rec_string systemd_unit, systemd_user_unit, systemd_slice;
	struct rec_string container_id, container_outer_id, container_name;
	struct rec_string image_name, image_tag; /* image_tag with NUL */
	struct rec_string container_labels;      /* "name=value", each with NUL */
	struct rec_string orchestrator_namespace, resource_name, resource_id;
	/* Numbers whose names are in fields.c; 0: absent. */
	uint8_t cgroup_hierarchy; /* 1: v2, 2: v1 */
	uint8_t container_runtime, container_unresolved, orchestrator;
	uint8_t names_source; /* enum name_source of enrich/user_names.h */
	uint8_t pad5[3];
};

/* An initializer: nothing is known. */
#define ENRICHED_NOTHING                                                                          \
	{                                                                                         \
		.size = sizeof(struct enriched), .end_start_wall_ns = ENRICHED_UNSET,             \
		.duration_ns = ENRICHED_UNSET, .exec_duration_ns = ENRICHED_UNSET,                \
		.user_cpu_ns = ENRICHED_UNSET, .system_cpu_ns = ENRICHED_UNSET,                   \
		.children_user_cpu_ns = ENRICHED_UNSET, .children_system_cpu_ns = ENRICHED_UNSET, \
		.session_is_self = ENRICHED_NO_ANSWER, .group_is_self = ENRICHED_NO_ANSWER,       \
		.entry_is_self = ENRICHED_NO_ANSWER,                                              \
	}

#endif
