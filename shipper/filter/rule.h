/* SPDX-License-Identifier: BSD-2-Clause */
/* What a compiled rule is. Private to rules*.c. */
#ifndef AUDITSHIP_RULE_H
#define AUDITSHIP_RULE_H

#include "base/faults.h"
#include "decode/lookup.h"
#include "filter/mask.h"
#include "filter/matcher.h"

#include <stddef.h>
#include <stdint.h>

enum rule_decision { RULE_GOES_ON, RULE_KEEP, RULE_DROP, RULE_LIMIT };

struct rule {
	char *name;
	char *text; /* what the rule says, in one form: to tell whether a reload changed it */
	struct place place;
	int first; /* of its conjunctions in the matcher */
	int count;
	int decision; /* enum rule_decision */
	char **tags;
	size_t tag_count;
	struct mask *masks;
	size_t mask_count;
	/* RULE_LIMIT */
	uint64_t events, per_ns;
	char *by;                         /* NULL: all events of the rule count together */
	struct lookup by_rows[REC_KINDS]; /* where by is found */
};

struct rules {
	struct matcher *matcher;
	struct rule *rules;
	size_t count;
	size_t limits;
	uint16_t rule_of[MATCHER_MAX]; /* by conjunction */
	struct bits masking;           /* conjunctions of rules that mask */
};

#endif
