/* SPDX-License-Identifier: BSD-2-Clause */
/* That a change of the host's files is noticed, however it is made, and nothing else. */
#include "enrich/host_watch.h"

#include "unit/test_root.h"

static struct host_watch *watch;

static int make_watch(void **state)
{
	static const char *const folders[] = {"etc", NULL};
	struct err err;

	(void)state;
	if (make_root_with(folders) < 0)
		return -1;
	write_text("etc/hosts", "a");
	return host_watch_new(&watch, root, &err);
}

static int remove_watch(void **state)
{
	host_watch_free(watch);
	return remove_root(state);
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
