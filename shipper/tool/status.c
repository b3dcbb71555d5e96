/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks, shows, and turns the answer into an exit code. What the answer says is the agent's. */
#include "tool/status.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json_read.h"
#include "base/terminal.h"
#include "tool/control_client.h"
#include "tool/status_screen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (1024 * 1024)
#define CLEAR_SCREEN "\033[H\033[2J"

static int tell_error(const struct err *err)
{
	char safe[4 * sizeof(err->text)];

	(void)terminal_escape(safe, sizeof(safe), err->text, strlen(err->text));
	(void)dprintf(STDERR_FILENO, "auditship: error: %s\n", safe);
	return STATUS_EXIT_NO_ANSWER;
}

/* An exit code, or a negative errno. */
static int judge(const struct json_read *document, struct err *err)
{
	const char *refusal = json_read_string(document, "error");

	if (!json_read_is_true(document, "ok"))
		return err_set(err, -EBADMSG, "the agent refuses: %s",
			       refusal ? refusal : "it does not say why");
	return json_read_is_true(document, "healthy") ? STATUS_EXIT_HEALTHY : STATUS_EXIT_ATTENTION;
}

static int write_screen(const struct json_read *document, struct buf *out)
{
	bool terminal = isatty(STDOUT_FILENO);
	int result = status_screen_write(document, terminal, out);

	return result < 0 ? result : 0;
}

/* Reads the answer and shows it. An exit code, or a negative errno. */
static int show(const struct tool_status_options *options, struct buf *answer, bool again,
		struct err *err)
{
	struct json_read *document = NULL;
	struct buf screen;
	int code = json_read_new(&document, answer->data, answer->length, err), result = 0;

	if (code < 0)
		return err_wrap(err, code, "the agent's answer");
	buf_init(&screen, ANSWER_MAX);
	code = judge(document, err);
	if (code >= 0 && options->json) {
		result = io_write_all(STDOUT_FILENO, answer->data, answer->length, NULL);
	} else if (code >= 0) {
		if (options->watch && isatty(STDOUT_FILENO))
			result = buf_add_text(&screen, CLEAR_SCREEN);
		else if (again)
			result = buf_add_text(&screen, "\n");
		if (result == 0)
			result = write_screen(document, &screen);
		if (result == 0)
			result = io_write_all(STDOUT_FILENO, screen.data, screen.length, NULL);
	}
	buf_done(&screen);
	json_read_free(document);
	if (result < 0)
		return err_set(err, result, "cannot write: %s", strerror(-result));
	return code;
}

static bool is_covering(struct buf *answer)
{
	struct json_read *document = NULL;
	struct err err;
	bool running = false;

	if (json_read_new(&document, answer->data, answer->length, &err) == 0)
		running = json_read_is_true(document, "coverage.running");
	json_read_free(document);
	return running;
}

static bool is_ok(struct buf *answer)
{
	struct json_read *document = NULL;
	struct err err;
	bool ok = false;

	if (json_read_new(&document, answer->data, answer->length, &err) == 0)
		ok = json_read_is_true(document, "ok");
	json_read_free(document);
	return ok;
}

/* Returns once the run has ended: the agent sees to it that it does. */
static int cover(int fd, struct buf *answer, struct err *err)
{
	static const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
	int result = control_client_ask(fd, "coverage", answer, err);

	if (result == 0 && !is_ok(answer))
		return err_set(err, -EBADMSG, "the agent does not know how to try out coverage");
	while (result == 0) {
		buf_clear(answer);
		result = control_client_ask(fd, "status", answer, err);
		if (result == 0 && !is_covering(answer))
			break;
		(void)nanosleep(&moment, NULL);
	}
	return result;
}

int tool_status(const struct tool_status_options *options)
{
	static const struct timespec second = {.tv_sec = 1};
	struct buf answer;
	struct err err = {0};
	_cleanup_close_ int fd = control_client_open(options->socket, &err);
	int code = fd < 0 ? fd : 0;
	bool again = false;

	buf_init(&answer, ANSWER_MAX);
	if (code >= 0 && options->coverage)
		code = cover(fd, &answer, &err);
	while (code >= 0) {
		buf_clear(&answer);
		code = control_client_ask(fd, "status", &answer, &err);
		if (code == 0)
			code = show(options, &answer, again, &err);
		if (code < 0 || !options->watch)
			break;
		again = true;
		(void)nanosleep(&second, NULL);
	}
	buf_done(&answer);
	return code < 0 ? tell_error(&err) : code;
}
