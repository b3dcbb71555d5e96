/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of the configuration: what happens to an event before the journal has it. Rules in
 * order: the first keep, drop or limit that matches decides; the tags of rules before it are put
 * on; what any matching mask rule hides is hidden wherever the rule stands. Events that the shipper
 * makes itself (losses, limits) pass no rule.
 *
 * struct rules is the compiled text: immutable, for any thread. struct rules_state is what running
 * them needs (counters, windows of limits): of the collect thread, counters readable by any thread.
 */
#ifndef AUDITSHIP_RULES_H
#define AUDITSHIP_RULES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/faults.h"
#include "base/json_read.h"
#include "base/yaml.h"
#include "decode/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULES_MAX 256
#define RULES_NAME_MAX 64

struct rules;

/*
 * Compiles the value of `rules:` (NULL: there are none). All that is wrong with it goes to faults
 * with its place. 0, -EINVAL (told in faults) or -ENOMEM. The nodes are not needed afterwards.
 */
int rules_compile(struct rules **ret_rules, const struct yaml_node *list, struct faults *faults);
void rules_free(struct rules *rules);

size_t rules_count(const struct rules *rules);
const char *rules_name(const struct rules *rules, size_t index);

/* Adds what is allowed but probably not meant, each with its place: what can never match, and a
 * drop that asks for nothing but what a process, or who starts it, can choose. */
void rules_warnings(const struct rules *rules, struct faults *warnings);

/*
 * Appends, as lines for a person, which rule decides over an event document of ours and which
 * conditions of the others fail. 0, or what buf_add returns.
 */
int rules_explain(const struct rules *rules, const struct json_read *document, struct buf *out);

struct rules_state;

/* Takes the rules over, also when it fails. -ENOMEM. */
int rules_state_new(struct rules_state **ret_state, struct rules *rules, struct err *err);
void rules_state_free(struct rules_state *state);

const struct rules *rules_of(const struct rules_state *state);

/*
 * Of the collect thread, between two events, after a reload: counters and windows of rules that are
 * in both with the same name and text go on in the new state, what the others have counted goes to
 * its totals. What limits of rules that went have held back must have been taken before
 * (rules_take_limited with everything).
 */
void rules_carry_over(struct rules_state *state, struct rules_state *old);

/* Since the agent started, or since the rule was changed. */
struct rules_counters {
	uint64_t dropped;
	uint64_t held; /* by its limit */
	uint64_t
		keys_evicted; /* limit: keys forgotten early, and events whose key found no place */
};

/* By any thread while the state lives. */
void rules_counters(const struct rules_state *state, size_t index,
		    struct rules_counters *ret_counters);

/* Of all rules, those that a reload took away included: what the account takes from them. */
struct rules_totals {
	uint64_t dropped, held;
	uint64_t told; /* of held: those that events_limited has told */
};
void rules_totals(const struct rules_state *state, struct rules_totals *ret_totals);

enum rules_verdict {
	RULES_KEEP,
	RULES_DROP,
	RULES_HELD, /* by a limit; events_limited will tell */
};

/* An event on its way to the journal. rec and enrichment may grow into their rooms. */
struct rules_subject {
	const struct entry *entry; /* times and sequence; sizes are not looked at */
	struct rec_header *record;
	size_t record_room;
	struct enriched *enriched;
	size_t enriched_room;
	bool only_mask;   /* in: the event is for the process table only */
	bool args_masked; /* out: the record's own arguments were changed */
};

/* Puts on tags, masks arguments, decides. Does not allocate. */
enum rules_verdict rules_apply(struct rules_state *state, struct rules_subject *subject);

/* Arguments of a process, each ended by NUL; no NUL after a cut one. */
struct rules_args {
	char *bytes;
	size_t room;
	uint32_t length, full; /* as in struct rec_string */
	bool masked;
};

/*
 * Masks what is remembered of a process that ran before the agent. Where a condition asks for what
 * a snapshot does not know, the rule applies.
 */
void rules_mask_snapshot(struct rules_state *state, const struct rec_header *snapshot,
			 struct rules_args *args);

/* False: rules_mask_remembered would change nothing. */
bool rules_mask(const struct rules_state *state);

/*
 * Masks what is remembered of processes that ran before these rules. Of all that conditions can ask
 * for only the executable is known; it may be empty: not known either. A rule that asks for more
 * applies.
 */
void rules_mask_remembered(struct rules_state *state, const char *executable, size_t length,
			   struct rules_args *args);

#define RULES_LIMITED_MAX 1024 /* bytes of a record that rules_take_limited writes */

/*
 * The next record of kind events_limited that is due at now_ns (CLOCK_BOOTTIME), or, with
 * everything, of what is held back at all: writes it without the shipper's own number to record, of
 * RULES_LIMITED_MAX bytes. False when there is none.
 */
bool rules_take_limited(struct rules_state *state, uint64_t now_ns, bool everything,
			struct rec_header *record);

#endif
