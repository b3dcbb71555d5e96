/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Absolute paths by a walk of dentries and mounts, up to the root of the mount namespace (a chroot
 * does not hide what lies above it). bpf_d_path may not be called from tracepoints. As in d_path(),
 * but without rename_lock: a rename during the walk can show a mixture.
 */
#ifndef AUDITSHIP_PATH_H
#define AUDITSHIP_PATH_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "maps.h"
#include "record.h"

#define WALK_STEPS 32 /* per call; verified once */
#define WALK_CALLS 32 /* 1,024 names and mount crossings: then the way to the root is unknown */

static __always_inline void walk_enter_mount(struct walk *walk, struct mount *mount)
{
	walk->mount = (__u64)mount;
	walk->mount_root = (__u64)BPF_CORE_READ(mount, mnt.mnt_root);
}

/* The walk has come to the root of a mount: goes on from where it is mounted. */
static __always_inline void walk_cross_mount(struct walk *walk)
{
	struct mount *mount = (struct mount *)walk->mount;
	struct mount *parent = BPF_CORE_READ(mount, mnt_parent);

	if (parent == mount) {
		/* NULL or an error pointer: lazily unmounted, or the kernel's own */
		__u64 namespace = (__u64)BPF_CORE_READ(mount, mnt_ns);

		walk->detached = namespace == 0 || namespace > (__u64)-4096;
		walk->done = 1;
		return;
	}
	walk->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
	walk_enter_mount(walk, parent);
}

static __always_inline void walk_append_name(struct scratch *space, const unsigned char *name)
{
	__u32 at = space->used & (REC_HEAD_SIZE - 1);
	long length = bpf_probe_read_kernel_str(space->bytes + at, 256, name);

	if (length < 0) {
		space->read_failures++;
		space->walk.detached = 1;
		space->walk.done = 1;
		return;
	}
	space->used = at + (length & 511);
}

static __always_inline void walk_step(struct scratch *space)
{
	struct walk *walk = &space->walk;
	struct dentry *dentry = (struct dentry *)walk->dentry;
	struct dentry_link link = {};

	if (walk->dentry == walk->mount_root) {
		walk_cross_mount(walk);
		return;
	}
	if (space->used - walk->start > PATH_LIMIT) {
		walk->detached = 1;
		walk->done = 1;
		return;
	}
	read_dentry(dentry, &link);
	walk_append_name(space, link.name);
	if (link.parent == dentry) { /* a root of its own: memfd, pipe, a file system torn off */
		walk->detached = 1;
		walk->done = 1;
	}
	walk->dentry = (__u64)link.parent;
}

/* Goes up to WALK_STEPS steps on. Returns 1 when the walk is over. Verified once, on its own. */
__noinline int walk_some(__u32 slot)
{
	struct scratch *space = bpf_map_lookup_elem(&scratch, &slot);

	if (!space)
		return 1;
	for (int i = 0; i < WALK_STEPS; i++) {
		if (space->walk.done)
			return 1;
		walk_step(space);
	}
	return 0;
}

/*
 * Appends the path of (mount, dentry) to the record. *ret_path names it; full is unknown when the
 * walk did not end at the root of a mount namespace.
 */
static __always_inline void append_path(struct scratch *space, __u32 slot, const struct path *path,
					struct rec_string *ret_path)
{
	struct walk *walk = &space->walk;
	struct path start = {};

	bpf_core_read(&start, sizeof(start), path);
	walk->dentry = (__u64)start.dentry;
	walk_enter_mount(walk, (void *)start.mnt - bpf_core_field_offset(struct mount, mnt));
	walk->start = space->used;
	walk->done = 0;
	walk->detached = 0;
	for (int i = 0; i < WALK_CALLS; i++)
		if (walk_some(slot))
			break;
	if (space->used == walk->start && space->used < REC_HEAD_SIZE)
		space->bytes[space->used++] = '\0'; /* the root itself */
	ret_path->offset = walk->start;
	ret_path->length = space->used - walk->start;
	ret_path->full = walk->done && !walk->detached ? ret_path->length : REC_FULL_UNKNOWN;
}

/* Appends a kernel string of at most PATH_LIMIT bytes, without its terminator. */
static __always_inline void append_kernel_string(struct scratch *space, const char *string,
						 struct rec_string *ret_string)
{
	__u32 at = space->used & (REC_HEAD_SIZE - 1);
	long size = bpf_probe_read_kernel_str(space->bytes + at, PATH_LIMIT, string);

	if (size <= 0) {
		space->read_failures++;
		ret_string->full = REC_FULL_UNKNOWN;
		return;
	}
	ret_string->offset = at;
	ret_string->length = (size - 1) & (2 * PATH_LIMIT - 1);
	ret_string->full = ret_string->length;
	space->used = at + ret_string->length;
}

#endif
