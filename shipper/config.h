/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file. One table row per option gives parse, default, bounds, documentation and
 * its place in config/auditship.yaml. Text is owned by the struct.
 */
#ifndef AUDITSHIP_CONFIG_H
#define AUDITSHIP_CONFIG_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_sink_type { CONFIG_SINK_FILE, CONFIG_SINK_STDOUT };
enum config_format { CONFIG_FORMAT_ECS, CONFIG_FORMAT_TABLE };

struct config_list {
	char **items;
	size_t count;
};

struct config_sink {
	char *name;
	int type;   /* enum config_sink_type */
	int format; /* enum config_format; default: ecs for file, table for stdout */
	char *path; /* file only */
};

struct config {
	struct {
		char *name; /* NULL: the host's name */
		char *state_dir;
		struct config_list tags;
	} agent;
	struct {
		int level; /* enum log_level */
	} log;
	struct {
		struct config_list events; /* kind names: fork exec exit, or groups: process all */
		uint64_t args_max;         /* bytes, 256 to 32 KiB */
		struct config_list env;    /* at most REC_ENV_NAMES names */
		struct {
			uint64_t vital; /* bytes, a power of two of at least a page */
		} rings;
	} capture;
	struct {
		char *dir; /* default: state_dir/journal */
		uint64_t max_size;
		int durability; /* enum journal_durability */
		uint64_t sync_every_ms;
	} journal;
	struct config_sink *sinks; /* default: one file sink, state_dir/audit.ndjson */
	size_t sink_count;
};

/*
 * Reads path (NULL: all defaults). Every fault of the file is added to *faults, one line each:
 * "FILE:LINE:COLUMN: what is wrong, what would be right". 0, -EINVAL when there are faults, or
 * another negative errno (told in err) when the file cannot be read: missing, no regular file, more
 * than 1 MiB, or -EPERM when everybody may write it. *config is whole on 0 only. What faults quotes
 * of the file is safe on a terminal. Relative paths in the file are relative to the current
 * directory of the process, not to the file.
 */
int config_load(struct config *config, const char *path, struct buf *faults, struct err *err);
void config_done(struct config *config);

/* What capture.events stands for, groups resolved: bits 1 << enum rec_kind. */
uint32_t config_event_kinds(const struct config *config);

/* "file", "stdout" */
const char *config_sink_type_name(int type);

/* Writes every option with its default and its documentation as a YAML file, or as Markdown. */
int config_write_example(struct buf *out);
int config_write_reference(struct buf *out);

#endif
