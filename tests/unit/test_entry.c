/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries as a damaged or hostile disk may give them back. */
#include "decode/entry.h"

#include "base/cleanup.h"
#include "decode/decode.h"
#include "entry_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>

static const uint8_t stream[16] = {1, 2, 3};
static struct entry_builder builder;

/* An exec of some strings on both sides. Returns the size of the entry. */
static size_t build_exec(void)
{
	builder_start(&builder, REC_EXEC, 7);
	builder_text(&builder, &builder.exec->executable, "/usr/bin/ls");
	builder_text(&builder, &builder.exec->filename, "ls");
	BUILDER_LIST(&builder, &builder.exec->args, "ls\0-l");
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "ann");
	builder_text(&builder, &builder.enriched->parent.executable, "/bin/sh");
	return builder_end(&builder);
}

/* Parses a copy that ends where it says, so that the sanitizer sees a look behind it. */
static int parse(size_t size, struct event *ret_event, const char **ret_why)
{
	_cleanup_free_ void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, builder.data, size);
	return entry_parse(copy, size, stream, ret_event, ret_why);
}

static void assert_refused(size_t size, const char *expected)
{
	struct event event;
	const char *why = NULL;

	assert_int_equal(parse(size, &event, &why), -EBADMSG);
	assert_non_null(why);
	assert_string_equal(why, expected);
}

static void a_whole_entry_is_taken_apart(void **state)
{
	size_t size = build_exec();
	struct event event;
	const char *why;

	(void)state;
	assert_int_equal(entry_parse(builder.data, size, stream, &event, &why), 0);
	assert_null(why);
	assert_ptr_equal(event.entry, builder.entry);
	assert_ptr_equal(event.record, builder.header);
	assert_ptr_equal(event.enriched, builder.enriched);
	assert_ptr_equal(event.kind, kind_get(REC_EXEC));
	assert_ptr_equal(event.stream, stream);
	assert_int_equal(event.entry->sequence, 7);
}

/* The pads are clean, whatever was there before, and nothing behind the entry changes. */
static void an_entry_is_finished_whether_its_enrichment_is_in_place_or_not(void **state)
{
	struct enriched enriched = ENRICHED_NOTHING;
	size_t record_end, at, size;
	struct event event;
	const char *why;

	(void)state;
	for (uint32_t length = 1; length <= 2 * ENTRY_ALIGN; length++) {
		builder_start(&builder, REC_EXEC, 7);
		builder_bytes(&builder, &builder.exec->executable, "/usr/bin/executable", length,
			      0);
		record_end = sizeof(struct entry) + builder.header->size;
		at = entry_enriched_at(builder.header->size);
		memset(builder.data + record_end, 0xff, 1024);
		entry_finish(builder.entry, &enriched);
		size = builder.entry->size;
		assert_int_equal(size, at + sizeof(enriched));
		assert_int_equal(builder.entry->record_size, builder.header->size);
		assert_memory_equal(builder.data + record_end, "\0\0\0\0\0\0\0", at - record_end);
		assert_memory_equal(builder.data + at, &enriched, sizeof(enriched));
		assert_int_equal(builder.data[size], 0xff);
		builder.enriched = (struct enriched *)(builder.data + at);
		builder_bytes(&builder, &builder.enriched->user, "ann", 3, 0);
		entry_finish(builder.entry, builder.enriched);
		assert_int_equal(builder.entry->size, size + ENTRY_ALIGN);
		assert_memory_equal(builder.data + size, "ann\0\0\0\0\0\xff", ENTRY_ALIGN + 1);
		assert_int_equal(
			entry_parse(builder.data, builder.entry->size, stream, &event, &why), 0);
		assert_ptr_equal(event.enriched, builder.enriched);
	}
}

static void entries_may_stand_one_behind_the_other(void **state)
{
	struct event event;
	const char *why;

	(void)state;
	assert_int_equal(entry_parse(builder.data, build_exec() + 64, stream, &event, &why), 0);
}

static void a_cut_entry_is_refused_at_every_length(void **state)
{
	size_t size = build_exec();

	(void)state;
	for (size_t i = 0; i < size; i++)
		assert_refused(i, "an entry ends outside its frame");
}

static void an_entry_does_not_reach_beyond_its_frame(void **state)
{
	size_t size = build_exec();

	(void)state;
	builder.entry->size = (uint32_t)size + 8;
	assert_refused(size, "an entry ends outside its frame");
	builder.entry->size = UINT32_MAX - 7;
	assert_refused(size, "an entry ends outside its frame");
	builder.entry->size = 0;
	assert_refused(size, "an entry ends outside its frame");
	builder.entry->size = sizeof(struct entry) - 8;
	assert_refused(size, "an entry ends outside its frame");
}

static void an_entry_is_aligned(void **state)
{
	size_t size = build_exec();

	(void)state;
	for (uint32_t i = 1; i < ENTRY_ALIGN; i++) {
		builder.entry->size = (uint32_t)size - i;
		assert_refused(size, "an entry is not aligned");
	}
}

static void the_record_leaves_room_for_the_enrichment(void **state)
{
	size_t size = build_exec();
	const uint32_t sizes[] = {(uint32_t)size, UINT32_MAX, UINT32_MAX - 7, REC_MAX_SIZE + 1,
				  REC_MAX_SIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		builder.entry->record_size = sizes[i];
		assert_refused(size, "an entry is shorter than its record");
	}
	builder.entry->record_size = 0;
	assert_refused(size, "shorter than a header");
	builder.entry->record_size = builder.header->size - 1;
	assert_refused(size, "its size is not what the ring says");
}

static void a_damaged_record_is_refused(void **state)
{
	size_t size = build_exec();

	(void)state;
	builder.exec->args.length = REC_MAX_SIZE;
	assert_refused(size, "a string keeps more than there was");
	(void)build_exec();
	builder.header->kind = REC_KINDS;
	assert_refused(size, "of an unknown kind");
}

static void the_enrichment_lies_within_the_entry(void **state)
{
	size_t size = build_exec();
	const uint32_t room =
		(uint32_t)(size - (size_t)((uint8_t *)builder.enriched - builder.data));
	const uint32_t sizes[] = {0, sizeof(struct enriched) - 1, room + 1, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		builder.enriched->size = sizes[i];
		assert_refused(size, "an enrichment ends outside its entry");
	}
}

static void every_string_of_the_enrichment_is_checked(void **state)
{
	size_t size = build_exec();

	(void)state;
	for (const struct field *row = enriched_fields; !field_ends(row); row++) {
		struct rec_string *string =
			(struct rec_string *)((char *)builder.enriched + row->offset);
		struct rec_string before;

		if (row->size != sizeof(*string))
			continue;
		before = *string;
		*string = (struct rec_string){builder.enriched->size, 1, 1};
		assert_refused(size, "a string ends outside the record");
		*string = (struct rec_string){0, 1, 1};
		assert_refused(size, "a string starts outside the tail");
		*string = (struct rec_string){sizeof(struct enriched), 2, 1};
		assert_refused(size, "a string keeps more than there was");
		*string = before;
	}
}

static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % sides;
}

/* Reads all strings of one struct, as a renderer would. */
static unsigned int read_strings(const void *base, const struct field *rows)
{
	unsigned int sum = 0;

	for (const struct field *row = rows; !field_ends(row); row++) {
		struct rec_string string;

		if (row->size != sizeof(string))
			continue;
		memcpy(&string, (const char *)base + row->offset, sizeof(string));
		for (uint32_t i = 0; i < string.length; i++)
			sum += ((const unsigned char *)base)[string.offset + i];
	}
	return sum;
}

static void random_damage_is_refused_or_harmless(void **state)
{
	unsigned int good = 0, sum = 0;

	(void)state;
	seed = 3;
	for (int i = 0; i < 50000; i++) {
		size_t size = build_exec();
		_cleanup_free_ uint8_t *copy = malloc(size);
		struct event event;
		const char *why;

		assert_non_null(copy);
		memcpy(copy, builder.data, size);
		for (uint32_t k = 1 + roll(4); k > 0; k--)
			copy[roll((uint32_t)size)] ^= (uint8_t)(1u << roll(8));
		if (entry_parse(copy, size, stream, &event, &why) < 0)
			continue;
		good++;
		sum += read_strings(event.record, event.kind->fields);
		sum += read_strings(event.enriched, enriched_fields);
	}
	assert_in_range(good, 1000, 49000);
	assert_true(sum > 0);
}

static void random_bytes_are_refused(void **state)
{
	struct event event;
	const char *why;

	(void)state;
	seed = 4;
	for (int i = 0; i < 50000; i++) {
		size_t size = roll(2048);
		uint8_t *bytes = builder.data;

		for (size_t k = 0; k < size; k++)
			bytes[k] = (uint8_t)roll(256);
		if (size >= sizeof(struct entry) && roll(2)) {
			builder.entry->size = (uint32_t)size / 8 * 8;
			builder.entry->record_size = roll((uint32_t)size);
		}
		assert_int_equal(parse(size, &event, &why), -EBADMSG);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_entry_is_taken_apart),
		cmocka_unit_test(an_entry_is_finished_whether_its_enrichment_is_in_place_or_not),
		cmocka_unit_test(entries_may_stand_one_behind_the_other),
		cmocka_unit_test(a_cut_entry_is_refused_at_every_length),
		cmocka_unit_test(an_entry_does_not_reach_beyond_its_frame),
		cmocka_unit_test(an_entry_is_aligned),
		cmocka_unit_test(the_record_leaves_room_for_the_enrichment),
		cmocka_unit_test(a_damaged_record_is_refused),
		cmocka_unit_test(the_enrichment_lies_within_the_entry),
		cmocka_unit_test(every_string_of_the_enrichment_is_checked),
		cmocka_unit_test(random_damage_is_refused_or_harmless),
		cmocka_unit_test(random_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
