/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which events the rules drop whatever else they say, so that the probes can: by kind and effective
 * user, which both sides know exactly. A copy, made once: it needs the rules no longer.
 */
#ifndef AUDITSHIP_RULES_PUSH_H
#define AUDITSHIP_RULES_PUSH_H

#include "filter/rules.h"
#include "record.h"
#include "shared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULES_PUSH_WHY_MAX 192

struct rules_push_rule {
	char *name;
	char *text;     /* what the rule says: the same name and text are the same rule */
	bool in_kernel; /* the probes drop all that the rule drops */
	bool in_part;   /* they drop something of it */
	uint32_t slot;  /* in_kernel or in_part: that of its entries */
	char why_not[RULES_PUSH_WHY_MAX]; /* not in_kernel */
};

/* Of one kind and user there is one entry at most. */
struct rules_push {
	struct rec_filter_rule entries[REC_FILTER_RULES];
	size_t entry_count;
	struct rules_push_rule *rules; /* in order, all of them */
	size_t rule_count;
};

/* kinds: that are recorded, bits 1 << enum rec_kind. 0 or -ENOMEM. */
int rules_push_new(struct rules_push **ret_push, const struct rules *rules, uint32_t kinds);
void rules_push_free(struct rules_push *push);

/* The kinds of which the probes drop those by this effective user, bits 1 << enum rec_kind. */
uint32_t rules_push_kinds(const struct rules_push *push, uint32_t user);

#endif
