/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of probes that outlive the agent: pinned in bpffs, in a directory of one state directory,
 * where the next agent finds them.
 *
 *   /sys/fs/bpf[/auditship]/auditship_NAME/set_NUMBER/MAP, HOOK_program, HOOK_link, ..., about
 *
 * NAME stands for the state directory. "about" is pinned last and removed first: a set without it
 * is unfinished. One agent at a time has the directory locked. What is there is removed or left,
 * but never believed without a look; nothing there keeps an agent from starting.
 */
#ifndef AUDITSHIP_PINS_H
#define AUDITSHIP_PINS_H

#include "base/err.h"
#include "capture/probes.h"

#include <stddef.h>

#define PINS_ROOT "/sys/fs/bpf"
/* One crash leaves two at most; one after the other, each with other settings and before what waits
 * was read, one more each time. Of more the oldest are given up. */
#define PINS_SETS_MAX 16

struct pins;

enum pins_use {
	PINS_MAKE,   /* the directory is made when it is not there */
	PINS_FIND,   /* -ENOENT when it is not there */
	PINS_REMOVE, /* the same; root may also have those that belong to the owner of state_dir */
};

/*
 * root: PINS_ROOT; a directory auditship in it that is the caller's own goes before it, for an
 * agent that is not root. -EBUSY: another agent has the pins. Any other error: there can be none,
 * and err says what to do.
 */
int pins_open(struct pins **ret_pins, const char *root, const char *state_dir, enum pins_use use,
	      struct err *err);

/* Leaves what is pinned; the directory goes when nothing is. */
void pins_close(struct pins *pins);

const char *pins_directory(const struct pins *pins);

/*
 * The sets that are there, the caller's to close: the oldest first, none but the last can still
 * record. What cannot be used is removed, and told in pins_said.
 */
size_t pins_find(struct pins *pins, struct probes *ret_sets[PINS_SETS_MAX]);

/* Pins an attached set. On failure nothing of it is pinned. */
int pins_save(struct pins *pins, struct probes *probes, struct err *err);

/* The set lives by its descriptors from here on: its links, or all of it. */
void pins_remove_links(struct pins *pins, const struct probes *probes);
void pins_remove(struct pins *pins, const struct probes *probes);

/* Whatever is ours. Returns how many sets there were. */
unsigned int pins_remove_all(struct pins *pins);

/* What was in the way and what became of it, one line each, for people; "": nothing. */
const char *pins_said(const struct pins *pins);

#endif
