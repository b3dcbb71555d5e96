/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole of an event as a test expects it: every path with its value. A path that is expected
 * and absent, one that is there and not expected, and a wrong value all fail the test. Setting a
 * path again replaces what was expected before.
 */
#ifndef AUDITSHIP_WANT_H
#define AUDITSHIP_WANT_H

#include "child.h"
#include "facts.h"
#include "harness.h"

#include <sys/stat.h>

struct want;

struct want *want_new(void);

/* The value's JSON text, arrays and objects included, without blanks. */
void want_json(struct want *want, const char *path, const char *json);
void want_string(struct want *want, const char *path, const char *text);
void want_number(struct want *want, const char *path, uint64_t number);
void want_id(struct want *want, const char *path, uint64_t number); /* decimal string */
void want_bool(struct want *want, const char *path, bool value);
/* size bytes of parts, each ended by NUL. */
void want_list(struct want *want, const char *path, const char *parts, size_t size);
/* Inclusive; a number, or with want_id_range a decimal string. */
void want_range(struct want *want, const char *path, uint64_t min, uint64_t max);
void want_id_range(struct want *want, const char *path, uint64_t min, uint64_t max);
/* RFC 3339 with nine digits; the bounds are CLOCK_BOOTTIME and get 10 ms of slack for the clocks.
 */
void want_time(struct want *want, const char *path, uint64_t min_ns, uint64_t max_ns);
void want_absent(struct want *want, const char *path);

/* What every event of this host and agent has. */
void want_envelope(struct want *want, struct harness *harness, const struct event *event);
/* When it happened. */
void want_moment(struct want *want, uint64_t min_ns, uint64_t max_ns);
/* The two, and what else all events have that the agent tells of itself; category and outcome are
 * the caller's. */
struct want *want_of_agent(struct harness *harness, const struct event *event, uint64_t after_ns);
/* The process, as facts read of it say; nothing of its program or its parent. */
void want_process(struct want *want, const struct facts *facts);
void want_capabilities(struct want *want, const struct facts *facts);
/* Linux.cgroup.*, and the unit and slice of systemd that follow from the path. */
void want_cgroup(struct want *want, const struct facts *facts);
/* executable, name, args, args_count, command_line under "process" or "process.parent". */
void want_program(struct want *want, const char *under, const struct facts *facts);
void want_parent(struct want *want, const struct facts *parent);
void want_creator(struct want *want, const struct facts *creator);
/* What the process ran before an exec; NULL: nothing is known of that. */
void want_previous(struct want *want, const struct facts *previous);

/* A fork event: the child is a copy of parent with an id and start time of its own. */
struct want *want_fork(struct harness *harness, const struct event *event,
		       const struct facts *parent, const struct child *child);
/* An exec event of a child of parent that now runs the file at path. */
struct want *want_exec(struct harness *harness, const struct event *event,
		       const struct facts *facts, const char *path);
/* The end of a child that was reaped; facts as they were before. */
struct want *want_exit(struct harness *harness, const struct event *event,
		       const struct facts *facts, const struct child *child);
/* The parent of the two above is the test itself, unless told otherwise by want_parent. */

/*
 * Bytes written to block devices, by wait4's figure. What a file system accounts when the files of
 * the process are closed, behind the probe, is in wait4's only: some pages, seen about once in 50.
 */
void want_written(struct want *want, uint64_t bytes);

/* event.action and what goes with it; category and type are JSON. */
void want_kind(struct want *want, const char *category, const char *action, const char *type);
/* The process of a child of the test, with its program and its parent: what most events say. */
void want_child(struct want *want, const struct facts *facts);
/* A system call by its name, and its result: a descriptor, or -errno. */
void want_call(struct want *want, const char *name, long result);
/* file.path, file.name and file.directory. */
void want_path(struct want *want, const char *path);
/* file.*: what stat(2) says of it. */
void want_stat(struct want *want, const struct stat *stat);

/* file.* of a binary and Linux.exec.deleted and so on as for a plain one. */
void want_file(struct want *want, const char *path, const struct stat *stat);

/* Compares, prints every difference, frees want, and fails the test if there were any. */
void want_check(struct want *want, struct harness *harness, const struct event *event);

/*
 * The whole life of a child of the test: starts the program, checks that its fork, exec and exit
 * are told rightly, once each. adjust (may be NULL) changes what is expected of an event.
 */
struct life {
	struct program program;
	const char *executable; /* path expected; NULL: program.path */
	int exit_code;          /* expected */
	int kill_signal;        /* ends it instead; 0: it is let go */
	void (*adjust)(struct want *want, const char *action, const struct life *life);
	const void *data; /* for adjust */
	struct child child;
	struct facts facts;
	const struct event *event; /* the one that adjust is for */
};
void check_life(struct harness *harness, struct life *life);

#endif
