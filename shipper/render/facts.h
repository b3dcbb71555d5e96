/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the same for every event of this host, as pieces of JSON that are made once: the host,
 * the agent, its labels and tags. Absent is absent. Of the thread that renders.
 */
#ifndef AUDITSHIP_FACTS_H
#define AUDITSHIP_FACTS_H

#include "base/buf.h"
#include "render/json.h"
#include "render/leaf.h"
#include "render/omission.h"
#include "render/render.h"

struct facts {
	struct buf host;   /* an object */
	struct buf agent;  /* an object up to agent.ephemeral_id: "} ends it behind that text */
	struct buf labels; /* an object; empty: there are none */
	struct buf tags;   /* a list without its closing bracket: an event may have more of them */
};

extern const struct leaf facts_host_leaves[], facts_agent_leaves[], facts_labels_leaf[];

/* All but facts is needed only meanwhile. 0, -EMSGSIZE or -ENOMEM; facts_done is always due. */
int facts_init(struct facts *facts, struct json *json, const struct render_identity *identity,
	       const struct omission *leave_out);
void facts_done(struct facts *facts);

#endif
