/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a file sink. */
#include "config/rows.h"

#include "sink/file.h"
#include "sink/pack.h"

#include <string.h>

static const struct option_word packing_words[] = {
	{"zstd", TRAIL_ZSTD},
	{"gzip", TRAIL_GZIP},
	{"none", TRAIL_PLAIN},
	{},
};

static const struct option_word file_sync_words[] = {
	{"none", FILE_SYNC_NONE},
	{"interval", FILE_SYNC_INTERVAL},
	{"batch", FILE_SYNC_BATCH},
	{},
};

static bool is_mode(const char *text)
{
	size_t length = strlen(text);

	return (length == 3 || (length == 4 && text[0] == '0')) &&
	       strspn(text, "01234567") == length && strchr("67", text[length - 3]);
}

static const struct option_pattern mode_pattern = {
	"a file mode in octal digits with which the owner can read and write, such as 0640",
	is_mode,
	"^0?[67][0-7]{2}$",
};

const struct option config_file_options[] = {
	{
		"path",
		PATH_AT(struct config_sink, path),
		.example = "/var/lib/auditship/audit.ndjson",
		.max = DIR_MAX,
		.flags = OPTION_REQUIRED,
		.sink_types = FILE_SINK,
		.doc = "The file that is written; rotated ones are beside it.",
	},
	{
		"rotate.size",
		SIZE_AT(struct config_sink, trail.rotate_size),
		.fallback = "100MiB",
		.min = 64 * KIB,
		.max = 1024 * GIB,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "No file grows above it.",
	},
	{
		"rotate.every",
		DURATION_AT(struct config_sink, trail.rotate_every_ms),
		.fallback = "off",
		.example = "24h",
		.min = SECOND_MS,
		.max = 365 * 24 * 3600 * SECOND_MS,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "At multiples of it by the clock, in UTC: 24h is at midnight, 1h at each "
		       "full hour; "
		       "with the first event after that.",
	},
	{
		"keep.files",
		NUMBER_AT(struct config_sink, trail.keep_files),
		.fallback = "off",
		.example = "10",
		.min = 1,
		.max = 100000,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "So many rotated files.",
	},
	{
		"keep.age",
		DURATION_AT(struct config_sink, trail.keep_age_ms),
		.fallback = "off",
		.example = "30d",
		.min = SECOND_MS,
		.max = 36500ULL * 24 * 3600 * SECOND_MS,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "Rotated files that were last written since then, by the clock.",
	},
	{
		"keep.total",
		SIZE_AT(struct config_sink, trail.keep_total),
		.fallback = "2GiB",
		.min = 64 * KIB,
		.max = 1024 * 1024 * GIB,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "The space of all files together, the one that is written included.",
	},
	{
		"compress",
		ENUM_AT(struct config_sink, trail.compress),
		.fallback = "zstd",
		.words = packing_words,
		.sink_types = FILE_SINK,
		.doc = "How rotated files are packed, in the background.",
	},
	{
		"compress_level",
		NUMBER_AT(struct config_sink, trail.compress_level),
		.derived = "3 for zstd, 6 for gzip",
		.example = "3",
		.min = 1,
		.max = PACK_ZSTD_LEVEL_MAX,
		.sink_types = FILE_SINK,
		.doc = "Higher is smaller and slower; gzip has levels up to 9.",
	},
	{
		"owner",
		TEXT_AT(struct config_sink, trail.owner),
		.derived = "the user that the agent runs as",
		.example = "root",
		.max = NAME_LENGTH_MAX,
		.sink_types = FILE_SINK,
		.pattern = &config_user_pattern,
		.doc = "User that new files, and directories made for them, belong to, by name or "
		       "number.",
	},
	{
		"group",
		TEXT_AT(struct config_sink, trail.group),
		.derived = "the group that the agent runs as",
		.example = "adm",
		.max = NAME_LENGTH_MAX,
		.sink_types = FILE_SINK,
		.pattern = &config_group_pattern,
		.doc = "The same for their group.",
	},
	{
		"mode",
		TEXT_AT(struct config_sink, trail.mode),
		.fallback = "\"0600\"",
		.example = "\"0640\"",
		.max = 4,
		.sink_types = FILE_SINK,
		.pattern = &mode_pattern,
		.doc = "Mode of new files. Who may read them may enter a directory that is made "
		       "for "
		       "them.",
	},
	{
		"fsync",
		ENUM_AT(struct config_sink, trail.fsync),
		.fallback = "interval",
		.words = file_sync_words,
		.sink_types = FILE_SINK,
		.doc = "When an event counts as delivered, after which the journal may forget it: "
		       "batch: when it is on disk, at once; interval: the same, every "
		       "fsync_every; none: when the kernel has it, and a power loss can take it.",
	},
	{
		"fsync_every",
		DURATION_AT(struct config_sink, trail.fsync_every_ms),
		.fallback = "500ms",
		.min = 10,
		.max = 60 * SECOND_MS,
		.sink_types = FILE_SINK,
		.doc = "Time between two such moments with fsync: interval; after 4 to 32 MiB it "
		       "is done earlier.",
	},
	{
		"space.warn",
		SIZE_AT(struct config_sink, trail.space.warn),
		.fallback = "2GiB",
		.min = 1 * MIB,
		.max = 1024 * GIB,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "The status warns; but never while more than 10 % is free.",
	},
	{
		"space.delete",
		SIZE_AT(struct config_sink, trail.space.delete),
		.fallback = "1GiB",
		.min = 1 * MIB,
		.max = 1024 * GIB,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "Rotates early, deletes the oldest rotated files early, all but the last; "
		       "but "
		       "never while more than 5 % is free.",
	},
	{
		"space.pause",
		SIZE_AT(struct config_sink, trail.space.pause),
		.fallback = "128MiB",
		.min = 1 * MIB,
		.max = 1024 * GIB,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = FILE_SINK,
		.doc = "Nothing is written until there is more; events wait in the journal; but "
		       "never "
		       "while more than 1 % is free.",
	},
	{},
};
