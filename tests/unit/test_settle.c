/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for the hooks of a detached set, where the kernel tells and where it does not. */
#include "capture/probes.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/membarrier.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From here on as a kernel with nohz_full does it, to the end of this program. */
static void refuse(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	assert_non_null(filter);
	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(membarrier), 0),
			 0);
	assert_int_equal(seccomp_load(filter), 0);
	seccomp_release(filter);
}

static void whether_the_kernel_tells_is_asked_of_it(void **state)
{
	(void)state;
	assert_int_equal(probes_settle_knows(),
			 syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0);
}

static void where_the_kernel_does_not_tell_time_passes(void **state)
{
	uint64_t before_ns;

	(void)state;
	refuse();
	assert_false(probes_settle_knows());
	before_ns = clock_mono_ns();
	probes_settle();
	assert_true(clock_mono_ns() - before_ns >= 50 * (NS_PER_S / 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whether_the_kernel_tells_is_asked_of_it),
		cmocka_unit_test(where_the_kernel_does_not_tell_time_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
