/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files a configuration is made of: a main file and the drop-ins beside it, in conf.d/. Private
 * to config/.
 */
#ifndef AUDITSHIP_CONFIG_SOURCES_H
#define AUDITSHIP_CONFIG_SOURCES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define CONFIG_DROP_INS_MAX 256

struct config_sources {
	char **paths; /* in the order they are read: the main file, when there is one, comes first
		       */
	char **texts; /* not terminated */
	size_t *sizes;
	size_t count;
	char *passed_over; /* a name in conf.d that ends with .yml and is not read; NULL: none */
};

/*
 * Reads path and the drop-ins beside it: regular files of conf.d/ called *.yaml, in the byte order
 * of their names, bar those that begin with '.' or '#'. optional: path itself may be missing. The
 * caller calls config_sources_done in any case.
 *
 * 0 or a negative errno told in err: -ENOENT; -EISDIR or -ENOTSUP: path is no regular file; -EPERM:
 * not ours (config_open); -EFBIG: more than YAML_MAX_SIZE in all; -E2BIG: more than
 * CONFIG_DROP_INS_MAX drop-ins. Never -EINVAL.
 */
int config_sources_read(struct config_sources *sources, const char *path, bool optional,
			struct err *err);
void config_sources_done(struct config_sources *sources);

/*
 * Opens a regular file (below dirfd, as in openat) that tells the agent what to do. -EPERM when
 * everybody may write it or when it belongs to neither root nor the user the agent runs as; the
 * same goes for the symbolic link that leads to it, if there is one. Never waits for a FIFO. shown
 * is its name in err. Returns the descriptor.
 */
int config_open(int dirfd, const char *name, const char *shown, struct stat *ret_stat,
		struct err *err);

#endif
