/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent gives up, so that whoever gets hold of it gets little: docs/security.md. Nothing
 * here can be taken back.
 */
#ifndef AUDITSHIP_CONFINE_H
#define AUDITSHIP_CONFINE_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Before anything is read that is secret: no core dumps, no look into our memory by processes of
 * the same user, no new privileges by what might be executed.
 */
void confine_process(void);

/* agent.privileges is minimal. Before the first thread and child. */
void confine_make_minimal(void);
bool confine_is_minimal(void);

/*
 * For a thread that needs no capabilities, as its first deed: gives them up, unless this is root,
 * who without them could not write what belongs to others; minimal: root, too.
 */
void confine_thread(void);

/* For one that needs some, once it needs them no more: gives them up when they shall be minimal. */
void confine_rest(void);

/*
 * From here on no thread of the process may execute a program, trace or read others, mount, load
 * modules, set clocks or ids, or open sockets but unix, IP and netlink ones: such calls fail with
 * EPERM. Children inherit that. 0 or a negative errno.
 */
int confine_calls(struct err *err);

#endif
