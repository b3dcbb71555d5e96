/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the status in the text format that Prometheus reads. Pure: from facts to text. */
#ifndef AUDITSHIP_STATUS_METRICS_H
#define AUDITSHIP_STATUS_METRICS_H

#include "base/buf.h"
#include "serve/status_document.h"

#define STATUS_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Both append to out. 0, -ENOMEM or -EMSGSIZE. */
int status_metrics_write(const struct status_facts *facts, struct buf *out);

/* docs/metrics.md: each metric, its type, labels, meaning, and its member of the document. */
int status_metrics_write_reference(struct buf *out);

#endif
