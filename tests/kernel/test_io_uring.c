/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens by request to io_uring, which no system call names. Where there is no hook for them, that
 * they are a known gap.
 */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static bool has_hook;

struct ring {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *entry;
};

static void *map(const struct ring *ring, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, what);
}

static int set_up(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(SYS_io_uring_setup, 2, &ring->params);
	if (ring->fd < 0)
		return -errno;
	ring->submissions = map(ring, 4096, IORING_OFF_SQ_RING);
	ring->completions = map(ring, 4096, IORING_OFF_CQ_RING);
	ring->entry = map(ring, 2 * sizeof(*ring->entry), IORING_OFF_SQES);
	return ring->submissions == MAP_FAILED || ring->completions == MAP_FAILED ||
			       ring->entry == MAP_FAILED
		       ? -errno
		       : 0;
}

/* One open; what is asked for stands in the entry. The result, as the request had it. */
static long submit(struct ring *ring)
{
	unsigned int *tail = (void *)(ring->submissions + ring->params.sq_off.tail);
	struct io_uring_cqe *result = (void *)(ring->completions + ring->params.cq_off.cqes);

	*(unsigned int *)(void *)(ring->submissions + ring->params.sq_off.array) = 0;
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	return __atomic_load_n(&result->res, __ATOMIC_ACQUIRE);
}

static long open_by_ring(const struct attempt *attempt, int flags, unsigned char how)
{
	struct ring ring;
	int result = set_up(&ring);

	if (result < 0)
		return result;
	*ring.entry = (struct io_uring_sqe){
		.opcode = IORING_OP_OPENAT,
		.flags = how,
		.fd = attempt->descriptor ? attempt->descriptor : AT_FDCWD,
		.addr = (uintptr_t)attempt->argument,
		.len = 0604,
		.open_flags = (unsigned int)flags,
	};
	return submit(&ring);
}

/* Since 7.0 the program keeps the CPU. */
static const char *class_name(void)
{
	int major = 0;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%d", &major), 1);
	return major >= 7 ? "task" : "preempted";
}

static void put(struct ring *ring, unsigned int at, const struct io_uring_sqe *entry)
{
	ring->entry[at] = *entry;
	((unsigned int *)(void *)(ring->submissions + ring->params.sq_off.array))[at] = at;
}

/*
 * Behind a timeout, while this thread sleeps: the open is done on the way back from the sleep, when
 * no call of io_uring is there any more.
 */
static long read_behind_a_timeout(const struct attempt *attempt)
{
	struct __kernel_timespec timeout = {.tv_nsec = 50000000};
	struct timespec pause = {.tv_nsec = 10000000};
	struct ring ring;
	struct io_uring_cqe *results;
	unsigned int *tail;
	int result = set_up(&ring);

	if (result < 0)
		return result;
	put(&ring, 0,
	    &(struct io_uring_sqe){.opcode = IORING_OP_TIMEOUT,
				   .flags = IOSQE_IO_HARDLINK,
				   .fd = -1,
				   .addr = (uintptr_t)&timeout,
				   .len = 1});
	put(&ring, 1,
	    &(struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
				   .fd = AT_FDCWD,
				   .addr = (uintptr_t)attempt->argument,
				   .open_flags = O_RDONLY});
	tail = (void *)(ring.submissions + ring.params.sq_off.tail);
	results = (void *)(ring.completions + ring.params.cq_off.cqes);
	__atomic_store_n(tail, 2, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 2, 0, 0, NULL, 0) != 2)
		return -errno;
	tail = (void *)(ring.completions + ring.params.cq_off.tail);
	while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) < 2)
		(void)nanosleep(&pause, NULL);
	return results[1].res;
}

/* No descriptor is known, and O_CLOEXEC neither. */
static void want_result(struct want *want, const struct attempt *attempt)
{
	want_string(want, "Linux.sequence.class", class_name());
	if (!attempt->error)
		want_number(want, "Linux.syscall.exit", 0);
}

/* A thread that the kernel has made in the process. */
static void want_worker(struct want *want, const struct attempt *attempt)
{
	char name[32];

	want_result(want, attempt);
	snprintf(name, sizeof(name), "iou-wrk-%d", attempt->child.pid);
	name[15] = '\0';
	want_string(want, "process.thread.name", name);
	want_range(want, "process.thread.id", 1, 1 << 22);
}

static void want_created(struct want *want, const struct attempt *attempt)
{
	want_worker(want, attempt);
	want_string(want, "Linux.open.mode", "0604");
}

static long read_inline(const struct attempt *attempt)
{
	return open_by_ring(attempt, O_RDONLY | O_NOCTTY | O_CLOEXEC, 0);
}

static long read_by_worker(const struct attempt *attempt)
{
	return open_by_ring(attempt, O_RDONLY | O_NONBLOCK, IOSQE_ASYNC);
}

static long write_inline(const struct attempt *attempt)
{
	return open_by_ring(attempt, O_WRONLY | O_APPEND, 0);
}

static long create(const struct attempt *attempt)
{
	return open_by_ring(attempt, O_RDWR | O_CREAT, 0);
}

static void check(void **state, struct attempt *attempt)
{
	attempt->syscall = "io_uring";
	if (has_hook)
		check_open(*state, attempt);
	else
		check_silence(*state, attempt);
}

static void an_open_that_is_done_at_once(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = read_inline,
				  .argument = path,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDONLY\",\"O_NOCTTY\"]",
				  .flags_raw = O_NOCTTY,
				  .adjust = want_result};

	check(state, &attempt);
}

static void an_open_for_writing(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = write_inline,
				  .argument = path,
				  .type = CHANGE,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_WRONLY\",\"O_APPEND\"]",
				  .flags_raw = O_WRONLY | O_APPEND,
				  .adjust = want_result};

	check(state, &attempt);
}

static void an_open_by_a_worker(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = read_by_worker,
				  .argument = path,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDONLY\",\"O_NONBLOCK\"]",
				  .flags_raw = O_NONBLOCK,
				  .adjust = want_worker};

	check(state, &attempt);
}

static void an_open_that_goes_on_when_its_thread_does_something_else(void **state)
{
	const char *path = plain_file(state);
	struct attempt attempt = {.call = read_behind_a_timeout,
				  .argument = path,
				  .path = path,
				  .given = path,
				  .adjust = want_result};

#ifndef __x86_64__
	if (has_hook) /* docs/coverage.md: what is told of this elsewhere */
		skip();
#endif
	check(state, &attempt);
}

/* It always takes a worker. */
static void a_file_that_it_makes(void **state)
{
	const char *path = in_dir(state, "made");
	struct attempt attempt = {.call = create,
				  .argument = path,
				  .action = "creation",
				  .type = CREATION,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDWR\",\"O_CREAT\"]",
				  .flags_raw = O_RDWR | O_CREAT,
				  .adjust = want_created};

	check(state, &attempt);
}

static void a_relative_path_and_the_descriptor_it_is_relative_to(void **state)
{
	struct attempt attempt = {.call = write_inline,
				  .argument = "./file",
				  .descriptor = open(harness_dir(*state), O_PATH | O_CLOEXEC),
				  .type = CHANGE,
				  .path = plain_file(state),
				  .given = "./file",
				  .directory = harness_dir(*state),
				  .flags = "[\"O_WRONLY\",\"O_APPEND\"]",
				  .flags_raw = O_WRONLY | O_APPEND,
				  .adjust = want_result};

	assert_true(attempt.descriptor > 0);
	check(state, &attempt);
	assert_int_equal(close(attempt.descriptor), 0);
}

static void an_open_that_fails(void **state)
{
	const char *path = in_dir(state, "nowhere");
	struct attempt attempt = {.call = read_by_worker,
				  .argument = path,
				  .error = ENOENT,
				  .path = path,
				  .given = path,
				  .flags = "[\"O_RDONLY\",\"O_NONBLOCK\"]",
				  .flags_raw = O_NONBLOCK,
				  .adjust = want_worker};

	check(state, &attempt);
}

/* In one list or the other, and healthy. */
static void coverage_names_what_there_is(void **state)
{
	const struct event *event = harness_wait(*state, 0, "agent_coverage");

	if (has_hook) {
		assert_non_null(strstr(event->text, ",\"open_io_uring\"]"));
		assert_int_equal(event_number(event, "Linux.coverage.gap_count"), 0);
	} else {
		assert_non_null(strstr(event->text, "\"gaps\":[\"open_io_uring: "));
		assert_int_equal(event_number(event, "Linux.coverage.gap_count"), 1);
		assert_non_null(strstr(event->text, "\"failed\":[\"io_uring: "));
	}
	assert_int_equal(event_number(event, "Linux.coverage.missed_count"), 0);
}

static int start(void **state)
{
	const struct harness_options options = {.events = "[process, open]",
						.opens = "all",
						.agent = "coverage: start, heartbeat: off"};

	*state = attempt_start(&options);
	if (*state)
		has_hook = !strstr(harness_log(*state), "optional probe 'io_uring' is missing");
	return *state ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coverage_names_what_there_is),
		KERNEL_TEST(an_open_that_is_done_at_once),
		KERNEL_TEST(an_open_for_writing),
		KERNEL_TEST(an_open_by_a_worker),
		KERNEL_TEST(an_open_that_goes_on_when_its_thread_does_something_else),
		KERNEL_TEST(a_file_that_it_makes),
		KERNEL_TEST(a_relative_path_and_the_descriptor_it_is_relative_to),
		KERNEL_TEST(an_open_that_fails),
	};
	int cannot_run = harness_cannot_run();
	struct ring ring;

	if (cannot_run)
		return cannot_run;
	if (set_up(&ring) < 0) {
		printf("skipped: no io_uring here: %s\n", strerror(errno));
		return 77;
	}
	(void)close(ring.fd);
	return cmocka_run_group_tests(tests, start, harness_teardown);
}
