/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses; opens nothing and asks no resolver. */
#include "base/listen_address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#define UNIX_PREFIX "unix:"

static int parse_unix(struct listen_address *ret_address, const char *path)
{
	if (path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -EINVAL;
	ret_address->path = path;
	return 0;
}

static int parse_v4(struct listen_address *ret_address, const char *host, in_port_t port)
{
	struct sockaddr_in *address = (struct sockaddr_in *)&ret_address->address;

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
	ret_address->size = sizeof(*address);
	if (inet_pton(AF_INET, host, &address->sin_addr) != 1)
		return -EINVAL;
	return ntohl(address->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? 0 : -EACCES;
}

static int parse_v6(struct listen_address *ret_address, const char *host, in_port_t port)
{
	struct sockaddr_in6 *address = (struct sockaddr_in6 *)&ret_address->address;

	*address = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
	ret_address->size = sizeof(*address);
	if (inet_pton(AF_INET6, host, &address->sin6_addr) != 1)
		return -EINVAL;
	return IN6_IS_ADDR_LOOPBACK(&address->sin6_addr) ? 0 : -EACCES;
}

int listen_address_parse(struct listen_address *ret_address, const char *text)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	uint64_t port;
	size_t length;

	*ret_address = (struct listen_address){0};
	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return parse_unix(ret_address, text + strlen(UNIX_PREFIX));
	length = colon ? (size_t)(colon - text) : sizeof(host);
	if (length >= sizeof(host) || text_parse_number(colon + 1, &port) < 0 || port < 1 ||
	    port > UINT16_MAX)
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	if (host[0] != '[')
		return parse_v4(ret_address, host, htons((uint16_t)port));
	if (host[length - 1] != ']')
		return -EINVAL;
	host[length - 1] = '\0';
	return parse_v6(ret_address, host + 1, htons((uint16_t)port));
}
