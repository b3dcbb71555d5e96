/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load of known size: WORKERS processes that run PROGRAM, RUNS times in all, each one after the
 * other: fork (or vfork), exec, wait. With environment and arguments of a usual size. As the
 * program that is run it ends at once, or after threads that do.
 */
#define _GNU_SOURCE
#include "load.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct spawns {
	int use_vfork;
	unsigned long opens;
	char *threads; /* an argument of the program */
	char *program;
	char *file;
};

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

static int open_file(const struct spawns *spawns)
{
	for (unsigned long i = 0; i < spawns->opens; i++) {
		int fd = open(spawns->file, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return -1;
		(void)close(fd);
	}
	return 0;
}

/* Nothing but this stands in the frame that a vforked child writes into. */
static __attribute__((noinline)) int run_one(const struct spawns *spawns, char **arguments)
{
	pid_t pid = spawns->use_vfork ? vfork() : fork();
	int status = 0;

	if (pid == 0) {
		execve(spawns->program, arguments, variables);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0 ? -1 : 0;
}

static int spawn(void *context, unsigned long runs)
{
	const struct spawns *spawns = context;
	char *arguments[] = {"cc1", "-O2", "-Wall", "-o", "object/main.o", "main.c", NULL};

	if (spawns->threads)
		arguments[1] = spawns->threads;
	for (unsigned long i = 0; i < runs; i++)
		if (open_file(spawns) < 0 || run_one(spawns, arguments) < 0)
			return 1;
	return 0;
}

static void *end_at_once(void *unused)
{
	return unused;
}

/* The program that is run. */
static int be_run(const char *argument)
{
	unsigned long count = strncmp(argument, "-t", 2) == 0 ? strtoul(argument + 2, NULL, 10) : 0;
	pthread_t thread;

	for (unsigned long i = 0; i < count; i++)
		if (pthread_create(&thread, NULL, end_at_once, NULL) != 0 ||
		    pthread_join(thread, NULL) != 0)
			return 1;
	return 0;
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: spawn_storm [-sv] [-t N] [-o N] WORKERS RUNS PROGRAM [FILE]\n"
			      "  -s    let the kernel count what BPF programs cost\n"
			      "  -v    vfork\n"
			      "  -t N  the program, which must be this one, starts N threads\n"
			      "  -o N  FILE is opened N times before each run\n");
	return 64;
}

int main(int argc, char **argv)
{
	static char threads[24];
	struct spawns spawns = {0};
	int option;

	if (strcmp(argv[0], "cc1") == 0)
		return be_run(argv[1]);
	while ((option = getopt(argc, argv, "svt:o:")) != -1) {
		if (option == 's' && count_run_time() < 0) {
			perror("spawn_storm: BPF run-time statistics");
			return 1;
		} else if (option == 'v') {
			spawns.use_vfork = 1;
		} else if (option == 't') {
			(void)snprintf(threads, sizeof(threads), "-t%s", optarg);
			spawns.threads = threads;
		} else if (option == 'o') {
			spawns.opens = strtoul(optarg, NULL, 10);
		} else if (option != 's') {
			return usage();
		}
	}
	if (argc - optind != (spawns.opens ? 4 : 3))
		return usage();
	spawns.program = argv[optind + 2];
	spawns.file = argv[optind + 3];
	if (load_share(spawn, &spawns, strtoul(argv[optind], NULL, 10),
		       strtoul(argv[optind + 1], NULL, 10)) == 0)
		return 0;
	(void)fprintf(stderr, "spawn_storm: cannot run %s\n", spawns.program);
	return 1;
}
