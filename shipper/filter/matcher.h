/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many conjunctions of tests at once. Every field is looked at once per event, whatever the number
 * of tests on it; the answer is one bit per conjunction. Built, finished, then immutable: any
 * thread may ask, nothing is allocated.
 *
 * A field that the event does not have fails every test but "exists: false".
 */
#ifndef AUDITSHIP_MATCHER_H
#define AUDITSHIP_MATCHER_H

#include "base/err.h"
#include "base/json_read.h"
#include "decode/entry.h"
#include "filter/bits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCHER_MAX BITS_MAX /* conjunctions */

enum matcher_test {
	MATCHER_IS,  /* several of one conjunction and field: any */
	MATCHER_NOT, /* none of them */
	MATCHER_AT_LEAST,
	MATCHER_AT_MOST,
	MATCHER_CIDR, /* any */
	MATCHER_EXISTS,
};

struct matcher;

int matcher_new(struct matcher **ret_matcher); /* 0 or -ENOMEM */
void matcher_free(struct matcher *matcher);

/* The next conjunction, from 0; -ENOSPC above MATCHER_MAX. Without tests it always holds. */
int matcher_add_conjunction(struct matcher *matcher);

/* The number of a field; -EINVAL when no event has it (err names a near one), or -ENOMEM. */
int matcher_add_field(struct matcher *matcher, const char *path, struct err *err);

/* -EINVAL (err says what would be right, without naming the field) or -ENOMEM. */
int matcher_add_test(struct matcher *matcher, int conjunction, int field, enum matcher_test test,
		     const char *text, struct err *err);

/* After the last test. 0 or -ENOMEM. */
int matcher_finish(struct matcher *matcher);

size_t matcher_conjunctions(const struct matcher *matcher);
size_t matcher_fields(const struct matcher *matcher);
const char *matcher_path(const struct matcher *matcher, size_t field);

/* Whether a test of the conjunction asks for the field. */
bool matcher_asks(const struct matcher *matcher, size_t conjunction, size_t field);

/*
 * The conjunctions that hold. Of a kind that is never journalled (a snapshot) little is known: what
 * asks for a field that it cannot have is taken to hold.
 */
void matcher_event(const struct matcher *matcher, const struct event *event, struct bits *ret_bits);

/*
 * What the probes know before they tell an event: its kind, and the effective user unless user is
 * NULL. Which conjunctions then hold whatever else the event says, and which may hold.
 */
void matcher_known(const struct matcher *matcher, const struct kind *kind, const uint32_t *user,
		   struct bits *ret_certain, struct bits *ret_possible);

/* The first field of those that the conjunction asks for and the probes do not know, of that kind;
 * NULL: they know all of them. */
const char *matcher_unknown(const struct matcher *matcher, const struct kind *kind,
			    size_t conjunction, bool knows_user);

/*
 * The effective users at which the answer of a test can change, in any order and not each once:
 * from one of them up to the next all are alike, and so are those from 0 up to the first. The count
 * there is; at most max are written.
 */
size_t matcher_user_bounds(const struct matcher *matcher, uint32_t *ret_bounds, size_t max);

/* The conjunctions whose tests of this one field hold over an event document. */
void matcher_document(const struct matcher *matcher, const struct json_read *document, size_t field,
		      struct bits *ret_bits);

/* The conjunctions that may hold when of an event only this one text is known. */
void matcher_text(const struct matcher *matcher, const char *path, const char *text, size_t length,
		  struct bits *ret_bits);

#endif
