/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What every process event says of a task. */
#ifndef AUDITSHIP_TASK_H
#define AUDITSHIP_TASK_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "compat.h"
#include "record.h"

/*
 * Number and namespace of a struct pid in the deepest namespace it lives in. The verifier allows
 * plain loads at constant offsets only: of the first number, which outside of containers is all.
 */
static __always_inline void fill_ns_pid(struct pid *pid, struct rec_id *id)
{
	struct upid deepest = {};
	__u32 level = LOAD(pid, level);
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);

	if (level == 0) {
		id->ns_pid = LOAD(pid, numbers[0].nr);
		id->pid_ns = LOAD(pid, numbers[0].ns, ns.inum);
		return;
	}
	bpf_probe_read_kernel(&deepest, sizeof(deepest),
			      numbers + level * bpf_core_type_size(struct upid));
	id->ns_pid = deepest.nr;
	id->pid_ns = BPF_CORE_READ(deepest.ns, ns.inum);
}

static __always_inline void fill_id(struct task_struct *leader, struct rec_id *id)
{
	id->pid = LOAD(leader, tgid);
	id->start_ns = LOAD(leader, start_boottime);
	fill_ns_pid(LOAD(leader, thread_pid), id);
}

static __always_inline void fill_creds(struct task_struct *task, struct rec_creds *creds)
{
	const struct cred *cred = LOAD(task, real_cred);

	creds->uid = LOAD(cred, uid.val);
	creds->gid = LOAD(cred, gid.val);
	creds->euid = LOAD(cred, euid.val);
	creds->egid = LOAD(cred, egid.val);
	creds->suid = LOAD(cred, suid.val);
	creds->sgid = LOAD(cred, sgid.val);
	creds->fsuid = LOAD(cred, fsuid.val);
	creds->fsgid = LOAD(cred, fsgid.val);
	read_audit_ids(task, creds);
	read_capabilities(cred, creds);
}

static __always_inline void fill_namespaces(struct task_struct *task, struct rec_namespaces *ns)
{
	struct nsproxy *proxy = LOAD(task, nsproxy);

	ns->user = LOAD(task, real_cred, user_ns, ns.inum);
	if (!proxy)
		return;
	ns->cgroup = LOAD(proxy, cgroup_ns, ns.inum);
	ns->ipc = LOAD(proxy, ipc_ns, ns.inum);
	ns->mnt = LOAD(proxy, mnt_ns, ns.inum);
	ns->net = LOAD(proxy, net_ns, ns.inum);
	ns->uts = LOAD(proxy, uts_ns, ns.inum);
	ns->time = read_time_namespace(proxy);
}

/* Namespaces alone do not tell whose files a process sees: there are pivot_root and chroot. */
static __always_inline void fill_root(struct task_struct *task, struct rec_task *record)
{
	struct fs_struct *fs = LOAD(task, fs);
	struct mount *mount;

	if (!fs)
		return;
	mount = (void *)BPF_CORE_READ(fs, root.mnt) - bpf_core_field_offset(struct mount, mnt);
	record->ns.root_mount = (__u32)BPF_CORE_READ(mount, mnt_id);
	/* Two file systems may have the same inode number, so the entry itself stands for the
	 * directory; read, since the verifier lets nobody compute with a pointer. */
	record->root_directory =
		(__u32)(((__u64)BPF_CORE_READ(fs, root.dentry) >> 6) * 2654435761U);
}

/*
 * When the process started whose number a struct pid is; 0: it has ended. Its task is unlinked from
 * there when it is released, and freed a grace period of RCU later.
 */
static __always_inline __u64 leader_start(struct pid *pid)
{
	const __u32 link_at = bpf_core_field_offset(struct task_struct, pid_links) +
			      PIDTYPE_TGID * bpf_core_type_size(struct hlist_node);
	const __u32 start_at = bpf_core_field_offset(struct task_struct, start_boottime);
	void *link = LOAD(pid, tasks[PIDTYPE_TGID].first);
	__u64 start_ns = 0;

	if (link)
		bpf_probe_read_kernel(&start_ns, sizeof(start_ns), link - link_at + start_at);
	return start_ns;
}

/* Threads of the kernel and processes that never left init's session have number 0. */
static __always_inline void fill_leader(struct pid *pid, struct rec_id *id)
{
	id->pid = LOAD(pid, numbers[0].nr);
	if (!id->pid)
		return;
	id->start_ns = leader_start(pid);
	fill_ns_pid(pid, id);
}

/* Most often a process leads its group, or the session's leader does. */
static __always_inline void fill_leaders(struct signal_struct *signal, struct rec_task *record)
{
	struct pid *leader = LOAD(signal, pids[PIDTYPE_PGID]);
	__u32 group = LOAD(leader, numbers[0].nr);

	fill_leader(LOAD(signal, pids[PIDTYPE_SID]), &record->session);
	if (group == record->session.pid)
		record->group = record->session;
	else if (group == record->id.pid)
		record->group = record->id;
	else
		fill_leader(leader, &record->group);
}

static __always_inline __u32 tty_device(struct signal_struct *signal)
{
	struct tty_struct *tty = LOAD(signal, tty);

	if (!tty)
		return 0;
	return (__u32)LOAD(tty, driver, major) << MINOR_BITS |
	       ((__u32)(LOAD(tty, driver, minor_start) + LOAD(tty, index)) &
		((1 << MINOR_BITS) - 1));
}

static __always_inline void fill_comm(struct task_struct *task, struct rec_task *record)
{
	if (!has_typed_task()) {
		bpf_core_read(&record->comm, sizeof(record->comm), &task->comm);
		return;
	}
	((__u64 *)record->comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)record->comm)[1] = ((const __u64 *)task->comm)[1];
}

static __always_inline void fill_cgroups(struct css_set *set, struct rec_task *record)
{
	struct cgroup *v1 = read_v1_cgroup(set);

	record->cgroup_id = LOAD(set, dfl_cgrp, kn, id);
	if (!v1)
		return;
	record->cgroup_v1_id = LOAD(v1, kn, id);
	record->cgroup_v1_hierarchy = LOAD(v1, root, hierarchy_id);
}

/* task is the thread that acts; its leader stands for the process. */
static __always_inline void fill_task(struct task_struct *task, struct rec_task *record)
{
	struct task_struct *leader = LOAD(task, group_leader);

	fill_id(leader, &record->id);
	fill_id(LOAD(leader, real_parent, group_leader), &record->parent);
	fill_creds(task, &record->creds);
	fill_namespaces(task, &record->ns);
	fill_root(task, record);
	fill_leaders(LOAD(task, signal), record);
	fill_cgroups(LOAD(task, cgroups), record);
	record->tid = LOAD(task, pid);
	record->tty = tty_device(LOAD(task, signal));
	record->exec_id = LOAD(task, self_exec_id);
	record->kernel_thread = !!(LOAD(task, flags) & PF_KTHREAD);
	fill_comm(task, record);
}

#endif
