/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run has two phases: the helper is at work, then the records are on their way. Must not know
 * what is told of the result, or to whom.
 */
#include "coverage/coverage.h"

#include "base/clock.h"
#include "base/io.h"
#include "decode/fields.h"
#include "enrich/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* For records behind those that were waited for: they belong to the run too. */
#define SETTLE_MS 100

enum phase { PHASE_IDLE, PHASE_SINGING, PHASE_WAITING };

struct coverage {
	struct canary_helper *helper; /* NULL: there is none, or none any more */
	char broken[160];             /* why */
	char no_io_uring[160];        /* why, if it is so */
	struct canary_watch watch;
	int epoll_fd, timer_fd;
	enum phase phase;
	struct coverage_facts facts;
	uint32_t left_out;       /* of the next run */
	const char *left_out_by; /* the same */
	bool asked;
	unsigned int sing_ms;
	struct coverage_result last;
};

static uint32_t canaries_of(uint32_t kinds)
{
	uint32_t mask = 0;

	for (int i = 0; i < CANARIES; i++)
		if (kinds >> canary_kind((enum canary)i) & 1)
			mask |= 1U << i;
	return mask;
}

/* Fork, exec and exit of a process that a list leaves out come nonetheless, marked as excluded. */
static uint32_t left_out_with_helper(const struct coverage_facts *facts)
{
	return facts->left_out_by ? ~canaries_of(1U << REC_FORK | 1U << REC_EXEC | 1U << REC_EXIT)
				  : 0;
}

static void judge(const struct coverage_facts *facts, enum canary canary,
		  struct coverage_result *result)
{
	const char *kind = kind_get(canary_kind(canary))->name;
	int error = facts->report.errors[canary];
	enum coverage_verdict verdict = COVERAGE_SKIPPED;
	char *why = result->canaries[canary].why;
	size_t size = sizeof(result->canaries[canary].why);

	why[0] = '\0';
	if (!(facts->kinds >> canary_kind(canary) & 1)) {
		(void)snprintf(why, size, "%s is not recorded by this configuration", kind);
	} else if (facts->seen >> canary & 1) {
		verdict = COVERAGE_SEEN;
	} else if (facts->left_out >> canary & 1) {
		(void)snprintf(why, size,
			       "left out by the paths of capture.include or "
			       "capture.exclude");
	} else if (left_out_with_helper(facts) >> canary & 1) {
		(void)snprintf(why, size,
			       "the process that tries it is left out by the list '%s' of "
			       "capture.include or capture.exclude",
			       facts->left_out_by);
	} else if (facts->held) {
		(void)snprintf(why, size, "the journal takes no events: its record may wait");
	} else if (facts->broken) {
		(void)snprintf(why, size, "%s", facts->broken);
	} else if (error) {
		(void)snprintf(why, size, "cannot be tried here: %s", strerror(error));
	} else if (canary == CANARY_OPEN_IO_URING && facts->no_io_uring) {
		verdict = COVERAGE_GAP;
		(void)snprintf(why, size, "%s", facts->no_io_uring);
	} else {
		verdict = COVERAGE_MISSED;
		(void)snprintf(why, size, "no %s record came", kind);
	}
	result->canaries[canary].verdict = verdict;
	result->counts[verdict]++;
}

void coverage_judge(const struct coverage_facts *facts, struct coverage_result *ret_result)
{
	memset(ret_result->counts, 0, sizeof(ret_result->counts));
	for (int i = 0; i < CANARIES; i++)
		judge(facts, (enum canary)i, ret_result);
}

void coverage_list(const struct coverage_result *result, enum coverage_verdict verdict, char *out,
		   size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < CANARIES && used < size; i++)
		if (result->canaries[i].verdict == verdict)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
						 canary_name((enum canary)i));
}

uint32_t coverage_opens(bool own, bool nowhere)
{
	const uint32_t failed = canaries_of(1U << REC_OPEN_FAILED);
	const uint32_t good =
		canaries_of(1U << REC_OPEN_WRITE | 1U << REC_OPEN_READ | 1U << REC_FILE_CREATE);

	return (own ? good : 0) | (nowhere ? failed : 0);
}

/* 0: at once. */
static void set_timer(struct coverage *coverage, unsigned int ms)
{
	struct itimerspec when = {
		.it_value = {.tv_sec = ms / 1000,
			     .tv_nsec = (long)(ms % 1000 * NS_PER_MS) + (ms == 0)},
	};

	(void)timerfd_settime(coverage->timer_fd, 0, &when, NULL);
}

static void stop_timer(struct coverage *coverage)
{
	static const struct itimerspec never;

	(void)timerfd_settime(coverage->timer_fd, 0, &never, NULL);
}

static int watch(struct coverage *coverage, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(coverage->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Without it nothing can be tried any more. */
static void lose_helper(struct coverage *coverage, const char *why)
{
	(void)snprintf(coverage->broken, sizeof(coverage->broken), "%s", why);
	coverage->facts.broken = coverage->broken;
	if (coverage->helper)
		(void)epoll_ctl(coverage->epoll_fd, EPOLL_CTL_DEL,
				canary_helper_fd(coverage->helper), NULL);
	canary_helper_stop(coverage->helper);
	coverage->helper = NULL;
}

static bool end_run(struct coverage *coverage, bool held)
{
	stop_timer(coverage);
	coverage->phase = PHASE_IDLE;
	coverage->facts.seen = atomic_load(&coverage->watch.seen);
	coverage->facts.held = held;
	coverage->last.asked = coverage->asked;
	coverage->last.records = atomic_load(&coverage->watch.records);
	coverage->last.ended_ns = clock_boot_ns();
	coverage_judge(&coverage->facts, &coverage->last);
	return true;
}

static void end_when_all_seen(struct coverage *coverage)
{
	uint32_t wanted = canaries_of(coverage->facts.kinds) & ~coverage->facts.left_out &
			  ~left_out_with_helper(&coverage->facts);

	if (coverage->facts.no_io_uring)
		wanted &= ~(1U << CANARY_OPEN_IO_URING);
	for (int i = 0; i < CANARIES; i++)
		if (coverage->facts.report.errors[i])
			wanted &= ~(1U << i);
	if ((atomic_load(&coverage->watch.seen) & wanted) == wanted)
		set_timer(coverage, SETTLE_MS);
}

/* What the helper's end leaves to be told is its children's, a moment later. */
static void wait_for_records(struct coverage *coverage, uint64_t grace_ns)
{
	canary_watch_end(&coverage->watch, clock_boot_ns() + grace_ns);
	coverage->phase = PHASE_WAITING;
	set_timer(coverage, COVERAGE_WAIT_MS);
}

static void take_answer(struct coverage *coverage)
{
	int result = canary_helper_read(coverage->helper, &coverage->facts.report);
	bool singing = coverage->phase == PHASE_SINGING;

	if (result == 0)
		return;
	if (result < 0)
		lose_helper(coverage, "the process for canaries has ended");
	if (!singing)
		return;
	wait_for_records(coverage, result < 0 ? NS_PER_S : 0);
	if (result > 0)
		end_when_all_seen(coverage);
}

static bool take_timer(struct coverage *coverage, bool held)
{
	uint64_t count;

	if (read(coverage->timer_fd, &count, sizeof(count)) < 0 || coverage->phase == PHASE_IDLE)
		return false;
	if (coverage->phase == PHASE_WAITING)
		return end_run(coverage, held);
	lose_helper(coverage, "the process for canaries hung and was killed");
	wait_for_records(coverage, NS_PER_S);
	return false;
}

bool coverage_serve(struct coverage *coverage, bool held)
{
	struct epoll_event event;
	uint64_t count;

	if (epoll_wait(coverage->epoll_fd, &event, 1, 0) < 1)
		return false;
	if (event.data.fd == coverage->timer_fd)
		return take_timer(coverage, held);
	if (event.data.fd != coverage->watch.seen_fd && coverage->helper)
		take_answer(coverage);
	else if (read(coverage->watch.seen_fd, &count, sizeof(count)) > 0 &&
		 coverage->phase == PHASE_WAITING && !coverage->facts.broken)
		end_when_all_seen(coverage);
	return false;
}

void coverage_leave_out(struct coverage *coverage, uint32_t canaries, const char *by)
{
	coverage->left_out = canaries;
	coverage->left_out_by = by;
}

bool coverage_begin(struct coverage *coverage, uint32_t kinds, const char *no_io_uring, bool asked)
{
	if (coverage->phase != PHASE_IDLE)
		return false;
	coverage->asked = asked;
	coverage->facts = (struct coverage_facts){
		.kinds = kinds,
		.left_out = coverage->left_out,
		.left_out_by = coverage->left_out_by,
	};
	if (no_io_uring) {
		(void)snprintf(coverage->no_io_uring, sizeof(coverage->no_io_uring), "%s",
			       no_io_uring);
		coverage->facts.no_io_uring = coverage->no_io_uring;
	}
	coverage->phase = PHASE_SINGING;
	canary_watch_begin(&coverage->watch, clock_boot_ns());
	if (coverage->helper && canary_helper_ask(coverage->helper, canaries_of(kinds)) < 0)
		lose_helper(coverage, "the process for canaries has ended");
	if (coverage->helper) {
		set_timer(coverage, coverage->sing_ms);
	} else {
		coverage->facts.broken = coverage->broken;
		canary_watch_end(&coverage->watch, clock_boot_ns());
		coverage->phase = PHASE_WAITING;
		set_timer(coverage, 0);
	}
	return true;
}

bool coverage_is_running(const struct coverage *coverage)
{
	return coverage->phase != PHASE_IDLE;
}

static int open_descriptors(struct coverage *coverage)
{
	int result;

	coverage->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	coverage->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	coverage->watch.seen_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (coverage->epoll_fd < 0 || coverage->timer_fd < 0 || coverage->watch.seen_fd < 0)
		return -errno;
	result = watch(coverage, coverage->timer_fd);
	return result < 0 ? result : watch(coverage, coverage->watch.seen_fd);
}

static int start_helper(struct coverage *coverage, const struct coverage_options *options,
			struct err *err)
{
	struct canary_helper_id *id = &coverage->watch.helper;
	int result = canary_helper_start(&coverage->helper, &options->helper, err);

	if (result < 0)
		return result;
	id->pid = (uint32_t)canary_helper_pid(coverage->helper);
	id->pid_ns = options->pid_ns;
	id->tick_ns = NS_PER_S / options->ticks_per_s;
	result = procfs_start_ticks("", id->pid, &id->start_ticks);
	if (result == 0)
		result = watch(coverage, canary_helper_fd(coverage->helper));
	return result < 0 ? err_set(err, result, "the process for canaries: %s", strerror(-result))
			  : 0;
}

int coverage_new(struct coverage **ret_coverage, const struct coverage_options *options,
		 struct err *err)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	int result;

	if (!coverage)
		return err_set(err, -ENOMEM, "no memory for coverage");
	coverage->sing_ms = options->sing_ms ? options->sing_ms : COVERAGE_SING_MS;
	coverage->epoll_fd = coverage->timer_fd = coverage->watch.seen_fd = -1;
	result = open_descriptors(coverage);
	if (result < 0) {
		coverage_free(coverage);
		return err_set(err, result, "cannot wait for canaries: %s", strerror(-result));
	}
	if (start_helper(coverage, options, err) < 0)
		lose_helper(coverage, err->text);
	*ret_coverage = coverage;
	return 0;
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	canary_helper_stop(coverage->helper);
	io_close(coverage->watch.seen_fd);
	io_close(coverage->timer_fd);
	io_close(coverage->epoll_fd);
	free(coverage);
}

struct canary_watch *coverage_watch(struct coverage *coverage)
{
	return &coverage->watch;
}

int coverage_fd(const struct coverage *coverage)
{
	return coverage->epoll_fd;
}

const struct coverage_result *coverage_last(const struct coverage *coverage)
{
	return &coverage->last;
}
