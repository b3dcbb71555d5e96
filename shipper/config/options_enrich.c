/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the section enrich. */
#include "config/rows.h"

#include "enrich/lineage.h"

#define CONTAINER_LABELS_MAX 64

static const struct option_word truth_words[] = {{"true", 1}, {"false", 0}, {}};

const struct option config_enrich_options[] = {
	{
		"enrich.users.nss",
		ENUM_AT(struct config, users.nss),
		.fallback = "true",
		.words = truth_words,
		.part = CONFIG_PART_ENRICH,
		.doc = "Ask the host's name services (LDAP, SSSD, what /etc/nsswitch.conf has), in "
		       "a process of its own that may hang. A name that is not there in time is "
		       "left out, and the event says so.",
	},
	{
		"enrich.users.positive_age",
		DURATION_AT(struct config, users.positive_age_ms),
		.fallback = "1h",
		.example = "1h",
		.min = SECOND_MS,
		.max = 7 * 24 * 3600 * SECOND_MS,
		.part = CONFIG_PART_ENRICH,
		.doc = "How long a name that a name service gave is good for.",
	},
	{
		"enrich.users.negative_age",
		DURATION_AT(struct config, users.negative_age_ms),
		.fallback = "1m",
		.example = "1m",
		.min = SECOND_MS,
		.max = 24 * 3600 * SECOND_MS,
		.part = CONFIG_PART_ENRICH,
		.doc = "How long before a name is asked for again that there was not, or that was "
		       "not answered.",
	},
	{
		"enrich.users.cache_size",
		SIZE_AT(struct config, users.cache_size),
		.fallback = "1MiB",
		.example = "1MiB",
		.min = 64 * KIB,
		.max = 64 * MIB,
		.part = CONFIG_PART_ENRICH,
		.doc = "Memory for names of name services and of containers, at most: about 300 "
		       "bytes each.",
	},
	{
		"enrich.containers.host_root",
		PATH_AT(struct config, enrich.host_root),
		.derived = "agent.host_root",
		.example = "/host",
		.max = DIR_MAX,
		.part = CONFIG_PART_ENRICH,
		.doc = "What container runtimes leave on disk is looked for below it, when that is "
		       "elsewhere than everything of the host.",
	},
	{
		"enrich.containers.labels",
		LIST_AT(struct config, enrich.labels),
		.fallback = "[app, app.kubernetes.io/name, com.docker.compose.project, "
			    "com.docker.compose.service]",
		.example = "[app, 'com.example.*']",
		.max = CONTAINER_LABELS_MAX,
		.part = CONFIG_PART_ENRICH,
		.doc = "Labels of containers that go into events, by name; * ? and [] are "
		       "wildcards.",
	},
	{
		"enrich.processes.max",
		NUMBER_AT(struct config, enrich.processes.max),
		.fallback = "32768",
		.example = "32768",
		.min = 1024,
		.max = 4194304,
		.part = CONFIG_PART_ENRICH,
		.doc = "Most processes that are remembered, living ones and the last that ended; "
		       "264 bytes each, once there are so many. When there are more, "
		       "the events of some lack their parent.",
	},
	{
		"enrich.processes.image_memory",
		SIZE_AT(struct config, enrich.processes.image_memory),
		.fallback = "16MiB",
		.example = "16MiB",
		.min = 256 * KIB,
		.max = 4 * GIB,
		.part = CONFIG_PART_ENRICH,
		.doc = "Most memory for what they run: paths, and up to 1 KiB of arguments each.",
	},
	{
		"enrich.processes.ancestry",
		NUMBER_AT(struct config, enrich.processes.ancestry),
		.fallback = "0",
		.example = "5",
		.max = LINEAGE_MAX,
		.part = CONFIG_PART_ANCESTRY,
		.doc = "Ancestors of a process that each of its events names, by entity id.",
	},
	{},
};
