/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows, and what a well-formed name is. Knows nothing of YAML. */
#include "config_options.h"

#include "base/listen_address.h"
#include "base/log.h"
#include "base/text.h"
#include "enrich/lineage.h"
#include "filter/rules.h"
#include "journal/journal.h"
#include "record.h"
#include "sink/file.h"
#include "sink/kafka_topic.h"
#include "sink/pack.h"
#include "sink/sink.h"
#include "sink/syslog.h"
#include "sink/syslog_message.h"
#include "sink/target.h"

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
#define CONTAINER_LABELS_MAX 64
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
#define NUMBER_AT(where, member) .type = OPTION_NUMBER, .offset = AT(where, member, uint64_t)
#define ENUM_AT(where, member) .type = OPTION_ENUM, .offset = AT(where, member, int)
#define LIST_AT(where, member) .type = OPTION_LIST, .offset = AT(where, member, struct config_list)
#define MAP_AT(where, member) .type = OPTION_MAP, .offset = AT(where, member, struct config_map)

#define FILE_SINK (1U << CONFIG_SINK_FILE)
#define STDOUT_SINK (1U << CONFIG_SINK_STDOUT)
#define KAFKA_SINK (1U << CONFIG_SINK_KAFKA)
#define SYSLOG_SINK (1U << CONFIG_SINK_SYSLOG)
#define EVERY_SINK (FILE_SINK | STDOUT_SINK | KAFKA_SINK | SYSLOG_SINK)
#define JSON_SINK KAFKA_SINK
#define TLS_SINK (KAFKA_SINK | SYSLOG_SINK)

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

static const struct option_word truth_words[] = {{"true", 1}, {"false", 0}, {}};

static const struct option_word level_words[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warning", LOG_LEVEL_WARNING},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
	{},
};

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

static const struct option_word privileges_words[] = {
	{"keep", CONFIG_PRIVILEGES_KEEP},
	{"minimal", CONFIG_PRIVILEGES_MINIMAL},
	{},
};

const struct option_word config_sink_types[] = {
	{"file", CONFIG_SINK_FILE},
	{"stdout", CONFIG_SINK_STDOUT},
	{"kafka", CONFIG_SINK_KAFKA},
	{"syslog", CONFIG_SINK_SYSLOG},
	{},
};

static const struct option_word syslog_formats[] = {
	{"ecs", CONFIG_FORMAT_ECS},
	{"ocsf", CONFIG_FORMAT_OCSF},
	{"text", CONFIG_FORMAT_TEXT},
	{},
};

static const struct option_word framing_words[] = {
	{"octets", SYSLOG_OCTETS},
	{"newline", SYSLOG_NEWLINE},
	{},
};

/* RFC 5424, tables 1 and 2. */
const struct option_word config_facilities[] = {
	{"kern", 0},      {"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},
	{"syslog", 5},    {"lpr", 6},     {"news", 7},    {"uucp", 8},    {"cron", 9},
	{"authpriv", 10}, {"ftp", 11},    {"ntp", 12},    {"audit", 13},  {"alert", 14},
	{"clock", 15},    {"local0", 16}, {"local1", 17}, {"local2", 18}, {"local3", 19},
	{"local4", 20},   {"local5", 21}, {"local6", 22}, {"local7", 23}, {},
};

const struct option_word config_severities[] = {
	{"emerg", 0},  {"alert", 1}, {"crit", 2},  {"err", 3}, {"warning", 4},
	{"notice", 5}, {"info", 6},  {"debug", 7}, {},
};

static const struct option_word tls_versions[] = {
	{"1.2", TLS_1_2},
	{"1.3", TLS_1_3},
	{},
};

static const struct option_word key_words[] = {
	{"host", SINK_KEY_HOST}, {"container", SINK_KEY_CONTAINER}, {"process", SINK_KEY_PROCESS},
	{"user", SINK_KEY_USER}, {"none", SINK_KEY_NONE},           {},
};

const struct option_word config_partitioners[] = {
	{"murmur2_random", 0}, {"consistent_random", 1}, {"fnv1a_random", 2}, {"random", 3}, {},
};

const struct option_word config_compressions[] = {
	{"lz4", 0}, {"zstd", 1}, {"snappy", 2}, {"gzip", 3}, {"none", 4}, {},
};

static const struct option_word message_words[] = {
	{"event", CONFIG_MESSAGE_EVENT},
	{"batch", CONFIG_MESSAGE_BATCH},
	{},
};

static const struct option_word header_words[] = {
	{"standard", CONFIG_HEADERS_STANDARD},
	{"none", CONFIG_HEADERS_NONE},
	{},
};

static const struct option_word tls_words[] = {
	{"auto", CONFIG_TLS_AUTO},
	{"on", CONFIG_TLS_ON},
	{"off", CONFIG_TLS_OFF},
	{},
};

static const struct option_word verify_words[] = {
	{"full", CONFIG_VERIFY_FULL},
	{"chain", CONFIG_VERIFY_CHAIN},
	{"none", CONFIG_VERIFY_NONE},
	{},
};

const struct option_word config_sasl_mechanisms[] = {
	{"none", 0}, {"PLAIN", 1}, {"SCRAM-SHA-256", 2}, {"SCRAM-SHA-512", 3}, {},
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

static bool is_mode(const char *text)
{
	size_t length = strlen(text);

	return (length == 3 || (length == 4 && text[0] == '0')) &&
	       strspn(text, "01234567") == length && strchr("67", text[length - 3]);
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

static bool is_target(const char *text)
{
	struct target target;
	struct err err;

	return target_parse(&target, text, &err) == 0;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text >= 0x7f || strchr("=[]\\\"", *text))
			return false;
	return true;
}

static const struct option_pattern target_pattern = {
	"a receiver: tls://HOST:PORT, tcp://HOST:PORT, udp://HOST:PORT or unix:///PATH",
	is_target,
	"^(tls|tcp|udp|unix)://",
};

static const struct option_pattern printable_pattern = {
	"a word of printable ASCII without blanks and = [ ] \\ \"",
	is_printable,
	"^[!#-<>-Z^-~]+$",
};

static bool is_topic(const char *text)
{
	return !kafka_topic_fault(text);
}

static bool is_property(const char *text)
{
	return is_made_of(text, LETTERS DIGITS "._");
}

/* HOST, HOST:PORT, [IPV6]:PORT */
static bool is_broker(const char *text)
{
	size_t host = strspn(text, LETTERS CAPITALS DIGITS "._-");
	uint64_t port;

	if (text[0] == '[') {
		size_t length = strspn(text + 1, DIGITS "abcdefABCDEF:.");

		host = length > 0 && text[length + 1] == ']' ? length + 2 : 0;
	}
	if (host == 0 || text[host] == '\0')
		return host > 0;
	return text[host] == ':' && text_parse_number(text + host + 1, &port) == 0 && port >= 1 &&
	       port <= 65535;
}

static const struct option_pattern topic_pattern = {
	"the name of a topic: letters, digits, '.', '_', '-', {kind} and {date}, at most 249 in "
	"all",
	is_topic,
	"^([A-Za-z0-9._-]|[{]kind[}]|[{]date[}])+$",
};

static const struct option_pattern property_pattern = {
	"the name of a property of librdkafka, such as client.rack",
	is_property,
	"^[a-z0-9._]{1,64}$",
};

static const struct option_pattern broker_pattern = {
	"the address of a broker: HOST, HOST:PORT or [IPV6]:PORT",
	is_broker,
	"^([A-Za-z0-9._-]+|\\\\[[0-9a-fA-F:.]+\\\\])(:[0-9]{1,5})?$",
};

static const struct option_pattern pid_pattern = {
	"the number of a process, from 1 to 4194304",
	is_pid,
	"^0*[1-9][0-9]{0,6}$",
};

static const struct option_pattern mode_pattern = {
	"a file mode in octal digits with which the owner can read and write, such as 0640",
	is_mode,
	"^0?[67][0-7]{2}$",
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
		"capture.keep_attached",
		DURATION_AT(struct config, capture.keep_attached_ms),
		.fallback = "60s",
		.example = "60s",
		.min = 5 * SECOND_MS,
		.max = 24 * 3600 * SECOND_MS,
		.flags = OPTION_MAY_BE_OFF,
		.part = CONFIG_PART_KEEP,
		.doc = "How long the probes go on recording for the next agent when this one has "
		       "gone without being told to clean up (killed, upgraded, restarted); later "
		       "they only count what they skip; off: they go with the agent.",
	},
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
		.fallback = "/",
		.example = "/host",
		.max = DIR_MAX,
		.part = CONFIG_PART_ENRICH,
		.doc = "Where the host's file system is, for an agent that runs in a container "
		       "itself: "
		       "what container runtimes leave on disk is looked for below it.",
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
		       "what "
		       "waits for sinks rather than take it. Unless it is set here, no more than 5 "
		       "% of the file system.",
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
		"message",
		ENUM_AT(struct config_sink, message),
		.fallback = "event",
		.words = message_words,
		.sink_types = FILE_SINK | KAFKA_SINK,
		.doc = "event: a line or message for each; batch: a document of all the events of "
		       "one batch (see docs/schema.md; give batch.linger), for Kafka with the key, "
		       "kind and time of the first.",
	},
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
		.pattern = &user_pattern,
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
		.pattern = &group_pattern,
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
		.doc = "Time between two such moments with fsync: interval; after 4 MiB it is done "
		       "earlier.",
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
	{
		"brokers",
		LIST_AT(struct config_sink, kafka.brokers),
		.example = "[kafka-1:9092, kafka-2:9092]",
		.min = 1,
		.max = 32,
		.flags = OPTION_REQUIRED,
		.sink_types = KAFKA_SINK,
		.pattern = &broker_pattern,
		.doc = "Addresses to find the cluster by; more than one, so that one may be down.",
	},
	{
		"topic",
		TEXT_AT(struct config_sink, kafka.topic),
		.example = "audit",
		.max = 249,
		.flags = OPTION_REQUIRED,
		.sink_types = KAFKA_SINK,
		.pattern = &topic_pattern,
		.doc = "Where the events go. {kind} becomes the kind of the event (exec, "
		       "open_write "
		       "...), {date} its day in UTC (2026.11.21). The topic has to be there.",
	},
	{
		"key",
		ENUM_AT(struct config_sink, kafka.key),
		.fallback = "host",
		.sink_types = KAFKA_SINK,
		.words = key_words,
		.doc = "What decides the partition: events of the same host, container, process or "
		       "user stay in order; none: spread over all.",
	},
	{
		"partitioner",
		ENUM_AT(struct config_sink, kafka.partitioner),
		.fallback = "murmur2_random",
		.sink_types = KAFKA_SINK,
		.words = config_partitioners,
		.doc = "How a key becomes a partition: murmur2_random as Java's clients do it, "
		       "consistent_random as librdkafka's, fnv1a_random as Sarama's.",
	},
	{
		"compression",
		ENUM_AT(struct config_sink, kafka.compression),
		.fallback = "lz4",
		.sink_types = KAFKA_SINK,
		.words = config_compressions,
		.doc = "How batches of messages are packed.",
	},
	{
		"headers",
		ENUM_AT(struct config_sink, kafka.headers),
		.fallback = "none",
		.sink_types = KAFKA_SINK,
		.words = header_words,
		.doc = "standard: each message says its content-type, its schema and its host, for "
		       "who sorts messages without reading them; this costs about 0.3 "
		       "microseconds and 300 bytes of memory for each.",
	},
	{
		"linger",
		DURATION_AT(struct config_sink, kafka.linger_ms),
		.fallback = "50ms",
		.example = "50ms",
		.max = 5 * SECOND_MS,
		.sink_types = KAFKA_SINK,
		.doc = "How long messages wait for others to be sent with.",
	},
	{
		"batch_size",
		SIZE_AT(struct config_sink, kafka.batch_size),
		.fallback = "256KiB",
		.example = "256KiB",
		.min = 16 * KIB,
		.max = 4 * MIB,
		.sink_types = KAFKA_SINK,
		.doc = "The most that is sent together to one partition, before it is packed; not "
		       "more than the topic's max.message.bytes.",
	},
	{
		"max_message",
		SIZE_AT(struct config_sink, kafka.max_message),
		.fallback = "1000000",
		.example = "1000000",
		.min = 16 * KIB,
		.max = 8 * MIB,
		.sink_types = KAFKA_SINK,
		.doc = "A longer event is made shorter by leaving out arguments and variables, and "
		       "says so; not more than the topic's max.message.bytes.",
	},
	{
		"target",
		TEXT_AT(struct config_sink, syslog.target),
		.example = "tls://siem.example.net:6514",
		.max = sizeof(((struct target *)0)->text) - 1,
		.flags = OPTION_REQUIRED,
		.sink_types = SYSLOG_SINK,
		.pattern = &target_pattern,
		.doc = "The receiver: tls://, tcp:// or udp:// with host and port, or unix:// with "
		       "the path of a socket of this host.",
	},
	{
		"framing",
		ENUM_AT(struct config_sink, syslog.framing),
		.fallback = "octets",
		.sink_types = SYSLOG_SINK,
		.words = framing_words,
		.doc = "How messages are told apart over tcp://: octets (each with its length, RFC "
		       "6587), or newline. tls:// always counts octets.",
	},
	{
		"facility",
		ENUM_AT(struct config_sink, syslog.facility),
		.fallback = "audit",
		.sink_types = SYSLOG_SINK,
		.words = config_facilities,
		.doc = "Facility of the messages.",
	},
	{
		"severity",
		ENUM_AT(struct config_sink, syslog.severity),
		.fallback = "info",
		.sink_types = SYSLOG_SINK,
		.words = config_severities,
		.doc = "Severity of the messages.",
	},
	{
		"priorities",
		.type = OPTION_PRIORITIES,
		.derived = "facility and severity, for every event",
		.example = "[{when: {event.outcome: [failure]}, severity: warning}]",
		.max = SYSLOG_PRIORITIES_MAX,
		.sink_types = SYSLOG_SINK,
		.doc = "Other facilities and severities for some events: the first whose when "
		       "matches an event decides.",
	},
	{
		"app_name",
		TEXT_AT(struct config_sink, syslog.app_name),
		.fallback = "auditship",
		.example = "auditship",
		.max = SYSLOG_APP_NAME_MAX,
		.sink_types = SYSLOG_SINK,
		.pattern = &printable_pattern,
		.doc = "APP-NAME of the messages.",
	},
	{
		"sd_id",
		TEXT_AT(struct config_sink, syslog.sd_id),
		.fallback = "auditship@32473",
		.example = "audit@32473",
		.max = SYSLOG_SD_ID_MAX,
		.sink_types = SYSLOG_SINK,
		.pattern = &printable_pattern,
		.doc = "SD-ID of the structured data. 32473 is the enterprise number that RFC 5612 "
		       "reserves for documentation: one who has a number of one's own puts it "
		       "here.",
	},
	{
		"max_message",
		SIZE_AT(struct config_sink, syslog.max_message),
		.derived = "8KiB over udp:// and unix://, 64KiB otherwise",
		.example = "64KiB",
		.min = 2 * KIB,
		.max = MIB,
		.sink_types = SYSLOG_SINK,
		.doc = "The longest message, its head included. A longer event is shrunk by its "
		       "schema, never cut.",
	},
	{
		"resend",
		SIZE_AT(struct config_sink, syslog.resend),
		.fallback = "8MiB",
		.example = "8MiB",
		.min = 64 * KIB,
		.max = 64 * MIB,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = SYSLOG_SINK,
		.doc = "How much of what a connection carried in its last 10 seconds goes out "
		       "again "
		       "over the next one: a receiver that was killed has lost what it had not "
		       "written. Not over datagrams.",
	},
	{
		"rate",
		SIZE_AT(struct config_sink, syslog.rate),
		.fallback = "4MiB",
		.example = "4MiB",
		.min = 16 * KIB,
		.max = GIB,
		.sink_types = SYSLOG_SINK,
		.doc = "Bytes per second over udp://, which knows no receiver that is too slow.",
	},
	{
		"tls.use",
		ENUM_AT(struct config_sink, tls.use),
		.fallback = "auto",
		.sink_types = KAFKA_SINK,
		.words = tls_words,
		.doc = "auto: when any of ca and cert is given.",
	},
	{
		"tls.ca",
		PATH_AT(struct config_sink, tls.ca),
		.derived = "the authorities that this host trusts",
		.example = "/etc/auditship/ca.pem",
		.max = DIR_MAX,
		.sink_types = TLS_SINK,
		.doc = "File (PEM) with the authorities that may vouch for the other side.",
	},
	{
		"tls.cert",
		PATH_AT(struct config_sink, tls.cert),
		.derived = "none is shown",
		.example = "/etc/auditship/host.pem",
		.max = DIR_MAX,
		.sink_types = TLS_SINK,
		.doc = "File (PEM) with the certificate that this host shows, and its chain.",
	},
	{
		"tls.key",
		PATH_AT(struct config_sink, tls.key),
		.derived = "none",
		.example = "/etc/auditship/host.key",
		.max = DIR_MAX,
		.sink_types = TLS_SINK,
		.doc = "File (PEM) with the private key of cert.",
	},
	{
		"tls.key_password",
		TEXT_AT(struct config_sink, tls.key_password),
		.derived = "the key is not encrypted",
		.example = "secret",
		.max = 255,
		.flags = OPTION_SECRET,
		.sink_types = TLS_SINK,
		.doc = "What the private key is encrypted with; better from a file: "
		       "${file:/etc/auditship/key.password}.",
	},
	{
		"tls.server_name",
		TEXT_AT(struct config_sink, tls.server_name),
		.derived = "the host that is connected to",
		.example = "siem.example.net",
		.max = 255,
		.sink_types = SYSLOG_SINK,
		.doc = "Name or address that the receiver's certificate must be for.",
	},
	{
		"tls.min_version",
		ENUM_AT(struct config_sink, tls.min_version),
		.fallback = "1.2",
		.sink_types = SYSLOG_SINK,
		.words = tls_versions,
		.doc = "The oldest version of TLS that is spoken.",
	},
	{
		"tls.verify",
		ENUM_AT(struct config_sink, tls.verify),
		.fallback = "full",
		.sink_types = TLS_SINK,
		.words = verify_words,
		.doc = "full: the certificate is good and for that name; chain: for any name; "
		       "none: "
		       "anybody may answer.",
	},
	{
		"sasl.mechanism",
		ENUM_AT(struct config_sink, sasl.mechanism),
		.fallback = "none",
		.sink_types = KAFKA_SINK,
		.words = config_sasl_mechanisms,
		.doc = "How the password is shown. PLAIN without TLS gives it to everybody on the "
		       "way.",
	},
	{
		"sasl.username",
		TEXT_AT(struct config_sink, sasl.username),
		.derived = "none",
		.example = "auditship",
		.max = 255,
		.sink_types = KAFKA_SINK,
		.doc = "The user.",
	},
	{
		"sasl.password",
		TEXT_AT(struct config_sink, sasl.password),
		.derived = "none",
		.example = "secret",
		.max = 1024,
		.flags = OPTION_SECRET,
		.sink_types = KAFKA_SINK,
		.doc = "The password; better from a file: ${file:/etc/auditship/kafka.password}.",
	},
	{
		"properties",
		MAP_AT(struct config_sink, kafka.properties),
		.fallback = "{}",
		.example = "{client.rack: eu-1a}",
		.max = 64,
		.sink_types = KAFKA_SINK,
		.pattern = &property_pattern,
		.doc = "Any other property of librdkafka's producer, by its own name. Those that "
		       "an "
		       "option is for, or that events could get lost by, are refused.",
	},
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
		.example = "/var/lib/auditship/dead-letter/trail.ndjson",
		.max = DIR_MAX,
		.flags = OPTION_MAY_BE_OFF,
		.sink_types = EVERY_SINK,
		.doc = "File of JSON lines that keeps them, each with the reason, mode 0600; off: "
		       "they are counted and no more.",
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

uint32_t config_event_bits(const char *word)
{
	for (const struct option_word *at = event_words; at->name; at++) {
		if (strcmp(at->name, word) == 0)
			return (uint32_t)at->value;
	}
	return 0;
}
