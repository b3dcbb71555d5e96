/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the agent's side of the helper process: which questions wait, how long the one at work has
 * been, how long was waited for answers, when a worker may be started again. A lane's socket is the
 * queue; a worker answers in the order of the questions, so the oldest is the one at work. Knows
 * nothing of what is asked.
 */
#include "enrich/resolver.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/io.h"
#include "enrich/resolver_spawner.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_NS (2 * NS_PER_S)
#define END_MS 1000 /* patience with the spawner, which ends by itself */
#define WAITS_MAX 64

struct question {
	uint64_t number, ticket;
	uint32_t service;
};

/* A ring of questions, the oldest at first. */
struct lane {
	int fd; /* -1: there is no worker */
	bool broken;
	struct question questions[RESOLVER_WAITING_MAX];
	size_t first, count;
	uint64_t work_since_ns; /* of the oldest */
	uint64_t started_ns;    /* the worker */
	uint64_t not_before_ns; /* no worker is started until then */
	struct backoff backoff;
};

/* One wait that may still weigh on the budget. */
struct wait {
	uint64_t end_ns, spent_ns;
};

struct resolver {
	struct resolver_spawner spawner;
	pid_t pid;
	int control_fd, epoll_fd;
	uint64_t deadline_ns, next_number;
	struct lane lanes[RESOLVER_LANES];
	struct wait waits[WAITS_MAX];
	size_t next_wait;
	struct resolver_counters counters;
	_Alignas(struct resolver_reply) char packet[sizeof(struct resolver_reply) +
						    RESOLVER_ANSWER_MAX];
};

static int fork_spawner(struct resolver *resolver)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	resolver->spawner.control_fd = fds[1];
	resolver->spawner.agent = getpid();
	resolver->control_fd = fds[0];
	resolver->pid = fork();
	if (resolver->pid == 0)
		resolver_spawner_run(&resolver->spawner);
	(void)close(fds[1]);
	return resolver->pid < 0 ? -errno : 0;
}

/* The spawner ends when its socket does; one that was stopped has to be killed. */
static void end_spawner(pid_t pid)
{
	struct pollfd process = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (process.fd < 0 || poll(&process, 1, END_MS) <= 0)
		(void)kill(pid, SIGKILL);
	io_close(process.fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	for (size_t i = 0; i < RESOLVER_LANES; i++)
		io_close(resolver->lanes[i].fd);
	/* another child of the agent may hold a copy: the end has to be told */
	if (resolver->control_fd >= 0)
		(void)shutdown(resolver->control_fd, SHUT_RDWR);
	io_close(resolver->control_fd);
	io_close(resolver->epoll_fd);
	if (resolver->pid > 0)
		end_spawner(resolver->pid);
	free(resolver);
}

/* Hands the worker's end to the spawner; -1: only kills the worker that is there. */
static int order_worker(const struct resolver *resolver, uint32_t lane, int fd)
{
	struct resolver_order order = {.lane = lane};
	struct iovec part = {&order, sizeof(order)};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *rights;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	}
	return sendmsg(resolver->control_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno
											: 0;
}

static int start_worker(struct resolver *resolver, unsigned int number)
{
	struct lane *lane = &resolver->lanes[number];
	struct epoll_event event = {.events = EPOLLIN};
	int fds[2], result;

	if (clock_mono_ns() < lane->not_before_ns)
		return -EAGAIN;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	result = order_worker(resolver, number, fds[1]);
	if (result == 0 && epoll_ctl(resolver->epoll_fd, EPOLL_CTL_ADD, fds[0], &event) < 0)
		result = -errno;
	(void)close(fds[1]);
	if (result < 0) {
		(void)close(fds[0]);
		return result;
	}
	lane->fd = fds[0];
	lane->started_ns = clock_mono_ns();
	resolver->counters.starts++;
	return 0;
}

/* So that the first question of a lane need not wait for its worker. */
static int start_lane(struct resolver *resolver, unsigned int number)
{
	return resolver->lanes[number].fd < 0 ? start_worker(resolver, number) : 0;
}

int resolver_new(struct resolver **ret_resolver, const struct resolver_options *options,
		 struct err *err)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));
	int result = 0;

	if (!resolver)
		return err_set(err, -ENOMEM, "no memory for the helper process");
	assert(options->count <= RESOLVER_SERVICES_MAX);
	for (size_t i = 0; i < options->count; i++)
		assert(options->services[i].lane < RESOLVER_LANES);
	memcpy(resolver->spawner.services, options->services,
	       options->count * sizeof(*options->services));
	resolver->spawner.count = options->count;
	resolver->deadline_ns = options->deadline_ns ? options->deadline_ns : DEADLINE_NS;
	resolver->control_fd = -1;
	for (size_t i = 0; i < RESOLVER_LANES; i++) {
		resolver->lanes[i].fd = -1;
		backoff_init(&resolver->lanes[i].backoff, clock_mono_ns() + i);
	}
	resolver->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	result = resolver->epoll_fd < 0 ? -errno : fork_spawner(resolver);
	for (size_t i = 0; result == 0 && i < options->count; i++)
		result = start_lane(resolver, options->services[i].lane);
	if (result < 0) {
		resolver_free(resolver);
		return err_set(err, result, "cannot start the helper process: %s",
			       strerror(-result));
	}
	*ret_resolver = resolver;
	return 0;
}

/* A worker that has done well for long may be started again at once. */
static void kill_worker(struct resolver *resolver, unsigned int number)
{
	struct lane *lane = &resolver->lanes[number];
	uint64_t now = clock_mono_ns();

	(void)close(lane->fd);
	(void)order_worker(resolver, number, -1); /* fails when the spawner, and so it, has gone */
	lane->fd = -1;
	lane->broken = false;
	if (now - lane->started_ns > BACKOFF_MAX_MS * NS_PER_MS)
		backoff_reset(&lane->backoff);
	lane->not_before_ns = now + backoff_next_ms(&lane->backoff) * NS_PER_MS;
}

static int send_question(struct lane *lane, const struct resolver_question *head,
			 const void *question)
{
	struct iovec parts[] = {{(void *)head, sizeof(*head)}, {(void *)question, head->size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	if (sendmsg(lane->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	lane->broken = errno == EPIPE || errno == ECONNRESET; /* the next poll sees to it */
	return -errno;
}

static bool give_question(struct resolver *resolver, const struct resolver_question *head,
			  const void *question)
{
	unsigned int number = resolver->spawner.services[head->service].lane;
	struct lane *lane = &resolver->lanes[number];

	if (lane->count == RESOLVER_WAITING_MAX || lane->broken ||
	    (lane->fd < 0 && start_worker(resolver, number) < 0))
		return false;
	if (send_question(lane, head, question) == 0)
		return true;
	if (lane->broken && lane->count == 0)
		kill_worker(resolver, number); /* it died idle: no question has to be told of it */
	return false;
}

int resolver_ask(struct resolver *resolver, unsigned int service, uint64_t ticket,
		 const void *question, size_t size)
{
	struct resolver_question head = {.service = service, .size = (uint32_t)size};
	struct lane *lane;

	if (service >= resolver->spawner.count)
		return -ENOENT;
	if (size > RESOLVER_QUESTION_MAX)
		return -EMSGSIZE;
	lane = &resolver->lanes[resolver->spawner.services[service].lane];
	head.number = resolver->next_number + 1;
	if (!give_question(resolver, &head, question)) {
		resolver->counters.refused++;
		return -EAGAIN;
	}
	if (lane->count == 0)
		lane->work_since_ns = clock_mono_ns();
	lane->questions[(lane->first + lane->count++) % RESOLVER_WAITING_MAX] =
		(struct question){++resolver->next_number, ticket, service};
	resolver->counters.asked++;
	resolver->counters.waiting++;
	return 0;
}

static struct question take_oldest(struct resolver *resolver, struct lane *lane)
{
	struct question question = lane->questions[lane->first];

	lane->first = (lane->first + 1) % RESOLVER_WAITING_MAX;
	lane->count--;
	resolver->counters.waiting--;
	lane->work_since_ns = clock_mono_ns();
	return question;
}

static void hand_over(const struct question *question, int status, resolver_handler *handler,
		      void *data)
{
	struct resolver_answer answer = {
		.service = question->service,
		.ticket = question->ticket,
		.status = status,
	};

	handler(data, &answer);
}

/* The oldest question is the one that the worker was at. The handler may ask: that comes behind. */
static int fail_lane(struct resolver *resolver, unsigned int number, int status,
		     resolver_handler *handler, void *data)
{
	struct lane *lane = &resolver->lanes[number];
	size_t count = lane->count;

	kill_worker(resolver, number);
	for (size_t i = 0; i < count; i++) {
		struct question question = take_oldest(resolver, lane);

		if (i > 0)
			resolver->counters.canceled++;
		else if (status == -ETIMEDOUT)
			resolver->counters.timed_out++;
		else
			resolver->counters.aborted++;
		hand_over(&question, i > 0 ? -ECANCELED : status, handler, data);
	}
	return (int)count;
}

/* What a worker says is not to be trusted: it has read hostile files. */
static bool reply_is_good(const struct resolver *resolver, const struct lane *lane, ssize_t size)
{
	const struct resolver_reply *reply = (const void *)resolver->packet;

	return lane->count > 0 && size >= (ssize_t)sizeof(*reply) &&
	       (size_t)size <= sizeof(resolver->packet) &&
	       (size_t)size == sizeof(*reply) + reply->size &&
	       reply->number == lane->questions[lane->first].number && reply->status <= 0 &&
	       reply->status > -4096;
}

static void take_reply(struct resolver *resolver, struct lane *lane, resolver_handler *handler,
		       void *data)
{
	const struct resolver_reply *reply = (const void *)resolver->packet;
	struct question question = take_oldest(resolver, lane);
	struct resolver_answer answer = {
		.service = question.service,
		.ticket = question.ticket,
		.status = reply->status,
		.bytes = (const char *)(reply + 1),
		.size = reply->size,
	};

	resolver->counters.answered++;
	handler(data, &answer);
}

/* A bounded number, for the handler may ask again. */
static int poll_lane(struct resolver *resolver, unsigned int number, resolver_handler *handler,
		     void *data)
{
	struct lane *lane = &resolver->lanes[number];
	int count = 0;

	while (count <= RESOLVER_WAITING_MAX) {
		ssize_t size = recv(lane->fd, resolver->packet, sizeof(resolver->packet),
				    MSG_DONTWAIT | MSG_TRUNC);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0 && errno == EAGAIN)
			break;
		if (!reply_is_good(resolver, lane, size))
			return count + fail_lane(resolver, number, -ECONNABORTED, handler, data);
		take_reply(resolver, lane, handler, data);
		count++;
	}
	if (lane->count > 0 && clock_mono_ns() - lane->work_since_ns > resolver->deadline_ns)
		count += fail_lane(resolver, number, -ETIMEDOUT, handler, data);
	return count;
}

int resolver_poll(struct resolver *resolver, resolver_handler *handler, void *data)
{
	bool waiting = resolver->counters.waiting > 0;
	int count = 0;

	for (unsigned int i = 0; i < RESOLVER_LANES; i++)
		if (resolver->lanes[i].fd >= 0 && (waiting || resolver->lanes[i].broken))
			count += poll_lane(resolver, i, handler, data);
	return count;
}

/* Of the waits that the window still holds, each with all its length. */
static uint64_t budget_left_ns(const struct resolver *resolver, uint64_t now)
{
	uint64_t spent = 0;

	if (resolver->waits[resolver->next_wait].end_ns + RESOLVER_WINDOW_NS > now &&
	    resolver->waits[resolver->next_wait].end_ns)
		return 0; /* more waits than are kept in mind */
	for (size_t i = 0; i < WAITS_MAX; i++)
		if (resolver->waits[i].end_ns + RESOLVER_WINDOW_NS > now)
			spent += resolver->waits[i].spent_ns;
	return spent < RESOLVER_BUDGET_NS ? RESOLVER_BUDGET_NS - spent : 0;
}

bool resolver_wait(struct resolver *resolver, uint64_t until_ns)
{
	struct pollfd answers = {.fd = resolver->epoll_fd, .events = POLLIN};
	uint64_t start = clock_mono_ns(), end;
	uint64_t left = budget_left_ns(resolver, start);
	struct timespec timeout;
	int ready;

	if (resolver->counters.waiting == 0)
		return false;
	if (until_ns <= start)
		left = 0;
	else if (until_ns - start < left)
		left = until_ns - start;
	timeout.tv_sec = 0;
	timeout.tv_nsec = (long)left; /* below a second, as the budget is */
	ready = ppoll(&answers, 1, &timeout, NULL);
	if (left == 0)
		return ready > 0;
	end = clock_mono_ns();
	resolver->waits[resolver->next_wait] = (struct wait){end, end - start};
	resolver->next_wait = (resolver->next_wait + 1) % WAITS_MAX;
	resolver->counters.waited_ns += end - start;
	return ready > 0;
}

int resolver_fd(const struct resolver *resolver)
{
	return resolver->epoll_fd;
}

void resolver_counters(const struct resolver *resolver, struct resolver_counters *ret_counters)
{
	*ret_counters = resolver->counters;
}
