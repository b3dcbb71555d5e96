/* SPDX-License-Identifier: BSD-2-Clause */
/* The sinks of a configuration, each with its deliver thread. Belongs to the main thread. */
#ifndef AUDITSHIP_SINKS_H
#define AUDITSHIP_SINKS_H

#include "base/err.h"
#include "config/config.h"
#include "journal/journal.h"
#include "render/render.h"
#include "sink/deliver.h"

#include <stdbool.h>

struct sinks;

struct sinks_options {
	struct journal *journal;
	const struct render_identity *identity; /* as it is when one starts; must outlive them */
	const struct journal_start *from; /* without cursors, from there; NULL: each by its own */
	bool open_later;                  /* by their threads, which try until it works */
	/* From a deliver thread: the reader of standard output has gone. */
	void (*on_reader_gone)(void *data);
	void *data;
};

/* Starts all sinks of config, or none. */
int sinks_new(struct sinks **ret_sinks, const struct sinks_options *options,
	      const struct config *config, struct err *err);

struct sinks_change {
	const struct config *before, *after;
	const struct config_diff *diff;
	const struct render_identity *identity; /* another one than before; NULL: the same */
};

/*
 * Makes the sinks those of after: what is the same by diff goes on untouched, unless the identity
 * is another one. All or nothing: when a new or changed one cannot be started, those of before run
 * again as they did and err says why. One that fails already is no reason to refuse.
 */
int sinks_change(struct sinks *sinks, const struct sinks_change *wanted, struct err *err);

/*
 * What would be told at the start: calls told for each thing that is not as it has to be, ok when
 * the agent starts all the same. 0, or a negative errno when it would not.
 */
int sinks_check(const struct config_sink *config, sink_told *told, void *data);

/*
 * Tries one for real, without an event, for up to wait_ms, and calls told for each thing it found
 * out. 0, or a negative errno when one of them was not ok.
 */
int sinks_try(const struct config_sink *config, unsigned int wait_ms, sink_told *told, void *data);

/* Events that are rendered from now on say this of host and agent; needed until it returns. */
void sinks_give_identity(struct sinks *sinks, const struct render_identity *identity);

/* One per sink of the configuration, until the next sinks_change. NULL: no memory for it. */
struct deliver *const *sinks_delivers(const struct sinks *sinks);

/* A sink that a reload has taken away. What it had not delivered then, nobody waits for. */
struct sinks_removed {
	char name[65];
	uint64_t waiting; /* events */
};

/* The last of them that have not come back, the newest last; the count goes to *ret_count. */
const struct sinks_removed *sinks_removed(const struct sinks *sinks, size_t *ret_count);

/* Has each sink that writes files begin a new one, soon. */
void sinks_rotate(struct sinks *sinks);

/* Ends all within deadline_ms; the last figures of each go to ret_status. NULL is fine. */
void sinks_stop(struct sinks *sinks, unsigned int deadline_ms, struct deliver_status *ret_status);

/* After sinks_stop. */
void sinks_free(struct sinks *sinks);

#endif
