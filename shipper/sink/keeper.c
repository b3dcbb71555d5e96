/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper's thread: when to look, what of it to tell. What is done in a look is in keep.c; knows
 * nothing of events and of who writes the active file.
 */
#include "sink/keeper.h"

#include "base/clock.h"
#include "base/counter.h"
#include "sink/keep.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define GRACE_MS 1000
#define NICENESS 19
#define AGE_LOOK_MS (60 * 1000) /* files grow old without anybody's call */
#define RETRY_MS (15 * 1000)    /* a full disk may have room again, untold */

enum { RUNNING, ENDED, ABANDONED };

struct keeper {
	struct keep keep;
	pthread_t thread;
	int wake_fd, done_fd;
	atomic_int state;
	pthread_mutex_t story_lock; /* as in deliver.c: for one copy */
	struct err story;
};

static void note(struct keeper *keeper, int result, const struct err *err)
{
	if (result < 0)
		counter_add(&keeper->keep.failures, 1);
	(void)pthread_mutex_lock(&keeper->story_lock);
	keeper->story = result < 0 ? *err : (struct err){.text = ""};
	(void)pthread_mutex_unlock(&keeper->story_lock);
}

static void keeper_free(struct keeper *keeper)
{
	if (keeper->wake_fd >= 0)
		(void)close(keeper->wake_fd);
	if (keeper->done_fd >= 0)
		(void)close(keeper->done_fd);
	(void)pthread_mutex_destroy(&keeper->story_lock);
	free(keeper);
}

static void wait_for_work(struct keeper *keeper, int timeout_ms)
{
	struct pollfd fd = {.fd = keeper->wake_fd, .events = POLLIN};
	eventfd_t ignored;

	if (poll(&fd, 1, timeout_ms) > 0)
		(void)eventfd_read(keeper->wake_fd, &ignored);
}

static void *run(void *data)
{
	struct keeper *keeper = data;
	int expected = RUNNING;

	/* Of this thread alone, which is what Linux takes a thread's id for. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
	while (!atomic_load(&keeper->keep.stop)) {
		struct err err;
		bool more;
		int result = keep_look(&keeper->keep, &more, &err);

		note(keeper, result, &err);
		if (!more)
			wait_for_work(keeper, result < 0 ? RETRY_MS : AGE_LOOK_MS);
	}
	if (atomic_compare_exchange_strong(&keeper->state, &expected, ENDED))
		(void)eventfd_write(keeper->done_fd, 1);
	else
		keeper_free(keeper);
	return NULL;
}

static int start_thread(struct keeper *keeper, struct err *err)
{
	sigset_t all, before;
	int code;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&keeper->thread, NULL, run, keeper);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code)
		return err_set(err, -code, "cannot start a thread: %s", strerror(code));
	(void)pthread_setname_np(keeper->thread, "keeper");
	return 0;
}

int keeper_start(struct keeper **ret_keeper, const struct trail_name *name,
		 const struct keeper_options *options, struct err *err)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int result;

	if (!keeper)
		return err_set(err, -ENOMEM, "out of memory");
	(void)pthread_mutex_init(&keeper->story_lock, NULL);
	keeper->keep.name = *name;
	keeper->keep.options = *options;
	keeper->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	keeper->done_fd = eventfd(0, EFD_CLOEXEC);
	if (keeper->wake_fd < 0 || keeper->done_fd < 0)
		result = err_set(err, -errno, "cannot make an eventfd: %s", strerror(errno));
	else
		result = start_thread(keeper, err);
	if (result < 0) {
		keeper_free(keeper);
		return result;
	}
	*ret_keeper = keeper;
	return 0;
}

void keeper_wake(struct keeper *keeper)
{
	(void)eventfd_write(keeper->wake_fd, 1);
}

static bool ends_in_time(const struct keeper *keeper)
{
	struct pollfd fd = {.fd = keeper->done_fd, .events = POLLIN};
	uint64_t deadline_ns = clock_mono_ns() + GRACE_MS * NS_PER_MS;
	unsigned int left_ms;

	while ((left_ms = clock_left_ms(deadline_ns)) > 0)
		if (poll(&fd, 1, (int)left_ms) > 0)
			return true;
	return false;
}

void keeper_stop(struct keeper *keeper)
{
	int expected = RUNNING;

	if (!keeper)
		return;
	atomic_store(&keeper->keep.stop, true);
	keeper_wake(keeper);
	if (!ends_in_time(keeper)) {
		pthread_t thread = keeper->thread;

		if (atomic_compare_exchange_strong(&keeper->state, &expected, ABANDONED)) {
			(void)pthread_detach(thread);
			return;
		}
	}
	(void)pthread_join(keeper->thread, NULL);
	keeper_free(keeper);
}

void keeper_status(struct keeper *keeper, struct keeper_status *ret_status)
{
	struct keep *keep = &keeper->keep;

	*ret_status = (struct keeper_status){
		.files = counter_get(&keep->files),
		.bytes = counter_get(&keep->bytes),
		.packed = counter_get(&keep->packed),
		.packed_bytes_before = counter_get(&keep->packed_bytes_before),
		.packed_bytes_after = counter_get(&keep->packed_bytes_after),
		.deleted = counter_get(&keep->deleted),
		.deleted_bytes = counter_get(&keep->deleted_bytes),
		.deleted_early = counter_get(&keep->deleted_early),
		.failures = counter_get(&keep->failures),
	};
	(void)pthread_mutex_lock(&keeper->story_lock);
	ret_status->last_error = keeper->story;
	(void)pthread_mutex_unlock(&keeper->story_lock);
}
