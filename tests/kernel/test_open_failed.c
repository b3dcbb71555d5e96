/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens that fail: what was asked for, and why it was not given. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

static long open_given(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->given, O_RDONLY, 0);
}

static void tells_a_file_that_is_not_there(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {.call = open_given, .error = ENOENT, .path = path, .given = path};

	snprintf(path, sizeof(path), "%s/missing", harness_dir(*state));
	check_open(*state, &attempt);
}

static int enter(const struct attempt *attempt)
{
	return chdir(attempt->argument) == 0 ? 0 : -errno;
}

static void joins_a_relative_path_to_its_directory(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {.prepare = enter,
				  .call = open_given,
				  .argument = harness_dir(*state),
				  .error = ENOENT,
				  .path = path,
				  .given = "./a/../missing",
				  .directory = harness_dir(*state)};

	snprintf(path, sizeof(path), "%s/./a/../missing", harness_dir(*state));
	check_open(*state, &attempt);
}

static int become_nobody(const struct attempt *attempt)
{
	(void)attempt;
	return setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0 ? 0 : -errno;
}

static void tells_what_another_user_may_not_read(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {.prepare = become_nobody,
				  .call = open_given,
				  .error = EACCES,
				  .path = path,
				  .given = path};

	snprintf(path, sizeof(path), "%s/secret", harness_dir(*state));
	write_file(path, "x", 1, 0600);
	check_open(*state, &attempt);
}

static void tells_a_loop_of_links(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {.call = open_given, .error = ELOOP, .path = path, .given = path};

	snprintf(path, sizeof(path), "%s/loop", harness_dir(*state));
	if (symlink("loop", path) != 0)
		assert_int_equal(errno, EEXIST);
	check_open(*state, &attempt);
}

/* More than the kernel takes, and more than an event keeps. */
static char long_name[PATH_MAX + 100];

static long open_long(const struct attempt *attempt)
{
	(void)attempt;
	return raw_openat(AT_FDCWD, long_name, O_RDONLY, 0);
}

static void want_cut(struct want *want, const struct attempt *attempt)
{
	static char kept[PATH_MAX];

	(void)attempt;
	memcpy(kept, long_name, PATH_MAX - 1);
	want_string(want, "Linux.open.path_given", kept);
	want_string(want, "file.path", kept); /* and no name: nobody knows how it goes on */
	want_bool(want, "Linux.file.path_as_given", true);
	want_json(want, "Linux.truncated",
		  "[{\"field\":\"file.path\",\"kept\":4095},"
		  "{\"field\":\"Linux.open.path_given\",\"kept\":4095}]");
}

static void tells_a_path_that_is_too_long_as_cut(void **state)
{
	struct attempt attempt = {.call = open_long, .error = ENAMETOOLONG, .adjust = want_cut};

	memset(long_name, 'n', sizeof(long_name) - 1);
	for (size_t i = 0; i < sizeof(long_name) - 1; i += 200)
		long_name[i] = '/';
	check_open(*state, &attempt);
}

static long open_unreadable(const struct attempt *attempt)
{
	(void)attempt;
	return raw_openat(AT_FDCWD, (const char *)8, O_RDWR, 0);
}

static void want_unreadable(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_json(want, "Linux.truncated", "[{\"field\":\"Linux.open.path_given\",\"kept\":0}]");
}

static void says_that_a_path_could_not_be_read(void **state)
{
	struct attempt attempt = {.call = open_unreadable,
				  .error = EFAULT,
				  .flags = "[\"O_RDWR\"]",
				  .flags_raw = O_RDWR,
				  .adjust = want_unreadable};

	check_open(*state, &attempt);
}

static long open_at_none(const struct attempt *attempt)
{
	return raw_openat(12345, attempt->given, O_RDONLY, 0);
}

static void tells_a_descriptor_that_is_none(void **state)
{
	struct attempt attempt = {.call = open_at_none, .error = EBADF, .given = "relative"};

	check_open(*state, &attempt);
}

static long open_escaping(const struct attempt *attempt)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};
	long result = syscall(SYS_openat2, attempt->descriptor, attempt->given, &how, sizeof(how));

	return result < 0 ? -errno : result;
}

static void want_beneath(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_json(want, "Linux.open.resolve", "[\"RESOLVE_BENEATH\"]");
}

static void tells_a_way_out_that_openat2_forbids(void **state)
{
	char path[PATH_MAX];
	struct attempt attempt = {
		.call = open_escaping,
		.descriptor = open(harness_dir(*state), O_PATH | O_DIRECTORY | O_CLOEXEC),
		.syscall = "openat2",
		.error = EXDEV,
		.path = path,
		.given = "../x",
		.directory = harness_dir(*state),
		.adjust = want_beneath};

	assert_true(attempt.descriptor >= 0);
	snprintf(path, sizeof(path), "%s/../x", harness_dir(*state));
	check_open(*state, &attempt);
	close(attempt.descriptor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_a_file_that_is_not_there),
		KERNEL_TEST(joins_a_relative_path_to_its_directory),
		KERNEL_TEST(tells_what_another_user_may_not_read),
		KERNEL_TEST(tells_a_loop_of_links),
		KERNEL_TEST(tells_a_path_that_is_too_long_as_cut),
		KERNEL_TEST(says_that_a_path_could_not_be_read),
		KERNEL_TEST(tells_a_descriptor_that_is_none),
		KERNEL_TEST(tells_a_way_out_that_openat2_forbids),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, attempt_setup, harness_teardown);
}
