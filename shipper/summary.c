/* SPDX-License-Identifier: BSD-2-Clause */
/* Only words and sums; every number comes from the stage that owns it. */
#include "summary.h"

#include "base/log.h"
#include "capture/filters.h"
#include "decode/fields.h"
#include "serve/status_attention.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef unsigned long long number;

/* As the probes have counted them; exact, told in the stream or not. */
static void tell_lost_kinds(const struct collect_status *status)
{
	char text[256] = "";

	for (unsigned int i = 0; i < REC_KINDS; i++) {
		size_t used = strlen(text);

		if (status->lost_kind[i] && kind_get(i))
			(void)snprintf(text + used, sizeof(text) - used, "%s%s %llu",
				       used ? ", " : "", kind_get(i)->name,
				       (number)status->lost_kind[i]);
	}
	if (text[0])
		log_warning("lost by kind: %s", text);
}

static void tell_events(const struct summary *summary)
{
	const struct collect_status *status = &summary->collect;
	uint32_t kinds = config_event_kinds(summary->config);
	char text[256] = "";

	for (unsigned int i = 0; i < REC_KINDS; i++) {
		size_t used = strlen(text);

		if (kinds >> i & 1)
			(void)snprintf(text + used, sizeof(text) - used, "%s %llu, ",
				       kind_get(i)->name, (number)status->events[i]);
	}
	log_info("events: %slost %llu", text, (number)status->lost);
	if (status->rejected || status->unjournalled)
		log_warning("events: %llu rejected as damaged, %llu not journalled",
			    (number)status->rejected, (number)status->unjournalled);
	if (status->outstanding)
		log_warning("events: %llu were counted by the probes but never handed over",
			    (number)status->outstanding);
	if (status->dropped || status->held || summary->left_out[REC_FILTER_RULE])
		log_info("rules: %llu events dropped, %llu held back by limits, %llu more dropped "
			 "in the kernel",
			 (number)status->dropped, (number)status->held,
			 (number)summary->left_out[REC_FILTER_RULE]);
	tell_lost_kinds(status);
	if (status->lost)
		log_warning("%llu events never reached the agent; events_lost in the stream names "
			    "each: make %s larger",
			    (number)status->lost, status_ring_options(status));
}

/* "left out by kernel filters: 12 events (mode 10, path 2)" */
static void tell_left_out(const struct summary *summary)
{
	char text[256] = "";
	number sum = 0;

	for (int by = REC_FILTER_OWN; by < REC_FILTERS; by++) {
		size_t used = strlen(text);

		sum += summary->left_out[by];
		if (summary->left_out[by])
			(void)snprintf(text + used, sizeof(text) - used, "%s%s %llu",
				       used ? ", " : "", filters_word((enum rec_filter_by)by),
				       (number)summary->left_out[by]);
	}
	if (sum)
		log_info("left out by kernel filters: %llu events (%s)", sum, text);
	if (summary->collect.excluded)
		log_info("excluded by kernel filters: %llu process events",
			 (number)summary->collect.excluded);
}

static void tell_sink(const struct config_sink *sink, const struct deliver_status *status)
{
	struct stat st;
	char size[64] = "";

	if (sink->type == CONFIG_SINK_FILE && stat(sink->path, &st) == 0)
		(void)snprintf(size, sizeof(size), ", now %llu bytes", (number)st.st_size);
	log_info("sink %s: %llu events, %llu bytes written%s%s%s", sink->name,
		 (number)status->acknowledged, (number)status->bytes,
		 sink->type == CONFIG_SINK_FILE ? " to " : "",
		 sink->type == CONFIG_SINK_FILE ? sink->path : "", size);
	if (status->skipped)
		log_info("sink %s: %llu events were there already", sink->name,
			 (number)status->skipped);
	if (status->expired || status->unreadable)
		log_warning("sink %s: never gets %llu events that the journal gave up and %llu "
			    "that it cannot read",
			    sink->name, (number)status->expired, (number)status->unreadable);
	if (status->waiting)
		log_warning("sink %s: %llu events wait in the journal%s%s", sink->name,
			    (number)status->waiting, status->failing ? ": " : "",
			    status->failing ? status->last_error.text : "");
}

int summary_tell(const struct summary *summary, struct err *err)
{
	const struct collect_status *status = &summary->collect;
	size_t undelivered = 0;

	tell_events(summary);
	tell_left_out(summary);
	log_info("reader: %llu forced wakeups, %llu sleeps, %llu late, %llu sweeps",
		 (number)status->wakeups, (number)status->sleeps, (number)status->late,
		 (number)status->sweeps);
	for (size_t i = 0; i < summary->config->sink_count; i++) {
		tell_sink(&summary->config->sinks[i], &summary->sinks[i]);
		undelivered += summary->sinks[i].waiting > 0 &&
			       summary->config->sinks[i].type != CONFIG_SINK_STDOUT;
	}
	if (status->unjournalled)
		return err_set(err, -EIO, "%llu events could not be journalled",
			       (number)status->unjournalled);
	if (undelivered)
		return err_set(err, -EIO, "%zu of %zu sinks have not taken all events", undelivered,
			       summary->config->sink_count);
	return 0;
}
