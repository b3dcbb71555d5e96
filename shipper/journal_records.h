/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of what the journal has to tell: facts in, a record out. Pure. */
#ifndef AUDITSHIP_JOURNAL_RECORDS_H
#define AUDITSHIP_JOURNAL_RECORDS_H

#include "journal/journal.h"
#include "own_record.h"

void journal_record_expired(struct own_record *out, const struct journal_gap *gap);

/* Is what opening found worth an event? */
bool journal_recovery_notable(const struct journal_recovery *recovery, const uint8_t boot_id[16]);

/* boot_id: the one of now. */
void journal_record_unclean(struct own_record *out, const struct journal_recovery *recovery,
			    const uint8_t boot_id[16]);

#endif
