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
#define SIGNAL_GROUP_EXIT 0x00000004
#define S_ISUID 0004000
#define S_ISGID 0002000
#define TMPFS_MAGIC 0x01021994
#define MINOR_BITS 20
#define EEXIST 17

/* Since 6.10; used where the kernel calls hooks with preemption enabled, see hook.h. */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

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
		creds->login_uid = BPF_CORE_READ(audit, loginuid.val);
	if (bpf_core_field_exists(audit->sessionid))
		creds->audit_session = BPF_CORE_READ(audit, sessionid);
}

/*
 * The five sets stand together in struct cred since 4.3, in the order of rec_creds. kernel_cap_t
 * was an array of two __u32 before 6.3 and is one __u64 since; both read as eight bytes.
 */
static __always_inline void read_capabilities(const struct cred *cred, struct rec_creds *creds)
{
	bpf_core_read(&creds->cap_inheritable, 5 * sizeof(__u64), &cred->cap_inheritable);
}

/* CONFIG_TIME_NS; the member is there since 5.6. */
static __always_inline __u32 read_time_namespace(struct nsproxy *proxy)
{
	if (!bpf_core_field_exists(proxy->time_ns))
		return 0;
	return BPF_CORE_READ(proxy, time_ns, ns.inum);
}

#endif
