/* SPDX-License-Identifier: BSD-2-Clause */
/* A container's own passwd is asked for its names; when it cannot be read, there is no name. */
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

/* A root of its own in a mount namespace of its own: what makes a container. */
static int enter(void *root)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || chroot(root) != 0 ||
	    chdir("/") != 0)
		return -errno;
	return 0;
}

static const char *const name_paths[] = {"user.name",
					 "process.user.name",
					 "process.real_user.name",
					 "process.saved_user.name",
					 "Linux.fs_user.name",
					 "Linux.audit.user.name",
					 "group.name",
					 "process.group.name",
					 "process.real_group.name",
					 "process.saved_group.name",
					 "Linux.fs_group.name",
					 "file.owner",
					 "file.group"};

/* No name at all, neither the host's nor one of a file that is none. */
static void want_no_names(struct want *want, const char *action, const struct life *life)
{
	static const char users[] =
		"\"user.name\",\"process.real_user.name\",\"process.saved_user.name\","
		"\"Linux.fs_user.name\",";
	static const char groups[] =
		"\"group.name\",\"process.real_group.name\",\"process.saved_group.name\","
		"\"Linux.fs_group.name\"";
	const char *root = life->program.data;
	char unresolved[512];
	bool exec = strcmp(action, "exec") == 0;

	want_id(want, "Linux.namespaces.mnt", life->facts.namespaces[NS_MNT]);
	if (strcmp(action, "fork") == 0)
		return; /* its root was still the host's */
	for (size_t i = 0; i < sizeof(name_paths) / sizeof(name_paths[0]); i++)
		want_absent(want, name_paths[i]);
	if (exec)
		want_string(want, "process.working_directory", root);
	want_absent(want, "Linux.names.nss");
	/* whether the file could be looked at in time makes no other difference */
	if (event_get(life->event, "Linux.names.source"))
		want_string(want, "Linux.names.source", "container");
	else
		want_absent(want, "Linux.names.source");
	snprintf(unresolved, sizeof(unresolved), "[%s%s%s%s]", users,
		 life->facts.login_uid == FACTS_UNSET ? "" : "\"Linux.audit.user.name\",", groups,
		 exec ? ",\"file.owner\",\"file.group\"" : "");
	want_json(want, "Linux.names.unresolved", unresolved);
}

static void make_file(char path[PATH_MAX], const char *root, const char *name)
{
	int length = snprintf(path, PATH_MAX, "%s/%s", root, name);

	assert_true(length > 0 && length < PATH_MAX);
}

static void names_nobody_when_passwd_is_a_fifo(void **state)
{
	char root[PATH_MAX], path[PATH_MAX], binary[PATH_MAX];
	struct life life = {.program = {.path = "/hold",
					.clone_flags = CLONE_NEWNS,
					.prepare = enter,
					.data = root},
			    .executable = binary,
			    .adjust = want_no_names};

	snprintf(root, sizeof(root) - 16, "%s/box", harness_dir(*state));
	assert_int_equal(mkdir(root, 0755), 0);
	make_file(path, root, "etc");
	assert_int_equal(mkdir(path, 0755), 0);
	make_file(path, root, "etc/passwd");
	assert_int_equal(mkfifo(path, 0644), 0);
	make_file(path, root, "etc/group");
	assert_int_equal(mkfifo(path, 0644), 0);
	make_file(binary, root, "hold");
	copy_file(HOLD, binary, 0755);
	check_life(*state, &life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(names_nobody_when_passwd_is_a_fifo),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run
			  : cmocka_run_group_tests(tests, harness_setup, harness_teardown);
}
