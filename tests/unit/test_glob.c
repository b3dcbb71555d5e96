/* SPDX-License-Identifier: BSD-2-Clause */
#include "filter/cidr.h"
#include "filter/glob.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static bool matches_with(const char *pattern, const char *text, size_t length, char nul)
{
	const struct glob_text value = {text, length, nul};
	struct glob glob;
	const char *why;
	bool result;

	assert_int_equal(glob_compile(&glob, pattern, strlen(pattern), &why), 0);
	result = glob_matches(&glob, &value);
	glob_done(&glob);
	return result;
}

static bool matches(const char *pattern, const char *text)
{
	return matches_with(pattern, text, strlen(text), 0);
}

static void stars_stand_for_any_bytes(void **state)
{
	(void)state;
	assert_true(matches("/opt/*", "/opt/"));
	assert_true(matches("/opt/*", "/opt/a/b"));
	assert_false(matches("/opt/*", "/opt"));
	assert_true(matches("*.so", "a.so.so"));
	assert_false(matches("*.so", "a.so.1"));
	assert_true(matches("*", ""));
	assert_true(matches("a*b*c", "aXbYbZc"));
	assert_false(matches("a*b*c", "aXcYb"));
	assert_true(matches("**a**", "xay"));
	assert_false(matches("a", "ab"));
	assert_false(matches("ab", "a"));
}

static void question_marks_stand_for_one_byte(void **state)
{
	(void)state;
	assert_true(matches("a?c", "abc"));
	assert_false(matches("a?c", "ac"));
	assert_false(matches("?", ""));
	assert_true(matches("*?", "x"));
}

static void sets_stand_for_one_byte_of_them(void **state)
{
	(void)state;
	assert_true(matches("tty[0-9]", "tty7"));
	assert_false(matches("tty[0-9]", "ttyS"));
	assert_true(matches("tty[!0-9]", "ttyS"));
	assert_false(matches("tty[^0-9]", "tty0"));
	assert_true(matches("[]a]", "]"));
	assert_true(matches("[a-]", "-"));
	assert_true(matches("[\\]]", "]"));
	assert_false(matches("[\\]]", "\\"));
	assert_true(matches("[!a]", "\xff"));
}

static void a_backslash_takes_the_next_byte_as_it_is(void **state)
{
	(void)state;
	assert_true(matches("a\\*b", "a*b"));
	assert_false(matches("a\\*b", "axb"));
	assert_true(matches("\\[x", "[x"));
	assert_true(matches("a\\\\", "a\\"));
}

static void a_nul_stands_for_what_the_text_says(void **state)
{
	(void)state;
	assert_true(matches_with("ls -l*", "ls\0-la", 6, ' '));
	assert_false(matches_with("ls -l*", "ls\0-la", 6, 0));
}

static void what_is_no_pattern_is_refused(void **state)
{
	static const char *const bad[] = {"[a", "[", "[!", "a\\", "[b-a]", "[a\\"};
	static char giant[GLOB_MAX + 1];
	struct glob glob;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		assert_int_equal(glob_compile(&glob, bad[i], strlen(bad[i]), &why), -EINVAL);
		assert_non_null(why);
	}
	memset(giant, 'a', sizeof(giant));
	assert_int_equal(glob_compile(&glob, giant, sizeof(giant), &why), -EINVAL);
	assert_int_equal(glob_compile(&glob, "a\0b", 3, &why), -EINVAL);
}

static void the_shortest_beginning_is_found(void **state)
{
	const struct glob_text text = {"mysql -pA -pB", 13, 0};
	struct glob glob;
	const char *why;
	size_t end;

	(void)state;
	assert_int_equal(glob_compile(&glob, "*-p", 3, &why), 0);
	assert_true(glob_find_end(&glob, &text, &end));
	assert_int_equal(end, 8);
	glob_done(&glob);
	assert_int_equal(glob_compile(&glob, "*-q", 3, &why), 0);
	assert_false(glob_find_end(&glob, &text, &end));
	glob_done(&glob);
}

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double time_of(const char *pattern, size_t length, const char *text, size_t size)
{
	const struct glob_text value = {text, size, 0};
	double start = seconds();
	struct glob glob;
	const char *why;

	assert_int_equal(glob_compile(&glob, pattern, length, &why), 0);
	assert_false(glob_matches(&glob, &value));
	glob_done(&glob);
	return seconds() - start;
}

/* 4 KiB of pattern against 32 KiB of text; a matcher that recurses would not end. */
static void hostile_patterns_take_bounded_time(void **state)
{
	static char pattern[GLOB_MAX], text[32 * 1024];
	double stars, run;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 ? '*' : 'a';
	pattern[sizeof(pattern) - 1] = 'b';
	stars = time_of(pattern, sizeof(pattern), text, sizeof(text));
	memset(pattern, 'a', sizeof(pattern));
	pattern[0] = '*';
	pattern[sizeof(pattern) - 1] = 'b';
	run = time_of(pattern, sizeof(pattern), text, sizeof(text));
	print_message("a*a*...b: %.1f ms, *aaa...b: %.1f ms\n", stars * 1e3, run * 1e3);
	assert_true(stars < 1);
	assert_true(run < 10);
}

static bool holds(const char *network, const char *address)
{
	struct cidr cidr;

	assert_true(cidr_parse(&cidr, network, strlen(network)));
	return cidr_holds(&cidr, address, strlen(address));
}

static void networks_hold_their_addresses(void **state)
{
	(void)state;
	assert_true(holds("10.0.0.0/8", "10.255.1.2"));
	assert_false(holds("10.0.0.0/8", "11.0.0.1"));
	assert_true(holds("192.168.4.0/22", "192.168.7.255"));
	assert_false(holds("192.168.4.0/22", "192.168.8.0"));
	assert_true(holds("1.2.3.4", "1.2.3.4"));
	assert_false(holds("1.2.3.4/32", "1.2.3.5"));
	assert_true(holds("0.0.0.0/0", "255.255.255.255"));
	assert_true(holds("fe80::/10", "febf::1"));
	assert_false(holds("fe80::/10", "fec0::1"));
	assert_true(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
	assert_false(holds("0.0.0.0/0", "2001:db8::1"));
	assert_true(holds("2001:db8::1/128", "2001:DB8:0::1"));
	assert_false(holds("10.0.0.0/8", "10.0.0"));
	assert_false(holds("10.0.0.0/8", ""));
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const bad[] = {
		"",        "10.0.0.0/33", "10.0.0/8",    "10.0.0.0/",   "fe80::/129", "10.0.0.0/-1",
		"::1/0x8", "a.b.c.d",     "10.0.0.0/8 ", "1.2.3.4/1000"};
	struct cidr cidr;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(cidr_parse(&cidr, bad[i], strlen(bad[i])));
	assert_false(cidr_parse(&cidr, "1.2.3.4\0", 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stars_stand_for_any_bytes),
		cmocka_unit_test(question_marks_stand_for_one_byte),
		cmocka_unit_test(sets_stand_for_one_byte_of_them),
		cmocka_unit_test(a_backslash_takes_the_next_byte_as_it_is),
		cmocka_unit_test(a_nul_stands_for_what_the_text_says),
		cmocka_unit_test(what_is_no_pattern_is_refused),
		cmocka_unit_test(the_shortest_beginning_is_found),
		cmocka_unit_test(hostile_patterns_take_bounded_time),
		cmocka_unit_test(networks_hold_their_addresses),
		cmocka_unit_test(what_is_no_network_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
