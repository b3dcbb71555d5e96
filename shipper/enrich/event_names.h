/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of all users and groups that a record has by number. */
#ifndef AUDITSHIP_EVENT_NAMES_H
#define AUDITSHIP_EVENT_NAMES_H

#include "decode/decode.h"
#include "enrich/tail.h"
#include "enrich/user_names.h"

/* Absent stays what has no name; what could not be found out in time is listed. */
void event_names_put(struct user_names *names, struct tail *tail, const struct task_record *record);

#endif
