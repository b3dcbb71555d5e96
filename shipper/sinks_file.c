/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of users and groups become numbers here, before there is a thread that could wait. */
#include "sinks_file.h"

#include "base/text.h"
#include "sink/active.h"
#include "sink/file.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool parse_id(const char *name, uint32_t *ret_id)
{
	uint64_t number;

	if (text_parse_number(name, &number) < 0 || number >= UINT_MAX)
		return false;
	*ret_id = (uint32_t)number;
	return true;
}

static int find_owner(const struct config_sink *config, struct file_sink_options *options,
		      struct err *err)
{
	const struct config_trail *trail = &config->trail;
	const struct passwd *user;
	const struct group *group;

	if (trail->owner && !parse_id(trail->owner, &options->owner)) {
		user = getpwnam(trail->owner);
		if (!user)
			return err_set(err, -ENOENT, "owner: there is no user '%s'", trail->owner);
		options->owner = user->pw_uid;
	}
	if (trail->group && !parse_id(trail->group, &options->group)) {
		group = getgrnam(trail->group);
		if (!group)
			return err_set(err, -ENOENT, "group: there is no group '%s'", trail->group);
		options->group = group->gr_gid;
	}
	return 0;
}

int sinks_file_new(struct sink **ret_sink, const struct config_sink *config, struct err *err)
{
	const struct config_trail *trail = &config->trail;
	struct file_sink_options options;
	int result;

	file_sink_options_init(&options, config->path);
	options.rotate_bytes = trail->rotate_size;
	options.rotate_every_ms = trail->rotate_every_ms;
	options.mode = (mode_t)strtoul(trail->mode, NULL, 8);
	options.sync = (enum file_sync)trail->fsync;
	options.sync_every_ms = trail->fsync_every_ms;
	options.keep = (struct keeper_options){
		.packing = (enum trail_packing)trail->compress,
		.level = (int)trail->compress_level,
		.files = trail->keep_files,
		.age_ms = trail->keep_age_ms,
		.total_bytes = trail->keep_total,
		.space = {.warn_bytes = trail->space.warn,
			  .low_bytes = trail->space.delete,
			  .pause_bytes = trail->space.pause},
	};
	result = find_owner(config, &options, err);
	return result < 0 ? result : file_sink_new(ret_sink, &options, err);
}

int sinks_file_check(const struct config_sink *config, struct err *err)
{
	struct file_sink_options unused;
	struct stat st;

	if (stat(config->path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "path: '%s' is %s, a trail must be a regular file",
			       config->path, S_ISDIR(st.st_mode) ? "a directory" : "no file");
	return find_owner(config, &unused, err);
}

void sinks_file_describe(const struct config_sink *config, struct render_options *options)
{
	static const char *const columns[] = {
		"TIME",        "EVENT",      "PID",          "PPID",      "USER",
		"COMMAND",     "EXECUTABLE", "COMMAND_LINE", "file.path", "EXIT_CODE",
		"DURATION_MS", "LOST",       "event.id"};

	options->no_header = false;
	if (config->format != CONFIG_FORMAT_CSV)
		return;
	options->columns = columns;
	options->column_count = sizeof(columns) / sizeof(columns[0]);
}
