/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers the facts from the stages. What they mean is judged in status_attention.c, how they are
 * written in status_document.c.
 */
#include "serve/status.h"

#include "base/clock.h"
#include "filter/rules.h"
#include "progress.h"
#include "serve/status_document.h"
#include "serve/status_history.h"
#include "serve/status_metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct status {
	struct status_options options;
	uint64_t started_ns;
	struct status_history history;
	struct progress progress;
	/* Room for what any reload may bring. */
	struct status_sink sinks[CONFIG_SINKS_MAX];
	struct status_rule rules[RULES_MAX];
};

int status_new(struct status **ret_status, const struct status_options *options, struct err *err)
{
	struct status *status = calloc(1, sizeof(*status));

	if (!status)
		return err_set(err, -ENOMEM, "no memory for the status");
	status->options = *options;
	status->started_ns = clock_boot_ns();
	status_tick(status);
	*ret_status = status;
	return 0;
}

void status_free(struct status *status)
{
	free(status);
}

void status_change(struct status *status, const struct status_options *options)
{
	status->options = *options;
}

void status_tick(struct status *status)
{
	struct collect_status collect;
	uint64_t now_ns = clock_boot_ns();

	collect_status(status->options.collect, &collect);
	status_history_add(&status->history, &collect, now_ns);
	progress_note(&status->progress, &collect, now_ns);
}

static void gather_sinks(struct status *status, struct status_facts *facts)
{
	const struct config *config = status->options.config;

	for (size_t i = 0; i < config->sink_count; i++) {
		struct status_sink *sink = &status->sinks[i];

		sink->name = config->sinks[i].name;
		sink->type = config_sink_type_name(config->sinks[i].type);
		sink->deliver = (struct deliver_status){.failing = true};
		(void)err_set(&sink->deliver.last_error, -ENOMEM, "could not be started again");
		if (status->options.delivers[i])
			deliver_status(status->options.delivers[i], &sink->deliver);
	}
	facts->sinks = status->sinks;
	facts->sink_count = config->sink_count;
	facts->removed = sinks_removed(status->options.sinks, &facts->removed_count);
}

/* What the probes drop by a rule it has dropped, too. For the moment of a reload they may be ahead.
 */
static void gather_rules(struct status *status, struct status_facts *facts)
{
	const struct rules_state *state = collect_rules(status->options.collect);
	size_t count = state ? rules_count(rules_of(state)) : 0;

	for (size_t i = 0; i < count && i < RULES_MAX; i++) {
		struct kernel_filter_rule kernel = {.why_not = "a reload is under way"};
		struct rules_counters counters;

		rules_counters(state, i, &counters);
		(void)kernel_filter_rule(status->options.filter, rules_name(rules_of(state), i),
					 &kernel);
		status->rules[i] = (struct status_rule){
			.name = rules_name(rules_of(state), i),
			.dropped = counters.dropped + kernel.dropped,
			.dropped_in_kernel = kernel.dropped,
			.held = counters.held,
			.keys_evicted = counters.keys_evicted,
			.in_kernel = kernel.in_kernel,
			.why_not = kernel.why_not,
		};
		facts->rule_count++;
	}
	facts->rules = status->rules;
}

static void gather_probes(struct status *status, struct status_facts *facts)
{
	probes_count_missed(status->options.probes);
	facts->probe_count = probes_status(status->options.probes, &facts->probes);
}

static void gather(struct status *status, struct status_facts *ret_facts)
{
	const struct status_options *options = &status->options;
	const struct config *config = options->config;

	*ret_facts = (struct status_facts){
		.started_ns = status->started_ns,
		.wall_offset_ns = clock_wall_offset_ns(),
		.pid = (uint64_t)getpid(),
		.config_path = config->files.count > 0 ? config->files.items[0] : NULL,
		.config_hash = config->hash,
		.kinds = config_event_kinds(config),
	};
	collect_status(options->collect, &ret_facts->collect);
	journal_status(options->journal, &ret_facts->journal);
	kernel_filter_left_out(options->filter, ret_facts->left_out);
	ret_facts->remark_count = kernel_filter_remarks(options->filter, &ret_facts->remarks);
	gather_sinks(status, ret_facts);
	gather_rules(status, ret_facts);
	gather_probes(status, ret_facts);
	if (options->control)
		control_counters(options->control, &ret_facts->control);
	if (options->watchers)
		watchers_counters(options->watchers, &ret_facts->watchers);
	if (coverage_last(options->coverage)->ended_ns)
		ret_facts->coverage = coverage_last(options->coverage);
	ret_facts->coverage_runs = coverage_is_running(options->coverage);
	ret_facts->now_ns = clock_boot_ns();
	status_history_rates(&status->history, ret_facts);
}

int status_write(struct status *status, struct buf *out, struct err *err)
{
	struct status_facts facts;
	int result;

	gather(status, &facts);
	result = status_document_write(&facts, out);
	return result < 0 ? err_set(err, result, "cannot write the status: %s", strerror(-result))
			  : 0;
}

int status_metrics(struct status *status, struct buf *out, struct err *err)
{
	struct status_facts facts;
	int result;

	gather(status, &facts);
	result = status_metrics_write(&facts, out);
	return result < 0 ? err_set(err, result, "cannot write the metrics: %s", strerror(-result))
			  : 0;
}

int status_progress(struct status *status, struct err *err)
{
	struct status_facts facts = {0};

	gather_sinks(status, &facts);
	facts.now_ns = clock_boot_ns();
	return progress_judge(&status->progress, &facts, err);
}

int status_ready(struct status *status, struct err *err)
{
	struct status_facts facts = {0};

	gather_probes(status, &facts);
	for (size_t i = 0; i < facts.probe_count; i++)
		if (facts.probes[i].required && !facts.probes[i].attached)
			return err_set(err, -EAGAIN, "the probe %s is not attached",
				       facts.probes[i].name);
	collect_status(status->options.collect, &facts.collect);
	if (facts.collect.journal_failing)
		return err_set(err, -EAGAIN, "the journal takes no events");
	return status_progress(status, err);
}
