/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event as the journal keeps it, or as a watching process gets it: as it is, then with sizes
 * that fit. What entry_parse lets pass renders in every form.
 */
#include "decode/entry.h"
#include "fuzz.h"
#include "render_all.h"

static alignas(ENTRY_ALIGN) uint8_t memory[ENTRY_MAX_SIZE];
static const uint8_t stream[16] = {0x8c, 0x2a, 0x7b, 0x54};

/* False: it was refused. */
static bool run(size_t size)
{
	struct event event;
	const char *why = "";

	if (entry_parse(memory, size, stream, &event, &why) < 0) {
		CHECK(*why != '\0');
		return false;
	}
	render_all(&event);
	return true;
}

/* The sizes that stand where they must for the record's own. */
static void mend(size_t size)
{
	struct entry *entry = (struct entry *)memory;
	struct rec_header *record = (struct rec_header *)(entry + 1);
	size_t at;

	entry->size = (uint32_t)(size / ENTRY_ALIGN * ENTRY_ALIGN);
	record->size = entry->record_size;
	record->abi = REC_ABI;
	at = entry_enriched_at(record->size);
	if (at < size && size - at >= sizeof(struct enriched))
		((struct enriched *)(memory + at))->size = (uint32_t)(entry->size - at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static alignas(ENTRY_ALIGN) uint8_t frame_memory[ENTRY_MAX_SIZE];
	struct event event;
	const char *why;
	size_t used;

	if (size > sizeof(memory))
		return 0;
	if (raw_parse(data, size, frame_memory, &used, &event, &why) == 1) {
		CHECK(used <= size);
		render_all(&event);
	}
	if (size < sizeof(struct entry) + sizeof(struct rec_header))
		return 0;
	memcpy(memory, data, size);
	if (run(size))
		return 0;
	mend(size);
	(void)run(size / ENTRY_ALIGN * ENTRY_ALIGN);
	return 0;
}
