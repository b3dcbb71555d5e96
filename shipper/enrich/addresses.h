/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses that this host has for others: of its interfaces that are up, without loopback and
 * link-local ones, and the hardware addresses of those interfaces. In byte order, each once.
 */
#ifndef AUDITSHIP_ADDRESSES_H
#define AUDITSHIP_ADDRESSES_H

#include <ifaddrs.h>

#define ADDRESSES_MAX 32    /* further ones are left out */
#define ADDRESS_IP_SIZE 46  /* INET6_ADDRSTRLEN */
#define ADDRESS_MAC_SIZE 18 /* 00-00-5E-00-53-23 */

struct addresses {
	char ips[ADDRESSES_MAX][ADDRESS_IP_SIZE];
	char macs[ADDRESSES_MAX][ADDRESS_MAC_SIZE];
	unsigned int ip_count, mac_count;
};

/* Of the network namespace that the agent runs in. Nothing when the kernel does not say. */
void addresses_read(struct addresses *ret_addresses);

/* The same of a list that getifaddrs(3) has made. */
void addresses_gather(struct addresses *ret_addresses, const struct ifaddrs *list);

#endif
