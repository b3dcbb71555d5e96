/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent says of itself, on standard error. Only deliver and the files of the top level
 * log above debug; everything else returns. Text from outside is made harmless before it is
 * printed.
 */
#ifndef AUDITSHIP_LOG_H
#define AUDITSHIP_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
