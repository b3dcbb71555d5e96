/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts masked arguments where the plain ones were: in the tail of a record, of an enrichment, or in
 * a buffer. What stands behind them moves, so that nothing tells how long a secret was. Private to
 * filter/.
 */
#ifndef AUDITSHIP_REWRITE_H
#define AUDITSHIP_REWRITE_H

#include "decode/enriched.h"
#include "filter/mask.h"
#include "filter/rules.h"
#include "record.h"

struct rewrite;

int rewrite_new(struct rewrite **ret_rewrite); /* 0 or -ENOMEM */
void rewrite_free(struct rewrite *rewrite);

struct rewrite_target {
	struct rec_header *record; /* one of the two */
	struct enriched *enriched;
	size_t room;     /* it may grow to */
	uint16_t offset; /* of the rec_string in it */
};

/* Work without marks for the string. False when it is empty or larger than a record. */
bool rewrite_begin(struct rewrite *rewrite, const struct rewrite_target *target,
		   struct mask_work *ret_work);
/* Writes what is marked. */
void rewrite_end(struct rewrite *rewrite, const struct rewrite_target *target,
		 const struct mask_work *work);

/* The same for a buffer. */
bool rewrite_begin_args(struct rewrite *rewrite, const struct rules_args *args,
			struct mask_work *ret_work);
void rewrite_end_args(struct rewrite *rewrite, struct rules_args *args,
		      const struct mask_work *work);

#endif
