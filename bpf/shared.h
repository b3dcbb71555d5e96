/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What probes and shipper share through maps: the account of each ring, which set of probes
 * records, and what the probes leave out. Plain, naturally aligned structs, no functions. Included
 * by kernel side and user side. Some of it stays when an agent ends and is read by the next one,
 * maybe of another build, when the sizes are the same (struct probes_layout).
 */
#ifndef AUDITSHIP_SHARED_H
#define AUDITSHIP_SHARED_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* Room for reasons and kinds to come: agents of different builds read the same counters. */
#define REC_LOSS_ROOM 8
#define REC_KIND_ROOM 64

/* Shared with the probes through maps, one per ring x CPU x class. Written by the probes only. */
struct rec_counts {
	__u64 sequence; /* last number taken */
	__u64 lost[REC_LOSS_ROOM];
	__u64 wakeups;       /* forced on the reader */
	__u64 read_failures; /* memory a probe could not read */
	__u64 map_failures;  /* notes for later that found no room in a map */
	__u64 lost_kind[REC_KIND_ROOM];
};

/*
 * How far the reader of one ring, CPU and class has come, kept where the next agent finds it. No
 * probe looks at it. The state that half tells is whole at every moment: the other one is written
 * first.
 */
struct rec_progress_state {
	__u64 last;                /* last number that was journalled or told as lost */
	__u64 last_ns;             /* when a record of it arrived last */
	__u64 lost;                /* told */
	__u64 told[REC_LOSS_ROOM]; /* of what the probes counted */
};

struct rec_progress {
	__u64 half;
	__u64 journalled; /* found in the journal up to there, by an agent that began to read; only
			     grows */
	struct rec_progress_state state[2];
};

#define REC_GENERATION_NONE 0xffffffffffffffffULL /* no set of probes records */

/* One for all sets of probes of a host's agent: which one records, and until when. */
struct rec_switch {
	__u64 generation;
	__u64 until_ns; /* CLOCK_MONOTONIC; an agent that runs moves it on */
	__u64 reserved[6];
};

/* Shared with the probes: written by the reader, cleared by the producer that wakes it. */
struct rec_reader {
	__u32 asleep;
	__u32 pad;
};

/* One entry per environment variable name that is recorded: its first bytes under a mask. */
#define REC_ENV_NAMES 16
struct rec_env_prefix {
	__u64 bytes, mask;
};

/* Which opens are recorded. Notable: for writing, creations, refusals, reads of what is watched. */
enum rec_opens { REC_OPENS_NOTABLE = 0, REC_OPENS_ALL = 1 };

/* What a kernel filter goes by. */
enum rec_filter_by {
	REC_FILTER_NONE = 0,
	REC_FILTER_OWN = 1,  /* the agent's own process */
	REC_FILTER_MODE = 2, /* enum rec_opens */
	REC_FILTER_PID = 3,  /* from here on lists */
	REC_FILTER_USER = 4, /* the effective one */
	REC_FILTER_EXECUTABLE = 5,
	REC_FILTER_CGROUP = 6,
	REC_FILTER_PATH = 7,
	REC_FILTER_RULE = 8, /* a rule of the configuration that drops */
	REC_FILTERS = 9
};

/* What an entry is for. */
#define REC_FILTER_EXCLUDE 1
#define REC_FILTER_INCLUDE 2
#define REC_FILTER_READS 4  /* of paths: reads are notable */
#define REC_FILTER_NAMES 32 /* of directories: names below it are in the map of names */
#define REC_FILTER_WHAT (REC_FILTER_EXCLUDE | REC_FILTER_INCLUDE | REC_FILTER_READS)

/* Keys of the two maps of entries; the value is a __u32 of the bits above. */
struct rec_filter_key {
	__u64 number; /* pid, uid, inode or cgroup id */
	__u32 device; /* of the inode, as the kernel has it: major << 20 | minor */
	__u8 half;    /* which of rec_filter.sets it belongs to */
	__u8 by;      /* enum rec_filter_by */
	__u8 pad[2];
};

#define REC_FILTER_NAME_SIZE 256
struct rec_filter_name {
	struct rec_filter_key directory;
	char name[REC_FILTER_NAME_SIZE]; /* filled up with NUL */
};

/* Entries of both halves together. */
#define REC_FILTER_ENTRIES 4096
#define REC_FILTER_NAMES_MAX 512

/*
 * Events of these kinds by these effective users are dropped by a rule. Never fork, exec and exit,
 * which the process table needs.
 */
struct rec_filter_rule {
	__u32 kinds;       /* bits 1 << enum rec_kind; 0: there are no more */
	__u32 first, last; /* users, both included */
	__u32 slot;        /* which of rec_left_out.rules counts them */
};

/*
 * What there is to look up, so that what is not there costs nothing.
 * seen: bit number % 1024 for the inode number of each directory that has an entry.
 * lengths: bit length % 64 for each name.
 * magics: file systems of which every mount is meant, with the bits above.
 */
#define REC_FILTER_SEEN 16
#define REC_FILTER_MAGICS 8
#define REC_FILTER_RULES 32 /* a power of two */
struct rec_filter_set {
	__u32 opens;        /* enum rec_opens */
	__u32 excludes;     /* bits 1 << enum rec_filter_by: lists that exclude something */
	__u32 includes;     /* lists of which an entry must match */
	__u32 file_systems; /* REC_FILTER_WHAT of all magics */
	__u32 directories;  /* of all others for paths */
	__u32 magic_flags[REC_FILTER_MAGICS];
	__u32 pad;
	__u64 magics[REC_FILTER_MAGICS]; /* 0: none */
	__u64 lengths;
	__u64 seen[REC_FILTER_SEEN];
	struct rec_filter_rule rules[REC_FILTER_RULES]; /* of one kind and user: at most one */
	__u32 rule_kinds;                               /* kinds of all rules */
	__u32 pad_end;
};

/*
 * Shared with the probes: what they leave out. Written by the shipper, also while they run: it
 * fills the set that is not in force and its entries, and then half, by one store.
 */
struct rec_filter {
	__u32 agent_pid; /* 0: nobody's */
	__u32 half;
	struct rec_filter_set sets[2];
};

/* What a CPU has left out; written by the probes only. */
struct rec_left_out {
	__u64 by[REC_FILTERS];
	__u64 rules[2][REC_FILTER_RULES]; /* of REC_FILTER_RULE, by half and slot */
};

#endif
