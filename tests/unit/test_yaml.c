/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fault lines of a document, "" when it is good. */
static char told[64 * 1024];

static struct yaml_node *parse(const char *data, size_t size)
{
	struct faults faults = {0};
	struct yaml_node *root;
	struct buf out;
	char *exact = malloc(size ? size : 1); /* so that a read past the end is found */

	assert_non_null(exact);
	memcpy(exact, data, size);
	assert_int_equal(yaml_tree_parse(&root, exact, size, &faults), 0);
	free(exact);
	buf_init(&out, sizeof(told) - 1);
	assert_int_equal(faults_write(&faults, "f", &out), 0);
	if (out.length)
		memcpy(told, out.data, out.length);
	told[out.length] = '\0';
	buf_done(&out);
	faults_done(&faults);
	return root;
}

static struct yaml_node *parse_text(const char *text)
{
	return parse(text, strlen(text));
}

static void tells(const char *text, const char *wanted)
{
	yaml_tree_free(parse_text(text));
	assert_string_equal(told, wanted);
}

static void is_refused(const char *data, size_t size)
{
	struct yaml_node *root = parse(data, size);

	assert_null(root);
	assert_true(strncmp(told, "f:", 2) == 0);
	for (const char *at = told; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
}

#define IS_REFUSED(text) is_refused(text, sizeof(text) - 1)

static void assert_place(struct place place, unsigned int line, unsigned int column)
{
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
}

static void a_tree_has_the_shape_and_the_places_of_the_document(void **state)
{
	struct yaml_node *root = parse_text("# head\na:\n  b: [1, 'x y']\nß: \"q\\tr\"\n");
	const struct yaml_node *a, *b;

	(void)state;
	assert_string_equal(told, "");
	assert_int_equal(root->type, YAML_MAP);
	assert_int_equal(root->count, 2);
	a = yaml_tree_get(root, "a");
	assert_non_null(a);
	assert_int_equal(a->type, YAML_MAP);
	assert_place(a->key_place, 2, 1);
	b = yaml_tree_get(a, "b");
	assert_int_equal(b->type, YAML_LIST);
	assert_int_equal(b->count, 2);
	assert_place(b->place, 3, 6);
	assert_null(b->first->key.bytes);
	assert_true(yaml_tree_text_is(&b->first->text, "1"));
	assert_true(yaml_tree_text_is(&b->first->next->text, "x y"));
	assert_place(b->first->next->place, 3, 10);
	assert_null(b->first->next->next);
	assert_true(yaml_tree_text_is(&yaml_tree_get(root, "ß")->text, "q\tr"));
	assert_place(yaml_tree_get(root, "ß")->place, 4, 4); /* columns are characters */
	assert_null(yaml_tree_get(root, "c"));
	yaml_tree_free(root);
}

static void json_is_read(void **state)
{
	struct yaml_node *root =
		parse_text("{\"a\": {\"b\": [1, true, null]},\n \"c\":\"\\u00e9\\/\"}");
	const struct yaml_node *list;

	(void)state;
	assert_string_equal(told, "");
	list = yaml_tree_get(yaml_tree_get(root, "a"), "b");
	assert_int_equal(list->count, 3);
	assert_int_equal(list->first->next->next->type, YAML_NOTHING);
	assert_true(yaml_tree_text_is(&yaml_tree_get(root, "c")->text, "é/"));
	yaml_tree_free(root);
}

static void no_value_is_told_apart_from_an_empty_text(void **state)
{
	static const struct {
		const char *text;
		enum yaml_type type;
	} cases[] = {
		{"a:", YAML_NOTHING},      {"a: ~", YAML_NOTHING},    {"a: null", YAML_NOTHING},
		{"a: ''", YAML_SCALAR},    {"a: \"~\"", YAML_SCALAR}, {"a: 'null'", YAML_SCALAR},
		{"a: nulls", YAML_SCALAR}, {"a: []", YAML_LIST},      {"a: {}", YAML_MAP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yaml_node *root = parse_text(cases[i].text);

		assert_string_equal(told, "");
		assert_int_equal(root->first->type, cases[i].type);
		yaml_tree_free(root);
	}
}

static void an_empty_document_is_good_and_has_no_root(void **state)
{
	static const char *const empty[] = {"", "\n\n", "# only a comment\n", "\xef\xbb\xbf"};

	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		assert_null(parse_text(empty[i]));
		assert_string_equal(told, "");
	}
	yaml_tree_free(parse_text("---\n...\n"));
	assert_string_equal(told, "");
}

static void a_byte_order_mark_moves_no_column(void **state)
{
	struct yaml_node *root = parse_text("\xef\xbb\xbf"
					    "key: v\n");

	(void)state;
	assert_string_equal(told, "");
	assert_place(root->first->key_place, 1, 1);
	assert_true(yaml_tree_text_is(&root->first->key, "key"));
	yaml_tree_free(root);
}

static void crlf_files_are_read(void **state)
{
	struct yaml_node *root = parse_text("a: 1\r\nb: 2\r\n");

	(void)state;
	assert_string_equal(told, "");
	assert_true(yaml_tree_text_is(&yaml_tree_get(root, "a")->text, "1"));
	assert_place(yaml_tree_get(root, "b")->key_place, 2, 1);
	yaml_tree_free(root);
}

static void nul_bytes_stay_in_the_text(void **state)
{
	struct yaml_node *root = parse_text("\"a\\0b\": \"c\\0\"");

	(void)state;
	assert_int_equal(root->first->key.length, 3);
	assert_int_equal(root->first->text.length, 2);
	assert_null(yaml_tree_get(root, "a"));
	yaml_tree_free(root);
}

static void a_key_given_twice_names_both_places(void **state)
{
	(void)state;
	tells("a: 1\nb: 2\na: 3\n", "f:3:1: 'a' is given twice, first at line 1, column 1\n");
	tells("x: {k: 1, \"k\": 2, k: 3}",
	      "f:1:11: 'k' is given twice, first at line 1, column 5\n"
	      "f:1:19: 'k' is given twice, first at line 1, column 5\n");
	tells("\"\\e[2J\": 1\n\"\\e[2J\": 1\n",
	      "f:2:1: '\\x1b[2J' is given twice, first at line 1, column 1\n");
	tells("a: {x: 1}\nb: {x: 1}\n", "");
	tells("\"a\\0\": 1\na: 2\n", "");
}

static void anchors_aliases_and_tags_are_refused_each_at_its_place(void **state)
{
	(void)state;
	tells("a: &x 1\nb: *x\nc: !!int 3\nd: &y [1]\ne: !foo {}\n",
	      "f:1:4: anchors are not supported ('&x'): write the value out\n"
	      "f:2:4: aliases are not supported ('*x'): write the value out\n"
	      "f:3:4: tags are not supported ('tag:yaml.org,2002:int'): remove it\n"
	      "f:4:4: anchors are not supported ('&y'): write the value out\n"
	      "f:5:4: tags are not supported ('!foo'): remove it\n");
	tells("&k a: 1\n", "f:1:1: anchors are not supported ('&k'): write the value out\n");
}

static void an_alias_bomb_is_not_expanded(void **state)
{
	char text[4096] = "a0: &a0 [x]\n";

	(void)state;
	for (int i = 1; i < 30; i++) {
		char line[128];

		(void)snprintf(line, sizeof(line), "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
		(void)strcat(text, line);
	}
	yaml_tree_free(parse_text(text));
	assert_non_null(strstr(told, "f:30:12: aliases are not supported ('*a28')"));
}

static void a_key_must_be_one_word(void **state)
{
	(void)state;
	tells("? [a, b]\n: c\nd: e\n", "f:1:3: a key must be one word\n");
	tells("{{a: b}: c}", "f:1:2: a key must be one word\n");
}

static void a_second_document_is_refused(void **state)
{
	(void)state;
	tells("a: 1\n---\nb: 2\n",
	      "f:2:1: a second document starts here ('---'): one file holds one\n");
}

static void a_syntax_error_names_its_place(void **state)
{
	(void)state;
	tells("a: [1, 2\nb: 3\n",
	      "f:2:2: did not find expected ',' or ']' (while parsing a flow sequence that starts "
	      "at line 1)\n");
	tells("a:\n\tb: 1\n",
	      "f:2:1: a tab, '@', '`' or '%' cannot stand here: indent with spaces, "
	      "quote text that starts so\n");
}

static void bytes_that_are_not_text_are_refused_at_their_place(void **state)
{
	(void)state;
	IS_REFUSED("a: 1\nb: \xff\n");
	assert_true(strncmp(told, "f:2:4: ", 7) == 0);
	IS_REFUSED("a: \0");
	IS_REFUSED("a: \x1b[2J\n");
	IS_REFUSED("\xff\xfe"
		   "a\0");
	IS_REFUSED("a: \xed\xa0\x80\n");
	IS_REFUSED("\xef\xbb\xbf"
		   "ab: \xc0\xaf");
	assert_true(strncmp(told, "f:1:5: ", 7) == 0);
}

static void repeat(char *out, size_t size, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < size; i++)
		out[i] = text[i % length];
}

static void a_mebibyte_of_anything_ends_quickly(void **state)
{
	static const char *const patterns[] = {
		"[",     "{",    "- ",   "? ",  "a: ",          "[[],",     "\"",
		"'",     "|\n ", ">\n",  "#",   "\n",           "a",        "%",
		"&a ",   "*a ",  "!t ",  "-\n", "a:\n",         "{a: [",    "a\n",
		"---\n", ",",    "]",    "}",   "\xef\xbb\xbf", "? [",      "!<",
		"\"\\",  "a,",   "a: a", "  ",  "\r",           "\xc2\x85",
	};
	char *data = malloc(YAML_MAX_SIZE);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		repeat(data, YAML_MAX_SIZE, patterns[i]);
		yaml_tree_free(parse(data, YAML_MAX_SIZE));
	}
	repeat(data, YAML_MAX_SIZE, "[");
	is_refused(data, YAML_MAX_SIZE);
	assert_string_equal(told, "f:1:33: values are nested more than 32 deep\n");
	repeat(data, YAML_MAX_SIZE, "- a\n");
	is_refused(data, YAML_MAX_SIZE);
	assert_non_null(strstr(told, "the file holds more than 65536 values"));
	free(data);
}

static void more_than_a_mebibyte_is_refused(void **state)
{
	char *data = malloc(YAML_MAX_SIZE + 1);

	(void)state;
	assert_non_null(data);
	repeat(data, YAML_MAX_SIZE + 1, "#");
	is_refused(data, YAML_MAX_SIZE + 1);
	assert_null(parse(data, YAML_MAX_SIZE));
	assert_string_equal(told, "");
	free(data);
}

static void nesting_ends_at_its_bound(void **state)
{
	char text[2 * YAML_MAX_DEPTH + 8];

	(void)state;
	for (int depth = YAML_MAX_DEPTH; depth <= YAML_MAX_DEPTH + 1; depth++) {
		struct yaml_node *root;

		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		root = parse(text, 2 * (size_t)depth);
		assert_int_equal(root != NULL, depth == YAML_MAX_DEPTH);
		yaml_tree_free(root);
	}
}

static void many_keys_are_compared_quickly_and_faults_are_bounded(void **state)
{
	char *data = malloc(YAML_MAX_SIZE);
	size_t used = 0;
	struct yaml_node *root;

	(void)state;
	assert_non_null(data);
	for (int i = 0; i < 60000; i++)
		used += (size_t)snprintf(data + used, YAML_MAX_SIZE - used, "k%d: 1\n", i);
	root = parse(data, used);
	assert_string_equal(told, "");
	assert_int_equal(root->count, 60000);
	yaml_tree_free(root);
	used = 0;
	for (int i = 0; i < 60000; i++)
		used += (size_t)snprintf(data + used, YAML_MAX_SIZE - used, "k: 1\n");
	yaml_tree_free(parse(data, used));
	assert_non_null(strstr(told, "f:101:1: 'k' is given twice"));
	assert_non_null(strstr(told, "f: and 59899 more faults\n"));
	free(data);
}

static const char sample[] =
	"# comment\nagent: {name: \"w\\x41b\", tags: [a, 'b''c', \"\\u00e9\"]}\n"
	"log:\n  level: info\nsinks:\n  - name: trail\n    type: file\n  - {name: b}\n"
	"text: |\n  block\n  text\nfold: >-\n  folded\n  text\n? k\n: v\n&a x: *a\n";

static void every_prefix_of_a_document_ends_well(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(sample); length++)
		yaml_tree_free(parse(sample, length));
}

static void damaged_and_random_documents_end_well(void **state)
{
	static const char letters[] = "[]{},:-?&*!|>'\"%@`#\n \tab0\\\x80\xff\xe2";
	unsigned int seed = 7;
	char text[sizeof(sample)];

	(void)state;
	for (int round = 0; round < 3000; round++) {
		memcpy(text, sample, sizeof(sample));
		for (int i = 0; i < 4; i++)
			text[(size_t)rand_r(&seed) % (sizeof(sample) - 1)] =
				letters[(size_t)rand_r(&seed) % sizeof(letters)];
		yaml_tree_free(parse(text, sizeof(sample) - 1));
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = round % 2 ? letters[(size_t)rand_r(&seed) % sizeof(letters)]
					    : (char)(rand_r(&seed) >> 8);
		yaml_tree_free(parse(text, sizeof(text)));
	}
}

static void entries_of_another_map_are_added_or_replace(void **state)
{
	struct yaml_node *map = parse_text("{a: 1, b: [x], c: 3}");
	struct yaml_node *other = parse_text("{b: y, d: {e: f}, a: [1, 2]}");

	(void)state;
	yaml_tree_merge(map, other, NULL);
	assert_int_equal(map->count, 4);
	assert_int_equal(yaml_tree_get(map, "a")->count, 2);
	assert_string_equal(yaml_tree_get(map, "b")->text.bytes, "y");
	assert_string_equal(yaml_tree_get(map, "c")->text.bytes, "3");
	assert_non_null(yaml_tree_get(yaml_tree_get(map, "d"), "e"));
	yaml_tree_free(map);
}

static void maps_in_both_merge_unless_they_are_one_value(void **state)
{
	struct yaml_node *map = parse_text("{tls: {ca: a, cert: b}, when: {x: 1}, keep: 3}");
	struct yaml_node *other = parse_text("{tls: {ca: z}, when: {y: 2}, keep: {files: 1}}");
	const struct yaml_node *tls, *when;

	(void)state;
	yaml_tree_merge(map, other, "when");
	tls = yaml_tree_get(map, "tls");
	assert_string_equal(yaml_tree_get(tls, "ca")->text.bytes, "z");
	assert_string_equal(yaml_tree_get(tls, "cert")->text.bytes, "b");
	when = yaml_tree_get(map, "when");
	assert_null(yaml_tree_get(when, "x"));
	assert_string_equal(yaml_tree_get(when, "y")->text.bytes, "2");
	assert_string_equal(yaml_tree_get(yaml_tree_get(map, "keep"), "files")->text.bytes, "1");
	yaml_tree_free(map);
}

static void children_move_from_one_list_to_another(void **state)
{
	struct yaml_node *from = parse_text("[a, b]"), *into = parse_text("[x]"), *child;

	(void)state;
	while ((child = yaml_tree_take_first(from)))
		yaml_tree_append(into, child);
	assert_int_equal(from->count, 0);
	assert_null(from->first);
	assert_int_equal(into->count, 3);
	assert_string_equal(into->first->next->next->text.bytes, "b");
	yaml_tree_free(from);
	yaml_tree_free(into);
}

static bool are_equal(const char *a, const char *b)
{
	struct yaml_node *x = parse_text(a), *y = parse_text(b);
	bool equal = yaml_tree_equal(x, y);

	yaml_tree_free(x);
	yaml_tree_free(y);
	return equal;
}

static void trees_are_equal_wherever_they_stand(void **state)
{
	(void)state;
	assert_true(are_equal("a: [1, {b: c}]", "# c\n\n  a:\n  - \"1\"\n  - b: 'c'\n"));
	assert_true(are_equal("a:", "a: ~"));
	assert_false(are_equal("a: 1", "a: 2"));
	assert_false(are_equal("a: 1", "b: 1"));
	assert_false(are_equal("a: 1", "a: [1]"));
	assert_false(are_equal("a: ''", "a:"));
	assert_false(are_equal("[a, b]", "[a]"));
	assert_false(are_equal("[a, b]", "[ab]"));
}

static void a_secret_is_found_and_quoted_as_stars(void **state)
{
	struct yaml_node *root = parse_text("a: [b, {c: d}]");
	struct yaml_node *secret = root->first->first->next->first;
	char quoted[FAULTS_QUOTE_SIZE];

	(void)state;
	assert_null(yaml_tree_secret(NULL));
	assert_null(yaml_tree_secret(root));
	assert_string_equal(yaml_tree_quote(quoted, secret), "d");
	secret->secret = true;
	assert_ptr_equal(yaml_tree_secret(root), secret);
	assert_string_equal(yaml_tree_quote(quoted, secret), "***");
	yaml_tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_the_shape_and_the_places_of_the_document),
		cmocka_unit_test(json_is_read),
		cmocka_unit_test(no_value_is_told_apart_from_an_empty_text),
		cmocka_unit_test(an_empty_document_is_good_and_has_no_root),
		cmocka_unit_test(a_byte_order_mark_moves_no_column),
		cmocka_unit_test(crlf_files_are_read),
		cmocka_unit_test(nul_bytes_stay_in_the_text),
		cmocka_unit_test(a_key_given_twice_names_both_places),
		cmocka_unit_test(anchors_aliases_and_tags_are_refused_each_at_its_place),
		cmocka_unit_test(an_alias_bomb_is_not_expanded),
		cmocka_unit_test(a_key_must_be_one_word),
		cmocka_unit_test(a_second_document_is_refused),
		cmocka_unit_test(a_syntax_error_names_its_place),
		cmocka_unit_test(bytes_that_are_not_text_are_refused_at_their_place),
		cmocka_unit_test(a_mebibyte_of_anything_ends_quickly),
		cmocka_unit_test(more_than_a_mebibyte_is_refused),
		cmocka_unit_test(nesting_ends_at_its_bound),
		cmocka_unit_test(many_keys_are_compared_quickly_and_faults_are_bounded),
		cmocka_unit_test(every_prefix_of_a_document_ends_well),
		cmocka_unit_test(damaged_and_random_documents_end_well),
		cmocka_unit_test(entries_of_another_map_are_added_or_replace),
		cmocka_unit_test(maps_in_both_merge_unless_they_are_one_value),
		cmocka_unit_test(children_move_from_one_list_to_another),
		cmocka_unit_test(trees_are_equal_wherever_they_stand),
		cmocka_unit_test(a_secret_is_found_and_quoted_as_stars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
