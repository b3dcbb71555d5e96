/* SPDX-License-Identifier: BSD-2-Clause */
/* One function per kind. Asks nobody, keeps nothing. */
#include "journal_records.h"

#include <stdio.h>
#include <string.h>

#define LIST_MAX 1024

typedef unsigned long long number;

static const char *describe_reason(enum journal_gap_reason reason)
{
	switch (reason) {
	case JOURNAL_GAP_SIZE:
		return "journal.max_size was reached";
	case JOURNAL_GAP_AGE:
		return "they are older than journal.max_age";
	case JOURNAL_GAP_SPACE:
		return "the file system has no more room (journal.keep_free)";
	case JOURNAL_GAP_DAMAGED:
		return "the journal is damaged";
	case JOURNAL_GAP_MISSING:
	case JOURNAL_GAP_REASONS:
		break;
	}
	return "their segments are not there any more";
}

void journal_record_expired(struct own_record *out, const struct journal_gap *gap)
{
	struct rec_events_expired *expired = &out->expired;
	char message[256];

	own_record_init(out, REC_EVENTS_EXPIRED);
	expired->count = gap->count;
	expired->first = gap->first_sequence;
	expired->last = gap->last_sequence;
	memcpy(expired->stream, gap->stream, sizeof(expired->stream));
	/* A reason that a newer version wrote into a cursor. */
	expired->reason = (__u8)((gap->reason >= 1 && gap->reason < JOURNAL_GAP_REASONS
					  ? gap->reason
					  : JOURNAL_GAP_MISSING) -
				 1);
	(void)snprintf(message, sizeof(message), "sink %s never gets %llu events: %s", gap->sink,
		       (number)gap->count, describe_reason(gap->reason));
	own_record_text(out, &expired->sink, gap->sink);
	own_record_text(out, &expired->message, message);
}

static bool is_same_boot(const struct journal_recovery *recovery, const uint8_t boot_id[16])
{
	return recovery->last_sequence && memcmp(recovery->last_boot_id, boot_id, 16) == 0;
}

/* kill -9 in the middle of a run leaves the page cache as it was: nothing of the journal is gone.
 */
bool journal_recovery_notable(const struct journal_recovery *recovery, const uint8_t boot_id[16])
{
	if (recovery->torn_bytes || recovery->quarantined || recovery->newer)
		return true;
	return recovery->unclean && recovery->last_sequence && !is_same_boot(recovery, boot_id);
}

static void describe(char *out, size_t size, const struct journal_recovery *recovery,
		     bool same_boot)
{
	const char *what = !recovery->unclean ? "the journal was closed in order, but is damaged"
			   : same_boot ? "the run before was killed while it wrote to the journal"
				       : "the host went down before the journal was closed";

	(void)snprintf(out, size,
		       "%s: %llu bytes torn, %u segments damaged, %u of a newer version; the last "
		       "whole event is %llu; how many events are gone is not known",
		       what, (number)recovery->torn_bytes, recovery->quarantined, recovery->newer,
		       (number)recovery->last_sequence);
}

void journal_record_unclean(struct own_record *out, const struct journal_recovery *recovery,
			    const uint8_t boot_id[16])
{
	struct rec_journal_unclean *unclean = &out->unclean;
	bool same_boot = is_same_boot(recovery, boot_id);
	char message[384];
	struct buf aside;

	own_record_init(out, REC_JOURNAL_UNCLEAN);
	unclean->last_sequence = recovery->last_sequence;
	unclean->last_time_ns = recovery->last_time_ns;
	memcpy(unclean->last_stream, recovery->last_stream, sizeof(unclean->last_stream));
	memcpy(unclean->last_boot_id, recovery->last_boot_id, sizeof(unclean->last_boot_id));
	unclean->torn_bytes = recovery->torn_bytes;
	unclean->damaged = recovery->quarantined;
	unclean->newer = recovery->newer;
	unclean->unclean = recovery->unclean;
	unclean->same_boot = same_boot;
	buf_init(&aside, LIST_MAX);
	for (size_t i = 0; i < sizeof(recovery->aside) / sizeof(*recovery->aside); i++)
		if (recovery->aside[i][0])
			own_record_part(&aside, "%s", recovery->aside[i]);
	own_record_list(out, &unclean->aside, &aside);
	buf_done(&aside);
	describe(message, sizeof(message), recovery, same_boot);
	own_record_text(out, &unclean->message, message);
}
