/* SPDX-License-Identifier: BSD-2-Clause */
/* That a change of the host's files is noticed, however it is made, and nothing else. */
#include "enrich/host_watch.h"

#include "base/io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[64];
static struct host_watch *watch;

static const char *path_of(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", root, name);
	return path[turn];
}

static void write_text(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text), NULL), 0);
	assert_int_equal(close(fd), 0);
}

static int make_watch(void **state)
{
	struct err err;

	(void)state;
	(void)snprintf(root, sizeof(root), "/tmp/auditship-watch-XXXXXX");
	if (!mkdtemp(root) || io_make_dirs(path_of("etc"), 0700) < 0)
		return -1;
	write_text("etc/hosts", "a");
	return host_watch_new(&watch, root, &err);
}

static int remove_watch(void **state)
{
	(void)state;
	host_watch_free(watch);
	(void)unlink(path_of("etc/hosts"));
	(void)unlink(path_of("etc/machine-id"));
	(void)rmdir(path_of("etc"));
	return rmdir(root);
}

/* Interfaces of this host may change at any time, so "nothing" is tried again. */
static bool is_quiet(void)
{
	for (int i = 0; i < 100; i++)
		if (!host_watch_changed(watch))
			return true;
	return false;
}

static void nothing_changes_by_itself(void **state)
{
	(void)state;
	assert_true(is_quiet());
	host_watch_free(NULL);
}

static void a_file_that_is_written_replaced_made_or_removed_is_noticed(void **state)
{
	(void)state;
	assert_true(is_quiet());
	write_text("etc/hosts", "bb");
	assert_true(host_watch_changed(watch));
	assert_true(is_quiet());
	write_text("etc/new", "bb"); /* as large, and perhaps as old */
	assert_int_equal(rename(path_of("etc/new"), path_of("etc/hosts")), 0);
	assert_true(host_watch_changed(watch));
	assert_true(is_quiet());
	write_text("etc/machine-id", "c");
	assert_true(host_watch_changed(watch));
	assert_int_equal(unlink(path_of("etc/hosts")), 0);
	assert_true(host_watch_changed(watch));
	assert_true(is_quiet());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_changes_by_itself, make_watch,
						remove_watch),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_written_replaced_made_or_removed_is_noticed, make_watch,
			remove_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
