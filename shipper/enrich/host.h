/* SPDX-License-Identifier: BSD-2-Clause */
/* What this machine is, as it was when host_read looked. An empty string is a fact that could not
 * be had. */
#ifndef AUDITSHIP_HOST_H
#define AUDITSHIP_HOST_H

#include "base/err.h"
#include "base/uuid.h"
#include "enrich/addresses.h"

#include <stdint.h>

struct host {
	char hostname[256];
	char fqdn[256]; /* of /etc/hosts, or the name itself when it has a dot; lower case */
	struct addresses addresses;
	char machine_id[33];
	char architecture[66];
	char kernel[66]; /* release, as uname -r */
	char boot_id_text[UUID_TEXT_SIZE];
	uint8_t boot_id[16];
	char os_platform[64]; /* ID of os-release */
	char os_family[64];   /* ID_LIKE's first word, else ID */
	char os_name[128];    /* NAME */
	char os_version[64];  /* VERSION_ID */
	uint32_t pid_ns;      /* inode number of the pid namespace the agent runs in */
	uint32_t ticks_per_s; /* USER_HZ */
	uint32_t cpus;        /* possible CPUs, 0: unknown */
	uint64_t page_size;
};

/* root: "" or the directory below which etc and proc stand (for tests). The boot id is required. */
int host_read(struct host *host, const char *root, struct err *err);

#define HOST_ROOT_MAX 512 /* bytes of a root, in all of enrich/ */

#define HOST_AGENT_ID_FILE "agent-id"

/* The agent's persistent id: read from that file of STATE_DIR, made there at the first start. */
int host_agent_id(char ret_id[UUID_TEXT_SIZE], const char *state_dir, struct err *err);

#endif
