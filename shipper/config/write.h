/* SPDX-License-Identifier: BSD-2-Clause */
/* The layout that all written configurations share. Private to config/. */
#ifndef AUDITSHIP_CONFIG_WRITE_H
#define AUDITSHIP_CONFIG_WRITE_H

#include "base/buf.h"
#include "config/options.h"

#include <stdbool.h>

#define CONFIG_INDENT_MAX 64

/* Two spaces for each level below the top, at most CONFIG_INDENT_MAX. */
const char *config_indent(size_t depth);

/* How many sections path is in, and its last word. */
size_t config_path_depth(const char *path);
const char *config_path_leaf(const char *path);

/* Where the options of a table are written. */
struct config_layout {
	const struct option_section *sections; /* of the table */
	const char *lead;                      /* before each line, such as a comment sign */
	size_t depth;                          /* of what is in no section */
	bool documented;                       /* sections with what they are for */
};

/*
 * Opens the sections of an option that the one before it (NULL: none) was not in. 0 or what buf_add
 * returns.
 */
int config_write_sections(struct buf *out, const struct config_layout *layout,
			  const struct option *option, const char *before);

#endif
