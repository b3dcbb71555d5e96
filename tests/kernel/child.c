/* SPDX-License-Identifier: BSD-2-Clause */
/* Forks, executes, holds and reaps. Knows nothing of the agent. */
#include "child.h"

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const no_env[] = {NULL};
static char *const hold_argv[] = {"hold", "0", NULL};

static int execute(const struct program *program)
{
	char *const *argv = program->argv ? program->argv : hold_argv;
	char *const *envp = program->envp ? program->envp : no_env;

	if (program->by_fd)
		fexecve(program->fd, argv, envp);
	else
		execve(program->path, argv, envp);
	return -errno;
}

/* hold_fd: reads until the test lets go. ready_fd: closed by exec, or carries an errno. */
static void run(const struct program *program, int hold_fd, int ready_fd)
{
	int error = program->prepare ? program->prepare(program->data) : 0;
	char byte;

	dup2(hold_fd, 0);
	if (error == 0 && (program->path || program->by_fd))
		error = execute(program);
	if (error != 0 && write(ready_fd, &error, sizeof(error)) != sizeof(error))
		_exit(126);
	if (error != 0)
		_exit(127);
	close(ready_fd);
	while (read(0, &byte, 1) > 0)
		continue;
	_exit(program->status);
}

void child_start(struct child *child, const struct program *program)
{
	unsigned long flags = program->clone_flags;
	int hold[2], ready[2], error = 0;

	flags |= (unsigned long)(program->exit_signal ? program->exit_signal : SIGCHLD);
	memset(child, 0, sizeof(*child));
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	child->before_fork_ns = boot_ns();
	child->pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
	if (child->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
		close(hold[1]);
		close(ready[0]);
		run(program, hold[0], ready[1]);
	}
	child->after_fork_ns = boot_ns();
	close(hold[0]);
	close(ready[1]);
	assert_true(child->pid > 0);
	child->hold_fd = hold[1];
	if (read(ready[0], &error, sizeof(error)) != 0) {
		waitpid(child->pid, NULL, __WALL);
		fail_msg("the child could not do its part: %s", strerror(-error));
	}
	child->after_exec_ns = boot_ns();
	close(ready[0]);
}

static void reap(struct child *child)
{
	assert_int_equal(wait4(child->pid, &child->status, __WALL, &child->usage), child->pid);
	child->after_end_ns = boot_ns();
}

void child_end(struct child *child)
{
	child->before_end_ns = boot_ns();
	close(child->hold_fd);
	reap(child);
}

void child_kill(struct child *child, int signal)
{
	child->before_end_ns = boot_ns();
	assert_int_equal(kill(child->pid, signal), 0);
	reap(child);
	close(child->hold_fd);
}
