/* SPDX-License-Identifier: BSD-2-Clause */
/* One look of the keeper at the directory of a trail, see keeper.h. Of the keeper's thread. */
#ifndef AUDITSHIP_KEEP_H
#define AUDITSHIP_KEEP_H

#include "sink/keeper.h"

#include <stdatomic.h>

struct keep {
	struct trail_name name;
	struct keeper_options options;
	atomic_bool stop; /* by any thread: end soon */

	/* Counters, read by any thread. */
	_Atomic uint64_t files, bytes;
	_Atomic uint64_t packed, packed_bytes_before, packed_bytes_after;
	_Atomic uint64_t deleted, deleted_bytes, deleted_early;
	_Atomic uint64_t failures;
};

/*
 * Does what there is to do, or some of it: *ret_more. 0, or a negative errno with the first thing
 * that went wrong told in err; it does not keep the rest from being done. -ECANCELED: stop.
 */
int keep_look(struct keep *keep, bool *ret_more, struct err *err);

#endif
