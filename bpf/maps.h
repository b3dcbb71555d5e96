/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Every map. The shipper sizes those that depend on the number of CPUs before load. */
#ifndef AUDITSHIP_MAPS_H
#define AUDITSHIP_MAPS_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "record.h"
#include "shared.h"

#define PATH_LIMIT 4096 /* the longest single read, but for the arguments */
#define ENV_WINDOW 2048 /* a power of two */

/* Where a path walk stands; kept in memory, because a global function takes only scalars on 5.10.
 */
struct walk {
	__u64 dentry;
	__u64 mount;
	__u64 mount_root;
	__u32 start; /* offset of the first byte written */
	__u32 done;
	__u32 detached; /* ended at a root that is in no mount tree */
	__u32 pad;
};

/* Where a scan of the environment stands. */
struct env_scan {
	__u64 at, end; /* addresses: of the next byte to look at, behind the last */
	__u32 starts;  /* at is the start of a variable */
	__u32 keeping; /* at is inside of one that is kept */
	__u32 cut;
	__u32 pad;
	char window[ENV_WINDOW + sizeof(__u64)]; /* a copy of what is at at, and padding */
};

/* Where the search for listed directories above a file stands, see filter.h. */
struct search {
	__u64 dentry;
	__u64 below; /* where it has come from, in the same file system */
	__u64 mount;
	__u64 crossed; /* the last mount that it has left; 0: none */
	__u64 super;
	__u32 below_length;  /* of that name */
	__u32 found, wanted; /* REC_FILTER_... */
	__u32 done;
	struct rec_filter_name key;
};

/* Where a walk over the threads of a process stands. */
struct thread_walk {
	__u64 node, head;
};

/*
 * An offset masked with REC_HEAD_SIZE - 1 plus the longest read stays inside. The shipper replaces
 * the room for the arguments by cfg_args_max bytes, so a host pays for what it configured.
 */
struct scratch {
	__u32 used; /* bytes of the record */
	__u32 read_failures;
	struct walk walk;
	struct thread_walk threads;
	struct env_scan env;
	struct search search;
	char bytes[REC_HEAD_SIZE + PATH_LIMIT + REC_ARGS_DEFAULT]; /* the record: struct, tail */
};

/*
 * A per-CPU map's value ends at 32 KiB, so this is a plain array: one per CPU, then one for the
 * iterator, of which one runs at a time, then, if the kernel needs it, one more per CPU for
 * programs that can be preempted. Sizes instead of types, because the size is not the type's.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct scratch));
} scratch SEC(".maps");

/* (ring * REC_CLASSES + class) * cpus + cpu */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_reader);
} reader SEC(".maps");

/* Events seen, by kind: bpftool map dump name event_count */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, REC_KINDS);
	__type(key, __u32);
	__type(value, __u64);
} event_count SEC(".maps");

/* As counts. Only agents use it: one goes on where the one before has come to. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_progress);
} progress SEC(".maps");

/* The two below are shared by all sets of programs, of one agent and of the next: generation.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_switch);
} generation SEC(".maps");

/* cpu * REC_KIND_ROOM + kind */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} marks SEC(".maps");

/* Which kind goes into which ring: ring_of in emit.h. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} vital SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} bulk SEC(".maps");

/* Kernels that call hooks with preemption enabled: calls between two programs, see hook.h. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH); /* what were forgotten there would fill another */
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} told SEC(".maps");

/* Kernels without group_dead in the exit tracepoint: processes whose end was told just now. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct rec_id);
	__type(value, __u8);
} ended SEC(".maps");

/* The same kernels call that tracepoint when the memory has gone, and the executable with it: what
 * processes ran, while a filter asks for it. */
struct ran {
	__u64 start_ns; /* of the process */
	__u64 inode;
	__u32 device;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct ran);
} executables SEC(".maps");

/* What filter.h goes by; these four are one for all sets of programs of one agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_filter);
} filter_settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, REC_FILTER_ENTRIES);
	__type(key, struct rec_filter_key);
	__type(value, __u32);
} filter_entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, REC_FILTER_NAMES_MAX);
	__type(key, struct rec_filter_name);
	__type(value, __u32);
} filter_names SEC(".maps");

/* One per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rec_left_out);
} left_out SEC(".maps");

#endif
