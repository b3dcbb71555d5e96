/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the section journal. */
#include "config/rows.h"

#include "journal/journal.h"

static const struct option_word when_full_words[] = {
	{"drop_oldest", JOURNAL_DROP_OLDEST},
	{"stop", JOURNAL_STOP},
	{},
};

static const struct option_word durability_words[] = {
	{"none", JOURNAL_SYNC_NONE},
	{"interval", JOURNAL_SYNC_INTERVAL},
	{"batch", JOURNAL_SYNC_BATCH},
	{},
};

const struct option config_journal_options[] = {
	{
		"journal.dir",
		PATH_AT(struct config, journal.dir),
		.derived = "journal, below agent.state_dir",
		.example = "/var/lib/auditship/journal",
		.max = DIR_MAX,
		.part = CONFIG_PART_JOURNAL,
		.doc = "Directory of the journal.",
	},
	{
		"journal.max_size",
		SIZE_AT(struct config, journal.max_size),
		.fallback = "1GiB",
		.example = "1GiB",
		.min = 32 * MIB, /* two segments: one to write, one to read */
		.max = 1024 * GIB,
		.part = CONFIG_PART_JOURNAL,
		.doc = "The most disk space the journal takes.",
	},
	{
		"journal.max_age",
		DURATION_AT(struct config, journal.max_age_ms),
		.fallback = "7d",
		.example = "7d",
		.min = 60 * SECOND_MS,
		.max = 3650 * 24 * 3600 * SECOND_MS,
		.flags = OPTION_MAY_BE_OFF,
		.part = CONFIG_PART_JOURNAL,
		.doc = "How long an event waits for a sink, by segment; off: without end. What "
		       "goes is told: events_expired.",
	},
	{
		"journal.keep_free",
		SIZE_AT(struct config, journal.keep_free),
		.fallback = "2GiB",
		.example = "2GiB",
		.min = MIB,
		.max = 1024 * 1024 * GIB,
		.flags = OPTION_MAY_BE_OFF,
		.part = CONFIG_PART_JOURNAL,
		.doc = "Room that the journal leaves to others on its file system: it gives up "
		       "what waits for sinks rather than take it. The default is no more than 5 % "
		       "of the file system.",
	},
	{
		"journal.when_full",
		ENUM_AT(struct config, journal.when_full),
		.fallback = "drop_oldest",
		.words = when_full_words,
		.part = CONFIG_PART_JOURNAL,
		.doc = "What happens at max_size and keep_free when sinks have not taken what is "
		       "there: drop_oldest (the oldest goes, and events_expired names it for each "
		       "sink), stop (nothing is journalled, events wait in the rings, and those "
		       "that find no room there are lost: events_lost).",
	},
	{
		"journal.durability",
		ENUM_AT(struct config, journal.durability),
		.fallback = "interval",
		.words = durability_words,
		.part = CONFIG_PART_JOURNAL,
		.doc = "When events are forced to disk, which a power loss then cannot take: batch "
		       "(at once), "
		       "interval (every sync_every), none (when the kernel likes).",
	},
	{
		"journal.sync_every",
		DURATION_AT(struct config, journal.sync_every_ms),
		.fallback = "500ms",
		.example = "500ms",
		.min = 10,
		.max = 60 * SECOND_MS,
		.part = CONFIG_PART_JOURNAL,
		.doc = "Time between two such moments with durability: interval.",
	},
	{},
};
