/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes one child per byte on standard input and prints its pid; the child exits with 5. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char byte;

	while (read(0, &byte, 1) > 0) {
		pid_t child = fork();

		if (child == 0)
			_exit(5);
		waitpid(child, NULL, 0);
		dprintf(1, "%d\n", child);
	}
	return 0;
}
