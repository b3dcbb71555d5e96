/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A child under the test's control: it does what the scenario asks, stands still so that /proc can
 * be read, and ends when told. Children die with the test: they wait for the end of a pipe of which
 * the test alone holds the other end.
 */
#ifndef AUDITSHIP_CHILD_H
#define AUDITSHIP_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct program {
	const char *path; /* NULL: no exec; the child waits and leaves with status */
	int fd;           /* with by_fd: executed instead of path */
	bool by_fd;
	char *const *argv;          /* NULL: hold 0 */
	char *const *envp;          /* NULL: none */
	unsigned long clone_flags;  /* beside the exit signal */
	int exit_signal;            /* 0: SIGCHLD */
	int (*prepare)(void *data); /* in the child before the exec; 0 or a negative errno */
	void *data;
	int status;
};

/* Times are CLOCK_BOOTTIME. */
struct child {
	pid_t pid;
	int hold_fd; /* closing it lets the child go */
	uint64_t before_fork_ns, after_fork_ns;
	uint64_t after_exec_ns; /* with the exec begun or, without one, with prepare done */
	uint64_t before_end_ns, after_end_ns;
	int status; /* as wait4 gave it */
	struct rusage usage;
};

/* PROGRAMS/hold: waits for the end of standard input, then exits with its first argument. */
#define HOLD PROGRAMS_DIR "/hold"

/* Starts the program and returns once it runs and waits. */
void child_start(struct child *child, const struct program *program);

/* Lets it go and reaps it. */
void child_end(struct child *child);

/* Ends it by a signal and reaps it. */
void child_kill(struct child *child, int signal);

#endif
