/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When something is to be told, and of what; the records are made in agent_records.c. All that it
 * waits for is in one epoll set: the heartbeat, the clock, the canaries.
 */
#include "agent_events.h"

#include "agent_records.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "clock_watch.h"
#include "enrich/procfs.h"
#include "journal_records.h"
#include "kernel_filter.h"
#include "pipeline_parts.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* That long a number may be thought to belong to one process only. */
#define PID_REUSE_NS (2 * NS_PER_S)

struct agent_events {
	struct pipeline *pipeline;
	struct coverage *coverage;
	struct clock_watch clock;
	int epoll_fd, beat_fd, clock_fd;
	uint64_t started_ns, beat_ms;
	struct own_record record; /* at hand */
	struct agent_sink sinks[CONFIG_SINKS_MAX];
};

static void tell(struct agent_events *events)
{
	if (!collect_note(events->pipeline->collect, &events->record.header))
		log_warning("the stream misses what the agent tells of itself: too many wait");
}

static uint64_t uptime_ns(const struct agent_events *events)
{
	return clock_boot_ns() - events->started_ns;
}

void agent_events_tell_start(struct agent_events *events)
{
	const struct pipeline *pipeline = events->pipeline;
	struct agent_start_facts facts = {
		.kernel = pipeline->host.kernel,
		.config_hash = pipeline->config->hash,
	};

	facts.probe_count = probes_status(pipeline->probes, &facts.probes);
	facts.adopted = pipeline->adopted;
	agent_record_start(&events->record, &facts);
	tell(events);
	if (journal_recovery_notable(&pipeline->recovery, pipeline->host.boot_id)) {
		journal_record_unclean(&events->record, &pipeline->recovery,
				       pipeline->host.boot_id);
		tell(events);
	}
}

static size_t gather_sinks(const struct pipeline *pipeline, struct agent_sink *sinks)
{
	struct deliver *const *delivers = sinks_delivers(pipeline->sinks);
	size_t count = pipeline->config->sink_count;

	for (size_t i = 0; i < count; i++) {
		sinks[i] = (struct agent_sink){.name = pipeline->config->sinks[i].name};
		if (delivers[i])
			deliver_status(delivers[i], &sinks[i].status);
	}
	return count;
}

/* UINT64_MAX: this kernel does not count them all. */
static uint64_t count_misses(struct probes *probes)
{
	const struct probe_status *status;
	uint64_t misses = 0;
	size_t count;

	probes_count_missed(probes);
	count = probes_status(probes, &status);
	for (size_t i = 0; i < count; i++) {
		if (status[i].attached && !status[i].counts_missed)
			return UINT64_MAX;
		misses += status[i].missed;
	}
	return misses;
}

static uint64_t count_left_out(const struct kernel_filter *filter)
{
	uint64_t counts[REC_FILTERS], sum = 0;

	kernel_filter_left_out(filter, counts);
	for (int by = 0; by < REC_FILTERS; by++)
		sum += counts[by];
	return sum;
}

static void tell_heartbeat(struct agent_events *events)
{
	const struct pipeline *pipeline = events->pipeline;
	struct agent_heartbeat_facts facts = {
		.uptime_ns = uptime_ns(events),
		.sinks = events->sinks,
	};

	collect_status(pipeline->collect, &facts.collect);
	facts.recursion_misses = count_misses(pipeline->probes);
	facts.left_out = count_left_out(pipeline->filter);
	facts.sink_count = gather_sinks(pipeline, events->sinks);
	if (procfs_own_memory("", &facts.memory_bytes) < 0)
		facts.memory_bytes = 0;
	agent_record_heartbeat(&events->record, &facts);
	tell(events);
}

static void look_at_clock(struct agent_events *events)
{
	bool set = clock_watch_was_set(events->clock_fd);
	int64_t step_ns;

	if (!clock_watch_look(&events->clock, clock_wall_offset_ns(), set, &step_ns))
		return;
	agent_record_clock_step(&events->record, step_ns, clock_real_ns(), !set);
	log_info("the clock jumped by %lld ms", (long long)(step_ns / (int64_t)NS_PER_MS));
	tell(events);
}

static void tell_coverage(struct agent_events *events)
{
	const struct pipeline *pipeline = events->pipeline;
	struct agent_coverage_facts facts = {
		.kernel = pipeline->host.kernel,
		.result = coverage_last(events->coverage),
	};
	char missed[512], gaps[512];

	facts.probe_count = probes_status(pipeline->probes, &facts.probes);
	if (facts.result->counts[COVERAGE_MISSED]) {
		coverage_list(facts.result, COVERAGE_MISSED, missed, sizeof(missed));
		log_warning("coverage: not seen: %s; such events are not recorded on this host",
			    missed);
	}
	if (facts.result->counts[COVERAGE_GAP]) {
		coverage_list(facts.result, COVERAGE_GAP, gaps, sizeof(gaps));
		log_info("coverage: known gaps: %s; this kernel has no hook for them", gaps);
	}
	agent_record_coverage(&events->record, &facts);
	tell(events);
}

/* Why no hook tells of opens by io_uring; NULL: one does. */
static const char *no_io_uring(const struct pipeline *pipeline)
{
	const struct probe_status *status;
	size_t count = probes_status(pipeline->probes, &status);

	for (size_t i = 0; i < count; i++)
		if (strcmp(status[i].name, "io_uring") == 0)
			return status[i].attached ? NULL : status[i].why;
	return "there is no probe for it";
}

/* The kinds of which the probes tell whatever the agent's user does. */
static uint32_t kinds_to_cover(const struct agent_events *events)
{
	const struct config *config = events->pipeline->config;
	uint32_t kinds =
		config_event_kinds(config) & ~kernel_filter_dropped_kinds(events->pipeline->filter);

	return config->capture.open.mode == REC_OPENS_ALL ? kinds : kinds & ~(1U << REC_OPEN_READ);
}

static void leave_out(struct agent_events *events)
{
	const struct config *config = events->pipeline->config;
	char own[PATH_MAX];
	bool known = realpath(config->agent.state_dir, own);

	coverage_leave_out(events->coverage,
			   coverage_opens(known && kernel_filter_passes_over(config, own),
					  kernel_filter_passes_over(config, CANARY_NOWHERE)),
			   kernel_filter_leaves_out_own(events->pipeline->filter));
}

void agent_events_cover(struct agent_events *events)
{
	leave_out(events);
	(void)coverage_begin(events->coverage, kinds_to_cover(events),
			     no_io_uring(events->pipeline), true);
}

void agent_events_begin(struct agent_events *events)
{
	const struct config *config = events->pipeline->config;

	agent_events_change(events);
	leave_out(events);
	if (config->agent.coverage == CONFIG_COVERAGE_START)
		(void)coverage_begin(events->coverage, kinds_to_cover(events),
				     no_io_uring(events->pipeline), false);
}

/* An interval that is the same goes on as it was. */
void agent_events_change(struct agent_events *events)
{
	uint64_t ms = events->pipeline->config->agent.heartbeat_ms;
	struct timespec interval = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000 * NS_PER_MS),
	};
	struct itimerspec timer = {.it_interval = interval, .it_value = interval};

	if (ms == events->beat_ms)
		return;
	events->beat_ms = ms;
	if (timerfd_settime(events->beat_fd, 0, &timer, NULL) < 0)
		log_error("no heartbeat: cannot set a timer: %s", strerror(errno));
}

void agent_events_tick(struct agent_events *events)
{
	look_at_clock(events);
}

int agent_events_fd(const struct agent_events *events)
{
	return events->epoll_fd;
}

/* What the probes have seen since cannot be known. */
static bool is_journal_failing(const struct agent_events *events)
{
	struct collect_status status;

	collect_status(events->pipeline->collect, &status);
	return status.journal_failing;
}

void agent_events_serve(struct agent_events *events)
{
	struct epoll_event event;
	uint64_t count;

	if (epoll_wait(events->epoll_fd, &event, 1, 0) < 1)
		return;
	if (event.data.fd == events->clock_fd) {
		look_at_clock(events);
	} else if (event.data.fd == events->beat_fd) {
		if (read(events->beat_fd, &count, sizeof(count)) > 0)
			tell_heartbeat(events);
	} else if (coverage_serve(events->coverage, is_journal_failing(events))) {
		tell_coverage(events);
	}
}

static enum rec_signal_way way_of(int code)
{
	switch (code) {
	case SI_USER:
		return REC_SIGNAL_KILL;
	case SI_TKILL:
		return REC_SIGNAL_TGKILL;
	default:
		return code < 0 ? REC_SIGNAL_QUEUE : REC_SIGNAL_KERNEL;
	}
}

/*
 * The login user of the sender, while its number is still its own: the process has the sender's
 * user, and was there before the signal was, or started so lately that no other can have had its
 * number since.
 */
static uint32_t find_login(const struct pipeline *pipeline, const struct agent_end *end,
			   uint64_t now_ns)
{
	uint32_t pid = end->signal.ssi_pid, uid, login_uid;
	uint64_t ticks, tick_ns = NS_PER_S / pipeline->host.ticks_per_s;

	if (procfs_start_ticks("", pid, &ticks) < 0 ||
	    procfs_users_of("", pid, &uid, &login_uid) < 0 || uid != end->signal.ssi_uid)
		return REC_ID_UNSET;
	if (ticks * tick_ns > end->idle_ns && now_ns - end->idle_ns > PID_REUSE_NS)
		return REC_ID_UNSET;
	return login_uid;
}

static void fill_signal(const struct pipeline *pipeline, const struct agent_end *end,
			struct agent_stop_facts *facts)
{
	enum rec_signal_way way = way_of(end->signal.ssi_code);

	facts->signal = end->signal.ssi_signo;
	facts->way = way;
	if (way == REC_SIGNAL_KERNEL)
		return;
	facts->claimed = way == REC_SIGNAL_QUEUE;
	facts->pid = end->signal.ssi_pid;
	facts->uid = end->signal.ssi_uid;
	facts->initial_pid = pipeline->host.pid_ns == PROCFS_PID_NS_INITIAL;
	if (facts->pid && !facts->claimed)
		facts->login_uid = find_login(pipeline, end, facts->asked_ns);
}

void agent_events_tell_stop(struct agent_events *events, const struct agent_end *end)
{
	struct agent_stop_facts facts = {
		.uptime_ns = uptime_ns(events),
		.asked_ns = clock_boot_ns(),
		.reason = end->reason,
		.uid = REC_ID_UNSET,
		.login_uid = REC_ID_UNSET,
		.what = end->what,
	};

	facts.kept = end->keeps_probes;
	if (end->reason == REC_STOP_SIGNAL)
		fill_signal(events->pipeline, end, &facts);
	agent_record_stop(&events->record, &facts);
	if (!collect_last_note(events->pipeline->collect, &events->record.header))
		log_warning("the stream does not tell of the end: no memory");
}

struct canary_watch *agent_events_canaries(struct agent_events *events)
{
	return coverage_watch(events->coverage);
}

const struct coverage *agent_events_coverage(const struct agent_events *events)
{
	return events->coverage;
}

static int watch(struct agent_events *events, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 || epoll_ctl(events->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_descriptors(struct agent_events *events, struct err *err)
{
	events->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	events->beat_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	events->clock_fd = clock_watch_open();
	if (events->epoll_fd < 0 || watch(events, events->beat_fd) < 0 ||
	    watch(events, events->clock_fd) < 0 || watch(events, coverage_fd(events->coverage)) < 0)
		return err_set(err, -errno, "cannot watch over the agent itself: %s",
			       strerror(errno));
	return 0;
}

int agent_events_new(struct agent_events **ret_events, struct pipeline *pipeline, struct err *err)
{
	struct coverage_options options = {
		.helper = {.directory = pipeline->config->agent.state_dir,
			   .file = HOST_AGENT_ID_FILE,
			   .program_fd = -1},
		.pid_ns = pipeline->host.pid_ns,
		.ticks_per_s = pipeline->host.ticks_per_s,
	};
	struct agent_events *events = calloc(1, sizeof(*events));
	int result;

	if (!events)
		return err_set(err, -ENOMEM, "no memory for the agent's own events");
	events->pipeline = pipeline;
	events->epoll_fd = events->beat_fd = events->clock_fd = -1;
	events->started_ns = clock_boot_ns();
	clock_watch_init(&events->clock, clock_wall_offset_ns());
	result = coverage_new(&events->coverage, &options, err);
	if (result == 0)
		result = open_descriptors(events, err);
	if (result < 0) {
		agent_events_free(events);
		return result;
	}
	*ret_events = events;
	return 0;
}

void agent_events_free(struct agent_events *events)
{
	if (!events)
		return;
	coverage_free(events->coverage);
	io_close(events->clock_fd);
	io_close(events->beat_fd);
	io_close(events->epoll_fd);
	free(events);
}
