/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of a binary is where it lies in its mount namespace, however it was named. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char root[PATH_MAX / 2]; /* a directory for the scenario */
	char binary[PATH_MAX];   /* a copy of hold below it */
	const char *directory;   /* working directory to take, below root */
};

static void make_place(struct place *place, const struct harness *harness, const char *name)
{
	char path[PATH_MAX];

	snprintf(place->root, sizeof(place->root), "%s/%s", harness_dir(harness), name);
	assert_int_equal(mkdir(place->root, 0755), 0);
	snprintf(path, sizeof(path), "%s/bin", place->root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(place->binary, sizeof(place->binary), "%s/bin/hold", place->root);
	copy_file(HOLD, place->binary, 0755);
}

static int enter_bin(void *data)
{
	const struct place *place = data;

	return chdir(place->root) == 0 && chdir("bin") == 0 ? 0 : -errno;
}

static void resolves_a_relative_path_with_dots_and_a_link(void **state)
{
	struct place place;
	char link[PATH_MAX];
	struct life life = {
		.program = {.path = "../bin/.././link", .prepare = enter_bin, .data = &place},
		.executable = place.binary};

	make_place(&place, *state, "relative");
	snprintf(link, sizeof(link), "%s/link", place.root);
	assert_int_equal(symlink("bin/../bin/hold", link), 0);
	check_life(*state, &life);
}

static int bind_over(void *data)
{
	const struct place *place = data;
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%s/bin", place->root);
	snprintf(to, sizeof(to), "%s/mounted", place->root);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mkdir(to, 0755) != 0 ||
	    mount(from, to, NULL, MS_BIND, NULL) != 0)
		return -errno;
	return chdir(to) == 0 ? 0 : -errno;
}

static void want_own_mounts(struct want *want, const char *action, const struct life *life)
{
	const struct place *place = life->program.data;
	char directory[PATH_MAX];

	want_id(want, "Linux.namespaces.mnt", life->facts.namespaces[NS_MNT]);
	snprintf(directory, sizeof(directory), "%s/mounted", place->root);
	if (strcmp(action, "exec") == 0)
		want_string(want, "process.working_directory", directory);
}

static void names_the_mount_point_of_a_bind_mount(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct life life = {.program = {.path = path,
					.clone_flags = CLONE_NEWNS,
					.prepare = bind_over,
					.data = &place},
			    .adjust = want_own_mounts};

	make_place(&place, *state, "bind");
	snprintf(path, sizeof(path), "%s/mounted/hold", place.root);
	check_life(*state, &life);
}

/* As a container has it: the binary from a lower layer, seen through the overlay. */
static int overlay(void *data)
{
	const struct place *place = data;
	char options[2 * PATH_MAX + 64], to[PATH_MAX], *end;

	snprintf(to, sizeof(to), "%s/mounted", place->root);
	end = options + sprintf(options, "lowerdir=%s/bin", place->root);
	end += sprintf(end, ",upperdir=%s/upper", place->root);
	sprintf(end, ",workdir=%s/work", place->root);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mkdir(to, 0755) != 0 ||
	    mount("overlay", to, "overlay", 0, options) != 0)
		return -errno;
	return chdir(to) == 0 ? 0 : -errno;
}

static void names_the_merged_path_of_an_overlay(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct life life = {.program = {.path = path,
					.clone_flags = CLONE_NEWNS,
					.prepare = overlay,
					.data = &place},
			    .adjust = want_own_mounts};

	make_place(&place, *state, "overlay");
	snprintf(path, sizeof(path), "%s/upper", place.root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/work", place.root);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/mounted/hold", place.root);
	check_life(*state, &life);
}

static int change_root(void *data)
{
	const struct place *place = data;

	return chroot(place->root) == 0 && chdir("/") == 0 ? 0 : -errno;
}

static void want_outer_directory(struct want *want, const char *action, const struct life *life)
{
	const struct place *place = life->program.data;

	if (strcmp(action, "exec") == 0)
		want_string(want, "process.working_directory", place->root);
}

static void tells_the_path_from_the_namespace_root_inside_a_chroot(void **state)
{
	struct place place;
	struct life life = {
		.program = {.path = "/bin/hold", .prepare = change_root, .data = &place},
		.executable = place.binary,
		.adjust = want_outer_directory};

	make_place(&place, *state, "chroot");
	check_life(*state, &life);
}

#define DEEP_LEVELS 15
#define DEEP_NAME 200

/* Makes and enters the levels below root; out gets the path. */
static int make_deep(const char *root, char *out)
{
	char name[DEEP_NAME + 1];
	size_t length = (size_t)sprintf(out, "%s", root);

	if (chdir(root) != 0)
		return -errno;
	memset(name, 'd', DEEP_NAME);
	name[DEEP_NAME] = '\0';
	for (int i = 0; i < DEEP_LEVELS; i++) {
		name[0] = (char)('a' + i);
		if ((mkdir(name, 0755) != 0 && errno != EEXIST) || chdir(name) != 0)
			return -errno;
		length += (size_t)sprintf(out + length, "/%s", name);
	}
	return 0;
}

static int enter_deep(void *data)
{
	const struct place *place = data;
	char path[PATH_MAX];

	return make_deep(place->root, path);
}

static void tells_a_path_of_3000_bytes_whole(void **state)
{
	struct place place;
	char path[PATH_MAX];
	struct life life = {.program = {.path = "./hold", .prepare = enter_deep, .data = &place},
			    .executable = path};

	make_place(&place, *state, "deep");
	assert_int_equal(make_deep(place.root, path), 0);
	copy_file(HOLD, "hold", 0755);
	assert_int_equal(chdir("/"), 0);
	strcat(path, "/hold");
	assert_in_range(strlen(path), 3000, PATH_MAX - 1);
	check_life(*state, &life);
}

static int enter_and_remove(void *data)
{
	return mkdir(data, 0755) == 0 && chdir(data) == 0 && rmdir(data) == 0 ? 0 : -errno;
}

static void want_removed_directory(struct want *want, const char *action, const struct life *life)
{
	if (strcmp(action, "exec") == 0)
		want_string(want, "process.working_directory", life->program.data);
}

static void names_a_working_directory_that_was_removed_as_it_was(void **state)
{
	char path[PATH_MAX];
	struct life life = {.program = {.path = HOLD, .prepare = enter_and_remove, .data = path},
			    .adjust = want_removed_directory};

	snprintf(path, sizeof(path), "%s/removed", harness_dir(*state));
	check_life(*state, &life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(resolves_a_relative_path_with_dots_and_a_link),
		KERNEL_TEST(names_the_mount_point_of_a_bind_mount),
		KERNEL_TEST(names_the_merged_path_of_an_overlay),
		KERNEL_TEST(tells_the_path_from_the_namespace_root_inside_a_chroot),
		KERNEL_TEST(tells_a_path_of_3000_bytes_whole),
		KERNEL_TEST(names_a_working_directory_that_was_removed_as_it_was),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
