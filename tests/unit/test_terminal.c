/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "base/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void shown_as(const char *text, size_t length, const char *wanted)
{
	char out[256];
	size_t written = terminal_escape(out, sizeof(out), text, length);

	assert_string_equal(out, wanted);
	assert_int_equal(written, strlen(wanted));
}

#define SHOWN_AS(text, wanted) shown_as(text, sizeof(text) - 1, wanted)

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	SHOWN_AS("", "");
	SHOWN_AS("/usr/bin/ls -l \"a b\" 'c' ~%$", "/usr/bin/ls -l \"a b\" 'c' ~%$");
	SHOWN_AS("grün 日本 \xf0\x9f\x90\xa7", "grün 日本 \xf0\x9f\x90\xa7");
	SHOWN_AS("\xc2\xa0|\xdf\xbf|\xe0\xa0\x80|\xef\xbf\xbf|\xf4\x8f\xbf\xbf",
		 "\xc2\xa0|\xdf\xbf|\xe0\xa0\x80|\xef\xbf\xbf|\xf4\x8f\xbf\xbf");
}

static void a_backslash_is_doubled_so_that_nothing_is_ambiguous(void **state)
{
	(void)state;
	SHOWN_AS("\\", "\\\\");
	SHOWN_AS("\\x1b", "\\\\x1b");
	SHOWN_AS("\\n", "\\\\n");
}

static void every_control_character_is_shown(void **state)
{
	char wanted[8], text[1];

	(void)state;
	for (unsigned int c = 0; c < 0x20; c++) {
		if (c == '\n' || c == '\t')
			continue;
		text[0] = (char)c;
		(void)snprintf(wanted, sizeof(wanted), "\\x%02x", c);
		shown_as(text, 1, wanted);
	}
	SHOWN_AS("a\nb\tc", "a\\nb\\tc");
	SHOWN_AS("\x7f", "\\x7f");
	SHOWN_AS("a\0b", "a\\x00b");
}

static void escape_sequences_lose_their_escape(void **state)
{
	(void)state;
	SHOWN_AS("\033[2J\033]0;title\007", "\\x1b[2J\\x1b]0;title\\x07");
	SHOWN_AS("\033]8;;http://x\033\\y", "\\x1b]8;;http://x\\x1b\\\\y");
}

static void c1_controls_are_shown_both_as_bytes_and_as_characters(void **state)
{
	(void)state;
	for (unsigned int c = 0x80; c <= 0x9f; c++) {
		char text[2] = {(char)0xc2, (char)c}, wanted[16];

		(void)snprintf(wanted, sizeof(wanted), "\\u{%04x}", c);
		shown_as(text, 2, wanted);
		(void)snprintf(wanted, sizeof(wanted), "\\x%02x", c);
		shown_as(text + 1, 1, wanted);
	}
	SHOWN_AS("\x9b"
		 "2J",
		 "\\x9b2J");
}

static void bidirectional_controls_are_shown(void **state)
{
	static const unsigned int codes[] = {0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066,
					     0x2067, 0x2068, 0x2069, 0x200e, 0x200f};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		char text[3] = {(char)(0xe0 | codes[i] >> 12), (char)(0x80 | (codes[i] >> 6 & 63)),
				(char)(0x80 | (codes[i] & 63))};
		char wanted[16];

		(void)snprintf(wanted, sizeof(wanted), "\\u{%04x}", codes[i]);
		shown_as(text, 3, wanted);
	}
	SHOWN_AS("\xd8\x9c", "\\u{061c}");
	SHOWN_AS("\xe2\x80\xa9\xe2\x81\xaa", "\xe2\x80\xa9\xe2\x81\xaa"); /* their neighbours */
}

static void bytes_that_are_not_utf8_are_shown_one_by_one(void **state)
{
	(void)state;
	SHOWN_AS("caf\xe9", "caf\\xe9");
	SHOWN_AS("\xff\xfe", "\\xff\\xfe");
	SHOWN_AS("\xc0\xaf", "\\xc0\\xaf"); /* overlong */
	SHOWN_AS("\xc1\xbf", "\\xc1\\xbf");
	SHOWN_AS("\xe0\x80\x9b", "\\xe0\\x80\\x9b");
	SHOWN_AS("\xf0\x80\x80\x9b", "\\xf0\\x80\\x80\\x9b");
	SHOWN_AS("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
	SHOWN_AS("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
	SHOWN_AS("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
	SHOWN_AS("\xe2\x82", "\\xe2\\x82"); /* cut at the end */
	SHOWN_AS("\xe2\x82"
		 "A",
		 "\\xe2\\x82A");
	SHOWN_AS("\xe2\033[m", "\\xe2\\x1b[m"); /* must not swallow the escape */
	SHOWN_AS("\xf0\x9f\x90", "\\xf0\\x9f\\x90");
}

static void a_cut_never_splits_a_character_or_an_escape(void **state)
{
	static const char text[] = "ab\033\xe2\x82\xac\xc2\x85\\z";
	/* what fits into 1, 2, ... bytes with the terminator */
	static const size_t lengths[] = {0, 1, 2, 2, 2, 2, 6,  6,  6,  9,  9,
					 9, 9, 9, 9, 9, 9, 17, 17, 19, 20, 20};
	char out[32];

	(void)state;
	for (size_t size = 1; size <= sizeof(lengths) / sizeof(lengths[0]); size++) {
		size_t written;

		memset(out, '#', sizeof(out));
		written = terminal_escape(out, size, text, sizeof(text) - 1);
		assert_int_equal(written, lengths[size - 1]);
		assert_int_equal(out[written], '\0');
		for (size_t i = size; i < sizeof(out); i++)
			assert_int_equal(out[i], '#');
	}
}

static void no_room_at_all_writes_nothing(void **state)
{
	char out[1] = {'#'};

	(void)state;
	assert_int_equal(terminal_escape(out, 0, "abc", 3), 0);
	assert_int_equal(out[0], '#');
	assert_int_equal(terminal_escape(out, 1, "abc", 3), 0);
	assert_int_equal(out[0], '\0');
}

static void random_bytes_never_pass_a_control_through(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char out[64], *text = malloc(40);

		assert_non_null(text);
		for (int i = 0; i < 40; i++)
			text[i] = (char)(rand_r(&seed) >> 7);
		size_t written = terminal_escape(out, sizeof(out), text, 40);

		assert_true(written < sizeof(out));
		assert_int_equal(strlen(out), written);
		for (size_t i = 0; i < written; i++) {
			assert_true((unsigned char)out[i] >= 0x20);
			assert_true(out[i] != 0x7f);
		}
		/* what was made is printable, so escaping it again doubles backslashes only */
		char again[128];
		size_t backslashes = 0;

		for (size_t i = 0; i < written; i++)
			backslashes += out[i] == '\\';
		assert_int_equal(terminal_escape(again, sizeof(again), out, written),
				 written + backslashes);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(a_backslash_is_doubled_so_that_nothing_is_ambiguous),
		cmocka_unit_test(every_control_character_is_shown),
		cmocka_unit_test(escape_sequences_lose_their_escape),
		cmocka_unit_test(c1_controls_are_shown_both_as_bytes_and_as_characters),
		cmocka_unit_test(bidirectional_controls_are_shown),
		cmocka_unit_test(bytes_that_are_not_utf8_are_shown_one_by_one),
		cmocka_unit_test(a_cut_never_splits_a_character_or_an_escape),
		cmocka_unit_test(no_room_at_all_writes_nothing),
		cmocka_unit_test(random_bytes_never_pass_a_control_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
