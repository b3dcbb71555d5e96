/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A running agent for a test: its directory, its process, what it says, and its trail as events.
 * One harness per test program, made in the group's setup, freed in its teardown. Whatever goes
 * wrong fails the running test with the agent's standard error printed.
 */
#ifndef AUDITSHIP_HARNESS_H
#define AUDITSHIP_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

struct harness;

/* One line of the trail. Owned by the harness until harness_forget. */
struct event {
	pid_t pid;        /* process.pid, 0: none */
	char action[24];  /* event.action */
	const char *text; /* the line, without its line feed */
	yajl_val root;    /* NULL until the first event_get: a busy host makes many lines */
	uint64_t seen_ns; /* CLOCK_BOOTTIME at which the test read the line */
};

struct harness_options {
	const char *events;     /* a list as capture.events has it; NULL: [fork, exec, exit] */
	const char *opens;      /* capture.open.mode; NULL: the default */
	const char *capture;    /* more lines of capture, by two blanks; NULL: none */
	const char *vital_ring; /* size of the ring buffer; NULL: the default */
	const char *bulk_ring;  /* the same; only beside vital_ring */
	const char *binary;     /* another agent than the one that is built; NULL: that one */
	const char *args_max;   /* NULL: the default */
	const char *agent;   /* of its section agent; NULL: nothing of its own but start and stop */
	const char *journal; /* journal.max_size; NULL: 64MiB */
	bool screen;         /* a stdout sink with the format ecs as well */
	const char *rules;   /* the lines of the configuration, or NULL */
	bool keeps;          /* the probes outlive the agent: the test removes them */
	const char *enrich;  /* members of the section, in one line of YAML; NULL: the default */
	/* Called before the agent starts; NULL: there is nothing to prepare. */
	void (*prepare)(const char *dir);
};

/*
 * What main returns at once when the tests cannot run: 77 with a printed reason, or 1 when the
 * environment variable CI is "true". 0: they can.
 */
int harness_cannot_run(void);

/*
 * How many times slower than a usual host this one is: TEST_SLOWDOWN in the environment, as where
 * instructions are emulated, else 1. Deadlines grow by it, loads shrink.
 */
unsigned int harness_slowdown(void);

/* Starts the agent and waits until it says that it watches. NULL: printed why. */
struct harness *harness_new(const struct harness_options *options);

/* Stops the agent if it runs, removes the directory. NULL is fine. */
void harness_free(struct harness *harness);

/* A directory that others may enter; gone with the harness. */
const char *harness_dir(const struct harness *harness);

/* The trail's path. */
const char *harness_trail(const struct harness *harness);

pid_t harness_agent(const struct harness *harness);

/* All the agent has said on standard error so far, terminated. */
const char *harness_log(struct harness *harness);

/* Another configuration: returns when it is in force. */
void harness_reload(struct harness *harness, const struct harness_options *options);

/* A number of the agent's status document, as it is now; 1 for true, 0 for false. Items of lists by
 * their numbers: "rules.0.dropped". */
uint64_t harness_status(struct harness *harness, const char *path);

/* After harness_stop or harness_kill: with the same directories. */
void harness_start_again(struct harness *harness, const struct harness_options *options);

/* kill -9 */
void harness_kill(struct harness *harness);

/* Sends the signal, waits for the end, and fails unless the exit status is 0. */
void harness_stop(struct harness *harness, int signal);

/* The first event of that process and action since harness_forget; waits at most 10 s, 40 s where
 * all is slow. */
const struct event *harness_wait(struct harness *harness, pid_t pid, const char *action);

/* The same, the nth one: 1 is the first. */
const struct event *harness_wait_nth(struct harness *harness, pid_t pid, const char *action,
				     unsigned int nth);

/* Returns once everything that happened before the call is in the trail. */
void harness_settle(struct harness *harness);

/* The same after a storm, without taking its events up; waits at most a minute x slowdown. */
void harness_drain(struct harness *harness);

/*
 * Every event of the trail in its order, parsed, one at a time and without taking it up; take may
 * not keep it.
 */
void harness_read(const struct harness *harness,
		  void (*take)(void *data, const struct event *event), void *data);

/* Events of that process and action now in the trail; pid 0: of all. NULL: every action. */
size_t harness_count(const struct harness *harness, pid_t pid, const char *action);

/* The event at that position since harness_forget, NULL behind the last. */
const struct event *harness_event(const struct harness *harness, size_t index);

/* Waits at most that long for more output of the agent and takes it up. */
void harness_pump(struct harness *harness, int timeout_ms);

/* The lines that came over the stdout sink, parsed; as harness_event. */
const struct event *harness_screen_event(const struct harness *harness, size_t index);

/* Drops the events taken up so far. */
void harness_forget(struct harness *harness);

/* A number after "auditship: LINE" and before the word in the agent's summary; fails if absent. */
uint64_t harness_summary(struct harness *harness, const char *line, const char *before);

/* Group setup and teardown for tests that share one agent with default options. */
int harness_setup(void **state);
int harness_teardown(void **state);
/* Setup of each test. */
int harness_begin(void **state);

#define KERNEL_TEST(name) cmocka_unit_test_setup(name, harness_begin)

/* The value at a dotted path, NULL when there is none. */
yajl_val event_get(const struct event *event, const char *path);
/* These fail the test when the value is absent or of another type. */
const char *event_string(const struct event *event, const char *path);
uint64_t event_number(const struct event *event, const char *path); /* also a decimal string */
uint64_t event_time(const struct event *event, const char *path);   /* ns since 1970 */

uint64_t boot_ns(void);
/* CLOCK_REALTIME - CLOCK_BOOTTIME. */
uint64_t wall_offset_ns(void);

/* Writes a whole file, with mode. Fails the test. */
void write_file(const char *path, const void *data, size_t size, mode_t mode);
/* Copies a file's content. Fails the test. */
void copy_file(const char *from, const char *to, mode_t mode);

#endif
