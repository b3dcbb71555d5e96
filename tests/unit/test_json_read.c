/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON from others: what is in it is found, what is hostile is refused before it costs anything. */
#include "base/json_read.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_read *parse(const char *text)
{
	struct json_read *document = NULL;
	struct err err;

	assert_int_equal(json_read_new(&document, text, strlen(text), &err), 0);
	assert_non_null(document);
	return document;
}

static int try_parse(const char *text, size_t length)
{
	struct json_read *document = NULL;
	struct err err = {.text = ""};
	int result = json_read_new(&document, text, length, &err);

	if (result < 0) {
		assert_null(document);
		assert_true(err.text[0] != '\0');
	} else {
		assert_string_equal(err.text, "");
	}
	json_read_free(document);
	return result;
}

static void finds_strings_and_numbers_by_path(void **state)
{
	struct json_read *document =
		parse("{\"event\":{\"id\":\"a:1\",\"sequence\":9007199254740993},\"pid\":-7}");
	int64_t number = 0;

	(void)state;
	assert_string_equal(json_read_string(document, "event.id"), "a:1");
	assert_int_equal(json_read_number(document, "event.sequence", &number), 0);
	assert_int_equal(number, 9007199254740993);
	assert_int_equal(json_read_number(document, "pid", &number), 0);
	assert_int_equal(number, -7);
	json_read_free(document);
}

static void what_is_absent_or_of_another_type_is_not_found(void **state)
{
	struct json_read *document = parse(
		"{\"event\":{\"id\":5,\"real\":1.5,\"huge\":99999999999999999999},\"list\":[]}");
	int64_t number = 42;

	(void)state;
	assert_null(json_read_string(document, "event.id"));
	assert_null(json_read_string(document, "event"));
	assert_null(json_read_string(document, "event.id.deeper"));
	assert_null(json_read_string(document, "even"));
	assert_null(json_read_string(document, "eventx.id"));
	assert_null(json_read_string(document, ""));
	assert_null(json_read_string(document, "list.0"));
	assert_int_equal(json_read_number(document, "nothing", &number), -ENOENT);
	assert_int_equal(json_read_number(document, "event.real", &number), -EINVAL);
	assert_int_equal(json_read_number(document, "event.huge", &number), -EINVAL);
	assert_int_equal(json_read_number(document, "list", &number), -EINVAL);
	assert_int_equal(number, 42);
	json_read_free(document);
}

static void a_key_may_hold_dots(void **state)
{
	struct json_read *document =
		parse("{\"Labels\":{\"io.pod\":{\"x\":1},\"io.pod.name\":\"p\"},"
		      "\"event\":{},\"event.id\":\"flat\",\"\":{\"e\":\"empty\"}}");

	(void)state;
	assert_string_equal(json_read_string(document, "Labels.io.pod.name"), "p");
	assert_string_equal(json_read_string(document, "event.id"), "flat");
	assert_string_equal(json_read_string(document, ".e"), "empty");
	json_read_free(document);
}

static void values_of_lists_are_found_by_their_index(void **state)
{
	struct json_read *document =
		parse("{\"a\":[\"x\",{\"b\":[1,2]},true,\"\"],\"c\":{\"0\":\"k\"},"
		      "\"t\":true,\"f\":false,\"e\":[]}");
	int64_t number = 0;

	(void)state;
	assert_int_equal(json_read_count(document, "a"), 4);
	assert_int_equal(json_read_count(document, "a.1.b"), 2);
	assert_int_equal(json_read_count(document, "e"), 0);
	assert_int_equal(json_read_count(document, "c"), 0);
	assert_int_equal(json_read_count(document, "none"), 0);
	assert_string_equal(json_read_string(document, "a.0"), "x");
	assert_string_equal(json_read_string(document, "a.3"), "");
	assert_string_equal(json_read_string(document, "c.0"), "k");
	assert_int_equal(json_read_number(document, "a.1.b.1", &number), 0);
	assert_int_equal(number, 2);
	assert_true(json_read_is_true(document, "a.2"));
	assert_true(json_read_is_true(document, "t"));
	assert_false(json_read_is_true(document, "f"));
	assert_false(json_read_is_true(document, "a.0"));
	assert_false(json_read_is_true(document, "none"));
	json_read_free(document);
}

static void an_index_that_is_none_finds_nothing(void **state)
{
	static const char *const paths[] = {
		"a.2",
		"a.-1",
		"a.",
		"a.x",
		"a.0x",
		"a. 0",
		"a.18446744073709551616",
		"a.0.0",
		"a.0.",
		"a.00000000000000000000000000000000000000000000000002",
		"e.0",
	};
	struct json_read *document = parse("{\"a\":[\"x\",\"y\"],\"e\":[]}");

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_null(json_read_string(document, paths[i]));
	json_read_free(document);
}

static void of_equal_keys_the_first_counts(void **state)
{
	struct json_read *document = parse("{\"id\":\"first\",\"id\":\"second\"}");

	(void)state;
	assert_string_equal(json_read_string(document, "id"), "first");
	json_read_free(document);
}

static void escapes_are_undone(void **state)
{
	struct json_read *document = parse("{\"a\":\"\\\"\\\\\\n\\u00e9\\ud83d\\ude00[{\"}");

	(void)state;
	assert_string_equal(json_read_string(document, "a"), "\"\\\n\u00e9\U0001F600[{");
	json_read_free(document);
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"}",
		"[1,]",
		"{\"a\"}",
		"{\"a\":1}x",
		"{\"a\":1}{}",
		"nul",
		"\"",
		"\"\\",
		"{'a':1}",
		"/*c*/{}",
		"{}//c",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\n\"}",
		"\"\\u00",
		"01",
		"{\"a\":\"\\u0000\"}",
		"{\"a\\u0000b\":1}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(try_parse(texts[i], strlen(texts[i])), -EBADMSG);
}

static void an_escaped_backslash_before_u0000_is_no_nul(void **state)
{
	struct json_read *document = parse("{\"a\":\"\\\\u0000\"}");

	(void)state;
	assert_string_equal(json_read_string(document, "a"), "\\u0000");
	json_read_free(document);
}

static void a_nul_byte_does_not_end_the_text_early(void **state)
{
	(void)state;
	assert_int_equal(try_parse("{}\0{", 4), -EBADMSG);
	assert_int_equal(try_parse("\0", 1), -EBADMSG);
	assert_int_equal(try_parse("\"a\0b\"", 5), -EBADMSG);
}

static void text_is_read_no_further_than_its_length(void **state)
{
	char *text = malloc(2); /* exactly: the sanitizer sees a byte too many */

	(void)state;
	assert_non_null(text);
	memcpy(text, "{}", 2);
	assert_int_equal(try_parse(text, 2), 0);
	memcpy(text, "\"\\", 2);
	assert_int_equal(try_parse(text, 2), -EBADMSG);
	free(text);
}

static char *repeat(const char *open, const char *inner, const char *close, size_t times)
{
	size_t size = times * (strlen(open) + strlen(close)) + strlen(inner) + 1;
	char *text = calloc(1, size), *at = text;

	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		at = stpcpy(at, open);
	at = stpcpy(at, inner);
	for (size_t i = 0; i < times; i++)
		at = stpcpy(at, close);
	return text;
}

static void depth_is_bounded(void **state)
{
	static const size_t too_deep[] = {JSON_READ_MAX_DEPTH + 1, 1000, 1000000};
	char *text = repeat("[", "1", "]", JSON_READ_MAX_DEPTH);

	(void)state;
	assert_int_equal(try_parse(text, strlen(text)), 0);
	free(text);
	for (size_t i = 0; i < 3; i++) {
		text = repeat("[", "", "]", too_deep[i]);
		assert_int_equal(try_parse(text, strlen(text)), -EFBIG);
		free(text);
		text = repeat("{\"a\":", "1", "", too_deep[i] / 2 + 40);
		assert_int_equal(try_parse(text, strlen(text)), -EFBIG);
		free(text);
	}
}

static void members_are_visited_in_their_order(void **state)
{
	static const char text[] = "{\"a.b\":{\"x.y\":\"1\",\"z\":2,\"\":\"3\"},\"l\":[]}";
	struct json_read *document;
	const char *value;
	struct err err;

	(void)state;
	assert_int_equal(json_read_new(&document, text, sizeof(text) - 1, &err), 0);
	assert_string_equal(json_read_member(document, "a.b", 0, &value), "x.y");
	assert_string_equal(value, "1");
	assert_string_equal(json_read_member(document, "a.b", 1, &value), "z");
	assert_null(value);
	assert_string_equal(json_read_member(document, "a.b", 2, &value), "");
	assert_string_equal(value, "3");
	assert_null(json_read_member(document, "a.b", 3, &value));
	assert_null(json_read_member(document, "l", 0, &value));
	assert_null(json_read_member(document, "none", 0, &value));
	assert_string_equal(json_read_member(document, "", 1, &value), "l");
	assert_int_equal(json_read_count(document, ""), 0);
	json_read_free(document);
}

static void size_is_bounded(void **state)
{
	char *text = malloc(JSON_READ_MAX_SIZE + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', JSON_READ_MAX_SIZE + 1);
	text[0] = '"';
	text[JSON_READ_MAX_SIZE - 1] = '"';
	assert_int_equal(try_parse(text, JSON_READ_MAX_SIZE), 0);
	assert_int_equal(try_parse(text, JSON_READ_MAX_SIZE + 1), -EFBIG);
	free(text);
}

/* Rows of 64 values each: one long row would cost the sanitizers' realloc minutes. */
static char *rows_of_values(size_t rows)
{
	char *row = repeat("1,", "1", "", 62), *text = malloc(rows * (strlen(row) + 3) + 2);
	char *at = text;

	assert_non_null(text);
	*at++ = '[';
	for (size_t i = 0; i < rows; i++)
		at += sprintf(at, "%s[%s]", i ? "," : "", row);
	strcpy(at, "]");
	free(row);
	return text;
}

static void the_number_of_values_is_bounded(void **state)
{
	char *text = rows_of_values(JSON_READ_MAX_VALUES / 64 - 1);
	char *longer = rows_of_values(JSON_READ_MAX_VALUES / 64);

	(void)state;
	assert_int_equal(try_parse(text, strlen(text)), 0);
	assert_int_equal(try_parse(longer, strlen(longer)), -EFBIG);
	free(text);
	free(longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_strings_and_numbers_by_path),
		cmocka_unit_test(what_is_absent_or_of_another_type_is_not_found),
		cmocka_unit_test(a_key_may_hold_dots),
		cmocka_unit_test(of_equal_keys_the_first_counts),
		cmocka_unit_test(values_of_lists_are_found_by_their_index),
		cmocka_unit_test(an_index_that_is_none_finds_nothing),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(an_escaped_backslash_before_u0000_is_no_nul),
		cmocka_unit_test(a_nul_byte_does_not_end_the_text_early),
		cmocka_unit_test(text_is_read_no_further_than_its_length),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(members_are_visited_in_their_order),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(the_number_of_values_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
