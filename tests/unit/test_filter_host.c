/* SPDX-License-Identifier: BSD-2-Clause */
/* What paths mean on this very host, in a directory of the test's own. */
#include "filter_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char dir[64], inner[80], file[96], link_path[96];

static int make(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(dir, "/tmp/auditship-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(inner, sizeof(inner), "%s/inner", dir);
	(void)snprintf(file, sizeof(file), "%s/file", inner);
	(void)snprintf(link_path, sizeof(link_path), "%s/link", dir);
	if (mkdir(inner, 0700) < 0 || symlink("inner/file", link_path) < 0)
		return -1;
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? -1 : close(fd);
}

static int clear(void **state)
{
	(void)state;
	(void)unlink(file);
	(void)unlink(link_path);
	(void)rmdir(inner);
	return rmdir(dir);
}

static struct filters_found look_below(const char *root, const char *path)
{
	struct filter_place place = {.root = root};
	struct filters_host host = filter_host(&place);
	struct filters_found found;

	host.find(host.data, path, &found);
	return found;
}

static struct filters_found look(const char *path)
{
	return look_below("", path);
}

static uint32_t device_of(const struct stat *st)
{
	return (uint32_t)(major(st->st_dev) << 20 | minor(st->st_dev));
}

static void assert_is_file(const struct filters_found *found)
{
	struct stat itself, parent;

	assert_int_equal(stat(file, &itself), 0);
	assert_int_equal(stat(inner, &parent), 0);
	assert_true(found->is_there);
	assert_false(found->is_directory || found->is_whole);
	assert_int_equal(found->inode, itself.st_ino);
	assert_int_equal(found->device, device_of(&itself));
	assert_true(found->parent_is_there);
	assert_int_equal(found->parent_inode, parent.st_ino);
	assert_string_equal(found->name, "file");
}

static void a_file_is_found_behind_its_links(void **state)
{
	struct filters_found plain = look(file), linked = look(link_path);

	(void)state;
	assert_is_file(&plain);
	assert_is_file(&linked);
}

static void a_directory_is_found_with_and_without_a_slash(void **state)
{
	struct filters_found found = look(inner);
	char path[112];
	struct stat st;

	(void)state;
	assert_int_equal(stat(inner, &st), 0);
	assert_true(found.is_there && found.is_directory && !found.is_whole);
	assert_int_equal(found.inode, st.st_ino);
	(void)snprintf(path, sizeof(path), "%s//", inner);
	found = look(path);
	assert_true(found.is_there && found.is_directory);
	assert_int_equal(found.inode, st.st_ino);
	found = look("/");
	assert_true(found.is_there && found.is_directory);
}

static void of_what_is_not_there_the_directory_is_found(void **state)
{
	struct filters_found found;
	char path[112];
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/later/", inner);
	assert_int_equal(stat(inner, &st), 0);
	found = look(path);
	assert_false(found.is_there);
	assert_true(found.parent_is_there);
	assert_int_equal(found.parent_inode, st.st_ino);
	assert_string_equal(found.name, "later");
	(void)snprintf(path, sizeof(path), "%s/file/below", inner);
	found = look(path);
	assert_false(found.is_there || found.parent_is_there);
	(void)snprintf(path, sizeof(path), "%s/none/below", inner);
	found = look(path);
	assert_false(found.is_there || found.parent_is_there);
}

static void the_roots_of_proc_and_sys_are_told(void **state)
{
	struct filters_found found = look("/proc");

	(void)state;
	if (!found.is_there || found.magic != PROC_SUPER_MAGIC)
		skip(); /* a build root without /proc */
	assert_true(found.is_whole && found.is_directory);
	found = look("/proc/sys");
	assert_true(found.is_there && found.is_directory);
	assert_false(found.is_whole);
}

/* As an agent in a container sees the host: links are the host's, wherever they lead. */
static void below_a_root_links_begin_at_that_root(void **state)
{
	struct filters_found found;
	char absolute[96];

	(void)state;
	(void)snprintf(absolute, sizeof(absolute), "%s/absolute", inner);
	assert_int_equal(symlink("/inner/file", absolute), 0);
	found = look_below(dir, "/link");
	assert_is_file(&found);
	found = look_below(dir, "/inner/absolute");
	assert_is_file(&found);
	found = look_below(dir, "/../../inner/file");
	assert_is_file(&found);
	assert_false(look_below(dir, file).is_there);
	assert_false(look_below(dir, "/inner/none").is_there);
	assert_true(look_below(dir, "/inner/none").parent_is_there);
	assert_string_equal(look_below(dir, "/inner/none").name, "none");
	assert_false(look_below("/nonexistent", "/inner/file").is_there);
	assert_int_equal(unlink(absolute), 0);
}

static void a_path_that_is_too_long_is_not_there(void **state)
{
	char *path = malloc(8192);
	struct filters_found found;

	(void)state;
	assert_non_null(path);
	memset(path, 'a', 8191);
	path[0] = '/';
	path[8191] = '\0';
	found = look(path);
	assert_false(found.is_there || found.parent_is_there);
	path[300] = '\0'; /* a name longer than any */
	found = look(path);
	assert_false(found.is_there || found.parent_is_there);
	free(path);
}

static void this_process_is_known_by_user_program_and_cgroups(void **state)
{
	const struct filter_place place = {.root = ""}, elsewhere = {.root = "/nonexistent"};
	struct filters_process own;
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	filter_host_own(&place, &own);
	assert_int_equal(own.uid, geteuid());
	assert_int_equal(own.inode, st.st_ino);
	assert_true(own.device != 0);
	for (size_t i = 0; i < own.cgroup_count; i++)
		assert_true(own.cgroups[i] != 0);
	filter_host_own(&elsewhere, &own);
	assert_int_equal(own.inode, st.st_ino);
	assert_int_equal(own.cgroup_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_found_behind_its_links),
		cmocka_unit_test(a_directory_is_found_with_and_without_a_slash),
		cmocka_unit_test(of_what_is_not_there_the_directory_is_found),
		cmocka_unit_test(the_roots_of_proc_and_sys_are_told),
		cmocka_unit_test(below_a_root_links_begin_at_that_root),
		cmocka_unit_test(a_path_that_is_too_long_is_not_there),
		cmocka_unit_test(this_process_is_known_by_user_program_and_cgroups),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
