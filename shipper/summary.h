/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run has done, for the person who started it. */
#ifndef AUDITSHIP_SUMMARY_H
#define AUDITSHIP_SUMMARY_H

#include "base/err.h"
#include "collect.h"
#include "config/config.h"
#include "sink/deliver.h"

struct summary {
	const struct config *config;
	struct collect_status collect;
	uint64_t left_out[REC_FILTERS]; /* by kernel filters */
	struct deliver_status *sinks;   /* one per sink of the configuration */
};

/* Logs the account. 0, or -EIO with the reason when something could not be delivered or journalled.
 */
int summary_tell(const struct summary *summary, struct err *err);

#endif
