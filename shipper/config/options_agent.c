/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the sections agent, control, monitor and log. */
#include "config/rows.h"

#include "base/listen_address.h"
#include "base/log.h"
#include "enrich/host.h"

#include <string.h>
#include <sys/un.h>

#define TAGS_MAX 64
#define LABELS_MAX 64
#define SOCKET_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define RUNTIME_DIR_MAX (SOCKET_MAX - (sizeof("/control.sock") - 1))

static const struct option_word coverage_words[] = {
	{"start", CONFIG_COVERAGE_START},
	{"request", CONFIG_COVERAGE_REQUEST},
	{},
};

static const struct option_word privileges_words[] = {
	{"keep", CONFIG_PRIVILEGES_KEEP},
	{"minimal", CONFIG_PRIVILEGES_MINIMAL},
	{},
};

static const struct option_word level_words[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warning", LOG_LEVEL_WARNING},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
	{},
};

static bool is_label(const char *text)
{
	return config_is_made_of(text, LETTERS CAPITALS DIGITS "_-");
}

static const struct option_pattern label_pattern = {
	"a name for a label: letters, digits, '_' and '-', at most 64 in all",
	is_label,
	"^[A-Za-z0-9_-]{1,64}$",
};

static bool is_local_address(const char *text)
{
	struct listen_address address;

	return strcmp(text, "off") == 0 || listen_address_parse(&address, text) == 0;
}

static const struct option_pattern local_address_pattern = {
	"off, or an address and port of this host alone (127.0.0.1:9178, [::1]:9178) or "
	"unix:/PATH; others "
	"are to come through a proxy that asks who they are",
	is_local_address,
	"^(off|127([.][0-9]{1,3}){3}:[0-9]{1,5}|\\\\[::1\\\\]:[0-9]{1,5}|unix:/.+)$", /* as JSON */
};

const struct option config_agent_options[] = {
	{
		"agent.name",
		TEXT_AT(struct config, agent.name),
		.derived = "the host's name",
		.example = "web-01",
		.max = 255,
		.part = CONFIG_PART_IDENTITY,
		.doc = "How this agent is called in its events.",
	},
	{
		"agent.state_dir",
		PATH_AT(struct config, agent.state_dir),
		.fallback = "/var/lib/auditship",
		.example = "/var/lib/auditship",
		.max = DIR_MAX,
		.part = CONFIG_PART_STATE,
		.doc = "Directory of what the agent has to remember.",
	},
	{
		"agent.host_root",
		PATH_AT(struct config, agent.host_root),
		.fallback = "/",
		.example = "/host",
		.max = HOST_ROOT_MAX,
		.part = CONFIG_PART_STATE,
		.doc = "Where the agent finds the host's root directory with all that is mounted "
		       "in it, /proc and /sys as well, when it runs in a container itself: names "
		       "of "
		       "users, facts of the host, paths of filters and containers are those of the "
		       "host then, and no name service is asked.",
	},
	{
		"agent.tags",
		LIST_AT(struct config, agent.tags),
		.fallback = "[]",
		.example = "[prod, web]",
		.max = TAGS_MAX,
		.part = CONFIG_PART_IDENTITY,
		.doc = "Words put into the tags of every event.",
	},
	{
		"agent.labels",
		MAP_AT(struct config, agent.labels),
		.fallback = "{}",
		.example = "{role: web}",
		.max = LABELS_MAX,
		.part = CONFIG_PART_IDENTITY,
		.pattern = &label_pattern,
		.doc = "Names and values put into the labels of every event.",
	},
	{
		"agent.heartbeat",
		DURATION_AT(struct config, agent.heartbeat_ms),
		.fallback = "60s",
		.example = "60s",
		.min = SECOND_MS,
		.max = 24 * 3600 * SECOND_MS,
		.flags = OPTION_MAY_BE_OFF,
		.part = CONFIG_PART_EVENTS,
		.doc = "Time between two agent_heartbeat events, which tell that the agent lives "
		       "and where every event is; off: there are none.",
	},
	{
		"agent.stop_timeout",
		DURATION_AT(struct config, agent.stop_timeout_ms),
		.fallback = "5s",
		.example = "5s",
		.max = 600 * SECOND_MS,
		.part = CONFIG_PART_LOG,
		.doc = "The longest that all sinks together may take to deliver what waits when "
		       "the agent stops; the rest waits in the journal.",
	},
	{
		"agent.coverage",
		ENUM_AT(struct config, agent.coverage),
		.fallback = "start",
		.words = coverage_words,
		.part = CONFIG_PART_EVENTS,
		.doc = "When the agent tries out what it sees on this host: start (and on "
		       "request), or request (auditship status --coverage) only.",
	},
	{
		"agent.privileges",
		ENUM_AT(struct config, agent.privileges),
		.fallback = "keep",
		.words = privileges_words,
		.part = CONFIG_PART_PRIVILEGES,
		.doc = "What the agent may still do once the probes are attached. keep: what a "
		       "reload with other probes and a look at other people's processes need; "
		       "minimal: nothing, and a reload that wants other probes is refused.",
	},
	{
		"agent.runtime_dir",
		PATH_AT(struct config, runtime_dir),
		.fallback = "/run/auditship",
		.example = "/run/auditship",
		.max = RUNTIME_DIR_MAX,
		.part = CONFIG_PART_CONTROL,
		.doc = "Directory of what is needed only while the agent runs.",
	},
	{
		"control.socket",
		PATH_AT(struct config, control.socket),
		.derived = "control.sock, below agent.runtime_dir",
		.example = "/run/auditship/control.sock",
		.max = SOCKET_MAX,
		.flags = OPTION_MAY_BE_OFF,
		.part = CONFIG_PART_CONTROL,
		.doc = "Socket that 'auditship status' and 'auditship watch' ask the running agent "
		       "through; off: there is none.",
	},
	{
		"control.group",
		TEXT_AT(struct config, control.group),
		.derived = "none: only root may",
		.example = "adm",
		.max = NAME_LENGTH_MAX,
		.part = CONFIG_PART_CONTROL,
		.pattern = &config_group_pattern,
		.doc = "Group, by name or number, whose members may use the control socket.",
	},
	{
		"monitor.listen",
		TEXT_AT(struct config, monitor.listen),
		.fallback = "off",
		.example = "127.0.0.1:9178",
		.max = SOCKET_MAX,
		.flags = OPTION_MAY_BE_OFF,
		.part = CONFIG_PART_MONITOR,
		.pattern = &local_address_pattern,
		.doc = "Where /metrics (Prometheus), /healthz and /readyz are served over HTTP: an "
		       "address and port on loopback, or unix:/PATH, which control.group may use; "
		       "off: nowhere.",
	},
	{
		"log.level",
		ENUM_AT(struct config, log.level),
		.fallback = "info",
		.words = level_words,
		.part = CONFIG_PART_LOG,
		.doc = "The least important message that is still shown.",
	},
	{},
};
