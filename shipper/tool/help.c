/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row per command: its line in the list, and its own page. The form, which the manual pages are
 * made by: "usage:", paragraphs, options that begin with two spaces and a hyphen, and sections
 * under a line that ends in a colon.
 */
#include "tool/help.h"

#include "config/config.h"
#include "tool/watch_options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define CONFIG_OPTION                                                                            \
	"  -c, --config FILE   configuration (YAML), with conf.d/*.yaml beside it; without it\n" \
	"                      " CONFIG_FILE " when it is there, else the defaults:\n"           \
	"                      a trail in /var/lib/auditship/audit.ndjson\n"
#define HELP_OPTION "  -h, --help          show this\n"

static const char run_text[] =
	"usage: auditship run [-c FILE] [--seconds N]\n"
	"\n"
	"Watches this host and ships what happens until it is stopped.\n"
	"\n" CONFIG_OPTION "  -s, --seconds N     stop by itself after N seconds\n" HELP_OPTION "\n"
	"It needs root, or the capabilities CAP_BPF and CAP_PERFMON, and Linux 5.10 or newer.\n"
	"Stop it with Ctrl-C or SIGTERM: what the kernel has handed over is written first. Ctrl-C\n"
	"takes the probes away; after SIGTERM they go on recording for the next run, for as long "
	"as\n"
	"capture.keep_attached says. SIGHUP reads the configuration again; a faulty one changes\n"
	"nothing.\n"
	"\n"
	"exit codes:\n"
	"  0   all delivered\n"
	"  1   it could not run, or not deliver\n"
	"  64  the command line is wrong\n"
	"  78  the configuration is wrong\n";

static const char status_text[] =
	"usage: auditship status [--json] [--watch] [--coverage] [-c FILE | --socket PATH]\n"
	"\n"
	"Asks the running agent how it is.\n"
	"\n" CONFIG_OPTION "      --socket PATH   the control socket of the agent to ask\n"
	"      --json          the status as one line of JSON\n"
	"      --watch         the status again every second\n"
	"      --coverage      have the agent try out first what it sees on this host\n" HELP_OPTION
	"\n"
	"exit codes:\n"
	"  0   healthy\n"
	"  1   no answer: no agent is there, or it refuses\n"
	"  2   something needs attention\n"
	"  64  the command line is wrong\n";

static const char check_text[] =
	"usage: auditship check [-c FILE] [--print] [--explain EVENTS] [--connect]\n"
	"\n"
	"Tells every fault of a configuration, each with line and column.\n"
	"\n" CONFIG_OPTION
	"      --print         show the effective configuration and where each value is from\n"
	"      --connect       try every sink for real, for up to 15 s each\n"
	"      --explain FILE  tell which rule decides over each event of FILE (-: of standard\n"
	"                      input), which holds one JSON document per line\n" HELP_OPTION "\n"
	"exit codes:\n"
	"  0   the configuration is good\n"
	"  1   a sink would not start, or failed with --connect; or a file could not be read\n"
	"  64  the command line is wrong\n"
	"  78  the configuration is wrong\n";

static const char detach_text[] =
	"usage: auditship detach [-c FILE | --state-dir DIR]\n"
	"\n"
	"Removes the probes that an agent has left in the kernel for the next one.\n"
	"\n" CONFIG_OPTION "      --state-dir DIR\n                      the state directory of "
	"the agent whose probes are to go\n" HELP_OPTION;

static const char schema_text[] = "usage: auditship schema event|batch|ocsf|config|elasticsearch\n"
				  "\n"
				  "Prints a published schema: of the events, of batches of them, "
				  "of the events in OCSF, of the\n"
				  "configuration, or an index template.\n"
				  "\n" HELP_OPTION;

static const struct {
	const char *name, *summary;
	const char *text; /* NULL: made elsewhere */
} commands[] = {
	{"run", "watch this host and ship what happens", run_text},
	{"watch", "show events as they happen", NULL},
	{"status", "ask the running agent how it is", status_text},
	{"check", "tell every fault of a configuration", check_text},
	{"replay", "send a journal's events once more", NULL},
	{"detach", "remove the probes that an agent has left", detach_text},
	{"schema", "print a published schema", schema_text},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int write_all(struct buf *out)
{
	int result = buf_add_text(
		out, "auditship " AUDITSHIP_VERSION
		     " - an audit trail of this host: who ran what, and how it "
		     "ended\n"
		     "\n"
		     "usage: auditship COMMAND [OPTION...]\n"
		     "       auditship COMMAND --help\n"
		     "       auditship --help | --version\n"
		     "\n"
		     "Records what happens on this host by probes in the kernel, keeps "
		     "it in a journal on disk,\n"
		     "and ships it as JSON. One agent runs per host; the other commands "
		     "ask it, or need none.\n"
		     "\n"
		     "commands:\n");

	for (size_t i = 0; i < COMMANDS && result == 0; i++)
		result = buf_printf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	return result < 0
		       ? result
		       : buf_add_text(out, "\n"
					   "files:\n"
					   "  " CONFIG_FILE "  the configuration\n"
					   "  /var/lib/auditship  journal, agent id and, by "
					   "default, the trail\n"
					   "  /run/auditship/control.sock  where the commands ask\n"
					   "\n"
					   "examples:\n"
					   "  sudo auditship check --print\n"
					   "  sudo auditship watch --event exec\n"
					   "  sudo auditship status\n");
}

/* replay shows its own. */
static int write_one(struct buf *out, const char *command, const char *text)
{
	if (text)
		return buf_add_text(out, text);
	return strcmp(command, "watch") == 0 ? watch_options_help(out) : -ENOENT;
}

int tool_help(struct buf *out, const char *command)
{
	if (!command)
		return write_all(out);
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(command, commands[i].name) == 0)
			return write_one(out, command, commands[i].text);
	return -ENOENT;
}
