/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reload: the configuration is read again, validated whole, compared with the one in force, and
 * only what differs is changed; a faulty one changes nothing. Either way the stream tells. Belongs
 * to the main thread; a second request while one is under way is served after it.
 */
#ifndef AUDITSHIP_RELOAD_H
#define AUDITSHIP_RELOAD_H

#include "base/err.h"

struct pipeline;
struct reload;

int reload_new(struct reload **ret_reload, struct pipeline *pipeline, struct err *err);
/* Frees the configurations that reloads have brought: after everything that uses them. */
void reload_free(struct reload *reload);

/* SIGHUP came. */
void reload_request(struct reload *reload);

/* At the start, with the collect thread running: it reads the sets in pipeline->found to their ends
 * and goes on with pipeline->probes. */
void reload_succeed(struct reload *reload);

/* collect_changed_fd is readable. */
void reload_finish(struct reload *reload);

#endif
