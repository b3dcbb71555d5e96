/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both ends of a socket pair: main's, and behind the fork a process that knows canaries and nothing
 * else. Everything behind the fork ends with _exit.
 */
#include "coverage/canary_helper.h"

#include "enrich/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET_FD 3
#define PROGRAM_FD 4

struct canary_helper {
	pid_t pid;
	int fd;
};

struct place {
	char directory[PATH_MAX];
	char path[2 * PATH_MAX];
	struct canary_stage stage;
};

/* A child may be what an exec made of it, or dead: its word is in shared memory. */
static void sing_in_child(enum canary canary, const struct canary_stage *stage, int32_t *error)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		*error = errno;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			*error = canary_sing(canary, stage);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void sing_all(uint32_t mask, const struct canary_stage *stage, struct canary_report *report)
{
	memset(report, 0, sizeof(*report));
	for (int i = 0; i < CANARIES; i++)
		if (mask >> i & 1)
			sing_in_child((enum canary)i, stage, &report->errors[i]);
}

_Noreturn static void serve(const struct canary_stage *stage)
{
	struct canary_report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t mask;

	while (report != MAP_FAILED &&
	       recv(SOCKET_FD, &mask, sizeof(mask), 0) == (ssize_t)sizeof(mask)) {
		sing_all(mask, stage, report);
		if (send(SOCKET_FD, report, sizeof(*report), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* Nothing that the agent has open, and /dev/null for the three that programs expect. */
static void keep_descriptors(int socket_fd, int program_fd)
{
	int null = open("/dev/null", O_RDWR);
	int high_socket = fcntl(socket_fd, F_DUPFD, PROGRAM_FD + 1);
	int high_program = fcntl(program_fd, F_DUPFD, PROGRAM_FD + 1);

	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	if (dup3(high_socket, SOCKET_FD, O_CLOEXEC) < 0 ||
	    dup3(high_program, PROGRAM_FD, O_CLOEXEC) < 0)
		_exit(1);
	(void)syscall(SYS_close_range, PROGRAM_FD + 1, ~0U, 0);
}

/* It is the agent that ends it: signals for the agent's group and terminal pass it by. */
static void keep_signals(void)
{
	sigset_t none;

	for (int signal_number = 1; signal_number < SIGRTMIN; signal_number++)
		(void)signal(signal_number, SIG_DFL);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
}

/* Its user stays: as another one, that user's processes could trace it and do deeds unseen. */
static void drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)prctl(PR_SET_NAME, "auditship-helper");
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)syscall(SYS_capset, &header, nothing);
}

_Noreturn static void run(const struct place *place, int socket_fd, int program_fd, pid_t agent)
{
	struct canary_stage stage = place->stage;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != agent)
		_exit(0);
	stage.program_fd = PROGRAM_FD;
	keep_descriptors(socket_fd, program_fd);
	keep_signals();
	drop_privileges();
	if (chdir("/") < 0)
		_exit(1);
	serve(&stage);
}

static int find_place(struct place *place, const struct canary_helper_options *options)
{
	if (!realpath(options->directory, place->directory))
		return -errno;
	(void)snprintf(place->path, sizeof(place->path), "%s/%s", place->directory, options->file);
	place->stage = (struct canary_stage){
		.directory = place->directory,
		.file = options->file,
		.path = place->path,
	};
	return 0;
}

static int start(struct canary_helper *helper, const struct place *place, int program_fd)
{
	pid_t agent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	helper->pid = fork();
	if (helper->pid == 0)
		run(place, fds[1], program_fd, agent);
	(void)close(fds[1]);
	helper->fd = fds[0];
	return helper->pid < 0 ? -errno : 0;
}

int canary_helper_start(struct canary_helper **ret_helper,
			const struct canary_helper_options *options, struct err *err)
{
	struct canary_helper *helper = calloc(1, sizeof(*helper));
	int own_fd = options->program_fd < 0 ? procfs_open_own_program("") : -1;
	int program_fd = options->program_fd < 0 ? own_fd : options->program_fd;
	struct place place;
	int result = -ENOMEM;

	if (helper)
		result = program_fd < 0 ? program_fd : find_place(&place, options);
	if (helper)
		helper->fd = -1;
	if (result == 0)
		result = start(helper, &place, program_fd);
	if (own_fd >= 0)
		(void)close(own_fd);
	if (result < 0) {
		canary_helper_stop(helper);
		return err_set(err, result, "cannot start the process for canaries: %s",
			       strerror(-result));
	}
	*ret_helper = helper;
	return 0;
}

void canary_helper_stop(struct canary_helper *helper)
{
	if (!helper)
		return;
	if (helper->pid > 0) {
		(void)kill(helper->pid, SIGKILL);
		while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (helper->fd >= 0)
		(void)close(helper->fd);
	free(helper);
}

pid_t canary_helper_pid(const struct canary_helper *helper)
{
	return helper->pid;
}

int canary_helper_ask(struct canary_helper *helper, uint32_t mask)
{
	return send(helper->fd, &mask, sizeof(mask), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int canary_helper_fd(const struct canary_helper *helper)
{
	return helper->fd;
}

int canary_helper_read(struct canary_helper *helper, struct canary_report *ret_report)
{
	ssize_t n = recv(helper->fd, ret_report, sizeof(*ret_report), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(*ret_report))
		return 1;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EPIPE;
}
