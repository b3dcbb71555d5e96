/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of events out of a journal that somebody else may be writing: opened for reading, through
 * the sinks and deliver threads of the agent, without cursors. Owns options, progress and summary;
 * knows neither formats nor sinks.
 */
#include "tool/replay.h"

#include "agent_identity.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/uuid.h"
#include "config/config.h"
#include "sinks.h"
#include "tool/check.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_MS 200
#define PROGRESS_LINES_NS NS_PER_S
#define STOP_DEADLINE_MS 5000
#define NOBODY "00000000-0000-0000-0000-000000000000"

static const char help_text[] =
	"usage: auditship replay [--journal DIR] [--from PLACE] [--sink NAME | --format FORMAT]\n"
	"                        [-c FILE]\n"
	"\n"
	"Sends the events of a journal once more: to standard output, one JSON document per line,\n"
	"or to a sink of the configuration. It only reads: no lock, no cursor moves, and an agent\n"
	"may write to the journal meanwhile; what is in it at the start is sent, then it ends.\n"
	"\n"
	"      --journal DIR    the journal; without it that of the configuration\n"
	"      --from PLACE     begin there: oldest (the default); a time such as\n"
	"                       2026-03-01T12:00:00Z; the event.id of an event, or its number\n"
	"                       alone (the last one that has it); cursor:NAME, where the sink of\n"
	"                       that name is\n"
	"      --sink NAME      a sink of the configuration, with its format and condition; its\n"
	"                       file must not be the one that an agent writes\n"
	"      --format FORMAT  of standard output: ecs (the default), ocsf, table\n"
	"  -c, --config FILE    configuration, as for auditship run\n"
	"\n"
	"Progress is shown on a terminal, a summary on standard error at the end. Host and agent\n"
	"in the documents are those of the machine that replays.\n"
	"Exit codes: 0 all sent; 1 not all, or events are missing in the journal; 78 the\n"
	"configuration is wrong; 64 the command line is.\n";

/* Of standard output, as the configuration has them by default. */
#define BATCH_BYTES (256 * 1024)
#define RETRY_FIRST_MS 500
#define RETRY_MAX_MS 60000

struct replay {
	const char *journal_dir, *sink, *config_path;
	struct config_sink standard; /* standard output, unless a sink is named */
	struct journal_start from;
	struct config *config;
	struct host host;
	char agent_id[UUID_TEXT_SIZE];
	struct render_identity identity;
	struct journal *journal;
	struct journal_recovery found;
	struct sinks *sinks;
	struct config_sink *own_sinks; /* of the configuration */
	size_t own_count;
	int gone_fd, signal_fd;
};

static bool is_digits(const char *text, size_t count)
{
	return strspn(text, "0123456789") >= count;
}

/* "2026-03-01T12:34:56Z", with up to nine more digits behind a point, "Z" or "+01:00". */
static int parse_time(const char *text, uint64_t *ret_real_ns)
{
	struct tm time = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &time);
	uint64_t ns = 0, unit = NS_PER_S / 10;
	long offset_s = 0;
	time_t seconds;

	if (!rest)
		return -EINVAL;
	if (*rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9' && unit > 0; rest++, unit /= 10)
			ns += (uint64_t)(*rest - '0') * unit;
	}
	if ((*rest == '+' || *rest == '-') && is_digits(rest + 1, 2) && rest[3] == ':' &&
	    is_digits(rest + 4, 2)) {
		offset_s = (strtol(rest + 1, NULL, 10) * 60 + strtol(rest + 4, NULL, 10)) * 60;
		offset_s = *rest == '-' ? -offset_s : offset_s;
		rest += 6;
	} else if (*rest == 'Z') {
		rest++;
	}
	seconds = timegm(&time) - offset_s;
	if (*rest || seconds < 0)
		return -EINVAL;
	*ret_real_ns = (uint64_t)seconds * NS_PER_S + ns;
	return 0;
}

static int parse_event(const char *text, struct journal_start *ret_start)
{
	if (strlen(text) > UUID_TEXT_SIZE && text[UUID_TEXT_SIZE - 1] == ':') {
		if (uuid_parse(ret_start->stream, text) < 0)
			return -EINVAL;
		text += UUID_TEXT_SIZE;
	}
	return text_parse_number(text, &ret_start->sequence) < 0 || ret_start->sequence == 0
		       ? -EINVAL
		       : 0;
}

int replay_parse_from(const char *text, struct journal_start *ret_start)
{
	static const char cursor[] = "cursor:";

	*ret_start = (struct journal_start){.at = JOURNAL_FROM_OLDEST};
	if (strcmp(text, "oldest") == 0)
		return 0;
	if (strncmp(text, cursor, sizeof(cursor) - 1) == 0) {
		ret_start->at = JOURNAL_FROM_CURSOR;
		ret_start->cursor = text + sizeof(cursor) - 1;
		return 0;
	}
	ret_start->at = JOURNAL_FROM_EVENT;
	if (parse_event(text, ret_start) == 0)
		return 0;
	*ret_start = (struct journal_start){.at = JOURNAL_FROM_TIME};
	return parse_time(text, &ret_start->real_ns);
}

static int take_format(struct replay *replay, const char *word, struct err *err)
{
	static const struct {
		const char *word;
		int format;
	} formats[] = {
		{"ecs", CONFIG_FORMAT_ECS},
		{"ocsf", CONFIG_FORMAT_OCSF},
		{"table", CONFIG_FORMAT_TABLE},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].word, word) != 0)
			continue;
		replay->standard.format = formats[i].format;
		return 0;
	}
	(void)err_set(err, -EINVAL, "--format wants ecs, ocsf or table, not '%s'", word);
	return REPLAY_EXIT_USAGE;
}

/* 0, or an exit code. */
static int take_option(struct replay *replay, int option, struct err *err)
{
	switch (option) {
	case 'c':
		replay->config_path = optarg;
		return 0;
	case 'j':
		replay->journal_dir = optarg;
		return 0;
	case 's':
		replay->sink = optarg;
		return 0;
	case 'f':
		return take_format(replay, optarg, err);
	default: /* 'F' */
		if (replay_parse_from(optarg, &replay->from) == 0)
			return 0;
		(void)err_set(err, -EINVAL,
			      "--from wants oldest, a time such as 2026-03-01T12:00:00Z, an "
			      "event.id, a number or cursor:NAME, not '%s'",
			      optarg);
		return REPLAY_EXIT_USAGE;
	}
}

/* -1: go on; else an exit code. */
static int read_options(struct replay *replay, int argc, char **argv, struct err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"journal", required_argument, NULL, 'j'},
		{"sink", required_argument, NULL, 's'},
		{"format", required_argument, NULL, 'f'},
		{"from", required_argument, NULL, 'F'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
		if (option == 'h')
			return (void)fputs(help_text, stdout), 0;
		if (option == ':' || option == '?') {
			(void)err_set(err, -EINVAL, "%s '%s'",
				      option == '?' ? "there is no option"
						    : "there is a value missing after",
				      argv[optind - 1]);
			return REPLAY_EXIT_USAGE;
		}
		code = take_option(replay, option, err);
		if (code)
			return code;
	}
	if (optind < argc) {
		(void)err_set(err, -EINVAL, "nothing is known to do with '%s'", argv[optind]);
		return REPLAY_EXIT_USAGE;
	}
	return -1;
}

/* One sink: that of the name, or standard output. */
static int choose_sink(struct replay *replay, struct err *err)
{
	struct config *config = replay->config;

	replay->own_sinks = config->sinks;
	replay->own_count = config->sink_count;
	config->sink_count = 1;
	config->sinks = &replay->standard;
	for (size_t i = 0; replay->sink && i < replay->own_count; i++)
		if (strcmp(replay->own_sinks[i].name, replay->sink) == 0)
			config->sinks = &replay->own_sinks[i];
	return replay->sink && config->sinks == &replay->standard
		       ? err_set(err, -ENOENT, "there is no sink '%s' in the configuration",
				 replay->sink)
		       : 0;
}

/* The agent's own id where it is known here; asking for it would make one. */
static int describe_identity(struct replay *replay, struct err *err)
{
	const char *state_dir = replay->config->agent.state_dir;
	char path[4096];
	int result = host_read(&replay->host, "", err);

	(void)snprintf(path, sizeof(path), "%s/" HOST_AGENT_ID_FILE, state_dir);
	(void)snprintf(replay->agent_id, sizeof(replay->agent_id), NOBODY);
	if (result == 0 && access(path, R_OK) == 0)
		result = host_agent_id(replay->agent_id, state_dir, err);
	if (result == 0)
		agent_identity_describe(&replay->host, replay->agent_id, replay->config,
					&replay->identity);
	return result;
}

static int open_journal(struct replay *replay, struct err *err)
{
	struct journal_options options = {
		.dir = replay->journal_dir ? replay->journal_dir : replay->config->journal.dir,
		.read_only = true,
	};

	return journal_open(&replay->journal, &options, &replay->found, err);
}

static void on_reader_gone(void *data)
{
	(void)eventfd_write(((struct replay *)data)->gone_fd, 1);
}

static int open_signals(struct replay *replay, struct err *err)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	replay->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	replay->gone_fd = eventfd(0, EFD_CLOEXEC);
	return replay->signal_fd < 0 || replay->gone_fd < 0
		       ? err_set(err, -errno, "cannot wait for signals: %m")
		       : 0;
}

static int start_sink(struct replay *replay, struct err *err)
{
	struct sinks_options options = {
		.journal = replay->journal,
		.identity = &replay->identity,
		.from = &replay->from,
		.on_reader_gone = on_reader_gone,
		.data = replay,
	};

	return sinks_new(&replay->sinks, &options, replay->config, err);
}

static void show_progress(const struct deliver_status *status, bool terminal)
{
	static uint64_t shown_ns;
	uint64_t now_ns = clock_mono_ns();

	if (!terminal || now_ns - shown_ns < PROGRESS_LINES_NS)
		return;
	shown_ns = now_ns;
	(void)fprintf(stderr, "\r%llu of %llu events%s ", (unsigned long long)status->acknowledged,
		      (unsigned long long)status->found, status->failing ? ", the sink fails" : "");
}

/* A file or a descriptor of this host does not come back by waiting, a receiver elsewhere may. */
static bool is_local(const struct replay *replay)
{
	int type = replay->config->sinks[0].type;

	return type == CONFIG_SINK_STDOUT || type == CONFIG_SINK_FILE;
}

/* True when everything is through, false when somebody or a failed write has ended it before. */
static bool wait_for_end(struct replay *replay)
{
	struct deliver *deliver = sinks_delivers(replay->sinks)[0];
	bool terminal = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	struct pollfd fds[] = {
		{.fd = replay->signal_fd, .events = POLLIN},
		{.fd = replay->gone_fd, .events = POLLIN},
	};

	for (;;) {
		struct deliver_status status;

		deliver_status(deliver, &status);
		if (status.waiting == 0)
			return true;
		if (status.failing && !status.blocked && is_local(replay))
			return false;
		show_progress(&status, terminal);
		if (poll(fds, 2, PROGRESS_MS) > 0)
			return false;
	}
}

static int tell_summary(const struct replay *replay, const struct deliver_status *status,
			bool whole)
{
	const struct journal_recovery *found = &replay->found;
	const char *name = replay->config->sinks[0].name;
	unsigned long long damaged = status->rejected + status->dead_lettered;

	(void)fprintf(stderr,
		      "auditship: replay: %llu events sent to %s, %llu not wanted there, %llu "
		      "damaged, %llu missing in the journal\n",
		      (unsigned long long)status->acknowledged, name,
		      (unsigned long long)status->filtered, damaged,
		      (unsigned long long)status->missed);
	if (found->quarantined || found->newer || found->torn_bytes)
		(void)fprintf(stderr,
			      "auditship: replay: left aside: %u damaged segments, %u of a newer "
			      "version, %llu bytes behind the last whole event\n",
			      found->quarantined, found->newer,
			      (unsigned long long)found->torn_bytes);
	if (!whole)
		(void)fprintf(stderr, "auditship: replay: %llu events were not sent%s%s\n",
			      (unsigned long long)status->waiting, status->failing ? ": " : "",
			      status->failing ? status->last_error.text : "");
	return whole && !damaged && !status->missed && !found->quarantined && !found->newer
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}

static int run(struct replay *replay, struct err *err)
{
	struct deliver_status status = {0};
	bool whole;
	int result = choose_sink(replay, err);

	if (result == 0)
		result = describe_identity(replay, err);
	if (result == 0)
		result = open_journal(replay, err);
	if (result == 0)
		result = open_signals(replay, err);
	if (result == 0)
		result = start_sink(replay, err);
	if (result < 0)
		return EXIT_FAILURE;
	whole = wait_for_end(replay);
	sinks_stop(replay->sinks, whole ? STOP_DEADLINE_MS : 0, &status);
	return tell_summary(replay, &status, whole && status.waiting == 0);
}

static void clean_up(struct replay *replay)
{
	sinks_free(replay->sinks);
	journal_close(replay->journal);
	if (replay->own_sinks) {
		replay->config->sinks = replay->own_sinks;
		replay->config->sink_count = replay->own_count;
	}
	config_free(replay->config);
	if (replay->signal_fd >= 0)
		(void)close(replay->signal_fd);
	if (replay->gone_fd >= 0)
		(void)close(replay->gone_fd);
}

int tool_replay(int argc, char **argv, struct err *err)
{
	static char standard_name[] = "standard output";
	struct replay replay = {
		.standard = {.name = standard_name,
			     .type = CONFIG_SINK_STDOUT,
			     .format = CONFIG_FORMAT_ECS,
			     .batch = {.size = BATCH_BYTES},
			     .retry = {.first_ms = RETRY_FIRST_MS, .max_ms = RETRY_MAX_MS}},
		.gone_fd = -1,
		.signal_fd = -1,
	};
	int code = read_options(&replay, argc, argv, err);

	if (code >= 0)
		return code;
	code = check_load(&replay.config, replay.config_path);
	if (code)
		return code;
	code = run(&replay, err);
	clean_up(&replay);
	return code;
}
