/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The only place that knows kernel versions. */
#ifndef AUDITSHIP_COMPAT_H
#define AUDITSHIP_COMPAT_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "record.h"

/* Values of macros and enums that BTF may not carry; unchanged since before 5.10. */
#define PF_KTHREAD 0x00200000
#define PF_EXITING 0x00000004
#define PF_IO_WORKER 0x00000010 /* since 5.12: a thread of the process that io_uring works for */
#define PF_DUMPCORE 0x00000200
#define SIGNAL_GROUP_EXIT 0x00000004
#define S_ISUID 0004000
#define S_ISGID 0002000
#define TMPFS_MAGIC 0x01021994
#define MINOR_BITS 20
#define AT_FDCWD (-100)
#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000
#define RESOLVE_IN_ROOT 0x10

/* Errors and flags of open(2), the same numbers on x86_64, arm64 and their 32-bit calls. */
#define EPERM 1
#define EINTR 4
#define EAGAIN 11
#define EACCES 13
#define EEXIST 17
#define EXDEV 18
#define ETXTBSY 26
#define EROFS 30
#define ENOSYS 38
#define ELOOP 40
#define O_ACCMODE 00000003
#define O_RDONLY 00000000
#define O_WRONLY 00000001
#define O_CREAT 00000100
#define O_TRUNC 00001000
#define O_NONBLOCK 00004000
#define O_PATH 010000000
#define O_TMPFILE_BIT 020000000 /* O_TMPFILE without O_DIRECTORY, whose number differs */

/* Since 6.10; used where the kernel calls hooks with preemption enabled, see hook.h. */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* Since 6.2: an address read from memory becomes a pointer that may be looked through. */
extern void *bpf_rdonly_cast(const void *address, __u32 type_id) __ksym __weak;

/*
 * PEEK(cast, struct inode, address, i_ino): a load of some nanoseconds where cast is a true
 * constant, else a helper call of some 30. Only programs that are loaded on kernels with that
 * function may say true: older ones refuse the call even in code that is never reached.
 */
#define PEEK(cast, type, address, member)                                                   \
	((cast) ? ((type *)bpf_rdonly_cast(address, bpf_core_type_id_kernel(type)))->member \
		: BPF_CORE_READ((type *)(address), member))

/*
 * The task that made a system call. Linux 5.10 has no helper that gives it in a form that may be
 * looked into, only its address. So whatever can be reached from there, by a hook of system calls,
 * is read by LOAD: a plain load where the kernel knows the type, a helper on 5.10. The verifier
 * removes the other branch.
 */
static __always_inline bool has_typed_task(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

static __always_inline struct task_struct *calling_task(void)
{
	return has_typed_task() ? bpf_get_current_task_btf()
				: (struct task_struct *)bpf_get_current_task();
}

/* LOAD(task, signal, tty) is task->signal->tty */
#define LOAD(pointer, members...) \
	(has_typed_task() ? ___arrow(pointer, members) : BPF_CORE_READ(pointer, members))

/* CONFIG_AUDIT: without it, or where a vendor moved the fields, the ids are unset. */
struct task_struct___audit {
	kuid_t loginuid;
	unsigned int sessionid;
} __attribute__((preserve_access_index));

static __always_inline void read_audit_ids(struct task_struct *task, struct rec_creds *creds)
{
	struct task_struct___audit *audit = (void *)task;

	creds->login_uid = REC_ID_UNSET;
	creds->audit_session = REC_ID_UNSET;
	if (bpf_core_field_exists(audit->loginuid))
		creds->login_uid = LOAD(audit, loginuid.val);
	if (bpf_core_field_exists(audit->sessionid))
		creds->audit_session = LOAD(audit, sessionid);
}

/*
 * The five sets stand together in struct cred since 4.3, in the order of rec_creds. kernel_cap_t
 * was an array of two __u32 before 6.3 and is one __u64 since; both read as eight bytes.
 */
static __always_inline void read_capabilities(const struct cred *cred, struct rec_creds *creds)
{
	const __u64 *sets = (const __u64 *)&cred->cap_inheritable;

	if (!has_typed_task()) {
		bpf_core_read(&creds->cap_inheritable, 5 * sizeof(*sets), sets);
		return;
	}
	creds->cap_inheritable = sets[0];
	creds->cap_permitted = sets[1];
	creds->cap_effective = sets[2];
	creds->cap_bounding = sets[3];
	creds->cap_ambient = sets[4];
}

/* CONFIG_TIME_NS; the member is there since 5.6. */
static __always_inline __u32 read_time_namespace(struct nsproxy *proxy)
{
	if (!bpf_core_field_exists(proxy->time_ns))
		return 0;
	return LOAD(proxy, time_ns, ns.inum);
}

/* Controllers are numbered by what a kernel is configured with. */
enum cgroup_subsys_id___known {
	pids_cgrp_id___known = 1,
	memory_cgrp_id___known = 2,
};
#define CONTROLLER_EXISTS(name) \
	bpf_core_enum_value_exists(enum cgroup_subsys_id___known, name##___known)
#define CONTROLLER(name) bpf_core_enum_value(enum cgroup_subsys_id___known, name##___known)

/* The cgroup of a controller that is on a v1 hierarchy; one that is mounted nowhere is on v2, whose
 * number is 0. */
static __always_inline struct cgroup *read_v1_controller(struct css_set *set, __u32 index)
{
	struct cgroup_subsys_state *state = NULL;
	struct cgroup *cgroup;

	if (has_typed_task())
		state = set->subsys[index];
	else
		bpf_probe_read_kernel(&state, sizeof(state),
				      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
					      index * sizeof(void *));
	cgroup = LOAD(state, cgroup);
	return LOAD(cgroup, root, hierarchy_id) != 0 ? cgroup : NULL;
}

/* The cgroup of a v1 hierarchy that container runtimes make use of, or NULL. */
static __always_inline struct cgroup *read_v1_cgroup(struct css_set *set)
{
	struct cgroup *cgroup = NULL;

	if (CONTROLLER_EXISTS(pids_cgrp_id))
		cgroup = read_v1_controller(set, CONTROLLER(pids_cgrp_id));
	if (!cgroup && CONTROLLER_EXISTS(memory_cgrp_id))
		cgroup = read_v1_controller(set, CONTROLLER(memory_cgrp_id));
	return cgroup;
}

/* Whether a task may be said to be in a cgroup of that hierarchy. */
static __always_inline bool is_told_hierarchy(struct cgroup_root *root)
{
	__u32 told = 0;

	if (CONTROLLER_EXISTS(pids_cgrp_id))
		told |= 1U << CONTROLLER(pids_cgrp_id);
	if (CONTROLLER_EXISTS(memory_cgrp_id))
		told |= 1U << CONTROLLER(memory_cgrp_id);
	return root->hierarchy_id == 0 || (root->subsys_mask & told);
}

/* In this order in every struct dentry, with the hash and length of the name between them. */
struct dentry_link {
	struct dentry *parent;
	__u64 hash_length;
	const unsigned char *name;
};

/* One read instead of two, but where a kernel's structs were shuffled (RANDSTRUCT). */
static __always_inline void read_dentry(struct dentry *dentry, struct dentry_link *link)
{
	const __u32 parent_at = bpf_core_field_offset(struct dentry, d_parent);
	const __u32 name_at = bpf_core_field_offset(struct dentry, d_name.name);

	if (name_at - parent_at == offsetof(struct dentry_link, name)) {
		bpf_probe_read_kernel(link, sizeof(*link), (void *)dentry + parent_at);
		return;
	}
	link->parent = BPF_CORE_READ(dentry, d_parent);
	link->name = BPF_CORE_READ(dentry, d_name.name);
}

/* Renamed to __parent in 6.15. */
struct kernfs_node___old {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___new {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___old *old = (void *)node;
	struct kernfs_node___new *new = (void *)node;

	if (bpf_core_field_exists(old->parent))
		return BPF_CORE_READ(old, parent);
	return BPF_CORE_READ(new, __parent);
}

#endif
