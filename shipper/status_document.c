/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function per member of the document. What needs attention is decided in
 * status_attention.c; this file only writes.
 */
#include "status_document.h"

#include "base/clock.h"
#include "decode/fields.h"
#include "render/json.h"
#include "sinks.h"
#include "status_attention.h"

#include <errno.h>
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

/* Nothing when it lasts for ever. */
static void put_seconds_left(struct json *json, uint64_t free_bytes, uint64_t bytes_per_second)
{
	NUMBER(json, "bytes_per_second", bytes_per_second);
	if (bytes_per_second > 0)
		NUMBER(json, "seconds_left", free_bytes / bytes_per_second);
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
	uint64_t up_ns = facts->now_ns - facts->started_ns;

	BOOL(json, "ok", true);
	TEXT(json, "version", AUDITSHIP_VERSION);
	NUMBER(json, "pid", facts->pid);
	put_time(json, JSON_KEY("time"), facts, facts->now_ns);
	NUMBER(json, "uptime_seconds", up_ns / NS_PER_S);
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
	unsigned int count;

	json_member(writer->json, JSON_KEY("attention"));
	json_list_open(writer->json);
	count = status_attention(facts, add_attention, writer);
	json_list_close(writer->json);
	BOOL(writer->json, "healthy", count == 0);
}

static void write_probes(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("probes"));
	json_list_open(writer->json);
	for (size_t i = 0; i < facts->probe_count; i++) {
		const struct probe_status *probe = &facts->probes[i];
		struct json *json = begin_item(writer);

		TEXT(json, "name", probe->name);
		BOOL(json, "attached", probe->attached);
		BOOL(json, "required", probe->required);
		BOOL(json, "optional", probe->optional);
		if (probe->counts_missed)
			NUMBER(json, "missed", probe->missed);
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
		BOOL(json, "selected", kind->of_shipper || (facts->kinds >> i & 1));
		NUMBER(json, "total", facts->collect.events[i]);
		NUMBER(json, "per_second", facts->events[i].per_second);
		NUMBER(json, "per_minute", facts->events[i].per_minute);
		if (!kind->of_shipper)
			NUMBER(json, "lost", facts->collect.lost_kind[i]);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_account(struct writer *writer, const struct status_facts *facts)
{
	const struct collect_status *collect = &facts->collect;
	struct json *json = writer->json;

	json_open(json, JSON_KEY("account"));
	NUMBER(json, "numbered", collect->numbered);
	NUMBER(json, "journalled", status_journalled(collect));
	NUMBER(json, "dropped", collect->dropped);
	NUMBER(json, "limited", collect->held);
	NUMBER(json, "not_selected", collect->not_selected);
	NUMBER(json, "canaries", collect->canaries);
	NUMBER(json, "excluded", collect->excluded);
	NUMBER(json, "rejected", collect->rejected - collect->unnumbered);
	NUMBER(json, "lost", collect->lost);
	NUMBER(json, "unjournalled", collect->pending);
	NUMBER(json, "in_ring", collect->outstanding);
	BOOL(json, "balances", status_balances(collect));
	json_close(json);
}

static void write_filters(struct writer *writer, const struct status_facts *facts)
{
	struct json *json = writer->json;

	json_open(json, JSON_KEY("filters"));
	json_open(json, JSON_KEY("left_out"));
	NUMBER(json, "own", facts->left_out[REC_FILTER_OWN]);
	NUMBER(json, "mode", facts->left_out[REC_FILTER_MODE]);
	NUMBER(json, "pid", facts->left_out[REC_FILTER_PID]);
	NUMBER(json, "user", facts->left_out[REC_FILTER_USER]);
	NUMBER(json, "executable", facts->left_out[REC_FILTER_EXECUTABLE]);
	NUMBER(json, "cgroup", facts->left_out[REC_FILTER_CGROUP]);
	NUMBER(json, "path", facts->left_out[REC_FILTER_PATH]);
	NUMBER(json, "rule", facts->left_out[REC_FILTER_RULE]);
	json_close(json);
	json_member(json, JSON_KEY("remarks"));
	json_list_open(json);
	for (size_t i = 0; i < facts->remark_count; i++)
		add_text(json, facts->remarks[i]);
	json_list_close(json);
	json_close(json);
}

static void write_losses(struct writer *writer, const struct status_facts *facts)
{
	const struct collect_status *collect = &facts->collect;
	struct json *json = writer->json;

	json_open(json, JSON_KEY("losses"));
	NUMBER(json, "ring_full", collect->lost_reason[REC_LOSS_RING_FULL]);
	NUMBER(json, "no_scratch", collect->lost_reason[REC_LOSS_NO_SCRATCH]);
	NUMBER(json, "too_large", collect->lost_reason[REC_LOSS_TOO_LARGE]);
	NUMBER(json, "no_agent", collect->lost_reason[REC_LOSS_NO_AGENT]);
	NUMBER(json, "rejected", collect->rejected);
	NUMBER(json, "journal_skipped", facts->journal.skipped_events);
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
		NUMBER(json, "dropped", rule->dropped);
		NUMBER(json, "dropped_in_kernel", rule->dropped_in_kernel);
		NUMBER(json, "limited", rule->held);
		BOOL(json, "in_kernel", rule->in_kernel);
		if (!rule->in_kernel && rule->why_not)
			TEXT(json, "reason", rule->why_not);
		end_item(writer);
	}
	json_list_close(writer->json);
}

static void write_ring(struct writer *writer, const struct status_facts *facts, enum rec_ring ring)
{
	const struct collect_status *collect = &facts->collect;
	uint64_t size = collect->rings[ring].size_bytes, used = collect->rings[ring].used_bytes;
	struct json *json = begin_item(writer);

	TEXT(json, "name", ring_name(ring));
	NUMBER(json, "used_bytes", used);
	NUMBER(json, "size_bytes", size);
	NUMBER(json, "used_percent", size ? used * 100 / size : 0);
	put_seconds_left(json, size > used ? size - used : 0, facts->ring_bytes_per_second[ring]);
	NUMBER(json, "lost", collect->lost_ring[ring]);
	end_item(writer);
}

static void write_rings(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("rings"));
	json_list_open(writer->json);
	for (enum rec_ring i = REC_RING_VITAL; i < REC_RING_SHIPPER; i++)
		write_ring(writer, facts, i);
	json_list_close(writer->json);
}

static void write_journal(struct writer *writer, const struct status_facts *facts)
{
	const struct journal_status *journal = &facts->journal;
	uint64_t bytes = journal->bytes, max = journal->max_size;
	struct json *json = writer->json;

	json_open(json, JSON_KEY("journal"));
	NUMBER(json, "bytes", bytes);
	NUMBER(json, "max_bytes", max);
	NUMBER(json, "used_percent", max ? bytes * 100 / max : 0);
	NUMBER(json, "segments", journal->segments);
	put_seconds_left(json, max > bytes ? max - bytes : 0, facts->journal_bytes_per_second);
	NUMBER(json, "events", journal->events);
	BOOL(json, "failing", facts->collect.journal_failing);
	NUMBER(json, "append_failures", journal->append_failures);
	if (journal->sync_error)
		TEXT(json, "sync_error", strerror(-journal->sync_error));
	NUMBER(json, "damaged_frames", journal->damaged_frames);
	NUMBER(json, "skipped_events", journal->skipped_events);
	NUMBER(json, "cursor_resets", journal->cursor_resets);
	json_close(json);
}

/* unit: of size and ceiling. hits + misses 0: it does not count them. */
static void write_cache(struct writer *writer, const char *name, const char *unit,
			const struct cache_counters *cache)
{
	uint64_t asked = cache->hits + cache->misses;
	struct json *json = begin_item(writer);

	TEXT(json, "name", name);
	TEXT(json, "unit", unit);
	NUMBER(json, "size", cache->size);
	NUMBER(json, "max", cache->max);
	NUMBER(json, "used_percent", cache->max ? cache->size * 100 / cache->max : 0);
	if (asked) {
		NUMBER(json, "hits", cache->hits);
		NUMBER(json, "misses", cache->misses);
		NUMBER(json, "hit_percent", cache->hits * 100 / asked);
	}
	NUMBER(json, "evictions", cache->evictions);
	NUMBER(json, "failures", cache->failures);
	end_item(writer);
}

static void write_helper(struct writer *writer, const struct resolver_counters *helper)
{
	struct json *json = writer->json;

	json_open(json, JSON_KEY("helper"));
	NUMBER(json, "asked", helper->asked);
	NUMBER(json, "answered", helper->answered);
	NUMBER(json, "timed_out", helper->timed_out);
	NUMBER(json, "aborted", helper->aborted);
	NUMBER(json, "canceled", helper->canceled);
	NUMBER(json, "waiting", helper->waiting);
	NUMBER(json, "refused", helper->refused);
	NUMBER(json, "starts", helper->starts);
	NUMBER(json, "waited_microseconds", helper->waited_ns / NS_PER_US);
	json_close(json);
}

static void write_caches(struct writer *writer, const struct status_facts *facts)
{
	const struct collect_status *collect = &facts->collect;
	const struct enrich_caches *caches = &collect->caches;
	const struct cache_counters processes = {
		.size = collect->processes,
		.max = collect->process_max,
		.hits = collect->process_hits,
		.misses = collect->process_misses,
		.evictions = collect->process_evictions,
	};
	const struct cache_counters images = {
		.size = collect->image_bytes,
		.max = collect->image_max_bytes,
		.evictions = collect->image_drops,
		.failures = collect->image_failures,
	};

	json_member(writer->json, JSON_KEY("caches"));
	json_list_open(writer->json);
	write_cache(writer, "processes", "entries", &processes);
	write_cache(writer, "images", "bytes", &images);
	write_cache(writer, "names", "entries", &caches->names.ids);
	write_cache(writer, "name_scopes", "entries", &caches->names.scopes);
	write_cache(writer, "cgroups", "entries", &caches->cgroups);
	write_cache(writer, "containers", "entries", &caches->containers.cache);
	json_list_close(writer->json);
	NUMBER(writer->json, "containers_late", caches->containers.late);
	write_helper(writer, &caches->helper);
}

static void write_processes(struct writer *writer, const struct status_facts *facts)
{
	const struct collect_status *collect = &facts->collect;
	struct json *json = writer->json;

	json_open(json, JSON_KEY("processes"));
	NUMBER(json, "entries", collect->processes);
	NUMBER(json, "evictions", collect->process_evictions);
	NUMBER(json, "images", collect->images);
	NUMBER(json, "image_bytes", collect->image_bytes);
	NUMBER(json, "image_failures", collect->image_failures);
	NUMBER(json, "lost_exits", collect->lost_exits);
	NUMBER(json, "reused_pids", collect->reused_pids);
	NUMBER(json, "recalled", collect->recalled);
	NUMBER(json, "censuses", collect->censuses);
	json_close(json);
	json_open(json, JSON_KEY("reader"));
	NUMBER(json, "wakeups", collect->wakeups);
	NUMBER(json, "sleeps", collect->sleeps);
	NUMBER(json, "late", collect->late);
	NUMBER(json, "sweeps", collect->sweeps);
	NUMBER(json, "overtakes", collect->overtakes);
	NUMBER(json, "read_failures", collect->read_failures);
	NUMBER(json, "map_failures", collect->map_failures);
	json_close(json);
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

static void write_sink(struct writer *writer, const struct status_facts *facts,
		       const struct status_sink *sink)
{
	const struct deliver_status *deliver = &sink->deliver;
	struct json *json = begin_item(writer);

	TEXT(json, "name", sink->name);
	TEXT(json, "type", sink->type);
	TEXT(json, "state", status_sink_state(deliver));
	if (deliver->failing)
		NUMBER(json, "failing_seconds",
		       (facts->now_ns - deliver->failing_since_ns) / NS_PER_S);
	NUMBER(json, "found", deliver->found);
	NUMBER(json, "acknowledged", deliver->acknowledged);
	NUMBER(json, "skipped", deliver->skipped);
	NUMBER(json, "filtered", deliver->filtered);
	NUMBER(json, "rejected", deliver->rejected);
	NUMBER(json, "dead_lettered", deliver->dead_lettered);
	NUMBER(json, "unkept", deliver->unkept);
	NUMBER(json, "expired", deliver->expired);
	NUMBER(json, "unreadable", deliver->unreadable);
	NUMBER(json, "bytes", deliver->bytes);
	NUMBER(json, "failures", deliver->failures);
	json_open(json, JSON_KEY("lag"));
	NUMBER(json, "events", deliver->waiting);
	NUMBER(json, "bytes", deliver->waiting_bytes);
	NUMBER(json, "milliseconds", status_lag_ns(facts, deliver) / NS_PER_MS);
	json_close(json);
	put_time(json, JSON_KEY("last_acknowledgement"), facts, deliver->acknowledged_ns);
	write_last_error(json, facts, deliver);
	end_item(writer);
}

static void write_sinks(struct writer *writer, const struct status_facts *facts)
{
	json_member(writer->json, JSON_KEY("sinks"));
	json_list_open(writer->json);
	for (size_t i = 0; i < facts->sink_count; i++)
		write_sink(writer, facts, &facts->sinks[i]);
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

static void write_control(struct writer *writer, const struct status_facts *facts)
{
	const struct control_counters *control = &facts->control;
	struct json *json = writer->json;

	json_open(json, JSON_KEY("control"));
	NUMBER(json, "clients", control->clients);
	NUMBER(json, "accepted", control->accepted);
	NUMBER(json, "refused", control->refused);
	NUMBER(json, "requests", control->requests);
	NUMBER(json, "malformed", control->malformed);
	NUMBER(json, "timeouts", control->timeouts);
	NUMBER(json, "last_pid", control->last_pid);
	NUMBER(json, "last_uid", control->last_uid);
	json_close(json);
	json_open(json, JSON_KEY("watchers"));
	NUMBER(json, "present", facts->watchers.present);
	NUMBER(json, "served", facts->watchers.served);
	NUMBER(json, "failed", facts->watchers.failed);
	json_close(json);
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
	write_account(writer, facts);
	write_filters(writer, facts);
	write_losses(writer, facts);
	write_rules(writer, facts);
	write_rings(writer, facts);
	write_journal(writer, facts);
	write_processes(writer, facts);
	write_caches(writer, facts);
	write_sinks(writer, facts);
	write_removed(writer, facts);
	write_control(writer, facts);
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
