/* SPDX-License-Identifier: BSD-2-Clause */
/* From the rows of a file sink to the sink. */
#ifndef AUDITSHIP_SINKS_FILE_H
#define AUDITSHIP_SINKS_FILE_H

#include "config.h"
#include "render/render.h"
#include "sink/sink.h"

/* -ENOENT: there is no such owner or group. */
int sinks_file_new(struct sink **ret_sink, const struct config_sink *config, struct err *err);

/* The columns of a table in a file: its last one names the event, so that the sink finds its place
 * again after a crash. */
void sinks_file_columns(struct render_options *options);

#endif
