/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts a journal entry together, and takes one apart. What is taken apart comes from disk: nothing
 * in it is believed.
 */
#include "decode/entry.h"

#include "decode/decode.h"
#include "decode/fields.h"

#include <errno.h>
#include <string.h>

static size_t aligned(size_t size)
{
	return (size + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
}

size_t entry_enriched_at(uint32_t record_size)
{
	return sizeof(struct entry) + aligned(record_size);
}

void entry_finish(struct entry *entry, const struct enriched *enriched)
{
	const struct rec_header *record = (const void *)(entry + 1);
	size_t record_end = sizeof(*entry) + record->size;
	size_t enriched_at = entry_enriched_at(record->size);
	size_t enriched_end = enriched_at + enriched->size;
	char *data = (char *)entry;

	memset(data + record_end, 0, enriched_at - record_end);
	memmove(data + enriched_at, enriched, enriched->size);
	memset(data + enriched_end, 0, aligned(enriched_end) - enriched_end);
	entry->record_size = record->size;
	entry->size = (uint32_t)aligned(enriched_end);
}

static const char *check_entry(const struct entry *entry, size_t size)
{
	if (size < sizeof(*entry) || entry->size > size || entry->size < sizeof(*entry))
		return "an entry ends outside its frame";
	if (entry->size % ENTRY_ALIGN != 0)
		return "an entry is not aligned";
	if (entry->record_size > REC_MAX_SIZE ||
	    entry->size < entry_enriched_at(entry->record_size) + sizeof(struct enriched))
		return "an entry is shorter than its record";
	return NULL;
}

static const char *check_enriched(const struct enriched *enriched, size_t size)
{
	if (enriched->size < sizeof(*enriched) || enriched->size > size)
		return "an enrichment ends outside its entry";
	return decode_check_enriched(enriched, sizeof(*enriched), enriched->size);
}

int entry_parse(const void *data, size_t size, const uint8_t stream[16], struct event *ret_event,
		const char **ret_why)
{
	const struct entry *entry = data;
	const struct rec_header *record = (const void *)(entry + 1);
	const struct enriched *enriched;
	size_t enriched_at;

	*ret_why = check_entry(entry, size);
	if (*ret_why)
		return -EBADMSG;
	if (record_check(record, entry->record_size, ret_why) < 0)
		return -EBADMSG;
	enriched_at = entry_enriched_at(entry->record_size);
	enriched = (const void *)((const char *)data + enriched_at);
	*ret_why = check_enriched(enriched, entry->size - enriched_at);
	if (*ret_why)
		return -EBADMSG;
	*ret_event = (struct event){
		.entry = entry,
		.record = record,
		.enriched = enriched,
		.kind = kind_get(record->kind),
		.stream = stream,
	};
	return 0;
}
