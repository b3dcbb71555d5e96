/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/stat.h>

static void signals_have_the_names_of_the_c_library(void **state)
{
	char name[NAME_SIZE], expected[NAME_SIZE];

	(void)state;
	for (int i = 1; i < 32; i++) {
		name_signal(name, (uint32_t)i);
		assert_non_null(sigabbrev_np(i));
		/* SIGIO is the old name of SIGPOLL. */
		(void)snprintf(expected, sizeof(expected), "SIG%s",
			       i == SIGPOLL ? "IO" : sigabbrev_np(i));
		assert_string_equal(name, expected);
	}
}

static void real_time_signals_count_from_the_first(void **state)
{
	char name[NAME_SIZE];

	(void)state;
	assert_int_equal(SIGRTMIN, 34);
	name_signal(name, (uint32_t)SIGRTMIN);
	assert_string_equal(name, "SIGRTMIN");
	name_signal(name, (uint32_t)SIGRTMIN + 1);
	assert_string_equal(name, "SIGRTMIN+1");
	name_signal(name, (uint32_t)SIGRTMAX);
	assert_string_equal(name, "SIGRTMIN+30");
}

static void unknown_signals_stay_numbers(void **state)
{
	char name[NAME_SIZE];

	(void)state;
	name_signal(name, 0);
	assert_string_equal(name, "0");
	name_signal(name, 32);
	assert_string_equal(name, "32");
	name_signal(name, 65);
	assert_string_equal(name, "65");
	name_signal(name, UINT32_MAX);
	assert_string_equal(name, "4294967295");
}

static void capabilities_have_the_names_of_the_kernel_header(void **state)
{
	char name[NAME_SIZE];

	(void)state;
	name_capability(name, CAP_CHOWN);
	assert_string_equal(name, "CAP_CHOWN");
	name_capability(name, CAP_SETPCAP);
	assert_string_equal(name, "CAP_SETPCAP");
	name_capability(name, CAP_SYS_ADMIN);
	assert_string_equal(name, "CAP_SYS_ADMIN");
	name_capability(name, CAP_SYS_RESOURCE);
	assert_string_equal(name, "CAP_SYS_RESOURCE");
	name_capability(name, CAP_SETFCAP);
	assert_string_equal(name, "CAP_SETFCAP");
	name_capability(name, CAP_CHECKPOINT_RESTORE);
	assert_string_equal(name, "CAP_CHECKPOINT_RESTORE");
	name_capability(name, CAP_LAST_CAP + 1);
	assert_true(name[0] >= '0' && name[0] <= '9');
	name_capability(name, 63);
	assert_string_equal(name, "63");
}

static void file_types_are_words(void **state)
{
	(void)state;
	assert_string_equal(name_file_type(S_IFREG | 0755), "file");
	assert_string_equal(name_file_type(S_IFDIR), "dir");
	assert_string_equal(name_file_type(S_IFLNK | 0777), "symlink");
	assert_null(name_file_type(0));
	assert_null(name_file_type(0xf000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_have_the_names_of_the_c_library),
		cmocka_unit_test(real_time_signals_count_from_the_first),
		cmocka_unit_test(unknown_signals_stay_numbers),
		cmocka_unit_test(capabilities_have_the_names_of_the_kernel_header),
		cmocka_unit_test(file_types_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
