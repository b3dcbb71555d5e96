/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the pieces of JSON that every event of this host has in common. Absent is absent, but for
 * the few texts that OCSF insists on. Must not know events.
 */
#include "render/ocsf_facts.h"

#include "render/ecs.h"
#include "render/ocsf.h"

#include <string.h>

#define MAX_FACT_BYTES (64 * 1024)
#define UUID "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

#define TEXT(at, meaning)                                            \
	{                                                            \
		.path = (at), .type = FIELD_STRING, .doc = (meaning) \
	}
#define SURE(at, meaning)                                                                     \
	{                                                                                     \
		.path = (at), .type = FIELD_STRING, .flags = FIELD_REQUIRED, .doc = (meaning) \
	}
#define ALWAYS(at, kind, value, meaning)                                                        \
	{                                                                                       \
		.path = (at), .type = (kind), .flags = FIELD_REQUIRED, .max = FIELD_NUMBER_MAX, \
		.constant = (value), .doc = (meaning)                                           \
	}

/* clang-format off */
const struct leaf ocsf_device_leaves[] = {
	ALWAYS("device.type_id", FIELD_NUMBER, "0", "What sort of computer: not known."),
	ALWAYS("device.type", FIELD_STRING, "\"Unknown\"", "Its name."),
	SURE("device.hostname", "Full name of the host; Unknown when it has none."),
	TEXT("device.name", "Its name as the kernel has it."),
	TEXT("device.uid", "Machine id (/etc/machine-id)."),
	TEXT("device.boot_uid", "Identity of the boot."),
	SURE("device.os.name", "Name of the distribution; else Linux."),
	ALWAYS("device.os.type_id", FIELD_NUMBER, "200", "Linux."),
	ALWAYS("device.os.type", FIELD_STRING, "\"Linux\"", "Always Linux."),
	TEXT("device.os.version", "Its version."),
	TEXT("device.os.kernel_release", "Release of the kernel."),
	TEXT("device.hw_info.cpu_architecture", "Machine hardware name."),
	{0},
};

const struct leaf ocsf_app_leaves[] = {
	ALWAYS("actor.app_name", FIELD_STRING, "\"auditship\"", "The agent itself."),
	TEXT("actor.app_uid", "Identity of this installation, kept in its state directory."),
	{0},
};

const struct leaf ocsf_metadata_leaves[] = {
	ALWAYS("metadata.product.name", FIELD_STRING, "\"auditship\"", "Always auditship."),
	ALWAYS("metadata.product.vendor_name", FIELD_STRING, "\"auditship\"", "Always auditship."),
	TEXT("metadata.product.version", "Version of the agent."),
	TEXT("metadata.product.uid", "Identity of this installation, kept in its state directory."),
	TEXT("metadata.reporter.name", "agent.name of the configuration, or the name of the host."),
	ALWAYS("metadata.extensions[].name", FIELD_STRING, "\"linux\"", "Extension of OCSF."),
	ALWAYS("metadata.extensions[].uid", FIELD_STRING, "\"1\"", "Its number."),
	ALWAYS("metadata.extensions[].version", FIELD_STRING, "\"" OCSF_VERSION "\"", "Its version."),
	{0},
};

const struct leaf ocsf_uid_leaf[] = {
	{.path = "metadata.uid", .type = FIELD_STRING, .flags = FIELD_REQUIRED,
	 .pattern = "^" UUID ":[0-9]+$",
	 .doc = "Stream, a colon and metadata.sequence; event.id in ECS."},
	{0},
};

const struct leaf ocsf_schema_leaf[] = {
	ALWAYS(OCSF_UNMAPPED "Linux.schema.version", FIELD_STRING, "\"" ECS_SCHEMA_VERSION "\"",
	       "Version of the schema of events, as in ECS."),
	{0},
};

const struct leaf ocsf_tags_leaf[] = {
	{.path = "metadata.labels", .type = FIELD_LIST,
	 .doc = "Tags of the agent, then of rules, then non-utf8 when a text was not UTF-8."},
	{0},
};

const struct leaf ocsf_labels_leaves[] = {
	{.path = "metadata.tags[].name", .type = FIELD_STRING, .flags = FIELD_REQUIRED,
	 .doc = "Name of one of agent.labels."},
	{.path = "metadata.tags[].value", .type = FIELD_STRING, .flags = FIELD_REQUIRED,
	 .doc = "Its value."},
	{0},
};

const struct leaf ocsf_is_truncated_leaf[] = {
	{.path = "metadata.is_truncated", .type = FIELD_BOOL,
	 .doc = "True when unmapped.Linux.truncated names values that are not whole."},
	{0},
};
/* clang-format on */

static const char *or_else(const char *text, const char *otherwise)
{
	return text && *text ? text : otherwise;
}

static void add_fact(struct json *json, const struct json_key *key, const char *text)
{
	bool replaced; /* whoever named the host so sees what came of it */

	if (!text || !*text)
		return;
	json_member(json, key);
	json_text(json, text, strlen(text), &replaced);
}

static int end_object(struct json *json, struct buf *out)
{
	int result = json_end(json);

	if (result == 0)
		out->length -= strlen("\n");
	return result;
}

static int make_device(struct buf *out, struct json *json, const struct render_identity *identity)
{
	json_begin(json, out);
	json_member(json, JSON_KEY("type_id"));
	JSON_RAW(json, "0,\"type\":\"Unknown\"");
	add_fact(json, JSON_KEY("hostname"), or_else(identity->host_name, "Unknown"));
	add_fact(json, JSON_KEY("name"), identity->host_hostname);
	add_fact(json, JSON_KEY("uid"), identity->host_id);
	add_fact(json, JSON_KEY("boot_uid"), identity->boot_id);
	json_open(json, JSON_KEY("os"));
	add_fact(json, JSON_KEY("name"), or_else(identity->os_name, "Linux"));
	json_member(json, JSON_KEY("type_id"));
	JSON_RAW(json, "200,\"type\":\"Linux\"");
	add_fact(json, JSON_KEY("version"), identity->os_version);
	add_fact(json, JSON_KEY("kernel_release"), identity->os_kernel);
	json_close(json);
	if (*or_else(identity->host_architecture, "")) {
		json_open(json, JSON_KEY("hw_info"));
		add_fact(json, JSON_KEY("cpu_architecture"), identity->host_architecture);
		json_close(json);
	}
	return end_object(json, out);
}

/* What stands between the start and the end of an object. */
static void keep_inside(struct buf *out, const char *start)
{
	out->length -= strlen(start) + strlen("}");
	memmove(out->data, out->data + strlen(start), out->length);
}

static int make_source(struct buf *out, struct json *json, const struct render_identity *identity)
{
	int result;

	json_begin(json, out);
	json_open(json, JSON_KEY("product"));
	add_fact(json, JSON_KEY("name"), "auditship");
	add_fact(json, JSON_KEY("vendor_name"), "auditship");
	add_fact(json, JSON_KEY("version"), identity->agent_version);
	add_fact(json, JSON_KEY("uid"), identity->agent_id);
	json_close(json);
	if (*or_else(identity->agent_name, "")) {
		json_open(json, JSON_KEY("reporter"));
		add_fact(json, JSON_KEY("name"), identity->agent_name);
		json_close(json);
	}
	json_member(json, JSON_KEY("extensions"));
	JSON_RAW(json, "[{\"name\":\"linux\",\"uid\":\"1\",\"version\":\"" OCSF_VERSION "\"}]");
	result = end_object(json, out);
	if (result == 0)
		keep_inside(out, "{");
	return result;
}

static int make_app(struct buf *out, struct json *json, const struct render_identity *identity)
{
	int result;

	json_begin(json, out);
	add_fact(json, JSON_KEY("app_name"), "auditship");
	add_fact(json, JSON_KEY("app_uid"), identity->agent_id);
	result = end_object(json, out);
	if (result == 0)
		keep_inside(out, "{\"app_name\":");
	return result;
}

static int make_labels(struct buf *out, struct json *json, const struct render_identity *identity)
{
	bool replaced;
	int result;

	if (identity->label_count == 0)
		return 0;
	json_begin(json, out);
	json_member(json, JSON_KEY("tags"));
	json_list_open(json);
	for (unsigned int i = 0; i < identity->label_count; i++) {
		const struct render_label *label = &identity->labels[i];

		json_list_item(json);
		JSON_RAW(json, "{\"name\":");
		json_word(json, label->name, strnlen(label->name, RENDER_LABEL_NAME_MAX));
		JSON_RAW(json, ",\"value\":");
		json_text(json, label->value, strlen(label->value), &replaced);
		JSON_RAW(json, "}");
	}
	json_list_close(json);
	result = end_object(json, out);
	if (result == 0)
		keep_inside(out, "{\"tags\":");
	return result;
}

int ocsf_facts_init(struct ocsf_facts *facts, struct json *json,
		    const struct render_identity *identity)
{
	int result;

	buf_init(&facts->device, MAX_FACT_BYTES);
	buf_init(&facts->source, MAX_FACT_BYTES);
	buf_init(&facts->app, MAX_FACT_BYTES);
	buf_init(&facts->labels, MAX_FACT_BYTES);
	result = make_device(&facts->device, json, identity);
	if (result == 0)
		result = make_source(&facts->source, json, identity);
	if (result == 0)
		result = make_app(&facts->app, json, identity);
	if (result == 0)
		result = make_labels(&facts->labels, json, identity);
	return result;
}

void ocsf_facts_done(struct ocsf_facts *facts)
{
	buf_done(&facts->device);
	buf_done(&facts->source);
	buf_done(&facts->app);
	buf_done(&facts->labels);
}
