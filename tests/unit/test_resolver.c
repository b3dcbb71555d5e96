/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper process with services that behave, hang, crash, answer rubbish or too late. */
#include "enrich/resolver.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/descriptors.h"

#define DEADLINE_NS NS_PER_S /* a busy machine needs much of it to start a worker */
#define PATIENCE_NS (20 * NS_PER_S)

enum { ECHO, REFUSE, HANG, CRASH, RUBBISH, LATE, LARGE, WHOAMI, ODD, OTHER_LANE, SERVICES };
#define LANES_USED 2

static int echo(void *data, const void *question, size_t size, struct buf *out)
{
	int result = buf_add_text(out, data);

	return result < 0 ? result : buf_add(out, question, size);
}

static int refuse(void *data, const void *question, size_t size, struct buf *out)
{
	(void)data, (void)question, (void)size;
	(void)buf_add_text(out, "not to be seen");
	return -ENOENT;
}

static int hang(void *data, const void *question, size_t size, struct buf *out)
{
	(void)data, (void)question, (void)size, (void)out;
	while (pause() < 0)
		;
	return 0;
}

#define WORKER_FD 3 /* where a worker has its socket */

/* Until the next question waits behind this one. */
static void await_another(void)
{
	struct pollfd socket = {.fd = WORKER_FD, .events = POLLIN};

	(void)poll(&socket, 1, -1);
}

static int crash(void *data, const void *question, size_t size, struct buf *out)
{
	(void)data, (void)question, (void)size, (void)out;
	await_another();
	(void)kill(getpid(), SIGKILL);
	return 0;
}

/* The worker sends what no agent asked for. */
static int rubbish(void *data, const void *question, size_t size, struct buf *out)
{
	(void)data, (void)out;
	await_another();
	(void)!send(WORKER_FD, question, size, MSG_NOSIGNAL);
	return 0;
}

/* Answers when the parent's patience is over: nobody may take that for another's answer. */
static int late(void *data, const void *question, size_t size, struct buf *out)
{
	uint64_t end = clock_mono_ns() + DEADLINE_NS + 100 * NS_PER_MS;

	while (clock_mono_ns() < end)
		(void)poll(NULL, 0, (int)clock_left_ms(end));
	return echo(data, question, size, out);
}

static int large(void *data, const void *question, size_t size, struct buf *out)
{
	void *room = buf_reserve(out, RESOLVER_ANSWER_MAX);

	(void)data, (void)question, (void)size;
	if (!room)
		return -ENOMEM;
	memset(room, 'x', RESOLVER_ANSWER_MAX);
	out->length += RESOLVER_ANSWER_MAX;
	return buf_add(out, "y", 1) == -EMSGSIZE ? 0 : -EPROTO;
}

/* Pid, parent's pid, and how many descriptors there are. */
static int whoami(void *data, const void *question, size_t size, struct buf *out)
{
	int32_t told[3] = {getpid(), getppid(), 0};

	(void)data, (void)question, (void)size;
	for (int fd = 0; fd < 256; fd++)
		if (dup2(fd, fd) >= 0)
			told[2]++;
	return buf_add(out, told, sizeof(told));
}

static int odd(void *data, const void *question, size_t size, struct buf *out)
{
	(void)data, (void)question, (void)size, (void)out;
	return 17;
}

static const struct resolver_service services[SERVICES] = {
	[ECHO] = {"echo", echo, "echo: ", 0},
	[REFUSE] = {"refuse", refuse, NULL, 0},
	[HANG] = {"hang", hang, NULL, 0},
	[CRASH] = {"crash", crash, NULL, 0},
	[RUBBISH] = {"rubbish", rubbish, NULL, 0},
	[LATE] = {"late", late, "late: ", 0},
	[LARGE] = {"large", large, NULL, 0},
	[WHOAMI] = {"whoami", whoami, NULL, 0},
	[ODD] = {"odd", odd, NULL, 0},
	[OTHER_LANE] = {"other", echo, "other: ", 1},
};

struct got {
	uint64_t ticket;
	unsigned int service;
	int status;
	size_t size;
	char bytes[64];
};

struct test {
	struct resolver *resolver;
	struct got got[2 * RESOLVER_WAITING_MAX];
	size_t count;
	size_t descriptors; /* there were before */
};

static int start(void **state)
{
	struct resolver_options options = {services, SERVICES, DEADLINE_NS};
	struct test *test = calloc(1, sizeof(*test));
	struct err err;

	if (!test)
		return -1;
	test->descriptors = count_descriptors();
	*state = test;
	return resolver_new(&test->resolver, &options, &err);
}

static int stop(void **state)
{
	struct test *test = *state;
	uint64_t begin = clock_mono_ns();

	resolver_free(test->resolver);
	assert_true(clock_mono_ns() - begin < 10 * NS_PER_S);
	assert_int_equal(count_descriptors(), test->descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(test);
	return 0;
}

static void on_answer(void *data, const struct resolver_answer *answer)
{
	struct test *test = data;
	struct got *got = &test->got[test->count++];

	assert_true(test->count <= sizeof(test->got) / sizeof(test->got[0]));
	*got = (struct got){answer->ticket, answer->service, answer->status, answer->size, ""};
	if (answer->size)
		memcpy(got->bytes, answer->bytes,
		       answer->size < sizeof(got->bytes) ? answer->size : sizeof(got->bytes) - 1);
}

static void collect(struct test *test, size_t count)
{
	uint64_t end = clock_mono_ns() + PATIENCE_NS;
	struct pollfd answers = {.fd = resolver_fd(test->resolver), .events = POLLIN};

	while (test->count < count) {
		assert_true(clock_mono_ns() < end);
		(void)poll(&answers, 1, 20);
		(void)resolver_poll(test->resolver, on_answer, test);
	}
	assert_int_equal(test->count, count);
}

/* A worker that died is started again after a moment: until then the question is refused. */
static void ask(struct test *test, unsigned int service, uint64_t ticket, const char *text)
{
	uint64_t end = clock_mono_ns() + PATIENCE_NS;
	int result;

	do {
		result = resolver_ask(test->resolver, service, ticket, text, strlen(text));
		assert_true(clock_mono_ns() < end);
	} while (result == -EAGAIN);
	assert_int_equal(result, 0);
}

static struct resolver_counters counters_of(const struct test *test)
{
	struct resolver_counters counters;

	resolver_counters(test->resolver, &counters);
	assert_int_equal(counters.asked, counters.answered + counters.timed_out + counters.aborted +
						 counters.canceled + counters.waiting);
	return counters;
}

static void assert_works(struct test *test, uint64_t ticket)
{
	test->count = 0;
	ask(test, ECHO, ticket, "again");
	collect(test, 1);
	assert_int_equal(test->got[0].ticket, ticket);
	assert_int_equal(test->got[0].status, 0);
	assert_int_equal(test->got[0].size, 11);
	assert_memory_equal(test->got[0].bytes, "echo: again", 11);
}

static void answers_come_with_their_tickets_in_order(void **state)
{
	struct test *test = *state;
	char text[16];

	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		ask(test, ECHO, 1000 + i, text);
	}
	collect(test, 100);
	for (unsigned int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "echo: %u", i);
		assert_int_equal(test->got[i].ticket, 1000 + i);
		assert_int_equal(test->got[i].service, ECHO);
		assert_int_equal(test->got[i].status, 0);
		assert_string_equal(test->got[i].bytes, text);
	}
	assert_int_equal(counters_of(test).answered, 100);
	assert_int_equal(counters_of(test).starts, LANES_USED);
}

static void workers_are_ready_before_the_first_question(void **state)
{
	struct test *test = *state;

	assert_int_equal(resolver_poll(test->resolver, on_answer, test), 0);
	assert_false(resolver_wait(test->resolver, clock_mono_ns() + NS_PER_S));
	assert_int_equal(counters_of(test).starts, LANES_USED);
	assert_int_equal(counters_of(test).waited_ns, 0);
}

static void an_error_of_a_service_is_an_answer_without_bytes(void **state)
{
	struct test *test = *state;

	ask(test, REFUSE, 1, "");
	ask(test, ODD, 2, "");
	collect(test, 2);
	assert_int_equal(test->got[0].status, -ENOENT);
	assert_int_equal(test->got[0].size, 0);
	assert_int_equal(test->got[1].status, -EPROTO);
	assert_int_equal(counters_of(test).answered, 2);
	assert_int_equal(counters_of(test).starts, LANES_USED);
}

static void the_largest_question_and_answer_pass(void **state)
{
	static char question[RESOLVER_QUESTION_MAX + 1];
	struct test *test = *state;

	assert_int_equal(resolver_ask(test->resolver, ECHO, 1, question, sizeof(question)),
			 -EMSGSIZE);
	assert_int_equal(resolver_ask(test->resolver, SERVICES, 1, question, 1), -ENOENT);
	assert_int_equal(resolver_ask(test->resolver, ECHO, 1, question, sizeof(question) - 1), 0);
	ask(test, LARGE, 2, "");
	collect(test, 2);
	assert_int_equal(test->got[0].size, 6 + RESOLVER_QUESTION_MAX);
	assert_int_equal(test->got[1].status, 0);
	assert_int_equal(test->got[1].size, RESOLVER_ANSWER_MAX);
}

static void a_worker_is_a_grandchild_with_one_descriptor_of_ours(void **state)
{
	struct test *test = *state;
	int32_t told[3];

	ask(test, WHOAMI, 1, "");
	collect(test, 1);
	memcpy(told, test->got[0].bytes, sizeof(told));
	assert_int_not_equal(told[0], getpid());
	assert_int_not_equal(told[1], getpid());
	assert_int_equal(told[2], 4); /* the standard ones and the socket */
}

/* One service of lane 0 that goes wrong, with a question behind it. */
static void assert_goes_wrong(struct test *test, unsigned int service, int status)
{
	uint64_t starts = counters_of(test).starts;

	test->count = 0;
	ask(test, service, 7, "a question");
	assert_int_equal(resolver_ask(test->resolver, ECHO, 8, "x", 1), 0);
	collect(test, 2);
	assert_int_equal(test->got[0].ticket, 7);
	assert_int_equal(test->got[0].status, status);
	assert_int_equal(test->got[0].size, 0);
	assert_int_equal(test->got[1].ticket, 8);
	assert_int_equal(test->got[1].status, -ECANCELED);
	assert_works(test, 10);
	assert_int_equal(counters_of(test).starts, starts + 1);
}

static void a_service_that_hangs_is_killed_and_others_go_on(void **state)
{
	struct test *test = *state;
	uint64_t begin;

	assert_works(test, 1);
	begin = clock_mono_ns();
	assert_goes_wrong(test, HANG, -ETIMEDOUT);
	assert_true(clock_mono_ns() - begin >= DEADLINE_NS);
	assert_int_equal(counters_of(test).timed_out, 1);
	assert_int_equal(counters_of(test).canceled, 1);
}

static void a_service_that_crashes_is_started_again(void **state)
{
	struct test *test = *state;

	assert_works(test, 1);
	assert_goes_wrong(test, CRASH, -ECONNABORTED);
	assert_int_equal(counters_of(test).aborted, 1);
}

static void rubbish_is_no_answer(void **state)
{
	struct test *test = *state;

	assert_works(test, 1);
	assert_goes_wrong(test, RUBBISH, -ECONNABORTED);
	assert_int_equal(counters_of(test).aborted, 1);
}

static void an_answer_that_comes_late_is_nobodys(void **state)
{
	struct test *test = *state;

	assert_works(test, 1);
	assert_goes_wrong(test, LATE, -ETIMEDOUT);
}

static void one_lane_does_not_hold_up_another(void **state)
{
	struct test *test = *state;

	ask(test, HANG, 1, "");
	ask(test, OTHER_LANE, 2, "quick");
	collect(test, 1);
	assert_int_equal(test->got[0].ticket, 2);
	assert_string_equal(test->got[0].bytes, "other: quick");
	collect(test, 2);
	assert_int_equal(test->got[1].status, -ETIMEDOUT);
	assert_int_equal(counters_of(test).canceled, 0);
}

static void a_worker_that_dies_idle_costs_no_answer(void **state)
{
	struct test *test = *state;
	int32_t told[3];

	ask(test, WHOAMI, 1, "");
	collect(test, 1);
	memcpy(told, test->got[0].bytes, sizeof(told));
	assert_int_equal(kill(told[0], SIGKILL), 0);
	/* it may have taken one question with it, but no more */
	test->count = 0;
	ask(test, ECHO, 2, "x");
	collect(test, 1);
	assert_true(test->got[0].status == 0 || test->got[0].status == -ECONNABORTED);
	assert_works(test, 3);
}

static void too_many_questions_are_refused_and_counted(void **state)
{
	struct test *test = *state;
	unsigned int taken = 0;

	ask(test, HANG, 0, "");
	for (unsigned int i = 0; i < 2 * RESOLVER_WAITING_MAX; i++) {
		int result = resolver_ask(test->resolver, ECHO, i, "x", 1);

		assert_true(result == 0 || result == -EAGAIN);
		taken += result == 0;
	}
	assert_true(taken > 0 && taken < RESOLVER_WAITING_MAX);
	assert_int_equal(counters_of(test).refused, 2 * RESOLVER_WAITING_MAX - taken);
	assert_int_equal(counters_of(test).waiting, 1 + taken);
	collect(test, 1 + taken);
	assert_int_equal(counters_of(test).waiting, 0);
	assert_int_equal(counters_of(test).canceled, taken);
}

static void waiting_keeps_the_budget(void **state)
{
	struct test *test = *state;
	uint64_t begin, waited = 0;

	ask(test, HANG, 1, "");
	begin = clock_mono_ns();
	for (int i = 0; i < 1000; i++)
		assert_false(resolver_wait(test->resolver, clock_mono_ns() + NS_PER_MS));
	waited = counters_of(test).waited_ns;
	assert_true(waited > RESOLVER_BUDGET_NS / 2);
	/* each of the waits may end a bit later than wanted: the machine is busy */
	if (clock_mono_ns() - begin < RESOLVER_WINDOW_NS)
		assert_true(waited < 10 * RESOLVER_BUDGET_NS);
	/* when it is used up, it costs nothing any more */
	assert_false(resolver_wait(test->resolver, UINT64_MAX));
	assert_true(counters_of(test).waited_ns - waited <= RESOLVER_BUDGET_NS * 10);
}

static void waiting_ends_when_an_answer_is_there(void **state)
{
	struct test *test = *state;

	ask(test, ECHO, 1, "x");
	/* the worker has to be started first, which may take longer than the budget */
	while (!resolver_wait(test->resolver, UINT64_MAX))
		assert_int_equal(test->count, 0);
	assert_int_equal(resolver_poll(test->resolver, on_answer, test), 1);
	assert_false(resolver_wait(test->resolver, UINT64_MAX));
}

struct asker {
	struct test *test;
	unsigned int left;
};

static void on_answer_ask(void *data, const struct resolver_answer *answer)
{
	struct asker *asker = data;

	on_answer(asker->test, answer);
	if (asker->left-- > 0)
		assert_int_equal(resolver_ask(asker->test->resolver, ECHO, asker->left, "x", 1), 0);
}

static void the_handler_may_ask(void **state)
{
	struct test *test = *state;
	struct asker asker = {test, 20};
	uint64_t end = clock_mono_ns() + PATIENCE_NS;

	ask(test, ECHO, 100, "x");
	while (test->count < 21) {
		assert_true(clock_mono_ns() < end);
		(void)resolver_poll(test->resolver, on_answer_ask, &asker);
	}
	assert_int_equal(test->got[20].ticket, 0);
	assert_int_equal(counters_of(test).waiting, 0);
}

static void many_deaths_leave_nothing_behind(void **state)
{
	struct test *test = *state;
	size_t descriptors;

	assert_works(test, 1);
	descriptors = count_descriptors();
	for (unsigned int i = 0; i < 3; i++)
		assert_goes_wrong(test, CRASH, -ECONNABORTED);
	assert_int_equal(count_descriptors(), descriptors);
}

static void it_ends_while_a_worker_hangs(void **state)
{
	struct test *test = *state;

	ask(test, HANG, 1, "");
	ask(test, OTHER_LANE, 2, "");
	collect(test, 1); /* the teardown asserts the rest */
}

/* The agent is a process of its own here, so that it can die. */
static void nobody_outlives_the_agent(void **state)
{
	struct resolver_options options = {services, SERVICES, 0};
	struct test *test = calloc(1, sizeof(*test));
	int fds[2];
	int32_t told[3];
	struct err err;
	pid_t agent;
	int status;

	(void)state;
	assert_non_null(test);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(fds), 0);
	agent = fork();
	if (agent == 0) {
		if (resolver_new(&test->resolver, &options, &err) < 0)
			_exit(1);
		ask(test, WHOAMI, 1, "");
		collect(test, 1);
		(void)!write(fds[1], test->got[0].bytes, sizeof(told));
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(fds[0], told, sizeof(told)), sizeof(told));
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(kill(agent, SIGKILL), 0);
	assert_int_equal(waitpid(agent, NULL, 0), agent);
	/* they had closed the writing end, as everything that is not theirs */
	assert_int_equal(read(fds[0], told + 2, 1), 0);
	for (int i = 1; i >= 0; i--) {
		pid_t pid = waitpid(told[i], &status, 0);

		assert_true(pid == told[i] || (i == 0 && errno == ECHILD));
	}
	assert_int_equal(close(fds[0]), 0);
	free(test);
}

int main(void)
{
#define RESOLVER_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		RESOLVER_TEST(answers_come_with_their_tickets_in_order),
		RESOLVER_TEST(workers_are_ready_before_the_first_question),
		RESOLVER_TEST(an_error_of_a_service_is_an_answer_without_bytes),
		RESOLVER_TEST(the_largest_question_and_answer_pass),
		RESOLVER_TEST(a_worker_is_a_grandchild_with_one_descriptor_of_ours),
		RESOLVER_TEST(a_service_that_hangs_is_killed_and_others_go_on),
		RESOLVER_TEST(a_service_that_crashes_is_started_again),
		RESOLVER_TEST(rubbish_is_no_answer),
		RESOLVER_TEST(an_answer_that_comes_late_is_nobodys),
		RESOLVER_TEST(one_lane_does_not_hold_up_another),
		RESOLVER_TEST(a_worker_that_dies_idle_costs_no_answer),
		RESOLVER_TEST(too_many_questions_are_refused_and_counted),
		RESOLVER_TEST(waiting_keeps_the_budget),
		RESOLVER_TEST(waiting_ends_when_an_answer_is_there),
		RESOLVER_TEST(the_handler_may_ask),
		RESOLVER_TEST(many_deaths_leave_nothing_behind),
		RESOLVER_TEST(it_ends_while_a_worker_hangs),
		cmocka_unit_test(nobody_outlives_the_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
