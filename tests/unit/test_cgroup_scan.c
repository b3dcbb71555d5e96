/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree of one's own: hosts with v2, v1 and both, and what is no hierarchy's root. */
#include "enrich/cgroup_scan.h"

#include "base/io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_MAX 64

static char top[64];
static struct {
	struct cgroup_told items[TOLD_MAX];
	char paths[TOLD_MAX][128];
	size_t count;
} told;

static const char *below(const char *path)
{
	static char full[256];

	(void)snprintf(full, sizeof(full), "%s%s", top, path);
	return full;
}

static void make(const char *path)
{
	assert_int_equal(io_make_dirs(below(path), 0700), 0);
}

static void put(const char *path, const char *text)
{
	int fd = open(below(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text), NULL), 0);
	assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/auditship-cgroup-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	make("/proc/self");
	told.count = 0;
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) == 0 ? 0 : -1;
}

static void take(void *data, const struct cgroup_told *cgroup)
{
	assert_ptr_equal(data, &told);
	assert_true(told.count < TOLD_MAX);
	told.items[told.count] = *cgroup;
	(void)snprintf(told.paths[told.count], sizeof(told.paths[0]), "%.*s", (int)cgroup->length,
		       cgroup->path);
	told.count++;
}

static int scan(uint64_t root_id)
{
	struct err err;

	return cgroup_scan(top, root_id, take, &told, &err);
}

/* With the inode number of the directory at the mount. */
static void is_told(uint32_t hierarchy, const char *path, const char *directory)
{
	struct stat st;

	assert_int_equal(stat(below(directory), &st), 0);
	for (size_t i = 0; i < told.count; i++) {
		if (told.items[i].hierarchy != hierarchy || strcmp(told.paths[i], path) != 0)
			continue;
		assert_int_equal(told.items[i].id, st.st_ino);
		assert_int_equal(told.items[i].full, told.items[i].length);
		return;
	}
	fail_msg("%s is not told", path);
}

static void v2_alone_is_walked_from_its_root(void **state)
{
	(void)state;
	put("/proc/self/mountinfo",
	    "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	    "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
	put("/proc/self/cgroup", "0::/init.scope\n");
	make("/sys/fs/cgroup/system.slice/ssh.service");
	make("/sys/fs/cgroup/init.scope");
	put("/sys/fs/cgroup/cgroup.procs", "");
	assert_int_equal(scan(0), 0);
	assert_int_equal(told.count, 4);
	is_told(0, "/", "/sys/fs/cgroup");
	is_told(0, "/init.scope", "/sys/fs/cgroup/init.scope");
	is_told(0, "/system.slice/ssh.service", "/sys/fs/cgroup/system.slice/ssh.service");
}

static void of_v1_the_hierarchies_of_pids_and_memory_are_walked(void **state)
{
	(void)state;
	put("/proc/self/mountinfo",
	    "31 23 0:27 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	    "32 23 0:28 / /cg/pids rw shared:9 master:1 - cgroup cgroup rw,pids\n"
	    "33 23 0:29 / /cg/a\\040b rw - cgroup cgroup rw,memory\n"
	    "34 23 0:30 / /cg/systemd rw - cgroup systemd rw,xattr,name=systemd\n");
	put("/proc/self/cgroup",
	    "12:pids:/\n4:cpu,cpuacct:/\n9:memory:/\n1:name=systemd:/\n0::/\n");
	make("/cg/cpu,cpuacct/x");
	make("/cg/pids/docker");
	make("/cg/a b/lxc");
	make("/cg/systemd/y");
	assert_int_equal(scan(0), 0);
	assert_int_equal(told.count, 4);
	is_told(12, "/docker", "/cg/pids/docker");
	is_told(9, "/lxc", "/cg/a b/lxc");
}

static void a_hierarchy_mounted_twice_is_walked_once(void **state)
{
	(void)state;
	put("/proc/self/mountinfo", "30 23 0:26 / /a rw - cgroup2 cgroup2 rw\n"
				    "31 23 0:26 / /b rw - cgroup2 cgroup2 rw\n");
	make("/a/x");
	make("/b/x");
	assert_int_equal(scan(0), 0);
	assert_int_equal(told.count, 2);
}

static void a_mount_that_shows_a_part_only_is_passed_over(void **state)
{
	struct stat st;

	(void)state;
	put("/proc/self/mountinfo", "30 23 0:26 /docker/x /a rw - cgroup2 cgroup2 rw\n"
				    "31 23 0:26 / /b rw - cgroup2 cgroup2 rw\n");
	make("/a/x");
	make("/b/y");
	assert_int_equal(stat(below("/b"), &st), 0);
	assert_int_equal(scan(st.st_ino), 0);
	assert_int_equal(told.count, 2);
	is_told(0, "/y", "/b/y");
}

static void without_any_hierarchy_it_says_so(void **state)
{
	(void)state;
	assert_int_equal(scan(0), -ENOENT);
	put("/proc/self/mountinfo", "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	assert_int_equal(scan(0), -ENOENT);
	put("/proc/self/mountinfo", "30 23 0:26 / /not/there rw - cgroup2 cgroup2 rw\n");
	assert_int_equal(scan(0), -ENOENT);
	assert_int_equal(told.count, 0);
}

static void odd_lines_and_links_are_passed_over(void **state)
{
	(void)state;
	put("/proc/self/mountinfo", "\n - \n - cgroup2\n1 - cgroup2 x y\n1 2 3 4 - cgroup2 c rw\n"
				    "30 23 0:26 / /a rw - cgroup2 cgroup2 rw");
	make("/a/x");
	make("/outside");
	assert_int_equal(symlink("../outside", below("/a/link")), 0);
	assert_int_equal(scan(0), 0);
	assert_int_equal(told.count, 2);
	is_told(0, "/x", "/a/x");
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(v2_alone_is_walked_from_its_root),
		EACH(of_v1_the_hierarchies_of_pids_and_memory_are_walked),
		EACH(a_hierarchy_mounted_twice_is_walked_once),
		EACH(a_mount_that_shows_a_part_only_is_passed_over),
		EACH(without_any_hierarchy_it_says_so),
		EACH(odd_lines_and_links_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
