/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a sink that every sink has, or several. */
#include "config/rows.h"

#define LEAVE_OUT_MAX 128

const struct option_word config_sink_types[] = {
	{"file", CONFIG_SINK_FILE},
	{"stdout", CONFIG_SINK_STDOUT},
	{"kafka", CONFIG_SINK_KAFKA},
	{"syslog", CONFIG_SINK_SYSLOG},
	{},
};

static const struct option_word file_formats[] = {
	{"ecs", CONFIG_FORMAT_ECS},
	{"ocsf", CONFIG_FORMAT_OCSF},
	{"csv", CONFIG_FORMAT_CSV},
	{},
};

static const struct option_word json_formats[] = {
	{"ecs", CONFIG_FORMAT_ECS},
	{"ocsf", CONFIG_FORMAT_OCSF},
	{},
};

static const struct option_word stdout_formats[] = {
	{"table", CONFIG_FORMAT_TABLE},
	{"ecs", CONFIG_FORMAT_ECS},
	{"ocsf", CONFIG_FORMAT_OCSF},
	{},
};

static const struct option_word syslog_formats[] = {
	{"ecs", CONFIG_FORMAT_ECS},
	{"ocsf", CONFIG_FORMAT_OCSF},
	{"text", CONFIG_FORMAT_TEXT},
	{},
};

static const struct option_word detail_words[] = {
	{"compact", CONFIG_DETAIL_COMPACT},
	{"full", CONFIG_DETAIL_FULL},
	{},
};

static const struct option_word message_words[] = {
	{"event", CONFIG_MESSAGE_EVENT},
	{"batch", CONFIG_MESSAGE_BATCH},
	{},
};

static bool is_sink_name(const char *text)
{
	return config_is_made_of(text, LETTERS DIGITS "_-");
}

/* It names the file of the sink's cursor, so nothing of it may mean something in a path. */
static const struct option_pattern sink_name_pattern = {
	"a name for a sink: small letters, digits, '_' and '-', at most 64 in all",
	is_sink_name,
	"^[a-z0-9_-]{1,64}$",
};

const struct option config_sink_first_options[] = {
	{
		"name",
		TEXT_AT(struct config_sink, name),
		.example = "trail",
		.max = NAME_LENGTH_MAX,
		.flags = OPTION_REQUIRED | OPTION_PUBLIC,
		.sink_types = EVERY_SINK,
		.pattern = &sink_name_pattern,
		.doc = "Names the sink and its place in the journal: small letters, digits, '_' "
		       "and '-'. "
		       "A renamed sink starts again at the oldest event.",
	},
	{
		"type",
		ENUM_AT(struct config_sink, type),
		.example = "file",
		.flags = OPTION_REQUIRED,
		.sink_types = EVERY_SINK,
		.words = config_sink_types,
		.doc = "What kind of place it is.",
	},
	{
		"format",
		ENUM_AT(struct config_sink, format),
		.fallback = "ecs",
		.sink_types = FILE_SINK,
		.words = file_formats,
		.doc = "ecs and ocsf: one JSON object per line, in the Elastic Common Schema or "
		       "the "
		       "Open Cybersecurity Schema Framework; csv: a table.",
	},
	{
		"format",
		ENUM_AT(struct config_sink, format),
		.fallback = "ecs",
		.sink_types = JSON_SINK,
		.words = json_formats,
		.doc = "One JSON object per line. ecs: in the Elastic Common Schema; ocsf: in the "
		       "Open "
		       "Cybersecurity Schema Framework.",
	},
	{
		"format",
		ENUM_AT(struct config_sink, format),
		.fallback = "table",
		.sink_types = STDOUT_SINK,
		.words = stdout_formats,
		.doc = "table: columns for a person's screen; ecs and ocsf: as in a file.",
	},
	{
		"format",
		ENUM_AT(struct config_sink, format),
		.fallback = "ecs",
		.sink_types = SYSLOG_SINK,
		.words = syslog_formats,
		.doc = "What a message holds. ecs and ocsf: JSON, as in a file; text: a line for "
		       "people.",
	},
	{
		"detail",
		ENUM_AT(struct config_sink, detail),
		.fallback = "compact",
		.sink_types = EVERY_SINK,
		.words = detail_words,
		.doc = "Of events that are not about processes, in JSON: compact leaves out what "
		       "the process's own events tell (arguments, parent, ids); full has it all.",
	},
	{
		"leave_out",
		LIST_AT(struct config_sink, leave_out),
		.fallback = "[]",
		.example = "[host.os, host.ip, process.saved_user]",
		.max = LEAVE_OUT_MAX,
		.sink_types = EVERY_SINK,
		.doc = "Members that events of format ecs do without here, each a path of "
		       "docs/events.md: a value, or an object with all that is in it. What the "
		       "schema requires of every event stays. docs/sizing.md has a list that "
		       "leaves less than half of the bytes of a process event.",
	},
	{
		"message",
		ENUM_AT(struct config_sink, message),
		.fallback = "event",
		.words = message_words,
		.sink_types = FILE_SINK | KAFKA_SINK,
		.doc = "event: a line or message for each; batch: a document of all the events of "
		       "one batch (see docs/schema.md; give batch.linger), for Kafka with the key, "
		       "kind and time of the first.",
	},
	{},
};

const struct option config_sink_last_options[] = {
	{
		"when",
		.type = OPTION_CONDITION,
		.offset = AT(struct config_sink, when, struct condition *),
		.derived = "every event",
		.example = "{event.action: [exec]}",
		.sink_types = EVERY_SINK,
		.doc = "Which events the sink gets.",
	},
	{
		"batch.events",
		NUMBER_AT(struct config_sink, batch.events),
		.fallback = "10000",
		.example = "1000",
		.min = 1,
		.max = 65536,
		.sink_types = EVERY_SINK,
		.doc = "The most events.",
	},
	{
		"batch.size",
		SIZE_AT(struct config_sink, batch.size),
		.fallback = "256KiB",
		.example = "256KiB",
		.min = 4 * KIB,
		.max = 4 * MIB,
		.sink_types = EVERY_SINK,
		.doc = "So many bytes are enough; the last event may go beyond.",
	},
	{
		"batch.linger",
		DURATION_AT(struct config_sink, batch.linger_ms),
		.fallback = "0s",
		.example = "200ms",
		.max = 60 * SECOND_MS,
		.sink_types = EVERY_SINK,
		.doc = "The longest that an event waits for others.",
	},
	{
		"retry.first",
		DURATION_AT(struct config_sink, retry.first_ms),
		.fallback = "500ms",
		.example = "500ms",
		.min = 10,
		.max = 60 * SECOND_MS,
		.sink_types = EVERY_SINK,
		.doc = "The longest first wait.",
	},
	{
		"retry.max",
		DURATION_AT(struct config_sink, retry.max_ms),
		.fallback = "60s",
		.example = "60s",
		.min = 100,
		.max = 3600 * SECOND_MS,
		.sink_types = EVERY_SINK,
		.doc = "The longest of all. There is no last try.",
	},
	{
		"dead_letter.path",
		PATH_AT(struct config_sink, dead_letter.path),
		.derived = "dead-letter/NAME.ndjson, below agent.state_dir",
		.example = "/var/lib/auditship/dead-letter/NAME.ndjson",
		.max = DIR_MAX,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = EVERY_SINK,
		.doc = "File of JSON lines that keeps them, each with the reason, mode 0600, "
		       "of this sink alone; off: they are counted and no more.",
	},
	{
		"dead_letter.max_size",
		SIZE_AT(struct config_sink, dead_letter.max_size),
		.fallback = "16MiB",
		.example = "16MiB",
		.min = 64 * KIB,
		.max = 16 * GIB,
		.sink_types = EVERY_SINK,
		.doc = "The file then gets .1 behind its name, instead of the one before, and a "
		       "new one begins.",
	},
	{},
};
