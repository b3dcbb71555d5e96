/* SPDX-License-Identifier: BSD-2-Clause */
/* What each type of the field tables is called elsewhere: in JSON, in an index, in documentation.
 */
#ifndef AUDITSHIP_SCHEMA_TYPE_H
#define AUDITSHIP_SCHEMA_TYPE_H

#include "render/leaf.h"

#include <stdbool.h>

struct schema_type {
	const char *word;    /* for people and for the list of published fields */
	const char *json;    /* "string", "integer", "boolean"; of the items when it is a list */
	const char *pattern; /* of a string; NULL: any that is not empty */
	const char *index;   /* Elasticsearch's */
	bool list;
};

const struct schema_type *schema_type_of(const struct leaf *leaf);

/* The type in an index, which depends on what a text is for as well. */
const char *schema_index_type(const struct leaf *leaf);

#endif
