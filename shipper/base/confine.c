/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities, a seccomp filter and process attributes. The list of calls has what no part of the
 * agent does once it runs; what it may do is the service unit's to list. Knows no configuration.
 */
#include "base/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The leak checker of a sanitizer traces the process at its end. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_TRACED 1
#else
#define IS_TRACED 0
#endif

static const char *const forbidden[] = {
	/* other programs and processes */
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
	"kcmp", "userfaultfd", "personality",
	/* the file system as others see it */
	"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
	"fsmount", "fspick", "mount_setattr", "setns", "unshare", "swapon", "swapoff", "quotactl",
	"mknod", "mknodat",
	/* the kernel */
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"acct", "syslog", "iopl", "ioperm", "modify_ldt", "settimeofday", "clock_settime",
	"clock_adjtime", "adjtimex", "sethostname", "setdomainname",
	/* who we are */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
	"setfsuid", "setfsgid", "add_key", "request_key", "keyctl"};

static atomic_bool minimal;

void confine_process(void)
{
	const struct rlimit none = {0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!IS_TRACED)
		(void)prctl(PR_SET_DUMPABLE, 0);
}

/* The calling thread's capabilities, all of them; threads that it starts from now on have none
 * either. */
static void give_up_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)syscall(SYS_capset, &header, nothing);
}

void confine_make_minimal(void)
{
	atomic_store(&minimal, true);
}

bool confine_is_minimal(void)
{
	return atomic_load(&minimal);
}

void confine_thread(void)
{
	if (geteuid() != 0 || confine_is_minimal())
		give_up_capabilities();
}

void confine_rest(void)
{
	if (confine_is_minimal())
		give_up_capabilities();
}

static int forbid(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR) /* a newer call than the library */
		return 0;
	if (IS_TRACED && strcmp(name, "ptrace") == 0)
		return 0;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
}

static int forbid_sockets(scmp_filter_ctx filter)
{
	int result = 0;

	for (unsigned int family = 0; family < AF_MAX && result == 0; family++)
		if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
		    family != AF_NETLINK)
			result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket),
						  1, SCMP_A0(SCMP_CMP_EQ, family));
	return result;
}

int confine_calls(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]) && result == 0; i++)
		result = forbid(filter, forbidden[i]);
	if (result == 0)
		result = forbid_sockets(filter);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result < 0 ? err_set(err, result,
				    "cannot give up system calls: %s; a SystemCallFilter of the "
				    "unit must have 'seccomp'",
				    strerror(-result))
			  : 0;
}
