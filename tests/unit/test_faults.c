/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/faults.h"

#include <errno.h>
#include <string.h>

static void faults_are_told_in_the_order_of_the_file(void **state)
{
	static const char wanted[] =
		"f\\x1b: whole\nf\\x1b:1:2: a\nf\\x1b:1:10: b\nf\\x1b:7:1: c 5\n";
	struct faults faults = {0};
	struct buf out;

	(void)state;
	faults_add(&faults, (struct place){7, 1, 0}, "c %d", 5);
	faults_add(&faults, (struct place){1, 10, 0}, "b");
	faults_add(&faults, (struct place){0, 0, 0}, "whole");
	faults_add(&faults, (struct place){1, 2, 0}, "a");
	buf_init(&out, 1024);
	assert_int_equal(faults_write(&faults, "f\033", &out), 0);
	assert_int_equal(out.length, sizeof(wanted) - 1);
	assert_memory_equal(out.data, wanted, out.length);
	buf_done(&out);
	faults_done(&faults);
	assert_int_equal(faults.count, 0);
}

static void those_beyond_the_bound_are_counted(void **state)
{
	static const char wanted[] = "f: and 23 more faults\n";
	struct faults faults = {0};
	struct buf out;

	(void)state;
	for (unsigned int i = 0; i < FAULTS_MAX + 23; i++)
		faults_add(&faults, (struct place){i + 1, 1, 0}, "x");
	buf_init(&out, 64 * 1024);
	assert_int_equal(faults_write(&faults, "f", &out), 0);
	assert_memory_equal(out.data + out.length - (sizeof(wanted) - 1), wanted,
			    sizeof(wanted) - 1);
	buf_done(&out);
	faults_done(&faults);
}

static void no_room_is_an_error_and_leaves_whole_lines(void **state)
{
	struct faults faults = {0};
	struct buf out;

	(void)state;
	faults_add(&faults, (struct place){1, 1, 0}, "short");
	faults_add(&faults, (struct place){2, 1, 0}, "this one is too long for the room there is");
	buf_init(&out, 32);
	assert_int_equal(faults_write(&faults, "f", &out), -EMSGSIZE);
	assert_int_equal(out.length, strlen("f:1:1: short\n"));
	buf_done(&out);
	faults_done(&faults);
}

static void a_quote_is_harmless_and_short(void **state)
{
	char out[FAULTS_QUOTE_SIZE], text[4 * FAULTS_QUOTE_SIZE];

	(void)state;
	assert_string_equal(faults_quote(out, "a\033\0b", 4), "a\\x1b\\x00b");
	assert_string_equal(faults_quote(out, "", 0), "");
	for (size_t length = 0; length < sizeof(text); length++) {
		size_t shown;

		memset(text, 'x', sizeof(text));
		(void)faults_quote(out, text, length);
		shown = strlen(out);
		assert_int_equal(shown, length < sizeof(out) ? length : sizeof(out) - 1);
		assert_int_equal(strstr(out, "...") != NULL, length >= sizeof(out));
		memset(text, '\033', sizeof(text));
		(void)faults_quote(out, text, length);
		assert_true(strlen(out) < sizeof(out));
		assert_null(strchr(out, '\033'));
		assert_int_equal(strstr(out, "...") != NULL, 4 * length >= sizeof(out));
	}
}

static void faults_of_several_files_come_in_the_order_of_the_files(void **state)
{
	static const char *const files[] = {"b", "a\n"};
	static const char wanted[] = "b:9:1: first\na\\n:1:2: second\na\\n:1:3: third\n";
	struct faults faults = {.files = files};
	struct buf out;

	(void)state;
	faults_add(&faults, (struct place){1, 3, 1}, "third");
	faults_add(&faults, (struct place){9, 1, 0}, "first");
	faults_add(&faults, (struct place){1, 2, 1}, "second");
	buf_init(&out, 4096);
	assert_int_equal(faults_write(&faults, "unused", &out), 0);
	assert_int_equal(out.length, sizeof(wanted) - 1);
	assert_memory_equal(out.data, wanted, out.length);
	buf_done(&out);
	faults_done(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_told_in_the_order_of_the_file),
		cmocka_unit_test(those_beyond_the_bound_are_counted),
		cmocka_unit_test(no_room_is_an_error_and_leaves_whole_lines),
		cmocka_unit_test(a_quote_is_harmless_and_short),
		cmocka_unit_test(faults_of_several_files_come_in_the_order_of_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
