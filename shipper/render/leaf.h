/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a document can hold, described: one leaf per path that has a value. Schemas, documentation
 * and index templates are loops over leaves.
 */
#ifndef AUDITSHIP_LEAF_H
#define AUDITSHIP_LEAF_H

#include "decode/value.h"

#include <stdbool.h>
#include <stdint.h>

#define LEAF_MAX 320 /* most of one document */
#define LEAF_CONSTANT_SIZE 72

struct leaf {
	const char *path; /* dotted; "[]" behind a name: that is a list of objects */
	const char *doc;
	const char *pattern; /* of a text that no row writes, a regular expression; NULL: any */
	const char *index;   /* its type in an index; NULL: what its type has there */
	const char *const *names;          /* FIELD_ENUM */
	char constant[LEAF_CONSTANT_SIZE]; /* JSON: the only value there is; "": any */
	uint64_t max;                      /* FIELD_NUMBER */
	enum field_type type;              /* how it is written in JSON */
	uint16_t flags;                    /* enum field_flags */
	bool map;  /* an object of such values, with names of the user's own */
	bool once; /* of the host or the agent: a batch has it once */
};

/*
 * Leaves that no row writes stand beside the code that does, in tables of this struct, which end
 * with one without path. max is not needed there.
 */
static inline bool leaf_ends(const struct leaf *leaf)
{
	return leaf->path == NULL;
}

struct plan_member;

/* A member of a plan that has rows, its path as in the plan. */
struct leaf leaf_of_rows(const struct plan_member *member);

#endif
