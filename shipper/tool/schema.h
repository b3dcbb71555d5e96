/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The published schemas, made from the field tables and the table of options. The files in schemas/
 * are what these write; a test compares.
 */
#ifndef AUDITSHIP_SCHEMA_H
#define AUDITSHIP_SCHEMA_H

#include "base/buf.h"
#include "base/err.h"
#include "record.h"
#include "render/ocsf.h"
#include "render/schema_ids.h"

#define SCHEMA_EVENT_VERSION ECS_SCHEMA_VERSION
#define SCHEMA_BATCH_VERSION BATCH_SCHEMA_VERSION
#define SCHEMA_OCSF_VERSION ECS_SCHEMA_VERSION
#define SCHEMA_CONFIG_VERSION AUDITSHIP_VERSION /* the options of this program */

#define SCHEMA_MAX_BYTES (4 * 1024 * 1024) /* of one of them, and room to spare */

/* These append to out. 0 or a negative errno, told in err. */
int schema_event(struct buf *out, struct err *err);
int schema_batch(struct buf *out, struct err *err);
int schema_ocsf(struct buf *out, struct err *err);
int schema_config(struct buf *out, struct err *err);
/* Composable index template for Elasticsearch and OpenSearch. */
int schema_index(struct buf *out, struct err *err);
/* docs/events.md; examples: one document per kind or NULL, by enum rec_kind. */
int schema_page(struct buf *out, const char *const examples[REC_KINDS], struct err *err);
/* docs/ocsf.md: what becomes what. */
int schema_ocsf_page(struct buf *out, struct err *err);
/* Every field of every kind, one line per path: what may not change. */
int schema_fields(struct buf *out, struct err *err);
int schema_ocsf_fields(struct buf *out, struct err *err);

/* auditship schema NAME: prints one. Returns the exit code: 0, 1, or 64 when there is no such. */
int tool_schema(int argc, char **argv, struct err *err);
/* One line of the versions, for --version. */
void tool_schema_versions(struct buf *out);

#endif
