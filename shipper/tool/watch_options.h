/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `watch`: what to show, of what, how, where. */
#ifndef AUDITSHIP_WATCH_OPTIONS_H
#define AUDITSHIP_WATCH_OPTIONS_H

#include "base/err.h"
#include "base/log.h"
#include "filter/condition.h"
#include "render/render.h"

#include <stdbool.h>
#include <stdint.h>

#define WATCH_NAMES_MAX 32 /* of --filter, and of --user */
#define WATCH_ID_SIZE 80   /* of a container, with a wildcard behind */
#define WATCH_COLUMNS_MAX 64

/* Text belongs to the command line, or to owned. */
struct watch_options {
	bool help;
	bool format_given;
	enum render_format format;
	uint32_t kinds;     /* bits 1 << enum rec_kind */
	uint32_t own_kinds; /* those of probes of our own: not all unless asked for */
	const char *names[WATCH_NAMES_MAX];
	size_t name_count;
	const char *users[WATCH_NAMES_MAX];
	size_t user_count;
	const char *containers[WATCH_NAMES_MAX]; /* names */
	size_t container_count;
	char container_ids[WATCH_NAMES_MAX][WATCH_ID_SIZE]; /* globs, of those that may be ids */
	size_t container_id_count;
	uint64_t min_ms; /* 0: no bound */
	const char *columns[WATCH_COLUMNS_MAX];
	size_t column_count;
	const char *out_path; /* NULL: standard output */
	enum log_level log_level;
	unsigned int seconds; /* 0: without end */
	const char *config;   /* NULL: the default */
	const char *socket;   /* NULL: where an agent listens by default; own probes when none */
	char *owned[2];
};

/*
 * Reads argv (argv[0] is the command's name) and completes it with what follows from the rest. 0 or
 * -EINVAL with err; watch_options_done in both cases.
 */
int watch_options_read(struct watch_options *options, int argc, char **argv, struct err *err);
void watch_options_done(struct watch_options *options);

/* The condition for events with a process; *ret_condition is NULL when every one is wanted. */
int watch_options_condition(const struct watch_options *options, struct condition **ret_condition,
			    struct err *err);

/* The whole text of --help. */
int watch_options_help(struct buf *out);

#endif
