/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts first, judgement second. Loads nothing itself. */
#include "tool/preflight.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "enrich/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* linux/capability.h of old systems lacks the two. */
#define CAP_PERFMON_BIT 38
#define CAP_BPF_BIT 39

#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define LOCKDOWN_PATH "/sys/kernel/security/lockdown"

static bool can_read(const char *root, const char *path)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	return access(full, R_OK) == 0;
}

static bool lockdown_is(const char *root, const char *mode)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	size_t length;

	(void)snprintf(path, sizeof(path), "%s%s", root, LOCKDOWN_PATH);
	return io_read_file(AT_FDCWD, path, 4096, &text, &length) == 0 && strstr(text, mode);
}

void preflight_gather(struct preflight_facts *ret_facts, const char *root)
{
	struct utsname names;

	*ret_facts = (struct preflight_facts){0};
	(void)procfs_own_capabilities(root, &ret_facts->capabilities);
	ret_facts->root = geteuid() == 0;
	ret_facts->has_btf = can_read(root, BTF_PATH);
	ret_facts->confidential = lockdown_is(root, "[confidentiality]");
	ret_facts->in_container =
		can_read(root, "/.dockerenv") || can_read(root, "/run/.containerenv");
	if (uname(&names) == 0)
		(void)snprintf(ret_facts->kernel, sizeof(ret_facts->kernel), "%s", names.release);
}

static bool has(const struct preflight_facts *facts, unsigned int capability)
{
	return facts->capabilities >> capability & 1;
}

/* Names what is missing; empty when nothing is. CAP_SYS_ADMIN stands for both. */
static const char *missing_capabilities(const struct preflight_facts *facts)
{
	bool bpf = has(facts, CAP_BPF_BIT) || has(facts, CAP_SYS_ADMIN);
	bool perfmon = has(facts, CAP_PERFMON_BIT) || has(facts, CAP_SYS_ADMIN);

	if (!bpf && !perfmon)
		return "CAP_BPF and CAP_PERFMON";
	if (!bpf)
		return "CAP_BPF";
	return perfmon ? "" : "CAP_PERFMON";
}

int preflight_judge(const struct preflight_facts *facts, struct err *err)
{
	const char *missing = missing_capabilities(facts);

	if (missing[0] && facts->root)
		return err_set(
			err, -EPERM,
			"cannot load BPF programs: this root user lacks the capability %s, "
			"probably inside a container: start the container with --cap-add=BPF "
			"--cap-add=PERFMON, or privileged",
			missing);
	if (missing[0])
		return err_set(err, -EPERM,
			       "cannot load BPF programs: this user is not root and lacks the "
			       "capability %s: run it as root (sudo), or grant the capabilities",
			       missing);
	if (facts->confidential)
		return err_set(err, -EPERM,
			       "cannot read kernel events: the kernel runs in lockdown mode "
			       "'confidentiality' (" LOCKDOWN_PATH
			       "), which forbids BPF programs to read memory: boot with "
			       "lockdown=integrity or without lockdown");
	if (!facts->has_btf)
		return err_set(
			err, -ENOTSUP,
			"the kernel %s offers no type information at " BTF_PATH
			": auditship needs Linux 5.10 or newer built with "
			"CONFIG_DEBUG_INFO_BTF=y, as all current distributions build it (in a "
			"container: /sys must be mounted)",
			facts->kernel);
	return 0;
}

int preflight_explain(const struct preflight_facts *facts, int code, struct err *err)
{
	struct err first = *err;

	if (code == -EPERM || code == -ENOSYS)
		return err_set(
			err, code,
			"%s; bpf() is refused although the capabilities are there%s: a "
			"container's seccomp profile or a security module does that; allow the "
			"system call bpf (docker: --security-opt seccomp=unconfined), or run "
			"auditship on the host",
			first.text, facts->in_container ? " (this is a container)" : "");
	if (code == -EACCES)
		return err_set(err, code,
			       "%s; the verifier of the kernel %s does not accept a program: "
			       "please report these "
			       "words",
			       first.text, facts->kernel);
	if (code == -ENOENT || code == -ESRCH || code == -EINVAL)
		return err_set(err, code,
			       "%s; the kernel %s may lack a tracepoint or feature that the probe "
			       "needs: Linux 5.10 is the oldest that works",
			       first.text, facts->kernel);
	return code;
}
