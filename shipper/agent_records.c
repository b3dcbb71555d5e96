/* SPDX-License-Identifier: BSD-2-Clause */
/* One function per kind. Asks nobody, keeps nothing. */
#include "agent_records.h"

#include "base/clock.h"
#include "decode/fields.h"
#include "decode/names.h"
#include "serve/status_attention.h"

#include <stdio.h>

#define LIST_MAX 8192

typedef unsigned long long number;

/* Lists the probes that are attached, or those that are not; returns how many are. */
static uint32_t list_probes(struct buf *parts, const struct probe_status *probes, size_t count,
			    bool attached)
{
	uint32_t on = 0;

	for (size_t i = 0; i < count; i++) {
		on += probes[i].attached;
		if (probes[i].attached != attached)
			continue;
		own_record_part(parts, "%s%s%s", probes[i].name, attached ? "" : ": ",
				attached ? "" : probes[i].why);
	}
	return on;
}

void agent_record_start(struct own_record *out, const struct agent_start_facts *facts)
{
	struct rec_agent_start *start = &out->start;
	struct buf failed;
	char message[128];

	buf_init(&failed, LIST_MAX);
	own_record_init(out, REC_AGENT_START);
	start->probes = (uint32_t)facts->probe_count;
	start->attached = list_probes(&failed, facts->probes, facts->probe_count, false);
	start->adopted = facts->adopted;
	own_record_text(out, &start->version, AUDITSHIP_VERSION);
	own_record_text(out, &start->kernel, facts->kernel);
	own_record_text(out, &start->hash, facts->config_hash);
	own_record_list(out, &start->failed, &failed);
	(void)snprintf(message, sizeof(message),
		       "auditship " AUDITSHIP_VERSION " started: %u of %u probes attached",
		       start->attached, start->probes);
	own_record_text(out, &start->message, message);
	buf_done(&failed);
}

static void describe_signal(char *out, size_t size, const struct agent_stop_facts *facts)
{
	char name[NAME_SIZE];

	name_signal(name, facts->signal);
	if (facts->uid == REC_ID_UNSET)
		(void)snprintf(out, size, "stopped by %s, which no process sent", name);
	else
		(void)snprintf(out, size, "stopped by %s from user %u, process %u%s", name,
			       facts->uid, facts->pid, facts->claimed ? ", as it says itself" : "");
}

static void describe_stop(char *out, size_t size, const struct agent_stop_facts *facts)
{
	switch (facts->reason) {
	case REC_STOP_SIGNAL:
		describe_signal(out, size, facts);
		break;
	case REC_STOP_TIME_OVER:
		(void)snprintf(out, size, "stopped: the time it was to run is over");
		break;
	case REC_STOP_READER_GONE:
		(void)snprintf(out, size, "stopped: nobody reads its standard output any more");
		break;
	case REC_STOP_ERROR:
		(void)snprintf(out, size, "stopped: %s", facts->what);
		break;
	}
}

void agent_record_stop(struct own_record *out, const struct agent_stop_facts *facts)
{
	struct rec_agent_stop *stop = &out->stop;
	char message[512];

	own_record_init(out, REC_AGENT_STOP);
	stop->uptime_ns = facts->uptime_ns;
	stop->asked_ns = facts->asked_ns;
	stop->signal = facts->signal;
	stop->sender_pid = facts->pid;
	stop->sender_uid = facts->uid;
	stop->sender_login_uid = facts->login_uid;
	stop->reason = (__u8)facts->reason;
	stop->way = (__u8)facts->way;
	stop->claimed = facts->claimed;
	stop->initial_pid = facts->initial_pid;
	stop->kept = facts->kept;
	describe_stop(message, sizeof(message), facts);
	own_record_text(out, &stop->message, message);
}

static uint64_t count_own(const struct collect_status *collect)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kind_get(i) && kind_get(i)->of_shipper)
			sum += collect->events[i];
	return sum;
}

static void fill_account(struct rec_agent_heartbeat *beat, const struct collect_status *collect)
{
	beat->numbered = collect->numbered;
	beat->journalled = status_journalled(collect);
	beat->dropped = collect->dropped;
	beat->limited = collect->held;
	beat->not_selected = collect->not_selected;
	beat->excluded = collect->excluded;
	beat->canaries = collect->canaries;
	beat->rejected = collect->rejected - collect->unnumbered;
	beat->lost = collect->lost;
	beat->unjournalled = collect->pending;
	beat->in_ring = collect->outstanding;
	beat->lost_ring_full = collect->lost_reason[REC_LOSS_RING_FULL];
	beat->lost_no_scratch = collect->lost_reason[REC_LOSS_NO_SCRATCH];
	beat->lost_too_large = collect->lost_reason[REC_LOSS_TOO_LARGE];
	beat->lost_no_agent = collect->lost_reason[REC_LOSS_NO_AGENT];
	beat->own_events = count_own(collect);
	beat->journal_events = beat->journalled + beat->own_events;
	beat->balances = status_balances(collect);
	beat->vital_high_water_bytes = collect->rings[REC_RING_VITAL].high_water_bytes;
	beat->vital_size_bytes = collect->rings[REC_RING_VITAL].size_bytes;
	beat->bulk_high_water_bytes = collect->rings[REC_RING_BULK].high_water_bytes;
	beat->bulk_size_bytes = collect->rings[REC_RING_BULK].size_bytes;
}

static void add_sink(struct buf *parts, const struct agent_sink *sink)
{
	const struct deliver_status *status = &sink->status;
	uint64_t settled = status->acknowledged + status->filtered + status->skipped +
			   status->rejected + status->dead_lettered + status->expired +
			   status->unreadable;

	own_record_part(parts,
			"%s: journalled %llu, acknowledged %llu, filtered %llu, skipped %llu, "
			"rejected %llu, dead %llu, expired %llu, unreadable %llu, waiting %llu",
			sink->name, (number)status->offered, (number)status->acknowledged,
			(number)status->filtered, (number)status->skipped, (number)status->rejected,
			(number)status->dead_lettered, (number)status->expired,
			(number)status->unreadable,
			(number)(status->offered > settled ? status->offered - settled : 0));
}

void agent_record_heartbeat(struct own_record *out, const struct agent_heartbeat_facts *facts)
{
	struct rec_agent_heartbeat *beat = &out->heartbeat;
	struct buf sinks;
	char message[256];

	buf_init(&sinks, COLLECT_NOTE_MAX);
	own_record_init(out, REC_AGENT_HEARTBEAT);
	fill_account(beat, &facts->collect);
	beat->uptime_ns = facts->uptime_ns;
	beat->left_out = facts->left_out;
	beat->recursion_misses = facts->recursion_misses;
	beat->memory_anon_bytes = facts->memory_bytes;
	for (size_t i = 0; i < facts->sink_count; i++)
		add_sink(&sinks, &facts->sinks[i]);
	(void)snprintf(message, sizeof(message),
		       "%llu events numbered, %llu journalled, %llu lost%s", (number)beat->numbered,
		       (number)beat->journalled, (number)beat->lost,
		       beat->balances ? "" : "; the account does not balance");
	own_record_text(out, &beat->message, message);
	own_record_list(out, &beat->sinks, &sinks);
	buf_done(&sinks);
}

void agent_record_clock_step(struct own_record *out, int64_t step_ns, uint64_t now_wall_ns,
			     bool compared)
{
	struct rec_clock_step *step = &out->step;
	int64_t us = step_ns / (int64_t)NS_PER_US;
	uint64_t size_us = us < 0 ? -(uint64_t)us : (uint64_t)us;
	char message[128];

	own_record_init(out, REC_CLOCK_STEP);
	step->step_us = us;
	step->before_wall_ns = now_wall_ns - (uint64_t)step_ns;
	step->after_wall_ns = now_wall_ns;
	step->noticed = compared;
	(void)snprintf(message, sizeof(message), "the clock jumped by %s%llu.%06llu s",
		       us < 0 ? "-" : "", (number)(size_us / 1000000), (number)(size_us % 1000000));
	own_record_text(out, &step->message, message);
}

static void list_canaries(struct own_record *out, struct rec_string *string,
			  const struct coverage_result *result, enum coverage_verdict verdict)
{
	struct buf parts;

	buf_init(&parts, LIST_MAX);
	for (int i = 0; i < CANARIES; i++) {
		const char *why = result->canaries[i].why;

		if (result->canaries[i].verdict == verdict)
			own_record_part(&parts, "%s%s%s", canary_name((enum canary)i),
					*why ? ": " : "", why);
	}
	own_record_list(out, string, &parts);
	buf_done(&parts);
}

static void list_probes_of(struct own_record *out, struct rec_string *string,
			   const struct agent_coverage_facts *facts, bool attached)
{
	struct buf parts;

	buf_init(&parts, LIST_MAX);
	out->coverage.attached = list_probes(&parts, facts->probes, facts->probe_count, attached);
	own_record_list(out, string, &parts);
	buf_done(&parts);
}

void agent_record_coverage(struct own_record *out, const struct agent_coverage_facts *facts)
{
	const struct coverage_result *result = facts->result;
	struct rec_agent_coverage *coverage = &out->coverage;
	char message[1280], missed[512], gaps[512];

	own_record_init(out, REC_AGENT_COVERAGE);
	coverage->probes = (uint32_t)facts->probe_count;
	coverage->seen_count = result->counts[COVERAGE_SEEN];
	coverage->missed_count = result->counts[COVERAGE_MISSED];
	coverage->skipped_count = result->counts[COVERAGE_SKIPPED];
	coverage->gap_count = result->counts[COVERAGE_GAP];
	coverage->records = result->records;
	coverage->asked = result->asked;
	own_record_text(out, &coverage->kernel, facts->kernel);
	list_probes_of(out, &coverage->probes_on, facts, true);
	list_probes_of(out, &coverage->probes_failed, facts, false);
	list_canaries(out, &coverage->seen, result, COVERAGE_SEEN);
	list_canaries(out, &coverage->missed, result, COVERAGE_MISSED);
	list_canaries(out, &coverage->skipped, result, COVERAGE_SKIPPED);
	list_canaries(out, &coverage->gaps, result, COVERAGE_GAP);
	coverage_list(result, COVERAGE_MISSED, missed, sizeof(missed));
	coverage_list(result, COVERAGE_GAP, gaps, sizeof(gaps));
	(void)snprintf(message, sizeof(message),
		       "coverage: %u canaries seen, %u missed, %u not tried; %u of %u probes "
		       "attached%s%s%s%s",
		       coverage->seen_count, coverage->missed_count, coverage->skipped_count,
		       coverage->attached, coverage->probes, *missed ? "; missed: " : "", missed,
		       *gaps ? "; known gaps: " : "", gaps);
	own_record_text(out, &coverage->message, message);
}
