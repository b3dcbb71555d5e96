/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a process is: users, groups, capabilities, login, terminal, namespaces, kernel threads. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/loop.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Four different ones each, kept with all capabilities. */
static int take_distinct_ids(void *unused)
{
	(void)unused;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) != 0 || setresgid(1, 2, 3) != 0 ||
	    setresuid(1, 2, 3) != 0)
		return -errno;
	setfsgid(4);
	setfsuid(4);
	return setfsuid((uid_t)-1) == 4 && setfsgid((gid_t)-1) == 4 ? 0 : -EPERM;
}

static void tells_four_users_and_groups_apart(void **state)
{
	struct life life = {.program = {.prepare = take_distinct_ids}};

	check_life(*state, &life);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(life.facts.uid[i], i + 1);
		assert_int_equal(life.facts.gid[i], i + 1);
	}
}

static int drop_to_nameless(void *unused)
{
	(void)unused;
	return setresgid(4242421, 4242421, 4242421) == 0 &&
			       setresuid(4242420, 4242420, 4242420) == 0
		       ? 0
		       : -errno;
}

static void leaves_out_the_name_of_a_user_that_has_none(void **state)
{
	struct life life = {.program = {.path = HOLD, .prepare = drop_to_nameless}};

	check_life(*state, &life);
	assert_int_equal(life.facts.uid[EFFECTIVE], 4242420);
	assert_int_equal(life.facts.caps[PERMITTED], 0);
}

static void want_raised(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "exec") == 0)
		want_bool(want, "Linux.exec.secure", true);
}

/* Copies hold into the harness's directory, gives it away and sets its mode. */
static void make_set_id(const struct harness *harness, char path[PATH_MAX], const char *name,
			mode_t mode)
{
	snprintf(path, PATH_MAX, "%s/%s", harness_dir(harness), name);
	copy_file(HOLD, path, 0755);
	assert_int_equal(chown(path, 0, 5), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void tells_that_a_set_user_id_binary_raised_privileges(void **state)
{
	char path[PATH_MAX];
	struct life life = {.program = {.path = path, .prepare = drop_to_nameless},
			    .adjust = want_raised};

	make_set_id(*state, path, "set-user-id", 04755);
	check_life(*state, &life);
	assert_int_equal(life.facts.uid[REAL], 4242420);
	assert_int_equal(life.facts.uid[EFFECTIVE], 0);
	assert_int_equal(life.facts.uid[SAVED], 0);
}

static void tells_that_a_set_group_id_binary_raised_privileges(void **state)
{
	char path[PATH_MAX];
	struct life life = {.program = {.path = path, .prepare = drop_to_nameless},
			    .adjust = want_raised};

	make_set_id(*state, path, "set-group-id", 02755);
	check_life(*state, &life);
	assert_int_equal(life.facts.gid[EFFECTIVE], 5);
	assert_int_equal(life.facts.uid[EFFECTIVE], 4242420);
}

static void tells_a_set_user_id_binary_that_raised_nothing(void **state)
{
	char path[PATH_MAX];
	struct life life = {.program = {.path = path}};

	make_set_id(*state, path, "set-user-id-of-root", 04755);
	check_life(*state, &life);
}

/* Inheritable and ambient: NET_RAW. Effective: less than permitted. Bounding: less than all. */
static int take_odd_capabilities(void *unused)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = 1u << CAP_NET_RAW | 1u << CAP_SETPCAP,
		 .permitted = 1u << CAP_NET_RAW | 1u << CAP_SETPCAP | 1u << CAP_CHOWN,
		 .inheritable = 1u << CAP_NET_RAW},
		{.permitted = 1u << (CAP_BPF - 32)}};

	(void)unused;
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT) != 0 || syscall(SYS_capset, &header, data) != 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) != 0)
		return -errno;
	return 0;
}

static void tells_all_five_capability_sets(void **state)
{
	struct life life = {.program = {.prepare = take_odd_capabilities}};

	check_life(*state, &life);
	assert_int_equal(life.facts.caps[AMBIENT], 1u << CAP_NET_RAW);
	assert_int_equal(life.facts.caps[INHERITABLE], 1u << CAP_NET_RAW);
	assert_int_not_equal(life.facts.caps[EFFECTIVE_CAPS], life.facts.caps[PERMITTED]);
}

static int log_in(void *unused)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, "1", 1);

	(void)unused;
	return written == 1 ? 0 : -errno;
}

static void tells_login_user_and_audit_session(void **state)
{
	struct life life = {.program = {.path = HOLD, .prepare = log_in}};

	check_life(*state, &life);
	assert_int_equal(life.facts.login_uid, 1);
	assert_int_not_equal(life.facts.audit_session, FACTS_UNSET);
}

static int take_terminal(void *slave)
{
	int fd;

	if (setsid() < 0)
		return -errno;
	fd = open(slave, O_RDWR | O_CLOEXEC);
	return fd >= 0 && ioctl(fd, TIOCSCTTY, 0) == 0 ? 0 : -errno;
}

static void tells_the_controlling_terminal(void **state)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char slave[64];
	struct life life = {.program = {.path = HOLD, .prepare = take_terminal, .data = slave}};

	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	assert_int_equal(ptsname_r(terminal, slave, sizeof(slave)), 0);
	check_life(*state, &life);
	assert_int_equal(life.facts.tty_major, 136);
	assert_int_equal(life.facts.session, life.child.pid);
	close(terminal);
}

static void want_own_namespaces(struct want *want, const char *action, const struct life *life)
{
	const uint64_t *namespaces = life->facts.namespaces;

	(void)action;
	want_number(want, "process.vpid", 1);
	if (life->facts.session) /* none where the session is init's own, which is 0 */
		want_number(want, "process.session_leader.pid", life->facts.session);
	want_id(want, "Linux.namespaces.pid", namespaces[NS_PID]);
	want_id(want, "Linux.namespaces.net", namespaces[NS_NET]);
	want_id(want, "Linux.namespaces.uts", namespaces[NS_UTS]);
	want_id(want, "Linux.namespaces.ipc", namespaces[NS_IPC]);
	want_id(want, "Linux.namespaces.cgroup", namespaces[NS_CGROUP]);
}

static void tells_own_namespaces_and_the_pid_inside(void **state)
{
	struct life life = {.program = {.path = HOLD,
					.clone_flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
						       CLONE_NEWIPC | CLONE_NEWCGROUP},
			    .adjust = want_own_namespaces};
	struct facts test;

	facts_read(&test, getpid());
	check_life(*state, &life);
	assert_int_equal(life.facts.ns_pid, 1);
	for (unsigned int i = NS_IPC; i <= NS_PID; i++)
		assert_true(i == NS_MNT || life.facts.namespaces[i] != test.namespaces[i]);
	facts_done(&test);
}

static void want_own_user_namespace(struct want *want, const char *action, const struct life *life)
{
	(void)action;
	want_id(want, "Linux.namespaces.user", life->facts.namespaces[NS_USER]);
	want_capabilities(want, &life->facts);
}

/* Ids are those of the initial user namespace: nobody is root by making a namespace. */
static void tells_outer_ids_of_a_user_namespace(void **state)
{
	struct life life = {.program = {.clone_flags = CLONE_NEWUSER},
			    .adjust = want_own_user_namespace};

	check_life(*state, &life);
	assert_int_equal(life.facts.uid[EFFECTIVE], 0);
}

static const char *cgroup_root(void)
{
	if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0)
		return "/sys/fs/cgroup/unified";
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup" : NULL;
}

static int join_cgroup(void *directory)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", (const char *)directory);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "0", 1) == 1 ? 0 : -errno;
}

static void want_cgroup_before_it_moved(struct want *want, const char *action,
					const struct life *life)
{
	struct facts test;

	if (strcmp(action, "fork") != 0)
		return;
	facts_read(&test, getpid());
	assert_int_not_equal(test.cgroup, life->facts.cgroup);
	want_cgroup(want, &test);
	facts_done(&test);
}

static void tells_the_cgroup_it_is_in_at_each_event(void **state)
{
	char path[PATH_MAX];
	struct life life = {.program = {.path = HOLD, .prepare = join_cgroup, .data = path},
			    .adjust = want_cgroup_before_it_moved};

	if (!cgroup_root()) {
		print_message("not tested: no cgroup v2 hierarchy is mounted\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/auditship-test-%d", cgroup_root(), getpid());
	assert_int_equal(mkdir(path, 0755), 0);
	check_life(*state, &life);
	assert_int_equal(rmdir(path), 0);
}

/* After a failure: the children have gone by then. */
static int remove_cgroup(void **state)
{
	char path[PATH_MAX];

	if (cgroup_root()) {
		snprintf(path, sizeof(path), "%s/auditship-test-%d", cgroup_root(), getpid());
		(void)rmdir(path);
	}
	return harness_teardown(state);
}

static int take_odd_name(void *unused)
{
	(void)unused;
	return prctl(PR_SET_NAME, "a\n\"\xe9)") == 0 ? 0 : -errno;
}

static void want_odd_name(struct want *want, const char *action, const struct life *life)
{
	(void)life;
	if (strcmp(action, "end") != 0)
		return;
	want_string(want, "process.thread.name", "a\n\"\xef\xbf\xbd)");
	want_json(want, "tags", "[\"non-utf8\"]");
	want_json(want, "Linux.raw",
		  "[{\"field\":\"process.thread.name\",\"base64\":\"YQoi6Sk=\"}]");
}

static void tells_a_name_that_was_made_to_confuse(void **state)
{
	struct life life = {.program = {.prepare = take_odd_name}, .adjust = want_odd_name};

	check_life(*state, &life);
}

/* Mounting a file system with a journal of its own makes the kernel start a thread for it. */
static int mount_image(void *data)
{
	struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
	char device[32], target[PATH_MAX];
	int image = open(data, O_RDWR | O_CLOEXEC);
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int loop;

	snprintf(device, sizeof(device), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	loop = open(device, O_RDWR | O_CLOEXEC);
	if (image < 0 || loop < 0 || ioctl(loop, LOOP_SET_FD, image) != 0 ||
	    ioctl(loop, LOOP_SET_STATUS64, &info) != 0)
		return -errno;
	snprintf(target, sizeof(target), "%s.mount", (const char *)data);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mkdir(target, 0700) != 0 ||
	    mount(device, target, "ext4", 0, NULL) != 0)
		return -errno;
	close(loop);
	return 0;
}

static void make_image(const char *path)
{
	pid_t child;
	int status;

	write_file(path, "", 0, 0600);
	assert_int_equal(truncate(path, 16 << 20), 0);
	child = fork();
	if (child == 0) {
		setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
		execlp("mkfs.ext4", "mkfs.ext4", "-q", "-F", path, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* The journal's thread of the file system: the one that started while it was mounted. */
static pid_t find_journal_thread(struct harness *harness, struct facts *ret_facts)
{
	const struct event *event;

	harness_settle(harness);
	for (size_t i = 0; (event = harness_event(harness, i)); i++) {
		if (strcmp(event->action, "fork") != 0 ||
		    !event_get(event, "Linux.kernel_thread") || kill(event->pid, 0) != 0)
			continue;
		facts_read(ret_facts, event->pid);
		if (strncmp(ret_facts->comm, "jbd2", 4) == 0)
			return event->pid;
		facts_done(ret_facts);
	}
	fail_msg("no fork of a kernel thread for the journal in the trail");
	return 0;
}

static void check_kernel_fork(struct harness *harness, const struct child *thread,
			      const struct facts *facts, const struct facts *maker)
{
	const struct event *event = harness_wait(harness, thread->pid, "fork");
	struct want *want = want_fork(harness, event, maker, thread);
	const char *name = event_string(event, "process.thread.name");

	/* named before the fork is told since Linux 6.6, afterwards in older ones */
	assert_true(strcmp(name, facts->comm) == 0 || strcmp(name, maker->comm) == 0);
	want_string(want, "process.thread.name", name);
	want_string(want, "process.entity_id", facts->entity_id);
	want_bool(want, "Linux.kernel_thread", true);
	want_check(want, harness, event);
}

static void check_kernel_exit(struct harness *harness, struct child *thread,
			      const struct facts *facts, const struct facts *maker)
{
	const struct event *event = harness_wait(harness, thread->pid, "end");
	struct want *want;

	thread->after_end_ns = boot_ns();
	want = want_exit(harness, event, facts, thread);
	want_parent(want, maker);
	want_creator(want, maker);
	want_bool(want, "Linux.kernel_thread", true);
	want_id_range(want, "Linux.io.read_bytes", 0, 16 << 20);
	want_id_range(want, "Linux.io.written_bytes", 0, 16 << 20);
	want_check(want, harness, event);
}

static void tells_kernel_threads(void **state)
{
	char path[PATH_MAX];
	struct program program = {.clone_flags = CLONE_NEWNS, .prepare = mount_image, .data = path};
	struct facts facts, maker;
	struct child child, thread;

	snprintf(path, sizeof(path), "%s/image", harness_dir(*state));
	make_image(path);
	child_start(&child, &program);
	thread = child;
	thread.after_fork_ns = boot_ns();
	thread.pid = find_journal_thread(*state, &facts);
	facts_read(&maker, 2);
	check_kernel_fork(*state, &thread, &facts, &maker);
	/* the end of the only process in it ends the mount namespace, and the mount with it */
	child_end(&child);
	thread.before_end_ns = child.before_end_ns;
	thread.status = 0;
	memset(&thread.usage, 0, sizeof(thread.usage));
	check_kernel_exit(*state, &thread, &facts, &maker);
	facts_done(&facts);
	facts_done(&maker);
}

static void leaves_the_kernel_thread_mark_out_for_others(void **state)
{
	struct program program = {.path = HOLD};
	struct child child;

	child_start(&child, &program);
	child_end(&child);
	assert_null(event_get(harness_wait(*state, child.pid, "fork"), "Linux.kernel_thread"));
	assert_null(event_get(harness_wait(*state, child.pid, "exec"), "Linux.kernel_thread"));
	assert_null(event_get(harness_wait(*state, child.pid, "end"), "Linux.kernel_thread"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(tells_four_users_and_groups_apart),
		KERNEL_TEST(leaves_out_the_name_of_a_user_that_has_none),
		KERNEL_TEST(tells_that_a_set_user_id_binary_raised_privileges),
		KERNEL_TEST(tells_that_a_set_group_id_binary_raised_privileges),
		KERNEL_TEST(tells_a_set_user_id_binary_that_raised_nothing),
		KERNEL_TEST(tells_all_five_capability_sets),
		KERNEL_TEST(tells_login_user_and_audit_session),
		KERNEL_TEST(tells_the_controlling_terminal),
		KERNEL_TEST(tells_own_namespaces_and_the_pid_inside),
		KERNEL_TEST(tells_outer_ids_of_a_user_namespace),
		KERNEL_TEST(tells_the_cgroup_it_is_in_at_each_event),
		KERNEL_TEST(tells_a_name_that_was_made_to_confuse),
		KERNEL_TEST(tells_kernel_threads),
		KERNEL_TEST(leaves_the_kernel_thread_mark_out_for_others),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, remove_cgroup);
}
