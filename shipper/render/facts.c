/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the pieces of JSON that every event of this host has in common. Must not know events.
 */
#include "render/facts.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MAX_FACT_BYTES (64 * 1024)

static const char *const os_types[] = {"linux", NULL};
static const char *const agent_types[] = {"auditship", NULL};

const struct leaf facts_host_leaves[] = {
	{
		.path = "host.name",
		.type = FIELD_STRING,
		.doc = "agent.name of the configuration, else the fully qualified name of the host "
		       "where it is known, else its name.",
	},
	{
		.path = "host.hostname",
		.type = FIELD_STRING,
		.doc = "Its name as the kernel has it.",
	},
	{
		.path = "host.id",
		.type = FIELD_STRING,
		.doc = "Machine id (/etc/machine-id).",
	},
	{
		.path = "host.architecture",
		.type = FIELD_STRING,
		.doc = "Machine hardware name.",
	},
	{
		.path = "host.ip",
		.type = FIELD_LIST,
		.pattern = "^[0-9a-f.:]+$",
		.index = "ip",
		.doc = "Addresses of its interfaces, without loopback and link-local ones; at most "
		       "32.",
	},
	{
		.path = "host.mac",
		.type = FIELD_LIST,
		.pattern = "^[0-9A-F]{2}(-[0-9A-F]{2}){5}$",
		.doc = "Hardware addresses of those interfaces.",
	},
	{
		.path = "host.pid_ns_ino",
		.type = FIELD_ID,
		.doc = "Inode number of the initial pid namespace.",
	},
	{
		.path = "host.boot.id",
		.type = FIELD_STRING,
		.doc = "Identity of the boot, part of process.entity_id.",
	},
	{
		.path = "host.os.type",
		.type = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.names = os_types,
		.doc = "Always linux.",
	},
	{
		.path = "host.os.family",
		.type = FIELD_STRING,
		.doc = "Family of the distribution.",
	},
	{
		.path = "host.os.platform",
		.type = FIELD_STRING,
		.doc = "Name of the distribution as programs know it.",
	},
	{
		.path = "host.os.name",
		.type = FIELD_STRING,
		.doc = "Name of the distribution.",
	},
	{
		.path = "host.os.version",
		.type = FIELD_STRING,
		.doc = "Version of the distribution.",
	},
	{
		.path = "host.os.kernel",
		.type = FIELD_STRING,
		.doc = "Release of the kernel.",
	},
	{},
};

const struct leaf facts_agent_leaves[] = {
	{
		.path = "agent.type",
		.type = FIELD_ENUM,
		.flags = FIELD_REQUIRED,
		.names = agent_types,
		.doc = "Always auditship.",
	},
	{
		.path = "agent.version",
		.type = FIELD_STRING,
		.doc = "Version of the program.",
	},
	{
		.path = "agent.id",
		.type = FIELD_STRING,
		.doc = "Identity of this installation, kept in its state directory.",
	},
	{
		.path = "agent.name",
		.type = FIELD_STRING,
		.doc = "agent.name of the configuration, or the name of the host.",
	},
	{
		.path = "agent.ephemeral_id",
		.type = FIELD_UUID,
		.flags = FIELD_REQUIRED,
		.doc = "Stream that event.sequence counts in.",
	},
	{},
};

const struct leaf facts_labels_leaf[] = {
	{
		.path = "labels",
		.type = FIELD_STRING,
		.map = true,
		.doc = "agent.labels of the configuration: names and their values.",
	},
	{},
};

static void add_text(struct json *json, const struct json_key *key, const char *text)
{
	bool replaced; /* whoever named the host so sees what came of it */

	json_member(json, key);
	json_text(json, text, strlen(text), &replaced);
}

static void add_fact(struct json *json, const struct json_key *key, const char *text)
{
	if (text && *text)
		add_text(json, key, text);
}

static void add_list(struct json *json, const struct json_key *key, const char *const *texts,
		     unsigned int count)
{
	bool replaced;

	if (count == 0)
		return;
	json_member(json, key);
	json_list_open(json);
	for (unsigned int i = 0; i < count; i++) {
		json_list_item(json);
		json_text(json, texts[i], strlen(texts[i]), &replaced);
	}
	json_list_close(json);
}

static void add_os(struct json *json, const struct render_identity *identity)
{
	json_open(json, JSON_KEY("os"));
	add_fact(json, JSON_KEY("type"), os_types[0]);
	add_fact(json, JSON_KEY("family"), identity->os_family);
	add_fact(json, JSON_KEY("platform"), identity->os_platform);
	add_fact(json, JSON_KEY("name"), identity->os_name);
	add_fact(json, JSON_KEY("version"), identity->os_version);
	add_fact(json, JSON_KEY("kernel"), identity->os_kernel);
	json_close(json);
}

static int make_host(struct facts *facts, struct json *json, const struct render_identity *identity)
{
	int result;

	json_begin(json, &facts->host);
	add_fact(json, JSON_KEY("name"), identity->host_name);
	add_fact(json, JSON_KEY("hostname"), identity->host_hostname);
	add_fact(json, JSON_KEY("id"), identity->host_id);
	add_fact(json, JSON_KEY("architecture"), identity->host_architecture);
	add_list(json, JSON_KEY("ip"), identity->ips, identity->ip_count);
	add_list(json, JSON_KEY("mac"), identity->macs, identity->mac_count);
	if (identity->pid_ns) {
		json_member(json, JSON_KEY("pid_ns_ino"));
		JSON_RAW(json, "\"");
		json_number(json, identity->pid_ns);
		JSON_RAW(json, "\"");
	}
	if (identity->boot_id && *identity->boot_id) {
		json_open(json, JSON_KEY("boot"));
		add_fact(json, JSON_KEY("id"), identity->boot_id);
		json_close(json);
	}
	add_os(json, identity);
	result = json_end(json);
	if (result == 0)
		facts->host.length -= strlen("\n");
	return result;
}

/* Without its end: agent.ephemeral_id is the stream of the event. */
static int make_agent(struct facts *facts, struct json *json,
		      const struct render_identity *identity)
{
	int result;

	json_begin(json, &facts->agent);
	add_fact(json, JSON_KEY("type"), agent_types[0]);
	add_fact(json, JSON_KEY("version"), identity->agent_version);
	add_fact(json, JSON_KEY("id"), identity->agent_id);
	add_fact(json, JSON_KEY("name"), identity->agent_name);
	add_fact(json, JSON_KEY("ephemeral_id"), "-");
	result = json_end(json);
	if (result == 0)
		facts->agent.length -= strlen("-\"}\n");
	return result;
}

static int make_labels(struct facts *facts, struct json *json,
		       const struct render_identity *identity)
{
	char names[RENDER_LABELS_MAX][RENDER_LABEL_NAME_MAX + sizeof(",\"\":") + JSON_KEY_SLACK] = {
		{0}};
	struct json_key keys[RENDER_LABELS_MAX];
	int result;

	if (identity->label_count == 0)
		return 0;
	json_begin(json, &facts->labels);
	for (unsigned int i = 0; i < identity->label_count; i++) {
		int length =
			snprintf(names[i], sizeof(names[i]), ",\"%.*s\":", RENDER_LABEL_NAME_MAX,
				 identity->labels[i].name);

		keys[i] = (struct json_key){names[i], (size_t)length};
		add_text(json, &keys[i], identity->labels[i].value);
	}
	result = json_end(json);
	if (result == 0)
		facts->labels.length -= strlen("\n");
	return result;
}

/* Without its end: an event may have a tag of its own. */
static int make_tags(struct facts *facts, struct json *json, const struct render_identity *identity)
{
	bool replaced;
	int result;

	json_begin(json, &facts->tags);
	json_member(json, JSON_KEY("tags"));
	json_list_open(json);
	for (unsigned int i = 0; i < identity->tag_count; i++) {
		json_list_item(json);
		json_text(json, identity->tags[i], strlen(identity->tags[i]), &replaced);
	}
	json_list_close(json);
	result = json_end(json);
	if (result < 0)
		return result;
	/* {"tags":["a"]} and line feed -> ["a" */
	facts->tags.length -= strlen("{\"tags\":") + strlen("]}\n");
	memmove(facts->tags.data, facts->tags.data + strlen("{\"tags\":"), facts->tags.length);
	return 0;
}

#define TEXT_OF(member) offsetof(struct render_identity, member)

static const struct {
	const char *path;
	size_t text;
} optional[] = {
	{"agent.version", TEXT_OF(agent_version)},
	{"agent.id", TEXT_OF(agent_id)},
	{"agent.name", TEXT_OF(agent_name)},
	{"host.name", TEXT_OF(host_name)},
	{"host.hostname", TEXT_OF(host_hostname)},
	{"host.id", TEXT_OF(host_id)},
	{"host.architecture", TEXT_OF(host_architecture)},
	{"host.boot.id", TEXT_OF(boot_id)},
	{"host.os.family", TEXT_OF(os_family)},
	{"host.os.platform", TEXT_OF(os_platform)},
	{"host.os.name", TEXT_OF(os_name)},
	{"host.os.version", TEXT_OF(os_version)},
	{"host.os.kernel", TEXT_OF(os_kernel)},
};

/* As if it were not known. */
static void forget(struct render_identity *identity, const struct omission *leave_out)
{
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		if (omission_has(leave_out, optional[i].path))
			*(const char **)((char *)identity + optional[i].text) = NULL;
	if (omission_has(leave_out, "host.ip"))
		identity->ip_count = 0;
	if (omission_has(leave_out, "host.mac"))
		identity->mac_count = 0;
	if (omission_has(leave_out, "host.pid_ns_ino"))
		identity->pid_ns = 0;
	if (omission_has(leave_out, "labels"))
		identity->label_count = 0;
}

int facts_init(struct facts *facts, struct json *json, const struct render_identity *known,
	       const struct omission *leave_out)
{
	struct render_identity copy = *known, *identity = &copy;
	int result;

	forget(identity, leave_out);

	buf_init(&facts->host, MAX_FACT_BYTES);
	buf_init(&facts->agent, MAX_FACT_BYTES);
	buf_init(&facts->labels, MAX_FACT_BYTES);
	buf_init(&facts->tags, MAX_FACT_BYTES);
	result = make_host(facts, json, identity);
	if (result == 0)
		result = make_agent(facts, json, identity);
	if (result == 0)
		result = make_labels(facts, json, identity);
	if (result == 0)
		result = make_tags(facts, json, identity);
	return result;
}

void facts_done(struct facts *facts)
{
	buf_done(&facts->host);
	buf_done(&facts->agent);
	buf_done(&facts->labels);
	buf_done(&facts->tags);
}
