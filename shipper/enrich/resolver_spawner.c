/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the life of the worker processes: forks them, kills them, reaps them. The spawner has one
 * thread and no state beside, so its fork is safe at any time; the agent's would not be. A worker
 * reads a question, has a service answer it, writes the answer. Neither logs, and neither outlives
 * the agent: end of file on the control socket ends the spawner, and the death of the parent ends
 * each of them in any case.
 */
#include "enrich/resolver_spawner.h"

#include "base/clock.h"
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET_FD 3    /* the only descriptor beside the standard ones, after own_descriptors */
#define WORKERS_MAX 16 /* one per lane, the rest cannot be killed: they hang inside the kernel */
#define REAP_NS (200 * NS_PER_MS)

struct worker {
	pid_t pid; /* 0: none */
	uint32_t lane;
	bool killed;
};

struct spawner {
	const struct resolver_spawner *options;
	struct worker workers[WORKERS_MAX];
	int signal_fd;
};

/* The parent may have died before prctl: then its signal never comes. */
static void die_with_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* Standard input and output are nobody's, standard error stays, fd becomes SOCKET_FD, and all else
 * is closed. */
static void own_descriptors(int fd)
{
	int null_fd;

	if (fd != SOCKET_FD && dup2(fd, SOCKET_FD) < 0)
		_exit(1);
	(void)syscall(SYS_close_range, SOCKET_FD + 1, ~0U, 0);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd >= 0) {
		(void)dup2(null_fd, STDIN_FILENO);
		(void)dup2(null_fd, STDOUT_FILENO);
		(void)close(null_fd);
	}
}

/* What a terminal or a service manager sends to all is for the agent, which ends us in time. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
}

static int reply(const struct resolver_reply *head, const struct buf *out)
{
	struct iovec parts[] = {{(void *)head, sizeof(*head)}, {out->data, head->size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t sent;

	do
		sent = sendmsg(SOCKET_FD, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int answer(const struct resolver_spawner *options, const struct resolver_question *question,
		  struct buf *out)
{
	struct resolver_reply head = {.number = question->number, .status = -ENOENT};
	const struct resolver_service *service;

	buf_clear(out);
	if (question->service < options->count) {
		service = &options->services[question->service];
		head.status = service->answer(service->data, question + 1, question->size, out);
	}
	if (head.status > 0)
		head.status = -EPROTO;
	if (head.status == 0)
		head.size = (uint32_t)out->length;
	return reply(&head, out);
}

static _Noreturn void run_worker(const struct resolver_spawner *options, pid_t parent, int fd)
{
	static _Alignas(struct resolver_question) char
		packet[sizeof(struct resolver_question) + RESOLVER_QUESTION_MAX];
	const struct resolver_question *question = (const void *)packet;
	struct buf out;
	sigset_t none;

	die_with_parent(parent);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_NAME, "auditship:help");
	own_descriptors(fd);
	buf_init(&out, RESOLVER_ANSWER_MAX);
	for (;;) {
		ssize_t size = recv(SOCKET_FD, packet, sizeof(packet), 0);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < (ssize_t)sizeof(*question) ||
		    (size_t)size != sizeof(*question) + question->size ||
		    answer(options, question, &out) < 0)
			_exit(0);
	}
}

static void kill_lane(struct spawner *spawner, uint32_t lane)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct worker *worker = &spawner->workers[i];

		if (!worker->pid || worker->killed || worker->lane != lane)
			continue;
		/* a child of ours, not reaped yet: nobody else can have that pid */
		(void)kill(worker->pid, SIGKILL);
		worker->killed = true;
	}
}

static void reap(struct spawner *spawner)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (size_t i = 0; i < WORKERS_MAX; i++)
			if (spawner->workers[i].pid == pid)
				spawner->workers[i] = (struct worker){0};
}

/* The agent sees end of file when none can be started. */
static void start_worker(struct spawner *spawner, uint32_t lane, int fd)
{
	struct worker *worker = spawner->workers;
	pid_t self = getpid();

	while (worker < spawner->workers + WORKERS_MAX && worker->pid)
		worker++;
	if (worker == spawner->workers + WORKERS_MAX)
		return;
	worker->pid = fork();
	if (worker->pid == 0)
		run_worker(spawner->options, self, fd);
	if (worker->pid < 0)
		worker->pid = 0;
	worker->lane = lane;
	worker->killed = false;
}

/* Negative: the agent has gone. */
static int take_order(struct spawner *spawner)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct resolver_order order;
	struct iovec part = {&order, sizeof(order)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(SOCKET_FD, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	const struct cmsghdr *rights = size >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd = -1;

	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	if (size == (ssize_t)sizeof(order))
		kill_lane(spawner, order.lane);
	if (size == (ssize_t)sizeof(order) && fd >= 0)
		start_worker(spawner, order.lane, fd);
	if (fd >= 0)
		(void)close(fd);
	return size == 0 ? -EPIPE : 0;
}

static bool has_workers(const struct spawner *spawner)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (spawner->workers[i].pid)
			return true;
	return false;
}

/* One that hangs inside the kernel is left to init. */
static _Noreturn void end_all(struct spawner *spawner)
{
	struct pollfd child = {.fd = spawner->signal_fd, .events = POLLIN};
	uint64_t deadline_ns = clock_mono_ns() + REAP_NS;
	struct signalfd_siginfo info;

	for (uint32_t lane = 0; lane < RESOLVER_LANES; lane++)
		kill_lane(spawner, lane);
	for (;;) {
		unsigned int left_ms = clock_left_ms(deadline_ns);

		reap(spawner);
		if (!has_workers(spawner) || left_ms == 0)
			_exit(0);
		if (poll(&child, 1, (int)left_ms) > 0)
			(void)!read(spawner->signal_fd, &info, sizeof(info));
	}
}

_Noreturn void resolver_spawner_run(const struct resolver_spawner *options)
{
	struct spawner spawner = {.options = options};
	struct signalfd_siginfo info;
	struct pollfd fds[2];
	sigset_t set;

	die_with_parent(options->agent);
	confine_rest();
	(void)prctl(PR_SET_NAME, "auditship:spawn");
	ignore_signals();
	own_descriptors(options->control_fd);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	spawner.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	fds[0] = (struct pollfd){.fd = SOCKET_FD, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = spawner.signal_fd, .events = POLLIN};
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (read(spawner.signal_fd, &info, sizeof(info)) > 0)
			reap(&spawner);
		if (fds[0].revents && take_order(&spawner) < 0)
			end_all(&spawner);
	}
}
