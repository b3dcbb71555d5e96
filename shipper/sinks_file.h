/* SPDX-License-Identifier: BSD-2-Clause */
/* From the rows of a file sink to the sink. */
#ifndef AUDITSHIP_SINKS_FILE_H
#define AUDITSHIP_SINKS_FILE_H

#include "config/config.h"
#include "render/render.h"
#include "sink/sink.h"

/* -ENOENT: there is no such owner or group. */
int sinks_file_new(struct sink **ret_sink, const struct config_sink *config, struct err *err);

/* Whether it could be made and opened here, by what can be seen without opening it. */
int sinks_file_check(const struct config_sink *config, struct err *err);

/*
 * A table in a file: its last column names the event, so that the sink finds its place again after
 * a crash; and the sink always has the header, which stands at the top of each file.
 */
void sinks_file_describe(const struct config_sink *config, struct render_options *options);

#endif
