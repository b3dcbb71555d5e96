/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

/* The workplace beside the sources; AUDITSHIP_SHARED_DIR names another place. */
#define SHARED_DIR TEST_SOURCE_DIR "/../shared"
#define REPLACEMENT "\xef\xbf\xbd"

static void assert_escaped(const void *bytes, size_t length, const char *expected, bool replaced)
{
	bool was_replaced = false;
	struct buf out;

	buf_init(&out, 64 * 1024);
	assert_int_equal(utf8_json_escape(&out, bytes, length, &was_replaced), 0);
	assert_int_equal(out.length, strlen(expected));
	if (out.length)
		assert_memory_equal(out.data, expected, out.length);
	assert_int_equal(was_replaced, replaced);
	assert_int_equal(utf8_is_valid(bytes, length), !replaced);
	buf_done(&out);
}

struct vector {
	const char *bytes, *expected;
	bool replaced;
};

static const struct vector own_vectors[] = {
	{"", "", false},
	{"plain text of more than eight", "plain text of more than eight", false},
	{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\x96", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\x96", false},
	{"quote\" back\\ slash/", "quote\\\" back\\\\ slash/", false},
	{"\b\t\n\f\r\x01\x1f\x7f", "\\b\\t\\n\\f\\r\\u0001\\u001f\x7f", false},
	{"\xe2\x80\xa8", "\xe2\x80\xa8", false},
	{"a\x80z", "a" REPLACEMENT "z", true},
	{"\xff\xfe", REPLACEMENT REPLACEMENT, true},
	{"\xe2\x82", REPLACEMENT, true},
	{"\xe2\x28\xa1", REPLACEMENT "(" REPLACEMENT, true},
	{"\xf0\x9f\x92", REPLACEMENT, true},
	{"\xc0\x80", REPLACEMENT REPLACEMENT, true},
	{"\xed\xa0\x80", REPLACEMENT REPLACEMENT REPLACEMENT, true},
	{"\xf4\x90\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT, true},
	{"12345678\"1234567\xff", "12345678\\\"1234567" REPLACEMENT, true},
};

static void escape_follows_the_rule_of_maximal_subparts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own_vectors) / sizeof(own_vectors[0]); i++)
		assert_escaped(own_vectors[i].bytes, strlen(own_vectors[i].bytes),
			       own_vectors[i].expected, own_vectors[i].replaced);
	assert_escaped("\0", 1, "\\u0000", false);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t length;

	if (!file)
		return NULL;
	text = calloc(1, 1024 * 1024);
	assert_non_null(text);
	length = fread(text, 1, 1024 * 1024 - 1, file);
	assert_true(length > 0);
	(void)fclose(file);
	return text;
}

static yajl_val member(yajl_val object, const char *key, yajl_type type)
{
	const char *path[] = {key, NULL};
	yajl_val value = yajl_tree_get(object, path, type);

	assert_non_null(value);
	return value;
}

static size_t bytes_of_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t length = strlen(hex) / 2;

	assert_true(length <= size);
	for (size_t i = 0; i < length; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};

		out[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return length;
}

static void check_official_vector(yajl_val vector)
{
	const char *json = YAJL_GET_STRING(member(vector, "json", yajl_t_string));
	bool invalid = YAJL_IS_TRUE(member(vector, "invalid", yajl_t_any));
	uint8_t bytes[1024];
	char inside[8192];
	size_t length;

	length = bytes_of_hex(YAJL_GET_STRING(member(vector, "hex", yajl_t_string)), bytes,
			      sizeof(bytes));
	assert_true(strlen(json) >= 2 && strlen(json) < sizeof(inside));
	(void)snprintf(inside, sizeof(inside), "%.*s", (int)strlen(json) - 2, json + 1);
	assert_escaped(bytes, length, inside, invalid);
}

static void escape_passes_the_published_vectors(void **state)
{
	const char *shared = getenv("AUDITSHIP_SHARED_DIR");
	char path[4096], why[256];
	yajl_val root, list;
	char *text;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/schema/utf8_vectors.json",
		       shared ? shared : SHARED_DIR);
	text = read_text(path);
	if (!text) {
		print_message("the published vectors are not there: %s\n", path);
		skip();
	}
	root = yajl_tree_parse(text, why, sizeof(why));
	assert_non_null(root);
	list = member(root, "vectors", yajl_t_array);
	assert_int_equal(list->u.array.len, 47);
	for (size_t i = 0; i < list->u.array.len; i++)
		check_official_vector(list->u.array.values[i]);
	yajl_tree_free(root);
	free(text);
}

/* Every byte that needs care at every place of the eight that are looked at together. */
static void escape_finds_a_special_byte_at_every_place(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < 17; place++) {
			char text[17], expected[64];
			char shown[8];

			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			if (byte >= 0x80)
				(void)snprintf(shown, sizeof(shown), REPLACEMENT);
			else if (strchr("\b\t\n\f\r", (int)byte) && byte)
				(void)snprintf(shown, sizeof(shown), "\\%c", "btn?fr"[byte - '\b']);
			else if (byte < 0x20)
				(void)snprintf(shown, sizeof(shown), "\\u%04x", byte);
			else
				(void)snprintf(shown, sizeof(shown), "%s%c",
					       byte == '"' || byte == '\\' ? "\\" : "", (int)byte);
			(void)snprintf(expected, sizeof(expected), "%.*s%s%.*s", (int)place, text,
				       shown, (int)(16 - place), text + place + 1);
			assert_escaped(text, sizeof(text), expected, byte >= 0x80);
		}
	}
}

static size_t trim(const char *text)
{
	return utf8_trim_cut(text, strlen(text));
}

static void copy_ends_before_the_first_special_byte(void **state)
{
	static const char specials[] = "\"\\\x1f\0\x80\xff\n";
	char text[40], copy[40];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t length = 0; length <= sizeof(text); length++) {
		assert_int_equal(utf8_copy_plain(copy, text, length), length);
		assert_memory_equal(copy, text, length);
		for (size_t at = 0; at < length; at++) {
			text[at] = specials[at % (sizeof(specials) - 1)];
			assert_int_equal(utf8_copy_plain(copy, text, length), at);
			text[at] = (char)(' ' + at % 2 * ('~' - ' '));
		}
	}
}

static void trim_drops_only_a_character_cut_in_half(void **state)
{
	(void)state;
	assert_int_equal(trim(""), 0);
	assert_int_equal(trim("abc"), 3);
	assert_int_equal(trim("a\xc3\xa4"), 3);
	assert_int_equal(trim("a\xc3"), 1);
	assert_int_equal(trim("a\xe2\x82"), 1);
	assert_int_equal(trim("a\xe2"), 1);
	assert_int_equal(trim("a\xf0\x9f\x92"), 1);
	assert_int_equal(trim("a\xf0\x9f\x92\x96"), 5);
	assert_int_equal(trim("\xe2\x82"), 0);
}

static void trim_keeps_what_was_never_a_character(void **state)
{
	(void)state;
	assert_int_equal(trim("a\xff"), 2);
	assert_int_equal(trim("a\x80"), 2);
	assert_int_equal(trim("\x80\x80\x80\x80"), 4);
	assert_int_equal(trim("a\xe0\x80"), 3);
	assert_int_equal(trim("a\xed\xa0"), 3);
	assert_int_equal(trim("a\xc0"), 2);
}

static void escape_tells_when_the_ceiling_is_reached(void **state)
{
	bool replaced = false;
	struct buf out;

	(void)state;
	buf_init(&out, 4);
	assert_true(utf8_json_escape(&out, "12345", 5, &replaced) < 0);
	buf_clear(&out);
	assert_true(utf8_json_escape(&out, "123\n", 4, &replaced) < 0);
	buf_clear(&out);
	assert_true(utf8_json_escape(&out, "\xff\xff", 2, &replaced) < 0);
	buf_done(&out);
}

static void a_code_point_has_the_bits_of_all_its_bytes(void **state)
{
	(void)state;
	assert_int_equal(utf8_code_point("\x7f", 1), 0x7f);
	assert_int_equal(utf8_code_point("\xc2\x80", 2), 0x80);
	assert_int_equal(utf8_code_point("\xdf\xbf", 2), 0x7ff);
	assert_int_equal(utf8_code_point("\xe2\x80\xae", 3), 0x202e);
	assert_int_equal(utf8_code_point("\xef\xbf\xbd", 3), 0xfffd);
	assert_int_equal(utf8_code_point("\xf4\x8f\xbf\xbf", 4), 0x10ffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_follows_the_rule_of_maximal_subparts),
		cmocka_unit_test(escape_passes_the_published_vectors),
		cmocka_unit_test(escape_finds_a_special_byte_at_every_place),
		cmocka_unit_test(copy_ends_before_the_first_special_byte),
		cmocka_unit_test(trim_drops_only_a_character_cut_in_half),
		cmocka_unit_test(trim_keeps_what_was_never_a_character),
		cmocka_unit_test(a_code_point_has_the_bits_of_all_its_bytes),
		cmocka_unit_test(escape_tells_when_the_ceiling_is_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
