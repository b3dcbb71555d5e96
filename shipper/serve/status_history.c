/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates compare the present with the youngest sample that is old enough, so that a rate "per
 * second" is of at least nearly a second and not of the moment since the last tick.
 */
#include "serve/status_history.h"

#include "base/clock.h"

#include <string.h>

#define SECOND_NS (NS_PER_S - NS_PER_S / 20) /* ticks are not exact */
#define MINUTE_NS (60 * NS_PER_S - NS_PER_S / 2)

void status_history_add(struct status_history *history, const struct collect_status *collect,
			uint64_t now_ns)
{
	struct status_sample *sample = &history->samples[history->next];

	sample->time_ns = now_ns;
	for (int i = 0; i < REC_RING_SHIPPER; i++)
		sample->ring_position[i] = collect->rings[i].position;
	sample->journal_bytes = collect->journal_bytes;
	memcpy(sample->events, collect->events, sizeof(sample->events));
	history->next = (history->next + 1) % STATUS_SAMPLES;
	if (history->count < STATUS_SAMPLES)
		history->count++;
}

/* The youngest sample of at least that age, else the oldest there is; NULL: there is none. */
static const struct status_sample *sample_of_age(const struct status_history *history,
						 uint64_t now_ns, uint64_t age_ns)
{
	const struct status_sample *sample = NULL;

	for (unsigned int i = 1; i <= history->count; i++) {
		sample = &history->samples[(history->next + STATUS_SAMPLES - i) % STATUS_SAMPLES];
		if (sample->time_ns + age_ns <= now_ns)
			break;
	}
	return sample;
}

static uint64_t rate(uint64_t now, uint64_t then, uint64_t elapsed_ns, uint64_t unit_ns)
{
	if (now <= then || elapsed_ns == 0)
		return 0;
	return (uint64_t)((double)(now - then) * (double)unit_ns / (double)elapsed_ns + 0.5);
}

void status_history_rates(const struct status_history *history, struct status_facts *facts)
{
	const struct status_sample *second = sample_of_age(history, facts->now_ns, SECOND_NS);
	const struct status_sample *minute = sample_of_age(history, facts->now_ns, MINUTE_NS);
	uint64_t second_ns, minute_ns;

	if (!second)
		return;
	second_ns = facts->now_ns - second->time_ns;
	minute_ns = facts->now_ns - minute->time_ns;
	if (minute_ns < 60 * NS_PER_S) /* what there was, not what it might have become */
		minute_ns = 60 * NS_PER_S;
	for (int i = 0; i < REC_KINDS; i++) {
		uint64_t now = facts->collect.events[i];

		facts->events[i] = (struct status_rate){
			.per_second = rate(now, second->events[i], second_ns, NS_PER_S),
			.per_minute = rate(now, minute->events[i], minute_ns, 60 * NS_PER_S),
		};
	}
	for (int i = 0; i < REC_RING_SHIPPER; i++)
		facts->ring_bytes_per_second[i] =
			rate(facts->collect.rings[i].position, second->ring_position[i], second_ns,
			     NS_PER_S);
	facts->journal_bytes_per_second =
		rate(facts->collect.journal_bytes, second->journal_bytes, second_ns, NS_PER_S);
}
