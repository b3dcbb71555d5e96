/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of this host alone, and everything else. */
#include "base/listen_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static int parse(const char *text)
{
	struct listen_address address;

	return listen_address_parse(&address, text);
}

static void loopback_and_unix_sockets_are_taken(void **state)
{
	struct listen_address address;

	(void)state;
	assert_int_equal(listen_address_parse(&address, "127.0.0.1:9178"), 0);
	assert_int_equal(address.address.ss_family, AF_INET);
	assert_int_equal(((struct sockaddr_in *)&address.address)->sin_port, htons(9178));
	assert_null(address.path);
	assert_int_equal(parse("127.255.0.9:1"), 0);
	assert_int_equal(listen_address_parse(&address, "[::1]:65535"), 0);
	assert_int_equal(address.address.ss_family, AF_INET6);
	assert_int_equal(address.size, sizeof(struct sockaddr_in6));
	assert_int_equal(listen_address_parse(&address, "unix:/run/x"), 0);
	assert_string_equal(address.path, "/run/x");
}

static void what_others_could_reach_is_refused(void **state)
{
	static const char *const open_to_others[] = {
		"0.0.0.0:80", "10.0.0.1:80",           "128.0.0.1:80",
		"[::]:80",    "[::ffff:127.0.0.1]:80", "[fe80::1]:80"};

	(void)state;
	for (size_t i = 0; i < sizeof(open_to_others) / sizeof(open_to_others[0]); i++)
		assert_int_equal(parse(open_to_others[i]), -EACCES);
}

static void nonsense_is_told_from_an_address(void **state)
{
	static const char *const nonsense[] = {"",
					       ":",
					       ":80",
					       "127.0.0.1",
					       "127.0.0.1:",
					       "127.1:80",
					       "[::1:80",
					       "[]:80",
					       "127.0.0.1:65536",
					       "127.0.0.1:0",
					       "[::1]",
					       "localhost:80",
					       "unix:",
					       "unix:relative",
					       "127.0.0.1:-1",
					       "127.0.0.1: 80",
					       "127.0.0.1:80x",
					       "::1:80",
					       "[127.0.0.1]:80"};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		if (parse(nonsense[i]) != -EINVAL)
			fail_msg("'%s' is taken", nonsense[i]);
	memset(text, '1', sizeof(text));
	memcpy(text + sizeof(text) - 4, ":80", 4);
	assert_int_equal(parse(text), -EINVAL);
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "unix:/", 6);
	assert_int_equal(parse(text), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_and_unix_sockets_are_taken),
		cmocka_unit_test(what_others_could_reach_is_refused),
		cmocka_unit_test(nonsense_is_told_from_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
