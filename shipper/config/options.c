/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which tables of rows there are, in the order of the file, and what several of them use; the rows
 * stand in options_TOPIC.c. Knows nothing of YAML.
 */
#include "config/rows.h"

#include "filter/rules.h"

#include <string.h>

const struct option_section config_sections[] = {
	{"agent", "This agent."},
	{"control", "How to ask the running agent."},
	{"monitor", "What machines ask the running agent: /metrics, /healthz, /readyz."},
	{"log", "What the agent says of itself, on standard error."},
	{"capture", "What is recorded."},
	{"capture.open", "File opens, where capture.events has them."},
	{"capture.exclude", "Left out by the probes themselves: each of these is enough."},
	{"capture.include", "Where a list is not empty: only what is in it; exclude wins."},
	{"capture.rings", "Memory between the kernel and the agent."},
	{"enrich", "What the agent adds to what the kernel says."},
	{"enrich.users", "Names of users and groups that /etc/passwd and /etc/group do not have."},
	{"enrich.containers", "What is known of containers."},
	{"enrich.processes", "Processes: parents, leaders, ancestors, and what they run."},
	{"journal", "The store on disk between capture and sinks: it bridges outages of a sink."},
	{},
};

const struct option_section config_sink_sections[] = {
	{"batch", "How many events travel together: what comes first sends them."},
	{"retry",
	 "Waits between tries while the sink fails: at random up to a bound that doubles."},
	{"dead_letter", "Events that the place refuses for good, or that cannot be rendered."},
	{"rotate", "When a new file is begun; the old one is renamed, see docs/trail.md."},
	{"keep", "How many rotated files stay: the oldest is deleted when any bound is passed."},
	{"space", "Free space on the file system below which something is done."},
	{"tls", "Encryption, and who the other side is."},
	{"sasl", "Being let in by user name and password."},
	{},
};

/* In no section. */
static const struct option top_options[] = {
	{
		"rules",
		.type = OPTION_RULES,
		.offset = AT(struct config, rules, struct rules *),
		.fallback = "[]",
		.example = "[{name: quiet-cron, when: {process.executable: [/usr/sbin/cron], "
			   "user.id: 0}, do: drop}]",
		.max = RULES_MAX,
		.doc = "What is dropped, tagged, masked or limited before the journal has it: the "
		       "first keep, drop or limit that matches an event decides.",
	},
	{
		"sinks",
		.type = OPTION_SINKS,
		.offset = AT(struct config, sinks, struct config_sink *),
		.derived = "one file sink called trail, audit.ndjson below agent.state_dir",
		.min = 1,
		.max = CONFIG_SINKS_MAX,
		.doc = "Where the events go: a list, each with its own place in the journal.",
	},
	{},
};

const struct option *const config_options[] = {
	config_agent_options, /* control, monitor and log, too */
	config_capture_options,
	config_enrich_options,
	config_journal_options,
	top_options, /* rules, sinks */
	NULL,
};

const struct option *const config_sink_options[] = {
	config_sink_first_options, /* name, type, format ... */
	config_file_options,
	config_kafka_options,
	config_syslog_options,
	config_tls_options,
	config_kafka_login_options, /* sasl, properties */
	config_sink_last_options,   /* when, batch, retry, dead_letter */
	NULL,
};

static const struct option *end_of(const struct option *table)
{
	while (table->path)
		table++;
	return table;
}

static const struct option *const *find_table(const struct option *const *tables,
					      const struct option *end)
{
	while (*tables && end_of(*tables) != end)
		tables++;
	return *tables ? tables : NULL;
}

const struct option *config_option_next(const struct option *option)
{
	const struct option *const *table;

	option++;
	if (option->path)
		return option;
	table = find_table(config_options, option);
	if (!table)
		table = find_table(config_sink_options, option);
	return table[1];
}

bool config_is_made_of(const char *text, const char *letters)
{
	size_t length = strlen(text);

	return length > 0 && length <= NAME_LENGTH_MAX && strspn(text, letters) == length;
}

static bool is_group(const char *text)
{
	return config_is_made_of(text, LETTERS CAPITALS DIGITS "_.-") && text[0] != '-';
}

static bool is_user(const char *text)
{
	return !strpbrk(text, ":/ \t\r\n");
}

const struct option_pattern config_group_pattern = {
	"the name or the number of a group",
	is_group,
	"^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$",
};

const struct option_pattern config_user_pattern = {
	"the name or the number of a user",
	is_user,
	"^[^:/ ]+$",
};
