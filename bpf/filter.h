/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What is left out before it gets a number. All of it stands in maps, which the shipper changes
 * while the probes run: every entry belongs to one of two halves, and one event looks at one half
 * only. What costs least is asked first, and a list that has no entries costs nothing.
 *
 * A process is left out whole; of its life the process table must still know, so fork, exec and
 * exit are marked only (REC_FLAG_EXCLUDED).
 */
#ifndef AUDITSHIP_FILTER_H
#define AUDITSHIP_FILTER_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "emit.h"
#include "filter_rules.h"
#include "maps.h"
#include "record.h"
#include "shared.h"

#define LIST(by) (1U << (by))
#define PROCESS_LISTS                                                                 \
	(LIST(REC_FILTER_PID) | LIST(REC_FILTER_USER) | LIST(REC_FILTER_EXECUTABLE) | \
	 LIST(REC_FILTER_CGROUP))
#define CGROUP_LEVELS 32
#define SEARCH_STEPS 16 /* per call; verified once */
#define SEARCH_CALLS 64

static __always_inline struct rec_filter *filter_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&filter_settings, &zero);
}

/* Read once per event: what follows must all be of one half. */
static __always_inline __u32 filter_half(const struct rec_filter *filter)
{
	return *(volatile const __u32 *)&filter->half & 1;
}

/* What leaves an event out is an enum rec_filter_by; of a rule, half and slot stand above it. */
#define BY_BITS 8
#define SLOT_SHIFT 16

static __always_inline void count_left_out(__u32 left_out_by)
{
	__u32 cpu = bpf_get_smp_processor_id(), by = left_out_by & ((1 << BY_BITS) - 1);
	struct rec_left_out *own = bpf_map_lookup_elem(&left_out, &cpu);
	__u64 half = left_out_by >> BY_BITS & 1;
	__u64 slot = left_out_by >> SLOT_SHIFT;

	if (!own || by >= REC_FILTERS)
		return;
	__sync_fetch_and_add(&own->by[by], 1); /* one class of programs can preempt another */
	barrier_var(slot);
	slot &= REC_FILTER_RULES - 1;
	if (by == REC_FILTER_RULE)
		__sync_fetch_and_add(&own->rules[half][slot], 1);
}

/* Verified once, on its own. */
__noinline __u32 rule_of(__u32 half, __u32 kind, __u32 user)
{
	struct rec_filter *filter = filter_get();
	__u32 slot;

	if (!filter)
		return REC_FILTER_NONE;
	half &= 1;
	slot = filter_rules_find(&filter->sets[half], kind, user);
	if (slot >= REC_FILTER_RULES)
		return REC_FILTER_NONE;
	return REC_FILTER_RULE | half << BY_BITS | slot << SLOT_SHIFT;
}

/* The rule of the configuration that drops events of that kind by this task. */
static __always_inline __u32 filter_rule(const struct rec_filter_set *set, __u32 half, __u32 kind,
					 struct task_struct *task)
{
	if (!(set->rule_kinds >> kind & 1))
		return REC_FILTER_NONE;
	return rule_of(half, kind, LOAD(task, real_cred, euid.val));
}

static __always_inline __u32 filter_entry(__u32 half, __u32 by, __u32 device, __u64 number)
{
	struct rec_filter_key key = {.number = number, .device = device, .half = half, .by = by};
	__u32 *flags = bpf_map_lookup_elem(&filter_entries, &key);

	return flags ? *flags : 0;
}

/* The exclusion wins. */
static __always_inline bool filter_refuses(const struct rec_filter_set *set, __u32 by, __u32 flags)
{
	if (flags & REC_FILTER_EXCLUDE)
		return true;
	return (set->includes & LIST(by)) && !(flags & REC_FILTER_INCLUDE);
}

/* What it ran may be unknown: then it is recorded. */
static __always_inline __u32 flags_of_ended(struct task_struct *task, __u32 half)
{
	__u32 pid = LOAD(task, tgid);
	struct ran *ran = bpf_map_lookup_elem(&executables, &pid);

	if (!ran || ran->start_ns != LOAD(task, group_leader, start_boottime))
		return REC_FILTER_INCLUDE;
	return filter_entry(half, REC_FILTER_EXECUTABLE, ran->device, ran->inode);
}

static __always_inline __u32 executable_flags(struct task_struct *task, __u32 half)
{
	struct mm_struct *mm = LOAD(task, mm);
	struct inode *inode;

	if (cfg_exit_without_memory && !mm && (LOAD(task, flags) & PF_EXITING))
		return flags_of_ended(task, half);
	inode = LOAD(mm, exe_file, f_inode);
	return filter_entry(half, REC_FILTER_EXECUTABLE, LOAD(inode, i_sb, s_dev),
			    LOAD(inode, i_ino));
}

/* Of the cgroup, a kernfs node, and of all above it. Verified once, on its own. */
__noinline __u32 cgroup_flags(__u64 cgroup, __u32 half)
{
	struct kernfs_node *node = (struct kernfs_node *)cgroup;
	__u32 flags = 0;

	for (int i = 0; i < CGROUP_LEVELS && node; i++) {
		flags |= filter_entry(half, REC_FILTER_CGROUP, 0, BPF_CORE_READ(node, id));
		node = kernfs_parent(node);
	}
	return flags;
}

/* The address is read as a number: a typed pointer may not be passed on. */
static __always_inline __u32 flags_of_cgroup(struct task_struct *task, __u32 half)
{
	return cgroup_flags((__u64)BPF_CORE_READ(task, cgroups, dfl_cgrp, kn), half);
}

/* Which list leaves the process out, REC_FILTER_NONE: none. */
static __noinline __u32 filter_lists(struct task_struct *task, __u32 half)
{
	struct rec_filter *filter = filter_get();
	const struct rec_filter_set *set;
	__u32 lists;

	if (!filter)
		return REC_FILTER_NONE;
	half &= 1;
	set = &filter->sets[half];
	lists = set->excludes | set->includes;
	if (!(lists & PROCESS_LISTS))
		return REC_FILTER_NONE;
	if ((lists & LIST(REC_FILTER_PID)) &&
	    filter_refuses(set, REC_FILTER_PID,
			   filter_entry(half, REC_FILTER_PID, 0, LOAD(task, tgid))))
		return REC_FILTER_PID;
	if ((lists & LIST(REC_FILTER_USER)) &&
	    filter_refuses(set, REC_FILTER_USER,
			   filter_entry(half, REC_FILTER_USER, 0, LOAD(task, real_cred, euid.val))))
		return REC_FILTER_USER;
	if ((lists & LIST(REC_FILTER_EXECUTABLE)) &&
	    filter_refuses(set, REC_FILTER_EXECUTABLE, executable_flags(task, half)))
		return REC_FILTER_EXECUTABLE;
	if ((lists & LIST(REC_FILTER_CGROUP)) &&
	    filter_refuses(set, REC_FILTER_CGROUP, flags_of_cgroup(task, half)))
		return REC_FILTER_CGROUP;
	return REC_FILTER_NONE;
}

/*
 * The agent has gone, and another process may have its number soon. Its own end is an event like
 * any other: somebody may have killed it.
 */
static __always_inline void filter_forget_agent(struct task_struct *task)
{
	struct rec_filter *filter = filter_get();

	if (filter && (__u32)task->tgid == filter->agent_pid)
		filter->agent_pid = 0;
}

/* What leaves the process out, REC_FILTER_NONE: nothing. */
static __always_inline __u32 filter_process(struct task_struct *task)
{
	struct rec_filter *filter = filter_get();

	if (!filter)
		return REC_FILTER_NONE;
	if ((__u32)LOAD(task, tgid) == filter->agent_pid)
		return REC_FILTER_OWN;
	return filter_lists(task, filter_half(filter));
}

/* The same for an event that the process table does not need: rules can drop it, too. */
static __always_inline __u32 filter_event(struct task_struct *task, __u32 kind)
{
	struct rec_filter *filter = filter_get();
	__u32 half, by;

	if (!filter)
		return REC_FILTER_NONE;
	if ((__u32)LOAD(task, tgid) == filter->agent_pid)
		return REC_FILTER_OWN;
	half = filter_half(filter);
	by = filter_rule(&filter->sets[half], half, kind, task);
	return by != REC_FILTER_NONE ? by : filter_lists(task, half);
}

/* What a step of the search needs of a dentry. */
struct links {
	struct dentry *parent;
	struct inode *inode;
	struct super_block *super;
	__u32 length; /* of its name */
};

#define LINKS_SIZE 128
#define LINK(member, type) *(type *)(bytes + (bpf_core_field_offset(struct dentry, member) - first))

/* Reads are what a search costs, and these members stand together: one read gets them all. */
static __always_inline void read_links(struct dentry *dentry, struct links *links, bool cast)
{
	const __u32 first = bpf_core_field_offset(struct dentry, d_parent);
	const __u32 last = bpf_core_field_offset(struct dentry, d_sb);
	char bytes[LINKS_SIZE] = {};

	if (cast) {
		links->parent = PEEK(true, struct dentry, dentry, d_parent);
		links->inode = PEEK(true, struct dentry, dentry, d_inode);
		links->super = PEEK(true, struct dentry, dentry, d_sb);
		links->length = PEEK(true, struct dentry, dentry, d_name.len);
		return;
	}
	if (last <= first || last - first > LINKS_SIZE - sizeof(__u64) ||
	    bpf_core_field_offset(struct dentry, d_inode) - first > LINKS_SIZE - sizeof(__u64) ||
	    bpf_core_field_offset(struct dentry, d_name.len) - first > LINKS_SIZE - sizeof(__u64)) {
		links->parent = BPF_CORE_READ(dentry, d_parent);
		links->inode = BPF_CORE_READ(dentry, d_inode);
		links->super = BPF_CORE_READ(dentry, d_sb);
		links->length = BPF_CORE_READ(dentry, d_name.len);
		return;
	}
	bpf_probe_read_kernel(bytes, last - first + sizeof(__u64), (void *)dentry + first);
	links->parent = LINK(d_parent, struct dentry *);
	links->inode = LINK(d_inode, struct inode *);
	links->super = LINK(d_sb, struct super_block *);
	links->length = LINK(d_name.len, __u32);
}

static __always_inline __u32 magic_flags(const struct rec_filter_set *set, __u64 magic)
{
	__u32 flags = 0;

	for (int i = 0; i < REC_FILTER_MAGICS; i++) {
		if (set->magics[i] == magic)
			flags |= set->magic_flags[i];
	}
	return flags;
}

/*
 * Every user can mount in a user namespace of his own, and would hide whatever he mounts below a
 * directory that is excluded. So what is found behind a mount excludes only where root made it.
 */
static __always_inline void search_find(struct search *search, __u32 flags)
{
	struct mount *crossed = (struct mount *)search->crossed;
	struct user_namespace *owner;

	flags &= search->wanted;
	if (crossed && (flags & REC_FILTER_EXCLUDE)) {
		owner = BPF_CORE_READ(crossed, mnt_ns, user_ns);
		if (!owner || BPF_CORE_READ(owner, level) > 0) {
			flags &= ~REC_FILTER_EXCLUDE;
			search->wanted &= ~REC_FILTER_EXCLUDE;
		}
	}
	search->found |= flags;
}

/* At fork and exec. */
static __always_inline void filter_remember(struct task_struct *task)
{
	struct rec_filter *filter = filter_get();
	struct ran ran = {.start_ns = LOAD(task, group_leader, start_boottime)};
	const struct rec_filter_set *set;
	__u32 pid = LOAD(task, tgid);
	struct inode *inode;

	if (!cfg_exit_without_memory || !filter)
		return;
	set = &filter->sets[filter_half(filter)];
	if (!((set->excludes | set->includes) & LIST(REC_FILTER_EXECUTABLE)))
		return;
	inode = LOAD(task, mm, exe_file, f_inode);
	ran.inode = LOAD(inode, i_ino);
	ran.device = LOAD(inode, i_sb, s_dev);
	bpf_map_update_elem(&executables, &pid, &ran, BPF_ANY);
}

/* At the end of a process. */
static __always_inline void filter_forget(struct task_struct *task)
{
	__u32 pid = LOAD(task, tgid);

	if (cfg_exit_without_memory)
		bpf_map_delete_elem(&executables, &pid);
}

/*
 * The search goes up from a file to the root of its file system, whatever part of that is mounted,
 * and on from where it is mounted: so a directory is found above a file however the file was
 * reached, by a bind mount too, and above what is mounted in it.
 */
static __always_inline void search_cross_mount(struct search *search, bool cast)
{
	struct mount *mount = (struct mount *)search->mount;
	struct mount *parent = PEEK(cast, struct mount, mount, mnt_parent);

	if (parent == mount) {
		search->done = 1;
		return;
	}
	search->crossed = search->mount;
	search->dentry = (__u64)PEEK(cast, struct mount, mount, mnt_mountpoint);
	search->mount = (__u64)parent;
	search->below = 0;
}

/* An entry of the directory that the search is at names what it has come from. */
static __always_inline __u32 name_flags(struct search *search, const struct rec_filter_set *set)
{
	struct dentry *dentry = (struct dentry *)search->below;
	const unsigned char *name;
	__u32 *flags;

	if (!dentry || !(set->lengths >> (search->below_length & 63) & 1))
		return 0;
	name = BPF_CORE_READ(dentry, d_name.name);
	__builtin_memset(search->key.name, 0, sizeof(search->key.name));
	if (bpf_probe_read_kernel_str(search->key.name, sizeof(search->key.name), name) < 0)
		return 0;
	flags = bpf_map_lookup_elem(&filter_names, &search->key);
	return flags ? *flags : 0;
}

static __always_inline void search_look(struct search *search, const struct rec_filter_set *set,
					const struct links *links, bool cast)
{
	struct super_block *super = links->super;
	struct inode *inode = links->inode;
	__u64 number = PEEK(cast, struct inode, inode, i_ino);
	struct rec_filter_key *key = &search->key.directory;
	__u32 flags;

	if (!(set->seen[number / 64 % REC_FILTER_SEEN] >> (number & 63) & 1))
		return;
	key->number = number;
	key->device = BPF_CORE_READ(super, s_dev);
	flags = filter_entry(key->half, REC_FILTER_PATH, key->device, number);
	if (flags & REC_FILTER_NAMES)
		flags |= name_flags(search, set);
	search_find(search, flags);
}

static __always_inline void search_step(struct search *search, const struct rec_filter_set *set,
					bool cast)
{
	struct dentry *dentry = (struct dentry *)search->dentry;
	bool names = set->directories & search->wanted;
	struct super_block *super;
	struct links links;

	read_links(dentry, &links, cast);
	super = links.super;
	if (search->super != (__u64)super && (set->file_systems & search->wanted))
		search_find(search, magic_flags(set, BPF_CORE_READ(super, s_magic)));
	search->super = (__u64)super;
	if (names)
		search_look(search, set, &links, cast);
	if (!names || links.parent == dentry) {
		search_cross_mount(search, cast);
		return;
	}
	search->below = search->dentry;
	search->below_length = links.length;
	search->dentry = (__u64)links.parent;
}

/* Goes up to SEARCH_STEPS steps on. Returns 1 when the search is over. */
static __always_inline int search_steps(__u32 slot, bool cast)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);
	struct rec_filter *filter = filter_get();

	if (!space || !filter)
		return 1;
	for (int i = 0; i < SEARCH_STEPS; i++) {
		struct search *search = &space->search;

		if (search->done || !(search->wanted & ~search->found) ||
		    (search->found & REC_FILTER_EXCLUDE))
			return 1;
		search_step(search, &filter->sets[search->key.directory.half & 1], cast);
	}
	return 0;
}

/* Both are verified once, on their own. */
__noinline int search_some(__u32 slot)
{
	return search_steps(slot, false);
}

__noinline int search_some_cast(__u32 slot)
{
	return search_steps(slot, true);
}

/* How to search; a constant. */
#define SEARCH_CAST 1      /* see PEEK */
#define SEARCH_PREEMPTED 2 /* of a program of that class */

/* Which of the bits wanted the listed paths have that the file is, or is below. */
static __always_inline __u32 search_path(__u32 half, struct file *file, __u32 wanted, __u32 how)
{
	__u32 slot = scratch_slot(how & SEARCH_PREEMPTED ? REC_CLASS_PREEMPTED : REC_CLASS_TASK);
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);
	struct search *search;
	struct path path = {};

	if (!space || !wanted)
		return 0;
	search = &space->search;
	bpf_core_read(&path, sizeof(path), &file->f_path);
	search->dentry = (__u64)path.dentry;
	search->below = 0;
	search->mount = (__u64)path.mnt - bpf_core_field_offset(struct mount, mnt);
	search->crossed = 0;
	search->super = 0;
	search->found = 0;
	search->wanted = wanted;
	search->done = 0;
	search->key.directory.half = half;
	search->key.directory.by = REC_FILTER_PATH;
	for (int i = 0; i < SEARCH_CALLS; i++) {
		if (how & SEARCH_CAST ? search_some_cast(slot) : search_some(slot))
			break;
	}
	return search->found;
}

/*
 * Errors that mean that somebody was kept from what he asked for: no permission, a read-only file
 * system, a running program, or a way that O_NOFOLLOW or openat2 forbids. A name that is not there
 * is none of these.
 */
static __always_inline bool is_refusal(__u32 error)
{
	switch (error) {
	case EPERM:
	case EACCES:
	case ETXTBSY:
	case EXDEV:
	case EROFS:
	case ELOOP:
		return true;
	default:
		return false;
	}
}

static __always_inline bool open_is_notable(__u16 kind, __u32 error)
{
	if (kind == REC_OPEN_WRITE || kind == REC_FILE_CREATE)
		return true;
	return kind == REC_OPEN_FAILED && is_refusal(error);
}

/*
 * By its path; file is not NULL. Most opens are reads that are not notable, and of those nothing
 * else matters: so that is searched for alone.
 */
static __always_inline __u32 filter_path(const struct rec_filter_set *set, __u32 half,
					 struct file *file, bool notable, __u32 how)
{
	__u32 all = set->directories | set->file_systems, found;

	if (!notable && !(search_path(half, file, all & REC_FILTER_READS, how) & REC_FILTER_READS))
		return REC_FILTER_MODE;
	found = search_path(half, file, all & ~REC_FILTER_READS, how);
	return filter_refuses(set, REC_FILTER_PATH, found) ? REC_FILTER_PATH : REC_FILTER_NONE;
}

/*
 * What leaves an open out, REC_FILTER_NONE: nothing. kind: how it turned out; error: 0 unless it
 * failed; file: NULL when it failed, or when another thread has closed it already; how: SEARCH_...
 * Where there is no file nothing can be said of its path, and what a path would decide is recorded.
 */
static __always_inline __u32 filter_open(struct task_struct *task, __u16 kind, __u32 error,
					 struct file *file, __u32 how)
{
	struct rec_filter *filter = filter_get();
	const struct rec_filter_set *set;
	__u32 half, by;
	bool notable;

	if (!filter)
		return REC_FILTER_NONE;
	if ((__u32)LOAD(task, tgid) == filter->agent_pid)
		return REC_FILTER_OWN;
	half = filter_half(filter);
	set = &filter->sets[half];
	notable = set->opens == REC_OPENS_ALL || open_is_notable(kind, error);
	if (!notable &&
	    (kind != REC_OPEN_READ || !((set->directories | set->file_systems) & REC_FILTER_READS)))
		return REC_FILTER_MODE;
	by = filter_rule(set, half, kind, task);
	if (by == REC_FILTER_NONE)
		by = filter_lists(task, half);
	if (by != REC_FILTER_NONE || !file)
		return by;
	return filter_path(set, half, file, notable, how);
}

#endif
