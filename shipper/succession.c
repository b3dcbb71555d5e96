/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of things. A set is pinned while it is silent, then it takes over by one store, then
 * the links of the one before go; its maps stay until the collect thread has read them to the end.
 * So whenever an agent is killed, the next one finds which set records and which are to be read.
 */
#include "succession.h"

#include "base/clock.h"
#include "base/log.h"
#include "pipeline_parts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static void tell_lines(const char *lines)
{
	while (*lines) {
		int length = (int)strcspn(lines, "\n");

		log_warning("%.*s", length, lines);
		lines += length + (lines[length] == '\n');
	}
}

static size_t count_found(const struct pipeline *pipeline)
{
	size_t count = 0;

	while (pipeline->found[count])
		count++;
	return count;
}

/* They have to go on recording until this agent is ready. */
int succession_find(struct pipeline *pipeline, struct err *err)
{
	bool keeps = pipeline->config->capture.keep_attached_ms > 0;
	struct err own;
	int result;
	size_t count;

	result = pins_open(&pipeline->pins, PINS_ROOT, pipeline->config->agent.state_dir,
			   keeps ? PINS_MAKE : PINS_FIND, &own);
	if (result == -EBUSY) {
		*err = own;
		return result;
	}
	if (result < 0 && keeps)
		log_warning("the probes go with the agent, so that a restart misses what happens "
			    "in between: %s",
			    own.text);
	if (result < 0)
		return 0;
	count = pins_find(pipeline->pins, pipeline->found);
	tell_lines(pins_said(pipeline->pins));
	pipeline->adopted = count > 0;
	if (count > 0)
		probes_record_until(pipeline->found[count - 1],
				    clock_mono_ns() + SUCCESSION_BUSY_MS * NS_PER_MS);
	return 0;
}

/* Those in place will do, or others take over from them. */
int succession_open(struct pipeline *pipeline, struct err *err)
{
	size_t count = count_found(pipeline);
	struct probes *last = count ? pipeline->found[count - 1] : NULL;
	struct probes_options options;
	uint8_t wanted[PROBES_HASH_SIZE];

	pipeline_describe_probes(pipeline, pipeline->config, &options);
	probes_identify(&options, wanted);
	if (last && probes_are_in_force(last) &&
	    memcmp(wanted, probes_hash(last), sizeof(wanted)) == 0) {
		pipeline->probes = last;
		pipeline->found[count - 1] = NULL;
		log_info("the probes are in place: going on where the agent before has stopped");
		return 0;
	}
	options.previous = last;
	options.foreign = true;
	if (last)
		log_info("other probes are wanted than those in place: new ones take over");
	return pipeline_open_probes(&options, &pipeline->probes, err);
}

void succession_retire(struct pipeline *pipeline, struct probes *old)
{
	if (pipeline->pins)
		pins_remove_links(pipeline->pins, old);
	probes_detach(old);
}

void succession_bury(struct pipeline *pipeline, struct probes *old)
{
	if (pipeline->pins)
		pins_remove(pipeline->pins, old);
	probes_close(old);
}

/* Pinned probes with a deadline, or others without: a killed agent takes those with it. */
void succession_beat(const struct pipeline *pipeline, uint64_t at_least_ms)
{
	uint64_t keep_ms = pipeline->config->capture.keep_attached_ms;

	if (keep_ms < at_least_ms)
		keep_ms = at_least_ms;
	probes_record_until(pipeline->probes,
			    pipeline->pins ? clock_mono_ns() + keep_ms * NS_PER_MS : UINT64_MAX);
}

static void stop_pinning(struct pipeline *pipeline)
{
	(void)pins_remove_all(pipeline->pins);
	tell_lines(pins_said(pipeline->pins));
	pins_close(pipeline->pins);
	pipeline->pins = NULL;
}

void succession_follow(struct pipeline *pipeline)
{
	bool keeps = pipeline->config->capture.keep_attached_ms > 0;
	struct err err;
	int result;

	if (pipeline->pins && !keeps)
		stop_pinning(pipeline);
	if (!pipeline->pins && keeps) {
		result = pins_open(&pipeline->pins, PINS_ROOT, pipeline->config->agent.state_dir,
				   PINS_MAKE, &err);
		if (result == 0)
			result = pins_save(pipeline->pins, pipeline->probes, &err);
		if (result < 0 && pipeline->pins)
			stop_pinning(pipeline);
		if (result < 0)
			log_warning("the probes go with the agent: %s", err.text);
	}
	succession_beat(pipeline, SUCCESSION_BUSY_MS);
}

static void pin(struct pipeline *pipeline)
{
	struct err err;

	if (!pipeline->pins || pipeline->config->capture.keep_attached_ms == 0 ||
	    pins_save(pipeline->pins, pipeline->probes, &err) == 0)
		return;
	log_warning("the probes go with the agent, so that a restart misses what happens in "
		    "between: %s",
		    err.text);
	stop_pinning(pipeline);
}

int succession_take_over(struct pipeline *pipeline, struct err *err)
{
	struct probes *probes = pipeline->probes;
	bool in_place = probes_are_in_force(probes);
	int result = in_place ? 0 : probes_attach(probes, err);

	if (result < 0)
		return result;
	if (!in_place)
		pin(pipeline);
	succession_beat(pipeline, SUCCESSION_BUSY_MS);
	if (!in_place || pipeline->found[0])
		probes_take_over(probes);
	pipeline->capturing = true;
	for (size_t i = 0; pipeline->found[i]; i++) {
		succession_retire(pipeline, pipeline->found[i]);
		probes_carry_over(probes, pipeline->found[i]);
	}
	probes_settle();
	if (pipeline->pins && pipeline->config->capture.keep_attached_ms == 0)
		stop_pinning(pipeline);
	succession_beat(pipeline, SUCCESSION_BUSY_MS);
	return 0;
}

bool succession_keeps(const struct pipeline *pipeline)
{
	const struct agent_end *end = &pipeline->end;

	if (!pipeline->pins)
		return false;
	return end->reason == REC_STOP_ERROR ||
	       (end->reason == REC_STOP_SIGNAL && end->signal.ssi_signo == SIGTERM);
}

void succession_end(struct pipeline *pipeline)
{
	if (pipeline->pins)
		stop_pinning(pipeline);
	if (pipeline->probes)
		probes_detach(pipeline->probes);
	probes_settle();
}

void succession_close(struct pipeline *pipeline)
{
	/* a start that failed leaves what was there, and nothing of its own */
	if (pipeline->pins && pipeline->probes && !pipeline->capturing &&
	    !probes_are_in_force(pipeline->probes))
		pins_remove(pipeline->pins, pipeline->probes);
	probes_close(pipeline->probes);
	for (size_t i = 0; pipeline->found[i]; i++)
		probes_close(pipeline->found[i]);
	pins_close(pipeline->pins);
}
