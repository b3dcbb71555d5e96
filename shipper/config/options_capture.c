/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the section capture. */
#include "config/rows.h"

#include "base/text.h"
#include "record.h"
#include "shared.h"

#include <string.h>

#define PID_MAX 4194304

/* Together they fit into REC_FILTER_ENTRIES, twice. */
#define FILTER_NAMES_MAX 256
#define FILTER_PLACES_MAX 64

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

static bool is_variable_name(const char *text)
{
	return config_is_made_of(text, LETTERS CAPITALS DIGITS "_") && !strchr(DIGITS, text[0]);
}

static bool is_pid(const char *text)
{
	uint64_t pid;

	return text_parse_number(text, &pid) == 0 && pid >= 1 && pid <= PID_MAX;
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

static const struct option_pattern variable_pattern = {
	"the name of a variable: letters, digits and '_', no digit first, at most 64 in all",
	is_variable_name,
	"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
};

static const struct option_pattern pid_pattern = {
	"the number of a process, from 1 to 4194304",
	is_pid,
	"^0*[1-9][0-9]{0,6}$",
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

const struct option config_capture_options[] = {
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
		.pattern = &config_user_pattern,
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
		.pattern = &config_user_pattern,
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
