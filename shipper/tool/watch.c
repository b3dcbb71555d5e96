/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns a run of `watch`: where the lines go, and whether the events are those of a running agent
 * or of a pipeline of our own. Both come as the same raw frames, and a view makes lines of them.
 */
#include "tool/watch.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/terminal.h"
#include "base/text.h"
#include "config/config.h"
#include "config/sinks.h"
#include "decode/fields.h"
#include "journal/journal.h"
#include "pipeline.h"
#include "serve/control.h"
#include "shared.h"
#include "tool/check.h"
#include "tool/join.h"
#include "tool/view.h"
#include "tool/watch_options.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_BYTES (UINT64_C(128) * 1024 * 1024)
#define GRACE_S 2 /* for lines that are still on their way when the pipeline has ended */
#define HEADER_MAX 4096

struct watch {
	struct watch_options options;
	struct condition *when;
	int out_fd;
	bool no_header; /* the file has it */
};

/* A line on standard error, where progress belongs. */
__attribute__((format(printf, 2, 3))) static void tell(const struct watch *watch,
						       const char *format, ...)
{
	char text[1024], safe[4096];
	va_list args;

	if (watch->options.log_level < LOG_LEVEL_INFO)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)terminal_escape(safe, sizeof(safe), text, strlen(text));
	(void)dprintf(STDERR_FILENO, "auditship: %s\n", safe);
}

static void tell_end(const struct watch *watch, const struct view *view)
{
	struct view_status status;

	view_status(view, &status);
	tell(watch, "%llu events shown%s%s, %llu not asked for", (unsigned long long)status.shown,
	     watch->options.out_path ? " to " : "",
	     watch->options.out_path ? watch->options.out_path : "",
	     (unsigned long long)status.left_out);
	if (status.lost)
		tell(watch, "warning: %llu events never reached the agent",
		     (unsigned long long)status.lost);
	if (status.missed)
		tell(watch, "warning: %llu events came too fast to be shown here",
		     (unsigned long long)status.missed);
	if (status.rejected)
		tell(watch, "warning: %llu events are too long for a line",
		     (unsigned long long)status.rejected);
}

/* Where the lines go */

/* Rows under a header that they do not fit would be wrong and look right. */
static int check_header(struct watch *watch, struct err *err)
{
	const struct watch_options *options = &watch->options;
	struct render_options render = {.format = options->format,
					.columns = options->columns,
					.column_count = options->column_count};
	struct renderer *renderer = NULL;
	char there[HEADER_MAX];
	struct buf header;
	ssize_t n = 0;
	int result;

	buf_init(&header, HEADER_MAX);
	result = renderer_new(&renderer, &render, &(struct render_identity){0}, err);
	if (result == 0 && renderer_header(renderer, &header) < 0)
		result = err_set(err, -EMSGSIZE, "the header of the columns is too long");
	if (result == 0)
		n = io_pread_full(watch->out_fd, there, header.length, 0);
	if (result == 0 && header.length &&
	    (n != (ssize_t)header.length || memcmp(there, header.data, header.length) != 0))
		result = err_set(err, -EEXIST,
				 "'%s' begins with another header: choose another file, or the "
				 "format and columns that it has",
				 options->out_path);
	renderer_free(renderer);
	buf_done(&header);
	watch->no_header = true;
	return result;
}

/* A line that was never finished must not become a part of ours. */
static int mend_end(const struct watch *watch, off_t size)
{
	char last = '\n';
	ssize_t n = io_pread_full(watch->out_fd, &last, 1, size - 1);

	if (n < 0)
		return (int)n;
	return last == '\n' ? 0 : io_write_all(watch->out_fd, "\n", 1, NULL);
}

static int open_output(struct watch *watch, struct err *err)
{
	const char *path = watch->options.out_path;
	struct stat st;
	int result;

	watch->out_fd = STDOUT_FILENO;
	if (!path)
		return 0;
	watch->out_fd = open(
		path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		0600);
	if (watch->out_fd < 0 && errno == ELOOP)
		return err_set(err, -ELOOP, "'%s' is a symbolic link: name the file itself", path);
	if (watch->out_fd < 0 || fstat(watch->out_fd, &st) < 0)
		return err_set(err, -errno, "cannot open '%s': %m", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "'%s' is not a regular file", path);
	if (st.st_size == 0)
		return 0;
	result = check_header(watch, err);
	if (result < 0)
		return result;
	result = mend_end(watch, st.st_size);
	return result < 0 ? err_set(err, result, "'%s': %s", path, strerror(-result)) : 0;
}

static struct view_options view_options(const struct watch *watch, int in_fd, int stop_fd)
{
	const struct watch_options *options = &watch->options;

	return (struct view_options){
		.in_fd = in_fd,
		.stop_fd = stop_fd,
		.out_fd = watch->out_fd,
		.kinds = options->kinds,
		.when = watch->when,
		.render = {.format = options->format,
			   .color = !options->out_path && isatty(STDOUT_FILENO),
			   .no_header = watch->no_header,
			   .columns = options->columns,
			   .column_count = options->column_count},
	};
}

/* That nobody reads any more is an end like another: `auditship watch | head`. */
static int judge_end(int result)
{
	return result == -EPIPE ? 0 : result;
}

/* With an agent */

/* Signals and the end of the time, as one descriptor that becomes readable. */
struct stop {
	int epoll_fd, signal_fd, timer_fd;
};

static void stop_close(const struct stop *stop)
{
	cleanup_close(&stop->epoll_fd);
	cleanup_close(&stop->signal_fd);
	cleanup_close(&stop->timer_fd);
}

static int stop_open(struct stop *stop, unsigned int seconds, struct err *err)
{
	struct itimerspec end = {.it_value.tv_sec = (time_t)seconds};
	struct epoll_event event = {.events = EPOLLIN};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	stop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	stop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	stop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (stop->signal_fd < 0 || stop->timer_fd < 0 || stop->epoll_fd < 0 ||
	    timerfd_settime(stop->timer_fd, 0, &end, NULL) < 0 ||
	    epoll_ctl(stop->epoll_fd, EPOLL_CTL_ADD, stop->signal_fd, &event) < 0 ||
	    epoll_ctl(stop->epoll_fd, EPOLL_CTL_ADD, stop->timer_fd, &event) < 0) {
		(void)err_set(err, -errno, "cannot wait for signals: %m");
		stop_close(stop);
		return -EIO;
	}
	return 0;
}

static int show_agent(struct watch *watch, const struct join *join, struct err *err)
{
	const struct render_identity *identity = join_identity(join);
	struct stop stop = {-1, -1, -1};
	struct view_options options;
	struct view *view = NULL;
	int result = stop_open(&stop, watch->options.seconds, err);

	if (result < 0)
		return result;
	tell(watch, "watching through the agent %s (%s)",
	     identity->agent_name ? identity->agent_name : "",
	     identity->agent_version ? identity->agent_version : "");
	options = view_options(watch, join_fd(join), stop.epoll_fd);
	result = view_new(&view, &options, identity, err);
	if (result == 0) {
		result = judge_end(view_run(view, err));
		tell_end(watch, view);
	}
	view_free(view);
	stop_close(&stop);
	return result;
}

/* With probes of our own */

struct own {
	struct watch *watch;
	struct view *view;
	int fds[2]; /* the pipeline's end, the view's end */
	int stop_fd;
	bool started;
	pthread_t thread;
	int result;
	struct err err;
};

/* When the lines find no reader, the pipeline must learn of it, and does so by its next event. */
static void *show_own(void *data)
{
	struct own *own = data;

	own->result = view_run(own->view, &own->err);
	(void)shutdown(own->fds[1], SHUT_RDWR);
	return NULL;
}

static int start_view(void *data, const struct render_identity *identity, struct err *err)
{
	struct own *own = data;
	struct view_options options = view_options(own->watch, own->fds[1], own->stop_fd);
	int result = view_new(&own->view, &options, identity, err);

	if (result < 0)
		return result;
	result = pthread_create(&own->thread, NULL, show_own, own);
	if (result)
		return err_set(err, -result, "cannot start a thread: %s", strerror(result));
	own->started = true;
	return 0;
}

/* What is on its way is shown; a screen that takes nothing is not waited for longer. */
static int end_view(struct own *own, int result, struct err *err)
{
	struct timespec until;

	(void)shutdown(own->fds[0], SHUT_WR);
	if (!own->started)
		return result;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GRACE_S;
	if (pthread_timedjoin_np(own->thread, NULL, &until) != 0) {
		(void)eventfd_write(own->stop_fd, 1);
		(void)pthread_join(own->thread, NULL);
	}
	tell_end(own->watch, own->view);
	if (judge_end(own->result) == 0)
		return result;
	*err = own->err;
	return own->result;
}

static int run_pipeline(struct watch *watch, struct config *config, struct err *err)
{
	struct own own = {.watch = watch, .fds = {-1, -1}};
	struct pipeline_view view = {.start = start_view, .data = &own};
	struct pipeline_options options = {
		.config = config, .seconds = watch->options.seconds, .view = &view};
	int result = 0;

	own.stop_fd = eventfd(0, EFD_CLOEXEC);
	if (own.stop_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, own.fds) < 0)
		result = err_set(err, -errno, "cannot make a pair of sockets: %m");
	if (result == 0) {
		view.fd = own.fds[0];
		result = pipeline_run(&options, err);
		result = end_view(&own, result, err);
	}
	view_free(own.view);
	cleanup_close(&own.fds[0]);
	cleanup_close(&own.fds[1]);
	cleanup_close(&own.stop_fd);
	return result;
}

static int set_text(char **member, const char *text, const char *more)
{
	free(*member);
	if (asprintf(member, "%s%s", text, more) >= 0)
		return 0;
	*member = NULL;
	return -ENOMEM;
}

static int set_events(struct config_list *events, uint32_t kinds)
{
	char **items = calloc(REC_KINDS, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < events->count; i++)
		free(events->items[i]);
	free(events->items);
	events->items = items;
	events->count = 0;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		if (!(kinds >> i & 1))
			continue;
		if (set_text(&items[events->count], kind_get(i)->name, "") < 0)
			return -ENOMEM;
		events->count++;
	}
	return 0;
}

/*
 * The defaults, but nothing outside dir, no sinks, and nothing that has to survive. Not the host's
 * configuration: its rules are for its trail, and would leave out what somebody looks for.
 */
static int make_config(struct config *config, const struct watch *watch, const char *dir,
		       struct err *err)
{
	_cleanup_free_ char *nothing = NULL;
	int result;

	if (set_text(&nothing, dir, "/none.yaml") < 0)
		return err_set(err, -ENOMEM, "no memory for a configuration");
	result = config_load_optional(config, nothing, NULL, err);
	if (result < 0)
		return result;
	config_sinks_done(config);
	config->journal.max_size = JOURNAL_BYTES;
	config->journal.durability = JOURNAL_SYNC_NONE;
	config->capture.open.mode = REC_OPENS_ALL;
	result = set_text(&config->agent.state_dir, dir, "/state");
	if (result == 0)
		result = set_text(&config->journal.dir, dir, "/journal");
	if (result == 0)
		result = set_events(&config->capture.events, watch->options.own_kinds);
	if (result == 0)
		return 0;
	config_done(config);
	return err_set(err, result, "no memory for a configuration");
}

static int remove_item(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int show_own_probes(struct watch *watch, struct err *err)
{
	const char *parent = getenv("TMPDIR");
	_cleanup_free_ char *dir = NULL;
	struct config config;
	int result;

	if (asprintf(&dir, "%s/auditship-watch-XXXXXX", parent && *parent ? parent : "/tmp") < 0) {
		dir = NULL;
		return err_set(err, -ENOMEM, "no memory for a name");
	}
	if (!mkdtemp(dir))
		return err_set(err, -errno, "cannot make a directory '%s' for the journal: %m",
			       dir);
	result = make_config(&config, watch, dir, err);
	if (result == 0) {
		result = run_pipeline(watch, &config, err);
		config_done(&config);
	}
	if (nftw(dir, remove_item, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		tell(watch, "warning: '%s' could not be removed: %m", dir);
	return result;
}

/* Both together */

/*
 * Where an agent would listen: by the configuration that was named, which then must be good, or by
 * that of the host, which not everybody who may watch can read.
 */
static int find_socket(const struct watch *watch, char **ret_path, struct err *err)
{
	const char *path = watch->options.socket;
	struct config *config = NULL;
	struct err unused;

	if (watch->options.config && check_load(&config, watch->options.config) != 0)
		return -EINVAL; /* and told */
	if (!path && !config)
		(void)config_new(&config, NULL, NULL, &unused);
	if (!path)
		path = config && config->control.socket ? config->control.socket : CONTROL_PATH;
	*ret_path = strdup(path);
	config_free(config);
	return *ret_path ? 0 : err_set(err, -ENOMEM, "no memory for a path");
}

static int show(struct watch *watch, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct join *join = NULL;
	int result = find_socket(watch, &path, err);

	if (result < 0)
		return result;
	result = join_open(&join, path, err);
	if (!watch->options.socket && (result == -ENOENT || result == -ECONNREFUSED)) {
		err->text[0] = '\0';
		return show_own_probes(watch, err);
	}
	if (result == 0)
		result = show_agent(watch, join, err);
	join_close(join);
	return result;
}

/* Signals wait until somebody reads them, so that what is made below is always removed. */
static void hold_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN); /* the terminal that went is seen by writing to it */
}

static int run(struct watch *watch, struct err *err)
{
	int result = watch_options_condition(&watch->options, &watch->when, err);

	if (result == 0)
		result = open_output(watch, err);
	if (result == 0) {
		hold_signals();
		log_set_level(watch->options.log_level);
		result = show(watch, err);
	}
	condition_free(watch->when);
	if (watch->options.out_path)
		cleanup_close(&watch->out_fd);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_help(void)
{
	struct buf text;
	int result;

	buf_init(&text, 64 * 1024);
	result = watch_options_help(&text);
	if (result == 0)
		result = io_write_all(STDOUT_FILENO, text.data, text.length, NULL);
	buf_done(&text);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A container has users that this host does not know. */
static int check_users(const struct watch_options *options, struct err *err)
{
	uint64_t number;

	for (size_t i = 0; i < options->user_count && options->container_count == 0; i++)
		if (text_parse_number(options->users[i], &number) < 0 &&
		    !getpwnam(options->users[i]))
			return err_set(err, -ENOENT, "--user: this host knows no user '%s'",
				       options->users[i]);
	return 0;
}

int tool_watch(int argc, char **argv, struct err *err)
{
	struct watch watch = {.out_fd = -1};
	int code;

	err->text[0] = '\0';
	if (watch_options_read(&watch.options, argc, argv, err) < 0)
		code = WATCH_EXIT_USAGE;
	else if (watch.options.help)
		code = print_help();
	else if (check_users(&watch.options, err) < 0)
		code = WATCH_EXIT_USAGE;
	else
		code = run(&watch, err);
	if (code == EXIT_SUCCESS)
		err->text[0] = '\0';
	watch_options_done(&watch.options);
	return code;
}
