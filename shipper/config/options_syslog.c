/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a syslog sink. */
#include "config/rows.h"

#include "sink/syslog.h"
#include "sink/syslog_message.h"
#include "sink/target.h"

#include <string.h>

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

const struct option config_syslog_options[] = {
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
	{},
};
