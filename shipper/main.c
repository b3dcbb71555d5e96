/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: one function per command, exit codes, nothing else. */
#include "base/buf.h"
#include "base/log.h"
#include "config.h"
#include "pipeline.h"
#include "tool/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	const char *config; /* NULL: CONFIG_FILE or the built-in defaults */
	unsigned int seconds;
	struct check_options check;
};

static const char help_text[] =
	"auditship " AUDITSHIP_VERSION
	" - an audit trail of this host: who ran what, and how it ended\n"
	"\n"
	"usage: auditship run   [-c FILE] [--seconds N]   watch and ship until stopped\n"
	"       auditship check [-c FILE] [--print] [--explain EVENTS]\n"
	"                                                 tell every fault of a configuration\n"
	"       auditship --help | --version\n"
	"\n"
	"  -c, --config FILE   configuration (YAML), with conf.d/*.yaml beside it; without it\n"
	"                      " CONFIG_FILE " when it is there, else the\n"
	"                      defaults: a trail in /var/lib/auditship/audit.ndjson\n"
	"  -s, --seconds N     stop by itself after N seconds\n"
	"      --print         show the effective configuration and where each value is from\n"
	"      --explain FILE  tell which rule decides over each event of FILE (-: of standard\n"
	"                      input), which holds one JSON document per line\n"
	"\n"
	"run needs root, or the capabilities CAP_BPF and CAP_PERFMON, and Linux 5.10 or newer.\n"
	"Stop it with Ctrl-C or SIGTERM: what the kernel has handed over is written first.\n"
	"Exit codes: 0 all delivered; 1 it could not run or not deliver; 78 the configuration is "
	"wrong;\n"
	"64 the command line is.\n"
	"\n"
	"Try: sudo auditship run -c config/quickstart.yaml\n";

#define EXIT_USAGE 64

static int usage_error(const char *what, const char *which)
{
	log_error("%s%s%s%s; see auditship --help", what, which ? " '" : "", which ? which : "",
		  which ? "'" : "");
	return EXIT_USAGE;
}

/* Reads the options of a command. 0, or the exit code of a mistake that has been told. */
static int read_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"seconds", required_argument, NULL, 's'},
		{"print", no_argument, NULL, 'p'},
		{"explain", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:s:", options, NULL)) != -1) {
		char *end = NULL;

		if (option == 'c') {
			ret_arguments->config = optarg;
		} else if (option == 's') {
			unsigned long seconds = strtoul(optarg, &end, 10);

			if (*end || end == optarg || seconds == 0 || seconds > 31536000)
				return usage_error("--seconds wants a whole number from 1 to "
						   "31536000, not",
						   optarg);
			ret_arguments->seconds = (unsigned int)seconds;
		} else if (option == 'p') {
			ret_arguments->check.print = true;
		} else if (option == 'e') {
			ret_arguments->check.explain = optarg;
		} else if (option == ':') {
			return usage_error("there is a value missing after", argv[optind - 1]);
		} else {
			return usage_error("there is no option", argv[optind - 1]);
		}
	}
	return optind < argc ? usage_error("nothing is known to do with", argv[optind]) : 0;
}

static int command_run(const struct arguments *arguments)
{
	struct config config;
	struct buf faults;
	struct err err = {0};
	int result;

	if (arguments->check.print || arguments->check.explain)
		return usage_error("run knows no option",
				   arguments->check.print ? "--print" : "--explain");
	buf_init(&faults, 1 << 20);
	result = config_load(&config, arguments->config, &faults, &err);
	if (result == -EINVAL && faults.length > 0)
		(void)fwrite(faults.data, 1, faults.length, stderr);
	else if (result < 0)
		log_error("%s", err.text);
	buf_done(&faults);
	if (result < 0)
		return result == -EINVAL ? CHECK_EXIT_CONFIG : EXIT_FAILURE;
	log_set_level((enum log_level)config.log.level);
	result = pipeline_run(&config, arguments->seconds, &err);
	if (result < 0)
		log_error("%s", err.text);
	config_done(&config);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_check(const struct arguments *arguments)
{
	struct check_options options = arguments->check;

	if (arguments->seconds)
		return usage_error("check knows no option", "--seconds");
	options.path = arguments->config;
	return tool_check(&options);
}

static const struct {
	const char *name;
	int (*run)(const struct arguments *arguments);
} commands[] = {
	{"run", command_run},
	{"check", command_check},
};

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int result;

	if (argc < 2) {
		(void)fputs(help_text, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		(void)fputs(help_text, stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("auditship " AUDITSHIP_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		result = read_arguments(argc - 1, argv + 1, &arguments);
		return result ? result : commands[i].run(&arguments);
	}
	return usage_error("there is no command", argv[1]);
}
