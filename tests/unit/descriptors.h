/* SPDX-License-Identifier: BSD-2-Clause */
/* How many descriptors this process has, to see that none leaks. Behind cmocka.h. */
#ifndef AUDITSHIP_TEST_DESCRIPTORS_H
#define AUDITSHIP_TEST_DESCRIPTORS_H

#include <dirent.h>
#include <stddef.h>

/* The one that reads the directory is counted, and its two entries for directories: compare only.
 */
static inline size_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	assert_int_equal(closedir(dir), 0);
	return count;
}

#endif
