/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables in the values of a configuration file. They are put in after the file has become a
 * tree, so that what they hold can never change its structure; what they hold is not looked at
 * again, so that there are no cycles. Private to config/.
 */
#ifndef AUDITSHIP_CONFIG_VARIABLES_H
#define AUDITSHIP_CONFIG_VARIABLES_H

#include "base/faults.h"
#include "base/yaml.h"

#define CONFIG_VALUE_MAX (64 * 1024)          /* bytes of a value, and of the file it names */
#define CONFIG_VALUES_MAX (4UL * 1024 * 1024) /* bytes of all values of a file with variables */

/* Told of each file that a value was taken from and that every user may read; path is hostile. */
struct config_readable {
	int (*tell)(void *data, struct place place, const char *path); /* 0 or -ENOMEM */
	void *data;
};

/*
 * Puts in, in every scalar of root: ${NAME} the variable of the environment; ${NAME:-TEXT} the
 * same, TEXT when it is not set or empty; ${file:PATH} what the file holds, without a line feed at
 * its end, PATH being relative to the directory of file; $$ a dollar. Keys are left alone. Values
 * that came from a file are marked secret. What is wrong goes to faults and makes the value
 * YAML_REFUSED. 0 or -ENOMEM.
 */
int config_variables_put(struct yaml_node *root, const char *file,
			 const struct config_readable *readable, struct faults *faults);

#endif
