/* SPDX-License-Identifier: BSD-2-Clause */
/* Who wrote an event, and on which host. */
#ifndef AUDITSHIP_AGENT_IDENTITY_H
#define AUDITSHIP_AGENT_IDENTITY_H

#include "config/config.h"
#include "enrich/host.h"
#include "render/render.h"

/* Texts are borrowed from all three. */
void agent_identity_describe(const struct host *host, const char *agent_id,
			     const struct config *config, struct render_identity *ret_identity);

#endif
