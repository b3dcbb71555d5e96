/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the path of a cgroup says: which container, pod and systemd unit a process in it belongs to.
 * Pure functions of the bytes, which are hostile: whoever may make cgroups chooses their names.
 */
#ifndef AUDITSHIP_CONTAINER_PATH_H
#define AUDITSHIP_CONTAINER_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the names in decode/fields.c. */
enum container_runtime {
	CONTAINER_RUNTIME_UNKNOWN, /* the path does not tell: a cgroupfs path of Kubernetes */
	CONTAINER_DOCKER,
	CONTAINER_CONTAINERD,
	CONTAINER_CRIO,
	CONTAINER_PODMAN,
	CONTAINER_LXC,
	CONTAINER_NSPAWN,
	CONTAINER_BUILDKIT,
	CONTAINER_GARDEN,
	CONTAINER_RUNTIMES
};

enum container_orchestrator {
	CONTAINER_NO_ORCHESTRATOR,
	CONTAINER_KUBERNETES,
	CONTAINER_ECS,
	CONTAINER_ORCHESTRATORS
};

#define CONTAINER_ID_SIZE 72 /* 64 hexadecimal digits, or a name of LXC or systemd-nspawn */
#define CONTAINER_UID_SIZE 37
#define CONTAINER_NO_OWNER UINT32_MAX

/* A part of the path, length 0: none. */
struct container_part {
	uint16_t offset, length;
};

struct container_path {
	uint8_t runtime;      /* enum container_runtime, of the innermost container */
	uint8_t orchestrator; /* enum container_orchestrator */
	uint8_t depth;        /* containers in one another, 0: none */
	/* The user below whose slice it is, who may make such names himself; else
	 * CONTAINER_NO_OWNER. */
	uint32_t owner;
	char id[CONTAINER_ID_SIZE];       /* of the innermost container, "": none */
	char outer_id[CONTAINER_ID_SIZE]; /* of the outermost, when it is another */
	/* With dashes, as the API has it; of ECS: the task. Never below a user's slice. */
	char pod_uid[CONTAINER_UID_SIZE];
	struct container_part unit;      /* as systemd counts: the outermost */
	struct container_part user_unit; /* below the manager of a user */
	struct container_part slice;     /* that the unit is in */
};

/* Whether that is a user who is not root: he may have made up every name below his slice. */
static inline bool container_owner_is_user(uint32_t owner)
{
	return owner != CONTAINER_NO_OWNER && owner != 0;
}

/* path: from the root of the hierarchy, starting with a slash, at most 65,535 bytes. */
void container_path_parse(const char *path, size_t length, struct container_path *ret_path);

#endif
