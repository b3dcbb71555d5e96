/* SPDX-License-Identifier: BSD-2-Clause */
/* A person asks whether a configuration is good. Knows nothing of single options. */
#include "tool/check.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/terminal.h"
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LIMIT (256 * 1024)

static int describe(const struct config *config, const char *name, struct buf *out)
{
	int kinds = __builtin_popcount(config_event_kinds(config));
	int result = buf_printf(out, "%s: good: %d event kind%s, %zu sink%s (", name, kinds,
				kinds == 1 ? "" : "s", config->sink_count,
				config->sink_count == 1 ? "" : "s");

	for (size_t i = 0; i < config->sink_count && result == 0; i++)
		result = buf_printf(out, "%s%s: %s", i ? ", " : "", config->sinks[i].name,
				    config_sink_type_name(config->sinks[i].type));
	return result < 0 ? result : buf_printf(out, ")\n");
}

static int tell_error(const struct err *err)
{
	char safe[4 * sizeof(err->text)];

	(void)terminal_escape(safe, sizeof(safe), err->text, strlen(err->text));
	(void)dprintf(STDERR_FILENO, "auditship: error: %s\n", safe);
	return 1;
}

int tool_check(const char *path)
{
	char name[1024];
	struct config config;
	struct err err = {0};
	struct buf text;
	int result;

	(void)terminal_escape(name, sizeof(name), path ? path : "defaults",
			      strlen(path ? path : "defaults"));
	buf_init(&text, TEXT_LIMIT);
	result = config_load(&config, path, &text, &err);
	if (result == -EINVAL) {
		(void)io_write_all(STDERR_FILENO, text.data, text.length, NULL);
		result = CHECK_EXIT_CONFIG;
	} else if (result < 0) {
		result = tell_error(&err);
	} else {
		result = describe(&config, name, &text);
		if (result == 0)
			result = io_write_all(STDOUT_FILENO, text.data, text.length, NULL);
		result = result < 0 ? 1 : 0;
		config_done(&config);
	}
	buf_done(&text);
	return result;
}
