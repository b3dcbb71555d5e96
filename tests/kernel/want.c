/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of what a test expects and its comparison with an event. It knows JSON values and the
 * order of /proc facts to field paths; it takes nothing from the agent's own tables.
 */
#include "want.h"

#include <ctype.h>
#include <grp.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLOCK_SLACK_NS 10000000u
#define TICK_NS (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK))
#define MAX_ROWS 256

enum how { JSON, RANGE, ID_RANGE, TIME_RANGE };

struct row {
	const char *path;
	enum how how;
	char *json;
	uint64_t min, max;
	bool seen;
};

struct want {
	struct row rows[MAX_ROWS];
	unsigned int count;
	char *differences; /* what the comparison found, NULL: nothing */
};

struct want *want_new(void)
{
	struct want *want = calloc(1, sizeof(*want));

	assert_non_null(want);
	return want;
}

void want_free(struct want *want)
{
	if (!want)
		return;
	for (unsigned int i = 0; i < want->count; i++)
		free(want->rows[i].json);
	free(want->differences);
	free(want);
}

static struct row *find_row(struct want *want, const char *path)
{
	for (unsigned int i = 0; i < want->count; i++)
		if (strcmp(want->rows[i].path, path) == 0)
			return &want->rows[i];
	return NULL;
}

/* Fresh or emptied; paths are literals or outlive the expectation. */
static struct row *set_row(struct want *want, const char *path, enum how how)
{
	struct row *row = find_row(want, path);

	if (!row) {
		assert_true(want->count < MAX_ROWS);
		row = &want->rows[want->count++];
	}
	free(row->json);
	*row = (struct row){.path = path, .how = how};
	return row;
}

void want_json(struct want *want, const char *path, const char *json)
{
	struct row *row;
	char *copy = strdup(json); /* json may be the text that set_row frees */

	row = set_row(want, path, JSON);
	row->json = copy;
	assert_non_null(copy);
}

/* JSON text of values: one spelling, so that equal values are equal texts. */

static void write_json_string(FILE *out, const char *text, size_t length)
{
	fputc('"', out);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void write_json(FILE *out, yajl_val value);

static void write_json_object(FILE *out, yajl_val value)
{
	fputc('{', out);
	for (size_t i = 0; i < value->u.object.len; i++) {
		fputs(i ? "," : "", out);
		write_json_string(out, value->u.object.keys[i], strlen(value->u.object.keys[i]));
		fputc(':', out);
		write_json(out, value->u.object.values[i]);
	}
	fputc('}', out);
}

static void write_json_array(FILE *out, yajl_val value)
{
	fputc('[', out);
	for (size_t i = 0; i < value->u.array.len; i++) {
		fputs(i ? "," : "", out);
		write_json(out, value->u.array.values[i]);
	}
	fputc(']', out);
}

static void write_json(FILE *out, yajl_val value)
{
	if (YAJL_IS_STRING(value))
		write_json_string(out, value->u.string, strlen(value->u.string));
	else if (YAJL_IS_NUMBER(value))
		fputs(YAJL_GET_NUMBER(value), out);
	else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
		fputs(YAJL_IS_TRUE(value) ? "true" : "false", out);
	else if (YAJL_IS_ARRAY(value))
		write_json_array(out, value);
	else if (YAJL_IS_OBJECT(value))
		write_json_object(out, value);
	else
		fputs("null", out);
}

static char *json_of(yajl_val value)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_json(out, value);
	fclose(out);
	return text;
}

void want_string(struct want *want, const char *path, const char *text)
{
	size_t size;
	char *json;
	FILE *out = open_memstream(&json, &size);

	assert_non_null(out);
	write_json_string(out, text, strlen(text));
	fclose(out);
	want_json(want, path, json);
	free(json);
}

void want_list(struct want *want, const char *path, const char *parts, size_t size)
{
	size_t length, json_size;
	char *json;
	FILE *out = open_memstream(&json, &json_size);

	assert_non_null(out);
	fputc('[', out);
	for (const char *part = parts; part < parts + size; part += length + 1) {
		length = strnlen(part, (size_t)(parts + size - part));
		fputs(part > parts ? "," : "", out);
		write_json_string(out, part, length);
	}
	fputc(']', out);
	fclose(out);
	want_json(want, path, json);
	free(json);
}

void want_number(struct want *want, const char *path, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	want_json(want, path, text);
}

void want_id(struct want *want, const char *path, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "\"%" PRIu64 "\"", number);
	want_json(want, path, text);
}

void want_bool(struct want *want, const char *path, bool value)
{
	want_json(want, path, value ? "true" : "false");
}

static void set_range(struct row *row, uint64_t min, uint64_t max)
{
	row->min = min;
	row->max = max;
}

void want_range(struct want *want, const char *path, uint64_t min, uint64_t max)
{
	set_range(set_row(want, path, RANGE), min, max);
}

void want_id_range(struct want *want, const char *path, uint64_t min, uint64_t max)
{
	set_range(set_row(want, path, ID_RANGE), min, max);
}

void want_time(struct want *want, const char *path, uint64_t min_ns, uint64_t max_ns)
{
	uint64_t offset = wall_offset_ns();

	set_range(set_row(want, path, TIME_RANGE), min_ns + offset - CLOCK_SLACK_NS,
		  max_ns + offset + CLOCK_SLACK_NS);
}

void want_absent(struct want *want, const char *path)
{
	struct row *row = find_row(want, path);

	if (!row)
		return;
	free(row->json);
	*row = want->rows[--want->count];
	want->rows[want->count] = (struct row){0};
}

/* The comparison. */

static void differ(struct want *want, const char *path, const char *expected, const char *got)
{
	char *before = want->differences;

	assert_true(asprintf(&want->differences, "%s  %s: expected %s, got %s\n",
			     before ? before : "", path, expected, got) >= 0);
	free(before);
}

static uint64_t row_number(const struct row *row, const struct event *event)
{
	if (row->how == TIME_RANGE)
		return event_time(event, row->path);
	return event_number(event, row->path);
}

static bool has_type(const struct row *row, yajl_val value)
{
	return row->how == RANGE ? YAJL_IS_INTEGER(value) : YAJL_IS_STRING(value);
}

static void check_value(struct want *want, struct row *row, const struct event *event,
			yajl_val value)
{
	static const char *const types[] = {[RANGE] = "number",
					    [ID_RANGE] = "string of digits",
					    [TIME_RANGE] = "time, ns since 1970,"};
	char *got = json_of(value);
	char expected[128];

	row->seen = true;
	if (row->how == JSON) {
		if (strcmp(got, row->json) != 0)
			differ(want, row->path, row->json, got);
	} else if (!has_type(row, value) || row_number(row, event) < row->min ||
		   row_number(row, event) > row->max) {
		snprintf(expected, sizeof(expected), "a %s from %" PRIu64 " to %" PRIu64,
			 types[row->how], row->min, row->max);
		differ(want, row->path, expected, got);
	}
	free(got);
}

static void walk(struct want *want, const struct event *event, yajl_val object, const char *prefix)
{
	for (size_t i = 0; i < object->u.object.len; i++) {
		yajl_val value = object->u.object.values[i];
		char path[192], *got;
		struct row *row;

		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "",
			 object->u.object.keys[i]);
		if (YAJL_IS_ARRAY(value) && strcmp(path, "process.previous") == 0 &&
		    value->u.array.len == 1)
			value = value->u.array.values[0];
		row = find_row(want, path);
		if (row) {
			check_value(want, row, event, value);
		} else if (YAJL_IS_OBJECT(value) && value->u.object.len) {
			walk(want, event, value, path);
		} else {
			got = json_of(value);
			differ(want, path, "nothing", got);
			free(got);
		}
	}
}

static void want_action(struct want *want, const char *action);

void want_check(struct want *want, struct harness *harness, const struct event *event)
{
	bool good;

	want_action(want, event->action);
	walk(want, event, event->root, "");
	for (unsigned int i = 0; i < want->count; i++)
		if (!want->rows[i].seen)
			differ(want, want->rows[i].path,
			       want->rows[i].json ? want->rows[i].json : "a number or time",
			       "nothing");
	good = !want->differences;
	if (!good)
		fprintf(stderr,
			"%s of process %d is not as it should be:\n%s%.6000s\n--- agent:\n%s",
			event->action, event->pid, want->differences, event->text,
			harness_log(harness));
	want_free(want);
	assert_true(good);
}

/* What facts become in an event. */

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

/* Any of the pointers may be NULL: told nowhere. */
static void want_user(struct want *want, uint32_t uid, const char *id_path, const char *name_path)
{
	const struct passwd *user = getpwuid(uid);

	want_id(want, id_path, uid);
	if (user)
		want_string(want, name_path, user->pw_name);
}

static void want_group(struct want *want, uint32_t gid, const char *id_path, const char *name_path)
{
	const struct group *group = getgrgid(gid);

	want_id(want, id_path, gid);
	if (group)
		want_string(want, name_path, group->gr_name);
}

static void want_credentials(struct want *want, const struct facts *facts)
{
	const uint32_t *uid = facts->uid, *gid = facts->gid;

	want_user(want, uid[EFFECTIVE], "user.id", "user.name");
	want_user(want, uid[EFFECTIVE], "process.user.id", "process.user.name");
	want_user(want, uid[REAL], "process.real_user.id", "process.real_user.name");
	want_user(want, uid[SAVED], "process.saved_user.id", "process.saved_user.name");
	want_user(want, uid[FILE_SYSTEM], "Linux.fs_user.id", "Linux.fs_user.name");
	want_group(want, gid[EFFECTIVE], "group.id", "group.name");
	want_group(want, gid[EFFECTIVE], "process.group.id", "process.group.name");
	want_group(want, gid[REAL], "process.real_group.id", "process.real_group.name");
	want_group(want, gid[SAVED], "process.saved_group.id", "process.saved_group.name");
	want_group(want, gid[FILE_SYSTEM], "Linux.fs_group.id", "Linux.fs_group.name");
	if (facts->login_uid != FACTS_UNSET)
		want_user(want, facts->login_uid, "Linux.audit.user.id", "Linux.audit.user.name");
	want_string(want, "Linux.names.source", "files");
	if (facts->audit_session != FACTS_UNSET)
		want_id(want, "Linux.audit.session", facts->audit_session);
}

static void want_caps(struct want *want, const char *path, uint64_t bits)
{
	/* in the order of capabilities(7)'s numbers */
	static const char *const names[] = {"CHOWN",
					    "DAC_OVERRIDE",
					    "DAC_READ_SEARCH",
					    "FOWNER",
					    "FSETID",
					    "KILL",
					    "SETGID",
					    "SETUID",
					    "SETPCAP",
					    "LINUX_IMMUTABLE",
					    "NET_BIND_SERVICE",
					    "NET_BROADCAST",
					    "NET_ADMIN",
					    "NET_RAW",
					    "IPC_LOCK",
					    "IPC_OWNER",
					    "SYS_MODULE",
					    "SYS_RAWIO",
					    "SYS_CHROOT",
					    "SYS_PTRACE",
					    "SYS_PACCT",
					    "SYS_ADMIN",
					    "SYS_BOOT",
					    "SYS_NICE",
					    "SYS_RESOURCE",
					    "SYS_TIME",
					    "SYS_TTY_CONFIG",
					    "MKNOD",
					    "LEASE",
					    "AUDIT_WRITE",
					    "AUDIT_CONTROL",
					    "SETFCAP",
					    "MAC_OVERRIDE",
					    "MAC_ADMIN",
					    "SYSLOG",
					    "WAKE_ALARM",
					    "BLOCK_SUSPEND",
					    "AUDIT_READ",
					    "PERFMON",
					    "BPF",
					    "CHECKPOINT_RESTORE"};
	char list[2048];
	size_t size = 0;

	if (!bits)
		return;
	for (unsigned int i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		if (i < sizeof(names) / sizeof(names[0]))
			size += (size_t)sprintf(list + size, "CAP_%s", names[i]) + 1;
		else
			size += (size_t)sprintf(list + size, "%u", i) + 1;
	}
	want_list(want, path, list, size);
}

void want_capabilities(struct want *want, const struct facts *facts)
{
	char hex[32];

	want_caps(want, "Linux.capabilities.inheritable", facts->caps[INHERITABLE]);
	want_caps(want, "process.thread.capabilities.permitted", facts->caps[PERMITTED]);
	want_caps(want, "process.thread.capabilities.effective", facts->caps[EFFECTIVE_CAPS]);
	want_caps(want, "Linux.capabilities.ambient", facts->caps[AMBIENT]);
	snprintf(hex, sizeof(hex), "%016" PRIx64, facts->caps[BOUNDING]);
	want_string(want, "Linux.capabilities.bounding_hex", hex);
}

static void want_namespaces(struct want *want, const struct facts *facts)
{
	static const char *const paths[NAMESPACES] = {
		"Linux.namespaces.cgroup", "Linux.namespaces.ipc", "Linux.namespaces.mnt",
		"Linux.namespaces.net",    "Linux.namespaces.pid", "Linux.namespaces.time",
		"Linux.namespaces.user",   "Linux.namespaces.uts"};

	for (unsigned int i = 0; i < NAMESPACES; i++)
		if (facts->namespaces[i])
			want_id(want, paths[i], facts->namespaces[i]);
}

static void want_start(struct want *want, const char *path, uint64_t ticks)
{
	want_time(want, path, ticks * TICK_NS, (ticks + 1) * TICK_NS);
}

static bool has_end(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length > size && strcmp(text + length - size, end) == 0;
}

/* "/user.slice/user-0.slice/session-1.scope": below slices, a unit. */
static void want_unit(struct want *want, const char *cgroup_path)
{
	char path[1024], *rest = path, *name;

	want_absent(want, "Linux.systemd.slice");
	want_absent(want, "Linux.systemd.unit");
	want_absent(want, "Linux.systemd.user_unit");
	snprintf(path, sizeof(path), "%s", cgroup_path);
	while ((name = strsep(&rest, "/"))) {
		if (has_end(name, ".slice"))
			want_string(want, "Linux.systemd.slice", name);
		else if (*name)
			break;
	}
	if (!name || !(has_end(name, ".scope") || has_end(name, ".service")))
		return;
	want_string(want, "Linux.systemd.unit", name);
	while (strncmp(name, "user@", 5) == 0 && (name = strsep(&rest, "/"))) {
		if (has_end(name, ".scope") || has_end(name, ".service"))
			want_string(want, "Linux.systemd.user_unit", name);
		else if (has_end(name, ".slice"))
			name = (char *)"user@";
	}
}

void want_cgroup(struct want *want, const struct facts *facts)
{
	if (facts->cgroup)
		want_id(want, "Linux.cgroup.id", facts->cgroup);
	if (facts->cgroup_v1)
		want_id(want, "Linux.cgroup.v1_id", facts->cgroup_v1);
	want_string(want, "Linux.cgroup.path", facts->cgroup_path);
	want_string(want, "Linux.cgroup.hierarchy", facts->cgroup_path_is_v1 ? "v1" : "v2");
	want_unit(want, facts->cgroup_path);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static uint64_t count_args(const struct facts *facts)
{
	uint64_t count = 0;

	for (size_t i = 0; i < facts->args_size; i++)
		count += facts->args[i] == '\0';
	return count;
}

/* Where a leader's facts stand. */
struct leader_paths {
	const char *pid, *vpid, *entity_id, *start, *is_self;
	const char *executable, *name, *args, *args_count;
};

static const struct leader_paths session_paths = {
	"process.session_leader.pid",
	"process.session_leader.vpid",
	"process.session_leader.entity_id",
	"process.session_leader.start",
	"process.session_leader.same_as_process",
	"process.session_leader.executable",
	"process.session_leader.name",
	"process.session_leader.args",
	"process.session_leader.args_count",
};

static const struct leader_paths group_paths = {
	"process.group_leader.pid",
	"process.group_leader.vpid",
	"process.group_leader.entity_id",
	"process.group_leader.start",
	"process.group_leader.same_as_process",
	"process.group_leader.executable",
	"process.group_leader.name",
	"process.group_leader.args",
	"process.group_leader.args_count",
};

static const struct leader_paths entry_paths = {
	"process.entry_leader.pid",
	"process.entry_leader.vpid",
	"process.entry_leader.entity_id",
	"process.entry_leader.start",
	"process.entry_leader.same_as_process",
	"process.entry_leader.executable",
	"process.entry_leader.name",
	"process.entry_leader.args",
	"process.entry_leader.args_count",
};

static void forget_leader_program(struct want *want, const struct leader_paths *paths)
{
	want_absent(want, paths->executable);
	want_absent(want, paths->name);
	want_absent(want, paths->args);
	want_absent(want, paths->args_count);
}

static void want_leader_program(struct want *want, const struct leader_paths *paths, pid_t pid)
{
	struct facts leader;

	facts_read(&leader, pid);
	want_string(want, paths->executable, leader.executable);
	want_string(want, paths->name, base_name(leader.executable));
	want_list(want, paths->args, leader.args, leader.args_size);
	want_number(want, paths->args_count, count_args(&leader));
	facts_done(&leader);
}

/* Of a leader that has ended before the agent came only the number is known. Leaders of the
 * processes of a test live in the test's own pid namespace, or are in facts themselves. */
static void want_leader(struct want *want, const struct leader_paths *paths, uint32_t pid,
			const struct facts *facts)
{
	bool is_self = pid == facts->pid;
	uint64_t ticks;
	char entity_id[FACTS_UUID_SIZE];
	struct stat ns;

	forget_leader_program(want, paths);
	if (pid == 0)
		return;
	want_number(want, paths->pid, pid);
	want_number(want, paths->vpid, is_self ? facts->ns_pid : pid);
	if (!is_self && !facts_exists((pid_t)pid))
		return;
	ticks = is_self ? facts->start_ticks : facts_start_ticks((pid_t)pid);
	assert_int_equal(stat("/proc/self/ns/pid", &ns), 0);
	facts_entity_id(entity_id, ns.st_ino, ticks, pid);
	want_string(want, paths->entity_id, is_self ? facts->entity_id : entity_id);
	want_start(want, paths->start, ticks);
	want_bool(want, paths->is_self, is_self);
	if (!is_self && facts_program_readable((pid_t)pid))
		want_leader_program(want, paths, (pid_t)pid);
}

static bool is_terminal(const struct facts *facts)
{
	return facts->tty_major == 4 || facts->tty_major == 204 || facts->tty_major == 229;
}

/* What stands above in the chain of sessions; 0: nobody can tell. */
static uint32_t above(const struct facts *facts)
{
	struct facts parent;
	bool same;

	if (facts->session > 1 && facts->session != facts->pid &&
	    facts_exists((pid_t)facts->session))
		return facts->session;
	if (facts->session <= 1 || facts->session == facts->pid)
		return facts->parent;
	parent.pid = facts->parent;
	facts_read(&parent, (pid_t)facts->parent);
	same = parent.session == facts->session;
	facts_done(&parent);
	return same ? facts->parent : 0;
}

/* "": goes on above. The agent has not seen the start of any of them. */
static const char *entry_type(const struct facts *facts, const char *parents_name)
{
	if (facts->session != facts->pid)
		return "";
	if (is_terminal(facts))
		return "terminal";
	if ((strcmp(parents_name, "sshd") == 0 || strcmp(parents_name, "sshd-session") == 0) &&
	    strncmp(base_name(facts->executable), "sshd", 4) != 0)
		return "sshd";
	return facts->parent == 1 ? "init" : "";
}

/* Children of a test came into being under the entry leader that the test has. */
static void want_entry(struct want *want, const struct facts *facts)
{
	uint32_t pid = (uint32_t)getpid();
	const char *type = "";

	if (!*facts->executable) /* a thread of the kernel */
		pid = 0;
	while (pid > 1 && !*type) {
		struct facts at, parent = {0};

		facts_read(&at, (pid_t)pid);
		if (at.parent > 1)
			facts_read(&parent, (pid_t)at.parent);
		type = entry_type(&at, base_name(parent.executable));
		if (!*type)
			pid = above(&at);
		facts_done(&at);
		facts_done(&parent);
	}
	if (pid == 0)
		return;
	want_leader(want, &entry_paths, pid, facts);
	want_string(want, "process.entry_leader.entry_meta.type", *type ? type : "init");
}

/* What leaders run is told of processes only. */
static void want_action(struct want *want, const char *action)
{
	static const char *const actions[] = {"fork", "exec", "end"};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(action, actions[i]) == 0)
			return;
	forget_leader_program(want, &session_paths);
	forget_leader_program(want, &group_paths);
	forget_leader_program(want, &entry_paths);
}

void want_previous(struct want *want, const struct facts *previous)
{
	want_absent(want, "process.previous.executable");
	want_absent(want, "process.previous.args");
	want_absent(want, "process.previous.args_count");
	if (!previous)
		return;
	want_string(want, "process.previous.executable", previous->executable);
	want_list(want, "process.previous.args", previous->args, previous->args_size);
	want_number(want, "process.previous.args_count", count_args(previous));
}

void want_process(struct want *want, const struct facts *facts)
{
	want_number(want, "process.pid", facts->pid);
	want_number(want, "process.vpid", facts->ns_pid);
	want_string(want, "process.entity_id", facts->entity_id);
	want_start(want, "process.start", facts->start_ticks);
	want_number(want, "process.thread.id", facts->pid);
	want_string(want, "process.thread.name", facts->comm);
	want_leader(want, &session_paths, facts->session, facts);
	want_leader(want, &group_paths, facts->group, facts);
	want_entry(want, facts);
	if (facts->tty_major || facts->tty_minor) {
		want_number(want, "process.tty.char_device.major", facts->tty_major);
		want_number(want, "process.tty.char_device.minor", facts->tty_minor);
	}
	want_cgroup(want, facts);
	want_credentials(want, facts);
	want_capabilities(want, facts);
	want_namespaces(want, facts);
}

/* Arguments joined by one space each, as a copy. */
static char *join(const char *args, size_t size)
{
	char *text = malloc(size + 1);

	assert_non_null(text);
	memcpy(text, args, size);
	for (size_t i = 0; i + 1 < size; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[size] = '\0';
	return text;
}

void want_program(struct want *want, const char *under, const struct facts *facts)
{
	static const char *const paths[2][5] = {
		{"process.executable", "process.name", "process.args", "process.args_count",
		 "process.command_line"},
		{"process.parent.executable", "process.parent.name", "process.parent.args",
		 "process.parent.args_count", "process.parent.command_line"}};
	const char *const *path = paths[strcmp(under, "process") != 0];
	char *line;

	if (!*facts->executable) { /* a thread of the kernel */
		for (unsigned int i = 0; i < 5; i++)
			want_absent(want, path[i]);
		return;
	}
	line = join(facts->args, facts->args_size);
	want_string(want, path[0], facts->executable);
	want_string(want, path[1], base_name(facts->executable));
	want_list(want, path[2], facts->args, facts->args_size);
	want_number(want, path[3], count_args(facts));
	want_string(want, path[4], line);
	free(line);
}

void want_parent(struct want *want, const struct facts *parent)
{
	want_number(want, "process.parent.pid", parent->pid);
	want_number(want, "process.parent.vpid", parent->ns_pid);
	want_string(want, "process.parent.entity_id", parent->entity_id);
	want_start(want, "process.parent.start", parent->start_ticks);
	want_string(want, "process.parent.thread.name", parent->comm);
	want_program(want, "process.parent", parent);
}

void want_creator(struct want *want, const struct facts *creator)
{
	want_number(want, "Linux.creator.pid", creator->pid);
	want_string(want, "Linux.creator.entity_id", creator->entity_id);
	want_start(want, "Linux.creator.start", creator->start_ticks);
	want_absent(want, "Linux.creator.executable");
	if (*creator->executable)
		want_string(want, "Linux.creator.executable", creator->executable);
}

struct want *want_fork(struct harness *harness, const struct event *event,
		       const struct facts *parent, const struct child *child)
{
	struct want *want = want_new();
	struct facts copy = *parent;
	/* in the parent's own pid namespace */
	uint64_t ticks = (event_time(event, "process.start") - wall_offset_ns()) / TICK_NS;

	/* the start is bounded here by the test's clocks, later events by /proc */
	copy.pid = copy.ns_pid = (uint32_t)child->pid;
	copy.start_ticks = ticks;
	want_envelope(want, harness, event);
	want_kind(want, "process", "fork", "[\"start\"]");
	want_moment(want, child->before_fork_ns, child->after_fork_ns);
	want_process(want, &copy);
	want_time(want, "process.start", child->before_fork_ns, child->after_fork_ns);
	want_json(want, "process.entity_id", "\"\"");
	want_program(want, "process", parent);
	want_parent(want, parent);
	want_creator(want, parent);
	want_number(want, "Linux.creator.thread_id", parent->pid);
	want_string(want, "Linux.clone.exit_signal", "SIGCHLD");
	return want;
}

static void want_test_family(struct want *want)
{
	struct facts test;

	facts_read(&test, getpid());
	want_parent(want, &test);
	want_creator(want, &test);
	facts_done(&test);
}

void want_child(struct want *want, const struct facts *facts)
{
	want_process(want, facts);
	want_program(want, "process", facts);
	want_test_family(want);
}

void want_call(struct want *want, const char *name, long result)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", result);
	want_string(want, "Linux.syscall.name", name);
	want_json(want, "Linux.syscall.exit", text);
	if (result >= 0)
		return;
	want_string(want, "event.outcome", "failure");
	want_string(want, "error.code", strerrorname_np((int)-result));
	want_string(want, "error.message", strerrordesc_np((int)-result));
}

static const char *file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "symlink";
	case S_IFIFO:
		return "fifo";
	case S_IFCHR:
		return "character_device";
	default:
		return "unknown";
	}
}

void want_path(struct want *want, const char *path)
{
	char directory[PATH_MAX + 256];
	size_t length = (size_t)(base_name(path) - path);

	snprintf(directory, sizeof(directory), "%.*s", (int)(length > 1 ? length - 1 : length),
		 path);
	want_string(want, "file.path", path);
	want_string(want, "file.directory", directory);
	if (*base_name(path))
		want_string(want, "file.name", base_name(path));
}

void want_executable(struct want *want, const char *path)
{
	want_path(want, path);
	want_string(want, "process.executable", path);
	want_string(want, "process.name", base_name(path));
}

void want_stat(struct want *want, const struct stat *stat)
{
	char text[32];

	want_id(want, "file.inode", stat->st_ino);
	want_number(want, "file.size", (uint64_t)stat->st_size);
	snprintf(text, sizeof(text), "%u:%u", major(stat->st_dev), minor(stat->st_dev));
	want_string(want, "file.device", text);
	snprintf(text, sizeof(text), "%04o", stat->st_mode & 07777);
	want_string(want, "file.mode", text);
	want_string(want, "file.type", file_type(stat->st_mode));
	want_user(want, stat->st_uid, "file.uid", "file.owner");
	want_group(want, stat->st_gid, "file.gid", "file.group");
}

void want_file(struct want *want, const char *path, const struct stat *stat)
{
	want_executable(want, path);
	want_stat(want, stat);
	want_bool(want, "Linux.exec.setuid", stat->st_mode & S_ISUID);
	want_bool(want, "Linux.exec.setgid", stat->st_mode & S_ISGID);
	want_bool(want, "Linux.exec.deleted", stat->st_nlink == 0);
	want_bool(want, "Linux.exec.secure", false);
	want_bool(want, "Linux.exec.memfd", false);
}

struct want *want_exec(struct harness *harness, const struct event *event,
		       const struct facts *facts, const char *path)
{
	struct want *want = want_new();
	char binary[64];
	struct stat stat_buf;
	struct facts test;

	facts_read(&test, getpid());
	/* the very file that runs, also when path names something else by now */
	snprintf(binary, sizeof(binary), "/proc/%u/exe", facts->pid);
	assert_int_equal(stat(binary, &stat_buf), 0);
	want_envelope(want, harness, event);
	want_kind(want, "process", "exec", "[\"start\"]");
	want_process(want, facts);
	want_program(want, "process", facts);
	want_test_family(want);
	want_previous(want, &test);
	facts_done(&test);
	want_file(want, path, &stat_buf);
	want_string(want, "process.working_directory", facts->cwd);
	want_string(want, "Linux.exec.filename", path);
	want_number(want, "Linux.exec.thread_id", facts->pid);
	return want;
}

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000;
}

static void want_about(struct want *want, const char *path, uint64_t ns)
{
	const uint64_t slack = 20000000ull * harness_slowdown();

	want_id_range(want, path, ns > slack ? ns - slack : 0, ns + slack);
}

void want_written(struct want *want, uint64_t bytes)
{
	want_id_range(want, "Linux.io.written_bytes", bytes > 65536 ? bytes - 65536 : 0, bytes);
}

/* A child without children of its own that were waited for: wait4 adds those in. */
static void want_usage(struct want *want, const struct rusage *usage)
{
	want_about(want, "Linux.cpu.user_ns", time_ns(&usage->ru_utime));
	want_about(want, "Linux.cpu.system_ns", time_ns(&usage->ru_stime));
	want_id(want, "Linux.cpu.children_user_ns", 0);
	want_id(want, "Linux.cpu.children_system_ns", 0);
	want_id(want, "Linux.memory.max_rss_bytes", (uint64_t)usage->ru_maxrss * 1024);
	want_id(want, "Linux.io.read_bytes", (uint64_t)usage->ru_inblock * 512);
	want_written(want, (uint64_t)usage->ru_oublock * 512);
}

struct want *want_exit(struct harness *harness, const struct event *event,
		       const struct facts *facts, const struct child *child)
{
	struct want *want = want_new();
	uint64_t end_ns = event_number(event, "Linux.time.boot_ns");

	want_envelope(want, harness, event);
	want_kind(want, "process", "end", "[\"end\"]");
	want_moment(want, child->before_end_ns, child->after_end_ns);
	want_process(want, facts);
	want_program(want, "process", facts);
	want_test_family(want);
	want_string(want, "process.end", event_string(event, "@timestamp"));
	want_string(want, "event.end", event_string(event, "@timestamp"));
	want_string(want, "event.start", event_string(event, "process.start"));
	want_range(want, "event.duration", end_ns - child->after_fork_ns,
		   end_ns - child->before_fork_ns);
	want_number(want, "process.exit_code", (uint64_t)WEXITSTATUS(child->status));
	if (WIFSIGNALED(child->status)) {
		want_number(want, "process.exit_code", 128 + (uint64_t)WTERMSIG(child->status));
		want_number(want, "Linux.exit.signal", (uint64_t)WTERMSIG(child->status));
	}
	want_bool(want, "Linux.exit.core_dumped",
		  WIFSIGNALED(child->status) && WCOREDUMP(child->status));
	want_usage(want, &child->usage);
	return want;
}

/* The whole life. */

static void check_fork(struct harness *harness, struct life *life, const struct facts *test)
{
	const struct event *event = harness_wait(harness, life->child.pid, "fork");
	struct want *want = want_fork(harness, event, test, &life->child);

	want_string(want, "process.entity_id", life->facts.entity_id);
	life->event = event;
	if (life->adjust)
		life->adjust(want, "fork", life);
	want_check(want, harness, event);
}

static uint64_t check_exec(struct harness *harness, struct life *life)
{
	const char *path = life->executable ? life->executable : life->program.path;
	const struct event *event = harness_wait(harness, life->child.pid, "exec");
	struct want *want = want_exec(harness, event, &life->facts, path);

	if (life->program.path)
		want_string(want, "Linux.exec.filename", life->program.path);
	want_moment(want, life->child.before_fork_ns, life->child.after_exec_ns);
	life->event = event;
	if (life->adjust)
		life->adjust(want, "exec", life);
	want_check(want, harness, event);
	return event_number(event, "Linux.time.boot_ns");
}

static void check_exit(struct harness *harness, struct life *life, uint64_t exec_ns)
{
	const struct event *event = harness_wait(harness, life->child.pid, "end");
	struct want *want = want_exit(harness, event, &life->facts, &life->child);

	if (life->executable) {
		want_string(want, "process.executable", life->executable);
		want_string(want, "process.name", base_name(life->executable));
	}
	if (exec_ns)
		want_id(want, "Linux.exit.since_exec_ns",
			event_number(event, "Linux.time.boot_ns") - exec_ns);
	life->event = event;
	if (life->adjust)
		life->adjust(want, "end", life);
	want_check(want, harness, event);
}

void check_life(struct harness *harness, struct life *life)
{
	bool executes = life->program.path || life->program.by_fd;
	struct facts test;
	uint64_t exec_ns = 0;

	facts_read(&test, getpid());
	child_start(&life->child, &life->program);
	if (executes) { /* exec closes what child_start waits for long before it is done */
		harness_wait(harness, life->child.pid, "exec");
		life->child.after_exec_ns = boot_ns();
	}
	facts_read(&life->facts, life->child.pid);
	check_fork(harness, life, &test);
	if (executes)
		exec_ns = check_exec(harness, life);
	if (life->kill_signal)
		child_kill(&life->child, life->kill_signal);
	else
		child_end(&life->child);
	assert_int_equal(life->child.status & ~0x80, /* without the core flag */
			 life->kill_signal ? life->kill_signal : life->exit_code << 8);
	check_exit(harness, life, exec_ns);
	harness_settle(harness);
	assert_int_equal(harness_count(harness, life->child.pid, "fork"), 1);
	assert_int_equal(harness_count(harness, life->child.pid, "exec"), executes);
	assert_int_equal(harness_count(harness, life->child.pid, "end"), 1);
	facts_done(&test);
	facts_done(&life->facts);
}
