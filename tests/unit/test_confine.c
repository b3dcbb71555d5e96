/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process that has confined itself can still do, each time in a child. */
#include "base/confine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Runs check in a child; fails with the line that it ends with. */
static void in_a_child(int (*check)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status))
		fail_msg("number %d went wrong", WEXITSTATUS(status));
}

static bool is_denied(long result)
{
	return result == -1 && errno == EPERM;
}

static int try_forbidden(void)
{
	char *none[] = {NULL};
	const struct timespec time = {0};

	errno = 0;
	if (!is_denied(execve("/bin/true", none, none)))
		return 1;
	if (!is_denied(syscall(SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0)))
		return 2;
	if (!is_denied(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)))
		return 3;
	if (!is_denied(unshare(CLONE_NEWUSER)) || !is_denied(setns(0, 0)))
		return 4;
	if (!is_denied(mount("none", "/nowhere", "tmpfs", 0, NULL)))
		return 5;
	if (!is_denied(clock_settime(CLOCK_MONOTONIC, &time)))
		return 6;
	if (!is_denied(socket(AF_PACKET, SOCK_RAW, 0)) ||
	    !is_denied(socket(AF_VSOCK, SOCK_STREAM, 0)))
		return 7;
	if (!is_denied(syscall(SYS_setresuid, -1, -1, -1)) ||
	    !is_denied(syscall(SYS_setgroups, 0, NULL)))
		return 8;
	if (!is_denied(syscall(SYS_finit_module, -1, "", 0)) ||
	    !is_denied(syscall(SYS_keyctl, 0, 0)))
		return 9;
#if !defined(__SANITIZE_ADDRESS__)
	if (!is_denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
		return 10;
#endif
	return 0;
}

static int try_allowed(void)
{
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || open("/proc/self/status", O_RDONLY | O_CLOEXEC) < 0)
		return 21;
	if (socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ||
	    (socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno == EPERM) ||
	    (socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) < 0 && errno == EPERM))
		return 22;
	pid = fork();
	if (pid == 0)
		_exit(try_forbidden());
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return 23;
	return 0;
}

static int confined_calls(void)
{
	struct err err;
	int result;

	confine_process();
	if (confine_calls(&err) < 0)
		return 31;
	result = try_forbidden();
	return result ? result : try_allowed();
}

static pthread_barrier_t barrier;

static void *wait_and_try(void *data)
{
	(void)pthread_barrier_wait(&barrier);
	*(int *)data = try_forbidden();
	return NULL;
}

static int confined_threads(void)
{
	int result = -1;
	pthread_t thread;
	struct err err;

	confine_process();
	if (pthread_barrier_init(&barrier, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, wait_and_try, &result) != 0 || confine_calls(&err) < 0)
		return 41;
	(void)pthread_barrier_wait(&barrier);
	(void)pthread_join(thread, NULL);
	return result;
}

static int confined_process(void)
{
	struct rlimit limit;

	confine_process();
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 51;
#if !defined(__SANITIZE_ADDRESS__)
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 52;
#endif
	if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
		return 53;
	return 0;
}

static bool has_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) < 0 || data[0].effective || data[1].effective ||
	       data[0].permitted || data[1].permitted || data[0].inheritable || data[1].inheritable;
}

static int without_capabilities(void)
{
	bool had = has_capabilities();

	confine_thread();
	if (geteuid() == 0 && has_capabilities() != had)
		return 61;
	confine_rest();
	if (geteuid() == 0 && has_capabilities() != had)
		return 62;
	confine_make_minimal();
	confine_rest();
	return has_capabilities() ? 63 : 0;
}

static void what_the_agent_never_does_is_denied(void **state)
{
	(void)state;
	in_a_child(confined_calls);
}

static void threads_from_before_are_confined_too(void **state)
{
	(void)state;
	in_a_child(confined_threads);
}

static void no_core_and_no_new_privileges(void **state)
{
	(void)state;
	in_a_child(confined_process);
}

static void a_thread_gives_up_what_it_could_do(void **state)
{
	(void)state;
	in_a_child(without_capabilities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_agent_never_does_is_denied),
		cmocka_unit_test(threads_from_before_are_confined_too),
		cmocka_unit_test(no_core_and_no_new_privileges),
		cmocka_unit_test(a_thread_gives_up_what_it_could_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
