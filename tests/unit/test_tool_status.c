/* SPDX-License-Identifier: BSD-2-Clause */
/* "auditship status" against agents of all kinds, most of them false. */
#include "tool/status.h"
#include "tool/status_screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define OUTPUT_MAX 65536

#define HEALTHY                                                                                 \
	"{\"ok\":true,\"healthy\":true,\"version\":\"9.9\",\"pid\":77,\"uptime_seconds\":3725," \
	"\"events\":[{\"kind\":\"exec\",\"selected\":true,\"total\":1234567,\"lost\":7654},"    \
	"{\"kind\":\"fork\",\"selected\":false,\"total\":5,\"lost\":0}],"                       \
	"\"account\":{\"numbered\":10,\"journalled\":8,\"lost\":2,\"balances\":true},"          \
	"\"probes\":[{\"name\":\"exec\",\"attached\":true},"                                    \
	"{\"name\":\"exit\",\"attached\":false,\"reason\":\"no BTF\"}],"                        \
	"\"rings\":[{\"name\":\"vital\",\"used_bytes\":1572864,\"size_bytes\":16777216,"        \
	"\"bytes_per_second\":2048,\"seconds_left\":90}],"                                      \
	"\"sinks\":[{\"name\":\"trail\",\"state\":\"ok\",\"acknowledged\":8,"                   \
	"\"lag\":{\"events\":3,\"bytes\":2048,\"milliseconds\":1500},"                          \
	"\"last_acknowledgement\":\"2026-03-01T12:34:56.789012345Z\"}]}\n"
#define ATTENTION \
	"{\"ok\":true,\"healthy\":false,\"attention\":[\"sink trail: \\u001b[2Jgone\\n\"]}\n"

/* Answers one request of one client, then leaves. */
struct agent {
	char dir[64], path[96], output[96];
	const char *answer;
	size_t length;
	int listen_fd;
	char request[64];
	pthread_t thread;
	char shown[OUTPUT_MAX];
};

static void *answer(void *data)
{
	struct agent *agent = data;
	int fd = accept(agent->listen_fd, NULL, NULL);

	(void)!recv(fd, agent->request, sizeof(agent->request) - 1, 0);
	for (size_t sent = 0; sent < agent->length;) {
		ssize_t n = send(fd, agent->answer + sent, agent->length - sent, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	(void)close(fd);
	return NULL;
}

static int set_up(void **state)
{
	struct agent *agent = calloc(1, sizeof(*agent));

	(void)snprintf(agent->dir, sizeof(agent->dir), "/tmp/auditship-status-XXXXXX");
	assert_non_null(mkdtemp(agent->dir));
	(void)snprintf(agent->path, sizeof(agent->path), "%s/sock", agent->dir);
	(void)snprintf(agent->output, sizeof(agent->output), "%s/out", agent->dir);
	agent->listen_fd = -1;
	*state = agent;
	return 0;
}

static int tear_down(void **state)
{
	struct agent *agent = *state;

	if (agent->listen_fd >= 0)
		(void)close(agent->listen_fd);
	(void)unlink(agent->path);
	(void)unlink(agent->output);
	(void)rmdir(agent->dir);
	free(agent);
	return 0;
}

static void start_agent(struct agent *agent, const char *text, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	agent->answer = text;
	agent->length = length;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", agent->path);
	(void)unlink(agent->path);
	agent->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(agent->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(agent->listen_fd, 1), 0);
	assert_int_equal(pthread_create(&agent->thread, NULL, answer, agent), 0);
}

/* Runs the command with both outputs in a file, reads that into agent->shown. */
static int run(struct agent *agent, const struct tool_status_options *options)
{
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO), code;
	int fd = open(agent->output, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(fd >= 0);
	(void)fflush(stdout);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	code = tool_status(options);
	(void)dup2(saved_out, STDOUT_FILENO);
	(void)dup2(saved_err, STDERR_FILENO);
	(void)close(saved_out);
	(void)close(saved_err);
	n = pread(fd, agent->shown, sizeof(agent->shown) - 1, 0);
	agent->shown[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	return code;
}

static int ask(struct agent *agent, const char *text, size_t length, bool json)
{
	struct tool_status_options options = {.socket = agent->path, .json = json};
	int code;

	start_agent(agent, text, length);
	code = run(agent, &options);
	assert_int_equal(pthread_join(agent->thread, NULL), 0);
	(void)close(agent->listen_fd);
	agent->listen_fd = -1;
	return code;
}

static void expect_shown(const struct agent *agent, const char *words)
{
	if (!strstr(agent->shown, words))
		fail_msg("'%s' is not shown in: %s", words, agent->shown);
}

static void a_healthy_agent_is_shown_with_units(void **state)
{
	struct agent *agent = *state;

	assert_int_equal(ask(agent, HEALTHY, strlen(HEALTHY), false), STATUS_EXIT_HEALTHY);
	assert_string_equal(agent->request, "status\n");
	expect_shown(agent, "auditship 9.9  process 77, up 1 h 2 min");
	expect_shown(agent, "healthy: nothing needs attention");
	expect_shown(agent, "1,234,567");
	expect_shown(agent, "7,654");
	expect_shown(agent, "1.5 MiB of 16.0 MiB");
	expect_shown(agent, "full in 1 min 30 s");
	expect_shown(agent, "numbered 10 = journalled 8 + lost 2\n");
	expect_shown(agent, "missing: exit: no BTF");
	expect_shown(agent, "1.5 s  2026-03-01T12:34:56Z");
	assert_null(strstr(agent->shown, "fork")); /* not selected */
	assert_null(strchr(agent->shown, '\033')); /* no terminal, no colours */
}

static void what_needs_attention_comes_first_and_is_an_exit_code(void **state)
{
	struct agent *agent = *state;
	char *where;

	assert_int_equal(ask(agent, ATTENTION, strlen(ATTENTION), false), STATUS_EXIT_ATTENTION);
	where = strstr(agent->shown, "needs attention");
	assert_non_null(where);
	assert_true(where < strstr(agent->shown, "events"));
	expect_shown(agent, "sink trail: \\x1b[2Jgone\\n");
	assert_null(strchr(agent->shown, '\033'));
}

static void json_is_passed_on_as_it_is(void **state)
{
	struct agent *agent = *state;

	assert_int_equal(ask(agent, HEALTHY, strlen(HEALTHY), true), STATUS_EXIT_HEALTHY);
	assert_string_equal(agent->shown, HEALTHY);
	assert_int_equal(ask(agent, ATTENTION, strlen(ATTENTION), true), STATUS_EXIT_ATTENTION);
	assert_string_equal(agent->shown, ATTENTION);
}

static void without_an_agent_it_says_how_to_start_one(void **state)
{
	struct agent *agent = *state;
	struct tool_status_options options = {.socket = agent->path};

	assert_int_equal(run(agent, &options), STATUS_EXIT_NO_ANSWER);
	expect_shown(agent, "no agent answers at");
	expect_shown(agent, agent->path);
	expect_shown(agent, "auditship run");
	start_agent(agent, "", 0);
	assert_int_equal(pthread_cancel(agent->thread), 0);
	assert_int_equal(pthread_join(agent->thread, NULL), 0);
	(void)close(agent->listen_fd); /* killed: its socket stays */
	agent->listen_fd = -1;
	assert_int_equal(run(agent, &options), STATUS_EXIT_NO_ANSWER);
	expect_shown(agent, "Connection refused");
}

static void an_agent_that_refuses_is_quoted_harmlessly(void **state)
{
	static const char text[] = "{\"ok\":false,\"error\":\"busy \\u001b]0;x\\u0007\"}\n";
	struct agent *agent = *state;

	assert_int_equal(ask(agent, text, strlen(text), false), STATUS_EXIT_NO_ANSWER);
	expect_shown(agent, "the agent refuses: busy \\x1b]0;x\\x07");
}

static void false_agents_are_told_and_harm_nothing(void **state)
{
	static const char *const answers[] = {
		"",
		"\n",
		"{",
		"nonsense\n",
		"{\"ok\":true",
		"[]\n",
		"{}\n",
		"{\"ok\":1}\n",
		"\"\xff\xfe\"\n",
		"{\"ok\":true,\"healthy\":true}{\"ok\":true}\n",
	};
	struct agent *agent = *state;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		assert_int_equal(ask(agent, answers[i], strlen(answers[i]), i % 2),
				 STATUS_EXIT_NO_ANSWER);
		expect_shown(agent, "auditship: error: ");
	}
}

static void an_endless_answer_is_not_taken(void **state)
{
	size_t size = (size_t)3 * 1024 * 1024;
	struct agent *agent = *state;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, ' ', size);
	assert_int_equal(ask(agent, text, size, false), STATUS_EXIT_NO_ANSWER);
	expect_shown(agent, "too long");
	free(text);
}

static void values_of_other_types_are_shown_as_nothing(void **state)
{
	static const char text[] =
		"{\"ok\":true,\"healthy\":true,\"pid\":-4,\"version\":[],\"attention\":{},"
		"\"sinks\":[1,\"x\",{\"name\":7,\"lag\":9}],\"rings\":[[]],\"probes\":[null],"
		"\"events\":[{\"selected\":true,\"kind\":{},\"total\":1e99}]}\n";
	struct agent *agent = *state;

	assert_int_equal(ask(agent, text, strlen(text), false), STATUS_EXIT_HEALTHY);
	expect_shown(agent, "process 0");
	expect_shown(agent, "DOES NOT BALANCE");
}

static void colours_are_for_terminals(void **state)
{
	struct json_read *document = NULL;
	struct buf out;
	struct err err;

	(void)state;
	assert_int_equal(json_read_new(&document, ATTENTION, strlen(ATTENTION), &err), 0);
	buf_init(&out, OUTPUT_MAX);
	assert_int_equal(status_screen_write(document, true, &out), 0);
	assert_non_null(memmem(out.data, out.length, "\033[1;31mneeds attention\033[0m", 26));
	buf_done(&out);
	buf_init(&out, 32);
	assert_true(status_screen_write(document, true, &out) < 0);
	buf_done(&out);
	json_read_free(document);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_agent_is_shown_with_units),
		TEST(what_needs_attention_comes_first_and_is_an_exit_code),
		TEST(json_is_passed_on_as_it_is),
		TEST(without_an_agent_it_says_how_to_start_one),
		TEST(an_agent_that_refuses_is_quoted_harmlessly),
		TEST(false_agents_are_told_and_harm_nothing),
		TEST(an_endless_answer_is_not_taken),
		TEST(values_of_other_types_are_shown_as_nothing),
		cmocka_unit_test(colours_are_for_terminals),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
