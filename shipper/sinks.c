/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns rows of the configuration into sinks and deliver threads; knows no event. */
#include "sinks.h"

#include "base/log.h"
#include "config/kafka.h"
#include "config/syslog.h"
#include "render/identity.h"
#include "sinks_file.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_FLIGHT_BYTES (8 * 1024 * 1024)
#define CHANGE_DEADLINE_MS 2000
#define REMOVED_MAX 16 /* that are remembered */

struct sinks {
	struct sinks_options options;
	struct deliver *delivers[CONFIG_SINKS_MAX];
	size_t count;
	struct sinks_removed removed[REMOVED_MAX];
	size_t removed_count;
};

static int new_kafka(const struct config_sink *config, const char *host, struct sink **ret_sink,
		     struct err *err)
{
	struct config_kafka kafka;

	config_kafka_make(&kafka, config, host);
	return kafka_sink_new(ret_sink, &kafka.options, err);
}

static int new_sink(const struct config_sink *config, const struct render_identity *identity,
		    struct sink **ret_sink, struct err *err)
{
	switch ((enum config_sink_type)config->type) {
	case CONFIG_SINK_FILE:
		return sinks_file_new(ret_sink, config, err);
	case CONFIG_SINK_KAFKA:
		return new_kafka(config, identity->host_name, ret_sink, err);
	case CONFIG_SINK_SYSLOG:
		return config_syslog_sink(config, identity, ret_sink, err);
	case CONFIG_SINK_STDOUT:
		break;
	}
	return stdout_sink_new(ret_sink, STDOUT_FILENO, err);
}

static int try_file(const struct config_sink *config, sink_told *told, void *data)
{
	char *copy = strdup(config->path);
	const char *directory = copy ? dirname(copy) : ".";
	bool there = access(config->path, F_OK) == 0, made = access(directory, F_OK) < 0;
	const char *place = there ? config->path : directory;
	bool good = made || access(place, W_OK) == 0;
	struct err err;

	if (sinks_file_check(config, &err) < 0) {
		told(data, false, err.text);
		free(copy);
		return -EINVAL;
	}
	(void)err_set(&err, 0, "%s '%s' %s", there ? "the file" : "the directory", place,
		      made   ? "is not there yet: it will be made"
		      : good ? "can be written"
			     : "cannot be written");
	told(data, good, err.text);
	free(copy);
	return good ? 0 : -EACCES;
}

static int try_kafka(const struct config_sink *config, unsigned int wait_ms, sink_told *told,
		     void *data)
{
	struct config_kafka kafka;

	config_kafka_make(&kafka, config, NULL);
	return kafka_probe(&kafka.options, wait_ms, told, data);
}

int sinks_try(const struct config_sink *config, unsigned int wait_ms, sink_told *told, void *data)
{
	switch ((enum config_sink_type)config->type) {
	case CONFIG_SINK_FILE:
		return try_file(config, told, data);
	case CONFIG_SINK_KAFKA:
		return try_kafka(config, wait_ms, told, data);
	case CONFIG_SINK_SYSLOG:
		return config_syslog_try(config, wait_ms, told, data);
	case CONFIG_SINK_STDOUT:
		break;
	}
	told(data, true, "it is whatever the agent is started with");
	return 0;
}

/* What is somewhere else may be down just now: that is no reason not to start. */
static bool is_remote(const struct config_sink *config)
{
	return config->type == CONFIG_SINK_SYSLOG;
}

static int check_tls(const struct config_sink *config, sink_told *told, void *data)
{
	const struct {
		const char *option, *path;
	} files[] = {
		{"tls.ca", config->tls.ca},
		{"tls.cert", config->tls.cert},
		{"tls.key", config->tls.key},
	};
	int result = 0;
	struct err err;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i].path || access(files[i].path, R_OK) == 0)
			continue;
		result = err_set(&err, -errno, "%s: cannot read '%s': %s", files[i].option,
				 files[i].path, strerror(errno));
		told(data, is_remote(config), err.text);
	}
	return is_remote(config) ? 0 : result;
}

int sinks_check(const struct config_sink *config, sink_told *told, void *data)
{
	struct err err;
	int result = 0;

	if (config->type != CONFIG_SINK_FILE)
		return check_tls(config, told, data);
	result = sinks_file_check(config, &err);
	if (result < 0)
		told(data, false, err.text);
	return result;
}

/* A condition of its own for the thread: the configuration keeps its own, to be used again. */
static int new_condition(const struct config_sink *config, struct condition **ret_when,
			 struct err *err)
{
	const struct yaml_node *when = config->node ? yaml_tree_get(config->node, "when") : NULL;
	struct faults faults = {0};
	int result;

	*ret_when = NULL;
	if (!config->when || !when)
		return 0;
	result = condition_compile(ret_when, when, &faults);
	faults_done(&faults);
	return result < 0
		       ? err_set(err, result, "its condition cannot be made: %s", strerror(-result))
		       : 0;
}

/* How a sink starts. */
struct start {
	const struct render_identity *identity;
	bool again;   /* what was in its place has written the header */
	bool running; /* it was in force before: when it fails now, it is tried until it works */
};

static const enum render_format render_formats[] = {
	[CONFIG_FORMAT_ECS] = RENDER_ECS,   [CONFIG_FORMAT_TABLE] = RENDER_TABLE,
	[CONFIG_FORMAT_OCSF] = RENDER_OCSF, [CONFIG_FORMAT_CSV] = RENDER_CSV,
	[CONFIG_FORMAT_TEXT] = RENDER_TEXT,
};

static int open_one(const struct sinks *sinks, const struct config_sink *config,
		    const struct start *start, struct deliver **ret_deliver, struct err *err)
{
	bool table = config->format == CONFIG_FORMAT_TABLE;
	struct deliver_options options = {
		.name = config->name,
		.journal = sinks->options.journal,
		.ephemeral = sinks->options.from != NULL,
		.from = sinks->options.from,
		.identity = start->identity,
		.render = {.format = render_formats[config->format],
			   .detail = config->detail == CONFIG_DETAIL_FULL ? RENDER_FULL
									  : RENDER_COMPACT,
			   .leave_out = {(const char *const *)config->leave_out.items,
					 config->leave_out.count},
			   .color = table && isatty(STDOUT_FILENO),
			   .no_header = start->again},
		.limits = {.batch_bytes = config->batch.size,
			   .batch_events = (uint32_t)config->batch.events,
			   .linger_ms = (unsigned int)config->batch.linger_ms,
			   .in_flight_bytes = IN_FLIGHT_BYTES},
		.retry_first_ms = (unsigned int)config->retry.first_ms,
		.retry_max_ms = (unsigned int)config->retry.max_ms,
		.dead_letter_path = config->dead_letter.path,
		.dead_letter_bytes = config->dead_letter.max_size,
		.documents = config->message == CONFIG_MESSAGE_BATCH,
		.open_later = start->running || is_remote(config) || sinks->options.open_later,
		.on_reader_gone = sinks->options.on_reader_gone,
		.data = sinks->options.data,
	};
	int result = new_condition(config, &options.when, err);

	if (config->type == CONFIG_SINK_FILE)
		sinks_file_describe(config, &options.render);
	if (result == 0)
		result = new_sink(config, start->identity, &options.sink, err);
	if (result == 0)
		return deliver_new(ret_deliver, &options, err);
	condition_free(options.when);
	return err_wrap(err, result, "sink %s", config->name);
}

int sinks_new(struct sinks **ret_sinks, const struct sinks_options *options,
	      const struct config *config, struct err *err)
{
	struct sinks *sinks = calloc(1, sizeof(*sinks));
	struct start start = {.identity = options->identity};
	int result = 0;

	if (!sinks)
		return err_set(err, -ENOMEM, "no memory for the sinks");
	sinks->options = *options;
	sinks->count = config->sink_count;
	for (size_t i = 0; i < config->sink_count && result == 0; i++)
		result = open_one(sinks, &config->sinks[i], &start, &sinks->delivers[i], err);
	for (size_t i = 0; i < config->sink_count && result == 0; i++)
		result = deliver_begin(sinks->delivers[i], err);
	if (result < 0) {
		sinks_stop(sinks, CHANGE_DEADLINE_MS, NULL);
		sinks_free(sinks);
		return result;
	}
	*ret_sinks = sinks;
	return 0;
}

/* A change half way: what is taken over, what was stopped and what was started. */
struct change {
	const struct config *before, *after;
	const struct config_diff *diff;
	const struct render_identity *identity;     /* of after; NULL: as before */
	struct deliver *delivers[CONFIG_SINKS_MAX]; /* of after */
	bool stopped[CONFIG_SINKS_MAX];             /* by index of before */
	uint64_t waiting[CONFIG_SINKS_MAX];         /* the same: when it was stopped */
	bool left_behind[CONFIG_SINKS_MAX]; /* the same: it hung, and keeps what it has open */
	bool taken[CONFIG_SINKS_MAX];       /* by index of after */
};

static void stop_old(struct sinks *sinks, struct change *change, size_t index)
{
	struct deliver_status status = {0};

	change->left_behind[index] =
		!deliver_stop(sinks->delivers[index], CHANGE_DEADLINE_MS, &status);
	sinks->delivers[index] = NULL;
	change->stopped[index] = true;
	change->waiting[index] = status.waiting;
	if (status.waiting && !change->diff->removed[index])
		log_info("sink %s: %llu events wait in the journal",
			 change->before->sinks[index].name, (unsigned long long)status.waiting);
}

/* A deliver is missing when it could not even be started again by a refused change. */
static bool goes_on(const struct sinks *sinks, const struct change *change, size_t index)
{
	return change->diff->sinks[index].change == CONFIG_SINK_SAME && !change->identity &&
	       sinks->delivers[change->diff->sinks[index].before];
}

/*
 * All at first: a new sink may write where an old one did, and only one can have a file. And all at
 * once: many that are stuck take as long as one.
 */
static void stop_all_old(struct sinks *sinks, struct change *change)
{
	bool stays[CONFIG_SINKS_MAX] = {false};

	for (size_t i = 0; i < change->after->sink_count; i++) {
		change->taken[i] = goes_on(sinks, change, i);
		if (change->taken[i])
			stays[change->diff->sinks[i].before] = true;
	}
	for (size_t i = 0; i < change->before->sink_count; i++)
		if (!stays[i])
			deliver_announce_stop(sinks->delivers[i], CHANGE_DEADLINE_MS);
	for (size_t i = 0; i < change->before->sink_count; i++)
		if (!stays[i])
			stop_old(sinks, change, i);
}

static int open_new(struct sinks *sinks, struct change *change, size_t index, struct err *err)
{
	enum config_sink_change kind = change->diff->sinks[index].change;
	bool again = kind != CONFIG_SINK_ADDED;
	struct start start = {
		.identity = change->identity ? change->identity : sinks->options.identity,
		.again = again,
		.running = kind == CONFIG_SINK_SAME ||
			   (again && change->left_behind[change->diff->sinks[index].before]),
	};

	if (change->taken[index]) {
		change->delivers[index] = sinks->delivers[change->diff->sinks[index].before];
		return 0;
	}
	return open_one(sinks, &change->after->sinks[index], &start, &change->delivers[index], err);
}

/* Nothing of the new ones has delivered yet; nor may the journal wait for those that were added. */
static void roll_back(struct sinks *sinks, struct change *change)
{
	struct start start = {.identity = sinks->options.identity, .again = true, .running = true};
	struct err err;

	for (size_t i = 0; i < change->after->sink_count; i++) {
		if (change->taken[i])
			continue;
		(void)deliver_stop(change->delivers[i], 0, NULL);
		if (change->diff->sinks[i].change == CONFIG_SINK_ADDED)
			journal_let_go(sinks->options.journal, change->after->sinks[i].name);
	}
	for (size_t i = 0; i < change->before->sink_count; i++) {
		if (!change->stopped[i])
			continue;
		if (open_one(sinks, &change->before->sinks[i], &start, &sinks->delivers[i], &err) <
			    0 ||
		    deliver_begin(sinks->delivers[i], &err) < 0)
			log_error("%s; it stays stopped", err.text);
	}
}

static int begin_new(const struct change *change, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < change->after->sink_count && result == 0; i++)
		if (!change->taken[i])
			result = deliver_begin(change->delivers[i], err);
	return result;
}

static void forget_removed(struct sinks *sinks, size_t index)
{
	sinks->removed_count--;
	memmove(&sinks->removed[index], &sinks->removed[index + 1],
		(sinks->removed_count - index) * sizeof(sinks->removed[0]));
}

/*
 * Nobody will come for what it has not delivered: the journal may not wait for that. The place is
 * remembered, so one of that name goes on there, as far as the journal still has it.
 */
static void let_go(struct sinks *sinks, const struct config_sink *config, uint64_t waiting)
{
	struct sinks_removed *removed;

	if (sinks->removed_count == REMOVED_MAX)
		forget_removed(sinks, 0);
	removed = &sinks->removed[sinks->removed_count++];
	(void)snprintf(removed->name, sizeof(removed->name), "%s", config->name);
	removed->waiting = waiting;
	journal_let_go(sinks->options.journal, config->name);
	if (waiting)
		log_warning("sink %s: removed with %llu events not delivered; the journal keeps "
			    "nothing for it",
			    config->name, (unsigned long long)waiting);
	else
		log_info("sink %s: removed; all was delivered", config->name);
}

static void note_returned(struct sinks *sinks, const char *name)
{
	for (size_t i = sinks->removed_count; i-- > 0;)
		if (strcmp(sinks->removed[i].name, name) == 0)
			forget_removed(sinks, i);
}

int sinks_change(struct sinks *sinks, const struct sinks_change *wanted, struct err *err)
{
	const struct config *before = wanted->before;
	struct change change = {
		.before = before,
		.after = wanted->after,
		.diff = wanted->diff,
		.identity = wanted->identity,
	};
	int result = 0;

	stop_all_old(sinks, &change);
	for (size_t i = 0; i < change.after->sink_count && result == 0; i++)
		result = open_new(sinks, &change, i, err);
	if (result == 0)
		result = begin_new(&change, err);
	if (result < 0) {
		roll_back(sinks, &change);
		return result;
	}
	for (size_t i = 0; i < before->sink_count; i++)
		if (change.diff->removed[i])
			let_go(sinks, &before->sinks[i], change.waiting[i]);
	for (size_t i = 0; i < change.after->sink_count; i++)
		note_returned(sinks, change.after->sinks[i].name);
	memcpy(sinks->delivers, change.delivers, sizeof(sinks->delivers));
	sinks->count = change.after->sink_count;
	return 0;
}

void sinks_give_identity(struct sinks *sinks, const struct render_identity *identity)
{
	for (size_t i = 0; i < sinks->count; i++) {
		struct render_identity *copy = identity_copy(identity);

		if (copy && sinks->delivers[i])
			deliver_give_identity(sinks->delivers[i], copy);
		else
			identity_free(copy);
	}
}

struct deliver *const *sinks_delivers(const struct sinks *sinks)
{
	return sinks->delivers;
}

const struct sinks_removed *sinks_removed(const struct sinks *sinks, size_t *ret_count)
{
	*ret_count = sinks->removed_count;
	return sinks->removed;
}

void sinks_rotate(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		deliver_rotate(sinks->delivers[i]);
}

void sinks_stop(struct sinks *sinks, unsigned int deadline_ms, struct deliver_status *ret_status)
{
	for (size_t i = 0; sinks && i < sinks->count; i++)
		deliver_announce_stop(sinks->delivers[i], deadline_ms);
	for (size_t i = 0; sinks && i < sinks->count; i++) {
		(void)deliver_stop(sinks->delivers[i], deadline_ms,
				   ret_status ? &ret_status[i] : NULL);
		sinks->delivers[i] = NULL;
	}
}

void sinks_free(struct sinks *sinks)
{
	free(sinks);
}
