/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers up to their ceiling, also one that is lowered below what is there. */
#include "base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void what_does_not_fit_changes_nothing(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	assert_int_equal(buf_add(&buf, "0123456", 7), 0);
	assert_int_equal(buf_add(&buf, "789x", 4), -EMSGSIZE);
	assert_int_equal(buf_add(&buf, "789", 3), 0);
	assert_int_equal(buf.length, 10);
	assert_memory_equal(buf.data, "0123456789", 10);
	assert_int_equal(buf_add(&buf, "x", 1), -EMSGSIZE);
	assert_int_equal(buf_add(&buf, "", 0), 0);
	buf_done(&buf);
}

static void a_ceiling_below_what_is_there_takes_no_more(void **state)
{
	char text[512];
	struct buf buf;

	(void)state;
	memset(text, 'a', sizeof(text));
	buf_init(&buf, 4096);
	assert_int_equal(buf_add(&buf, text, sizeof(text)), 0);
	buf.limit = 100;
	assert_int_equal(buf_add(&buf, text, sizeof(text)), -EMSGSIZE);
	assert_int_equal(buf.length, sizeof(text));
	assert_memory_equal(buf.data, text, sizeof(text));
	buf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_changes_nothing),
		cmocka_unit_test(a_ceiling_below_what_is_there_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
