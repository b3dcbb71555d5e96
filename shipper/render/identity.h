/* SPDX-License-Identifier: BSD-2-Clause */
/* A copy of an identity that owns its texts, to be handed from one thread to another. */
#ifndef AUDITSHIP_IDENTITY_H
#define AUDITSHIP_IDENTITY_H

#include "render/render.h"

/* NULL: no memory. */
struct render_identity *identity_copy(const struct render_identity *identity);

/* Only of identity_copy; NULL is fine. */
void identity_free(struct render_identity *identity);

#endif
