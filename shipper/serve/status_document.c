/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts, times and lists; figures come from the table in status_figures.c. What needs attention is
 * decided in status_attention.c; this file only writes.
 */
#include "serve/status_document.h"

#include "base/clock.h"
#include "decode/fields.h"
#include "render/json.h"
#include "serve/status_attention.h"
#include "serve/status_figures.h"
#include "sinks.h"

#include <string.h>

#define RUN_MAX (1024 * 1024)

/* json writes the document; an item of a list is a document of its own first. */
struct writer {
	struct json *json, *item;
	struct buf item_text;
	int error;
};

#define NUMBER(json, name, value) put_number(json, JSON_KEY(name), value)
#define TEXT(json, name, value) put_text(json, JSON_KEY(name), value)
#define BOOL(json, name, value) put_bool(json, JSON_KEY(name), value)

static void put_number(struct json *json, const struct json_key *key, uint64_t number)
{
	json_member(json, key);
	json_number(json, number);
}

static void put_text(struct json *json, const struct json_key *key, const char *text)
{
	bool replaced = false;

	json_member(json, key);
	json_text(json, text, strlen(text), &replaced);
}

static void put_bool(struct json *json, const struct json_key *key, bool value)
{
	json_member(json, key);
	json_raw(json, value ? "true" : "false", value ? strlen("true") : strlen("false"));
}

static void put_time(struct json *json, const struct json_key *key,
		     const struct status_facts *facts, uint64_t boot_ns)
{
	char text[CLOCK_UTC_SIZE];

	if (boot_ns == 0)
		return;
	clock_format_utc(text, boot_ns + (uint64_t)facts->wall_offset_ns);
	json_member(json, key);
	json_word(json, text, strlen(text));
}

/* The figures of a group that the document has: of its one object, or of item i of its list. */
static void put_figures(struct json *json, const struct status_facts *facts, enum figures which,
			size_t i)
{
	const struct figure_group *group = &figure_groups[which];

	for (const struct figure *row = group->figures; row->key.text || row->metric; row++) {
		uint64_t value = row->key.text ? figure_value(group, row, facts, i) : FIGURE_ABSENT;

		if (value == FIGURE_ABSENT)
			continue;
		if (row->type == FIGURE_FLAG)
			put_bool(json, &row->key, value);
		else
			put_number(json, &row->key, value);
	}
}

/* An object with nothing but figures of the i-th item. */
static void put_part(struct json *json, const struct status_facts *facts, enum figures which,
		     size_t i, const struct json_key *key)
{
	json_open(json, key);
	put_figures(json, facts, which, i);
	json_close(json);
}

/* The same of what there is once. */
static void put_object(struct json *json, const struct status_facts *facts, enum figures which,
		       const struct json_key *key)
{
	put_part(json, facts, which, 0, key);
}

static struct json *begin_item(struct writer *writer)
{
	buf_clear(&writer->item_text);
	json_begin(writer->item, &writer->item_text);
	return writer->item;
}

static void end_item(struct writer *writer)
{
	int result = json_end(writer->item);

	if (result < 0) {
		writer->error = result;
		return;
	}
	json_list_item(writer->json);
	json_raw(writer->json, writer->item_text.data, writer->item_text.length - strlen("\n"));
}

static void write_agent(struct writer *writer, const struct status_facts *facts)
{
	struct json *json = writer->json;

	BOOL(json, "ok", true);
	TEXT(json, "version", AUDITSHIP_VERSION);
	NUMBER(json, "pid", facts->pid);
	put_time(json, JSON_KEY("time"), facts, facts->now_ns);
	put_figures(json, facts, FIGURES_AGENT, 0);
	json_open(json, JSON_KEY("configuration"));
	if (facts->config_path)
		TEXT(json, "path", facts->config_path);
	if (facts->config_hash)
		TEXT(json, "hash", facts->config_hash);
	json_close(json);
}

static void add_text(struct json *json, const char *text)
{
	bool replaced = false;

	json_list_item(json);
	json_text(json, text, strlen(text), &replaced);
}

static void add_attention(void *data, const char *text)
{
	add_text(((struct writer *)data)->json, text);
}

static void write_attention(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("attention"));
	json_list_open(writer->json);
	(void)status_attention(facts, add_attention, writer);
	json_list_close(writer->json);
}

static void write_probes(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("probes"));
	json_list_open(writer->json);
	for (size_t i = 0; i < facts->probe_count; i++) {
		const struct probe_status *probe = &facts->probes[i];
		struct json *json = begin_item(writer);

		TEXT(json, "name", probe->name);
		put_figures(json, facts, FIGURES_PROBES, i);
		if (!probe->attached)
			TEXT(json, "reason", probe->why);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_events(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("events"));
	json_list_open(writer->json);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get((uint16_t)i);
		struct json *json;

		if (!kind || !kind->journalled)
			continue;
		json = begin_item(writer);
		TEXT(json, "kind", kind->name);
		put_figures(json, facts, FIGURES_EVENTS, i);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_filters(struct writer *writer, const struct status_facts *facts)
{
	struct json *json = writer->json;

	json_open(json, JSON_KEY("filters"));
	put_object(json, facts, FIGURES_LEFT_OUT, JSON_KEY("left_out"));
	json_member(json, JSON_KEY("remarks"));
	json_list_open(json);
	for (size_t i = 0; i < facts->remark_count; i++)
		add_text(json, facts->remarks[i]);
	json_list_close(json);
	json_close(json);
}

static void write_rules(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("rules"));
	json_list_open(writer->json);
	for (size_t i = 0; i < facts->rule_count; i++) {
		const struct status_rule *rule = &facts->rules[i];
		struct json *json = begin_item(writer);

		TEXT(json, "name", rule->name);
		put_figures(json, facts, FIGURES_RULES, i);
		if (!rule->in_kernel && rule->why_not)
			TEXT(json, "reason", rule->why_not);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_rings(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("rings"));
	json_list_open(writer->json);
	for (enum rec_ring i = REC_RING_VITAL; i < REC_RING_SHIPPER; i++) {
		struct json *json = begin_item(writer);

		TEXT(json, "name", ring_name(i));
		put_figures(json, facts, FIGURES_RINGS, i);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_journal(struct writer *writer, const struct status_facts *facts)
{
	struct json *json = writer->json;

	json_open(json, JSON_KEY("journal"));
	put_figures(json, facts, FIGURES_JOURNAL, 0);
	if (facts->journal.sync_error)
		TEXT(json, "sync_error", strerror(-facts->journal.sync_error));
	json_close(json);
}

static void write_caches(struct writer *writer, const struct status_facts *facts)
{
	const struct figure_group *group = &figure_groups[FIGURES_CACHES];

	json_member(writer->json, JSON_KEY("caches"));
	json_list_open(writer->json);
	for (size_t i = 0; i < group->count(facts); i++) {
		struct json *json = begin_item(writer);

		TEXT(json, "name", group->name(facts, i));
		TEXT(json, "unit", i == FIGURES_CACHE_IMAGES ? "bytes" : "entries");
		put_figures(json, facts, FIGURES_CACHES, i);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_last_error(struct json *json, const struct status_facts *facts,
			     const struct deliver_status *deliver)
{
	if (deliver->failures == 0)
		return;
	json_open(json, JSON_KEY("last_error"));
	TEXT(json, "message", deliver->last_error.text);
	put_time(json, JSON_KEY("time"), facts, deliver->failed_ns);
	json_close(json);
}

static void write_sink(struct writer *writer, const struct status_facts *facts, size_t i)
{
	const struct status_sink *sink = &facts->sinks[i];
	struct json *json = begin_item(writer);

	TEXT(json, "name", sink->name);
	TEXT(json, "type", sink->type);
	TEXT(json, "state", status_sink_state(&sink->deliver));
	put_figures(json, facts, FIGURES_SINKS, i);
	put_part(json, facts, FIGURES_LAG, i, JSON_KEY("lag"));
	put_time(json, JSON_KEY("last_acknowledgement"), facts, sink->deliver.acknowledged_ns);
	write_last_error(json, facts, &sink->deliver);
	if (sink->deliver.sink.warning.text[0])
		TEXT(json, "warning", sink->deliver.sink.warning.text);
	if (sink->deliver.sink.keeps_files)
		put_part(json, facts, FIGURES_FILES, i, JSON_KEY("files"));
	end_item(writer);
}

static void write_sinks(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("sinks"));
	json_list_open(writer->json);
	for (size_t i = 0; i < facts->sink_count; i++)
		write_sink(writer, facts, i);
	json_list_close(writer->json);
}

static void write_removed(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("removed_sinks"));
	json_list_open(writer->json);
	for (size_t i = 0; i < facts->removed_count; i++) {
		struct json *json = begin_item(writer);

		TEXT(json, "name", facts->removed[i].name);
		NUMBER(json, "events", facts->removed[i].waiting);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_canaries(struct writer *writer, const struct json_key *key,
			   const struct coverage_result *result, enum coverage_verdict verdict)
{
	json_member(writer->json, key);
	json_list_open(writer->json);
	for (int i = 0; i < CANARIES; i++) {
		struct json *json;

		if (result->canaries[i].verdict != verdict)
			continue;
		json = begin_item(writer);
		TEXT(json, "name", canary_name((enum canary)i));
		if (result->canaries[i].why[0])
			TEXT(json, "reason", result->canaries[i].why);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_coverage(struct writer *writer, const struct status_facts *facts)
{
	const struct coverage_result *result = facts->coverage;
	struct json *json = writer->json;

	json_open(json, JSON_KEY("coverage"));
	BOOL(json, "running", facts->coverage_runs);
	if (result) {
		put_time(json, JSON_KEY("time"), facts, result->ended_ns);
		TEXT(json, "occasion", result->asked ? "request" : "start");
		NUMBER(json, "records", result->records);
		write_canaries(writer, JSON_KEY("seen"), result, COVERAGE_SEEN);
		write_canaries(writer, JSON_KEY("missed"), result, COVERAGE_MISSED);
		write_canaries(writer, JSON_KEY("skipped"), result, COVERAGE_SKIPPED);
		write_canaries(writer, JSON_KEY("gaps"), result, COVERAGE_GAP);
	}
	json_close(json);
}

static int write_document(struct writer *writer, const struct status_facts *facts, struct buf *out)
{
	size_t start = out->length;
	int result;

	json_begin(writer->json, out);
	write_agent(writer, facts);
	write_attention(writer, facts);
	write_probes(writer, facts);
	write_coverage(writer, facts);
	write_events(writer, facts);
	put_object(writer->json, facts, FIGURES_ACCOUNT, JSON_KEY("account"));
	write_filters(writer, facts);
	put_object(writer->json, facts, FIGURES_LOSSES, JSON_KEY("losses"));
	write_rules(writer, facts);
	write_rings(writer, facts);
	write_journal(writer, facts);
	put_object(writer->json, facts, FIGURES_PROCESSES, JSON_KEY("processes"));
	put_object(writer->json, facts, FIGURES_READER, JSON_KEY("reader"));
	write_caches(writer, facts);
	put_object(writer->json, facts, FIGURES_HELPER, JSON_KEY("helper"));
	write_sinks(writer, facts);
	write_removed(writer, facts);
	put_object(writer->json, facts, FIGURES_CONTROL, JSON_KEY("control"));
	put_object(writer->json, facts, FIGURES_WATCHERS, JSON_KEY("watchers"));
	result = json_end(writer->json);
	if (result == 0 && writer->error < 0) {
		out->length = start;
		result = writer->error;
	}
	return result;
}

int status_document_write(const struct status_facts *facts, struct buf *out)
{
	struct writer writer = {0};
	int result = json_new(&writer.json, RUN_MAX);

	buf_init(&writer.item_text, RUN_MAX);
	if (result == 0)
		result = json_new(&writer.item, RUN_MAX);
	if (result == 0)
		result = write_document(&writer, facts, out);
	json_free(writer.item);
	json_free(writer.json);
	buf_done(&writer.item_text);
	return result;
}
