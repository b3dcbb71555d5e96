/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a journal entry apart. The bytes come from disk: nothing in them is believed. */
#include "decode/entry.h"

#include "decode/decode.h"
#include "decode/fields.h"

#include <errno.h>

static size_t aligned(size_t size)
{
	return (size + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
}

static const char *check_entry(const struct entry *entry, size_t size)
{
	if (size < sizeof(*entry) || entry->size > size || entry->size < sizeof(*entry))
		return "an entry ends outside its frame";
	if (entry->size % ENTRY_ALIGN != 0)
		return "an entry is not aligned";
	if (entry->record_size > REC_MAX_SIZE ||
	    entry->size < sizeof(*entry) + aligned(entry->record_size) + sizeof(struct enriched))
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
	enriched_at = sizeof(*entry) + aligned(entry->record_size);
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
