/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the probes leave out: beside each process or file that a filter matches stands one that it
 * does not, and both are counted exactly. A new agent for each test.
 */
#include "child.h"
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENS PROGRAMS_DIR "/opens"
#define EVENTS "[process, open, exec_failed]"
#define STRANGER 54321 /* a user that nobody is */
#define PATIENCE_NS 10000000000ull
#define PATH_SIZE 512

/* What a test has made and clear() takes away again, whatever became of the test. */
static struct {
	struct harness *harness;
	char mounts[4][PATH_SIZE];
	size_t mount_count;
	char cgroups[2][PATH_SIZE];
	size_t cgroup_count;
} made;

/* A process that was waited for leaves its cgroup a little later. */
static void remove_cgroup(const char *path)
{
	uint64_t deadline = boot_ns() + PATIENCE_NS;

	while (rmdir(path) != 0 && errno == EBUSY && boot_ns() < deadline)
		sched_yield();
}

static int clear(void **state)
{
	(void)state;
	while (made.mount_count > 0)
		umount2(made.mounts[--made.mount_count], MNT_DETACH);
	while (made.cgroup_count > 0)
		remove_cgroup(made.cgroups[--made.cgroup_count]);
	harness_free(made.harness);
	made.harness = NULL;
	return 0;
}

static struct harness *start(void)
{
	made.harness = harness_new(&(struct harness_options){.events = EVENTS});
	assert_non_null(made.harness);
	return made.harness;
}

/* A path in the test's directory. */
static const char *at(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *at(const char *format, ...)
{
	static char paths[16][PATH_SIZE];
	static unsigned int next;
	char *path = paths[next++ % 16];
	int used = snprintf(path, PATH_SIZE, "%s/", harness_dir(made.harness));
	va_list args;

	va_start(args, format);
	vsnprintf(path + used, PATH_SIZE - (size_t)used, format, args);
	va_end(args);
	return path;
}

static void make_dir(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(const char *path)
{
	write_file(path, "x", 1, 0600);
}

static void mount_at(const char *what, const char *where, const char *type, unsigned long flags)
{
	assert_true(made.mount_count < 4);
	assert_int_equal(mount(what, where, type, flags, NULL), 0);
	snprintf(made.mounts[made.mount_count++], PATH_SIZE, "%s", where);
}

static void reload(const char *capture)
{
	harness_reload(made.harness,
		       &(struct harness_options){.events = EVENTS, .capture = capture});
}

__attribute__((format(printf, 1, 2))) static void filter(const char *format, ...)
{
	char capture[4 * PATH_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(capture, sizeof(capture), format, args);
	va_end(args);
	reload(capture);
}

/* Runs a program like programs/opens with these arguments and waits for its end. */
struct run {
	const char *program; /* NULL: OPENS */
	int times;           /* 0: once */
	const char *ops[9];  /* HOW, PATH, ... */
	int (*prepare)(void *data);
	void *data;
	int failures; /* expected of opens */
};

static pid_t run(const struct run *run)
{
	char times[16];
	char *argv[12] = {"opens", times};
	struct program program = {
		.path = run->program ? run->program : OPENS,
		.argv = argv,
		.prepare = run->prepare,
		.data = run->data,
	};
	struct child child;

	snprintf(times, sizeof(times), "%d", run->times ? run->times : 1);
	for (int i = 0; run->ops[i]; i++)
		argv[i + 2] = (char *)(uintptr_t)run->ops[i];
	child_start(&child, &program);
	child_end(&child);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), run->failures);
	harness_settle(made.harness);
	return child.pid;
}

static pid_t do_opens(const char *how, const char *path)
{
	return run(&(struct run){.ops = {how, path}});
}

/* Events of file opens by that process; path NULL: of any file. */
static size_t opens_of(pid_t pid, const char *path)
{
	const struct event *event;
	size_t count = 0;

	for (size_t i = 0; (event = harness_event(made.harness, i)); i++) {
		yajl_val found;

		if (event->pid != pid ||
		    strcmp(event_string(event, "event.dataset"), "auditship.file") != 0)
			continue;
		found = event_get(event, "file.path");
		count += !path || (found && strcmp(found->u.string, path) == 0);
	}
	return count;
}

static void assert_told(pid_t pid, const char *path, size_t count)
{
	assert_int_equal(opens_of(pid, path), count);
	assert_int_equal(opens_of(pid, NULL), count);
}

static void assert_life_told(pid_t pid, bool told)
{
	assert_int_equal(harness_count(made.harness, pid, "fork"), told);
	assert_int_equal(harness_count(made.harness, pid, "exec"), told);
	assert_int_equal(harness_count(made.harness, pid, "end"), told);
}

static uint64_t left_out(const char *by)
{
	char path[64];

	snprintf(path, sizeof(path), "filters.left_out.%s", by);
	return harness_status(made.harness, path);
}

static int become_stranger(void *data)
{
	(void)data;
	return setresuid(STRANGER, STRANGER, STRANGER) == 0 ? 0 : -errno;
}

/* By mode and path. Where drops by path are counted no reads are watched, so that somebody who
 * looks through all directories of this host counts under the mode. */
#define NO_READS "  open: {read_paths: []}\n"

static void notable_are_writes_creations_and_refusals(void **state)
{
	const char *file, *secret, *missing, *fresh;
	pid_t pid;

	(void)state;
	start();
	file = at("file");
	secret = at("secret");
	missing = at("missing");
	make_file(file);
	make_file(secret);
	assert_told(do_opens("r", file), file, 0);
	assert_told(do_opens("w", file), file, 1);
	fresh = at("fresh");
	pid = do_opens("c", fresh);
	assert_told(pid, fresh, 1);
	assert_int_equal(harness_count(made.harness, pid, "creation"), 1);
	pid = run(&(struct run){.ops = {"r", missing}, .failures = 1});
	assert_told(pid, NULL, 0);
	pid = run(&(struct run){.ops = {"r", secret}, .failures = 1, .prepare = become_stranger});
	assert_told(pid, secret, 1);
	filter("  open: {mode: all}\n");
	assert_told(do_opens("r", file), file, 1);
	pid = run(&(struct run){.ops = {"r", missing}, .failures = 1});
	assert_told(pid, missing, 1);
	filter("  open: {mode: notable}\n");
	assert_told(do_opens("r", file), file, 0);
}

static void reads_of_watched_files_are_notable_also_when_replaced(void **state)
{
	const char *watched, *beside, *later;

	(void)state;
	start();
	make_dir(at("etc"));
	watched = at("etc/shadow");
	beside = at("etc/shadow-not");
	later = at("etc/later");
	make_file(watched);
	make_file(beside);
	filter("  open: {read_paths: [%s, %s]}\n", watched, later);
	assert_told(do_opens("r", watched), watched, 1);
	assert_told(do_opens("r", beside), beside, 0);
	make_file(at("etc/shadow+"));
	assert_int_equal(rename(at("etc/shadow+"), watched), 0);
	assert_told(do_opens("r", watched), watched, 1); /* at once: by its name */
	make_file(later);
	assert_told(do_opens("r", later), later, 1);
	assert_told(do_opens("r", beside), beside, 0);
}

static void reads_below_watched_directories_are_notable_however_reached(void **state)
{
	const char *deep, *twin, *by_mount, *mounted, *beside;

	(void)state;
	start();
	make_dir(at("keys"));
	make_dir(at("keys/a"));
	make_dir(at("keys/disk"));
	make_dir(at("keysnot"));
	make_dir(at("bound"));
	deep = at("keys/a/key");
	twin = at("keysnot/key");
	make_file(deep);
	make_file(twin);
	mount_at(at("keys/a"), at("bound"), NULL, MS_BIND);
	mount_at("tmpfs", at("keys/disk"), "tmpfs", 0);
	by_mount = at("bound/key");
	mounted = at("keys/disk/key");
	make_file(mounted);
	beside = at("file");
	make_file(beside);
	filter("  open: {read_paths: [%s]}\n", at("keys"));
	assert_told(do_opens("r", deep), deep, 1);
	assert_told(do_opens("r", at("keys")), at("keys"), 1);
	assert_told(do_opens("r", by_mount), by_mount, 1);
	assert_told(do_opens("r", mounted), mounted, 1);
	assert_told(do_opens("r", twin), twin, 0);
	assert_told(do_opens("r", beside), beside, 0);
}

static void what_is_below_an_excluded_path_is_left_out_and_counted(void **state)
{
	const char *inside, *outside, *mounted;
	uint64_t before;

	(void)state;
	start();
	make_dir(at("cache"));
	make_dir(at("cache/disk"));
	make_dir(at("cached"));
	inside = at("cache/file");
	outside = at("cached/file");
	make_file(inside);
	make_file(outside);
	mount_at("tmpfs", at("cache/disk"), "tmpfs", 0);
	mounted = at("cache/disk/file");
	make_file(mounted);
	filter(NO_READS "  exclude: {path: [%s, %s]}\n", at("cache"), at("alone"));
	before = left_out("path");
	assert_told(run(&(struct run){.times = 7, .ops = {"w", inside, "w", outside}}), outside, 7);
	assert_told(do_opens("w", mounted), mounted, 0);
	assert_told(do_opens("c", at("alone")), at("alone"), 0);
	assert_told(do_opens("c", at("alone2")), at("alone2"), 1);
	assert_int_equal(left_out("path") - before, 7 + 1 + 1);
	filter("  exclude: {path: []}\n");
	assert_told(do_opens("w", inside), inside, 1);
	assert_told(do_opens("w", mounted), mounted, 1);
}

/* data: {what, where}. In a user namespace of its own, as every user may have one. */
static int mount_unprivileged(void *data)
{
	const char *const *paths = data;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(paths[0], paths[1], NULL, MS_BIND, NULL) != 0)
		return -errno;
	return 0;
}

static void nobody_hides_by_mounting_below_an_excluded_path(void **state)
{
	const char *paths[3], *hidden;
	struct run hide = {.prepare = mount_unprivileged};

	(void)state;
	start();
	make_dir(at("cache"));
	make_dir(at("cache/here"));
	make_dir(at("home"));
	make_file(at("home/file"));
	paths[0] = at("home");
	paths[1] = at("cache/here");
	hidden = at("cache/here/file");
	filter("  exclude: {path: [%s]}\n", at("cache"));
	hide.ops[0] = "w";
	hide.ops[1] = hidden;
	hide.data = paths;
	assert_told(run(&hide), hidden, 1);
	mount_at(paths[0], paths[1], NULL, MS_BIND); /* root may */
	assert_told(do_opens("w", hidden), hidden, 0);
}

static void every_proc_is_left_out_by_its_path(void **state)
{
	const char *second;
	char score[PATH_SIZE];
	pid_t pid;

	(void)state;
	start();
	make_dir(at("proc"));
	mount_at("proc", at("proc"), "proc", 0);
	second = at("proc/self/oom_score_adj");
	filter("  exclude: {path: [/proc]}\n");
	pid = run(&(struct run){.ops = {"w", "/proc/self/oom_score_adj", "w", second}});
	assert_told(pid, NULL, 0);
	filter("  exclude: {path: []}\n");
	pid = run(&(struct run){.ops = {"w", "/proc/self/oom_score_adj", "w", second}});
	snprintf(score, sizeof(score), "/proc/%d/oom_score_adj", pid);
	assert_int_equal(opens_of(pid, score), 1);
	assert_int_equal(opens_of(pid, NULL), 2);
}

/* By process. */

static void an_excluded_executable_is_known_but_not_told(void **state)
{
	const char *copy, *other, *file;
	uint64_t opens, lives;
	pid_t pid;

	(void)state;
	start();
	copy = at("copy");
	other = at("other");
	file = at("file");
	copy_file(OPENS, copy, 0755);
	copy_file(OPENS, other, 0755);
	make_file(file);
	filter("  exclude: {executable: [%s]}\n", copy);
	opens = left_out("executable");
	lives = harness_status(made.harness, "account.excluded");
	pid = run(&(struct run){.program = copy, .times = 5, .ops = {"w", file}});
	assert_told(pid, file, 0);
	assert_int_equal(harness_count(made.harness, pid, "fork"), 1); /* it was the test then */
	assert_int_equal(harness_count(made.harness, pid, "exec"), 0);
	assert_int_equal(harness_count(made.harness, pid, "end"), 0);
	assert_int_equal(left_out("executable") - opens, 5);
	/* exec and end; of the agent's own there is none */
	assert_int_equal(harness_status(made.harness, "account.excluded") - lives, 2);
	pid = run(&(struct run){.program = other, .times = 5, .ops = {"w", file}});
	assert_told(pid, file, 5);
	assert_life_told(pid, true);
	reload(NULL);
	pid = run(&(struct run){.program = copy, .ops = {"w", file}});
	assert_told(pid, file, 1);
	assert_life_told(pid, true);
}

static void the_children_of_an_excluded_process_tell_the_truth_of_it(void **state)
{
	const char *shell;
	char script[2 * PATH_SIZE];
	char *argv[] = {"sh", "-c", script, NULL};
	struct program program = {.argv = argv};
	const struct event *event;
	struct child child;
	pid_t pid;

	(void)state;
	start();
	shell = at("sh");
	program.path = shell;
	copy_file("/bin/sh", shell, 0755);
	filter("  exclude: {executable: [%s]}\n", shell);
	snprintf(script, sizeof(script), "%s 1 w %s & echo $! >%s; wait; read x", OPENS, at("file"),
		 at("pid"));
	make_file(at("file"));
	child_start(&child, &program);
	child_end(&child);
	harness_settle(made.harness);
	{
		FILE *file = fopen(at("pid"), "re");

		assert_non_null(file);
		assert_int_equal(fscanf(file, "%d", &pid), 1);
		fclose(file);
	}
	assert_told(pid, at("file"), 1);
	assert_int_equal(harness_count(made.harness, pid, "fork"), 0); /* still the shell */
	event = harness_wait(made.harness, pid, "exec");
	assert_string_equal(event_string(event, "process.parent.executable"), shell);
	assert_int_equal(event_number(event, "process.parent.pid"), (uint64_t)child.pid);
	assert_int_equal(harness_count(made.harness, child.pid, "exec"), 0);
	assert_int_equal(harness_count(made.harness, child.pid, "end"), 0);
}

static void a_replaced_binary_is_followed(void **state)
{
	const char *copy, *file;
	uint64_t deadline;
	pid_t pid;

	(void)state;
	start();
	copy = at("copy");
	file = at("file");
	copy_file(OPENS, copy, 0755);
	make_file(file);
	filter("  exclude: {executable: [%s]}\n", copy);
	assert_told(run(&(struct run){.program = copy, .ops = {"w", file}}), file, 0);
	copy_file(OPENS, at("copy+"), 0755);
	assert_int_equal(rename(at("copy+"), copy), 0);
	deadline = boot_ns() + PATIENCE_NS;
	do {
		assert_true(boot_ns() < deadline);
		pid = run(&(struct run){.program = copy, .ops = {"w", file}});
	} while (opens_of(pid, file) != 0);
}

static void an_excluded_user_is_left_out(void **state)
{
	const char *file;
	uint64_t before;
	pid_t pid;

	(void)state;
	start();
	file = at("file");
	write_file(file, "x", 1, 0666);
	filter("  exclude: {user: ['%d']}\n", STRANGER);
	before = left_out("user");
	pid = run(&(struct run){.times = 3, .ops = {"w", file}, .prepare = become_stranger});
	assert_told(pid, file, 0);
	assert_int_equal(harness_count(made.harness, pid, "exec"), 0);
	assert_int_equal(harness_count(made.harness, pid, "end"), 0);
	assert_int_equal(left_out("user") - before, 3);
	pid = run(&(struct run){.times = 3, .ops = {"w", file}});
	assert_told(pid, file, 3);
	assert_life_told(pid, true);
}

static const char *cgroup_root(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (int i = 0; i < 2; i++)
		if (statfs(roots[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return roots[i];
	return NULL;
}

static const char *make_cgroup(const char *name)
{
	char *path = made.cgroups[made.cgroup_count];

	snprintf(path, PATH_SIZE, "%s/%s", cgroup_root(), name);
	if (mkdir(path, 0755) != 0)
		return NULL;
	made.cgroup_count++;
	return path;
}

static int enter_cgroup(void *data)
{
	char path[PATH_SIZE + 16];
	int fd, result;

	snprintf(path, sizeof(path), "%s/cgroup.procs", (const char *)data);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	result = fd >= 0 && write(fd, "0", 1) == 1 ? 0 : -errno;
	close(fd);
	return result;
}

static void an_excluded_cgroup_is_left_out_with_all_below_it(void **state)
{
	char name[64], below[80];
	const char *file, *outer, *inner;
	struct run in_cgroup = {.times = 4, .prepare = enter_cgroup};
	uint64_t before;
	pid_t pid;

	(void)state;
	if (!cgroup_root())
		skip();
	start();
	filter("  exclude: {path: [/sys]}\n"); /* cgroup.procs is written to get in */
	file = at("file");
	make_file(file);
	snprintf(name, sizeof(name), "auditship-test-%d", getpid());
	snprintf(below, sizeof(below), "%s/below", name);
	outer = make_cgroup(name);
	inner = make_cgroup(below);
	if (!outer || !inner)
		skip(); /* the hierarchy may not be written here */
	in_cgroup.ops[0] = "w";
	in_cgroup.ops[1] = file;
	in_cgroup.data = (void *)(uintptr_t)inner;
	pid = run(&in_cgroup);
	assert_told(pid, file, 4);
	filter("  exclude: {cgroup: [/%s], path: [/sys]}\n", name);
	before = left_out("cgroup");
	pid = run(&in_cgroup);
	assert_told(pid, file, 0);
	assert_int_equal(harness_count(made.harness, pid, "exec"), 0);
	assert_int_equal(harness_count(made.harness, pid, "end"), 0);
	in_cgroup.data = (void *)(uintptr_t)outer;
	assert_told(run(&in_cgroup), file, 0);
	assert_int_equal(left_out("cgroup") - before, 8);
	assert_told(do_opens("w", file), file, 1);
	filter("  exclude: {cgroup: [/%s], path: [/sys]}\n", below);
	assert_told(run(&in_cgroup), file, 4);
}

static void an_excluded_pid_is_left_out(void **state)
{
	const char *file;
	char *argv[] = {"opens", "1", "-", "", "w", NULL, NULL};
	struct program program = {.path = OPENS, .argv = argv};
	struct child excluded, other;

	(void)state;
	start();
	file = at("file");
	make_file(file);
	argv[5] = (char *)(uintptr_t)file;
	child_start(&excluded, &program);
	child_start(&other, &program);
	filter("  exclude: {pid: [%d]}\n", excluded.pid);
	assert_int_equal(write(excluded.hold_fd, "x", 1), 1);
	assert_int_equal(write(other.hold_fd, "x", 1), 1);
	child_end(&excluded);
	child_end(&other);
	harness_settle(made.harness);
	assert_told(excluded.pid, file, 0);
	assert_told(other.pid, file, 1);
	assert_int_equal(harness_count(made.harness, excluded.pid, "end"), 0);
	assert_int_equal(harness_count(made.harness, other.pid, "end"), 1);
	assert_int_equal(left_out("pid"), 1);
}

/* Includes. */

static void only_what_every_include_matches_is_told_and_exclude_wins(void **state)
{
	const char *copy, *other, *inside, *outside;
	char self[PATH_SIZE] = "";
	struct run both = {.ops = {"w"}};
	pid_t pid;

	(void)state;
	start();
	copy = at("copy");
	other = at("other");
	make_dir(at("dir"));
	make_dir(at("dir/not"));
	inside = at("dir/file");
	outside = at("file");
	copy_file(OPENS, copy, 0755);
	copy_file(OPENS, other, 0755);
	make_file(inside);
	make_file(outside);
	make_file(at("dir/not/file"));
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	/* the test itself, for the marker at whose end it knows that all has come */
	filter("  include: {executable: [%s, %s], path: [%s]}\n"
	       "  exclude: {path: [%s]}\n",
	       self, copy, at("dir"), at("dir/not"));
	both.program = copy;
	both.ops[1] = inside;
	both.ops[2] = "w";
	both.ops[3] = outside;
	both.ops[4] = "w";
	both.ops[5] = at("dir/not/file");
	pid = run(&both);
	assert_told(pid, inside, 1);
	assert_life_told(pid, true);
	both.program = other;
	pid = run(&both);
	assert_told(pid, NULL, 0);
	assert_int_equal(harness_count(made.harness, pid, "exec"), 0);
	assert_int_equal(harness_count(made.harness, pid, "end"), 0);
	filter("  include: {executable: [%s, %s]}\n"
	       "  exclude: {executable: [%s]}\n",
	       self, copy, copy);
	both.program = copy;
	assert_told(run(&both), NULL, 0);
}

/* The agent. */

static void the_trail_does_not_feed_on_itself(void **state)
{
	const struct event *event;
	const char *file;

	(void)state;
	start();
	file = at("file");
	make_file(file);
	filter("  open: {mode: all}\n  exclude: {path: []}\n");
	assert_told(run(&(struct run){.times = 100, .ops = {"w", file}}), file, 100);
	for (size_t i = 0; (event = harness_event(made.harness, i)); i++)
		assert_int_not_equal(event->pid, harness_agent(made.harness));
	assert_true(left_out("own") > 0);
}

/* Numbers of the programs that the agent holds, in rising order. */
static size_t program_ids(unsigned int ids[32])
{
	char path[64], line[256];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", harness_agent(made.harness));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char name[128];
		FILE *file;

		snprintf(name, sizeof(name), "%s/%.40s", path, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(name, "re");
		while (file && count < 32 && fgets(line, sizeof(line), file))
			count += sscanf(line, "prog_id: %u", &ids[count]) == 1;
		if (file)
			fclose(file);
	}
	closedir(dir);
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j > 0 && ids[j - 1] > ids[j]; j--) {
			unsigned int swap = ids[j];

			ids[j] = ids[j - 1];
			ids[j - 1] = swap;
		}
	}
	return count;
}

enum { LOAD_TIMES = 20000, RELOADS = 12 };

static void filters_change_under_load_and_every_open_is_told_or_counted(void **state)
{
	const char *file;
	char times[16];
	char *argv[] = {"opens", times, "w", NULL, NULL};
	struct program program = {.path = OPENS, .argv = argv};
	unsigned int before[32], after[32];
	struct child child;
	uint64_t counted;
	size_t programs;

	(void)state;
	start();
	make_dir(at("dir"));
	file = at("dir/file");
	make_file(file);
	argv[3] = (char *)(uintptr_t)file;
	snprintf(times, sizeof(times), "%d", LOAD_TIMES);
	filter(NO_READS "  exclude: {path: [%s/none]}\n", at("dir"));
	programs = program_ids(before);
	assert_true(programs >= 4);
	counted = left_out("path");
	child_start(&child, &program);
	for (int i = 0; i < RELOADS; i++)
		filter(NO_READS "  exclude: {path: [%s%s]}\n", at("dir"), i % 2 ? "/none" : "");
	child_end(&child);
	harness_settle(made.harness);
	assert_int_equal(WEXITSTATUS(child.status), 0);
	assert_int_equal(harness_status(made.harness, "account.lost"), 0);
	counted = left_out("path") - counted;
	assert_int_equal(opens_of(child.pid, file) + counted, LOAD_TIMES);
	assert_int_equal(program_ids(after), programs);
	assert_memory_equal(before, after, programs * sizeof(before[0]));
}

static void what_is_left_out_stands_in_the_summary(void **state)
{
	const char *inside;

	(void)state;
	start();
	make_dir(at("dir"));
	inside = at("dir/file");
	make_file(inside);
	filter(NO_READS "  exclude: {path: [%s]}\n", at("dir"));
	assert_told(run(&(struct run){.times = 9, .ops = {"w", inside}}), NULL, 0);
	harness_stop(made.harness, SIGTERM);
	assert_int_equal(harness_summary(made.harness, "left out by kernel filters:", "path "), 9);
}

#define TEST(name) cmocka_unit_test_teardown(name, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(notable_are_writes_creations_and_refusals),
		TEST(reads_of_watched_files_are_notable_also_when_replaced),
		TEST(reads_below_watched_directories_are_notable_however_reached),
		TEST(what_is_below_an_excluded_path_is_left_out_and_counted),
		TEST(nobody_hides_by_mounting_below_an_excluded_path),
		TEST(every_proc_is_left_out_by_its_path),
		TEST(an_excluded_executable_is_known_but_not_told),
		TEST(the_children_of_an_excluded_process_tell_the_truth_of_it),
		TEST(a_replaced_binary_is_followed),
		TEST(an_excluded_user_is_left_out),
		TEST(an_excluded_cgroup_is_left_out_with_all_below_it),
		TEST(an_excluded_pid_is_left_out),
		TEST(only_what_every_include_matches_is_told_and_exclude_wins),
		TEST(the_trail_does_not_feed_on_itself),
		TEST(filters_change_under_load_and_every_open_is_told_or_counted),
		TEST(what_is_left_out_stands_in_the_summary),
	};
	int cannot = harness_cannot_run();

	return cannot ? cannot : cmocka_run_group_tests(tests, NULL, NULL);
}
