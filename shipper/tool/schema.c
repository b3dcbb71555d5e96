/* SPDX-License-Identifier: BSD-2-Clause */
/* The command: which schema has which name. */
#include "tool/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 64

static const struct {
	const char *name;
	int (*write)(struct buf *out, struct err *err);
	const char *version; /* NULL: that of the events */
} schemas[] = {
	{"event", schema_event, SCHEMA_EVENT_VERSION},
	{"batch", schema_batch, SCHEMA_BATCH_VERSION},
	{"ocsf", schema_ocsf, SCHEMA_OCSF_VERSION},
	{"config", schema_config, SCHEMA_CONFIG_VERSION},
	{"elasticsearch", schema_index, NULL},
};

#define SCHEMAS (sizeof(schemas) / sizeof(schemas[0]))

static int print(int (*write)(struct buf *out, struct err *err), struct err *err)
{
	struct buf out;
	int result;

	buf_init(&out, SCHEMA_MAX_BYTES);
	result = write(&out, err);
	if (result == 0 &&
	    (fwrite(out.data, 1, out.length, stdout) != out.length || fflush(stdout) != 0))
		result = err_set(err, -errno, "cannot write: %s", strerror(errno));
	buf_done(&out);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int tool_schema(int argc, char **argv, struct err *err)
{
	for (size_t i = 0; argc == 2 && i < SCHEMAS; i++)
		if (strcmp(argv[1], schemas[i].name) == 0)
			return print(schemas[i].write, err);
	if (argc == 2)
		(void)err_set(err, -EINVAL,
			      "there is no schema '%s' (event, batch, ocsf, config, elasticsearch)",
			      argv[1]);
	else
		(void)err_set(err, -EINVAL,
			      "schema wants one name: event, batch, ocsf, config or elasticsearch");
	return EXIT_USAGE;
}

void tool_schema_versions(struct buf *out)
{
	(void)buf_add_text(out, "schemas:");
	for (size_t i = 0; i < SCHEMAS; i++)
		if (schemas[i].version)
			(void)buf_printf(out, " %s %s", schemas[i].name, schemas[i].version);
	(void)buf_add_text(out, "; ECS " ECS_VERSION ", OCSF " OCSF_VERSION "\n");
}
