/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record off the ring: as it is, then with a good size and ABI, which random bytes hardly ever
 * have. What record_check lets pass is enriched, and renders in every form.
 */
#include "decode/decode.h"
#include "decode/entry.h"
#include "decode/fields.h"
#include "enrich/enrich.h"
#include "fuzz.h"
#include "render_all.h"

#define WALL_OFFSET INT64_C(1772364267700000000)

static alignas(ENTRY_ALIGN) uint8_t memory[ENTRY_MAX_SIZE];

/* Anew for every input: what an input does must not hang on those before it. */
static struct enrich *make_enrich(void)
{
	static char *env[] = {"LD_PRELOAD", "A"};
	const struct enrich_options options = {
		.boot_id = {9, 8, 7},
		.ticks_per_s = 100,
		.processes = {.max_processes = 16, .max_image_bytes = 8192},
		.ancestry = 2,
		.env = env,
		.env_count = 2,
	};
	struct enrich *enrich;
	struct err err;

	CHECK(enrich_new(&enrich, &options, &err) == 0);
	return enrich;
}

/* Behind the record, as collect does it. */
static struct entry *enrich_record(struct enrich *enrich, struct rec_header *record)
{
	struct entry *entry = (struct entry *)memory;
	struct enriched *enriched = malloc(ENRICH_MAX_SIZE);
	const char *why;
	size_t size;

	CHECK(enriched);
	size = enrich_event(enrich, record, WALL_OFFSET, enriched);
	CHECK(size >= sizeof(*enriched) && size <= ENRICH_MAX_SIZE && enriched->size == size);
	CHECK(record_check(record, record->size, &why) == 0);
	CHECK(entry_enriched_at(record->size) + size <= sizeof(memory));
	*entry = (struct entry){
		.sequence = 17,
		.created_ns = UINT64_C(1772368496789012345),
		.wall_offset_ns = WALL_OFFSET,
	};
	entry_finish(entry, enriched);
	free(enriched);
	return entry;
}

/* False: it was refused. */
static bool run(const uint8_t *data, size_t size, bool mend)
{
	static const uint8_t stream[16] = {0x8c, 0x2a, 0x7b, 0x54};
	struct rec_header *record = (struct rec_header *)(memory + sizeof(struct entry));
	const struct kind *kind;
	struct enrich *enrich;
	struct event event;
	const char *why = "";

	memset(memory, 0, sizeof(struct entry) + size + 2 * ENTRY_ALIGN);
	memcpy(record, data, size);
	if (mend && size >= sizeof(*record)) {
		record->size = (uint32_t)size;
		record->abi = REC_ABI;
	}
	if (record_check(record, size, &why) < 0) {
		CHECK(*why != '\0');
		return false;
	}
	record_resolve_paths(record);
	kind = kind_get(record->kind);
	enrich = make_enrich();
	(void)enrich_record(enrich, record);
	/* Once more, now that the process is known. */
	if (entry_parse(memory, enrich_record(enrich, record)->size, stream, &event, &why) < 0)
		fuzz_fail(why, 0, "what was checked is refused");
	CHECK(event.kind == kind);
	render_all(&event);
	enrich_free(enrich);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > REC_MAX_SIZE)
		return 0;
	if (!run(data, size, false))
		(void)run(data, size, true);
	return 0;
}
