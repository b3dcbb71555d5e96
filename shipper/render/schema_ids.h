/* SPDX-License-Identifier: BSD-2-Clause */
/* What the published schemas are called: their $id, which messages carry as well. */
#ifndef AUDITSHIP_SCHEMA_IDS_H
#define AUDITSHIP_SCHEMA_IDS_H

#include "render/batch.h"
#include "render/ecs.h"

#define SCHEMA_ID_EVENT "urn:auditship:schema:event:" ECS_SCHEMA_VERSION
#define SCHEMA_ID_OCSF "urn:auditship:schema:ocsf:" ECS_SCHEMA_VERSION
#define SCHEMA_ID_BATCH "urn:auditship:schema:batch:" BATCH_SCHEMA_VERSION

#endif
