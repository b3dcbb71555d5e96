/* SPDX-License-Identifier: BSD-2-Clause */
/* A small file system for a test of a full disk, in a mount name space that only the test has. */
#ifndef AUDITSHIP_TEST_SMALL_DISK_H
#define AUDITSHIP_TEST_SMALL_DISK_H

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Calls work in a child that has a tmpfs of that size ("size=64k") at dir; an assertion that fails
 * there ends it with another status. Skips where that takes more rights.
 */
static inline void on_small_disk(const char *dir, const char *size, void (*work)(void *),
				 void *data)
{
	int status;
	pid_t child;

	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", dir, "tmpfs", 0, size) < 0)
			_exit(77);
		work(data);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no right to mount\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static inline void skip_without_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: mounting a small tmpfs needs root\n");
	skip();
}

#endif
