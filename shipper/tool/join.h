/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of `watch` on an agent's control socket: one line each way, then raw frames of
 * events (render/raw.h) until one of the two closes. Nothing that comes in is trusted.
 */
#ifndef AUDITSHIP_JOIN_H
#define AUDITSHIP_JOIN_H

#include "base/err.h"
#include "render/render.h"

#define JOIN_ANSWER_MAX (64 * 1024) /* bytes of its line */
#define JOIN_PATIENCE_MS 5000       /* for that line */

struct join;

/*
 * -ENOENT or -ECONNREFUSED: no agent is there. -EPROTO: what is there is no agent, or refuses, or
 * is of another version. Other negative errno as connect(2). err says which and what helps.
 */
int join_open(struct join **ret_join, const char *path, struct err *err);
void join_close(struct join *join);

/* Borrowed. */
int join_fd(const struct join *join);
const struct render_identity *join_identity(const struct join *join);

#endif
