/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of rows share, and their tables. Private to options.c and options_*.c. */
#ifndef AUDITSHIP_CONFIG_ROWS_H
#define AUDITSHIP_CONFIG_ROWS_H

#include "config/options.h"

#include <limits.h>

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND_MS 1000ULL

/* Directories need room for the names of the files in them. */
#define DIR_MAX (PATH_MAX - 256)
#define NAME_LENGTH_MAX 64

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* The offset of a member; does not compile when the member is not of that C type. */
#define AT(where, member, c_type) \
	(offsetof(where, member) + 0 * sizeof(_Generic(((where *)0)->member, c_type : 0)))
#define TEXT_AT(where, member) .type = OPTION_TEXT, .offset = AT(where, member, char *)
#define PATH_AT(where, member) .type = OPTION_PATH, .offset = AT(where, member, char *)
#define SIZE_AT(where, member) .type = OPTION_SIZE, .offset = AT(where, member, uint64_t)
#define DURATION_AT(where, member) .type = OPTION_DURATION, .offset = AT(where, member, uint64_t)
#define NUMBER_AT(where, member) .type = OPTION_NUMBER, .offset = AT(where, member, uint64_t)
#define ENUM_AT(where, member) .type = OPTION_ENUM, .offset = AT(where, member, int)
#define LIST_AT(where, member) .type = OPTION_LIST, .offset = AT(where, member, struct config_list)
#define MAP_AT(where, member) .type = OPTION_MAP, .offset = AT(where, member, struct config_map)

#define FILE_SINK (1U << CONFIG_SINK_FILE)
#define STDOUT_SINK (1U << CONFIG_SINK_STDOUT)
#define KAFKA_SINK (1U << CONFIG_SINK_KAFKA)
#define SYSLOG_SINK (1U << CONFIG_SINK_SYSLOG)
#define EVERY_SINK (FILE_SINK | STDOUT_SINK | KAFKA_SINK | SYSLOG_SINK)
#define JSON_SINK KAFKA_SINK
#define TLS_SINK (KAFKA_SINK | SYSLOG_SINK)

/* Of the main table; all end with a row without path. */
extern const struct option config_agent_options[];
extern const struct option config_capture_options[];
extern const struct option config_enrich_options[];
extern const struct option config_journal_options[];

/* Of a sink. */
extern const struct option config_sink_first_options[];
extern const struct option config_file_options[];
extern const struct option config_kafka_options[];
extern const struct option config_syslog_options[];
extern const struct option config_tls_options[];
extern const struct option config_kafka_login_options[];
extern const struct option config_sink_last_options[];

extern const struct option_pattern config_group_pattern;
extern const struct option_pattern config_user_pattern;

/* Not empty, not longer than a name may be, and of these letters only. */
bool config_is_made_of(const char *text, const char *letters);

#endif
