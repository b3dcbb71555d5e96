/* SPDX-License-Identifier: BSD-2-Clause */
/* Which changes below etc mean that names have to be read again. */
#include "enrich/users_watch.h"

#include "unit/test_root.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

static int watch_fd;

static int make_watch(void **state)
{
	static const char *const folders[] = {"etc", NULL};
	struct err err;

	(void)state;
	if (make_root_with(folders) < 0)
		return -1;
	write_text("etc/passwd", "");
	write_text("etc/group", "");
	watch_fd = users_watch_open(root, &err);
	return watch_fd >= 0 ? 0 : -1;
}

static int remove_watch(void **state)
{
	(void)close(watch_fd);
	return remove_root(state);
}

static bool is_readable(void)
{
	struct pollfd poll_fd = {.fd = watch_fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void assert_changed_once(void)
{
	assert_true(is_readable());
	assert_true(users_watch_changed(watch_fd));
	assert_false(is_readable());
	assert_false(users_watch_changed(watch_fd));
}

static void nothing_has_changed_at_first(void **state)
{
	(void)state;
	assert_false(is_readable());
	assert_false(users_watch_changed(watch_fd));
}

static void a_file_written_in_place_is_told(void **state)
{
	(void)state;
	write_text("etc/passwd", "ann:x:1:1:::\n");
	assert_changed_once();
	write_text("etc/group", "staff:x:1:\n");
	assert_changed_once();
}

static void a_file_that_is_still_open_is_not_told_yet(void **state)
{
	int fd = open(path_of("etc/passwd"), O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half", 4), 4);
	assert_false(users_watch_changed(watch_fd));
	assert_int_equal(close(fd), 0);
	assert_changed_once();
}

static void a_file_renamed_over_the_old_one_is_told(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		write_text("etc/passwd+", "ann:x:1:1:::\n");
		assert_false(users_watch_changed(watch_fd));
		assert_int_equal(rename(path_of("etc/passwd+"), path_of("etc/passwd")), 0);
		assert_changed_once();
	}
}

static void a_file_that_goes_away_is_told(void **state)
{
	(void)state;
	assert_int_equal(unlink(path_of("etc/group")), 0);
	assert_changed_once();
}

static void other_files_concern_nobody(void **state)
{
	(void)state;
	write_text("etc/other", "x");
	assert_int_equal(rename(path_of("etc/other"), path_of("etc/passwd+")), 0);
	assert_int_equal(unlink(path_of("etc/passwd+")), 0);
	assert_true(is_readable());
	assert_false(users_watch_changed(watch_fd));
	assert_false(is_readable());
}

static void a_change_is_found_among_many_others(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		write_text(i % 2 ? "etc/other" : "etc/passwd+", "x");
		if (i == 250)
			write_text("etc/group", "");
	}
	assert_changed_once();
}

static void what_cannot_be_watched_is_an_error(void **state)
{
	char deep[PATH_MAX + 16];
	struct err err = {0};

	(void)state;
	assert_int_equal(users_watch_open(path_of("etc/missing"), &err), -ENOENT);
	assert_non_null(strstr(err.text, "etc/missing/etc"));
	/* A name that is cut is another directory's. */
	(void)snprintf(deep, sizeof(deep), "%s/etc", root);
	while (strlen(deep) < PATH_MAX)
		(void)strcat(deep, "/");
	assert_int_equal(users_watch_open(deep, &err), -ENAMETOOLONG);
}

int main(void)
{
#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, make_watch, remove_watch)
	const struct CMUnitTest tests[] = {
		WATCH_TEST(nothing_has_changed_at_first),
		WATCH_TEST(a_file_written_in_place_is_told),
		WATCH_TEST(a_file_that_is_still_open_is_not_told_yet),
		WATCH_TEST(a_file_renamed_over_the_old_one_is_told),
		WATCH_TEST(a_file_that_goes_away_is_told),
		WATCH_TEST(other_files_concern_nobody),
		WATCH_TEST(a_change_is_found_among_many_others),
		WATCH_TEST(what_cannot_be_watched_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
