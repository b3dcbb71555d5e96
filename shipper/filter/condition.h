/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question about one event, compiled once: a sink's `when:`, an option of `watch`. The rules are
 * many of these in one matcher (rules.h). What YAML means is told in docs/rules.md. Everything
 * here is immutable after it was made and may be used by any number of threads; matching allocates
 * nothing and takes time in proportion to the text it looks at.
 */
#ifndef AUDITSHIP_CONDITION_H
#define AUDITSHIP_CONDITION_H

#include "base/err.h"
#include "base/faults.h"
#include "base/yaml.h"
#include "decode/entry.h"

#include <stdbool.h>
#include <stddef.h>

struct condition;

/*
 * Compiles the value of a `when:`. All that is wrong with it goes to faults with its place. 0,
 * -EINVAL (told in faults) or -ENOMEM. The nodes are not needed afterwards.
 */
int condition_compile(struct condition **ret_condition, const struct yaml_node *when,
		      struct faults *faults);

/* One test of one field, as an option on the command line makes it. */
enum condition_operator {
	CONDITION_IS,     /* exact, or a glob when text holds * ? or [ */
	CONDITION_NOT,    /* the opposite, of events that have the field */
	CONDITION_MIN,    /* a number; with a unit where the field has one: "100ms" */
	CONDITION_MAX,    /* the same */
	CONDITION_CIDR,   /* "10.0.0.0/8" */
	CONDITION_EXISTS, /* text: "true" or "false" */
};

struct condition_term {
	/* terms of one alternative must all hold; any alternative does; 0 first, without gaps */
	unsigned int alternative;
	const char *field;                /* dotted path */
	enum condition_operator operator; /* several IS of one field: any of them holds */
	const char *text;
};

/* The same from code; without terms it always holds. -EINVAL with err naming the field and what
 * would be right, or -ENOMEM. */
int condition_build(struct condition **ret_condition, const struct condition_term *terms,
		    size_t count, struct err *err);

void condition_free(struct condition *condition);

/* event: as entry_parse gives it. */
bool condition_matches(const struct condition *condition, const struct event *event);

#endif
