/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses of a list of interfaces are the host's for others. */
#include "enrich/addresses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>

static struct {
	struct ifaddrs items[128];
	struct sockaddr_storage addresses[128];
	char names[128][16];
	unsigned int count;
} list;

static int clear(void **state)
{
	(void)state;
	memset(&list, 0, sizeof(list));
	return 0;
}

static void *add(const char *name, unsigned int flags, int family)
{
	struct ifaddrs *item = &list.items[list.count];

	(void)snprintf(list.names[list.count], sizeof(list.names[0]), "%s", name);
	*item = (struct ifaddrs){
		.ifa_name = list.names[list.count],
		.ifa_flags = flags,
		.ifa_addr = (struct sockaddr *)&list.addresses[list.count],
	};
	item->ifa_addr->sa_family = (sa_family_t)family;
	if (list.count > 0)
		list.items[list.count - 1].ifa_next = item;
	return &list.addresses[list.count++];
}

static void add_ip(const char *name, unsigned int flags, const char *text)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	void *address = add(name, flags, family);
	void *at = family == AF_INET ? (void *)&((struct sockaddr_in *)address)->sin_addr
				     : (void *)&((struct sockaddr_in6 *)address)->sin6_addr;

	assert_int_equal(inet_pton(family, text, at), 1);
}

static void add_mac(const char *name, unsigned int flags, unsigned char last)
{
	const unsigned char mac[6] = {0x00, 0x00, 0x5e, 0x00, 0x53, last};
	struct sockaddr_ll *link = add(name, flags, AF_PACKET);

	link->sll_halen = 6;
	memcpy(link->sll_addr, mac, sizeof(mac));
}

static const struct addresses *gather(void)
{
	static struct addresses all;

	addresses_gather(&all, list.count ? list.items : NULL);
	return &all;
}

static void addresses_are_sorted_and_stand_once(void **state)
{
	const struct addresses *all;

	(void)state;
	add_mac("eth1", IFF_UP, 0xab);
	add_mac("eth0", IFF_UP, 0x23);
	add_ip("eth1", IFF_UP, "2001:db8::5");
	add_ip("eth0", IFF_UP, "192.0.2.2");
	add_ip("eth0", IFF_UP, "192.0.2.2");
	add_ip("eth0", IFF_UP, "192.0.2.1");
	all = gather();
	assert_int_equal(all->ip_count, 3);
	assert_string_equal(all->ips[0], "192.0.2.1");
	assert_string_equal(all->ips[1], "192.0.2.2");
	assert_string_equal(all->ips[2], "2001:db8::5");
	assert_int_equal(all->mac_count, 2);
	assert_string_equal(all->macs[0], "00-00-5E-00-53-23");
	assert_string_equal(all->macs[1], "00-00-5E-00-53-AB");
}

static void what_nobody_else_can_use_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(gather()->ip_count, 0);
	add_ip("lo", IFF_UP | IFF_LOOPBACK, "192.0.2.9");
	add_ip("eth0", IFF_UP, "fe80::1");
	add_ip("eth0", IFF_UP, "169.254.7.7");
	add_ip("eth0", IFF_UP, "::1");
	add_ip("eth1", 0, "192.0.2.3");
	add_mac("eth0", IFF_UP, 1); /* of an interface without an address that counts */
	add_mac("eth1", 0, 2);
	list.items[list.count - 1].ifa_next = NULL;
	add("tun0", IFF_UP, AF_INET); /* 0.0.0.0, and an entry without an address */
	list.items[list.count - 1].ifa_addr = NULL;
	assert_int_equal(gather()->ip_count, 0);
	assert_int_equal(gather()->mac_count, 0);
}

static void a_hardware_address_that_is_none_is_not_shown(void **state)
{
	struct sockaddr_ll *link;

	(void)state;
	add_ip("tun0", IFF_UP, "192.0.2.3");
	link = add("tun0", IFF_UP, AF_PACKET); /* all zero */
	link->sll_halen = 6;
	link = add("tun0", IFF_UP, AF_PACKET); /* longer: InfiniBand */
	link->sll_halen = 20;
	assert_int_equal(gather()->ip_count, 1);
	assert_int_equal(gather()->mac_count, 0);
}

static void more_than_there_is_room_for_are_left_out(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "192.0.2.%d", i);
		add_ip("eth0", IFF_UP, text);
	}
	assert_int_equal(gather()->ip_count, ADDRESSES_MAX);
	assert_string_equal(gather()->ips[0], "192.0.2.0");
}

static void this_host_is_read_without_harm(void **state)
{
	struct addresses all;

	(void)state;
	addresses_read(&all);
	assert_in_range(all.ip_count, 0, ADDRESSES_MAX);
	for (unsigned int i = 1; i < all.ip_count; i++)
		assert_true(strcmp(all.ips[i - 1], all.ips[i]) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(addresses_are_sorted_and_stand_once, clear),
		cmocka_unit_test_setup(what_nobody_else_can_use_is_left_out, clear),
		cmocka_unit_test_setup(a_hardware_address_that_is_none_is_not_shown, clear),
		cmocka_unit_test_setup(more_than_there_is_room_for_are_left_out, clear),
		cmocka_unit_test_setup(this_host_is_read_without_harm, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
