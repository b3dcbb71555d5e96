/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether what host_read reads may have changed: the name, the files in /etc, addresses. Looked at
 * about once a second, without reading any file. Of the thread that made it.
 */
#ifndef AUDITSHIP_HOST_WATCH_H
#define AUDITSHIP_HOST_WATCH_H

#include "base/err.h"

#include <stdbool.h>

struct host_watch;

/* root: as host_read has it, not longer than HOST_ROOT_MAX. */
int host_watch_new(struct host_watch **ret_watch, const char *root, struct err *err);
void host_watch_free(struct host_watch *watch);

/* Something may have changed since it was made, or since the last call that said so. */
bool host_watch_changed(struct host_watch *watch);

#endif
