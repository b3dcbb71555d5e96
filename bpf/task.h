/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What every process event says of a task. Plain loads from BTF pointers; helpers where need be. */
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
	__u32 level = pid->level;
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);

	if (level == 0) {
		id->ns_pid = pid->numbers[0].nr;
		id->pid_ns = pid->numbers[0].ns->ns.inum;
		return;
	}
	bpf_probe_read_kernel(&deepest, sizeof(deepest),
			      numbers + level * bpf_core_type_size(struct upid));
	id->ns_pid = deepest.nr;
	id->pid_ns = BPF_CORE_READ(deepest.ns, ns.inum);
}

static __always_inline void fill_id(struct task_struct *leader, struct rec_id *id)
{
	id->pid = leader->tgid;
	id->start_ns = leader->start_boottime;
	fill_ns_pid(leader->thread_pid, id);
}

static __always_inline void fill_creds(struct task_struct *task, struct rec_creds *creds)
{
	const struct cred *cred = task->real_cred;

	creds->uid = cred->uid.val;
	creds->gid = cred->gid.val;
	creds->euid = cred->euid.val;
	creds->egid = cred->egid.val;
	creds->suid = cred->suid.val;
	creds->sgid = cred->sgid.val;
	creds->fsuid = cred->fsuid.val;
	creds->fsgid = cred->fsgid.val;
	read_audit_ids(task, creds);
	read_capabilities(cred, creds);
}

static __always_inline void fill_namespaces(struct task_struct *task, struct rec_namespaces *ns)
{
	struct nsproxy *proxy = task->nsproxy;

	ns->user = task->real_cred->user_ns->ns.inum;
	if (!proxy)
		return;
	ns->cgroup = proxy->cgroup_ns->ns.inum;
	ns->ipc = proxy->ipc_ns->ns.inum;
	ns->mnt = proxy->mnt_ns->ns.inum;
	ns->net = proxy->net_ns->ns.inum;
	ns->uts = proxy->uts_ns->ns.inum;
	ns->time = read_time_namespace(proxy);
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
	void *link = pid->tasks[PIDTYPE_TGID].first;
	__u64 start_ns = 0;

	if (link)
		bpf_probe_read_kernel(&start_ns, sizeof(start_ns), link - link_at + start_at);
	return start_ns;
}

/* Threads of the kernel and processes that never left init's session have number 0. */
static __always_inline void fill_leader(struct pid *pid, struct rec_id *id)
{
	id->pid = pid->numbers[0].nr;
	if (!id->pid)
		return;
	id->start_ns = leader_start(pid);
	fill_ns_pid(pid, id);
}

/* Most often a process leads its group, or the session's leader does. */
static __always_inline void fill_leaders(struct signal_struct *signal, struct rec_task *record)
{
	__u32 group = signal->pids[PIDTYPE_PGID]->numbers[0].nr;

	fill_leader(signal->pids[PIDTYPE_SID], &record->session);
	if (group == record->session.pid)
		record->group = record->session;
	else if (group == record->id.pid)
		record->group = record->id;
	else
		fill_leader(signal->pids[PIDTYPE_PGID], &record->group);
}

static __always_inline __u32 tty_device(struct signal_struct *signal)
{
	struct tty_struct *tty = signal->tty;

	if (!tty)
		return 0;
	return (__u32)tty->driver->major << MINOR_BITS |
	       ((__u32)(tty->driver->minor_start + tty->index) & ((1 << MINOR_BITS) - 1));
}

/* task is the thread that acts; its leader stands for the process. */
static __always_inline void fill_task(struct task_struct *task, struct rec_task *record)
{
	struct task_struct *leader = task->group_leader;

	fill_id(leader, &record->id);
	fill_id(leader->real_parent->group_leader, &record->parent);
	fill_creds(task, &record->creds);
	fill_namespaces(task, &record->ns);
	fill_leaders(task->signal, record);
	record->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	record->tid = task->pid;
	record->tty = tty_device(task->signal);
	record->exec_id = task->self_exec_id;
	record->kernel_thread = !!(task->flags & PF_KTHREAD);
	((__u64 *)record->comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)record->comm)[1] = ((const __u64 *)task->comm)[1];
}

#endif
