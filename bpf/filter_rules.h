/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the rules of the configuration drop, as far as an event's kind and effective user decide it.
 * Plain memory, nothing of the kernel: it runs in tests on the host as well.
 */
#ifndef AUDITSHIP_FILTER_RULES_H
#define AUDITSHIP_FILTER_RULES_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "shared.h"

/* The slot of the rule that drops it, REC_FILTER_RULES: none does. */
static __always_inline __u32 filter_rules_find(const struct rec_filter_set *set, __u32 kind,
					       __u32 user)
{
	for (int i = 0; i < REC_FILTER_RULES; i++) {
		const struct rec_filter_rule *rule = &set->rules[i];

		if (!rule->kinds)
			break;
		if ((rule->kinds >> (kind & 31) & 1) && user >= rule->first && user <= rule->last)
			return rule->slot;
	}
	return REC_FILTER_RULES;
}

#endif
