/* SPDX-License-Identifier: BSD-2-Clause */
/* User and group names from files that anyone may have written. */
#include "enrich/users.h"

#include "base/cleanup.h"
#include "unit/test_root.h"

#include <errno.h>

static int make_root(void **state)
{
	static const char *const folders[] = {"etc", NULL};

	(void)state;
	return make_root_with(folders);
}

static struct users *load(const char *passwd, size_t passwd_size, const char *group)
{
	struct users *users = NULL;
	struct err err = {0};

	write_file("etc/passwd", passwd, passwd_size);
	write_file("etc/group", group, strlen(group));
	assert_int_equal(users_load(&users, root, &err), 0);
	assert_string_equal(err.text, "");
	assert_non_null(users);
	return users;
}

static struct users *load_passwd(const char *passwd)
{
	return load(passwd, strlen(passwd), "");
}

static void of_a_name_given_twice_the_first_line_counts(void **state)
{
	struct users *users = load_passwd("twin:x:900:1:::\ntwin:x:20:1:::\n");
	uint32_t uid = 0;

	(void)state;
	assert_true(users_user_id(users, "twin", &uid));
	assert_int_equal(uid, 900);
	users_free(users);
}

static void names_are_found_by_id(void **state)
{
	const char *passwd = "root:x:0:0:root:/root:/bin/sh\n"
			     "web:x:1000:100::/home/web:/bin/sh\n"
			     "daemon:x:1:1:::\n";
	struct users *users = load(passwd, strlen(passwd), "root:x:0:\nstaff:x:50:web,root\n");
	uint32_t uid = 0;

	(void)state;
	assert_string_equal(users_user_name(users, 0), "root");
	assert_string_equal(users_user_name(users, 1), "daemon");
	assert_string_equal(users_user_name(users, 1000), "web");
	assert_null(users_user_name(users, 2));
	assert_true(users_user_id(users, "web", &uid));
	assert_int_equal(uid, 1000);
	assert_false(users_user_id(users, "staff", &uid));
	assert_false(users_user_id(NULL, "web", &uid));
	assert_null(users_user_name(users, UINT32_MAX));
	assert_string_equal(users_group_name(users, 0), "root");
	assert_string_equal(users_group_name(users, 50), "staff");
	assert_null(users_group_name(users, 1000));
	users_free(users);
}

static void no_table_has_no_names(void **state)
{
	(void)state;
	assert_null(users_user_name(NULL, 0));
	assert_null(users_group_name(NULL, 0));
	users_free(NULL);
}

static void the_first_line_of_an_id_wins(void **state)
{
	struct users *users = load_passwd("root:x:0:0:::\ntoor:x:0:0:::\na:x:5:0:::\nb:x:0:0:::\n"
					  "c:x:5:0:::\n");

	(void)state;
	assert_string_equal(users_user_name(users, 0), "root");
	assert_string_equal(users_user_name(users, 5), "a");
	users_free(users);
}

static void the_last_line_needs_no_line_feed(void **state)
{
	struct users *users = load_passwd("root:x:0:0:::\nlast:x:9:9:::");

	(void)state;
	assert_string_equal(users_user_name(users, 9), "last");
	users_free(users);
}

static void empty_files_give_no_names(void **state)
{
	struct users *users = load_passwd("");

	(void)state;
	assert_null(users_user_name(users, 0));
	users_free(users);
	users = load_passwd("\n\n\n:\n::::::\n");
	assert_null(users_user_name(users, 0));
	users_free(users);
}

static void ids_that_are_no_plain_number_are_refused(void **state)
{
	static const char *const bad[] = {"-1",
					  "4294967295",
					  "4294967296",
					  "0x10",
					  " 5",
					  "5 ",
					  "+5",
					  "",
					  "5a",
					  "\t5",
					  "5.0",
					  "18446744073709551616",
					  "99999999999999999999999999999"};
	char passwd[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct users *users;

		(void)snprintf(passwd, sizeof(passwd),
			       "bad:x:%s:0:::\nalso:x:7:%s:::\nok:x:3:3:::\n", bad[i], bad[i]);
		users = load_passwd(passwd);
		assert_null(users_user_name(users, 0));
		assert_null(users_user_name(users, 5));
		assert_null(users_user_name(users, 16));
		assert_null(users_user_name(users, 7));
		assert_null(users_user_name(users, UINT32_MAX));
		assert_string_equal(users_user_name(users, 3), "ok");
		users_free(users);
	}
}

static void leading_zeros_are_decimal_and_the_largest_id_is_known(void **state)
{
	struct users *users =
		load_passwd("ten:x:0010:0:::\nlong:x:00000000000000000000000000011:0:::\n"
			    "max:x:4294967294:0:::\n");

	(void)state;
	assert_string_equal(users_user_name(users, 10), "ten");
	assert_string_equal(users_user_name(users, 11), "long");
	assert_null(users_user_name(users, 8));
	assert_string_equal(users_user_name(users, 4294967294U), "max");
	users_free(users);
}

static void wrong_field_counts_are_refused(void **state)
{
	const char *passwd = "six:x:1:1::/\nfive:x:2:2:\neight:x:3:3::::\nname\nok:x:4:4:::\n";
	struct users *users = load(passwd, strlen(passwd), "three:x:1\nfive:x:2:a:b\nok:x:4:\n");

	(void)state;
	for (uint32_t id = 0; id < 4; id++) {
		assert_null(users_user_name(users, id));
		assert_null(users_group_name(users, id));
	}
	assert_string_equal(users_user_name(users, 4), "ok");
	assert_string_equal(users_group_name(users, 4), "ok");
	users_free(users);
}

static void nis_lines_and_comments_are_not_names(void **state)
{
	struct users *users = load_passwd("+::::::\n+nis:x:1:1:::\n-gone:x:2:2:::\n#old:x:3:3:::\n"
					  "  #older:x:3:3:::\n:x:4:4:::\n \tspaced:x:5:5:::\n");

	(void)state;
	for (uint32_t id = 0; id < 5; id++)
		assert_null(users_user_name(users, id));
	assert_string_equal(users_user_name(users, 5), "spaced");
	users_free(users);
}

static void lines_with_nul_bytes_are_refused(void **state)
{
	static const char passwd[] =
		"ro\0ot:x:0:0:::\nroot\0:x:0:0:::\na:x:1:1::\0:\n\0\nb:x:2:2:::\n";
	struct users *users = load(passwd, sizeof(passwd), "");

	(void)state;
	assert_null(users_user_name(users, 0));
	assert_null(users_user_name(users, 1));
	assert_string_equal(users_user_name(users, 2), "b");
	users_free(users);
}

static void odd_bytes_in_names_are_kept(void **state)
{
	struct users *users =
		load_passwd("\x1b[31mred:x:1:1:::\n\xff\xfe:x:2:2:::\na b\r:x:3:3:::\n"
			    "\xc3\xa9:x:4:4:::\n");

	(void)state;
	assert_string_equal(users_user_name(users, 1), "\x1b[31mred");
	assert_string_equal(users_user_name(users, 2), "\xff\xfe");
	assert_string_equal(users_user_name(users, 3), "a b\r");
	assert_string_equal(users_user_name(users, 4), "\xc3\xa9");
	users_free(users);
}

static void names_end_at_256_bytes(void **state)
{
	char name[258], passwd[1024];
	struct users *users;

	(void)state;
	memset(name, 'n', sizeof(name));
	(void)snprintf(passwd, sizeof(passwd), "%.256s:x:1:1:::\n%.257s:x:2:2:::\n", name, name);
	users = load_passwd(passwd);
	assert_non_null(users_user_name(users, 1));
	assert_int_equal(strlen(users_user_name(users, 1)), 256);
	assert_null(users_user_name(users, 2));
	users_free(users);
}

static void a_huge_line_costs_only_itself(void **state)
{
	size_t size = (size_t)6 << 20;
	_cleanup_free_ char *passwd = malloc(size);
	static const char end[] = "\nafter:x:2:2:::\n";
	struct users *users;

	(void)state;
	assert_non_null(passwd);
	memset(passwd, ':', size);
	memcpy(passwd + size - sizeof(end) + 1, end, sizeof(end) - 1);
	users = load(passwd, size, "");
	assert_string_equal(users_user_name(users, 2), "after");
	users_free(users);
}

#define LIMIT ((size_t)8 << 20)

static void a_million_lines_within_the_limit_are_read(void **state)
{
	_cleanup_free_ char *group = malloc(LIMIT + 64);
	size_t used = 0;
	uint32_t lines = 0;
	struct users *users = NULL;
	struct err err = {0};

	(void)state;
	assert_non_null(group);
	for (; used < LIMIT - 16 && lines < 1000000; lines++) { /* ids repeat, so that they fit */
		char letter = (char)('a' + lines / 1000 % 26);

		used += (size_t)sprintf(group + used, "%c::%u:\n", letter, lines % 1000);
	}
	assert_int_equal(lines, 1000000);
	while (used < LIMIT)
		group[used++] = '\n';
	write_file("etc/passwd", "", 0);
	write_file("etc/group", group, used);
	assert_int_equal(users_load(&users, root, &err), 0);
	for (uint32_t id = 0; id < 1000; id++)
		assert_string_equal(users_group_name(users, id), "a"); /* the first of each */
	assert_null(users_group_name(users, 1000));
	users_free(users);
}

static void many_distinct_ids_are_all_found(void **state)
{
	_cleanup_free_ char *passwd = malloc(LIMIT);
	size_t used = 0;
	struct users *users;
	char name[16];

	(void)state;
	assert_non_null(passwd);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t id = i * 48271 % 100003; /* in no order */

		used += (size_t)sprintf(passwd + used, "u%u:x:%u:0:::\n", id, id);
	}
	users = load(passwd, used, "");
	for (uint32_t i = 0; i < 100000; i += 7) {
		uint32_t id = i * 48271 % 100003;

		(void)snprintf(name, sizeof(name), "u%u", id);
		assert_string_equal(users_user_name(users, id), name);
	}
	users_free(users);
}

/* Loads with a bad passwd and a good group: the group's names must be there, and err must tell. */
static void assert_passwd_refused(int error, const char *reason)
{
	struct users *users = NULL;
	struct err err = {0};

	write_file("etc/group", "g:x:1:\n", 7);
	assert_int_equal(users_load(&users, root, &err), error);
	assert_non_null(users);
	assert_null(users_user_name(users, 0));
	assert_string_equal(users_group_name(users, 1), "g");
	assert_non_null(strstr(err.text, "etc/passwd"));
	assert_non_null(strstr(err.text, reason));
	users_free(users);
}

static void a_file_over_the_limit_is_refused(void **state)
{
	_cleanup_free_ char *passwd = malloc(LIMIT + 1);

	(void)state;
	assert_non_null(passwd);
	memset(passwd, '\n', LIMIT + 1);
	memcpy(passwd, "root:x:0:0:::", 13);
	write_file("etc/passwd", passwd, LIMIT + 1);
	assert_passwd_refused(-EFBIG, "8 MiB");
}

static void a_missing_file_is_told(void **state)
{
	(void)state;
	assert_passwd_refused(-ENOENT, "No such file");
}

static void a_fifo_is_refused_without_waiting(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path_of("etc/passwd"), 0600), 0);
	assert_passwd_refused(-EINVAL, "not a regular file");
}

static void a_directory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(path_of("etc/passwd"), 0700), 0);
	assert_passwd_refused(-EINVAL, "not a regular file");
}

static void a_link_is_refused(void **state)
{
	(void)state;
	write_file("etc/other", "root:x:0:0:::\n", 14);
	assert_int_equal(symlink("other", path_of("etc/passwd")), 0);
	assert_passwd_refused(-ELOOP, "symbolic link");
}

static void both_missing_files_are_told(void **state)
{
	struct users *users = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(users_load(&users, root, &err), -ENOENT);
	assert_non_null(users);
	assert_non_null(strstr(err.text, "etc/passwd"));
	assert_non_null(strstr(err.text, "etc/group"));
	users_free(users);
}

/* Every byte of a good file changed in turn: nothing may be read out of bounds (asan tells). */
static void changed_bytes_do_no_harm(void **state)
{
	static const char good[] = "root:x:0:0:r:/:/s\nb:x:1:1:::\n";
	char passwd[sizeof(good)];

	(void)state;
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (size_t j = 0; j < 6; j++) {
			struct users *users;
			const char *name;

			memcpy(passwd, good, sizeof(good));
			passwd[i] = "\0\n:\xff"
				    "9+"[j];
			users = load(passwd, sizeof(good) - 1, passwd);
			name = users_user_name(users, 1);
			assert_true(!name || strlen(name) <= 2);
			users_free(users);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_found_by_id),
		TEST(of_a_name_given_twice_the_first_line_counts),
		TEST(no_table_has_no_names),
		TEST(the_first_line_of_an_id_wins),
		TEST(the_last_line_needs_no_line_feed),
		TEST(empty_files_give_no_names),
		TEST(ids_that_are_no_plain_number_are_refused),
		TEST(leading_zeros_are_decimal_and_the_largest_id_is_known),
		TEST(wrong_field_counts_are_refused),
		TEST(nis_lines_and_comments_are_not_names),
		TEST(lines_with_nul_bytes_are_refused),
		TEST(odd_bytes_in_names_are_kept),
		TEST(names_end_at_256_bytes),
		TEST(a_huge_line_costs_only_itself),
		TEST(a_million_lines_within_the_limit_are_read),
		TEST(many_distinct_ids_are_all_found),
		TEST(a_file_over_the_limit_is_refused),
		TEST(a_missing_file_is_told),
		TEST(a_fifo_is_refused_without_waiting),
		TEST(a_directory_is_refused),
		TEST(a_link_is_refused),
		TEST(both_missing_files_are_told),
		TEST(changed_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
