/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AUDITSHIP_CHECK_H
#define AUDITSHIP_CHECK_H

/* What a process exits with when its configuration is wrong (EX_CONFIG of sysexits.h). */
#define CHECK_EXIT_CONFIG 78

/*
 * auditship check: reads the configuration (NULL: the defaults) and tells all its faults on
 * standard error, or on standard output in one line what it holds. Returns the exit code: 0, 78
 * when the configuration is wrong, 1 when it cannot be read.
 */
int tool_check(const char *path);

#endif
