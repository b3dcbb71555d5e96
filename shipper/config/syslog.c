/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the options of a syslog sink and the sink. Priorities are compiled twice: to be judged
 * when the file is read, and for the thread that asks them.
 */
#include "config/syslog.h"

#include "config/options.h"
#include "render/schema_ids.h"
#include "sink/syslog.h"
#include "sink/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_MESSAGE (8UL * 1024)
#define LARGE_MESSAGE (64UL * 1024)

struct priorities {
	struct syslog_priority *items;
	size_t count;
};

static void priorities_done(struct priorities *priorities)
{
	for (size_t i = 0; i < priorities->count; i++)
		condition_free(priorities->items[i].when);
	free(priorities->items);
	*priorities = (struct priorities){0};
}

static int read_word(const struct yaml_node *node, const struct option_word *words,
		     uint8_t *ret_value, struct faults *faults)
{
	char known[256], quoted[FAULTS_QUOTE_SIZE];

	for (; node->type == YAML_SCALAR && words->name; words++)
		if (yaml_tree_text_is(&node->text, words->name)) {
			*ret_value = (uint8_t)words->value;
			return 0;
		}
	words = *node->key.bytes == 'f' ? config_facilities : config_severities;
	config_words_list(known, sizeof(known), words);
	faults_add(faults, node->place, "priorities: '%s' is no %s (known: %s)",
		   node->type == YAML_SCALAR ? yaml_tree_quote(quoted, node) : "this",
		   node->key.bytes, known);
	return -EINVAL;
}

static int read_member(struct syslog_priority *priority, const struct yaml_node *node,
		       struct faults *faults)
{
	char quoted[FAULTS_QUOTE_SIZE];

	if (yaml_tree_text_is(&node->key, "when"))
		return condition_compile(&priority->when, node, faults);
	if (yaml_tree_text_is(&node->key, "facility"))
		return read_word(node, config_facilities, &priority->facility, faults);
	if (yaml_tree_text_is(&node->key, "severity"))
		return read_word(node, config_severities, &priority->severity, faults);
	faults_add(faults, node->key_place,
		   "unknown key '%s' in priorities (known here: when, facility, severity)",
		   faults_quote(quoted, node->key.bytes, node->key.length));
	return -EINVAL;
}

static int read_priority(struct syslog_priority *priority, const struct yaml_node *node,
			 struct faults *faults)
{
	int result = 0;

	if (node->type != YAML_MAP || !yaml_tree_get(node, "when")) {
		faults_add(faults, node->place,
			   "priorities: each is a map, such as {when: {event.outcome: "
			   "[failure]}, severity: warning}");
		return -EINVAL;
	}
	for (const struct yaml_node *at = node->first; at && result != -ENOMEM; at = at->next) {
		int member = read_member(priority, at, faults);

		result = member < 0 ? member : result;
	}
	return result;
}

/* What a priority does not say is the sink's own. */
static int compile(struct priorities *priorities, const struct config_sink *sink,
		   const struct yaml_node *node, struct faults *faults)
{
	int result = 0;

	if (node->type != YAML_LIST || node->count > SYSLOG_PRIORITIES_MAX) {
		faults_add(faults, node->place, "priorities: give a list of at most %d items",
			   SYSLOG_PRIORITIES_MAX);
		return -EINVAL;
	}
	priorities->items = calloc(node->count + 1, sizeof(priorities->items[0]));
	if (!priorities->items)
		return -ENOMEM;
	for (const struct yaml_node *at = node->first; at && result != -ENOMEM; at = at->next) {
		struct syslog_priority *priority = &priorities->items[priorities->count++];
		int read;

		priority->facility = (uint8_t)sink->syslog.facility;
		priority->severity = (uint8_t)sink->syslog.severity;
		read = read_priority(priority, at, faults);
		result = read < 0 ? read : result;
	}
	return result;
}

int config_priorities_check(const struct config_sink *sink, const struct yaml_node *node,
			    struct faults *faults)
{
	const struct yaml_node *secret = yaml_tree_secret(node);
	struct priorities priorities = {0};
	int result;

	if (secret) {
		faults_add(faults, secret->place, "priorities: cannot be taken from a file");
		return -EINVAL;
	}
	result = compile(&priorities, sink, node, faults);
	priorities_done(&priorities);
	return result;
}

static void refuse(const struct yaml_node *node, const char *path, const char *why,
		   struct faults *faults)
{
	const struct yaml_node *at = config_descend(node, path);

	faults_add(faults, at ? at->place : node->place, "%s: %s", path, why);
}

static void check_tls(const struct config_sink *sink, const struct yaml_node *node,
		      struct faults *faults)
{
	static const char *const paths[] = {"tls.ca", "tls.cert", "tls.key", "tls.key_password",
					    "tls.server_name"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (config_descend(node, paths[i]))
			refuse(node, paths[i], "the target does not begin with tls://", faults);
	if (sink->tls.verify != CONFIG_VERIFY_FULL)
		refuse(node, "tls.verify", "the target does not begin with tls://", faults);
}

void config_syslog_settle(struct config_sink *sink, const struct yaml_node *node,
			  struct faults *faults)
{
	struct target target;
	bool small;
	struct err err;

	if (!sink->syslog.target || target_parse(&target, sink->syslog.target, &err) < 0)
		return; /* told */
	small = target.kind == TARGET_UDP || target.kind == TARGET_UNIX;
	if (sink->syslog.max_message == 0)
		sink->syslog.max_message = small ? SMALL_MESSAGE : LARGE_MESSAGE;
	if (target.kind == TARGET_UDP && sink->syslog.max_message > SYSLOG_DATAGRAM_MAX)
		refuse(node, "max_message", "a datagram of UDP holds at most 65000 bytes", faults);
	if (target.kind != TARGET_TCP && sink->syslog.framing == SYSLOG_NEWLINE)
		refuse(node, "framing", "newline is for a target that begins with tcp://", faults);
	if (target.kind != TARGET_TLS)
		check_tls(sink, node, faults);
	if (!sink->tls.cert != !sink->tls.key)
		refuse(node, sink->tls.cert ? "tls.cert" : "tls.key",
		       "certificate and key come together: give tls.cert and tls.key", faults);
}

static const char *schema_of(int format)
{
	if (format == CONFIG_FORMAT_TEXT)
		return "text";
	return format == CONFIG_FORMAT_OCSF ? SCHEMA_ID_OCSF : SCHEMA_ID_EVENT;
}

static const enum tls_verify verify_modes[] = {
	[CONFIG_VERIFY_FULL] = TLS_VERIFY_FULL,
	[CONFIG_VERIFY_CHAIN] = TLS_VERIFY_CHAIN,
	[CONFIG_VERIFY_NONE] = TLS_VERIFY_NONE,
};

/* All but the priorities; identity may be NULL. */
static struct syslog_sink_options options_of(const struct config_sink *config,
					     const struct render_identity *identity)
{
	return (struct syslog_sink_options){
		.target = config->syslog.target,
		.framing = (enum syslog_framing)config->syslog.framing,
		.facility = (uint8_t)config->syslog.facility,
		.severity = (uint8_t)config->syslog.severity,
		.app_name = config->syslog.app_name,
		.sd_id = config->syslog.sd_id,
		.schema = schema_of(config->format),
		.hostname = identity ? identity->host_hostname : NULL,
		.host_id = identity ? identity->host_id : NULL,
		.max_message = config->syslog.max_message,
		.resend = config->syslog.resend,
		.rate = config->syslog.rate,
		.tls = {.ca = config->tls.ca,
			.cert = config->tls.cert,
			.key = config->tls.key,
			.key_password = config->tls.key_password,
			.server_name = config->tls.server_name,
			.min_version = (enum tls_version)config->tls.min_version,
			.verify = verify_modes[config->tls.verify]},
	};
}

int config_syslog_sink(const struct config_sink *config, const struct render_identity *identity,
		       struct sink **ret_sink, struct err *err)
{
	const struct yaml_node *node = config_descend(config->node, "priorities");
	struct syslog_sink_options options = options_of(config, identity);
	struct priorities priorities = {0};
	struct faults faults = {0};
	int result = node ? compile(&priorities, config, node, &faults) : 0;

	faults_done(&faults);
	if (result < 0) {
		priorities_done(&priorities);
		return err_set(err, result, "its priorities cannot be made: %s", strerror(-result));
	}
	options.priorities = priorities.items;
	options.priority_count = priorities.count;
	return syslog_sink_new(ret_sink, &options, err);
}

int config_syslog_try(const struct config_sink *config, unsigned int wait_ms, sink_told *told,
		      void *data)
{
	const struct syslog_sink_options options = options_of(config, NULL);

	return syslog_probe(&options, wait_ms, told, data);
}
