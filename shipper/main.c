/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: one row and one function per command, exit codes, nothing else. */
#include "base/buf.h"
#include "base/confine.h"
#include "base/log.h"
#include "config/config.h"
#include "pipeline.h"
#include "serve/control.h"
#include "tool/check.h"
#include "tool/detach.h"
#include "tool/help.h"
#include "tool/replay.h"
#include "tool/schema.h"
#include "tool/status.h"
#include "tool/watch.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
	const char *config;    /* NULL: CONFIG_FILE or the built-in defaults */
	const char *socket;    /* NULL: that of the configuration */
	const char *state_dir; /* the same */
	unsigned int seconds;
	bool json, watch, coverage;
	struct check_options check;
};

#define EXIT_USAGE 64
#define MAPPED_BYTES (128 * 1024)

static int usage_error(const char *what, const char *which)
{
	log_error("%s%s%s%s; see auditship --help", what, which ? " '" : "", which ? which : "",
		  which ? "'" : "");
	return EXIT_USAGE;
}

static int read_seconds(const char *text, unsigned int *ret_seconds)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (*end || end == text || seconds == 0 || seconds > 31536000)
		return usage_error("--seconds wants a whole number from 1 to 31536000, not", text);
	*ret_seconds = (unsigned int)seconds;
	return 0;
}

/* 0, or the exit code of a mistake that has been told. */
static int take_option(int option, struct arguments *arguments)
{
	switch (option) {
	case 'c':
		arguments->config = optarg;
		return 0;
	case 's':
		return read_seconds(optarg, &arguments->seconds);
	case 'S':
		arguments->socket = optarg;
		return 0;
	case 'd':
		arguments->state_dir = optarg;
		return 0;
	case 'j':
		arguments->json = true;
		return 0;
	case 'w':
		arguments->watch = true;
		return 0;
	case 'o':
		arguments->coverage = true;
		return 0;
	case 'p':
		arguments->check.print = true;
		return 0;
	case 'n':
		arguments->check.connect = true;
		return 0;
	default:
		arguments->check.explain = optarg;
		return 0;
	}
}

/* Reads the options of a command, which knows those in letters. 0, or an exit code. */
static int read_arguments(int argc, char **argv, const char *letters,
			  struct arguments *ret_arguments)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"seconds", required_argument, NULL, 's'},
		{"socket", required_argument, NULL, 'S'},
		{"state-dir", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"watch", no_argument, NULL, 'w'},
		{"coverage", no_argument, NULL, 'o'},
		{"print", no_argument, NULL, 'p'},
		{"connect", no_argument, NULL, 'n'},
		{"explain", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:s:", options, NULL)) != -1) {
		if (option == ':')
			return usage_error("there is a value missing after", argv[optind - 1]);
		if (option == '?' || !strchr(letters, option))
			return usage_error("there is no option", argv[optind - 1]);
		code = take_option(option, ret_arguments);
		if (code)
			return code;
	}
	return optind < argc ? usage_error("nothing is known to do with", argv[optind]) : 0;
}

/*
 * A block of this size or above is mapped by itself, and is the kernel's again once it is free. If
 * nothing is set glibc raises the size to that of what was freed last, up to 32 MiB: the buffers of
 * a sink then come from arenas, and each reload leaves other holes there.
 */
static void map_large_blocks(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

static int command_run(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct pipeline_options options = {
		.config_path = arguments->config,
		.seconds = arguments->seconds,
	};
	struct err err = {0};
	int result;

	confine_process(); /* first: the configuration holds secrets */
	map_large_blocks();
	result = check_load(&config, arguments->config);
	if (result)
		return result;
	options.config = config;
	log_set_level((enum log_level)config->log.level);
	result = pipeline_run(&options, &err);
	if (result < 0)
		log_error("%s", err.text);
	config_free(config);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_check(const struct arguments *arguments)
{
	struct check_options options = arguments->check;

	options.path = arguments->config;
	return tool_check(&options);
}

/* Asking needs no configuration: who may not read it can still know the socket. */
static int command_status(const struct arguments *arguments)
{
	struct tool_status_options options = {
		.socket = arguments->socket,
		.json = arguments->json,
		.watch = arguments->watch,
		.coverage = arguments->coverage,
	};
	struct config *config = NULL;
	struct err unused;
	int code;

	if (options.socket && arguments->config)
		return usage_error("--config and --socket: one of them says where to ask", NULL);
	if (arguments->config && check_load(&config, arguments->config) != 0)
		log_warning("%s cannot be used; asking at " CONTROL_PATH
			    ", or at another with --socket",
			    arguments->config);
	else if (!arguments->config && !options.socket)
		(void)config_new(&config, NULL, NULL, &unused);
	if (config)
		options.socket = config->control.socket;
	if (!options.socket)
		options.socket = CONTROL_PATH;
	code = tool_status(&options);
	config_free(config);
	return code;
}

static int command_detach(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct err err = {0};
	int result = arguments->state_dir ? 0 : check_load(&config, arguments->config);

	if (result)
		return result;
	if (arguments->state_dir && access(arguments->state_dir, F_OK) < 0)
		result = err_set(&err, -errno, "--state-dir: '%s': %s", arguments->state_dir,
				 strerror(errno));
	if (result == 0)
		result = tool_detach(config ? config->agent.state_dir : arguments->state_dir, &err);
	if (result < 0)
		log_error("%s", err.text);
	config_free(config);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* It has options of its own. */
static int command_watch(int argc, char **argv)
{
	struct err err = {0};
	int code = tool_watch(argc, argv, &err);

	if (err.text[0])
		log_error("%s%s", err.text,
			  code == EXIT_USAGE ? "; see auditship watch --help" : "");
	return code;
}

static int command_replay(int argc, char **argv)
{
	struct err err = {0};
	int code = tool_replay(argc, argv, &err);

	if (err.text[0])
		log_error("%s%s", err.text,
			  code == EXIT_USAGE ? "; see auditship replay --help" : "");
	return code;
}

static int command_schema(int argc, char **argv)
{
	struct err err = {0};
	int code = tool_schema(argc, argv, &err);

	if (err.text[0])
		log_error("%s%s", err.text, code == EXIT_USAGE ? "; see auditship --help" : "");
	return code;
}

static int show_version(void)
{
	struct buf schemas;

	buf_init(&schemas, 4096);
	tool_schema_versions(&schemas);
	(void)printf("auditship " AUDITSHIP_VERSION "\n%.*s", (int)schemas.length, schemas.data);
	buf_done(&schemas);
	return EXIT_SUCCESS;
}

/* command NULL: of the program. EXIT_SUCCESS, or EXIT_FAILURE: there is no such command. */
static int show_help(FILE *where, const char *command)
{
	struct buf text;
	int result;

	buf_init(&text, 64UL * 1024);
	result = tool_help(&text, command);
	if (result == 0)
		(void)fwrite(text.data, 1, text.length, where);
	buf_done(&text);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static const struct {
	const char *name;
	const char *options; /* letters of its options in read_arguments */
	int (*run)(const struct arguments *arguments);
} commands[] = {
	{"run", "cs", command_run},
	{"check", "cpen", command_check},
	{"status", "cSjwo", command_status},
	{"detach", "cd", command_detach},
};

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int code;

	if (argc < 2) {
		(void)show_help(stderr, NULL);
		return EXIT_USAGE;
	}
	if (is_help(argv[1]))
		return show_help(stdout, NULL);
	if (argc == 3 && is_help(argv[2]) && show_help(stdout, argv[1]) == EXIT_SUCCESS)
		return EXIT_SUCCESS;
	if (strcmp(argv[1], "--version") == 0)
		return show_version();
	if (strcmp(argv[1], "watch") == 0)
		return command_watch(argc - 1, argv + 1);
	if (strcmp(argv[1], "replay") == 0)
		return command_replay(argc - 1, argv + 1);
	if (strcmp(argv[1], "schema") == 0)
		return command_schema(argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		code = read_arguments(argc - 1, argv + 1, commands[i].options, &arguments);
		return code ? code : commands[i].run(&arguments);
	}
	return usage_error("there is no command", argv[1]);
}
