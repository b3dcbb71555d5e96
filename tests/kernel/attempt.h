/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One system call that names a file, made by a child of the test, and the whole of the event that
 * tells it. The child stands still afterwards until the test has looked at it, and ends.
 */
#ifndef AUDITSHIP_ATTEMPT_H
#define AUDITSHIP_ATTEMPT_H

#include "child.h"
#include "harness.h"
#include "want.h"

#include <sys/stat.h>
#include <sys/syscall.h>

/* event.type of opens that are more than an access. */
#define CHANGE "[\"access\",\"change\"]"
#define CREATION "[\"creation\"]"

/* What the child found; in memory that both have. */
struct outcome {
	long result; /* as the kernel returned it: a descriptor, or -errno */
	uint64_t before_ns, after_ns;
	struct stat stat; /* of the descriptor */
};

struct attempt {
	int (*prepare)(const struct attempt *attempt); /* before it: 0 or -errno; may be NULL */
	long (*call)(const struct attempt *attempt);
	const char *argument; /* for both */
	int descriptor;       /* the same */
	unsigned long clone_flags;

	/* the event */
	const char *action;  /* NULL: open */
	const char *type;    /* JSON; NULL: ["access"] */
	const char *syscall; /* NULL: openat */
	int error;           /* 0: the call succeeds */
	const char *path;    /* file.path, NULL: none */
	const char *given;   /* as given, NULL: absent */
	const char *directory;
	const char *flags; /* JSON list, NULL: ["O_RDONLY"] */
	uint64_t flags_raw;
	void (*adjust)(struct want *want, const struct attempt *attempt); /* may be NULL */

	struct outcome *outcome;
	struct child child;
	struct facts facts;
};

/*
 * An agent that keeps opens of the test and its children only: the host may be busy with many
 * others. Takes the rules of the options for that.
 */
struct harness *attempt_start(const struct harness_options *options);

/* Group setup: such an agent, which records every open and failed exec. */
int attempt_setup(void **state);

/*
 * A path below the directory of the test's agent, valid until the next call; and one with a file
 * of a few bytes.
 */
const char *in_dir(void **state, const char *name);
const char *plain_file(void **state);

/* Makes the call and checks its event, which is an open's. */
void check_open(struct harness *harness, struct attempt *attempt);
/* The same of an exec that fails. */
void check_exec_failed(struct harness *harness, struct attempt *attempt);
/* Makes the call and checks that nothing tells it. */
void check_silence(struct harness *harness, struct attempt *attempt);

/* The call itself, past the C library: result or -errno. */
#ifdef SYS_open
#define RAW_OPEN "open"
#else /* arm64 */
#define RAW_OPEN "openat"
#endif
long raw_open(const char *path, int flags, unsigned int mode);
long raw_openat(int place, const char *path, int flags, unsigned int mode);

#endif
