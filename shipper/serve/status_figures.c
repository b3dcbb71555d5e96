/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows. A figure that stands in the facts is an offset, one that is made of others a function
 * of a line. Knows neither JSON nor the text of /metrics.
 */
#include "serve/status_figures.h"

#include "base/clock.h"
#include "decode/fields.h"
#include "serve/status_attention.h"

#include <string.h>

#define KEY(name) .key = JSON_KEY_INIT(name)
/* A member of the facts, of each item of a list, of each item of an array in the facts. */
#define FACT(member)                                     \
	.offset = offsetof(struct status_facts, member), \
	.size = sizeof(((struct status_facts *)0)->member)
#define PART(type, member)                                                      \
	.offset = offsetof(struct type, member), .stride = sizeof(struct type), \
	.size = sizeof(((struct type *)0)->member)
#define EACH(array, rest)                                       \
	.offset = offsetof(struct status_facts, array[0] rest), \
	.stride = sizeof(((struct status_facts *)0)->array[0]), \
	.size = sizeof(((struct status_facts *)0)->array[0] rest)
#define COUNTER(name, text) .metric = name, .help = text
#define GAUGE(name, text) .metric = name, .help = text, .type = FIGURE_GAUGE
#define FLAG(name, text) .metric = name, .help = text, .type = FIGURE_FLAG
#define SAME(name, labels) .metric = name, .label = labels

static uint64_t one(const struct status_facts *facts, size_t i)
{
	(void)facts;
	(void)i;
	return 1;
}

static uint64_t uptime_seconds(const struct status_facts *facts, size_t i)
{
	(void)i;
	return (facts->now_ns - facts->started_ns) / NS_PER_S;
}

static uint64_t start_milliseconds(const struct status_facts *facts, size_t i)
{
	(void)i;
	return (facts->started_ns + (uint64_t)facts->wall_offset_ns) / NS_PER_MS;
}

static void hear(void *data, const char *text)
{
	(void)data;
	(void)text;
}

static uint64_t attention(const struct status_facts *facts, size_t i)
{
	(void)i;
	return status_attention(facts, hear, NULL);
}

static uint64_t healthy(const struct status_facts *facts, size_t i)
{
	return attention(facts, i) == 0;
}

static const struct figure agent_figures[] = {
	{.metric = "build_info",
	 .label = "version=\"" AUDITSHIP_VERSION "\"",
	 .help = "Always 1; the label tells the version.",
	 .type = FIGURE_GAUGE,
	 .derive = one},
	{KEY("uptime_seconds"), .derive = uptime_seconds},
	{GAUGE("start_time_seconds", "When the agent was started, since 1970."), .divisor = 1000,
	 .derive = start_milliseconds},
	{KEY("healthy"), FLAG("healthy", "1 when nothing needs attention."), .derive = healthy},
	{GAUGE("attention", "How many things need attention; auditship status tells which."),
	 .derive = attention},
	{KEY("containers_late"),
	 COUNTER("containers_late_total", "Events that went out before their container was known."),
	 FACT(collect.caches.containers.late)},
	{},
};

static const void *probes_of(const struct status_facts *facts)
{
	return facts->probes;
}

static size_t probe_count(const struct status_facts *facts)
{
	return facts->probe_count;
}

static const char *probe_name(const struct status_facts *facts, size_t i)
{
	return facts->probes[i].name;
}

static uint64_t probe_missed(const struct status_facts *facts, size_t i)
{
	return facts->probes[i].counts_missed ? facts->probes[i].missed : FIGURE_ABSENT;
}

static const struct figure probe_figures[] = {
	{KEY("attached"), FLAG("probe_attached", "1 when the hook is in place."),
	 PART(probe_status, attached)},
	{KEY("required"), .type = FIGURE_FLAG, PART(probe_status, required)},
	{KEY("optional"), FLAG("probe_optional", "1 when not every kernel has the hook."),
	 PART(probe_status, optional)},
	{KEY("missed"),
	 COUNTER("probe_missed_events_total", "Events the kernel did not call the hook for; they "
					      "have no number."),
	 .derive = probe_missed},
	{},
};

static size_t kind_count(const struct status_facts *facts)
{
	(void)facts;
	return REC_KINDS;
}

static const char *kind_name(const struct status_facts *facts, size_t i)
{
	const struct kind *kind = kind_get((unsigned int)i);

	(void)facts;
	return kind && kind->journalled ? kind->name : NULL;
}

static uint64_t kind_selected(const struct status_facts *facts, size_t i)
{
	return kind_get((unsigned int)i)->of_shipper || (facts->kinds >> i & 1);
}

static uint64_t kind_lost(const struct status_facts *facts, size_t i)
{
	return kind_get((unsigned int)i)->of_shipper ? FIGURE_ABSENT : facts->collect.lost_kind[i];
}

static const struct figure event_figures[] = {
	{KEY("selected"), .type = FIGURE_FLAG, .derive = kind_selected},
	{KEY("total"), COUNTER("events_total", "Events that the journal has taken."),
	 EACH(collect.events, )},
	{KEY("per_second"), EACH(events, .per_second)},
	{KEY("per_minute"), EACH(events, .per_minute)},
	{KEY("lost"),
	 COUNTER("kind_lost_records_total", "Records that the probes could not hand "
					    "over, by kind."),
	 .derive = kind_lost},
	{},
};

static uint64_t journalled(const struct status_facts *facts, size_t i)
{
	(void)i;
	return status_journalled(&facts->collect);
}

static uint64_t rejected(const struct status_facts *facts, size_t i)
{
	(void)i;
	return facts->collect.rejected - facts->collect.unnumbered;
}

static uint64_t balances(const struct status_facts *facts, size_t i)
{
	(void)i;
	return status_balances(&facts->collect);
}

#define OUTCOME(word) SAME("records_total", "outcome=\"" word "\"")
static const struct figure account_figures[] = {
	{KEY("numbered"),
	 COUNTER("numbered_records_total", "Numbers that the probes took: the sum of the account."),
	 FACT(collect.numbered)},
	{KEY("journalled"), OUTCOME("journalled"),
	 .help = "What became of the numbers. lost and rejected should stay 0.",
	 .derive = journalled},
	{KEY("dropped"), OUTCOME("dropped"), FACT(collect.dropped)},
	{KEY("limited"), OUTCOME("limited"), FACT(collect.held)},
	{KEY("not_selected"), OUTCOME("not_selected"), FACT(collect.not_selected)},
	{KEY("canaries"), OUTCOME("canaries"), FACT(collect.canaries)},
	{KEY("excluded"), OUTCOME("excluded"), FACT(collect.excluded)},
	{KEY("rejected"), OUTCOME("rejected"), .derive = rejected},
	{KEY("lost"), OUTCOME("lost"), FACT(collect.lost)},
	{KEY("unjournalled"),
	 GAUGE("unjournalled_records", "Records that were read and wait for the journal."),
	 FACT(collect.pending)},
	{KEY("in_ring"), GAUGE("ring_records", "Records that wait in the rings."),
	 FACT(collect.outstanding)},
	{KEY("balances"),
	 FLAG("account_balanced",
	      "1 when each number is accounted for; 0 is a fault of auditship."),
	 .derive = balances},
	{},
};

#define FILTER(word) SAME("left_out_events_total", "filter=\"" word "\"")
static const struct figure left_out_figures[] = {
	{KEY("own"), FILTER("own"),
	 .help = "Events that a filter of the probes left out; they have no number.",
	 FACT(left_out[REC_FILTER_OWN])},
	{KEY("mode"), FILTER("mode"), FACT(left_out[REC_FILTER_MODE])},
	{KEY("pid"), FILTER("pid"), FACT(left_out[REC_FILTER_PID])},
	{KEY("user"), FILTER("user"), FACT(left_out[REC_FILTER_USER])},
	{KEY("executable"), FILTER("executable"), FACT(left_out[REC_FILTER_EXECUTABLE])},
	{KEY("cgroup"), FILTER("cgroup"), FACT(left_out[REC_FILTER_CGROUP])},
	{KEY("path"), FILTER("path"), FACT(left_out[REC_FILTER_PATH])},
	{KEY("rule"), FILTER("rule"), FACT(left_out[REC_FILTER_RULE])},
	{},
};

#define REASON(word) SAME("lost_records_total", "reason=\"" word "\"")
static const struct figure loss_figures[] = {
	{KEY("ring_full"), REASON("ring_full"),
	 .help = "Records that did not reach the agent; events_lost in the stream names each.",
	 FACT(collect.lost_reason[REC_LOSS_RING_FULL])},
	{KEY("no_scratch"), REASON("no_scratch"), FACT(collect.lost_reason[REC_LOSS_NO_SCRATCH])},
	{KEY("too_large"), REASON("too_large"), FACT(collect.lost_reason[REC_LOSS_TOO_LARGE])},
	{KEY("no_agent"), REASON("no_agent"), FACT(collect.lost_reason[REC_LOSS_NO_AGENT])},
	{KEY("rejected"),
	 COUNTER("rejected_records_total", "Records that arrived damaged, with a number or "
					   "without."),
	 FACT(collect.rejected)},
	{KEY("journal_skipped"), FACT(journal.skipped_events)},
	{},
};

static const void *rules_of_facts(const struct status_facts *facts)
{
	return facts->rules;
}

static size_t rule_count(const struct status_facts *facts)
{
	return facts->rule_count;
}

static const char *rule_name(const struct status_facts *facts, size_t i)
{
	return facts->rules[i].name;
}

static const struct figure rule_figures[] = {
	{KEY("dropped"), COUNTER("rule_dropped_events_total", "Events that the rule dropped."),
	 PART(status_rule, dropped)},
	{KEY("dropped_in_kernel"),
	 COUNTER("rule_kernel_dropped_events_total", "Those of them that the probes dropped."),
	 PART(status_rule, dropped_in_kernel)},
	{KEY("limited"),
	 COUNTER("rule_limited_events_total", "Events that the rule held back; events_limited in "
					      "the stream tells of them."),
	 PART(status_rule, held)},
	{KEY("keys_evicted"),
	 COUNTER("rule_evicted_keys_total", "Values that the rule's limit forgot early, and events "
					    "whose value found no place of its own."),
	 PART(status_rule, keys_evicted)},
	{KEY("in_kernel"), .type = FIGURE_FLAG, PART(status_rule, in_kernel)},
	{},
};

static size_t ring_count(const struct status_facts *facts)
{
	(void)facts;
	return REC_RING_SHIPPER;
}

static const char *ring_label(const struct status_facts *facts, size_t i)
{
	(void)facts;
	return ring_name((enum rec_ring)i);
}

static uint64_t percent(uint64_t used, uint64_t size)
{
	return size ? used * 100 / size : 0;
}

/* Absent when it lasts for ever. */
static uint64_t seconds_left(uint64_t used, uint64_t size, uint64_t per_second)
{
	return per_second ? (size > used ? size - used : 0) / per_second : FIGURE_ABSENT;
}

static uint64_t ring_percent(const struct status_facts *facts, size_t i)
{
	return percent(facts->collect.rings[i].used_bytes, facts->collect.rings[i].size_bytes);
}

static uint64_t ring_seconds_left(const struct status_facts *facts, size_t i)
{
	return seconds_left(facts->collect.rings[i].used_bytes, facts->collect.rings[i].size_bytes,
			    facts->ring_bytes_per_second[i]);
}

static const struct figure ring_figures[] = {
	{KEY("used_bytes"), GAUGE("ring_used_bytes", "What waits in the ring."),
	 EACH(collect.rings, .used_bytes)},
	{KEY("size_bytes"), GAUGE("ring_size_bytes", "The ring's size."),
	 EACH(collect.rings, .size_bytes)},
	{KEY("used_percent"), .derive = ring_percent},
	{KEY("bytes_per_second"), EACH(ring_bytes_per_second, )},
	{KEY("seconds_left"), .derive = ring_seconds_left},
	{KEY("lost"),
	 COUNTER("ring_lost_records_total", "Lost records, by the ring they were "
					    "for."),
	 EACH(collect.lost_ring, )},
	{},
};

static uint64_t journal_percent(const struct status_facts *facts, size_t i)
{
	(void)i;
	return percent(facts->journal.bytes, facts->journal.max_size);
}

static uint64_t journal_seconds_left(const struct status_facts *facts, size_t i)
{
	(void)i;
	return seconds_left(facts->journal.bytes, facts->journal.max_size,
			    facts->journal_bytes_per_second);
}

static uint64_t journal_sync_failing(const struct status_facts *facts, size_t i)
{
	(void)i;
	return facts->journal.sync_error != 0;
}

static const struct figure journal_figures[] = {
	{KEY("bytes"), GAUGE("journal_size_bytes", "Disk space that the journal takes."),
	 FACT(journal.bytes)},
	{KEY("max_bytes"), GAUGE("journal_limit_bytes", "The most it may take: journal.max_size."),
	 FACT(journal.max_size)},
	{KEY("used_percent"), .derive = journal_percent},
	{KEY("segments"), GAUGE("journal_segments", "Its files."), FACT(journal.segments)},
	{KEY("bytes_per_second"), FACT(journal_bytes_per_second)},
	{KEY("seconds_left"), .derive = journal_seconds_left},
	{KEY("events"), COUNTER("journal_events_total", "Events appended."), FACT(journal.events)},
	{KEY("failing"), FLAG("journal_failing", "1 when it takes nothing now."),
	 FACT(collect.journal_failing)},
	{KEY("append_failures"),
	 COUNTER("journal_append_failures_total", "Appends that failed and were tried again."),
	 FACT(journal.append_failures)},
	{KEY("dropped_notes"),
	 COUNTER("journal_dropped_notes_total",
		 "Events of the agent itself that it had no room for."),
	 FACT(collect.dropped_notes)},
	{FLAG("journal_sync_failing", "1 when it cannot be made durable."),
	 .derive = journal_sync_failing},
	{KEY("damaged_frames"), COUNTER("journal_damaged_frames_total", "Damage met on reading."),
	 FACT(journal.damaged_frames)},
	{KEY("skipped_events"),
	 COUNTER("journal_skipped_events_total", "Events that damage in the journal hides."),
	 FACT(journal.skipped_events)},
	{KEY("cursor_resets"),
	 COUNTER("journal_cursor_resets_total", "Damaged cursors; the sink repeats events."),
	 FACT(journal.cursor_resets)},
	{KEY("set_aside"),
	 COUNTER("journal_set_aside_segments_total",
		 "Segments of an older journal, found where this one had to go on, and kept as "
		 "*.older."),
	 FACT(journal.set_aside)},
	{},
};

static const struct figure process_figures[] = {
	{KEY("entries"), GAUGE("process_table_entries", "Processes that are known."),
	 FACT(collect.processes)},
	{KEY("evictions"),
	 COUNTER("process_table_evictions_total", "Processes given up for want of room."),
	 FACT(collect.process_evictions)},
	{KEY("images"), GAUGE("process_images", "What processes run, each kept once."),
	 FACT(collect.images)},
	{KEY("image_bytes"), GAUGE("process_images_bytes", "The room that takes."),
	 FACT(collect.image_bytes)},
	{KEY("image_failures"),
	 COUNTER("process_image_failures_total", "Processes whose image found no room."),
	 FACT(collect.image_failures)},
	{KEY("lost_exits"),
	 COUNTER("process_lost_exits_total", "Processes that a census found gone."),
	 FACT(collect.lost_exits)},
	{KEY("reused_pids"),
	 COUNTER("process_reused_pids_total", "Processes whose pid another one got."),
	 FACT(collect.reused_pids)},
	{KEY("recalled"),
	 GAUGE("process_recalled_events",
	       "Events of the journal that filled the table at the start."),
	 FACT(collect.recalled)},
	{KEY("censuses"),
	 COUNTER("process_censuses_total", "Times that all processes were counted."),
	 FACT(collect.censuses)},
	{},
};

static const struct figure reader_figures[] = {
	{KEY("wakeups"), COUNTER("reader_wakeups_total", "Times that the probes woke the reader."),
	 FACT(collect.wakeups)},
	{KEY("sleeps"), COUNTER("reader_sleeps_total", "Times that it went to sleep."),
	 FACT(collect.sleeps)},
	{KEY("late"),
	 COUNTER("reader_late_wakeups_total", "Sleeps that a record did not end; should stay 0."),
	 FACT(collect.late)},
	{KEY("sweeps"), COUNTER("reader_sweeps_total", "Looks at the rings."),
	 FACT(collect.sweeps)},
	{KEY("overtakes"),
	 COUNTER("reader_overtakes_total", "Sweeps in which one ring went ahead of the other."),
	 FACT(collect.overtakes)},
	{KEY("read_failures"),
	 COUNTER("probe_read_failures_total", "Memory that the probes could not read."),
	 FACT(collect.read_failures)},
	{KEY("map_failures"),
	 COUNTER("probe_map_failures_total", "Notes of the probes that found a map full."),
	 FACT(collect.map_failures)},
	{},
};

enum {
	CACHE_PROCESSES,
	CACHE_IMAGES,
	CACHE_NAMES,
	CACHE_SCOPES,
	CACHE_CGROUPS,
	CACHE_CONTAINERS,
	CACHES
};
_Static_assert(CACHE_IMAGES == FIGURES_CACHE_IMAGES, "the document names its unit");

static size_t cache_count(const struct status_facts *facts)
{
	(void)facts;
	return CACHES;
}

static const char *cache_name(const struct status_facts *facts, size_t i)
{
	static const char *const names[CACHES] = {"processes",   "images",  "names",
						  "name_scopes", "cgroups", "containers"};

	(void)facts;
	return names[i];
}

static struct cache_counters cache_of(const struct status_facts *facts, size_t i)
{
	const struct collect_status *collect = &facts->collect;
	const struct cache_counters caches[CACHES] = {
		[CACHE_PROCESSES] = {.size = collect->processes,
				     .max = collect->process_max,
				     .hits = collect->process_hits,
				     .misses = collect->process_misses,
				     .evictions = collect->process_evictions},
		[CACHE_IMAGES] = {.size = collect->image_bytes,
				  .max = collect->image_max_bytes,
				  .evictions = collect->image_drops,
				  .failures = collect->image_failures},
		[CACHE_NAMES] = collect->caches.names.ids,
		[CACHE_SCOPES] = collect->caches.names.scopes,
		[CACHE_CGROUPS] = collect->caches.cgroups,
		[CACHE_CONTAINERS] = collect->caches.containers.cache,
	};

	return caches[i];
}

static uint64_t cache_size(const struct status_facts *facts, size_t i)
{
	return cache_of(facts, i).size;
}

static uint64_t cache_max(const struct status_facts *facts, size_t i)
{
	return cache_of(facts, i).max;
}

static uint64_t cache_percent(const struct status_facts *facts, size_t i)
{
	return percent(cache_of(facts, i).size, cache_of(facts, i).max);
}

/* Nobody has asked it: it does not count that. */
static bool is_asked(const struct status_facts *facts, size_t i)
{
	return cache_of(facts, i).hits + cache_of(facts, i).misses > 0;
}

static uint64_t cache_hits(const struct status_facts *facts, size_t i)
{
	return is_asked(facts, i) ? cache_of(facts, i).hits : FIGURE_ABSENT;
}

static uint64_t cache_misses(const struct status_facts *facts, size_t i)
{
	return is_asked(facts, i) ? cache_of(facts, i).misses : FIGURE_ABSENT;
}

static uint64_t cache_hit_percent(const struct status_facts *facts, size_t i)
{
	struct cache_counters cache = cache_of(facts, i);

	return is_asked(facts, i) ? percent(cache.hits, cache.hits + cache.misses) : FIGURE_ABSENT;
}

static uint64_t cache_evictions(const struct status_facts *facts, size_t i)
{
	return cache_of(facts, i).evictions;
}

static uint64_t cache_failures(const struct status_facts *facts, size_t i)
{
	return cache_of(facts, i).failures;
}

static const struct figure cache_figures[] = {
	{KEY("size"), GAUGE("cache_size", "What a cache holds: entries, of images bytes."),
	 .derive = cache_size},
	{KEY("max"), GAUGE("cache_limit", "The most that it may hold."), .derive = cache_max},
	{KEY("used_percent"), .derive = cache_percent},
	{KEY("hits"), COUNTER("cache_hits_total", "Look-ups that found something."),
	 .derive = cache_hits},
	{KEY("misses"), COUNTER("cache_misses_total", "Look-ups that found nothing."),
	 .derive = cache_misses},
	{KEY("hit_percent"), .derive = cache_hit_percent},
	{KEY("evictions"), COUNTER("cache_evictions_total", "Entries given up for want of room."),
	 .derive = cache_evictions},
	{KEY("failures"), COUNTER("cache_failures_total", "Entries that found no room."),
	 .derive = cache_failures},
	{},
};

static uint64_t helper_waited(const struct status_facts *facts, size_t i)
{
	(void)i;
	return facts->collect.caches.helper.waited_ns / NS_PER_US;
}

static const struct figure helper_figures[] = {
	{KEY("asked"), COUNTER("helper_asked_total", "Questions to the helper process."),
	 FACT(collect.caches.helper.asked)},
	{KEY("answered"), COUNTER("helper_answered_total", "Questions that it answered."),
	 FACT(collect.caches.helper.answered)},
	{KEY("timed_out"),
	 COUNTER("helper_timeouts_total", "Questions that a worker was killed for."),
	 FACT(collect.caches.helper.timed_out)},
	{KEY("aborted"), COUNTER("helper_aborted_total", "Questions that a worker died of."),
	 FACT(collect.caches.helper.aborted)},
	{KEY("canceled"),
	 COUNTER("helper_canceled_total", "Questions that waited behind one of those."),
	 FACT(collect.caches.helper.canceled)},
	{KEY("waiting"), GAUGE("helper_waiting", "Questions that wait for an answer."),
	 FACT(collect.caches.helper.waiting)},
	{KEY("refused"), COUNTER("helper_refused_total", "Questions that were not taken."),
	 FACT(collect.caches.helper.refused)},
	{KEY("starts"), COUNTER("helper_starts_total", "Workers that were started."),
	 FACT(collect.caches.helper.starts)},
	{KEY("waited_microseconds"),
	 COUNTER("helper_waited_seconds_total", "Time that events have waited for answers."),
	 .divisor = 1000000, .derive = helper_waited},
	{},
};

static const void *sinks_of_facts(const struct status_facts *facts)
{
	return facts->sinks;
}

static size_t sink_count(const struct status_facts *facts)
{
	return facts->sink_count;
}

static const char *sink_name(const struct status_facts *facts, size_t i)
{
	return facts->sinks[i].name;
}

static uint64_t sink_failing_seconds(const struct status_facts *facts, size_t i)
{
	const struct deliver_status *deliver = &facts->sinks[i].deliver;

	return deliver->failing ? (facts->now_ns - deliver->failing_since_ns) / NS_PER_S
				: FIGURE_ABSENT;
}

static uint64_t sink_lag_ms(const struct status_facts *facts, size_t i)
{
	return status_lag_ns(facts, &facts->sinks[i].deliver) / NS_PER_MS;
}

static const struct figure sink_figures[] = {
	{FLAG("sink_failing", "1 when the last try failed."), PART(status_sink, deliver.failing)},
	{KEY("failing_seconds"), .derive = sink_failing_seconds},
	{KEY("found"), GAUGE("sink_found_events", "Events that waited for it at the start."),
	 PART(status_sink, deliver.found)},
	{KEY("acknowledged"),
	 COUNTER("sink_acknowledged_events_total", "Events that it has acknowledged."),
	 PART(status_sink, deliver.acknowledged)},
	{KEY("skipped"), COUNTER("sink_skipped_events_total", "Events that were there already."),
	 PART(status_sink, deliver.skipped)},
	{KEY("filtered"),
	 COUNTER("sink_filtered_events_total", "Events that its condition does not want."),
	 PART(status_sink, deliver.filtered)},
	{KEY("rejected"),
	 COUNTER("sink_rejected_events_total", "Events that could not be rendered."),
	 PART(status_sink, deliver.rejected)},
	{KEY("dead_lettered"),
	 COUNTER("sink_dead_lettered_events_total", "Events that it will never take, kept aside."),
	 PART(status_sink, deliver.dead_lettered)},
	{KEY("unkept"),
	 COUNTER("sink_unkept_events_total",
		 "Those of them that found no room where they are kept."),
	 PART(status_sink, deliver.unkept)},
	{KEY("expired"),
	 COUNTER("sink_expired_events_total",
		 "Events that the journal gave up before it took them."),
	 PART(status_sink, deliver.expired)},
	{KEY("unreadable"),
	 COUNTER("sink_unreadable_events_total", "Events that damage in the journal hid from it."),
	 PART(status_sink, deliver.unreadable)},
	{KEY("bytes"), COUNTER("sink_written_bytes_total", "Bytes that it has taken."),
	 PART(status_sink, deliver.bytes)},
	{KEY("cut_bytes"),
	 COUNTER("sink_cut_bytes_total", "Ends of unfinished lines that were cut off its file."),
	 PART(status_sink, deliver.cut_bytes)},
	{KEY("failures"), COUNTER("sink_failures_total", "Tries that failed."),
	 PART(status_sink, deliver.failures)},
	{},
};

static const struct figure lag_figures[] = {
	{KEY("events"),
	 GAUGE("sink_lag_events", "Events in the journal that it has not acknowledged."),
	 PART(status_sink, deliver.waiting)},
	{KEY("bytes"), GAUGE("sink_lag_bytes", "The room they take in the journal."),
	 PART(status_sink, deliver.waiting_bytes)},
	{KEY("milliseconds"),
	 GAUGE("sink_lag_seconds", "The age of the oldest event it has not acknowledged."),
	 .divisor = 1000, .derive = sink_lag_ms},
	{},
};

static bool keeps_files(const struct status_facts *facts, size_t i)
{
	return facts->sinks[i].deliver.sink.keeps_files;
}

static const struct figure files_figures[] = {
	{KEY("rotated"), GAUGE("sink_rotated_files", "Rotated files of a trail that are there."),
	 PART(status_sink, deliver.sink.files)},
	{KEY("rotated_bytes"), GAUGE("sink_rotated_bytes", "The bytes of these."),
	 PART(status_sink, deliver.sink.files_bytes)},
	{KEY("free_bytes"), GAUGE("sink_free_bytes", "Room that its file system has left."),
	 PART(status_sink, deliver.sink.free_bytes)},
	{KEY("packed"), COUNTER("sink_packed_files_total", "Rotated files that were packed."),
	 PART(status_sink, deliver.sink.packed)},
	{KEY("packed_bytes_before"),
	 COUNTER("sink_packed_input_bytes_total", "Their bytes before."),
	 PART(status_sink, deliver.sink.packed_bytes_before)},
	{KEY("packed_bytes_after"), COUNTER("sink_packed_output_bytes_total", "Their bytes since."),
	 PART(status_sink, deliver.sink.packed_bytes_after)},
	{KEY("deleted"),
	 COUNTER("sink_deleted_files_total", "Rotated files that a bound has deleted."),
	 PART(status_sink, deliver.sink.deleted)},
	{KEY("deleted_bytes"), COUNTER("sink_deleted_bytes_total", "The bytes of these."),
	 PART(status_sink, deliver.sink.deleted_bytes)},
	{KEY("deleted_early"),
	 COUNTER("sink_deleted_early_files_total", "Of these: for want of free space."),
	 PART(status_sink, deliver.sink.deleted_early)},
	{},
};

static const struct figure control_figures[] = {
	{KEY("clients"), GAUGE("control_clients", "Clients of the control socket now."),
	 FACT(control.clients)},
	{KEY("accepted"), COUNTER("control_accepted_clients_total", "Clients that were let in."),
	 FACT(control.accepted)},
	{KEY("refused"),
	 COUNTER("control_refused_clients_total", "Clients that may not ask, or found no place."),
	 FACT(control.refused)},
	{KEY("requests"), COUNTER("control_requests_total", "Requests answered."),
	 FACT(control.requests)},
	{KEY("malformed"),
	 COUNTER("control_malformed_requests_total", "Lines that were no request."),
	 FACT(control.malformed)},
	{KEY("timeouts"), COUNTER("control_timeouts_total", "Clients that were too slow."),
	 FACT(control.timeouts)},
	{KEY("last_pid"), FACT(control.last_pid)},
	{KEY("last_uid"), FACT(control.last_uid)},
	{},
};

static const struct figure watcher_figures[] = {
	{KEY("present"), GAUGE("watchers", "Who watches now."), FACT(watchers.present)},
	{KEY("served"), COUNTER("watchers_served_total", "Who has watched."),
	 FACT(watchers.served)},
	{KEY("failed"), COUNTER("watchers_failed_total", "Who had to be sent away."),
	 FACT(watchers.failed)},
	{},
};

const struct figure_group figure_groups[FIGURE_GROUPS] = {
	[FIGURES_AGENT] = {.path = "", .figures = agent_figures},
	[FIGURES_PROBES] = {.path = "probes",
			    .figures = probe_figures,
			    .label = "probe",
			    .items = probes_of,
			    .count = probe_count,
			    .name = probe_name},
	[FIGURES_EVENTS] = {.path = "events",
			    .figures = event_figures,
			    .label = "kind",
			    .count = kind_count,
			    .name = kind_name},
	[FIGURES_ACCOUNT] = {.path = "account", .figures = account_figures},
	[FIGURES_LEFT_OUT] = {.path = "filters.left_out", .figures = left_out_figures},
	[FIGURES_LOSSES] = {.path = "losses", .figures = loss_figures},
	[FIGURES_RULES] = {.path = "rules",
			   .figures = rule_figures,
			   .label = "rule",
			   .items = rules_of_facts,
			   .count = rule_count,
			   .name = rule_name},
	[FIGURES_RINGS] = {.path = "rings",
			   .figures = ring_figures,
			   .label = "ring",
			   .count = ring_count,
			   .name = ring_label},
	[FIGURES_JOURNAL] = {.path = "journal", .figures = journal_figures},
	[FIGURES_PROCESSES] = {.path = "processes", .figures = process_figures},
	[FIGURES_READER] = {.path = "reader", .figures = reader_figures},
	[FIGURES_CACHES] = {.path = "caches",
			    .figures = cache_figures,
			    .label = "cache",
			    .count = cache_count,
			    .name = cache_name},
	[FIGURES_HELPER] = {.path = "helper", .figures = helper_figures},
	[FIGURES_SINKS] = {.path = "sinks",
			   .figures = sink_figures,
			   .label = "sink",
			   .items = sinks_of_facts,
			   .count = sink_count,
			   .name = sink_name},
	[FIGURES_LAG] = {.path = "sinks[].lag",
			 .figures = lag_figures,
			 .label = "sink",
			 .items = sinks_of_facts,
			 .count = sink_count,
			 .name = sink_name},
	[FIGURES_FILES] = {.path = "sinks[].files",
			   .figures = files_figures,
			   .label = "sink",
			   .items = sinks_of_facts,
			   .count = sink_count,
			   .name = sink_name,
			   .has = keeps_files},
	[FIGURES_CONTROL] = {.path = "control", .figures = control_figures},
	[FIGURES_WATCHERS] = {.path = "watchers", .figures = watcher_figures},
};

uint64_t figure_value(const struct figure_group *group, const struct figure *figure,
		      const struct status_facts *facts, size_t i)
{
	const char *base = group->items ? group->items(facts) : (const void *)facts;
	uint64_t number =
		0; /* x86_64 and arm64 are little-endian: smaller members fill its low end */

	if (group->has && !group->has(facts, i))
		return FIGURE_ABSENT;
	if (figure->derive)
		return figure->derive(facts, i);
	memcpy(&number, base + figure->offset + i * figure->stride, figure->size);
	return number;
}
