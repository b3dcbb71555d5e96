/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads many COUNT     COUNT threads and the leader end in any order, each by itself: the
 *                        threads with 4, the leader with 3
 * threads leader         the leader ends first; the last thread calls exit(7)
 * threads exec PATH ARG  a thread that is not the leader executes PATH ARG
 * Prints the thread id of the thread that matters. The first two wait for the end of standard
 * input before they end.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_barrier_t barrier;
static char **arguments;

static void end_thread(int status)
{
	syscall(SYS_exit, status); /* the thread alone, without a lock or clean-up of libc */
}

static void wait_until_told(void)
{
	char byte;

	while (read(0, &byte, 1) > 0)
		continue;
}

static void *leave(void *number)
{
	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < (unsigned int)(size_t)number * 7919 % 300; i++)
		sched_yield();
	end_thread(4);
	return NULL;
}

static int many(int count)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, (unsigned int)count + 1);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, &attributes, leave, (void *)(size_t)i) != 0)
			return 100;
	printf("%d\n", getpid());
	fflush(stdout);
	wait_until_told();
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 150; i++)
		sched_yield();
	end_thread(3);
	return 101;
}

/* The state letter of the leader: Z once it has gone. */
static char leader_state(void)
{
	char path[64], text[256] = "";
	const char *close_bracket;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		_exit(102);
	close(fd);
	close_bracket = strrchr(text, ')');
	return close_bracket ? close_bracket[2] : 0;
}

static void *outlive(void *unused)
{
	(void)unused;
	while (leader_state() != 'Z')
		sched_yield();
	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	wait_until_told();
	exit(7);
}

static void *execute(void *unused)
{
	(void)unused;
	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	execv(arguments[0], arguments);
	_exit(103);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 3 && strcmp(argv[1], "many") == 0)
		return many(atoi(argv[2]));
	if (argc == 2 && strcmp(argv[1], "leader") == 0) {
		if (pthread_create(&thread, NULL, outlive, NULL) == 0)
			end_thread(9);
		return 104;
	}
	if (argc >= 3 && strcmp(argv[1], "exec") == 0) {
		arguments = argv + 2;
		if (pthread_create(&thread, NULL, execute, NULL) == 0)
			pause();
		return 105;
	}
	return 106;
}
