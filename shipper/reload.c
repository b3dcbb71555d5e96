/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can fail comes first and leaves no trace when it does: reading, new probes (attached,
 * silent), sinks. What cannot fail comes then. The old configuration lives until the collect thread
 * has made the change.
 */
#include "reload.h"

#include "base/confine.h"
#include "base/log.h"
#include "own_record.h"
#include "pipeline_parts.h"
#include "succession.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reload {
	struct pipeline *pipeline;
	struct config *own;                       /* in force, when a reload brought it */
	struct config *old;                       /* until the change is made */
	struct probes *old_probes[PINS_SETS_MAX]; /* until they are read to their ends */
	struct collect_change change;
	bool busy, again;
};

int reload_new(struct reload **ret_reload, struct pipeline *pipeline, struct err *err)
{
	struct reload *reload = calloc(1, sizeof(*reload));

	if (!reload)
		return err_set(err, -ENOMEM, "no memory for reloads");
	reload->pipeline = pipeline;
	*ret_reload = reload;
	return 0;
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	for (size_t i = 0; i < PINS_SETS_MAX; i++)
		probes_close(reload->old_probes[i]);
	config_free(reload->old);
	config_free(reload->own);
	free(reload);
}

/* The stream tells of it: kind, the hash of what is in force, and a message for people. */
static void tell_stream(struct pipeline *pipeline, enum rec_kind kind, const char *message)
{
	struct own_record record;

	own_record_init(&record, kind);
	own_record_text(&record, &record.config.hash, pipeline->config->hash);
	own_record_text(&record, &record.config.message, message);
	if (!collect_note(pipeline->collect, &record.header))
		log_warning("the stream does not tell of a reload: too many wait already");
}

static void refuse(struct pipeline *pipeline, const char *why)
{
	log_error("reload refused, the configuration before stays in force: %s", why);
	tell_stream(pipeline, REC_CONFIG_REFUSED, why);
}

/* Reads and validates. NULL: refused, and told. */
static struct config *read_config(struct pipeline *pipeline)
{
	struct config *config = NULL;
	struct buf faults;
	struct err err = {0};
	int result;

	buf_init(&faults, CONFIG_FAULTS_SIZE);
	result = config_new(&config, pipeline->config_path, &faults, &err);
	if (result == -EINVAL && faults.length > 0)
		(void)err_set(&err, result, "%.*s",
			      (int)(strcspn(faults.data, "\n") < faults.length
					    ? strcspn(faults.data, "\n")
					    : faults.length),
			      faults.data);
	buf_done(&faults);
	if (result == 0)
		return config;
	refuse(pipeline, err.text);
	return NULL;
}

static void tell_until_restart(unsigned int parts)
{
	if (parts & CONFIG_PART_STATE)
		log_warning("agent.state_dir or host_root has changed: it takes effect at the next "
			    "start");
	if (parts & CONFIG_PART_PRIVILEGES)
		log_warning("agent.privileges has changed: it takes effect at the next start");
	if (parts & CONFIG_PART_JOURNAL)
		log_warning("journal has changed: it takes effect at the next start");
	if (parts & CONFIG_PART_ENRICH)
		log_warning("enrich has changed: but for enrich.processes.ancestry it takes effect "
			    "at the next start");
}

/* Another set of probes beside the one in place, silent so far. */
static int prepare_probes(struct pipeline *pipeline, const struct config *config,
			  struct probes **ret_probes, struct err *err)
{
	struct probes_options options;
	int result;

	if (confine_is_minimal())
		return err_set(
			err, -EPERM,
			"agent.privileges is minimal, so the agent may load no other probes: "
			"what has changed in capture takes effect at a restart");
	pipeline_describe_probes(pipeline, config, &options);
	options.previous = pipeline->probes;
	result = pipeline_open_probes(&options, ret_probes, err);
	if (result < 0)
		return result;
	result = probes_attach(*ret_probes, err);
	if (result == 0 && pipeline->pins)
		result = pins_save(pipeline->pins, *ret_probes, err);
	if (result < 0) {
		probes_close(*ret_probes);
		*ret_probes = NULL;
	}
	return result;
}

static int prepare_rules(struct config *config, struct rules_state **ret_rules, struct err *err)
{
	struct rules *rules = config->rules;

	config->rules = NULL;
	return rules_state_new(ret_rules, rules, err);
}

static void describe_status(struct pipeline *pipeline)
{
	struct status_options options;

	pipeline_describe_status(pipeline, &options);
	if (pipeline->status)
		status_change(pipeline->status, &options);
}

/* There may be but one server: the old one is closed first, and comes back when this fails. */
static int change_control(struct pipeline *pipeline, const struct config *config, struct err *err)
{
	int result;

	pipeline_close_control(pipeline);
	result = pipeline_open_control(pipeline, config, err);
	if (result < 0)
		pipeline_close_control(pipeline);
	return result;
}

static int change_monitor(struct pipeline *pipeline, const struct config *config, struct err *err)
{
	int result;

	pipeline_close_monitor(pipeline);
	result = pipeline_open_monitor(pipeline, config, err);
	if (result < 0)
		pipeline_close_monitor(pipeline);
	return result;
}

static void restore_monitor(struct pipeline *pipeline)
{
	struct err err;

	if (change_monitor(pipeline, pipeline->config, &err) < 0)
		log_error("no monitoring port: %s", err.text);
}

static void restore_control(struct pipeline *pipeline)
{
	struct err err;

	if (change_control(pipeline, pipeline->config, &err) < 0)
		log_error("no control socket: %s", err.text);
	describe_status(pipeline);
}

/* What a reload has made ready before anything is changed. */
struct prepared {
	struct config *config;
	struct config_diff diff;
	struct probes *probes; /* NULL: the set in place stays */
	struct rules_state *rules;
};

/* The hooks of processes are always there; those of other kinds only when wanted. */
static bool needs_other_hooks(const struct pipeline *pipeline, const struct prepared *prepared)
{
	uint32_t before = config_event_kinds(pipeline->config);
	uint32_t after = config_event_kinds(prepared->config);

	return (before ^ after) & ~(1U << REC_FORK | 1U << REC_EXEC | 1U << REC_EXIT);
}

static int prepare(struct pipeline *pipeline, struct prepared *prepared, struct err *err)
{
	unsigned int parts = prepared->diff.parts;
	struct render_identity identity;
	struct sinks_change sinks = {
		.before = pipeline->config,
		.after = prepared->config,
		.diff = &prepared->diff,
		.identity = parts & CONFIG_PART_IDENTITY ? &identity : NULL,
	};
	int result = 0;

	if (parts & CONFIG_PART_RULES)
		result = prepare_rules(prepared->config, &prepared->rules, err);
	if (result == 0) /* always: it goes by the lists of this configuration from now on */
		result = kernel_filter_prepare(
			pipeline->filter, prepared->config,
			prepared->rules ? rules_of(prepared->rules) : prepared->config->rules, err);
	if (result == 0 && (parts & CONFIG_PART_PROBES || needs_other_hooks(pipeline, prepared)))
		result = prepare_probes(pipeline, prepared->config, &prepared->probes, err);
	if (result < 0 || !(parts & (CONFIG_PART_SINKS | CONFIG_PART_IDENTITY)))
		return result;
	pipeline_describe_identity(pipeline, prepared->config, &identity);
	return sinks_change(pipeline->sinks, &sinks, err);
}

/* What only one of may be there: it is changed at once, and restored when something else fails. */
static int prepare_with_servers(struct pipeline *pipeline, struct prepared *prepared,
				struct err *err)
{
	bool control = prepared->diff.parts & CONFIG_PART_CONTROL;
	bool monitor = prepared->diff.parts & (CONFIG_PART_CONTROL | CONFIG_PART_MONITOR);
	int result = control ? change_control(pipeline, prepared->config, err) : 0;

	if (result == 0 && monitor)
		result = change_monitor(pipeline, prepared->config, err);
	if (result == 0)
		result = prepare(pipeline, prepared, err);
	if (result == 0)
		return 0;
	if (monitor)
		restore_monitor(pipeline);
	if (control)
		restore_control(pipeline);
	return result;
}

static void take_over(struct reload *reload, struct prepared *prepared)
{
	struct pipeline *pipeline = reload->pipeline;

	if (!prepared->probes)
		return;
	probes_take_over(prepared->probes);
	succession_retire(pipeline, pipeline->probes);
	probes_settle();
	probes_carry_over(prepared->probes, pipeline->probes);
	reload->old_probes[0] = pipeline->probes;
	pipeline->probes = prepared->probes;
	pipeline_tell_missing(pipeline);
}

/* "; sink siem added; sink other removed with 12 events not delivered" */
static void describe_sinks(char *out, size_t size, const struct sinks *sinks,
			   const struct config *before, const struct prepared *prepared)
{
	size_t used = strlen(out), count;
	const struct sinks_removed *removed = sinks_removed(sinks, &count);

	for (size_t i = 0; i < prepared->config->sink_count && used < size; i++)
		if (prepared->diff.sinks[i].change == CONFIG_SINK_ADDED)
			used += (size_t)snprintf(out + used, size - used, "; sink %s added",
						 prepared->config->sinks[i].name);
	for (size_t i = 0; i < before->sink_count; i++)
		for (size_t j = 0; j < count && used < size && prepared->diff.removed[i]; j++)
			if (strcmp(removed[j].name, before->sinks[i].name) == 0)
				used += (size_t)snprintf(
					out + used, size - used,
					"; sink %s removed with %llu events not delivered",
					removed[j].name, (unsigned long long)removed[j].waiting);
}

static void describe_change(struct reload *reload)
{
	const struct config *config = reload->pipeline->config;

	reload->change = (struct collect_change){
		.env = config->capture.env.items,
		.env_count = config->capture.env.count,
		.ancestry = (uint32_t)config->enrich.processes.ancestry,
	};
	pipeline_select(config, reload->change.selected);
	reload->busy = true;
}

void reload_succeed(struct reload *reload)
{
	struct pipeline *pipeline = reload->pipeline;
	size_t count = 0;

	describe_change(reload);
	for (; pipeline->found[count]; count++) {
		reload->old_probes[count] = pipeline->found[count];
		pipeline->found[count] = NULL;
		if (count > 0)
			reload->change.probes[count - 1] = reload->old_probes[count];
	}
	reload->change.probes[count - 1] = pipeline->probes;
	collect_change(pipeline->collect, &reload->change);
}

/* From here on nothing fails. */
static void apply(struct reload *reload, struct prepared *prepared)
{
	struct pipeline *pipeline = reload->pipeline;
	const struct config *config = prepared->config;
	unsigned int parts = prepared->diff.parts;
	char message[1024] = "another configuration is in force";

	describe_sinks(message, sizeof(message), pipeline->sinks, pipeline->config, prepared);
	reload->old = reload->own;
	reload->own = prepared->config;
	pipeline->config = config;
	pipeline_describe_identity(pipeline, config, &pipeline->identity);
	log_set_level((enum log_level)config->log.level);
	take_over(reload, prepared);
	if (parts & CONFIG_PART_KEEP)
		succession_follow(pipeline);
	kernel_filter_use(pipeline->filter, config);
	if (prepared->rules)
		collect_give_rules(pipeline->collect, prepared->rules);
	describe_status(pipeline);
	agent_events_change(pipeline->events);
	tell_until_restart(parts);
	describe_change(reload);
	reload->change.probes[0] = prepared->probes;
	collect_change(pipeline->collect, &reload->change);
	tell_stream(pipeline, REC_CONFIG_CHANGED, message);
	log_info("reloaded: the configuration %.12s is in force", config->hash);
}

static void start(struct reload *reload)
{
	struct pipeline *pipeline = reload->pipeline;
	struct prepared prepared = {.config = read_config(pipeline)};
	struct err err;

	if (!prepared.config)
		return;
	/* New probes, and sinks that do not stop at once, take longer than from one tick to the
	 * next. */
	succession_beat(pipeline, SUCCESSION_BUSY_MS);
	config_diff(&prepared.diff, pipeline->config, prepared.config);
	if (prepared.diff.parts == 0) {
		log_info("reloaded: the configuration is the same");
		config_free(prepared.config);
		return;
	}
	if (prepare_with_servers(pipeline, &prepared, &err) == 0) {
		apply(reload, &prepared);
		return;
	}
	if (prepared.probes)
		succession_bury(pipeline, prepared.probes);
	rules_state_free(prepared.rules);
	config_free(prepared.config);
	refuse(pipeline, err.text);
}

void reload_request(struct reload *reload)
{
	service_reloading();
	if (reload->busy)
		reload->again = true;
	else
		start(reload);
	if (!reload->busy) /* refused, or nothing to do */
		service_reloaded();
}

void reload_finish(struct reload *reload)
{
	if (!collect_change_done(reload->pipeline->collect))
		return;
	for (size_t i = 0; i < PINS_SETS_MAX && reload->old_probes[i]; i++) {
		succession_bury(reload->pipeline, reload->old_probes[i]);
		reload->old_probes[i] = NULL;
	}
	config_free(reload->old);
	reload->old = NULL;
	reload->busy = false;
	if (reload->again) {
		reload->again = false;
		start(reload);
	}
	if (!reload->busy)
		service_reloaded();
}
