/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opens TIMES [HOW PATH]...: opens and closes all of them, so many times, then waits for the end of
 * standard input. HOW: r to read, w to write, c to create (the file is removed again), - waits for
 * one byte of standard input first. Leaves with the number of opens that failed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int flags_of(char how)
{
	switch (how) {
	case 'w':
		return O_WRONLY;
	case 'c':
		return O_CREAT | O_EXCL | O_WRONLY;
	default:
		return O_RDONLY;
	}
}

int main(int argc, char **argv)
{
	long times = argc > 1 ? atol(argv[1]) : 0;
	int failed = 0;
	char byte;

	while (times-- > 0) {
		for (int i = 2; i + 1 < argc; i += 2) {
			char how = argv[i][0];
			int fd;

			if (how == '-' && read(0, &byte, 1) != 1)
				return 255;
			if (how == '-')
				continue;
			fd = open(argv[i + 1], flags_of(how) | O_CLOEXEC, 0600);
			failed += fd < 0;
			if (fd >= 0)
				close(fd);
			if (fd >= 0 && how == 'c')
				unlink(argv[i + 1]);
		}
	}
	while (read(0, &byte, 1) > 0)
		continue;
	return failed;
}
