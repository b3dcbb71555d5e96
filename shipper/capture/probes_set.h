/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of probes as descriptors: what probes.c has loaded, or pins.c has found pinned. Only
 * probes*.c and pins.c include this.
 */
#ifndef AUDITSHIP_PROBES_SET_H
#define AUDITSHIP_PROBES_SET_H

#include "capture/probes.h"

#define HOOKS_MAX 24
#define HOOK_NAME_SIZE 16
#define HOOK_WHY_SIZE 160

enum probes_map {
	PROBES_VITAL,
	PROBES_BULK,
	PROBES_COUNTS,
	PROBES_READER,
	PROBES_PROGRESS,
	PROBES_SWITCH,
	PROBES_MARKS,
	PROBES_FILTER_SETTINGS,
	PROBES_FILTER_ENTRIES,
	PROBES_FILTER_NAMES,
	PROBES_LEFT_OUT,
	PROBES_EXECUTABLES,
	PROBES_MAPS
};

/* What the map is called in the object and in the directory of pins. */
const char *probes_map_name(enum probes_map map);

enum probes_part { PROBES_PROGRAM, PROBES_LINK, PROBES_AGAIN, PROBES_AGAIN_LINK, PROBES_PARTS };

/* One hook of a set, as the next agent finds it. */
struct probes_about_hook {
	char name[HOOK_NAME_SIZE];
	char why[HOOK_WHY_SIZE];
	uint8_t required, optional, attached, parts; /* parts: bits 1 << enum probes_part */
	uint8_t pad[4];
};

/* Agents that agree on this can go on where another has stopped. */
struct probes_layout {
	uint32_t version; /* of the meaning of this struct, the pins and the protocol */
	uint32_t abi;     /* REC_ABI */
	uint32_t counts_bytes, progress_bytes, switch_bytes, reader_bytes;
};

/* Pinned beside a set, last of all: what it is. The layout never moves. */
struct probes_about {
	struct probes_layout layout;
	uint8_t hash[PROBES_HASH_SIZE]; /* see probes_identify */
	uint64_t number;                /* of the set: what the switch says when it records */
	uint32_t token;                 /* of this very set: random, not 0 */
	uint32_t cpus;
	uint32_t hooks, snapshot; /* how many; which of them is the task iterator */
	struct probes_about_hook hook[HOOKS_MAX];
};

struct probes_loader; /* what libbpf needs until all is attached; probes.c */

struct probes {
	struct probes_loader *loader; /* NULL: the set was found pinned */
	struct probes_about about;    /* names of hooks are here */
	bool damaged;                 /* found, but not all of its programs: it can only be read */
	struct probe_status status[HOOKS_MAX];
	uint64_t past_missed[HOOKS_MAX];    /* by the sets before */
	int parts[HOOKS_MAX][PROBES_PARTS]; /* -1: there is none */
	int maps[PROBES_MAPS];              /* descriptors of our own */
	uint64_t ring_bytes[REC_RING_SHIPPER];
	struct rec_counts *counts;
	struct rec_progress *progress;
	struct rec_reader *reader;
	struct rec_switch *control;
	uint64_t *marks;
	uint32_t marks_count;
};

struct probes *probes_new(void); /* all descriptors -1 */

void probes_fill_layout(struct probes_layout *ret_layout);

/* Maps what is shared memory; about.cpus is right. */
int probes_map_all(struct probes *probes, struct err *err);

/* status from about, and back. */
void probes_read_about(struct probes *probes);
void probes_write_about(struct probes *probes);

void probes_free_loader(struct probes_loader *loader);

#endif
