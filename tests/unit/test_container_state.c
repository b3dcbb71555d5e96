/* SPDX-License-Identifier: BSD-2-Clause */
/* State files of container runtimes: rubbish, hostile ones, and the names of images. What real ones
 * say is in test_container_files. */
#include "enrich/container_state.h"

#include "base/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *all[] = {(char *)"*"};
static const struct container_labels every_label = {all, 1};
static struct container_state state;

static int docker(const char *text)
{
	return container_state_docker(text, strlen(text), "abc", &every_label, &state);
}

static int oci(const char *text)
{
	return container_state_oci(text, strlen(text), &every_label, &state);
}

static int storage(const char *text)
{
	return container_state_storage(text, strlen(text), "abc", &state);
}

static void names_of_images_are_split_at_the_tag(void **unused)
{
	static const struct {
		const char *image, *name, *tag;
	} cases[] = {
		{"nginx", "nginx", ""},
		{"nginx:1.25", "nginx", "1.25"},
		{"docker.io/library/nginx:latest", "docker.io/library/nginx", "latest"},
		{"localhost:5000/app", "localhost:5000/app", ""},
		{"localhost:5000/app:v1", "localhost:5000/app", "v1"},
		{"a/b@sha256:0123", "a/b", ""},
		{"a/b:7@sha256:0123", "a/b", "7"},
		{"sha256:0123", "sha256:0123", ""},
		{"", "", ""},
		{":", "", ""},
		{"a:", "a", ""},
		{"@", "", ""},
	};
	char name[CONTAINER_IMAGE_SIZE], tag[CONTAINER_TAG_SIZE];

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		container_image_split(cases[i].image, name, tag);
		assert_string_equal(name, cases[i].name);
		assert_string_equal(tag, cases[i].tag);
	}
	container_image_split(NULL, name, tag);
	assert_string_equal(name, "");
}

static void what_is_too_long_is_absent_and_not_cut(void **unused)
{
	char image[1200], name[CONTAINER_IMAGE_SIZE], tag[CONTAINER_TAG_SIZE], text[2000];

	(void)unused;
	memset(image, 'a', sizeof(image));
	image[CONTAINER_IMAGE_SIZE] = '\0';
	container_image_split(image, name, tag);
	assert_string_equal(name, "");
	image[CONTAINER_IMAGE_SIZE - 1] = '\0';
	container_image_split(image, name, tag);
	assert_int_equal(strlen(name), CONTAINER_IMAGE_SIZE - 1);
	memset(image, 'a', sizeof(image));
	image[sizeof(image) - 1] = '\0';
	container_image_split(image, name, tag);
	assert_string_equal(name, "");
	(void)snprintf(text, sizeof(text), "{\"ID\":\"abc\",\"Name\":\"/%s\"}", image);
	assert_int_equal(docker(text), 0);
	assert_string_equal(state.name, "");
}

static void files_that_are_no_such_state_are_refused(void **unused)
{
	static const char *const texts[] = {
		"",     "{",      "[]",       "null",          "\"x\"", "{\"ID\":1}",
		"{}",   "\xff",   "{\"ID\":", "[[[[[[[[[[[[[", "42",    "{\"a\":\"\\u0000\"}",
		"[{}]", "[null]", "[1,2]",    "[{\"id\":7}]"};

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(docker(texts[i]) < 0);
		assert_true(oci(texts[i]) < 0);
		assert_true(storage(texts[i]) < 0);
	}
}

static void state_of_another_container_is_refused(void **unused)
{
	(void)unused;
	assert_int_equal(docker("{\"ID\":\"abd\",\"Name\":\"/x\"}"), -EBADMSG);
	assert_int_equal(docker("{\"ID\":\"abcd\",\"Name\":\"/x\"}"), -EBADMSG);
	assert_int_equal(storage("[{\"id\":\"abd\",\"names\":[\"x\"]}]"), -ENOENT);
	assert_int_equal(oci("{\"ociVersion\":\"1.0\",\"annotations\":{\"a\":\"b\"}}"), -ENOENT);
}

static void wrong_types_are_absent(void **unused)
{
	(void)unused;
	assert_int_equal(docker("{\"ID\":\"abc\",\"Name\":\"/x\",\"Config\":{\"Image\":7,"
				"\"Labels\":[\"a\"]}}"),
			 0);
	assert_string_equal(state.name, "x");
	assert_string_equal(state.image, "");
	assert_int_equal(state.labels_length, 0);
	assert_int_equal(docker("{\"ID\":\"abc\",\"Name\":\"/x\",\"Config\":null}"), 0);
	assert_int_equal(storage("[7,{\"id\":\"abc\",\"names\":\"x\",\"metadata\":{}}]"), 0);
	assert_string_equal(state.name, "");
	assert_int_equal(storage("[{\"id\":\"abc\",\"names\":[\"x\"],\"metadata\":\"{{{\"}]"), 0);
	assert_string_equal(state.name, "x");
}

static void names_of_labels_become_keys_without_dots(void **unused)
{
	static const char wanted[] = "com_example_a=1\0app/x-y=2\0quo_te=\"\n\0";

	(void)unused;
	assert_int_equal(
		docker("{\"ID\":\"abc\",\"Name\":\"/x\",\"Config\":{\"Labels\":{"
		       "\"com.example.a\":\"1\",\"app/x-y\":\"2\",\"quo\\\"te\":\"\\\"\\n\","
		       "\"com_example.a\":\"a second one\",\"\":\"no name\",\"n\":7}}}"),
		0);
	assert_int_equal(state.labels_length, sizeof(wanted) - 1);
	assert_memory_equal(state.labels, wanted, sizeof(wanted) - 1);
	assert_true(state.labels_full > state.labels_length);
}

static void labels_that_find_no_room_are_told_by_the_full_length(void **unused)
{
	char *text = malloc(100000);
	size_t used;

	(void)unused;
	assert_non_null(text);
	used = (size_t)sprintf(text, "{\"ID\":\"abc\",\"Name\":\"/x\",\"Config\":{\"Labels\":{");
	for (unsigned int i = 0; i < 60; i++)
		used += (size_t)sprintf(text + used, "%s\"label%02u\":\"%0100u\"", i ? "," : "", i,
					i);
	(void)sprintf(text + used, "}}}");
	assert_int_equal(docker(text), 0);
	assert_in_range(state.labels_length, 1, CONTAINER_LABELS_SIZE);
	assert_int_equal(state.labels_full, 60 * (strlen("label00=") + 100 + 1));
	assert_int_equal(state.labels[state.labels_length - 1], '\0');
	assert_true(container_state_check(&state));
	free(text);
}

static void only_configured_labels_are_kept(void **unused)
{
	static char *patterns[] = {(char *)"app", (char *)"com.example.*"};
	static const struct container_labels labels = {patterns, 2};
	static const char text[] = "{\"ID\":\"abc\",\"Name\":\"/x\",\"Config\":{\"Labels\":{"
				   "\"app\":\"a\",\"apple\":\"b\",\"com.example.x\":\"c\","
				   "\"password\":\"d\"}}}";
	static const char wanted[] = "app=a\0com_example_x=c\0";

	(void)unused;
	assert_int_equal(container_state_docker(text, sizeof(text) - 1, "abc", &labels, &state), 0);
	assert_int_equal(state.labels_length, sizeof(wanted) - 1);
	assert_memory_equal(state.labels, wanted, sizeof(wanted) - 1);
	assert_int_equal(state.labels_full, state.labels_length);
}

static void a_file_above_the_bounds_is_refused(void **unused)
{
	size_t size = JSON_READ_MAX_SIZE + 1;
	char *text = malloc(size);

	(void)unused;
	assert_non_null(text);
	memset(text, ' ', size);
	text[0] = '{';
	text[size - 1] = '}';
	assert_int_equal(container_state_docker(text, size, "abc", &every_label, &state), -EFBIG);
	memset(text, '[', 1000);
	assert_int_equal(container_state_oci(text, 1000, &every_label, &state), -EFBIG);
	free(text);
}

static void state_that_leads_out_of_itself_is_not_used(void **unused)
{
	struct container_state good = {.labels_length = 3, .labels_full = 3, .labels = "a="};
	struct container_state bad = good;

	(void)unused;
	assert_true(container_state_check(&good));
	bad.labels_length = CONTAINER_LABELS_SIZE + 1;
	bad.labels_full = 2 * CONTAINER_LABELS_SIZE;
	assert_false(container_state_check(&bad));
	bad = good;
	bad.labels_full = 2;
	assert_false(container_state_check(&bad));
	bad = good;
	bad.runtime = CONTAINER_RUNTIMES;
	assert_false(container_state_check(&bad));
	bad = good;
	memset(bad.name, 'a', sizeof(bad.name));
	assert_false(container_state_check(&bad));
	bad = good;
	memset(bad.pod_uid, 'a', sizeof(bad.pod_uid));
	assert_false(container_state_check(&bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_images_are_split_at_the_tag),
		cmocka_unit_test(what_is_too_long_is_absent_and_not_cut),
		cmocka_unit_test(files_that_are_no_such_state_are_refused),
		cmocka_unit_test(state_of_another_container_is_refused),
		cmocka_unit_test(wrong_types_are_absent),
		cmocka_unit_test(names_of_labels_become_keys_without_dots),
		cmocka_unit_test(labels_that_find_no_room_are_told_by_the_full_length),
		cmocka_unit_test(only_configured_labels_are_kept),
		cmocka_unit_test(a_file_above_the_bounds_is_refused),
		cmocka_unit_test(state_that_leads_out_of_itself_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
