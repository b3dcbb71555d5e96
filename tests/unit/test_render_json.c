/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool write_document(struct json *json, struct buf *out)
{
	bool replaced = false;

	json_begin(json, out);
	json_member(json, JSON_KEY("a"));
	json_number(json, UINT64_MAX);
	json_member(json, JSON_KEY("b"));
	json_text(json, "x\"\xff", 3, &replaced);
	json_open(json, JSON_KEY("empty"));
	json_close(json);
	json_open(json, JSON_KEY("c"));
	json_member(json, JSON_KEY("list"));
	json_list_open(json);
	json_list_item(json);
	json_word(json, "one", 3);
	json_list_item(json);
	json_base64(json, "\xff\xfe", 2);
	json_list_close(json);
	json_close(json);
	json_member(json, JSON_KEY("joined"));
	json_joined(json, "p\0\0q", 4, &replaced);
	json_member(json, JSON_KEY("raw"));
	json_raw(json, "{}", 2);
	return replaced;
}

static const char document[] =
	"{\"a\":18446744073709551615,\"b\":\"x\\\"\xef\xbf\xbd\",\"empty\":{},"
	"\"c\":{\"list\":[\"one\",\"//4=\"]},\"joined\":\"p  q\",\"raw\":{}}\n";

static void documents_follow_one_another_in_a_buffer(void **state)
{
	struct json *json;
	struct buf out;

	(void)state;
	assert_int_equal(json_new(&json, 4096), 0);
	buf_init(&out, 4096);
	for (int i = 0; i < 3; i++) {
		assert_true(write_document(json, &out));
		assert_int_equal(json_end(json), 0);
	}
	assert_int_equal(out.length, 3 * strlen(document));
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(out.data + i * strlen(document), document, strlen(document));
	buf_done(&out);
	json_free(json);
}

static void a_failed_document_leaves_no_trace(void **state)
{
	struct json *json;

	(void)state;
	assert_int_equal(json_new(&json, 4096), 0);
	for (size_t limit = 3; limit < 3 + strlen(document); limit++) {
		struct buf out;

		buf_init(&out, limit);
		assert_int_equal(buf_add(&out, "old", 3), 0);
		(void)write_document(json, &out);
		assert_int_equal(json_end(json), -EMSGSIZE);
		assert_int_equal(out.length, 3);
		assert_memory_equal(out.data, "old", 3);
		buf_done(&out);
	}
	json_free(json);
}

static void an_object_too_long_fails_and_the_next_document_does_not(void **state)
{
	bool replaced = false;
	struct json *json;
	struct buf out;

	(void)state;
	assert_int_equal(json_new(&json, 16), 0);
	buf_init(&out, 4096);
	json_begin(json, &out);
	json_member(json, JSON_KEY("a"));
	json_text(json, "0123456789abcdef", 16, &replaced);
	assert_int_equal(json_end(json), -EMSGSIZE);
	assert_int_equal(out.length, 0);
	json_begin(json, &out);
	json_member(json, JSON_KEY("a"));
	json_base64(json, "0123456789abcdef", 16);
	assert_int_equal(json_end(json), -EMSGSIZE);
	json_begin(json, &out);
	json_member(json, JSON_KEY("a"));
	json_number(json, 0);
	assert_int_equal(json_end(json), 0);
	assert_int_equal(out.length, strlen("{\"a\":0}\n"));
	assert_memory_equal(out.data, "{\"a\":0}\n", out.length);
	buf_done(&out);
	json_free(json);
}

#ifndef __SANITIZE_ADDRESS__ /* which ends the program at such a request */
/* Whoever is told "too long" gives the event up. */
static void without_memory_it_is_not_called_too_long(void **state)
{
	const size_t huge = (size_t)1 << 62; /* the next size up is more than can be had */
	struct buf out = {.length = huge, .size = huge, .limit = SIZE_MAX};
	struct json *json;

	(void)state;
	assert_int_equal(json_new(&json, SIZE_MAX), 0);
	json_begin(json, &out);
	assert_int_equal(json_end(json), -ENOMEM);
	assert_int_equal(out.length, huge);
	json_free(json);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_follow_one_another_in_a_buffer),
		cmocka_unit_test(a_failed_document_leaves_no_trace),
		cmocka_unit_test(an_object_too_long_fails_and_the_next_document_does_not),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(without_memory_it_is_not_called_too_long),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
