/* SPDX-License-Identifier: BSD-2-Clause */
/* The leaves of all kinds together, each path once. */
#ifndef AUDITSHIP_SCHEMA_FIELDS_H
#define AUDITSHIP_SCHEMA_FIELDS_H

#include "base/err.h"
#include "render/leaf.h"

#include <stdint.h>

struct schema_field {
	struct leaf leaf; /* of the first kind that has it */
	uint32_t kinds;   /* bits 1 << enum rec_kind: may have it */
	uint32_t always;  /* never are without it, in any form */
	uint32_t compact; /* have it in their compact form, or have but one form */
};

#define SCHEMA_FIELDS_MAX 1024

/* The number of fields in *ret_fields, which free() frees, in the byte order of their paths. */
int schema_fields_collect(struct schema_field **ret_fields, struct err *err);

/* Of the number-th kind if its events are written, else NULL. */
const struct kind *schema_kind(unsigned int number);

#endif
