/* SPDX-License-Identifier: BSD-2-Clause */
/* From the kernel's list of interfaces to texts. Must not know who shows them. */
#include "enrich/addresses.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* 169.254.0.0/16, RFC 3927 */
static bool is_link_local(const struct in_addr *address)
{
	return ntohl(address->s_addr) >> 16 == 0xa9fe;
}

static bool format_ip(char out[ADDRESS_IP_SIZE], const struct ifaddrs *entry)
{
	const struct sockaddr_in6 *v6 = (const void *)entry->ifa_addr;
	const struct sockaddr_in *v4 = (const void *)entry->ifa_addr;

	if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP) || entry->ifa_flags & IFF_LOOPBACK)
		return false;
	if (entry->ifa_addr->sa_family == AF_INET)
		return !is_link_local(&v4->sin_addr) &&
		       inet_ntop(AF_INET, &v4->sin_addr, out, ADDRESS_IP_SIZE);
	return entry->ifa_addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
	       !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) &&
	       inet_ntop(AF_INET6, &v6->sin6_addr, out, ADDRESS_IP_SIZE);
}

static bool has_address(const struct ifaddrs *list, const char *interface)
{
	char ip[ADDRESS_IP_SIZE];

	for (; list; list = list->ifa_next)
		if (strcmp(list->ifa_name, interface) == 0 && format_ip(ip, list))
			return true;
	return false;
}

static bool format_mac(char out[ADDRESS_MAC_SIZE], const struct ifaddrs *entry)
{
	static const unsigned char none[6];
	const struct sockaddr_ll *link = (const void *)entry->ifa_addr;
	const unsigned char *mac = link ? link->sll_addr : none;

	if (!link || link->sll_family != AF_PACKET || link->sll_halen != sizeof(none) ||
	    memcmp(mac, none, sizeof(none)) == 0)
		return false;
	(void)snprintf(out, ADDRESS_MAC_SIZE, "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1],
		       mac[2], mac[3], mac[4], mac[5]);
	return true;
}

/* Into a sorted list of texts of that size; what is there already, or finds no room, is left out.
 */
static void insert(char *texts, size_t size, unsigned int *count, const char *text)
{
	unsigned int at = 0;
	int order = 1;

	while (at < *count && (order = strcmp(texts + at * size, text)) < 0)
		at++;
	if ((at < *count && order == 0) || *count == ADDRESSES_MAX)
		return;
	memmove(texts + (at + 1) * size, texts + at * size, (*count - at) * size);
	memset(texts + at * size, 0, size);
	memcpy(texts + at * size, text, strlen(text));
	++*count;
}

void addresses_gather(struct addresses *ret_addresses, const struct ifaddrs *list)
{
	struct addresses *all = ret_addresses;

	*all = (struct addresses){0};
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		char text[ADDRESS_IP_SIZE];

		if (format_ip(text, at))
			insert(all->ips[0], ADDRESS_IP_SIZE, &all->ip_count, text);
		else if (format_mac(text, at) && has_address(list, at->ifa_name))
			insert(all->macs[0], ADDRESS_MAC_SIZE, &all->mac_count, text);
	}
}

void addresses_read(struct addresses *ret_addresses)
{
	struct ifaddrs *list = NULL;

	*ret_addresses = (struct addresses){0};
	if (getifaddrs(&list) < 0)
		return;
	addresses_gather(ret_addresses, list);
	freeifaddrs(list);
}
