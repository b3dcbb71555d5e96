/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes secrets out of arguments. Private to filter/. What a pattern hides is told in
 * docs/rules.md: the part that its *** (or else its last *) stands for; "A B" has B hide in the
 * argument behind one that matches A. An argument is looked at word by word too, as a shell command
 * line.
 */
#ifndef AUDITSHIP_MASK_H
#define AUDITSHIP_MASK_H

#include "filter/glob.h"
#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MASK_TEXT "***"

struct mask {
	struct glob flag, value; /* of "A B": A and B; else flag has no units */
	size_t secret; /* the unit of value that stands for the secret, the last of them */
	size_t before; /* units of value before the secret */
	bool has_flag;
	bool floats; /* value starts with a run that is not the secret itself */
	bool spaced; /* value asks for white space: not for single words */
};

/* 0, -EINVAL with *ret_why (a constant), or -ENOMEM. */
int mask_compile(struct mask *mask, const char *pattern, size_t length, const char **ret_why);
void mask_done(struct mask *mask);

/* Arguments, each ended by NUL, a cut one at the end without; and what is to be hidden in them. */
struct mask_work {
	const char *bytes;
	size_t length;
	bool cut;
	uint8_t *marks; /* length bytes, 0: shown */
	bool any;
};

/* Marks what the mask hides. */
void mask_mark(const struct mask *mask, struct mask_work *work);

/*
 * Writes the arguments with *** for every run of marks, at most room bytes. Returns the bytes
 * written; *ret_cut tells that there was no room for all.
 */
size_t mask_write(const struct mask_work *work, char *out, size_t room, bool *ret_cut);

#endif
