/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as hostile bytes: every bound, and paths made plain in place. */
#include "decode/decode.h"

#include "base/cleanup.h"
#include "decode/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As large as it says, so that the sanitizer sees a look behind its end. */
static void *make_record(unsigned int kind, size_t size)
{
	struct rec_header *record = calloc(1, size ? size : 1);

	assert_non_null(record);
	if (size < sizeof(*record))
		return record;
	record->size = (uint32_t)size;
	record->kind = (uint16_t)kind;
	record->abi = REC_ABI;
	return record;
}

static void assert_good(const void *record, size_t size)
{
	const char *why = "";

	assert_int_equal(record_check(record, size, &why), 0);
	assert_null(why);
}

static void assert_bad(const void *record, size_t size, const char *expected)
{
	const char *why = NULL;

	assert_int_equal(record_check(record, size, &why), -EBADMSG);
	assert_non_null(why);
	assert_string_equal(why, expected);
}

static void a_cleared_record_of_each_kind_is_good(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i); /* NULL: a number that nobody has */
		_cleanup_free_ void *record = kind ? make_record(i, kind->record_size) : NULL;

		if (kind)
			assert_good(record, kind->record_size);
	}
}

static void what_is_shorter_than_a_header_is_not_looked_at(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(struct rec_header); size++) {
		_cleanup_free_ void *record = make_record(REC_EXIT, size);

		assert_bad(record, size, "shorter than a header");
	}
}

static void what_is_shorter_than_its_kind_is_refused(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < REC_KINDS; i++) {
		size_t end = kind_get(i) ? kind_get(i)->record_size : 0;

		for (size_t size = sizeof(struct rec_header); size < end; size++) {
			_cleanup_free_ void *record = make_record(i, size);

			assert_bad(record, size, "shorter than its kind");
		}
	}
}

static void the_size_is_that_of_the_ring(void **state)
{
	_cleanup_free_ struct rec_header *record =
		make_record(REC_EXIT, sizeof(struct rec_exit) + 8);

	(void)state;
	record->size--;
	assert_bad(record, record->size + 1, "its size is not what the ring says");
	record->size = UINT32_MAX;
	assert_bad(record, sizeof(struct rec_exit) + 8, "its size is not what the ring says");
}

static void nothing_is_larger_than_a_record_can_be(void **state)
{
	_cleanup_free_ void *largest = make_record(REC_EXEC, REC_MAX_SIZE);
	_cleanup_free_ void *larger = make_record(REC_EXEC, REC_MAX_SIZE + 1);

	(void)state;
	assert_good(largest, REC_MAX_SIZE);
	assert_bad(larger, REC_MAX_SIZE + 1, "larger than a record can be");
}

static void a_number_that_json_cannot_carry_is_refused(void **state)
{
	static const uint64_t bad[] = {FIELD_NUMBER_MAX + 1, UINT64_C(1) << 63, UINT64_MAX};
	size_t size = sizeof(struct rec_lost), open_size = sizeof(struct rec_open);
	_cleanup_free_ struct rec_lost *lost = make_record(REC_LOST, size);
	_cleanup_free_ struct rec_open *open = make_record(REC_OPEN_READ, open_size);

	(void)state;
	lost->count = lost->header.sequence = FIELD_NUMBER_MAX;
	assert_good(lost, size);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		lost->count = bad[i];
		assert_bad(lost, size, "a number is beyond what JSON can carry");
		lost->count = 0;
		lost->header.sequence = bad[i];
		assert_bad(lost, size, "a number is beyond what JSON can carry");
		lost->header.sequence = 0;
	}
	open->call.result = -(int64_t)FIELD_NUMBER_MAX;
	assert_good(open, open_size);
	open->call.result--;
	assert_bad(open, open_size, "a number is beyond what JSON can carry");
	open->call.result = (int64_t)FIELD_NUMBER_MAX;
	assert_good(open, open_size);
	open->call.result++;
	assert_bad(open, open_size, "a number is beyond what JSON can carry");
	open->call.result = INT64_MIN;
	assert_bad(open, open_size, "a number is beyond what JSON can carry");
}

static void a_word_that_does_not_exist_is_refused(void **state)
{
	size_t size = sizeof(struct rec_lost);
	_cleanup_free_ struct rec_lost *lost = make_record(REC_LOST, size);

	(void)state;
	lost->reason = REC_LOSS_REASONS - 1;
	assert_good(lost, size);
	for (unsigned int i = REC_LOSS_REASONS; i < 256; i++) {
		lost->reason = (uint8_t)i;
		assert_bad(lost, size, "a number stands for nothing");
	}
}

static void unknown_versions_kinds_rings_and_classes_are_refused(void **state)
{
	const size_t size = sizeof(struct rec_exit);
	_cleanup_free_ struct rec_header *record = make_record(REC_EXIT, size);

	(void)state;
	record->abi = REC_ABI + 1;
	assert_bad(record, size, "of another version of the wire format");
	record->abi = REC_ABI;
	record->kind = REC_NONE;
	assert_bad(record, size, "of an unknown kind");
	record->kind = REC_KINDS;
	assert_bad(record, size, "of an unknown kind");
	record->kind = UINT16_MAX;
	assert_bad(record, size, "of an unknown kind");
	record->kind = REC_EXIT;
	record->ring = REC_RINGS;
	assert_bad(record, size, "of an unknown ring or class");
	record->ring = 0;
	record->class = REC_CLASSES;
	assert_bad(record, size, "of an unknown ring or class");
}

static void a_string_lies_in_the_tail_and_keeps_no_more_than_there_was(void **state)
{
	const uint32_t start = sizeof(struct rec_exec), size = start + 16;
	const struct {
		struct rec_string string;
		const char *why;
	} cases[] = {
		{{start, 16, 16}, NULL},
		{{start + 15, 1, 1}, NULL},
		{{start, 16, REC_FULL_UNKNOWN}, NULL},
		{{0, 0, 0}, NULL},
		{{UINT32_MAX, 0, REC_FULL_UNKNOWN}, NULL},
		{{start, 17, 17}, "a string ends outside the record"},
		{{start + 16, 1, 1}, "a string ends outside the record"},
		{{start + 1, UINT32_MAX, UINT32_MAX}, "a string ends outside the record"},
		{{start - 1, 1, 1}, "a string starts outside the tail"},
		{{0, 1, 1}, "a string starts outside the tail"},
		{{size + 1, 1, 1}, "a string starts outside the tail"},
		{{UINT32_MAX, 1, 1}, "a string starts outside the tail"},
		{{start, 2, 1}, "a string keeps more than there was"},
	};
	_cleanup_free_ struct rec_exec *record = make_record(REC_EXEC, size);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record->args = cases[i].string;
		if (cases[i].why)
			assert_bad(record, size, cases[i].why);
		else
			assert_good(record, size);
	}
}

static void every_string_of_a_record_is_checked(void **state)
{
	const uint32_t size = sizeof(struct rec_exec) + 8;
	_cleanup_free_ struct rec_exec *record = make_record(REC_EXEC, size);
	struct rec_string *strings[] = {&record->executable,  &record->cwd,  &record->filename,
					&record->interpreter, &record->args, &record->env};

	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		*strings[i] = (struct rec_string){size, 1, 1};
		assert_bad(record, size, "a string ends outside the record");
		*strings[i] = (struct rec_string){0};
	}
	assert_good(record, size);
}

/* Whichever row shows it: of those that show one member, one is checked. */
static void every_string_of_every_kind_is_checked(void **state)
{
	unsigned int strings = 0;

	(void)state;
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		const uint32_t size = kind ? kind->record_size + 8u : 0;
		_cleanup_free_ char *record = make_record(i, size);

		for (const struct field *row = kind ? kind->fields : NULL; row && !field_ends(row);
		     row++) {
			struct rec_string *string = (struct rec_string *)(record + row->offset);

			if (row->size != sizeof(*string))
				continue;
			*string = (struct rec_string){size, 1, 1};
			assert_bad(record, size, "a string ends outside the record");
			*string = (struct rec_string){0};
			strings++;
		}
	}
	assert_true(strings > 20);
}

/* Makes an exec whose executable is wire, and gives back what it is after resolving. */
static void assert_path(const char *wire, size_t length, uint32_t full, const char *expected,
			uint32_t expected_full)
{
	const size_t size = sizeof(struct rec_exec) + length;
	_cleanup_free_ struct rec_exec *record = make_record(REC_EXEC, size);

	memcpy(record + 1, wire, length);
	record->executable = (struct rec_string){sizeof(*record), (uint32_t)length, full};
	assert_good(record, size);
	record_resolve_paths(&record->header);
	assert_int_equal(record->executable.length, strlen(expected));
	assert_memory_equal(record_string(&record->header, &record->executable), expected,
			    strlen(expected));
	assert_int_equal(record->executable.full, expected_full);
}

/* A string constant whose last NUL is the wire's. */
#define ASSERT_WHOLE(wire, expected) \
	assert_path(wire, sizeof(wire), sizeof(wire), expected, sizeof(wire))
#define ASSERT_CUT(wire, expected) \
	assert_path(wire, sizeof(wire), REC_FULL_UNKNOWN, expected, REC_FULL_UNKNOWN)

static void names_from_the_leaf_become_an_absolute_path(void **state)
{
	(void)state;
	ASSERT_WHOLE("ls\0bin\0usr", "/usr/bin/ls");
	ASSERT_WHOLE("a", "/a");
	ASSERT_WHOLE("ab\0c", "/c/ab");
	ASSERT_WHOLE("", "/");
	ASSERT_WHOLE("a\0b\0c\0d\0e\0f", "/f/e/d/c/b/a");
}

static void names_keep_their_bytes(void **state)
{
	(void)state;
	ASSERT_WHOLE("a\nb\0\xff\xfe \0\\\"", "/\\\"/\xff\xfe /a\nb");
	ASSERT_WHOLE("\xe2\x82\xac\0\xc3\xa4", "/\xc3\xa4/\xe2\x82\xac");
	ASSERT_WHOLE("..\0.", "/./..");
}

static void a_path_whose_root_is_unknown_is_relative(void **state)
{
	(void)state;
	ASSERT_CUT("ls\0bin", "bin/ls");
	ASSERT_CUT("a", "a");
	ASSERT_CUT("", "");
}

static void bytes_that_are_no_path_are_none(void **state)
{
	(void)state;
	assert_path("abc", 3, 3, "", REC_FULL_UNKNOWN);
	assert_path("a\0b", 3, 3, "", REC_FULL_UNKNOWN);
	assert_path("/", 1, REC_FULL_UNKNOWN, "", REC_FULL_UNKNOWN);
	assert_path("", 0, 0, "", 0);
	assert_path("", 0, REC_FULL_UNKNOWN, "", REC_FULL_UNKNOWN);
}

static void hostile_names_stay_within_the_string(void **state)
{
	(void)state;
	ASSERT_WHOLE("\0\0", "///");
	ASSERT_WHOLE("a/b\0/", "///a/b");
	ASSERT_WHOLE("\0a\0", "//a/");
}

static void the_longest_path_is_turned_around(void **state)
{
	char wire[REC_MAX_SIZE - sizeof(struct rec_exec)], path[sizeof(wire) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(wire); i++)
		wire[i] = i % 2 ? '\0' : (char)('a' + i / 2 % 26);
	for (size_t i = 0; i < sizeof(wire); i += 2) {
		path[i] = '/';
		path[i + 1] = wire[sizeof(wire) - 2 - i];
	}
	assert_int_equal(sizeof(wire) % 2, 0);
	path[sizeof(wire)] = '\0';
	assert_path(wire, sizeof(wire), sizeof(wire), path, sizeof(wire));
}

static void executable_and_directory_are_each_turned_around_once(void **state)
{
	static const char wire[] = "ls\0bin\0home\0ann";
	const size_t size = sizeof(struct rec_exec) + sizeof(wire);
	_cleanup_free_ struct rec_exec *record = make_record(REC_EXEC, size);

	(void)state;
	memcpy(record + 1, wire, sizeof(wire));
	record->executable = (struct rec_string){sizeof(*record), 7, 7};
	record->cwd = (struct rec_string){sizeof(*record) + 7, 9, 9};
	record_resolve_paths(&record->header);
	assert_memory_equal(record_string(&record->header, &record->executable), "/bin/ls", 7);
	assert_memory_equal(record_string(&record->header, &record->cwd), "/ann/home", 9);
}

static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % sides;
}

/* Adds up every byte that a checked record says it has. */
static unsigned int read_strings(const struct rec_header *record)
{
	const struct kind *kind = kind_get(record->kind);
	const struct field *row;
	unsigned int cursor = 0, sum = 0;

	while ((row = kind_next_field(kind, &cursor))) {
		struct rec_string string;
		const char *bytes;

		if (row->size != sizeof(string))
			continue;
		memcpy(&string, (const char *)record + row->offset, sizeof(string));
		bytes = record_string(record, &string);
		for (uint32_t i = 0; i < string.length; i++)
			sum += (unsigned char)bytes[i];
	}
	return sum;
}

/* Random bytes behind a header that is right, or nearly; strings that are mostly inside. */
static void randomize(struct rec_header *record, size_t size)
{
	unsigned char *bytes = (unsigned char *)(record + 1);
	const struct kind *kind = kind_get(record->kind);

	for (size_t i = 0; i < size - sizeof(*record); i++)
		bytes[i] = roll(3) ? (unsigned char)roll(256) : 0;
	for (const struct field *row = kind->fields; !field_ends(row); row++) {
		struct rec_string string = {
			.offset = kind->record_size + roll((uint32_t)size - kind->record_size + 2),
			.length = roll((uint32_t)size - kind->record_size + 2),
		};

		if (row->size != sizeof(string))
			continue;
		if (string.offset + string.length > size && roll(8))
			string.length = 0;
		string.full = roll(8) ? string.length : roll(UINT32_MAX);
		memcpy((char *)record + row->offset, &string, sizeof(string));
	}
}

static void random_records_are_refused_or_read_within_their_bounds(void **state)
{
	unsigned int good = 0, bad = 0, sum = 0;

	(void)state;
	seed = 7;
	for (int i = 0; i < 100000; i++) {
		unsigned int kind = roll(2) ? REC_EXEC : REC_SNAPSHOT;
		size_t size = kind_get(kind)->record_size + roll(64);
		_cleanup_free_ struct rec_header *record = make_record(kind, size);
		const char *why;

		randomize(record, size);
		if (record_check(record, size, &why) < 0) {
			assert_non_null(why);
			bad++;
			continue;
		}
		good++;
		record_resolve_paths(record);
		assert_good(record, size);
		sum += read_strings(record);
	}
	assert_in_range(good, 10000, 90000);
	assert_in_range(bad, 10000, 90000);
	assert_true(sum > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cleared_record_of_each_kind_is_good),
		cmocka_unit_test(what_is_shorter_than_a_header_is_not_looked_at),
		cmocka_unit_test(what_is_shorter_than_its_kind_is_refused),
		cmocka_unit_test(the_size_is_that_of_the_ring),
		cmocka_unit_test(nothing_is_larger_than_a_record_can_be),
		cmocka_unit_test(a_number_that_json_cannot_carry_is_refused),
		cmocka_unit_test(a_word_that_does_not_exist_is_refused),
		cmocka_unit_test(unknown_versions_kinds_rings_and_classes_are_refused),
		cmocka_unit_test(a_string_lies_in_the_tail_and_keeps_no_more_than_there_was),
		cmocka_unit_test(every_string_of_a_record_is_checked),
		cmocka_unit_test(every_string_of_every_kind_is_checked),
		cmocka_unit_test(names_from_the_leaf_become_an_absolute_path),
		cmocka_unit_test(names_keep_their_bytes),
		cmocka_unit_test(a_path_whose_root_is_unknown_is_relative),
		cmocka_unit_test(bytes_that_are_no_path_are_none),
		cmocka_unit_test(hostile_names_stay_within_the_string),
		cmocka_unit_test(the_longest_path_is_turned_around),
		cmocka_unit_test(executable_and_directory_are_each_turned_around_once),
		cmocka_unit_test(random_records_are_refused_or_read_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
