/* SPDX-License-Identifier: BSD-2-Clause */
/* A copy of an identity is whole and its own. */
#include "render/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static void a_copy_outlives_what_it_is_of(void **state)
{
	char name[] = "web-01", ip[] = "192.0.2.1", mac[] = "00-00-5E-00-53-23", tag[] = "prod";
	char label[] = "role", value[] = "web";
	const char *tags[] = {tag, tag};
	const struct render_identity identity = {
		.agent_id = name,
		.host_name = name,
		.os_kernel = name,
		.ips = {ip},
		.macs = {mac},
		.ip_count = 1,
		.mac_count = 1,
		.pid_ns = 7,
		.tags = tags,
		.tag_count = 2,
		.labels = {{label, value}},
		.label_count = 1,
	};
	struct render_identity *copy = identity_copy(&identity);

	(void)state;
	assert_non_null(copy);
	memset(name, 'x', 6);
	memset(ip, 'x', 9);
	memset(mac, 'x', 17);
	memset(tag, 'x', 4);
	memset(label, 'x', 4);
	memset(value, 'x', 3);
	tags[0] = tags[1] = NULL;
	assert_string_equal(copy->agent_id, "web-01");
	assert_string_equal(copy->host_name, "web-01");
	assert_string_equal(copy->os_kernel, "web-01");
	assert_null(copy->host_id);
	assert_string_equal(copy->ips[0], "192.0.2.1");
	assert_string_equal(copy->macs[0], "00-00-5E-00-53-23");
	assert_int_equal(copy->pid_ns, 7);
	assert_string_equal(copy->tags[0], "prod");
	assert_string_equal(copy->tags[1], "prod");
	assert_string_equal(copy->labels[0].name, "role");
	assert_string_equal(copy->labels[0].value, "web");
	identity_free(copy);
}

static void nothing_can_be_copied_too(void **state)
{
	struct render_identity *copy = identity_copy(&(struct render_identity){0});

	(void)state;
	assert_non_null(copy);
	assert_null(copy->host_name);
	assert_int_equal(copy->tag_count, 0);
	identity_free(copy);
	identity_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_outlives_what_it_is_of),
		cmocka_unit_test(nothing_can_be_copied_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
