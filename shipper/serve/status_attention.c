/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges; writes no document and asks nobody. */
#include "serve/status_attention.h"

#include "base/clock.h"
#include "decode/fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NEARLY_FULL_PERCENT 90
#define BLOCKED_PATIENCE_NS (5 * NS_PER_S)

struct teller {
	status_attention_handler handler;
	void *data;
	unsigned int count;
};

__attribute__((format(printf, 2, 3))) static void tell(struct teller *teller, const char *format,
						       ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	teller->handler(teller->data, text);
	teller->count++;
}

uint64_t status_journalled(const struct collect_status *collect)
{
	uint64_t sum = 0;

	for (int i = 0; i < REC_KINDS; i++)
		if (kind_get((unsigned int)i) && !kind_get((unsigned int)i)->of_shipper)
			sum += collect->events[i];
	return sum;
}

bool status_balances(const struct collect_status *collect)
{
	uint64_t became = status_journalled(collect) + collect->not_selected + collect->excluded +
			  collect->dropped + collect->held + collect->canaries + collect->rejected +
			  collect->pending;

	return collect->seen == collect->arrived + collect->lost &&
	       collect->arrived + collect->unnumbered == became &&
	       collect->numbered >= collect->seen;
}

const char *status_sink_state(const struct deliver_status *deliver)
{
	if (!deliver->failing)
		return "ok";
	return deliver->blocked ? "waiting" : "failing";
}

/* Before the thread has an event in hand, a sink that fails has been late since it did. */
uint64_t status_lag_ns(const struct status_facts *facts, const struct deliver_status *deliver)
{
	uint64_t since_ns = deliver->oldest_ns;

	if (deliver->waiting == 0)
		return 0;
	if (since_ns == 0 && deliver->failing)
		since_ns = deliver->failing_since_ns;
	return since_ns && facts->now_ns > since_ns ? facts->now_ns - since_ns : 0;
}

static void judge_probes(struct teller *teller, const struct status_facts *facts)
{
	for (size_t i = 0; i < facts->probe_count; i++) {
		const struct probe_status *probe = &facts->probes[i];

		if (!probe->attached && !probe->optional)
			tell(teller, "probe %s: not attached%s%s", probe->name,
			     probe->why[0] ? ": " : "", probe->why);
		if (probe->missed)
			tell(teller,
			     "probe %s: the kernel did not call it for %" PRIu64 " events; they "
			     "have no number and are in no loss record",
			     probe->name, probe->missed);
	}
}

static void judge_coverage(struct teller *teller, const struct status_facts *facts)
{
	char names[512];

	if (!facts->coverage || facts->coverage->counts[COVERAGE_MISSED] == 0)
		return;
	coverage_list(facts->coverage, COVERAGE_MISSED, names, sizeof(names));
	tell(teller, "coverage: not seen: %s; such events are not recorded on this host", names);
}

static void judge_sink(struct teller *teller, const struct status_facts *facts,
		       const struct status_sink *sink)
{
	const struct deliver_status *deliver = &sink->deliver;
	uint64_t since_ns = facts->now_ns - deliver->failing_since_ns;

	if (deliver->failing && !deliver->blocked)
		tell(teller, "sink %s: failing for %" PRIu64 " s, %" PRIu64 " events wait: %s",
		     sink->name, since_ns / NS_PER_S, deliver->waiting, deliver->last_error.text);
	else if (deliver->failing && since_ns >= BLOCKED_PATIENCE_NS)
		tell(teller,
		     "sink %s: its receiver has taken nothing for %" PRIu64 " s, %" PRIu64
		     " events wait: %s",
		     sink->name, since_ns / NS_PER_S, deliver->waiting, deliver->last_error.text);
	if (deliver->dead_lettered + deliver->rejected > deliver->unkept)
		tell(teller, "sink %s: %" PRIu64 " events are with the dead letters", sink->name,
		     deliver->dead_lettered + deliver->rejected - deliver->unkept);
	if (deliver->unkept)
		tell(teller,
		     "sink %s: %" PRIu64 " events were given up and are not with the dead letters",
		     sink->name, deliver->unkept);
	if (deliver->sink.warning.text[0])
		tell(teller, "sink %s: %s", sink->name, deliver->sink.warning.text);
	if (deliver->expired)
		tell(teller,
		     "sink %s: %" PRIu64 " events were given up before it took them: "
		     "journal.max_size, max_age or keep_free was reached",
		     sink->name, deliver->expired);
	if (deliver->unreadable)
		tell(teller, "sink %s: %" PRIu64 " events in the journal could not be read",
		     sink->name, deliver->unreadable);
}

static void judge_journal(struct teller *teller, const struct status_facts *facts)
{
	const struct journal_status *journal = &facts->journal;
	uint64_t percent = journal->max_size ? journal->bytes * 100 / journal->max_size : 0;

	if (facts->collect.journal_failing)
		tell(teller, "journal: takes no events, they wait in the rings; the agent's log "
			     "says why");
	if (percent >= NEARLY_FULL_PERCENT)
		tell(teller, "journal: %" PRIu64 " %% of journal.max_size is in use", percent);
	if (journal->sync_error)
		tell(teller, "journal: cannot be made durable: %s", strerror(-journal->sync_error));
	if (journal->damaged_frames || journal->skipped_events)
		tell(teller, "journal: damaged: %" PRIu64 " events in it cannot be read",
		     journal->skipped_events);
	if (journal->set_aside)
		tell(teller,
		     "journal: another one was where it had to go on: %" PRIu64 " segments of that "
		     "are kept as *.older, see docs/journal.md",
		     journal->set_aside);
}

const char *status_ring_options(const struct collect_status *collect)
{
	if (collect->lost_ring[REC_RING_BULK] == 0)
		return "capture.rings.vital";
	if (collect->lost_ring[REC_RING_VITAL] == 0)
		return "capture.rings.bulk";
	return "capture.rings.vital and capture.rings.bulk";
}

static void judge_losses(struct teller *teller, const struct status_facts *facts)
{
	const struct collect_status *collect = &facts->collect;

	if (!status_balances(collect))
		tell(teller, "account: does not balance: this is a fault of auditship, please "
			     "report it with the output of auditship status --json");
	if (collect->lost)
		tell(teller,
		     "%" PRIu64 " events were lost (ring full: %" PRIu64 ", no scratch space: "
		     "%" PRIu64 ", too large: %" PRIu64 ", while no agent ran: %" PRIu64
		     "); events_lost in the stream names each; make %s larger",
		     collect->lost, collect->lost_reason[REC_LOSS_RING_FULL],
		     collect->lost_reason[REC_LOSS_NO_SCRATCH],
		     collect->lost_reason[REC_LOSS_TOO_LARGE],
		     collect->lost_reason[REC_LOSS_NO_AGENT], status_ring_options(collect));
	if (collect->rejected)
		tell(teller, "%" PRIu64 " records of the probes were rejected as damaged",
		     collect->rejected);
}

static void judge_rings(struct teller *teller, const struct status_facts *facts)
{
	for (enum rec_ring i = REC_RING_VITAL; i < REC_RING_SHIPPER; i++) {
		uint64_t size = facts->collect.rings[i].size_bytes;
		uint64_t used = facts->collect.rings[i].used_bytes;

		if (size && used * 100 / size >= NEARLY_FULL_PERCENT)
			tell(teller, "ring %s: %" PRIu64 " %% full", ring_name(i),
			     used * 100 / size);
	}
}

unsigned int status_attention(const struct status_facts *facts, status_attention_handler handler,
			      void *data)
{
	struct teller teller = {.handler = handler, .data = data};

	judge_probes(&teller, facts);
	judge_coverage(&teller, facts);
	for (size_t i = 0; i < facts->sink_count; i++)
		judge_sink(&teller, facts, &facts->sinks[i]);
	judge_journal(&teller, facts);
	judge_rings(&teller, facts);
	judge_losses(&teller, facts);
	return teller.count;
}
