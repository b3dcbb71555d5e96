/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells when ROOT/etc/passwd or group was written or replaced, by inotify on the directory. */
#ifndef AUDITSHIP_USERS_WATCH_H
#define AUDITSHIP_USERS_WATCH_H

#include "base/err.h"

#include <stdbool.h>

/* Returns a descriptor that becomes readable at a change in the directory, or a negative errno. */
int users_watch_open(const char *root, struct err *err);

/* Reads what is there; true when one of the two files is concerned. */
bool users_watch_changed(int fd);

#endif
