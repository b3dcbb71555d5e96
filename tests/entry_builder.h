/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds journal entries by hand: struct members are set directly, strings go to the tails. */
#ifndef AUDITSHIP_ENTRY_BUILDER_H
#define AUDITSHIP_ENTRY_BUILDER_H

#include "decode/entry.h"
#include "decode/fields.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* 2026-03-01T12:34:56.789012345Z, the time of all events made here unless a test says else. */
#define BUILDER_BOOT_NS UINT64_C(4228789012345)
#define BUILDER_WALL_NS UINT64_C(1772368496789012345)

struct entry_builder {
	alignas(ENTRY_ALIGN) uint8_t data[ENTRY_MAX_SIZE];
	struct entry *entry;
	union {
		struct rec_header *header;
		struct rec_fork *fork;
		struct rec_exec *exec;
		struct rec_exit *exit;
		struct rec_thread_start *thread_start;
		struct rec_thread_exit *thread_exit;
		struct rec_exec_failed *exec_failed;
		struct rec_open *open;
		struct rec_lost *lost;
		struct rec_limited *limited;
		struct rec_cgroup *cgroup;
		struct rec_agent_start *agent_start;
		struct rec_agent_stop *agent_stop;
		struct rec_agent_heartbeat *heartbeat;
		struct rec_clock_step *clock_step;
		struct rec_agent_coverage *coverage;
		struct rec_events_expired *expired;
		struct rec_journal_unclean *journal_unclean;
	};
	struct rec_task *task; /* NULL when the kind has none */
	struct enriched *enriched;
};

/* Ends the record and starts the enrichment, in which everything is unknown. */
static inline void builder_enrich(struct entry_builder *builder)
{
	builder->enriched =
		(struct enriched *)(builder->data + entry_enriched_at(builder->header->size));
	*builder->enriched = (struct enriched)ENRICHED_NOTHING;
}

/* As builder_start, for who knows that all of data is 0. */
static inline void builder_start_clean(struct entry_builder *builder, enum rec_kind kind,
				       uint64_t sequence)
{
	const struct kind *description = kind_get(kind);

	builder->entry = (struct entry *)builder->data;
	builder->header = (struct rec_header *)(builder->entry + 1);
	builder->task = description->has_task ? (struct rec_task *)(builder->header + 1) : NULL;
	builder->enriched = NULL;
	*builder->entry = (struct entry){
		.sequence = sequence,
		.created_ns = BUILDER_WALL_NS + 412000,
		.wall_offset_ns = (int64_t)(BUILDER_WALL_NS - BUILDER_BOOT_NS),
	};
	*builder->header = (struct rec_header){
		.size = description->record_size,
		.kind = (uint16_t)kind,
		.abi = REC_ABI,
		.cpu = 1,
		.sequence = sequence + 1000,
		.time_ns = BUILDER_BOOT_NS,
	};
	if (builder->task) {
		builder->task->creds.login_uid = REC_ID_UNSET;
		builder->task->creds.audit_session = REC_ID_UNSET;
	}
}

/* A record of the kind in which everything is 0 but its framing and time. */
static inline void builder_start(struct entry_builder *builder, enum rec_kind kind,
				 uint64_t sequence)
{
	memset(builder->data, 0, sizeof(builder->data));
	builder_start_clean(builder, kind, sequence);
}

/*
 * Gives a string of the record, or after builder_enrich of the enrichment, its bytes. full as on
 * the wire; 0: there were no more.
 */
static inline void builder_bytes(struct entry_builder *builder, struct rec_string *string,
				 const void *bytes, size_t length, uint32_t full)
{
	uint8_t *base =
		builder->enriched ? (uint8_t *)builder->enriched : (uint8_t *)builder->header;
	uint32_t *size = builder->enriched ? &builder->enriched->size : &builder->header->size;

	if ((size_t)(base - builder->data) + *size + length > sizeof(builder->data))
		abort();
	memcpy(base + *size, bytes, length);
	*string = (struct rec_string){*size, (uint32_t)length, full ? full : (uint32_t)length};
	*size += (uint32_t)length;
}

static inline void builder_text(struct entry_builder *builder, struct rec_string *string,
				const char *text)
{
	builder_bytes(builder, string, text, strlen(text), 0);
}

/* A string constant with its NULs; the one that C adds ends the last part. */
#define BUILDER_LIST(builder, string, constant) \
	builder_bytes(builder, string, constant, sizeof(constant), 0)

/* Returns the size of the entry, which starts at data. */
static inline size_t builder_end(struct entry_builder *builder)
{
	if (!builder->enriched)
		builder_enrich(builder);
	entry_finish(builder->entry, builder->enriched);
	return builder->entry->size;
}

#endif
