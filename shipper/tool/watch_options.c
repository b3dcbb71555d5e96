/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the options: their words, bounds and what follows from them. Kinds, columns and fields are
 * known by their tables alone. Opens nothing.
 */
#include "tool/watch_options.h"

#include "base/text.h"
#include "config/config.h"
#include "decode/fields.h"
#include "render/csv.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_MAX 31536000
#define ID_DIGITS_MIN 12
#define ID_DIGITS_MAX 64

static const struct {
	const char *name;
	enum render_format format;
} formats[] = {
	{"table", RENDER_TABLE}, {"text", RENDER_TEXT}, {"csv", RENDER_CSV},
	{"json", RENDER_ECS},    {"ocsf", RENDER_OCSF},
};

static const char *const levels[] = {"error", "warning", "info", "debug"};

/* What people ask for who know the design or other monitors. */
static const char *const exit_columns[] = {"PID", "PPID", "USER", "COMMAND", "DURATION_MS"};

static const char help_text[] =
	"usage: auditship watch [OPTION...]\n"
	"\n"
	"Shows what happens on this host: of the running agent, from which it takes nothing away, "
	"or, when\n"
	"none runs, by probes of its own that go with it (this needs root, or CAP_BPF and "
	"CAP_PERFMON).\n"
	"\n"
	"  --format FORMAT         table (default on a terminal), text (default elsewhere), csv, "
	"json, ocsf\n"
	"  -e, --event LIST        kinds to show, with commas: fork, exec, exec_failed, exit, "
	"thread_start,\n"
	"                          thread_exit, open, or process, thread, all (default: all that "
	"the agent\n"
	"                          records, with probes of its own process; with --min-duration: "
	"exit)\n"
	"  -f, --filter NAME       only processes of that name (of the binary, or comm); * ? and "
	"[] "
	"are\n"
	"                          wildcards; may be given several times\n"
	"  -u, --user NAME|UID     only of that effective user; may be given several times\n"
	"  -d, --min-duration MS   only exits of processes that lived so long; 1500, 1500ms or 1s. "
	"Events\n"
	"                          without a duration (exec, fork) are shown when --event names "
	"them\n"
	"  -o, --output FILE       append to FILE (made with mode 0600) instead of standard "
	"output\n"
	"      --columns LIST      csv: columns, with commas: short names, or any path of the "
	"schema\n"
	"      --container NAME|ID\n"
	"                          only in that container; an id may be cut to 12 digits; "
	"wildcards and\n"
	"                          repetitions as with --filter\n"
	"  -s, --seconds N         stop by itself\n"
	"      --log-level LEVEL   error, warning, info (default), debug: on standard error\n"
	"      --socket PATH       the agent's socket; an agent must be there\n"
	"  -c, --config FILE       configuration of the agent, for where its socket is\n"
	"\n"
	"examples:\n"
	"  auditship watch                                  a table of all that starts and ends\n"
	"  auditship watch --event exit --format text       ends, one sentence each\n"
	"  auditship watch --min-duration 100               what ran for 100 ms and more\n"
	"  auditship watch --filter 'python*' --user www-data --format json | jq .process.args\n"
	"  auditship watch --event exit --format csv -o process_events.csv\n"
	"  auditship watch --event exec --format csv --columns TIME,USER,process.args\n"
	"\n"
	"Stop it with Ctrl-C. Lost events are a line of their own in every format but csv, and are "
	"always\n"
	"told on standard error. Exit codes: 0; 1 it could not run; 64 the command line is wrong.\n"
	"\n"
	"columns (default for --event exit: PID,PPID,USER,COMMAND,DURATION_MS):\n";

int watch_options_help(struct buf *out)
{
	const char *name, *meaning;
	int result = buf_add_text(out, help_text);

	for (unsigned int i = 0; result == 0 && (name = csv_column_name(i, &meaning)); i++)
		result = buf_printf(out, "  %-14s %s\n", name, meaning);
	return result;
}

/* What the word stands for in capture.events; 0: nothing. */
static uint32_t kind_bits(const char *word)
{
	char copy[64], *items[] = {copy};
	struct config config = {.capture.events = {items, 1}};

	(void)snprintf(copy, sizeof(copy), "%s", word);
	return config_event_kinds(&config);
}

static int set_format(struct watch_options *options, const char *text, struct err *err)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, text) != 0)
			continue;
		options->format = formats[i].format;
		options->format_given = true;
		return 0;
	}
	return err_set(err, -EINVAL, "--format: table, text, csv, json or ocsf, not '%s'", text);
}

static int no_such_kind(const char *word, struct err *err)
{
	struct text_nearest nearest = {.word = word};
	char known[256] = "";

	for (unsigned int i = 0; i < REC_KINDS; i++) {
		size_t used = strlen(known);

		if (!kind_get(i) || !kind_bits(kind_get(i)->name))
			continue;
		text_nearest_offer(&nearest, kind_get(i)->name);
		(void)snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
			       kind_get(i)->name);
	}
	return err_set(err, -EINVAL, "--event: there is no kind '%s'%s%s%s (there are %s)", word,
		       nearest.best ? " (did you mean '" : "", nearest.best ? nearest.best : "",
		       nearest.best ? "'?)" : "", known);
}

/* text is taken apart in place. */
static int set_kinds(struct watch_options *options, char *text, struct err *err)
{
	char *rest = text, *word;

	while ((word = strsep(&rest, ","))) {
		uint32_t bits = kind_bits(word);

		if (!bits)
			return no_such_kind(word, err);
		options->kinds |= bits;
	}
	return 0;
}

static int set_columns(struct watch_options *options, char *text, struct err *err)
{
	char *rest = text, *word;

	while ((word = strsep(&rest, ","))) {
		if (options->column_count == WATCH_COLUMNS_MAX)
			return err_set(err, -EINVAL, "--columns: at most %d", WATCH_COLUMNS_MAX);
		options->columns[options->column_count++] = word;
	}
	return 0;
}

static int add_name(const char *names[WATCH_NAMES_MAX], size_t *count, const char *option,
		    const char *text, struct err *err)
{
	if (!*text)
		return err_set(err, -EINVAL, "%s: the name is empty", option);
	if (*count == WATCH_NAMES_MAX)
		return err_set(err, -EINVAL, "%s: at most %d times", option, WATCH_NAMES_MAX);
	names[(*count)++] = text;
	return 0;
}

/* As much of an id as runtimes show may be one, or a name. */
static bool may_be_id(const char *text)
{
	size_t length = strlen(text);

	return length >= ID_DIGITS_MIN && length <= ID_DIGITS_MAX &&
	       strspn(text, "0123456789abcdef") == length;
}

static int add_container(struct watch_options *options, const char *text, struct err *err)
{
	int result =
		add_name(options->containers, &options->container_count, "--container", text, err);

	if (result == 0 && may_be_id(text))
		(void)snprintf(options->container_ids[options->container_id_count++], WATCH_ID_SIZE,
			       "%s*", text);
	return result;
}

static int set_duration(struct watch_options *options, const char *text, struct err *err)
{
	if (text_parse_number(text, &options->min_ms) == 0 ||
	    text_parse_duration(text, &options->min_ms) == 0)
		return 0;
	return err_set(err, -EINVAL,
		       "--min-duration: milliseconds such as 100, or 100ms, 2s, 1m, not '%s'",
		       text);
}

static int set_level(struct watch_options *options, const char *text, struct err *err)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i], text) != 0)
			continue;
		options->log_level = (enum log_level)i;
		return 0;
	}
	return err_set(err, -EINVAL, "--log-level: error, warning, info or debug, not '%s'", text);
}

static int set_seconds(struct watch_options *options, const char *text, struct err *err)
{
	uint64_t seconds;

	if (text_parse_number(text, &seconds) < 0 || seconds == 0 || seconds > SECONDS_MAX)
		return err_set(err, -EINVAL, "--seconds: a whole number from 1 to %d, not '%s'",
			       SECONDS_MAX, text);
	options->seconds = (unsigned int)seconds;
	return 0;
}

/* A list is copied, because it is taken apart. */
static int set_list(struct watch_options *options, int option, const char *text, struct err *err)
{
	char **copy = &options->owned[option == 'e'];

	if (*copy)
		return err_set(err, -EINVAL, "%s is given twice: write one list, with commas",
			       option == 'e' ? "--event" : "--columns");
	*copy = strdup(text);
	if (!*copy)
		return err_set(err, -ENOMEM, "no memory for the command line");
	return option == 'e' ? set_kinds(options, *copy, err) : set_columns(options, *copy, err);
}

enum { OPTION_FORMAT = 256, OPTION_COLUMNS, OPTION_CONTAINER, OPTION_LOG_LEVEL, OPTION_SOCKET };

static int set_text(const char **ret_text, const char *text)
{
	*ret_text = text;
	return 0;
}

static int set_option(struct watch_options *options, int option, char **argv, struct err *err)
{
	switch (option) {
	case OPTION_FORMAT:
		return set_format(options, optarg, err);
	case 'e':
	case OPTION_COLUMNS:
		return set_list(options, option, optarg, err);
	case 'f':
		return add_name(options->names, &options->name_count, "--filter", optarg, err);
	case 'u':
		return add_name(options->users, &options->user_count, "--user", optarg, err);
	case 'd':
		return set_duration(options, optarg, err);
	case 'o':
		return set_text(&options->out_path, optarg);
	case 's':
		return set_seconds(options, optarg, err);
	case 'c':
		return set_text(&options->config, optarg);
	case OPTION_SOCKET:
		return set_text(&options->socket, optarg);
	case OPTION_LOG_LEVEL:
		return set_level(options, optarg, err);
	case OPTION_CONTAINER:
		return add_container(options, optarg, err);
	case ':':
		return err_set(err, -EINVAL, "there is a value missing after '%s'",
			       argv[optind - 1]);
	default:
		return err_set(err, -EINVAL, "there is no option '%s'", argv[optind - 1]);
	}
}

static int read_options(struct watch_options *options, int argc, char **argv, struct err *err)
{
	static const struct option known[] = {
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"event", required_argument, NULL, 'e'},
		{"events", required_argument, NULL, 'e'},
		{"filter", required_argument, NULL, 'f'},
		{"user", required_argument, NULL, 'u'},
		{"min-duration", required_argument, NULL, 'd'},
		{"output", required_argument, NULL, 'o'},
		{"columns", required_argument, NULL, OPTION_COLUMNS},
		{"container", required_argument, NULL, OPTION_CONTAINER},
		{"seconds", required_argument, NULL, 's'},
		{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
		{"socket", required_argument, NULL, OPTION_SOCKET},
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option, result = 0;

	opterr = 0;
	optind = 0; /* starts anew, also when somebody has read arguments before */
	while (result == 0 &&
	       (option = getopt_long(argc, argv, ":e:f:u:d:o:s:c:h", known, NULL)) != -1) {
		if (option == 'h')
			options->help = true;
		else
			result = set_option(options, option, argv, err);
	}
	if (result == 0 && optind < argc)
		return err_set(err, -EINVAL, "nothing is known to do with '%s'", argv[optind]);
	return result;
}

/* Columns are looked for now, not when the first event comes. */
static int complete_csv(struct watch_options *options, struct err *err)
{
	struct csv *csv = NULL;
	int result;

	if (options->column_count == 0 && options->kinds == kind_bits("exit")) {
		options->column_count = sizeof(exit_columns) / sizeof(exit_columns[0]);
		memcpy(options->columns, exit_columns, sizeof(exit_columns));
	}
	result = csv_new(&csv, options->columns, options->column_count,
			 &(struct render_identity){0}, err);
	if (result < 0)
		return err_wrap(err, result, "--columns");
	csv_free(csv);
	return 0;
}

static int complete(struct watch_options *options, struct err *err)
{
	bool terminal = !options->out_path && isatty(STDOUT_FILENO);

	if (!options->format_given)
		options->format = terminal ? RENDER_TABLE : RENDER_TEXT;
	options->own_kinds = options->kinds;
	if (!options->kinds) {
		options->kinds = kind_bits(options->min_ms ? "exit" : "all");
		options->own_kinds = kind_bits(options->min_ms ? "exit" : "process");
	}
	if (options->format == RENDER_CSV)
		return complete_csv(options, err);
	if (options->column_count)
		return err_set(err, -EINVAL, "--columns is for --format csv only");
	return 0;
}

int watch_options_read(struct watch_options *options, int argc, char **argv, struct err *err)
{
	int result;

	*options = (struct watch_options){.log_level = LOG_LEVEL_INFO};
	result = read_options(options, argc, argv, err);
	if (result < 0 || options->help)
		return result;
	return complete(options, err);
}

void watch_options_done(struct watch_options *options)
{
	for (size_t i = 0; i < sizeof(options->owned) / sizeof(options->owned[0]); i++)
		free(options->owned[i]);
	*options = (struct watch_options){0};
}

/*
 * A condition is a list of alternatives, so there is one for each way in which all options can
 * hold: the name is that of the binary or comm, the user is given by name or by number, the
 * duration is unknown or long enough, the container is given by name or by id.
 */
#define WAYS 16
#define TERMS_MAX (WAYS * (3 * WATCH_NAMES_MAX + 1))

struct terms {
	struct condition_term items[TERMS_MAX];
	size_t count;
	unsigned int alternative;         /* the next one */
	const char *ids[WATCH_NAMES_MAX]; /* users given by number */
	size_t id_count;
	const char *containers[WATCH_NAMES_MAX]; /* given by id */
	char minimum[32];
};

static void add_terms(struct terms *terms, const char *field, const char *const *texts,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		terms->items[terms->count++] =
			(struct condition_term){terms->alternative, field, CONDITION_IS, texts[i]};
}

static void add_duration(struct terms *terms, uint64_t min_ms, bool is_long)
{
	(void)snprintf(terms->minimum, sizeof(terms->minimum), "%llums",
		       (unsigned long long)min_ms);
	terms->items[terms->count++] = (struct condition_term){
		terms->alternative, "event.duration", is_long ? CONDITION_MIN : CONDITION_EXISTS,
		is_long ? terms->minimum : "false"};
}

/* way: bit 0 for comm, 1 for the user's number, 2 for a known duration, 3 for a container's id. */
static void add_way(struct terms *terms, const struct watch_options *options, unsigned int way)
{
	bool by_comm = way & 1, by_id = way & 2, is_long = way & 4, by_container_id = way & 8;

	if ((by_container_id && !options->container_id_count) ||
	    (by_comm && !options->name_count) || (by_id && !terms->id_count) ||
	    (is_long && !options->min_ms))
		return;
	add_terms(terms, by_comm ? "process.thread.name" : "process.name", options->names,
		  options->name_count);
	if (by_id)
		add_terms(terms, "user.id", terms->ids, terms->id_count);
	else
		add_terms(terms, "user.name", options->users, options->user_count);
	if (by_container_id)
		add_terms(terms, "container.id", terms->containers, options->container_id_count);
	else
		add_terms(terms, "container.name", options->containers, options->container_count);
	if (options->min_ms)
		add_duration(terms, options->min_ms, is_long);
	terms->alternative++;
}

int watch_options_condition(const struct watch_options *options, struct condition **ret_condition,
			    struct err *err)
{
	struct terms terms = {.count = 0};
	uint64_t number;

	*ret_condition = NULL;
	for (size_t i = 0; i < options->user_count; i++)
		if (text_parse_number(options->users[i], &number) == 0)
			terms.ids[terms.id_count++] = options->users[i];
	for (size_t i = 0; i < options->container_id_count; i++)
		terms.containers[i] = options->container_ids[i];
	for (unsigned int way = 0; way < WAYS; way++)
		add_way(&terms, options, way);
	if (terms.count == 0)
		return 0;
	return condition_build(ret_condition, terms.items, terms.count, err);
}
