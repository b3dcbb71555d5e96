/* SPDX-License-Identifier: BSD-2-Clause */
/* What every event says: its kind, host, agent and moment, found out without the agent. */
#include "want.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void want_kind(struct want *want, const char *category, const char *action, const char *type)
{
	char list[64], dataset[64];

	snprintf(list, sizeof(list), "[\"%s\"]", category);
	snprintf(dataset, sizeof(dataset), "auditship.%s", category);
	want_string(want, "event.action", action);
	want_json(want, "event.category", list);
	want_json(want, "event.type", type);
	want_string(want, "event.outcome", "success");
	want_string(want, "event.dataset", dataset);
}

static void want_file_text(struct want *want, const char *path, const char *file)
{
	char *text = facts_file(file, NULL);

	want_string(want, path, text);
	free(text);
}

/* A value of os-release, without its quotes; "" when it has none. */
static void os_release(const char *name, char *out, size_t size)
{
	char *text = facts_file("/etc/os-release", NULL);

	out[0] = '\0';
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t length = strlen(name);

		if (strncmp(line, name, length) != 0 || line[length] != '=')
			continue;
		line += length + 1;
		line += *line == '"';
		snprintf(out, size, "%.*s", (int)strcspn(line, "\""), line);
	}
	free(text);
}

static void want_os(struct want *want, const char *path, const char *name, const char *other)
{
	char value[128];

	os_release(name, value, sizeof(value));
	if (!*value && other)
		os_release(other, value, sizeof(value));
	value[strcspn(value, other ? " " : "")] = '\0'; /* the first of ID_LIKE */
	if (*value)
		want_string(want, path, value);
}

struct texts {
	char items[64][NI_MAXHOST];
	size_t count;
};

static void add_text(struct texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return;
	assert_true(texts->count < 64);
	snprintf(texts->items[texts->count++], NI_MAXHOST, "%s", text);
}

/* In byte order. */
static void want_texts(struct want *want, const char *path, struct texts *texts)
{
	char list[64 * NI_MAXHOST];
	size_t size = 0;

	qsort(texts->items, texts->count, sizeof(texts->items[0]),
	      (int (*)(const void *, const void *))strcmp);
	for (size_t i = 0; i < texts->count; i++)
		size += (size_t)sprintf(list + size, "%s", texts->items[i]) + 1;
	if (size)
		want_list(want, path, list, size);
}

static void add_mac(struct texts *macs, const char *interface)
{
	char path[128], *text;

	snprintf(path, sizeof(path), "/sys/class/net/%s/address", interface);
	text = facts_file(path, NULL);
	for (char *at = text; *at; at++)
		*at = *at == ':' ? '-' : (char)toupper(*at);
	if (strlen(text) == strlen("00-00-5E-00-53-23") && strcmp(text, "00-00-00-00-00-00") != 0)
		add_text(macs, text);
	free(text);
}

/* As getnameinfo(3) writes it. False: not one that the host has for others. */
static bool address_text(const struct ifaddrs *at, char out[NI_MAXHOST])
{
	int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
	socklen_t length =
		family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if ((family != AF_INET && family != AF_INET6) || !(at->ifa_flags & IFF_UP) ||
	    at->ifa_flags & IFF_LOOPBACK)
		return false;
	assert_int_equal(
		getnameinfo(at->ifa_addr, length, out, NI_MAXHOST, NULL, 0, NI_NUMERICHOST), 0);
	return strncmp(out, "fe80:", 5) != 0 && strncmp(out, "169.254.", 8) != 0;
}

static void want_addresses(struct want *want)
{
	static struct texts ips, macs;
	struct ifaddrs *all;
	char text[NI_MAXHOST];

	ips.count = macs.count = 0;
	assert_int_equal(getifaddrs(&all), 0);
	for (struct ifaddrs *at = all; at; at = at->ifa_next) {
		if (!address_text(at, text))
			continue;
		add_text(&ips, text);
		add_mac(&macs, at->ifa_name);
	}
	freeifaddrs(all);
	want_texts(want, "host.ip", &ips);
	want_texts(want, "host.mac", &macs);
}

/* The name, or what /etc/hosts has that begins with it and a dot. */
static void want_host_name(struct want *want, const char *hostname)
{
	char *hosts = facts_file("/etc/hosts", NULL), *save;
	size_t length = strlen(hostname);

	want_string(want, "host.name", hostname);
	for (char *word = strtok_r(hosts, " \t\n", &save); word && !strchr(hostname, '.');
	     word = strtok_r(NULL, " \t\n", &save))
		if (strncasecmp(word, hostname, length) == 0 && word[length] == '.') {
			want_string(want, "host.name", word);
			break;
		}
	free(hosts);
}

static void want_host(struct want *want)
{
	struct utsname host;

	assert_int_equal(uname(&host), 0);
	want_host_name(want, host.nodename);
	want_string(want, "host.hostname", host.nodename);
	want_addresses(want);
	want_file_text(want, "host.id", "/etc/machine-id");
	want_string(want, "host.architecture", host.machine);
	want_file_text(want, "host.boot.id", "/proc/sys/kernel/random/boot_id");
	want_string(want, "host.pid_ns_ino", "4026531836");
	want_string(want, "host.os.type", "linux");
	want_string(want, "host.os.kernel", host.release);
	want_os(want, "host.os.platform", "ID", NULL);
	want_os(want, "host.os.family", "ID_LIKE", "ID");
	want_os(want, "host.os.name", "NAME", NULL);
	want_os(want, "host.os.version", "VERSION_ID", NULL);
}

/* Threads and file opens must not crowd out what processes do. */
static bool is_bulk(const struct event *event)
{
	return strcmp(event_string(event, "event.dataset"), "auditship.file") == 0 ||
	       strncmp(event->action, "thread_", strlen("thread_")) == 0;
}

void want_envelope(struct want *want, struct harness *harness, const struct event *event)
{
	const char *stream = event_string(event, "agent.ephemeral_id");
	char path[128], id[64];

	assert_int_equal(strlen(stream), 36);
	snprintf(path, sizeof(path), "%s/state/agent-id", harness_dir(harness));
	snprintf(id, sizeof(id), "%s:%" PRIu64, stream, event_number(event, "event.sequence"));
	want_host(want);
	want_string(want, "ecs.version", "9.4.0");
	want_string(want, "agent.type", "auditship");
	want_string(want, "agent.version", AUDITSHIP_VERSION);
	want_string(want, "agent.name", event_string(event, "host.hostname"));
	want_file_text(want, "agent.id", path);
	want_string(want, "agent.ephemeral_id", stream);
	want_string(want, "event.kind", "event");
	want_string(want, "event.module", "auditship");
	want_string(want, "event.provider", "ebpf");
	want_string(want, "event.id", id);
	want_range(want, "event.sequence", 1, 1ull << 40);
	want_string(want, "Linux.schema.version", "0.1.0");
	want_string(want, "Linux.sequence.ring", is_bulk(event) ? "bulk" : "vital");
	want_string(want, "Linux.sequence.class", "task");
	want_number(want, "Linux.sequence.generation", 0);
	want_range(want, "Linux.sequence.cpu", 0, (uint64_t)sysconf(_SC_NPROCESSORS_CONF) - 1);
	want_range(want, "Linux.sequence.number", 1, 1ull << 40);
}

void want_moment(struct want *want, uint64_t min_ns, uint64_t max_ns)
{
	want_time(want, "@timestamp", min_ns, max_ns);
	want_id_range(want, "Linux.time.boot_ns", min_ns, max_ns);
	want_time(want, "event.created", min_ns, max_ns + 2000000000u);
}

struct want *want_of_agent(struct harness *harness, const struct event *event, uint64_t after_ns)
{
	struct want *want = want_new();

	want_envelope(want, harness, event);
	want_moment(want, after_ns, boot_ns());
	want_string(want, "event.action", event->action);
	want_json(want, "event.type", "[\"info\"]");
	want_string(want, "event.dataset", "auditship.agent");
	want_string(want, "Linux.sequence.ring", "shipper");
	return want;
}
