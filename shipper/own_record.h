/* SPDX-License-Identifier: BSD-2-Clause */
/* A record that the shipper makes itself: members are set directly, texts go to its tail. */
#ifndef AUDITSHIP_OWN_RECORD_H
#define AUDITSHIP_OWN_RECORD_H

#include "base/buf.h"
#include "collect.h"
#include "record.h"

struct own_record {
	union {
		struct rec_header header;
		struct rec_agent_start start;
		struct rec_agent_stop stop;
		struct rec_agent_heartbeat heartbeat;
		struct rec_clock_step step;
		struct rec_agent_coverage coverage;
		struct rec_events_expired expired;
		struct rec_journal_unclean unclean;
		struct rec_config config;
		char bytes[COLLECT_NOTE_MAX];
	};
};

/* Everything 0 but the framing. */
void own_record_init(struct own_record *record, enum rec_kind kind);

/* What finds no room is cut, and the event says so. */
void own_record_text(struct own_record *record, struct rec_string *string, const char *text);
/* Parts that end with NUL each, see own_record_part. */
void own_record_list(struct own_record *record, struct rec_string *string, const struct buf *parts);

/* Appends a part to a list, formatted; one that finds no room in parts is left out. */
void own_record_part(struct buf *parts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
