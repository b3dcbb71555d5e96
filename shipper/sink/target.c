/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes targets apart. Must not look anything up. */
#include "sink/target.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct scheme {
	const char *prefix;
	enum target_kind kind;
	const char *port;
};

static const struct scheme schemes[] = {
	{"unix://", TARGET_UNIX, ""},
	{"udp://", TARGET_UDP, "514"},
	{"tcp://", TARGET_TCP, "514"},
	{"tls://", TARGET_TLS, "6514"},
};

static int parse_path(struct target *target, const char *path, struct err *err)
{
	if (path[0] != '/' || path[1] == '\0')
		return err_set(err, -EINVAL,
			       "the path of a socket begins with '/', as in "
			       "unix:///dev/log");
	if (strlen(path) >= sizeof(target->path))
		return err_set(err, -EINVAL, "the path of a socket has at most %zu bytes",
			       sizeof(target->path) - 1);
	(void)strcpy(target->path, path);
	return 0;
}

static bool is_host(const char *text, size_t length, bool address)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";

	if (length == 0 || length >= sizeof(((struct target *)0)->host))
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0' ||
		    !(strchr(letters, text[i]) || (address && (text[i] == ':' || text[i] == '%'))))
			return false;
	return true;
}

static int parse_port(struct target *target, const char *text, const char *fallback,
		      struct err *err)
{
	uint64_t port;

	if (*text == '\0') {
		(void)strcpy(target->port, fallback);
		return 0;
	}
	if (*text != ':' || text_parse_number(text + 1, &port) < 0 || port < 1 || port > 65535)
		return err_set(err, -EINVAL, "a port is a number from 1 to 65535, behind a colon");
	(void)snprintf(target->port, sizeof(target->port), "%u", (unsigned int)port);
	return 0;
}

static int parse_host(struct target *target, const char *text, const char *fallback,
		      struct err *err)
{
	bool bracket = text[0] == '[';
	size_t length;

	text += bracket;
	length = strcspn(text, bracket ? "]" : ":");
	if (!is_host(text, length, bracket) || (bracket && text[length] != ']'))
		return err_set(err, -EINVAL,
			       "a host is a name, an address, or an IPv6 address in brackets");
	(void)snprintf(target->host, sizeof(target->host), "%.*s", (int)length, text);
	return parse_port(target, text + length + bracket, fallback, err);
}

int target_parse(struct target *ret_target, const char *text, struct err *err)
{
	*ret_target = (struct target){0};
	if (strlen(text) >= sizeof(ret_target->text))
		return err_set(err, -EINVAL, "it has at most %zu bytes",
			       sizeof(ret_target->text) - 1);
	(void)strcpy(ret_target->text, text);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, length) != 0)
			continue;
		ret_target->kind = schemes[i].kind;
		if (ret_target->kind == TARGET_UNIX)
			return parse_path(ret_target, text + length, err);
		return parse_host(ret_target, text + length, schemes[i].port, err);
	}
	return err_set(err, -EINVAL, "it begins with tls://, tcp://, udp:// or unix://");
}
