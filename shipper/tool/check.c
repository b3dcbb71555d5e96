/* SPDX-License-Identifier: BSD-2-Clause */
/* A person asks whether a configuration is good, and what it does. Knows nothing of single options.
 */
#include "tool/check.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/json_read.h"
#include "base/terminal.h"
#include "base/text.h"
#include "config/config.h"
#include "filter/rules.h"
#include "sinks.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LIMIT (16UL * 1024 * 1024)
#define TRY_MS 15000

static void tell(const char *what, const char *text)
{
	char safe[8192];

	(void)terminal_escape(safe, sizeof(safe), text, strlen(text));
	(void)dprintf(STDERR_FILENO, "auditship: %s: %s\n", what, safe);
}

static void tell_of(const char *place, const char *text)
{
	struct err err;

	(void)err_set(&err, 0, "%s: %s", place, text);
	tell("error", err.text);
}

static int describe(const struct config *config, struct buf *out)
{
	int kinds = __builtin_popcount(config_event_kinds(config));
	size_t files = config->files.count, rules = rules_count(config->rules);
	const char *name = files ? config->files.items[0] : "defaults";
	char safe[8192], more[64] = "", with_rules[64] = "";
	int result;

	(void)terminal_escape(safe, sizeof(safe), name, strlen(name));
	if (files > 1)
		(void)snprintf(more, sizeof(more), " and %zu more file%s", files - 1,
			       files == 2 ? "" : "s");
	if (rules > 0)
		(void)snprintf(with_rules, sizeof(with_rules), "%zu rule%s, ", rules,
			       rules == 1 ? "" : "s");
	result = buf_printf(out, "%s%s: good: %d event kind%s, %s%zu sink%s (", safe, more, kinds,
			    kinds == 1 ? "" : "s", with_rules, config->sink_count,
			    config->sink_count == 1 ? "" : "s");
	for (size_t i = 0; i < config->sink_count && result == 0; i++)
		result = buf_printf(out, "%s%s: %s", i ? ", " : "", config->sinks[i].name,
				    config_sink_type_name(config->sinks[i].type));
	return result < 0 ? result : buf_printf(out, ")\n");
}

static void warn_of_group(const struct config *config)
{
	const char *name = config->control.group;
	uint64_t number;
	char text[256];

	if (!config->control.socket || !name || text_parse_number(name, &number) == 0 ||
	    getgrnam(name))
		return;
	(void)snprintf(text, sizeof(text), "control.group: this host knows no group '%s'", name);
	tell("warning", text);
}

static void warn(const struct config *config)
{
	/* Lines of warnings are safe already. */
	for (size_t i = 0; i < config->warnings.count; i++)
		(void)dprintf(STDERR_FILENO, "auditship: warning: %s\n", config->warnings.items[i]);
	warn_of_group(config);
}

static int put_out(const struct buf *text)
{
	int result = io_write_all(STDOUT_FILENO, text->data, text->length, NULL);
	struct err err;

	if (result == 0)
		return 0;
	(void)err_set(&err, result, "cannot write to standard output: %s", strerror(-result));
	tell("error", err.text);
	return 1;
}

static int show(const struct config *config, bool print)
{
	struct buf text;
	int result;

	buf_init(&text, TEXT_LIMIT);
	result = print ? config_write_effective(config, &text) : describe(config, &text);
	if (result < 0)
		tell("error", "no memory to show the configuration");
	result = result < 0 ? 1 : put_out(&text);
	buf_done(&text);
	return result;
}

static int explain_event(const struct config *config, const struct buf *line, struct buf *out,
			 struct err *err)
{
	struct json_read *document;
	int result = json_read_new(&document, line->data, line->length, err);

	if (result < 0)
		return err_wrap(err, result, "no event (one JSON document per line is wanted)");
	result = rules_explain(config->rules, document, out);
	json_read_free(document);
	return result < 0 ? err_set(err, result, "the explanation is too long") : 0;
}

/* Reads up to the line feed; 1, 0 at the end of the file, -EFBIG (and goes on behind it). */
static int read_line(FILE *file, struct buf *line)
{
	int c, result = 0;

	buf_clear(line);
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		char byte = (char)c;

		if (buf_add(line, &byte, 1) < 0)
			result = -EFBIG;
	}
	if (result < 0)
		return result;
	return c == EOF && line->length == 0 ? 0 : 1;
}

/* Of one line. 0 when it could be explained, or there is nothing in it. */
static int explain_line(const struct config *config, const struct buf *line, const char *place)
{
	char safe[8192];
	struct err err = {0};
	struct buf out;
	int result;

	if (line->length == 0)
		return 0;
	(void)terminal_escape(safe, sizeof(safe), place, strlen(place));
	buf_init(&out, TEXT_LIMIT);
	result = buf_printf(&out, "%s:\n", safe);
	if (result == 0)
		result = explain_event(config, line, &out, &err);
	if (result == 0)
		result = put_out(&out);
	else
		tell_of(place, err.text);
	buf_done(&out);
	return result;
}

static int explain_all(const struct config *config, FILE *file, const char *name)
{
	char place[4200];
	struct buf line;
	int more, code = 0;

	buf_init(&line, JSON_READ_MAX_SIZE + 1);
	for (unsigned long number = 1; (more = read_line(file, &line)) != 0; number++) {
		(void)snprintf(place, sizeof(place), "%s:%lu", name, number);
		if (more < 0)
			tell_of(place, "an event is at most 4 MiB");
		if (more < 0 || explain_line(config, &line, place) != 0)
			code = 1;
	}
	buf_done(&line);
	return code;
}

static int explain(const struct config *config, const char *name)
{
	bool standard = strcmp(name, "-") == 0;
	FILE *file = standard ? stdin : fopen(name, "re");
	struct err err;
	int code;

	if (!file) {
		(void)err_set(&err, -errno, "cannot open '%s': %s", name, strerror(errno));
		tell("error", err.text);
		return 1;
	}
	code = explain_all(config, file, standard ? "standard input" : name);
	if (ferror(file)) {
		(void)err_set(&err, -EIO, "cannot read '%s'", name);
		tell("error", err.text);
		code = 1;
	}
	if (!standard)
		(void)fclose(file);
	return code;
}

static void tell_try(void *data, bool ok, const char *text)
{
	const struct config_sink *sink = data;
	char safe[2048];

	(void)terminal_escape(safe, sizeof(safe), text, strlen(text));
	(void)dprintf(STDOUT_FILENO, "sink %s: %s: %s\n", sink->name, ok ? "good" : "fault", safe);
}

static void tell_of_sink(void *data, bool ok, const char *text)
{
	const struct config_sink *sink = data;
	struct err err;

	(void)err_set(&err, 0, "sink %s: %s", sink->name, text);
	tell(ok ? "warning" : "error", err.text);
}

static int check_sinks(const struct config *config)
{
	int code = 0;

	for (size_t i = 0; i < config->sink_count; i++)
		if (sinks_check(&config->sinks[i], tell_of_sink, &config->sinks[i]) < 0)
			code = 1;
	return code;
}

static int try_sinks(const struct config *config)
{
	int code = 0;

	for (size_t i = 0; i < config->sink_count; i++)
		if (sinks_try(&config->sinks[i], TRY_MS, tell_try, &config->sinks[i]) < 0)
			code = 1;
	return code;
}

int check_load(struct config **ret_config, const char *path)
{
	struct err err = {0};
	struct buf faults;
	int result;

	buf_init(&faults, CONFIG_FAULTS_SIZE);
	result = config_new(ret_config, path, &faults, &err);
	if (faults.length > 0)
		(void)io_write_all(STDERR_FILENO, faults.data, faults.length, NULL);
	else if (result < 0)
		tell("error", err.text);
	buf_done(&faults);
	if (result == 0)
		return 0;
	return result == -EINVAL ? CHECK_EXIT_CONFIG : 1;
}

int tool_check(const struct check_options *options)
{
	struct config *config;
	int code = check_load(&config, options->path);

	if (code)
		return code;
	warn(config);
	if (!options->print && !options->explain && !options->connect)
		code = check_sinks(config);
	if (code == 0 && (options->print || !options->explain))
		code = show(config, options->print);
	if (code == 0 && options->explain)
		code = explain(config, options->explain);
	if (code == 0 && options->connect)
		code = try_sinks(config);
	config_free(config);
	return code;
}
