/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks a helper process what may block or what reads hostile files. The one who asks never waits
 * longer than its budget; a helper that hangs is killed and started again.
 *
 *   agent -- control socket --> spawner (forked by resolver_new, one thread, does nothing else)
 *     \                            | forks
 *      `-- one socket per lane --> worker (runs the services of its lane, one question at a time)
 *
 * resolver_new belongs before the first thread and before any descriptor that must not be
 * inherited. Then one thread owns the resolver.
 */
#ifndef AUDITSHIP_RESOLVER_H
#define AUDITSHIP_RESOLVER_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVER_QUESTION_MAX 4096
#define RESOLVER_ANSWER_MAX (64 * 1024)
#define RESOLVER_SERVICES_MAX 16
#define RESOLVER_LANES 4
#define RESOLVER_WAITING_MAX 256 /* questions of one lane that wait for an answer */

#define RESOLVER_BUDGET_NS (20 * NS_PER_MS) /* resolver_wait waits that long... */
#define RESOLVER_WINDOW_NS NS_PER_S         /* ... at most in any time span of this length */

/*
 * Runs in a worker. answer: 0 or a negative errno, which the one who asked gets as status; out has
 * the limit RESOLVER_ANSWER_MAX. Whatever the worker keeps in data is gone when it is killed, so
 * data is a cache at best. What happens to data in the agent after resolver_new, no worker sees.
 */
struct resolver_service {
	const char *name;
	int (*answer)(void *data, const void *question, size_t size, struct buf *out);
	void *data;
	unsigned int lane; /* below RESOLVER_LANES: those that hang hold up their own lane only */
};

struct resolver_options {
	const struct resolver_service *services; /* copied; the number of one is its index */
	size_t count;
	uint64_t deadline_ns; /* for each question, from when the worker gets at it; 0: 2 s */
};

struct resolver;

/* Forks the spawner, which starts a worker for each lane that has a service. */
int resolver_new(struct resolver **ret_resolver, const struct resolver_options *options,
		 struct err *err);
/* Ends the processes; takes well under a second even when a worker hangs. */
void resolver_free(struct resolver *resolver);

/*
 * Never blocks. 0: resolver_poll will hand over exactly one answer with this ticket. -EAGAIN: too
 * many wait, or the worker is not to be started again yet; counted as refused. -EMSGSIZE: the
 * question is larger than RESOLVER_QUESTION_MAX. -ENOENT: there is no such service.
 */
int resolver_ask(struct resolver *resolver, unsigned int service, uint64_t ticket,
		 const void *question, size_t size);

struct resolver_answer {
	unsigned int service;
	uint64_t ticket;
	/*
	 * Of the service; or -ETIMEDOUT: it took too long; -ECONNABORTED: the worker died of it or
	 * answered rubbish; -ECANCELED: another question of the lane had that effect.
	 */
	int status;
	const char *bytes; /* whatever the worker read in hostile files: to be checked */
	size_t size;
};
typedef void resolver_handler(void *data, const struct resolver_answer *answer);

/*
 * Hands over the answers that are there, keeps the deadlines. Returns how many. Costs no system
 * call when nothing was asked. The handler may ask, but not poll or wait.
 */
int resolver_poll(struct resolver *resolver, resolver_handler *handler, void *data);

/*
 * Waits until an answer is there, until_ns of CLOCK_MONOTONIC has come, or the budget is used up.
 * True: it is worth to poll. False: there is nothing, and nothing may be waited for any longer.
 */
bool resolver_wait(struct resolver *resolver, uint64_t until_ns);

/* Readable when an answer that is waited for is there; deadlines need a poll besides. For tests. */
int resolver_fd(const struct resolver *resolver);

struct resolver_counters {
	uint64_t asked;     /* = answered + timed_out + aborted + canceled + waiting */
	uint64_t answered;  /* by a service, be it with an error */
	uint64_t timed_out; /* questions a worker was killed for */
	uint64_t aborted;   /* questions a worker died of, or answered with rubbish */
	uint64_t canceled;  /* questions that waited behind one of those */
	uint64_t waiting;
	uint64_t refused;   /* were not taken */
	uint64_t starts;    /* of workers */
	uint64_t waited_ns; /* by resolver_wait, in total */
};
void resolver_counters(const struct resolver *resolver, struct resolver_counters *ret_counters);

#endif
