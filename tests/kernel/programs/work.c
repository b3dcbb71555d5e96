/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work cpu MS            burns that much user time
 * work memory MIB        touches that much memory
 * work disk FILE KIB     writes and syncs that much, drops it from memory, reads it again
 * work child ARG...      does `work ARG...` in a child, waits for it and prints, as the kernel
 *                        tells of waited-for children: user us, system us, max RSS KiB, blocks
 *                        read, blocks written; then its own max RSS KiB
 * Afterwards it waits for the end of standard input.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int burn(long ms)
{
	struct rusage usage;
	volatile unsigned int sum = 0;

	do {
		for (unsigned int i = 0; i < 1000000; i++)
			sum += i;
		getrusage(RUSAGE_SELF, &usage);
	} while (usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 < ms);
	return 0;
}

static int touch_memory(size_t mib)
{
	char *memory = malloc(mib << 20);

	if (!memory)
		return 2;
	memset(memory, 1, mib << 20);
	return memory[mib] == 1 ? 0 : 3;
}

static int use_disk(const char *path, int kib)
{
	static char block[1024];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < kib; i++)
		if (write(fd, block, sizeof(block)) != sizeof(block))
			return 4;
	if (fsync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0 ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return 5;
	while (read(fd, block, sizeof(block)) > 0)
		continue;
	return close(fd);
}

static int run(int argc, char **argv);

static long long microseconds(const struct timeval *time)
{
	return time->tv_sec * 1000000ll + time->tv_usec;
}

static int in_child(int argc, char **argv)
{
	struct rusage usage, own;
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(run(argc, argv));
	if (waitpid(child, &status, 0) != child || status != 0)
		return 6;
	getrusage(RUSAGE_CHILDREN, &usage);
	getrusage(RUSAGE_SELF, &own);
	printf("%lld %lld %ld %ld %ld %ld\n", microseconds(&usage.ru_utime),
	       microseconds(&usage.ru_stime), usage.ru_maxrss, usage.ru_inblock, usage.ru_oublock,
	       own.ru_maxrss);
	fflush(stdout);
	return 0;
}

static int run(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "cpu") == 0)
		return burn(atol(argv[2]));
	if (argc == 3 && strcmp(argv[1], "memory") == 0)
		return touch_memory((size_t)atol(argv[2]));
	if (argc == 4 && strcmp(argv[1], "disk") == 0)
		return use_disk(argv[2], atoi(argv[3]));
	if (argc > 2 && strcmp(argv[1], "child") == 0)
		return in_child(argc - 1, argv + 1);
	return 7;
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);
	char byte;

	while (read(0, &byte, 1) > 0)
		continue;
	return status;
}
