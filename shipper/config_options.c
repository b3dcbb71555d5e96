/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows, and what a well-formed name is. Knows nothing of YAML. */
#include "config_options.h"

#include "base/listen_address.h"
#include "base/log.h"
#include "base/text.h"
#include "filter/rules.h"
#include "journal/journal.h"
#include "record.h"

#include <limits.h>
#include <string.h>
#include <sys/un.h>

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND_MS 1000ULL

/* Directories need room for the names of the files in them. */
#define DIR_MAX (PATH_MAX - 256)
#define NAME_LENGTH_MAX 64
#define TAGS_MAX 64
#define LABELS_MAX 64
#define PID_MAX 4194304

/* Together they fit into REC_FILTER_ENTRIES, twice. */
#define FILTER_NAMES_MAX 256
#define FILTER_PLACES_MAX 64

#define SOCKET_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define RUNTIME_DIR_MAX (SOCKET_MAX - (sizeof("/control.sock") - 1))

/* The offset of a member; does not compile when the member is not of that C type. */
#define AT(where, member, c_type) \
	(offsetof(where, member) + 0 * sizeof(_Generic(((where *)0)->member, c_type : 0)))
#define TEXT_AT(where, member) .type = OPTION_TEXT, .offset = AT(where, member, char *)
#define PATH_AT(where, member) .type = OPTION_PATH, .offset = AT(where, member, char *)
#define SIZE_AT(where, member) .type = OPTION_SIZE, .offset = AT(where, member, uint64_t)
#define DURATION_AT(where, member) .type = OPTION_DURATION, .offset = AT(where, member, uint64_t)
#define ENUM_AT(where, member) .type = OPTION_ENUM, .offset = AT(where, member, int)
#define LIST_AT(where, member) .type = OPTION_LIST, .offset = AT(where, member, struct config_list)
#define MAP_AT(where, member) .type = OPTION_MAP, .offset = AT(where, member, struct config_map)

#define FILE_SINK (1U << CONFIG_SINK_FILE)
#define STDOUT_SINK (1U << CONFIG_SINK_STDOUT)

#define PROCESS_KINDS (1U << REC_FORK | 1U << REC_EXEC | 1U << REC_EXEC_FAILED | 1U << REC_EXIT)
#define THREAD_KINDS (1U << REC_THREAD_START | 1U << REC_THREAD_EXIT)
#define OPEN_KINDS \
	(1U << REC_OPEN_READ | 1U << REC_OPEN_WRITE | 1U << REC_FILE_CREATE | 1U << REC_OPEN_FAILED)
_Static_assert(REC_KINDS <= 31, "event kinds are bits of an int");

static const struct option_word event_words[] = {
	{"fork", 1U << REC_FORK},
	{"exec", 1U << REC_EXEC},
	{"exec_failed", 1U << REC_EXEC_FAILED},
	{"exit", 1U << REC_EXIT},
	{"thread_start", 1U << REC_THREAD_START},
	{"thread_exit", 1U << REC_THREAD_EXIT},
	{"open_read", 1U << REC_OPEN_READ},
	{"open_write", 1U << REC_OPEN_WRITE},
	{"file_create", 1U << REC_FILE_CREATE},
	{"open_failed", 1U << REC_OPEN_FAILED},
	{"open", OPEN_KINDS},
	{"process", PROCESS_KINDS},
	{"thread", THREAD_KINDS},
	{"file", OPEN_KINDS},
	{"all", PROCESS_KINDS | THREAD_KINDS | OPEN_KINDS},
	{},
};

static const struct option_word open_modes[] = {
	{"notable", REC_OPENS_NOTABLE},
	{"all", REC_OPENS_ALL},
	{},
};

static const struct option_word level_words[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warning", LOG_LEVEL_WARNING},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
	{},
};

static const struct option_word durability_words[] = {
	{"none", JOURNAL_SYNC_NONE},
	{"interval", JOURNAL_SYNC_INTERVAL},
	{"batch", JOURNAL_SYNC_BATCH},
	{},
};

static const struct option_word file_formats[] = {
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

static const struct option_word detail_words[] = {
	{"compact", CONFIG_DETAIL_COMPACT},
	{"full", CONFIG_DETAIL_FULL},
	{},
};

static const struct option_word coverage_words[] = {
	{"start", CONFIG_COVERAGE_START},
	{"request", CONFIG_COVERAGE_REQUEST},
	{},
};

const struct option_word config_sink_types[] = {
	{"file", CONFIG_SINK_FILE},
	{"stdout", CONFIG_SINK_STDOUT},
	{},
};

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_made_of(const char *text, const char *letters)
{
	size_t length = strlen(text);

	return length > 0 && length <= NAME_LENGTH_MAX && strspn(text, letters) == length;
}

static bool is_variable_name(const char *text)
{
	return is_made_of(text, LETTERS CAPITALS DIGITS "_") && !strchr(DIGITS, text[0]);
}

static bool is_sink_name(const char *text)
{
	return is_made_of(text, LETTERS DIGITS "_-");
}

static bool is_label(const char *text)
{
	return is_made_of(text, LETTERS CAPITALS DIGITS "_-");
}

static bool is_group(const char *text)
{
	return is_made_of(text, LETTERS CAPITALS DIGITS "_.-") && text[0] != '-';
}

static bool is_pid(const char *text)
{
	uint64_t pid;

	return text_parse_number(text, &pid) == 0 && pid >= 1 && pid <= PID_MAX;
}

static bool is_user(const char *text)
{
	return !strpbrk(text, ":/ \t\r\n");
}

static bool has_parent_parts(const char *text)
{
	for (const char *at = text; (at = strstr(at, "/..")); at++) {
		if (at[3] == '/' || at[3] == '\0')
			return true;
	}
	return false;
}

static bool is_absolute(const char *text)
{
	return text[0] == '/' && !has_parent_parts(text);
}

static const struct option_pattern pid_pattern = {
	"the number of a process, from 1 to 4194304",
	is_pid,
	"^0*[1-9][0-9]{0,6}$",
};

static const struct option_pattern user_pattern = {
	"the name or the number of a user",
	is_user,
	"^[^:/ ]+$",
};

static const struct option_pattern path_pattern = {
	"an absolute path without '..', such as /var/cache",
	is_absolute,
	"^/",
};

static const struct option_pattern cgroup_pattern = {
	"a path below the cgroup mount without '..', such as /system.slice/cron.service",
	is_absolute,
	"^/",
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

static const struct option_pattern label_pattern = {
	"a name for a label: letters, digits, '_' and '-', at most 64 in all",
	is_label,
	"^[A-Za-z0-9_-]{1,64}$",
};

static const struct option_pattern group_pattern = {
	"the name or the number of a group",
	is_group,
	"^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$",
};

static const struct option_pattern variable_pattern = {
	"the name of a variable: letters, digits and '_', no digit first, at most 64 in all",
	is_variable_name,
	"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
};

/* It names the file of the sink's cursor, so nothing of it may mean something in a path. */
static const struct option_pattern sink_name_pattern = {
	"a name for a sink: small letters, digits, '_' and '-', at most 64 in all",
	is_sink_name,
	"^[a-z0-9_-]{1,64}$",
};

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
	{"journal", "The store on disk between capture and sinks: it bridges outages of a sink."},
	{},
};

const struct option_section config_sink_sections[] = {
	{},
};

const struct option config_options[] = {
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
		"agent.coverage",
		ENUM_AT(struct config, agent.coverage),
		.fallback = "start",
		.words = coverage_words,
		.part = CONFIG_PART_EVENTS,
		.doc = "When the agent tries out what it sees on this host: start (and on "
		       "request), or request (auditship status --coverage) only.",
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
		.pattern = &group_pattern,
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
	{
		"capture.events",
		LIST_AT(struct config, capture.events),
		.fallback = "[process, file]",
		.example = "[exec, exit]",
		.min = 1,
		.max = 64,
		.words = event_words,
		.part = CONFIG_PART_EVENTS,
		.doc = "Kinds of events, or groups of them: process (fork, exec, exec_failed, "
		       "exit), "
		       "thread, file (the four kinds of open), all. Threads come in great numbers.",
	},
	{
		"capture.open.mode",
		ENUM_AT(struct config, capture.open.mode),
		.fallback = "notable",
		.words = open_modes,
		.part = CONFIG_PART_FILTERS,
		.doc = "Which file opens are recorded. notable: for writing, creations, and "
		       "refusals "
		       "(EPERM, EACCES, ETXTBSY, EXDEV, EROFS, ELOOP), and reads below read_paths; "
		       "all: reads and other failures too.",
	},
	{
		"capture.open.read_paths",
		LIST_AT(struct config, capture.open.read_paths),
		.fallback = "[/etc/shadow, /etc/shadow-, /etc/gshadow, /etc/gshadow-, "
			    "/etc/security/opasswd, /etc/sudoers, /etc/sudoers.d, "
			    "/etc/krb5.keytab, /etc/ssh/ssh_host_rsa_key, "
			    "/etc/ssh/ssh_host_ecdsa_key, /etc/ssh/ssh_host_ed25519_key, "
			    "/etc/ssl/private, /etc/pki/tls/private, /root/.ssh]",
		.example = "[/etc/shadow, /root/.ssh]",
		.max = FILTER_PLACES_MAX,
		.pattern = &path_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Files, and directories with all below them, that are notable to read.",
	},
	{
		"capture.exclude.executable",
		LIST_AT(struct config, capture.exclude.executable),
		.fallback = "[]",
		.example = "[/usr/bin/node_exporter]",
		.max = FILTER_NAMES_MAX,
		.pattern = &path_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Processes that run this file, by path.",
	},
	{
		"capture.exclude.user",
		LIST_AT(struct config, capture.exclude.user),
		.fallback = "[]",
		.example = "[backup]",
		.max = FILTER_NAMES_MAX,
		.pattern = &user_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Processes of this effective user, by name or number.",
	},
	{
		"capture.exclude.cgroup",
		LIST_AT(struct config, capture.exclude.cgroup),
		.fallback = "[]",
		.example = "[/system.slice/backup.service]",
		.max = FILTER_PLACES_MAX,
		.pattern = &cgroup_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Processes in this cgroup (version 2) or below it, by its path below the "
		       "mount.",
	},
	{
		"capture.exclude.path",
		LIST_AT(struct config, capture.exclude.path),
		.fallback = "[]",
		.example = "[/var/cache]",
		.max = FILTER_PLACES_MAX,
		.pattern = &path_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Opens of this file, or of anything below this directory.",
	},
	{
		"capture.exclude.pid",
		LIST_AT(struct config, capture.exclude.pid),
		.fallback = "[]",
		.example = "[4711]",
		.max = FILTER_PLACES_MAX,
		.pattern = &pid_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "The process of this number.",
	},
	{
		"capture.include.executable",
		LIST_AT(struct config, capture.include.executable),
		.fallback = "[]",
		.example = "[/usr/bin/node_exporter]",
		.max = FILTER_NAMES_MAX,
		.pattern = &path_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Processes that run this file, by path.",
	},
	{
		"capture.include.user",
		LIST_AT(struct config, capture.include.user),
		.fallback = "[]",
		.example = "[backup]",
		.max = FILTER_NAMES_MAX,
		.pattern = &user_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Processes of this effective user, by name or number.",
	},
	{
		"capture.include.cgroup",
		LIST_AT(struct config, capture.include.cgroup),
		.fallback = "[]",
		.example = "[/system.slice/backup.service]",
		.max = FILTER_PLACES_MAX,
		.pattern = &cgroup_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Processes in this cgroup (version 2) or below it, by its path below the "
		       "mount.",
	},
	{
		"capture.include.path",
		LIST_AT(struct config, capture.include.path),
		.fallback = "[]",
		.example = "[/var/cache]",
		.max = FILTER_PLACES_MAX,
		.pattern = &path_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "Opens of this file, or of anything below this directory.",
	},
	{
		"capture.include.pid",
		LIST_AT(struct config, capture.include.pid),
		.fallback = "[]",
		.example = "[4711]",
		.max = FILTER_PLACES_MAX,
		.pattern = &pid_pattern,
		.part = CONFIG_PART_FILTERS,
		.doc = "The process of this number.",
	},
	{
		"capture.args_max",
		SIZE_AT(struct config, capture.args_max),
		.fallback = "32KiB",
		.example = "4KiB",
		.min = 256,
		.max = REC_ARGS_LIMIT,
		.part = CONFIG_PART_PROBES,
		.doc = "Bytes of a command line that are kept; a longer one is cut, and the event "
		       "says so. The kernel keeps that much memory per CPU, and about 70 KiB.",
	},
	{
		"capture.env",
		LIST_AT(struct config, capture.env),
		.fallback = "[LD_PRELOAD, LD_LIBRARY_PATH]",
		.example = "[LD_PRELOAD, LD_LIBRARY_PATH]",
		.max = REC_ENV_NAMES,
		.pattern = &variable_pattern,
		.part = CONFIG_PART_PROBES,
		.doc = "The only environment variables that are ever recorded.",
	},
	{
		"capture.rings.vital",
		SIZE_AT(struct config, capture.rings.vital),
		.fallback = "16MiB",
		.example = "16MiB",
		.min = 64 * KIB,
		.max = GIB,
		.flags = OPTION_POWER_OF_TWO,
		.part = CONFIG_PART_PROBES,
		.doc = "Ring for process events: how much may wait while the agent is busy or "
		       "restarts.",
	},
	{
		"capture.rings.bulk",
		SIZE_AT(struct config, capture.rings.bulk),
		.fallback = "16MiB",
		.example = "16MiB",
		.min = 64 * KIB,
		.max = GIB,
		.flags = OPTION_POWER_OF_TWO,
		.part = CONFIG_PART_PROBES,
		.doc = "Ring for what comes in great numbers (file opens, threads): when it is "
		       "full, "
		       "process events still have their own.",
	},
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
	{
		"rules",
		.type = OPTION_RULES,
		.offset = AT(struct config, rules, struct rules *),
		.fallback = "[]",
		.example = "[{name: quiet-cron, when: {process.executable: [/usr/sbin/cron]}, do: "
			   "drop}]",
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

const struct option config_sink_options[] = {
	{
		"name",
		TEXT_AT(struct config_sink, name),
		.example = "trail",
		.max = NAME_LENGTH_MAX,
		.flags = OPTION_REQUIRED | OPTION_PUBLIC,
		.sink_types = FILE_SINK | STDOUT_SINK,
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
		.sink_types = FILE_SINK | STDOUT_SINK,
		.words = config_sink_types,
		.doc = "What kind of place it is.",
	},
	{
		"format",
		ENUM_AT(struct config_sink, format),
		.fallback = "ecs",
		.sink_types = FILE_SINK,
		.words = file_formats,
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
		"detail",
		ENUM_AT(struct config_sink, detail),
		.fallback = "compact",
		.sink_types = FILE_SINK | STDOUT_SINK,
		.words = detail_words,
		.doc = "Of events that are not about processes, in JSON: compact leaves out what "
		       "the process's own events tell (arguments, parent, ids); full has it all.",
	},
	{
		"path",
		PATH_AT(struct config_sink, path),
		.example = "/var/lib/auditship/audit.ndjson",
		.max = DIR_MAX,
		.flags = OPTION_REQUIRED,
		.sink_types = FILE_SINK,
		.doc = "The file; it is appended to.",
	},
	{
		"when",
		.type = OPTION_CONDITION,
		.offset = AT(struct config_sink, when, struct condition *),
		.derived = "every event",
		.example = "{event.action: [exec]}",
		.sink_types = FILE_SINK | STDOUT_SINK,
		.doc = "Which events the sink gets.",
	},
	{},
};

uint32_t config_event_bits(const char *word)
{
	for (const struct option_word *at = event_words; at->name; at++) {
		if (strcmp(at->name, word) == 0)
			return (uint32_t)at->value;
	}
	return 0;
}
