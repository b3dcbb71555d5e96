/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets as people write them. */
#include "sink/target.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void is(const char *text, enum target_kind kind, const char *host, const char *port)
{
	struct target target;
	struct err err;

	assert_int_equal(target_parse(&target, text, &err), 0);
	assert_int_equal(target.kind, kind);
	assert_string_equal(target.host, host);
	assert_string_equal(target.port, port);
	assert_string_equal(target.text, text);
}

static void is_wrong(const char *text, const char *why)
{
	struct target target;
	struct err err = {0};

	assert_int_equal(target_parse(&target, text, &err), -EINVAL);
	assert_non_null(strstr(err.text, why));
}

static void hosts_and_ports_are_taken_apart(void **state)
{
	(void)state;
	is("tls://siem.example.net:6515", TARGET_TLS, "siem.example.net", "6515");
	is("tls://siem", TARGET_TLS, "siem", "6514");
	is("tcp://10.0.0.1", TARGET_TCP, "10.0.0.1", "514");
	is("udp://a_b-c.d:00065535", TARGET_UDP, "a_b-c.d", "65535");
	is("tcp://[2001:db8::1]:601", TARGET_TCP, "2001:db8::1", "601");
	is("udp://[fe80::1%eth0]", TARGET_UDP, "fe80::1%eth0", "514");
}

static void a_path_is_a_socket_of_this_host(void **state)
{
	struct target target;
	struct err err;

	(void)state;
	assert_int_equal(target_parse(&target, "unix:///dev/log", &err), 0);
	assert_int_equal(target.kind, TARGET_UNIX);
	assert_string_equal(target.path, "/dev/log");
	assert_string_equal(target.host, "");
}

static void what_is_wrong_is_told(void **state)
{
	char path[200] = "unix:///", host[400] = "tcp://";

	(void)state;
	is_wrong("", "begins with tls://");
	is_wrong("siem:514", "begins with tls://");
	is_wrong("http://a", "begins with tls://");
	is_wrong("TLS://a", "begins with tls://");
	is_wrong("unix://dev/log", "begins with '/'");
	is_wrong("unix:///", "begins with '/'");
	is_wrong("tcp://", "a host is");
	is_wrong("tcp://:514", "a host is");
	is_wrong("tcp://a b", "a host is");
	is_wrong("tcp://a/b", "a host is");
	is_wrong("tcp://2001:db8::1", "a port is");
	is_wrong("tcp://[::1", "a host is");
	is_wrong("tcp://[::1]514", "a port is");
	is_wrong("tcp://a:", "a port is");
	is_wrong("tcp://a:0", "a port is");
	is_wrong("tcp://a:65536", "a port is");
	is_wrong("tcp://a:5x", "a port is");
	is_wrong("tcp://a:5:6", "a port is");
	memset(path + 8, 'p', 150);
	is_wrong(path, "at most");
	memset(host + 6, 'h', 300);
	is_wrong(host, "at most");
	host[6 + 270] = '\0';
	is_wrong(host, "a host is");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_ports_are_taken_apart),
		cmocka_unit_test(a_path_is_a_socket_of_this_host),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
