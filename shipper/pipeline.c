/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page to read first. It wires
 *
 *   probes -> ring -> collect thread -> journal -> one deliver thread per sink
 *
 * and on the main thread waits for signals, new user names, questions and the end. Everything is
 * opened from the journal outwards and taken down from the probes inwards, so that nothing that was
 * seen is dropped.
 */
#include "pipeline_parts.h"

#include "agent_identity.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/io.h"
#include "base/log.h"
#include "capture/probes.h"
#include "collect.h"
#include "config/options.h"
#include "decode/fields.h"
#include "enrich/cgroup_scan.h"
#include "enrich/host.h"
#include "enrich/host_watch.h"
#include "enrich/procfs.h"
#include "enrich/users_watch.h"
#include "serve/control.h"
#include "serve/status.h"
#include "serve/watchers.h"
#include "sink/deliver.h"
#include "succession.h"
#include "summary.h"
#include "tool/preflight.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SEGMENT_SIZE (16 * 1024 * 1024)
#define VIEW_DEADLINE_MS 5000
#define SINK_BATCH_BYTES (256 * 1024)
#define HOST_INIT 1 /* the process that everything on a host is below */

void pipeline_describe_identity(const struct pipeline *pipeline, const struct config *config,
				struct render_identity *ret_identity)
{
	agent_identity_describe(&pipeline->host, pipeline->agent_id, config, ret_identity);
}

static void tell_recovery(const struct journal_recovery *recovery)
{
	if (recovery->unclean)
		log_warning("the journal was not closed last time: %llu events are in it, %llu "
			    "bytes of an unfinished one behind them",
			    (unsigned long long)recovery->events,
			    (unsigned long long)recovery->torn_bytes);
	if (recovery->quarantined || recovery->newer)
		log_warning("journal: %u damaged segments and %u of a newer version were set "
			    "aside, the first as %s",
			    recovery->quarantined, recovery->newer, recovery->aside[0]);
}

/*
 * journal.keep_free is capped by the size of the file system unless somebody has set another value:
 * the packaged file holds the default.
 */
#define KEEP_FREE_PERCENT 5

static unsigned int keep_free_percent(const struct config *config)
{
	return config_is_default(config, "journal.keep_free") ? KEEP_FREE_PERCENT : 0;
}

static int open_journal(struct pipeline *pipeline, struct err *err)
{
	const struct config *config = pipeline->config;
	uint32_t tokens[PINS_SETS_MAX];
	struct journal_options options = {
		.dir = config->journal.dir,
		.segment_size = SEGMENT_SIZE,
		.max_size = config->journal.max_size,
		.max_age_ms = config->journal.max_age_ms,
		.keep_free = config->journal.keep_free,
		.keep_free_percent = keep_free_percent(config),
		.when_full = (enum journal_when_full)config->journal.when_full,
		.durability = (enum journal_durability)config->journal.durability,
		.sync_every_ms = (unsigned int)config->journal.sync_every_ms,
		.probes = tokens,
	};
	int result;

	while (pipeline->found[options.probes_count]) {
		tokens[options.probes_count] = probes_token(pipeline->found[options.probes_count]);
		options.probes_count++;
	}
	/* Probes that are loaded anew: what they missed is unknown. */
	options.renew_stream = options.probes_count == 0;

	memcpy(options.boot_id, pipeline->host.boot_id, sizeof(options.boot_id));
	result = io_make_dirs(options.dir, 0700);
	if (result < 0)
		return err_set(err, result, "cannot make the journal's directory '%s': %s",
			       options.dir, strerror(-result));
	result = journal_open(&pipeline->journal, &options, &pipeline->recovery, err);
	if (result == 0)
		tell_recovery(&pipeline->recovery);
	return result;
}

/* An agent in a container tells host and containers apart by the host's first process. */
static int find_host(struct pipeline *pipeline, struct err *err)
{
	const char *root = pipeline->config->agent.host_root;
	uint64_t ticks;
	int result;

	if (strcmp(root, "/") == 0)
		return 0;
	(void)snprintf(pipeline->host_root, sizeof(pipeline->host_root), "%s", root);
	result = procfs_start_ticks(root, HOST_INIT, &ticks);
	if (result == 0)
		return 0;
	return err_set(err, result,
		       "agent.host_root: '%s/proc/%d/stat': %s; mount the host's / there with all "
		       "that is mounted in it, /proc as well",
		       root, HOST_INIT, strerror(-result));
}

static int open_facts(struct pipeline *pipeline, struct err *err)
{
	const char *root = pipeline->host_root;
	int result =
		host_watch_new(&pipeline->host_watch, root, err); /* first: nothing is missed */

	if (result == 0)
		result = host_read(&pipeline->host, root, err);

	if (result == 0)
		result = host_agent_id(pipeline->agent_id, pipeline->config->agent.state_dir, err);
	if (result == 0)
		pipeline_describe_identity(pipeline, pipeline->config, &pipeline->identity);
	return result;
}

static void on_reader_gone(void *data)
{
	struct pipeline *pipeline = data;
	uint64_t one = 1;

	if (write(pipeline->gone_fd, &one, sizeof(one)) < 0)
		log_debug("cannot tell that a reader has gone: %s", strerror(errno));
}

static int start_view(struct pipeline *pipeline, struct err *err)
{
	const struct pipeline_view *view = pipeline->view;
	struct deliver_options options = {
		.name = "view",
		.journal = pipeline->journal,
		.identity = &pipeline->identity,
		.render = {.format = RENDER_RAW},
		.limits = {.batch_bytes = SINK_BATCH_BYTES, .in_flight_bytes = SINK_BATCH_BYTES},
		.on_reader_gone = on_reader_gone,
		.data = pipeline,
	};
	int result = view->start(view->data, &pipeline->identity, err);

	if (result == 0)
		result = stdout_sink_new(&options.sink, view->fd, err);
	return result < 0 ? result : deliver_start(&pipeline->view_deliver, &options, err);
}

static int start_sinks(struct pipeline *pipeline, struct err *err)
{
	struct sinks_options options = {
		.journal = pipeline->journal,
		.identity = &pipeline->identity,
		/* a library's threads have what the thread had that made them */
		.open_later = confine_is_minimal(),
		.on_reader_gone = on_reader_gone,
		.data = pipeline,
	};
	int result = sinks_new(&pipeline->sinks, &options, pipeline->config, err);

	return result == 0 && pipeline->view ? start_view(pipeline, err) : result;
}

void pipeline_describe_probes(const struct pipeline *pipeline, const struct config *config,
			      struct probes_options *ret_options)
{
	*ret_options = (struct probes_options){
		.cpus = pipeline->host.cpus,
		.page_size = (uint32_t)pipeline->host.page_size,
		.ring_bytes = {[REC_RING_VITAL] = config->capture.rings.vital,
			       [REC_RING_BULK] = config->capture.rings.bulk},
		.args_max = (uint32_t)config->capture.args_max,
		.kinds = config_event_kinds(config),
		.env = config->capture.env.items,
		.env_count = config->capture.env.count,
	};
}

int pipeline_open_probes(const struct probes_options *options, struct probes **ret_probes,
			 struct err *err)
{
	struct preflight_facts facts;
	int result;

	preflight_gather(&facts, "");
	if (options->cpus == 0)
		return err_set(err, -ENOENT,
			       "cannot tell how many CPUs there are: "
			       "/sys/devices/system/cpu/possible cannot be read; mount /sys");
	result = probes_open(ret_probes, options, err);
	return result < 0 ? preflight_explain(&facts, result, err) : 0;
}

static int open_probes(struct pipeline *pipeline, struct err *err)
{
	int result = succession_open(pipeline, err);

	if (result == 0)
		result = kernel_filter_new(&pipeline->filter, pipeline->probes, pipeline->host_root,
					   err);
	if (result == 0 && !kernel_filter_knows_agent(pipeline->filter))
		log_warning(
			"what the agent itself does is recorded too: it is in a pid namespace of "
			"its own; let it share the host's (docker run --pid=host, hostPID: true)");
	if (result == 0 && !probes_settle_knows())
		log_info(
			"this kernel does not tell when a probe has ended (nohz_full): a change of "
			"probes or kernel filters waits 50 ms instead");
	if (result == 0)
		result = kernel_filter_prepare(pipeline->filter, pipeline->config,
					       pipeline->first_rules, err);
	if (result == 0)
		kernel_filter_use(pipeline->filter, pipeline->config);
	return result;
}

void pipeline_select(const struct config *config, bool ret_selected[REC_KINDS])
{
	uint32_t kinds = config_event_kinds(config);

	for (unsigned int i = 0; i < REC_KINDS; i++)
		ret_selected[i] = kinds >> i & 1;
}

static void give_users(struct pipeline *pipeline)
{
	struct users *users = NULL;
	struct err err;

	if (users_load(&users, pipeline->host_root, &err) < 0)
		log_warning("user names: %s", err.text);
	if (users)
		collect_give_users(pipeline->collect, users);
}

int pipeline_watch(const struct pipeline *pipeline, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 || epoll_ctl(pipeline->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void watch_users(struct pipeline *pipeline)
{
	struct err err;

	pipeline->users_fd = users_watch_open(pipeline->host_root, &err);
	if (pipeline->users_fd >= 0 && pipeline_watch(pipeline, pipeline->users_fd) < 0)
		(void)err_set(&err, -errno, "cannot wait for new users: %s", strerror(errno));
	else if (pipeline->users_fd >= 0)
		return;
	log_warning("%s; user names stay as they are now", err.text);
}

static void describe_names(const struct pipeline *pipeline, struct user_names_options *ret_options)
{
	const struct config *config = pipeline->config;

	*ret_options = (struct user_names_options){
		.nss_service = HELPER_NSS,
		.scope_service = HELPER_SCOPE,
		.nss = config->users.nss &&
		       !pipeline->host_root[0], /* or it would be the container's */
		.positive_ns = config->users.positive_age_ms * NS_PER_MS,
		.negative_ns = config->users.negative_age_ms * NS_PER_MS,
		.cache_bytes = config->users.cache_size,
		.host_mnt = procfs_own_namespace("", "mnt"),
		.host_user = procfs_own_namespace("", "user"),
	};
	if (pipeline->host_root[0])
		ret_options->host_mnt = NAMES_HOST_UNKNOWN;
}

static int open_helper(struct pipeline *pipeline, struct err *err)
{
	const struct config *config = pipeline->config;
	struct container_files containers = {
		.host_root = config->enrich.host_root,
		.labels = {config->enrich.labels.items, config->enrich.labels.count},
	};

	return helper_new(&pipeline->helper, pipeline->host_root, &containers, err);
}

/* What an agent before this one knew of the processes that wait, or live on. */
static void recall(struct pipeline *pipeline)
{
	struct err err;

	if (collect_recall(pipeline->collect, &err) < 0)
		log_warning("%s; less is known of the processes there were before", err.text);
}

static int open_collect(struct pipeline *pipeline, struct err *err)
{
	const struct config *config = pipeline->config;
	struct enrich_options enrich = {
		.ticks_per_s = pipeline->host.ticks_per_s,
		.host_pid = pipeline->host_root[0] ? HOST_INIT : (uint32_t)getpid(),
		.env = config->capture.env.items,
		.env_count = config->capture.env.count,
		.resolver = pipeline->helper,
		.container_service = HELPER_CONTAINERS,
		.processes = {.max_processes = (uint32_t)config->enrich.processes.max,
			      .max_image_bytes = config->enrich.processes.image_memory},
		.ancestry = (uint32_t)config->enrich.processes.ancestry,
	};
	struct collect_options options = {
		.canaries = pipeline->events ? agent_events_canaries(pipeline->events) : NULL,
		.probes = pipeline->found[0] ? pipeline->found[0] : pipeline->probes,
		.journal = pipeline->journal,
		.cpus = pipeline->host.cpus,
		.ticks_per_s = pipeline->host.ticks_per_s,
	};
	int result;

	for (size_t i = 0; pipeline->found[i]; i++)
		collect_recognize(pipeline->found[i], options.cpus, pipeline->journal);
	collect_recognize(pipeline->probes, options.cpus, pipeline->journal);
	describe_names(pipeline, &enrich.names);
	memcpy(enrich.boot_id, pipeline->host.boot_id, sizeof(enrich.boot_id));
	pipeline_select(config, options.selected);
	result = rules_state_new(&options.rules, pipeline->first_rules, err);
	pipeline->first_rules = NULL;
	if (result == 0)
		result = enrich_new(&options.enrich, &enrich, err);
	if (result < 0) {
		rules_state_free(options.rules);
		return result;
	}
	result = collect_new(&pipeline->collect, &options, err);
	if (result == 0) {
		recall(pipeline);
		watch_users(pipeline); /* first: what changes from here on is noticed */
		give_users(pipeline);
	}
	return result;
}

static void on_cgroup(void *data, const struct cgroup_told *told)
{
	collect_cgroup(data, told);
}

/* Without them the agent knows those made from here on. */
static void scan_cgroups(struct pipeline *pipeline)
{
	struct err err;

	if (cgroup_scan("", CGROUPS_ROOT_ID, on_cgroup, pipeline->collect, &err) < 0)
		log_warning("%s", err.text);
}

static void on_snapshot(void *data, const void *record, size_t size)
{
	collect_snapshot(data, record, size);
}

/* Record first, then look at what already runs: a process that starts in between is in both. */
static int start_capture(struct pipeline *pipeline, struct err *err)
{
	struct preflight_facts facts;
	int result = succession_take_over(pipeline, err);

	if (result < 0) {
		preflight_gather(&facts, "");
		return preflight_explain(&facts, result, err);
	}
	scan_cgroups(pipeline);
	result = probes_snapshot(pipeline->probes, on_snapshot, pipeline->collect, err);
	if (result < 0)
		return result;
	if (census_sees_all(pipeline->host.pid_ns))
		collect_snapshot_done(pipeline->collect);
	pipeline->census.taken_ns = clock_boot_ns();
	if (pipeline->events)
		agent_events_tell_start(pipeline->events);
	result = collect_start(pipeline->collect, err);
	if (result < 0)
		return result;
	succession_beat(pipeline, 0);
	if (pipeline->found[0])
		reload_succeed(pipeline->reload);
	if (pipeline->events)
		agent_events_begin(pipeline->events);
	return 0;
}

/* Signals are blocked in every thread and read from a descriptor. */
static int open_signals(struct pipeline *pipeline, unsigned int seconds, struct err *err)
{
	struct itimerspec end = {.it_value.tv_sec = (time_t)seconds};
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	pipeline->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	pipeline->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	pipeline->gone_fd = eventfd(0, EFD_CLOEXEC);
	pipeline->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (pipeline_watch(pipeline, pipeline->signal_fd) < 0 ||
	    pipeline_watch(pipeline, pipeline->timer_fd) < 0 ||
	    pipeline_watch(pipeline, pipeline->gone_fd) < 0)
		return err_set(err, -errno, "cannot wait for signals: %s", strerror(errno));
	if (timerfd_settime(pipeline->timer_fd, 0, &end, NULL) < 0)
		return err_set(err, -errno, "cannot set the timer: %s", strerror(errno));
	return 0;
}

/* Once a second, for rates and for the patience with clients. */
static int open_status(struct pipeline *pipeline, struct err *err)
{
	static const struct itimerspec second = {{1, 0}, {1, 0}};
	struct status_options options;

	pipeline_describe_status(pipeline, &options);
	pipeline->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pipeline_watch(pipeline, pipeline->tick_fd) < 0 ||
	    timerfd_settime(pipeline->tick_fd, 0, &second, NULL) < 0)
		return err_set(err, -errno, "cannot set a timer: %s", strerror(errno));
	return status_new(&pipeline->status, &options, err);
}

static int open_reload(struct pipeline *pipeline, struct err *err)
{
	int result = reload_new(&pipeline->reload, pipeline, err);

	if (result == 0 && pipeline_watch(pipeline, collect_changed_fd(pipeline->collect)) < 0)
		result = err_set(err, -errno, "cannot wait for changes: %s", strerror(errno));
	return result;
}

/* What fails once a second is told once. */
static void tick_filter(struct pipeline *pipeline)
{
	struct err err;
	bool good = kernel_filter_tick(pipeline->filter, &err);

	if (!good && !pipeline->filter_failing)
		log_error("the kernel filters stay as they are: %s", err.text);
	pipeline->filter_failing = !good;
}

/* Numbers that depend on the boot are those of the start. */
static void refresh_host(struct pipeline *pipeline)
{
	struct host host;
	struct err err;

	if (!pipeline->host_watch || !host_watch_changed(pipeline->host_watch) ||
	    host_read(&host, pipeline->host_root, &err) < 0 ||
	    memcmp(&host, &pipeline->host, sizeof(host)) == 0)
		return;
	pipeline->host = host;
	pipeline_describe_identity(pipeline, pipeline->config, &pipeline->identity);
	sinks_give_identity(pipeline->sinks, &pipeline->identity);
	log_info("the host has changed: it is %s, and has %u addresses",
		 pipeline->identity.host_name, pipeline->identity.ip_count);
}

static void on_tick(struct pipeline *pipeline)
{
	uint64_t count;

	if (read(pipeline->tick_fd, &count, sizeof(count)) < 0)
		return;
	succession_beat(pipeline, 0);
	status_tick(pipeline->status);
	tick_filter(pipeline);
	if (pipeline->control)
		control_tick(pipeline->control, clock_mono_ns());
	if (pipeline->monitor)
		monitor_tick(pipeline->monitor, clock_mono_ns());
	watchers_tick(pipeline->watchers, clock_boot_ns());
	refresh_host(pipeline);
	if (census_sees_all(pipeline->host.pid_ns))
		census_tick(&pipeline->census, pipeline->probes, pipeline->collect,
			    clock_boot_ns());
	agent_events_tick(pipeline->events);
	service_tick(&pipeline->service, pipeline->status);
}

void pipeline_tell_missing(const struct pipeline *pipeline)
{
	const struct probe_status *status;
	size_t count = probes_status(pipeline->probes, &status);

	for (size_t i = 0; i < count; i++) {
		if (!status[i].attached && status[i].optional)
			log_info("the optional probe '%s' is missing: %s", status[i].name,
				 status[i].why);
		else if (!status[i].attached)
			log_warning("the probe '%s' is missing: %s", status[i].name, status[i].why);
	}
}

static void tell_ready(const struct pipeline *pipeline)
{
	const struct probe_status *status;
	size_t count = probes_status(pipeline->probes, &status), attached = 0;
	uint32_t kinds = config_event_kinds(pipeline->config);
	char names[128] = "";

	pipeline_tell_missing(pipeline);
	for (size_t i = 0; i < count; i++)
		attached += status[i].attached;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		size_t used = strlen(names);

		if (kinds >> i & 1)
			(void)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
				       kind_get(i)->name);
	}
	log_info("watching: %s (%zu of %zu probes attached)", names, attached, count);
}

/* True when the signal says so. */
static bool handle_signal(struct pipeline *pipeline)
{
	struct signalfd_siginfo info;

	if (read(pipeline->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo == SIGUSR1) {
		sinks_rotate(pipeline->sinks);
		return false;
	}
	if (info.ssi_signo == SIGHUP && pipeline->reload) {
		reload_request(pipeline->reload);
		return false;
	}
	pipeline->end.reason = REC_STOP_SIGNAL;
	pipeline->end.signal = info;
	return true;
}

/* Who asks the agent, or what it tells of itself. False: it was none of them. */
static bool serve(struct pipeline *pipeline, int fd)
{
	if (pipeline->control && fd == control_fd(pipeline->control))
		control_serve(pipeline->control);
	else if (pipeline->monitor && fd == monitor_fd(pipeline->monitor))
		monitor_serve(pipeline->monitor);
	else if (pipeline->watchers && fd == watchers_fd(pipeline->watchers))
		watchers_serve(pipeline->watchers);
	else if (pipeline->events && fd == agent_events_fd(pipeline->events))
		agent_events_serve(pipeline->events);
	else
		return false;
	return true;
}

/* True when that was the end: a signal, the time is over, or nobody reads any more. */
static bool handle(struct pipeline *pipeline, int fd)
{
	if (fd == pipeline->signal_fd)
		return handle_signal(pipeline);
	if (pipeline->reload && fd == collect_changed_fd(pipeline->collect)) {
		reload_finish(pipeline->reload);
	} else if (fd == pipeline->users_fd) {
		if (users_watch_changed(fd)) {
			kernel_filter_forget_users(pipeline->filter);
			give_users(pipeline);
		}
	} else if (fd == pipeline->tick_fd) {
		on_tick(pipeline);
	} else if (!serve(pipeline, fd)) {
		pipeline->end.reason =
			fd == pipeline->timer_fd ? REC_STOP_TIME_OVER : REC_STOP_READER_GONE;
		return true;
	}
	return false;
}

static void wait_for_end(struct pipeline *pipeline)
{
	struct epoll_event event;

	for (;;) {
		uint64_t now_ns = clock_boot_ns();
		int n = epoll_wait(pipeline->epoll_fd, &event, 1, 0);

		if (n == 0) {
			pipeline->end.idle_ns = now_ns;
			n = epoll_wait(pipeline->epoll_fd, &event, 1, -1);
		}
		if (n < 0 && errno != EINTR) {
			pipeline->end.reason = REC_STOP_ERROR;
			pipeline->end.what = strerror(errno);
			return;
		}
		if (n > 0 && handle(pipeline, event.data.fd))
			return;
	}
}

/* What an agent has and a mere view has not: somebody may ask, look on, and have it reload. */
static int open_agent(struct pipeline *pipeline, struct err *err)
{
	int result = pipeline_open_watchers(pipeline, err);

	if (result == 0 && pipeline_watch(pipeline, agent_events_fd(pipeline->events)) < 0)
		result = err_set(err, -errno, "cannot wait for anything: %s", strerror(errno));

	if (result == 0)
		result = pipeline_open_control(pipeline, pipeline->config, err);
	if (result == 0)
		result = open_status(pipeline, err);
	if (result == 0)
		result = pipeline_open_monitor(pipeline, pipeline->config, err);
	return result == 0 ? open_reload(pipeline, err) : result;
}

/* First of all: who may not run here is told that, and not of a directory. */
static int check_machine(struct err *err)
{
	struct preflight_facts facts;

	preflight_gather(&facts, "");
	return preflight_judge(&facts, err);
}

/* The last of all that can fail: what runs from here on gets by with little. */
static int confine(const struct pipeline_options *options, struct err *err)
{
	if (options->view)
		return 0;
	confine_rest();
	return confine_calls(err);
}

/* The journal goes on with the numbers of the probes that are there, and knows better than a pin
 * who else uses the state directory. */
static int open_store(struct pipeline *pipeline, struct err *err)
{
	struct err in_use;
	int busy = pipeline->view ? 0 : succession_find(pipeline, &in_use);
	int result = open_journal(pipeline, err);

	return result == 0 && busy < 0 ? err_set(err, busy, "%s", in_use.text) : result;
}

static int open_all(struct pipeline *pipeline, const struct pipeline_options *options,
		    struct err *err)
{
	int result = check_machine(err);

	if (result == 0)
		result = find_host(pipeline, err);
	if (result == 0) /* before anything that it must not inherit */
		result = open_helper(pipeline, err);
	if (result == 0)
		result = open_signals(pipeline, options->seconds, err);
	if (result == 0)
		result = open_facts(pipeline, err);
	if (result == 0 && !options->view)
		result = agent_events_new(&pipeline->events, pipeline, err);
	if (result == 0)
		result = open_store(pipeline, err);
	if (result == 0)
		result = open_probes(pipeline, err);
	if (result == 0)
		result = open_collect(pipeline, err);
	if (result == 0)
		result = start_sinks(pipeline, err);
	if (result == 0 && !options->view)
		result = open_agent(pipeline, err);
	if (result == 0)
		result = start_capture(pipeline, err);
	if (result == 0)
		result = confine(options, err);
	return result;
}

/* From the probes inwards. The summary is filled in even when only some of it had been opened. */
static void stop_all(struct pipeline *pipeline, struct summary *summary)
{
	bool leaves = !pipeline->capturing || succession_keeps(pipeline);
	uint64_t stop_ms = pipeline->config->agent.stop_timeout_ms;

	if (!leaves)
		succession_end(pipeline);
	else if (pipeline->capturing)
		succession_beat(pipeline, stop_ms + SUCCESSION_BUSY_MS);
	if (pipeline->collect && leaves)
		collect_leave(pipeline->collect, &summary->collect);
	else if (pipeline->collect)
		collect_stop(pipeline->collect, &summary->collect);
	sinks_stop(pipeline->sinks, (unsigned int)stop_ms, summary->sinks);
	if (leaves && pipeline->capturing) /* capture.keep_attached counts from here */
		succession_beat(pipeline, 0);
	if (pipeline->filter)
		kernel_filter_left_out(pipeline->filter, summary->left_out);
	summary->config = pipeline->config;
}

static void stop_view(struct pipeline *pipeline)
{
	struct deliver_status status = {0};

	(void)deliver_stop(pipeline->view_deliver, VIEW_DEADLINE_MS, &status);
	if (status.waiting)
		log_warning("%llu events were not shown: the reader takes nothing",
			    (unsigned long long)status.waiting);
}

static void close_all(struct pipeline *pipeline)
{
	pipeline_close_control(pipeline);
	pipeline_close_monitor(pipeline);
	watchers_free(pipeline->watchers);
	status_free(pipeline->status);
	collect_free(pipeline->collect);
	agent_events_free(pipeline->events);
	kernel_filter_free(pipeline->filter);
	succession_close(pipeline);
	resolver_free(pipeline->helper);
	journal_close(pipeline->journal);
	sinks_free(pipeline->sinks);
	rules_free(pipeline->first_rules);
	host_watch_free(pipeline->host_watch);
	io_close(pipeline->tick_fd);
	io_close(pipeline->users_fd);
	io_close(pipeline->gone_fd);
	io_close(pipeline->timer_fd);
	io_close(pipeline->signal_fd);
	io_close(pipeline->epoll_fd);
}

int pipeline_run(const struct pipeline_options *options, struct err *err)
{
	struct config *config = options->config;
	struct pipeline pipeline = {
		.config = config,
		.config_path = options->config_path,
		.first_rules = config->rules,
		.view = options->view,
		.epoll_fd = -1,
		.signal_fd = -1,
		.users_fd = -1,
		.timer_fd = -1,
		.gone_fd = -1,
		.tick_fd = -1,
	};
	struct summary summary = {.config = config};
	int result;

	config->rules = NULL;
	if (config->agent.privileges == CONFIG_PRIVILEGES_MINIMAL && !options->view)
		confine_make_minimal();
	summary.sinks = calloc(CONFIG_SINKS_MAX, sizeof(*summary.sinks));
	if (!summary.sinks)
		return err_set(err, -ENOMEM, "no memory for %zu sinks", config->sink_count);
	result = open_all(&pipeline, options, err);
	if (result < 0)
		pipeline.end.reason = REC_STOP_ERROR;
	if (result == 0) {
		tell_ready(&pipeline);
		if (!pipeline.view)
			service_ready(&pipeline.service);
		wait_for_end(&pipeline);
		pipeline.end.keeps_probes = succession_keeps(&pipeline);
		if (!pipeline.view)
			service_stopping();
		if (pipeline.events)
			agent_events_tell_stop(pipeline.events, &pipeline.end);
	}
	stop_all(&pipeline, &summary);
	stop_view(&pipeline);
	close_all(&pipeline);
	if (result == 0)
		result = summary_tell(&summary, err);
	reload_free(pipeline.reload);
	free(summary.sinks);
	return result;
}
