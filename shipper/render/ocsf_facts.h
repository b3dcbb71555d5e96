/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the same for every event of this host, as pieces of JSON that are made once, in the words
 * of OCSF: the device, the product, the agent's labels. Of the thread that renders.
 */
#ifndef AUDITSHIP_OCSF_FACTS_H
#define AUDITSHIP_OCSF_FACTS_H

#include "base/buf.h"
#include "render/json.h"
#include "render/leaf.h"
#include "render/render.h"

struct ocsf_facts {
	struct buf device; /* an object */
	struct buf source; /* the members product, reporter and extensions */
	struct buf app;    /* value of app_name and the members behind it */
	struct buf labels; /* a list of objects; empty: there are none */
};

extern const struct leaf ocsf_device_leaves[], ocsf_app_leaves[], ocsf_metadata_leaves[];
extern const struct leaf ocsf_labels_leaves[], ocsf_uid_leaf[], ocsf_tags_leaf[];
extern const struct leaf ocsf_is_truncated_leaf[], ocsf_schema_leaf[];

/* Needs json only meanwhile. 0, -EMSGSIZE or -ENOMEM; ocsf_facts_done is due in any case. */
int ocsf_facts_init(struct ocsf_facts *facts, struct json *json,
		    const struct render_identity *identity);
void ocsf_facts_done(struct ocsf_facts *facts);

#endif
