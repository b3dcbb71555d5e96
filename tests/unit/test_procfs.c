/* SPDX-License-Identifier: BSD-2-Clause */
/* What procfs makes of trees below a directory of the test, and of the real /proc. */
#include "enrich/procfs.h"

#include "base/cleanup.h"
#include "base/uuid.h"
#include "unit/test_root.h"

#include <errno.h>
#include <sys/wait.h>

static int make_root(void **state)
{
	static const char *const folders[] = {"proc/sys/kernel/random", "proc/self/ns", "proc/7",
					      "sys/devices/system/cpu", NULL};

	(void)state;
	return make_root_with(folders);
}

#define BOOT_ID "proc/sys/kernel/random/boot_id"

static void boot_id_is_read(void **state)
{
	char text[UUID_TEXT_SIZE];

	(void)state;
	write_text(BOOT_ID, "88A1f0ed-5ae5-41ee-af6b-41921c311872\n");
	assert_int_equal(procfs_boot_id(root, text), 0);
	assert_string_equal(text, "88a1f0ed-5ae5-41ee-af6b-41921c311872");
}

static void boot_ids_that_are_no_uuid_are_refused(void **state)
{
	static const char *const bad[] = {"",
					  "\n",
					  "88a1f0ed-5ae5-41ee-af6b-41921c31187\n",
					  "88a1f0ed-5ae5-41ee-af6b-41921c3118722\n",
					  "88a1f0ed-5ae5-41ee-af6b-41921c311872\n\n",
					  "88a1f0ed+5ae5-41ee-af6b-41921c311872",
					  "g8a1f0ed-5ae5-41ee-af6b-41921c311872"};
	char text[UUID_TEXT_SIZE];

	(void)state;
	assert_int_equal(procfs_boot_id(root, text), -ENOENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text(BOOT_ID, bad[i]);
		assert_int_equal(procfs_boot_id(root, text), -EINVAL);
	}
}

static uint32_t namespace_of_link(const char *target)
{
	(void)unlink(path_of("proc/self/ns/pid"));
	assert_int_equal(symlink(target, path_of("proc/self/ns/pid")), 0);
	return procfs_own_namespace(root, "pid");
}

static void namespace_numbers_come_from_the_link(void **state)
{
	(void)state;
	assert_int_equal(procfs_own_namespace(root, "pid"), 0);
	assert_int_equal(namespace_of_link("pid:[4026531836]"), 4026531836U);
	assert_int_equal(namespace_of_link("mnt:[4026531836]"), 0);
	assert_int_equal(namespace_of_link("pi:[1]"), 0);
	assert_int_equal(namespace_of_link("pidx:[1]"), 0);
	assert_int_equal(namespace_of_link("pid:[]"), 0);
	assert_int_equal(namespace_of_link("pid:[-1]"), 0);
	assert_int_equal(namespace_of_link("pid:[4294967296]"), 0);
	assert_int_equal(namespace_of_link("pid:[1]x"), 0);
	assert_int_equal(namespace_of_link("pid:[1"), 0);
	assert_int_equal(namespace_of_link("/etc/passwd"), 0);
}

static void arguments_are_kept_and_a_cut_is_told(void **state)
{
	char args[16];
	int cut = -1;

	(void)state;
	write_file("proc/7/cmdline", "a\0\0b\n\0", 6);
	assert_int_equal(procfs_args(root, 7, args, sizeof(args), &cut), 6);
	assert_memory_equal(args, "a\0\0b\n\0", 6);
	assert_int_equal(cut, 0);
	write_file("proc/7/cmdline", "0123456789abcde", 16);
	assert_int_equal(procfs_args(root, 7, args, sizeof(args), &cut), 16);
	assert_int_equal(cut, 0);
	write_file("proc/7/cmdline", "0123456789abcdef", 17);
	assert_int_equal(procfs_args(root, 7, args, sizeof(args), &cut), 16);
	assert_memory_equal(args, "0123456789abcdef", 16);
	assert_int_equal(cut, 1);
}

static void arguments_of_nobody_are_told_apart(void **state)
{
	char args[16];
	int cut = -1;

	(void)state;
	assert_int_equal(procfs_args(root, 8, args, sizeof(args), &cut), -ESRCH);
	write_text("proc/7/cmdline", ""); /* a kernel thread */
	assert_int_equal(procfs_args(root, 7, args, sizeof(args), &cut), 0);
	assert_int_equal(cut, 0);
}

static void what_is_no_file_is_never_read(void **state)
{
	char args[16];
	int cut;

	(void)state;
	assert_int_equal(mkfifo(path_of("proc/7/cmdline"), 0600), 0);
	assert_int_equal(procfs_args(root, 7, args, sizeof(args), &cut), -EINVAL);
	assert_int_equal(unlink(path_of("proc/7/cmdline")), 0);
	assert_int_equal(symlink("/proc/self/cmdline", path_of("proc/7/cmdline")), 0);
	assert_int_equal(procfs_args(root, 7, args, sizeof(args), &cut), -ELOOP);
}

static void real_arguments_are_those_of_the_program(void **state)
{
	char *const argv[] = {(char[]){"sleep"}, (char[]){"100"}, NULL};
	int ready[2], cut = -1;
	char args[64], byte;
	ssize_t kept;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	assert_int_equal(close(ready[1]), 0);
	assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by the exec */
	assert_int_equal(close(ready[0]), 0);
	do /* the kernel closes files a little before it sets the new arguments */
		kept = procfs_args("", (uint32_t)child, args, sizeof(args), &cut);
	while (kept == 0);
	assert_int_equal(kept, 10);
	assert_memory_equal(args, "sleep\000100\0", 10);
	assert_int_equal(cut, 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(procfs_args("", (uint32_t)child, args, sizeof(args), &cut), -ESRCH);
}

static int cpus_of(const char *text, uint32_t *ret_cpus)
{
	write_text("sys/devices/system/cpu/possible", text);
	return procfs_possible_cpus(root, ret_cpus);
}

static void possible_cpus_are_counted(void **state)
{
	uint32_t cpus = 0;

	(void)state;
	assert_int_equal(cpus_of("0\n", &cpus), 0);
	assert_int_equal(cpus, 1);
	assert_int_equal(cpus_of("0-7\n", &cpus), 0);
	assert_int_equal(cpus, 8);
	assert_int_equal(cpus_of("0-3,8,10-11", &cpus), 0);
	assert_int_equal(cpus, 12);
}

static void cpu_lists_the_kernel_does_not_write_are_refused(void **state)
{
	static const char *const bad[] = {"",    "\n",    "-1",  "0-",  "3-1", "0,0",
					  "4,2", "0-3,3", "0,",  "0 1", "a",   "0-99999999999",
					  ",1",  "0\n\n", "0--1"};
	uint32_t cpus = 77;

	(void)state;
	assert_int_equal(procfs_possible_cpus(root, &cpus), -ENOENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cpus_of(bad[i], &cpus), -EINVAL);
	write_file("sys/devices/system/cpu/possible", "0\0", 2);
	assert_int_equal(procfs_possible_cpus(root, &cpus), -EINVAL);
	assert_int_equal(cpus, 77);
}

static void the_start_of_a_process_is_read_behind_any_name(void **state)
{
	const char *fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 420500 19 20";
	char text[256];
	uint64_t ticks = 0;

	(void)state;
	assert_int_equal(procfs_start_ticks(root, 42, &ticks), -ENOENT);
	assert_int_equal(mkdir(path_of("proc/42"), 0700), 0);
	(void)snprintf(text, sizeof(text), "42 (a) b (c 1 2) %s\n", fields);
	write_text("proc/42/stat", text);
	assert_int_equal(procfs_start_ticks(root, 42, &ticks), 0);
	assert_int_equal(ticks, 420500);
	write_text("proc/42/stat", "42 (a) S 1 2 3");
	assert_int_equal(procfs_start_ticks(root, 42, &ticks), -EINVAL);
	write_text("proc/42/stat", "42 a S 1 2 3");
	assert_int_equal(procfs_start_ticks(root, 42, &ticks), -EINVAL);
}

static void effective_capabilities_are_read(void **state)
{
	uint64_t bits = 0;

	(void)state;
	assert_int_equal(procfs_own_capabilities(root, &bits), -ENOENT);
	write_text("proc/self/status", "Name:\tx CapEff:\tf\nCapPrm:\t0000000000000001\n"
				       "CapEff:\t000001ffffffffff\nCapBnd:\t0000000000000002\n");
	assert_int_equal(procfs_own_capabilities(root, &bits), 0);
	assert_true(bits == 0x1ffffffffffULL);
	write_text("proc/self/status", "Name:\tx\nCapPrm:\t0000000000000001\n");
	assert_int_equal(procfs_own_capabilities(root, &bits), -EINVAL);
	write_text("proc/self/status", "CapEff:\t1\n");
	assert_int_equal(procfs_own_capabilities(root, &bits), -EINVAL);
	write_text("proc/self/status", "CapEff:\t00000000000000011\n");
	assert_int_equal(procfs_own_capabilities(root, &bits), -EINVAL);
	write_text("proc/self/status", "CapEff:\t");
	assert_int_equal(procfs_own_capabilities(root, &bits), -EINVAL);
}

static void the_device_of_a_mount_is_read(void **state)
{
	uint32_t device = 0;

	(void)state;
	write_text("proc/self/mountinfo",
		   "22 1 0:29 / / rw,relatime shared:1 - btrfs /dev/sda2 rw\n"
		   "23 22 259:1048575 /@home /home rw - btrfs /dev/sda2 rw\n");
	assert_int_equal(procfs_mount_device(root, 22, &device), 0);
	assert_int_equal(device, 29);
	assert_int_equal(procfs_mount_device(root, 23, &device), 0);
	assert_int_equal(device, 259U << 20 | 1048575);
	assert_int_equal(procfs_mount_device(root, 2, &device), -ENOENT);
	write_text("proc/self/mountinfo", "22 1 0:x / / rw\n23 1 0:2 / / rw\n");
	assert_int_equal(procfs_mount_device(root, 23, &device), -EINVAL);
	write_text("proc/self/mountinfo", "23 1 4096:2 / / rw\n");
	assert_int_equal(procfs_mount_device(root, 23, &device), -EINVAL);
	write_text("proc/self/mountinfo", "23 1 0:1048576 / / rw\n");
	assert_int_equal(procfs_mount_device(root, 23, &device), -EINVAL);
	write_text("proc/self/mountinfo", "");
	assert_int_equal(procfs_mount_device(root, 23, &device), -ENOENT);
}

static void the_real_proc_is_understood(void **state)
{
	char text[UUID_TEXT_SIZE];
	uint8_t id[16];
	uint32_t cpus = 0;
	uint64_t bits;
	struct stat st;

	(void)state;
	assert_int_equal(procfs_boot_id("", text), 0);
	assert_int_equal(uuid_parse(id, text), 0);
	assert_int_equal(procfs_possible_cpus("", &cpus), 0);
	assert_true(cpus >= (uint32_t)sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(procfs_own_capabilities("", &bits), 0);
	assert_int_equal(stat("/proc/self/ns/pid", &st), 0);
	assert_int_equal(procfs_own_namespace("", "pid"), st.st_ino);
}

static void id_maps_are_read(void **state)
{
	static struct procfs_id_map map;
	uint32_t inside;

	(void)state;
	write_text("proc/7/uid_map", "         0       1000          1\n"
				     "         1     100000      65536\n"
				     "4294967290 200000 5\n");
	assert_int_equal(procfs_id_map(root, 7, "uid_map", &map), 0);
	assert_int_equal(map.count, 3);
	assert_true(procfs_map_inside(&map, 1000, &inside));
	assert_int_equal(inside, 0);
	assert_true(procfs_map_inside(&map, 165535, &inside));
	assert_int_equal(inside, 65536);
	assert_true(procfs_map_inside(&map, 200004, &inside));
	assert_int_equal(inside, 4294967294u);
	assert_false(procfs_map_inside(&map, 0, &inside));
	assert_false(procfs_map_inside(&map, 1001, &inside));
	assert_false(procfs_map_inside(&map, 165536, &inside));
	write_text("proc/7/uid_map", "");
	assert_int_equal(procfs_id_map(root, 7, "uid_map", &map), 0);
	assert_false(procfs_map_inside(&map, 0, &inside));
	assert_int_equal(procfs_id_map(root, 7, "gid_map", &map), -ESRCH);
}

static void id_maps_the_kernel_does_not_write_are_refused(void **state)
{
	static const char *const wrong[] = {
		"0 0\n",   "0 0 1",    "0 0 1 2\n", "0 -1 1\n", "0 0 4294967296\n",
		"x 0 1\n", "0 0 1\n\n"};
	static struct procfs_id_map map;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_text("proc/7/uid_map", wrong[i]);
		assert_int_equal(procfs_id_map(root, 7, "uid_map", &map), -EINVAL);
	}
}

static void a_root_too_long_for_a_path_is_refused(void **state)
{
	static char longest[8192];
	char text[UUID_TEXT_SIZE];
	uint32_t cpus;

	(void)state;
	memset(longest, 'r', sizeof(longest) - 1);
	assert_int_equal(procfs_boot_id(longest, text), -ENAMETOOLONG);
	assert_int_equal(procfs_possible_cpus(longest, &cpus), -ENAMETOOLONG);
	assert_int_equal(procfs_own_namespace(longest, "pid"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

static void put_link(const char *path, const char *target)
{
	(void)unlink(path_of(path));
	assert_int_equal(symlink(target, path_of(path)), 0);
}

/* Below root/host is the host's root. Whose number is not known must be nobody's: 1 is init's. */
static void the_initial_pid_is_that_of_the_proc_of_the_initial_namespace(void **state)
{
	char host[PATH_MAX];

	(void)state;
	(void)snprintf(host, sizeof(host), "%s/host", root);
	assert_int_equal(io_make_dirs(path_of("host/proc/1/ns"), 0700), 0);
	put_link("proc/self/ns/pid", "pid:[4026531836]");
	assert_int_equal(procfs_initial_pid(root, host), getpid());
	put_link("proc/self/ns/pid", "pid:[4026532000]");
	assert_int_equal(procfs_initial_pid(root, root), 0);
	assert_int_equal(procfs_initial_pid(root, host), 0);
	put_link("host/proc/self", "4711");
	put_link("host/proc/1/ns/pid", "pid:[4026532000]");
	assert_int_equal(procfs_initial_pid(root, host), 0);
	put_link("host/proc/1/ns/pid", "pid:[4026531836]");
	assert_int_equal(procfs_initial_pid(root, host), 4711);
	assert_int_equal(unlink(path_of("host/proc/1/ns/pid")), 0);
	assert_int_equal(procfs_initial_pid(root, host), 0);
	assert_int_equal(io_make_dirs(path_of("host/proc/2/ns"), 0700), 0);
	put_link("host/proc/2/ns/pid", "pid:[4026531836]");
	assert_int_equal(procfs_initial_pid(root, host), 4711);
	put_link("host/proc/self", "4711x");
	assert_int_equal(procfs_initial_pid(root, host), 0);
	assert_int_equal(unlink(path_of("host/proc/self")), 0);
	assert_int_equal(procfs_initial_pid(root, host), 0);
}

static void own_cgroup_is_that_of_v2(void **state)
{
	char path[16];

	(void)state;
	assert_int_equal(procfs_own_cgroup(root, path, sizeof(path)), -ENOENT);
	write_text("proc/self/cgroup", "8:pids:/a\n1:name=systemd:/b\n0::/c/d\n");
	assert_int_equal(procfs_own_cgroup(root, path, sizeof(path)), 0);
	assert_string_equal(path, "/c/d");
	write_text("proc/self/cgroup", "0::/0123456789abcde\n");
	assert_int_equal(procfs_own_cgroup(root, path, sizeof(path)), -ENAMETOOLONG);
	write_text("proc/self/cgroup", "8:pids:/a\n");
	assert_int_equal(procfs_own_cgroup(root, path, sizeof(path)), -ENOENT);
}

static void own_memory_is_that_line_of_status(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	write_text("proc/self/status",
		   "Name:\tRssAnon: 7 kB\nVmRSS:\t   9 kB\nRssAnon:\t  12 kB\n");
	assert_int_equal(procfs_own_memory(root, &bytes), 0);
	assert_int_equal(bytes, 12 * 1024);
	write_text("proc/self/status", "RssAnon:\t  12 MB\n");
	assert_int_equal(procfs_own_memory(root, &bytes), -EINVAL);
	write_text("proc/self/status", "Name:\tx\n");
	assert_int_equal(procfs_own_memory(root, &bytes), -EINVAL);
	assert_int_equal(procfs_own_memory("", &bytes), 0);
	assert_in_range(bytes, 4096, UINT64_C(1) << 40);
}

static void users_of_a_process_are_real_and_login(void **state)
{
	uint32_t uid = 1, login_uid = 1;

	(void)state;
	write_text("proc/7/status", "Name:\tUid:\t9\nUid:\t1000\t0\t0\t0\n");
	assert_int_equal(procfs_users_of(root, 7, &uid, &login_uid), 0);
	assert_int_equal(uid, 1000);
	assert_int_equal(login_uid, UINT32_MAX); /* a kernel without auditing */
	write_text("proc/7/loginuid", "1001");
	assert_int_equal(procfs_users_of(root, 7, &uid, &login_uid), 0);
	assert_int_equal(login_uid, 1001);
	write_text("proc/7/loginuid", "4294967295");
	assert_int_equal(procfs_users_of(root, 7, &uid, &login_uid), 0);
	assert_int_equal(login_uid, UINT32_MAX);
	write_text("proc/7/loginuid", "4294967296");
	assert_int_equal(procfs_users_of(root, 7, &uid, &login_uid), -EINVAL);
	write_text("proc/7/status", "Uid:\tx\n");
	assert_int_equal(procfs_users_of(root, 7, &uid, &login_uid), -EINVAL);
	assert_int_equal(procfs_users_of(root, 8, &uid, &login_uid), -ENOENT);
	assert_int_equal(procfs_users_of("", (uint32_t)getpid(), &uid, &login_uid), 0);
	assert_int_equal(uid, getuid());
}

static void the_own_program_can_be_opened(void **state)
{
	int fd = procfs_open_own_program("");
	struct stat st, self;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(stat("/proc/self/exe", &self), 0);
	assert_int_equal(st.st_ino, self.st_ino);
	assert_int_equal(close(fd), 0);
	assert_int_equal(procfs_open_own_program(root), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(boot_id_is_read),
		TEST(boot_ids_that_are_no_uuid_are_refused),
		TEST(namespace_numbers_come_from_the_link),
		TEST(arguments_are_kept_and_a_cut_is_told),
		TEST(arguments_of_nobody_are_told_apart),
		TEST(what_is_no_file_is_never_read),
		TEST(real_arguments_are_those_of_the_program),
		TEST(possible_cpus_are_counted),
		TEST(cpu_lists_the_kernel_does_not_write_are_refused),
		TEST(the_start_of_a_process_is_read_behind_any_name),
		TEST(effective_capabilities_are_read),
		TEST(the_initial_pid_is_that_of_the_proc_of_the_initial_namespace),
		TEST(own_cgroup_is_that_of_v2),
		TEST(own_memory_is_that_line_of_status),
		TEST(users_of_a_process_are_real_and_login),
		TEST(the_own_program_can_be_opened),
		TEST(the_device_of_a_mount_is_read),
		TEST(the_real_proc_is_understood),
		TEST(id_maps_are_read),
		TEST(id_maps_the_kernel_does_not_write_are_refused),
		TEST(a_root_too_long_for_a_path_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
