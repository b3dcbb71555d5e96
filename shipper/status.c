/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers the facts from the stages. What they mean is judged in status_attention.c, how they are
 * written in status_document.c.
 */
#include "status.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include "status_document.h"
#include "status_history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#define CONFIG_SIZE_MAX (1024 * 1024)
#define SHA256_SIZE 32

struct status {
	struct status_options options;
	uint64_t started_ns;
	char config_sha256[2 * SHA256_SIZE + 1]; /* "": not known */
	struct status_history history;
	struct status_sink *sinks;
};

/* Of the file as it stands now, which is just after it was loaded. */
static void hash_config(struct status *status)
{
	_cleanup_free_ char *text = NULL;
	unsigned char digest[SHA256_SIZE];
	size_t length;

	if (!status->options.config_path ||
	    io_read_file(AT_FDCWD, status->options.config_path, CONFIG_SIZE_MAX, &text, &length) <
		    0 ||
	    EVP_Digest(text, length, digest, NULL, EVP_sha256(), NULL) != 1)
		return;
	for (size_t i = 0; i < SHA256_SIZE; i++)
		(void)snprintf(status->config_sha256 + 2 * i, 3, "%02x", digest[i]);
}

int status_new(struct status **ret_status, const struct status_options *options, struct err *err)
{
	struct status *status = calloc(1, sizeof(*status));

	if (status)
		status->sinks = calloc(options->config->sink_count + 1, sizeof(*status->sinks));
	if (!status || !status->sinks) {
		status_free(status);
		return err_set(err, -ENOMEM, "no memory for the status");
	}
	status->options = *options;
	status->started_ns = clock_boot_ns();
	hash_config(status);
	status_tick(status);
	*ret_status = status;
	return 0;
}

void status_free(struct status *status)
{
	if (!status)
		return;
	free(status->sinks);
	free(status);
}

void status_tick(struct status *status)
{
	struct collect_status collect;

	collect_status(status->options.collect, &collect);
	status_history_add(&status->history, &collect, clock_boot_ns());
}

static void gather_sinks(struct status *status, struct status_facts *facts)
{
	const struct config *config = status->options.config;

	for (size_t i = 0; i < config->sink_count; i++) {
		struct status_sink *sink = &status->sinks[i];

		sink->name = config->sinks[i].name;
		sink->type = config_sink_type_name(config->sinks[i].type);
		deliver_status(status->options.delivers[i], &sink->deliver);
	}
	facts->sinks = status->sinks;
	facts->sink_count = config->sink_count;
}

int status_write(struct status *status, struct buf *out, struct err *err)
{
	const struct status_options *options = &status->options;
	struct status_facts facts = {
		.started_ns = status->started_ns,
		.wall_offset_ns = clock_wall_offset_ns(),
		.pid = (uint64_t)getpid(),
		.config_path = options->config_path,
		.config_sha256 = status->config_sha256[0] ? status->config_sha256 : NULL,
		.kinds = config_event_kinds(options->config),
	};
	int result;

	collect_status(options->collect, &facts.collect);
	journal_status(options->journal, &facts.journal);
	gather_sinks(status, &facts);
	facts.probe_count = probes_status(options->probes, &facts.probes);
	if (options->control)
		control_counters(options->control, &facts.control);
	if (options->watchers)
		watchers_counters(options->watchers, &facts.watchers);
	facts.now_ns = clock_boot_ns();
	status_history_rates(&status->history, &facts);
	result = status_document_write(&facts, out);
	return result < 0 ? err_set(err, result, "cannot write the status: %s", strerror(-result))
			  : 0;
}
