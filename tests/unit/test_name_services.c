/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker finds in the root of a process. The processes here are files of the test. */
#include "enrich/name_services.h"

#include "unit/test_root.h"

#include <errno.h>

#define TICKS 4711
enum { BOX_MNT = 4026532001, BOX_USER = 4026532002 };

static struct name_files *files;
static struct buf out;

/* The host's files, and process 7 in a box. */
static int make_host(void **state)
{
	static const char *const folders[] = {"etc", "proc/7/ns", "box/etc", NULL};

	(void)state;
	if (make_root_with(folders) < 0)
		return -1;
	write_text("etc/passwd", "host:x:0:0:::\n");
	write_text("etc/group", "host:x:0:\n");
	write_text("box/etc/passwd", "zero:x:0:0:::\nfive:x:5:0:::\n");
	write_text("box/etc/group", "crate:x:0:\n");
	write_text("proc/7/stat", "7 (a) b) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n");
	write_text("proc/7/uid_map", "0 1000 1\n1 100000 10\n");
	write_text("proc/7/gid_map", "0 0 4294967295\n");
	files = name_files_new(root);
	buf_init(&out, RESOLVER_ANSWER_MAX);
	return files && symlink("mnt:[4026532001]", path_of("proc/7/ns/mnt")) == 0 &&
			       symlink("user:[4026532002]", path_of("proc/7/ns/user")) == 0 &&
			       symlink(path_of("box"), path_of("proc/7/root")) == 0
		       ? 0
		       : -1;
}

static int remove_host(void **state)
{
	name_files_free(files);
	buf_done(&out);
	return remove_root(state);
}

static const struct scope_question question = {
	.key = {.mnt = BOX_MNT, .user = BOX_USER},
	.start_ticks = TICKS,
	.pid = 7,
	.count = 5,
	.wants = {{1000, 0}, {100004, 0}, {100001, 0}, {0, 0}, {0, 1}},
};

static int ask(const struct scope_question *asked, struct scope_answer *ret_answer)
{
	int result;

	buf_clear(&out);
	result = name_service_scope(files, asked, sizeof(*asked), &out);
	if (result == 0)
		memcpy(ret_answer, out.data, sizeof(*ret_answer));
	return result;
}

static void assert_names(const char *wanted)
{
	assert_int_equal(out.length - sizeof(struct scope_answer), strlen(wanted));
	assert_memory_equal(out.data + sizeof(struct scope_answer), wanted, strlen(wanted));
}

static void ids_are_mapped_and_named_by_the_files_of_the_process(void **state)
{
	struct scope_answer answer;

	(void)state;
	assert_int_equal(ask(&question, &answer), 0);
	assert_int_equal(answer.is_host, 0);
	assert_int_equal(answer.count, 5);
	assert_names("zerofivecrate");
	assert_int_equal(answer.lengths[0], 4);
	assert_int_equal(answer.lengths[1], 4);
	assert_int_equal(answer.lengths[2], NAME_LENGTH_NONE);
	assert_int_equal(answer.lengths[3],
			 NAME_LENGTH_UNKNOWN); /* the host's root is not mapped */
	assert_int_equal(answer.lengths[4], 5);
}

static void another_process_with_that_number_is_refused(void **state)
{
	struct scope_question other;
	struct scope_answer answer;

	(void)state;
	other = question;
	other.start_ticks++;
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other = question;
	other.key.mnt++;
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other = question;
	other.key.user++;
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other = question;
	other.key.root_mount = UINT32_MAX;
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other = question;
	other.root = NAME_ROOT_HOST; /* it has left that since */
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other = question;
	other.pid = 8;
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other = question;
	other.count = NAME_WANTS_MAX + 1;
	assert_int_equal(ask(&other, &answer), -EINVAL);
	assert_int_equal(name_service_scope(files, &question, sizeof(question) - 1, &out), -EINVAL);
}

static void the_hosts_own_files_are_recognised(void **state)
{
	struct scope_answer answer;

	(void)state;
	assert_int_equal(unlink(path_of("box/etc/passwd")), 0);
	assert_int_equal(link(path_of("etc/passwd"), path_of("box/etc/passwd")), 0);
	assert_int_equal(ask(&question, &answer), 0);
	assert_int_equal(answer.is_host, 0); /* the group file is another one */
	assert_int_equal(unlink(path_of("box/etc/group")), 0);
	assert_int_equal(link(path_of("etc/group"), path_of("box/etc/group")), 0);
	assert_int_equal(ask(&question, &answer), 0);
	assert_int_equal(answer.is_host, 1);
	assert_int_equal(answer.count, 0);
	assert_names("");
}

static void a_process_in_the_hosts_root_is_told_from_one_in_a_box(void **state)
{
	struct scope_question other = question;
	struct scope_answer answer;

	(void)state;
	assert_int_equal(unlink(path_of("proc/7/root")), 0);
	assert_int_equal(symlink(root, path_of("proc/7/root")), 0);
	other.root = NAME_ROOT_OTHER;
	assert_int_equal(ask(&other, &answer), -ESRCH);
	other.root = NAME_ROOT_HOST;
	assert_int_equal(ask(&other, &answer), 0);
	assert_int_equal(answer.is_host, 1);
}

static void a_changed_file_is_another_one(void **state)
{
	struct scope_answer before, same, after;

	(void)state;
	assert_int_equal(ask(&question, &before), 0);
	assert_int_equal(ask(&question, &same), 0);
	assert_true(before.files == same.files);
	write_text("box/etc/new", "else:x:0:0:::\n");
	assert_int_equal(rename(path_of("box/etc/new"), path_of("box/etc/passwd")), 0);
	assert_int_equal(ask(&question, &after), 0);
	assert_true(before.files != after.files);
	assert_names("elsecrate");
}

static void a_file_that_is_missing_names_nobody(void **state)
{
	struct scope_answer answer;

	(void)state;
	assert_int_equal(unlink(path_of("box/etc/passwd")), 0);
	assert_int_equal(ask(&question, &answer), 0);
	assert_int_equal(answer.is_host, 0);
	assert_int_equal(answer.lengths[0], NAME_LENGTH_NONE);
	assert_names("crate");
}

/* Each of them in the place of passwd; group goes on to be read. */
static void a_file_that_is_none_leaves_names_unknown(void **state)
{
	struct scope_answer answer;

	(void)state;
	for (int i = 0; i < 4; i++) {
		(void)unlink(path_of("box/etc/passwd"));
		if (i == 0)
			assert_int_equal(mkfifo(path_of("box/etc/passwd"), 0600), 0);
		else if (i == 1)
			assert_int_equal(symlink("passwd", path_of("box/etc/passwd")), 0);
		else
			write_text("box/etc/passwd", "zero:x:0:0:::\n");
		if (i == 2)
			assert_int_equal(truncate(path_of("box/etc/passwd"), 1 << 30), 0);
		assert_int_equal(ask(&question, &answer), 0);
		assert_int_equal(answer.lengths[0], i < 3 ? NAME_LENGTH_UNKNOWN : 4);
		assert_int_equal(answer.lengths[4], 5);
	}
}

/* A link out of the box leads to what stands at that path within, if anything does. */
static void a_link_to_the_host_stays_in_the_box(void **state)
{
	struct scope_answer answer;

	(void)state;
	assert_int_equal(unlink(path_of("box/etc/passwd")), 0);
	assert_int_equal(symlink(path_of("etc/passwd"), path_of("box/etc/passwd")), 0);
	assert_int_equal(ask(&question, &answer), 0);
	assert_int_equal(answer.lengths[0], NAME_LENGTH_NONE);
	assert_names("crate");
}

static void more_boxes_than_are_remembered(void **state)
{
	struct scope_answer answer;
	char text[64], wanted[64];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "user%u:x:0:0:::\n", i);
		(void)snprintf(wanted, sizeof(wanted), "user%ucrate", i);
		write_text("box/etc/new", text);
		assert_int_equal(rename(path_of("box/etc/new"), path_of("box/etc/passwd")), 0);
		assert_int_equal(ask(&question, &answer), 0);
		assert_names(wanted);
	}
}

static void name_services_know_root(void **state)
{
	struct name_want want = {0, 0};

	(void)state;
	buf_clear(&out);
	assert_int_equal(name_service_nss(NULL, &want, sizeof(want), &out), 0);
	assert_int_equal(out.length, 4);
	assert_memory_equal(out.data, "root", 4);
	want = (struct name_want){4242423, 1};
	buf_clear(&out);
	assert_int_equal(name_service_nss(NULL, &want, sizeof(want), &out), -ENOENT);
	assert_int_equal(name_service_nss(NULL, &want, 3, &out), -EINVAL);
}

int main(void)
{
#define SERVICE_TEST(name) cmocka_unit_test_setup_teardown(name, make_host, remove_host)
	const struct CMUnitTest tests[] = {
		SERVICE_TEST(ids_are_mapped_and_named_by_the_files_of_the_process),
		SERVICE_TEST(another_process_with_that_number_is_refused),
		SERVICE_TEST(the_hosts_own_files_are_recognised),
		SERVICE_TEST(a_process_in_the_hosts_root_is_told_from_one_in_a_box),
		SERVICE_TEST(a_changed_file_is_another_one),
		SERVICE_TEST(a_file_that_is_missing_names_nobody),
		SERVICE_TEST(a_file_that_is_none_leaves_names_unknown),
		SERVICE_TEST(a_link_to_the_host_stays_in_the_box),
		SERVICE_TEST(more_boxes_than_are_remembered),
		SERVICE_TEST(name_services_know_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
