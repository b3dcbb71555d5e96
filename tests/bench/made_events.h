/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events for measurements, always the same ones: what a build in two shells looks like, one of them
 * in a container. Every process runs once; parents, sessions, users and programs are few; opens are
 * many of few processes.
 */
#ifndef AUDITSHIP_MADE_EVENTS_H
#define AUDITSHIP_MADE_EVENTS_H

#include "base/buf.h"
#include "render/omission.h"

#include <stdint.h>

#define MADE_EVENTS 256 /* of each kind */

enum made_kind { MADE_EXEC, MADE_EXIT, MADE_OPEN, MADE_KINDS };

/* Entries of that kind, one behind the other as in the journal. Aborts without memory. */
void made_events(struct buf *out, enum made_kind kind);

/*
 * Records as probes write them, each at a multiple of 8: fork, exec and exit of every process; the
 * opens; and execs of all who run already.
 */
void made_processes(struct buf *out, unsigned int *ret_count);
void made_opens(struct buf *out, unsigned int *ret_count);
void made_running(struct buf *out, unsigned int *ret_count);

extern const int64_t made_wall_offset_ns;

/* What docs/sizing.md leaves out where bytes are paid for. */
extern const struct omission made_lean;
/* Of an open, nearly what the schema requires: who did it has to be looked up by the process. */
extern const struct omission made_brief;

#endif
