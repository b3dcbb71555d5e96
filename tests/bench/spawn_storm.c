/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load of known size: WORKERS processes, each of which runs PROGRAM RUNS / WORKERS times, one
 * after the other, by fork, exec and wait. With environment and arguments of a usual size. While it
 * runs, the kernel counts what BPF programs cost. Without arguments it is the program that is run:
 * it ends at once.
 */
#include "run_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const variables[] = {
	"SHELL=/bin/bash",
	"LANG=en_US.UTF-8",
	"LANGUAGE=en_US:en",
	"HOME=/home/operator",
	"USER=operator",
	"LOGNAME=operator",
	"MAIL=/var/mail/operator",
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"PWD=/home/operator/src/sample",
	"OLDPWD=/home/operator/src",
	"SHLVL=2",
	"TERM=xterm-256color",
	"EDITOR=vim",
	"PAGER=less",
	"LESS=-FRX",
	"XDG_SESSION_ID=1427",
	"XDG_SESSION_TYPE=tty",
	"XDG_SESSION_CLASS=user",
	"XDG_RUNTIME_DIR=/run/user/1000",
	"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus",
	"SSH_CLIENT=192.0.2.17 51724 22",
	"SSH_CONNECTION=192.0.2.17 51724 198.51.100.4 22",
	"SSH_TTY=/dev/pts/3",
	"JOURNAL_STREAM=8:4815162",
	"_=/usr/bin/make",
	NULL};

static int run(const char *program, unsigned long runs)
{
	char *const arguments[] = {"cc1", "-O2", "-Wall", "-o", "object/main.o", "main.c", NULL};

	for (unsigned long i = 0; i < runs; i++) {
		pid_t pid = fork();
		int status = 0;

		if (pid == 0) {
			execve(program, arguments, variables);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long workers, runs;
	int failed = 0, status;

	if (argc != 4 || argv[1][0] == '-')
		return 0;
	if (count_run_time() < 0) {
		perror("spawn_storm: BPF run-time statistics");
		return 1;
	}
	workers = strtoul(argv[2], NULL, 10);
	runs = strtoul(argv[3], NULL, 10);
	for (unsigned long i = 0; i < workers; i++)
		if (fork() == 0)
			_exit(run(argv[1], runs / workers));
	while (wait(&status) > 0)
		failed |= status != 0;
	if (failed)
		(void)fprintf(stderr, "spawn_storm: cannot run %s\n", argv[1]);
	return failed;
}
