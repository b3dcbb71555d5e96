/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of an opened file is that of the file itself, however it was asked for. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* DIR/NAME/ with sub/ and sub/file in it. */
struct place {
	char root[PATH_MAX / 2], sub[PATH_MAX], file[PATH_MAX];
};

static void make_place(struct place *place, struct harness *harness, const char *name)
{
	snprintf(place->root, sizeof(place->root), "%s/%s", harness_dir(harness), name);
	snprintf(place->sub, sizeof(place->sub), "%s/sub", place->root);
	snprintf(place->file, sizeof(place->file), "%s/sub/file", place->root);
	assert_int_equal(mkdir(place->root, 0755), 0);
	assert_int_equal(mkdir(place->sub, 0755), 0);
	write_file(place->file, "text", 4, 0644);
}

static long open_given(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->given, O_RDONLY, 0);
}

static int enter(const struct attempt *attempt)
{
	return chdir(attempt->argument) == 0 ? 0 : -errno;
}

static void resolves_a_relative_path_with_dots_and_a_link(void **state)
{
	struct place place;
	char link[PATH_MAX + 8];
	struct attempt attempt = {.prepare = enter,
				  .call = open_given,
				  .argument = place.sub,
				  .path = place.file,
				  .given = ".././sub/../link",
				  .directory = place.sub};

	make_place(&place, *state, "relative");
	snprintf(link, sizeof(link), "%s/link", place.root);
	assert_int_equal(symlink("sub/../sub/file", link), 0);
	check_open(*state, &attempt);
}

static long open_at_descriptor(const struct attempt *attempt)
{
	return raw_openat(attempt->descriptor, attempt->given, O_RDONLY, 0);
}

static void names_the_directory_of_a_descriptor_and_not_the_working_one(void **state)
{
	struct place place;
	struct attempt attempt = {.prepare = enter,
				  .call = open_at_descriptor,
				  .argument = "/tmp",
				  .path = place.file,
				  .given = "sub/file",
				  .directory = place.root};

	make_place(&place, *state, "descriptor");
	attempt.descriptor = open(place.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(attempt.descriptor >= 0);
	check_open(*state, &attempt);
	close(attempt.descriptor);
}

static void tells_an_absolute_path_alone_whatever_the_descriptor(void **state)
{
	struct place place;
	struct attempt attempt = {.call = open_at_descriptor,
				  .descriptor = 12345,
				  .path = place.file,
				  .given = place.file};

	make_place(&place, *state, "absolute");
	check_open(*state, &attempt);
}

static int mount_privately(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? 0 : -errno;
}

static int bind_over(const struct attempt *attempt)
{
	char from[PATH_MAX], to[PATH_MAX];
	int error = mount_privately();

	snprintf(from, sizeof(from), "%s/sub", attempt->argument);
	snprintf(to, sizeof(to), "%s/mounted", attempt->argument);
	if (error == 0 && (mkdir(to, 0755) != 0 || mount(from, to, NULL, MS_BIND, NULL) != 0))
		error = -errno;
	return error;
}

static void names_the_mount_point_of_a_bind_mount(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct attempt attempt = {.prepare = bind_over,
				  .call = open_given,
				  .argument = place.root,
				  .clone_flags = CLONE_NEWNS,
				  .path = path,
				  .given = path};

	make_place(&place, *state, "bind");
	snprintf(path, sizeof(path), "%s/mounted/file", place.root);
	check_open(*state, &attempt);
}

static int overlay(const struct attempt *attempt)
{
	char options[PATH_MAX], to[PATH_MAX];
	const char *root = attempt->argument;
	int error = mount_privately();

	snprintf(to, sizeof(to), "%s/mounted", root);
	snprintf(options, sizeof(options), "lowerdir=%.200s/sub,upperdir=%.200s/u,workdir=%.200s/w",
		 root, root, root);
	if (error == 0 &&
	    (mkdir(to, 0755) != 0 || mount("overlay", to, "overlay", 0, options) != 0))
		error = -errno;
	return error;
}

static long open_for_writing(const struct attempt *attempt)
{
	return raw_openat(AT_FDCWD, attempt->given, O_RDWR | O_CREAT, 0600);
}

static void want_mode_600(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_string(want, "Linux.open.mode", "0600");
}

/* As a container has it. Opened for writing, the file is copied up; both have the merged path. */
static void names_the_merged_path_of_an_overlay(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct attempt reading = {.prepare = overlay,
				  .call = open_given,
				  .argument = place.root,
				  .clone_flags = CLONE_NEWNS,
				  .path = path,
				  .given = path};
	struct attempt writing = reading, creating;

	make_place(&place, *state, "overlay");
	snprintf(path, sizeof(path), "%s/u", place.root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/w", place.root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/mounted/file", place.root);
	check_open(*state, &reading);
	snprintf(path, sizeof(path), "%s/mounted", place.root);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/mounted/file", place.root);
	writing.call = open_for_writing;
	writing.type = "[\"access\",\"change\"]";
	writing.flags = "[\"O_RDWR\",\"O_CREAT\"]";
	writing.flags_raw = O_RDWR | O_CREAT;
	writing.adjust = want_mode_600;
	check_open(*state, &writing);
	snprintf(path, sizeof(path), "%s/mounted", place.root);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/mounted/new", place.root);
	creating = writing;
	creating.action = "creation";
	creating.type = "[\"creation\"]";
	check_open(*state, &creating);
}

static int change_root(const struct attempt *attempt)
{
	return chroot(attempt->argument) == 0 && chdir("/") == 0 ? 0 : -errno;
}

static void tells_the_path_from_the_namespace_root_inside_a_chroot(void **state)
{
	struct place place;
	char missing[PATH_MAX];
	struct attempt attempt = {.prepare = change_root,
				  .call = open_given,
				  .argument = place.root,
				  .path = place.file,
				  .given = "/sub/file"};
	struct attempt failed = attempt;

	make_place(&place, *state, "chroot");
	check_open(*state, &attempt);
	snprintf(missing, sizeof(missing), "%s/missing", place.root);
	failed.path = missing;
	failed.given = "/missing";
	failed.directory = place.root;
	failed.error = ENOENT;
	check_open(*state, &failed);
}

static int delete_opened(const struct attempt *attempt)
{
	long fd = raw_openat(AT_FDCWD, attempt->argument, O_RDONLY, 0);

	if (fd < 0 || dup2((int)fd, attempt->descriptor) < 0 || unlink(attempt->argument) != 0)
		return -errno;
	return 0;
}

static void want_deleted(struct want *want, const struct attempt *attempt)
{
	(void)attempt;
	want_bool(want, "Linux.open.deleted", true);
}

static void names_a_deleted_file_as_it_was(void **state)
{
	struct place place;
	struct attempt attempt = {.prepare = delete_opened,
				  .call = open_given,
				  .argument = place.file,
				  .descriptor = 99,
				  .path = place.file,
				  .given = "/proc/self/fd/99",
				  .adjust = want_deleted};

	make_place(&place, *state, "deleted");
	check_open(*state, &attempt);
}

#define DEEP_LEVELS 15
#define DEEP_NAME 250

/* Makes and enters levels below root; out gets the path. */
static void make_deep(const char *root, int levels, char *out)
{
	char name[DEEP_NAME + 1];
	size_t length = (size_t)sprintf(out, "%s", root);

	assert_int_equal(chdir(root), 0);
	memset(name, 'd', DEEP_NAME);
	name[DEEP_NAME] = '\0';
	for (int i = 0; i < levels; i++) {
		name[0] = (char)('a' + i);
		assert_int_equal(mkdir(name, 0755), 0);
		assert_int_equal(chdir(name), 0);
		length += (size_t)sprintf(out + length, "/%s", name);
	}
}

static void tells_a_path_of_4000_bytes_whole(void **state)
{
	struct place place;
	char path[2 * PATH_MAX];
	size_t length;
	struct attempt attempt = {.call = open_given, .path = path, .given = path};

	make_place(&place, *state, "deep");
	make_deep(place.root, DEEP_LEVELS, path);
	length = strlen(path);
	path[length++] = '/';
	while (length < 4000)
		path[length++] = 'f';
	path[length] = '\0';
	write_file(strrchr(path, '/') + 1, "x", 1, 0644);
	assert_int_equal(chdir("/"), 0);
	check_open(*state, &attempt);
}

static void tells_names_of_any_bytes(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct attempt attempt = {.call = open_given, .path = path, .given = path};

	make_place(&place, *state, "bytes");
	snprintf(path, sizeof(path), "%s/a\n\"\\\tb", place.root);
	write_file(path, "x", 1, 0644);
	check_open(*state, &attempt);
}

#define REPLACEMENT "\xef\xbf\xbd"

static void want_raw(struct want *want, const struct attempt *attempt)
{
	unsigned char base64[2 * PATH_MAX];
	char shown[PATH_MAX], raw[3 * PATH_MAX];

	snprintf(shown, sizeof(shown), "%s/bad" REPLACEMENT, attempt->argument);
	want_path(want, shown);
	want_string(want, "Linux.open.path_given", "bad" REPLACEMENT);
	snprintf(shown, sizeof(shown), "%s/bad\xff", attempt->argument);
	EVP_EncodeBlock(base64, (unsigned char *)shown, (int)strlen(shown));
	snprintf(raw, sizeof(raw),
		 "[{\"field\":\"file.path\",\"base64\":\"%s\"},"
		 "{\"field\":\"file.name\",\"base64\":\"YmFk/w==\"},"
		 "{\"field\":\"Linux.open.path_given\",\"base64\":\"YmFk/w==\"}]",
		 (char *)base64);
	want_json(want, "Linux.raw", raw);
	want_json(want, "tags", "[\"non-utf8\"]");
}

static void tells_names_that_are_no_utf8(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct attempt attempt = {.prepare = enter,
				  .call = open_given,
				  .argument = place.root,
				  .given = "bad\xff",
				  .directory = place.root,
				  .adjust = want_raw};

	make_place(&place, *state, "utf8");
	snprintf(path, sizeof(path), "%s/bad\xff", place.root);
	write_file(path, "x", 1, 0644);
	check_open(*state, &attempt);
}

/* A thread that puts another file at the descriptor, again and again, while opens go on. */

#define RACES 3000

static atomic_int race_over;

static void *replace(void *data)
{
	const int *fds = data; /* what to put, where */

	while (!atomic_load(&race_over)) {
		dup2(fds[0], fds[1]);
		close(fds[1]);
	}
	return NULL;
}

static void race(const char *path)
{
	int fds[2] = {open("/dev/zero", O_RDONLY | O_CLOEXEC), 0};
	pthread_t thread;

	fds[1] = dup(0);
	close(fds[1]);
	if (pthread_create(&thread, NULL, replace, fds) != 0)
		_exit(1);
	for (int i = 0; i < RACES; i++) {
		long fd = raw_openat(AT_FDCWD, path, O_RDONLY, 0);

		if (fd >= 0)
			close((int)fd);
	}
	atomic_store(&race_over, 1);
	pthread_join(thread, NULL);
	_exit(0);
}

static void marks_what_another_thread_may_have_replaced(void **state)
{
	struct place place;
	const struct event *event;
	unsigned int opens = 0, replaced = 0;
	pid_t pid;
	int status;

	make_place(&place, *state, "race");
	pid = fork();
	if (pid == 0)
		race(place.file);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	harness_settle(*state);
	for (size_t i = 0; (event = harness_event(*state, i)); i++) {
		yajl_val given, path;

		if (event->pid != pid || strcmp(event->action, "open") != 0)
			continue;
		given = event_get(event, "Linux.open.path_given");
		if (!given || strcmp(given->u.string, place.file) != 0)
			continue;
		opens++;
		assert_true(YAJL_IS_TRUE(event_get(event, "Linux.open.fd_shared")));
		path = event_get(event, "file.path");
		replaced += !path || strcmp(path->u.string, place.file) != 0;
	}
	print_message("replaced before they were looked at: %u of %u\n", replaced, opens);
	assert_int_equal(opens, RACES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(resolves_a_relative_path_with_dots_and_a_link),
		KERNEL_TEST(names_the_directory_of_a_descriptor_and_not_the_working_one),
		KERNEL_TEST(tells_an_absolute_path_alone_whatever_the_descriptor),
		KERNEL_TEST(names_the_mount_point_of_a_bind_mount),
		KERNEL_TEST(names_the_merged_path_of_an_overlay),
		KERNEL_TEST(tells_the_path_from_the_namespace_root_inside_a_chroot),
		KERNEL_TEST(names_a_deleted_file_as_it_was),
		KERNEL_TEST(tells_a_path_of_4000_bytes_whole),
		KERNEL_TEST(tells_names_of_any_bytes),
		KERNEL_TEST(tells_names_that_are_no_utf8),
		KERNEL_TEST(marks_what_another_thread_may_have_replaced),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, attempt_setup, harness_teardown);
}
