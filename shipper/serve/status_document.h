/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The status document: what the agent says of itself, as one line of JSON. The members are
 * described in docs/control-socket.md. Pure: from facts to text.
 */
#ifndef AUDITSHIP_STATUS_DOCUMENT_H
#define AUDITSHIP_STATUS_DOCUMENT_H

#include "base/buf.h"
#include "capture/probes.h"
#include "collect.h"
#include "coverage/coverage.h"
#include "journal/journal.h"
#include "serve/control.h"
#include "serve/watchers.h"
#include "sink/deliver.h"

#include <stddef.h>
#include <stdint.h>

struct status_rate {
	uint64_t per_second; /* over the last second */
	uint64_t per_minute; /* over the last minute, or what there is of it */
};

struct status_sink {
	const char *name, *type;
	struct deliver_status deliver;
};

/* A rule of the configuration. */
struct status_rule {
	const char *name;
	uint64_t dropped, held, keys_evicted;
	uint64_t dropped_in_kernel; /* of dropped: by the probes, without a number */
	bool in_kernel;             /* the probes decide it */
	const char *why_not;        /* when they do not, or in part only */
};

/* Everything borrowed. Times are CLOCK_BOOTTIME. */
struct status_facts {
	uint64_t now_ns, started_ns;
	int64_t wall_offset_ns;
	uint64_t pid;
	const char *config_path; /* NULL: the built-in defaults */
	const char *config_hash; /* of the effective configuration */
	uint32_t kinds;          /* that are journalled: bits 1 << enum rec_kind */
	const struct probe_status *probes;
	size_t probe_count;
	struct collect_status collect;
	uint64_t left_out[REC_FILTERS]; /* by the probes' filters */
	char *const *remarks;           /* of the filters */
	size_t remark_count;
	struct journal_status journal;
	struct status_rate events[REC_KINDS];
	uint64_t ring_bytes_per_second[REC_RING_SHIPPER], journal_bytes_per_second;
	const struct status_sink *sinks;
	size_t sink_count;
	const struct sinks_removed *removed; /* by reloads */
	size_t removed_count;
	const struct status_rule *rules;
	size_t rule_count;
	struct control_counters control;
	struct watchers_counters watchers;
	const struct coverage_result *coverage; /* of the last run; NULL: none has ended yet */
	bool coverage_runs;                     /* one is under way */
};

/* Appends the document with its line feed. 0, -ENOMEM or -EMSGSIZE; out is then as before. */
int status_document_write(const struct status_facts *facts, struct buf *out);

#endif
