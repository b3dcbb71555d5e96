/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry_builder.h"

#include "base/cleanup.h"
#include "render/raw.h"
#include "tool/join.h"
#include "tool/view.h"
#include "tool/watch.h"
#include "tool/watch_options.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <cmocka.h>

static const uint8_t stream[16] = {7};
static struct entry_builder builder;
static struct watch_options options;
static struct err err;

/* Options */

static int read_words(const char *const *words, size_t count)
{
	static char copies[16][128];
	char *argv[17] = {0};

	watch_options_done(&options);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
		argv[i] = copies[i];
	}
	return watch_options_read(&options, (int)count, argv, &err);
}

#define READ(...)                                               \
	read_words((const char *const[]){"watch", __VA_ARGS__}, \
		   sizeof((const char *const[]){"watch", __VA_ARGS__}) / sizeof(char *))

static int forget(void **state)
{
	(void)state;
	watch_options_done(&options);
	return 0;
}

static void formats_have_names(void **state)
{
	(void)state;
	assert_int_equal(READ("--format", "json"), 0);
	assert_int_equal(options.format, RENDER_ECS);
	assert_int_equal(READ("--format", "ocsf"), 0);
	assert_int_equal(options.format, RENDER_OCSF);
	assert_int_equal(READ("--format=table"), 0);
	assert_int_equal(options.format, RENDER_TABLE);
	assert_int_equal(READ("--format", "xml"), -EINVAL);
	assert_non_null(strstr(err.text, "table, text, csv, json or ocsf"));
}

static void a_file_gets_text_unless_told_otherwise(void **state)
{
	(void)state;
	assert_int_equal(READ("-o", "x"), 0);
	assert_int_equal(options.format, RENDER_TEXT);
}

static void kinds_are_named_and_groups_known(void **state)
{
	(void)state;
	assert_int_equal(READ("--event", "exec,exit"), 0);
	assert_int_equal(options.kinds, 1u << REC_EXEC | 1u << REC_EXIT);
	assert_int_equal(READ("-e", "process"), 0);
	assert_true(options.kinds & 1u << REC_FORK);
	assert_int_equal(READ("--log-level", "debug"), 0);
	assert_true(options.kinds & 1u << REC_FORK && options.kinds & 1u << REC_EXIT);
	assert_int_equal(READ("-e", "exit", "-e", "exec"), -EINVAL);
}

static void what_is_not_recorded_yet_is_said_plainly(void **state)
{
	(void)state;
	assert_int_equal(READ("--event", "exit,exot"), -EINVAL);
	assert_non_null(strstr(err.text, "did you mean 'exit'"));
	assert_int_equal(READ("--event", ""), -EINVAL);
	assert_int_equal(READ("--event", "snapshot"), -EINVAL);
}

static void a_minimum_duration_shows_exits(void **state)
{
	(void)state;
	assert_int_equal(READ("-d", "100"), 0);
	assert_int_equal(options.min_ms, 100);
	assert_int_equal(options.kinds, 1u << REC_EXIT);
	assert_int_equal(READ("--min-duration", "2s", "--event", "exec,exit"), 0);
	assert_int_equal(options.min_ms, 2000);
	assert_int_equal(options.kinds, 1u << REC_EXEC | 1u << REC_EXIT);
	assert_int_equal(READ("-d", "-1"), -EINVAL);
	assert_int_equal(READ("-d", "soon"), -EINVAL);
}

static void columns_are_checked_at_once(void **state)
{
	(void)state;
	assert_int_equal(READ("--event", "exit", "--format", "csv"), 0);
	assert_int_equal(options.column_count, 5);
	assert_string_equal(options.columns[3], "COMMAND");
	assert_int_equal(READ("--format", "csv"), 0);
	assert_int_equal(options.column_count, 0);
	assert_int_equal(READ("--format", "csv", "--columns", "PID,process.args"), 0);
	assert_int_equal(options.column_count, 2);
	assert_int_equal(READ("--format", "csv", "--columns", "PID,PDI"), -EINVAL);
	assert_int_equal(READ("--format", "csv", "--columns", "PID,"), -EINVAL);
	assert_int_equal(READ("--format", "json", "--columns", "PID"), -EINVAL);
	assert_non_null(strstr(err.text, "csv only"));
}

static void other_mistakes_are_told(void **state)
{
	(void)state;
	assert_int_equal(READ("--nothing"), -EINVAL);
	assert_int_equal(READ("--format"), -EINVAL);
	assert_int_equal(READ("more"), -EINVAL);
	assert_int_equal(READ("--seconds", "0"), -EINVAL);
	assert_int_equal(READ("--seconds", "x"), -EINVAL);
	assert_int_equal(READ("--filter", ""), -EINVAL);
	assert_int_equal(READ("--log-level", "loud"), -EINVAL);
}

static void help_teaches_with_examples_and_columns(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 64 * 1024);
	assert_int_equal(watch_options_help(&text), 0);
	assert_int_equal(buf_add(&text, "", 1), 0);
	assert_non_null(strstr(text.data, "examples:"));
	assert_non_null(strstr(text.data, "process_events.csv"));
	assert_non_null(strstr(text.data, "DURATION_MS"));
	buf_done(&text);
	assert_int_equal(READ("--help"), 0);
	assert_true(options.help);
}

/* Conditions */

static struct event event_of(enum rec_kind kind, const char *comm, const char *path, uint32_t uid,
			     uint64_t duration_ms)
{
	const char *why = NULL;
	struct event event = {0};
	size_t size;

	builder_start(&builder, kind, 1);
	builder.task->creds.euid = uid;
	(void)strncpy(builder.task->comm, comm, REC_COMM_SIZE - 1);
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->process.executable, path);
	builder_text(&builder, &builder.enriched->user, uid ? "alice" : "root");
	if (duration_ms)
		builder.enriched->duration_ns = duration_ms * 1000000;
	size = builder_end(&builder);
	if (entry_parse(builder.data, size, stream, &event, &why) < 0)
		fail_msg("%s", why);
	return event;
}

static bool shows(enum rec_kind kind, const char *comm, const char *path, uint32_t uid,
		  uint64_t duration_ms)
{
	struct event event = event_of(kind, comm, path, uid, duration_ms);
	struct condition *condition = NULL;
	bool result;

	if (watch_options_condition(&options, &condition, &err) < 0)
		fail_msg("%s", err.text);
	result = !condition || condition_matches(condition, &event);
	condition_free(condition);
	return result;
}

static void without_options_everything_is_shown(void **state)
{
	(void)state;
	assert_int_equal(READ("--format", "text"), 0);
	assert_true(shows(REC_EXIT, "a", "/bin/a", 0, 1));
}

static void a_filter_is_for_binary_or_comm_with_wildcards(void **state)
{
	(void)state;
	assert_int_equal(READ("--filter", "python*", "-f", "sh"), 0);
	assert_true(shows(REC_EXEC, "python3.11", "/usr/bin/x", 0, 0));
	assert_true(shows(REC_EXEC, "x", "/usr/bin/python3", 0, 0));
	assert_true(shows(REC_EXIT, "sh", "/usr/bin/dash", 0, 5));
	assert_false(shows(REC_EXEC, "bash", "/usr/bin/bash", 0, 0));
	assert_false(shows(REC_EXEC, "x", "/python/x", 0, 0));
}

static void a_user_is_a_name_or_a_number(void **state)
{
	(void)state;
	assert_int_equal(READ("--user", "alice"), 0);
	assert_true(shows(REC_EXEC, "a", "/bin/a", 1000, 0));
	assert_false(shows(REC_EXEC, "a", "/bin/a", 0, 0));
	assert_int_equal(READ("--user", "0", "--user", "bob"), 0);
	assert_true(shows(REC_EXEC, "a", "/bin/a", 0, 0));
	assert_false(shows(REC_EXEC, "a", "/bin/a", 1000, 0));
}

static void short_lives_are_left_out_unknown_ones_are_not(void **state)
{
	(void)state;
	assert_int_equal(READ("-d", "100"), 0);
	assert_true(shows(REC_EXIT, "a", "/bin/a", 0, 100));
	assert_false(shows(REC_EXIT, "a", "/bin/a", 0, 99));
	assert_true(shows(REC_EXIT, "a", "/bin/a", 0, 0));
	assert_true(shows(REC_EXEC, "a", "/bin/a", 0, 0));
}

static bool shows_container(const char *id, const char *name)
{
	struct condition *condition = NULL;
	const char *why = NULL;
	struct event event;
	bool result;
	size_t size;

	builder_start(&builder, REC_EXEC, 1);
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->container_id, id);
	builder_text(&builder, &builder.enriched->container_name, name);
	size = builder_end(&builder);
	if (entry_parse(builder.data, size, stream, &event, &why) < 0 ||
	    watch_options_condition(&options, &condition, &err) < 0)
		fail_msg("%s", why ? why : err.text);
	result = condition_matches(condition, &event);
	condition_free(condition);
	return result;
}

static void a_container_is_a_name_or_the_start_of_an_id(void **state)
{
	static const char id[] = "3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766";

	(void)state;
	assert_int_equal(READ("--container", "web-*"), 0);
	assert_true(shows_container(id, "web-1"));
	assert_false(shows_container(id, "db"));
	assert_int_equal(READ("--container", id), 0);
	assert_true(shows_container(id, "db"));
	assert_int_equal(READ("--container", "3f2b8c1d9e7a"), 0);
	assert_true(shows_container(id, "db"));
	assert_true(shows_container("0000", "3f2b8c1d9e7a"));
	assert_false(shows_container("13f2b8c1d9e7a", "db"));
	assert_int_equal(READ("--container", "3f2b8c1d9e7"), 0);
	assert_false(shows_container(id, "db"));
	assert_int_equal(READ("--container", "3f2b8c1d9e7a", "--container", "db"), 0);
	assert_true(shows_container(id, "x"));
	assert_true(shows_container("0000", "db"));
	assert_false(shows_container("0000", "x"));
	assert_int_equal(READ("--container", "db", "--user", "alice"), 0);
	assert_false(shows_container(id, "db"));
	assert_int_equal(READ("--container", ""), -EINVAL);
}

static void all_options_must_hold(void **state)
{
	(void)state;
	assert_int_equal(READ("-d", "100", "-f", "a", "-u", "0"), 0);
	assert_true(shows(REC_EXIT, "a", "/bin/b", 0, 200));
	assert_true(shows(REC_EXIT, "b", "/bin/a", 0, 200));
	assert_false(shows(REC_EXIT, "b", "/bin/b", 0, 200));
	assert_false(shows(REC_EXIT, "a", "/bin/a", 1, 200));
	assert_false(shows(REC_EXIT, "a", "/bin/a", 0, 20));
}

static void as_many_names_as_there_may_be_work(void **state)
{
	const char *words[16] = {"watch"};

	(void)state;
	for (size_t i = 1; i + 1 < 16; i += 2) {
		words[i] = i % 4 == 1 ? "-f" : "-u";
		words[i + 1] = "7";
	}
	assert_int_equal(read_words(words, 15), 0);
	assert_true(shows(REC_EXIT, "7", "/bin/b", 7, 0));
}

/* The view: frames in, lines out */

struct scene {
	int in[2];  /* ours, the view's */
	int out[2]; /* the view's, ours */
	int stop_fd;
	struct view *view;
	struct buf frames;
};

static struct scene scene;

static int scene_start(void **state)
{
	(void)state;
	scene.stop_fd = eventfd(0, EFD_CLOEXEC);
	buf_init(&scene.frames, 4 * 1024 * 1024);
	return socketpair(AF_UNIX, SOCK_STREAM, 0, scene.in) < 0 ||
	       socketpair(AF_UNIX, SOCK_STREAM, 0, scene.out) < 0;
}

static int scene_stop(void **state)
{
	(void)state;
	view_free(scene.view);
	scene.view = NULL;
	buf_done(&scene.frames);
	for (int i = 0; i < 2; i++) {
		cleanup_close(&scene.in[i]);
		cleanup_close(&scene.out[i]);
	}
	cleanup_close(&scene.stop_fd);
	return 0;
}

static void make_view(uint32_t kinds, const struct condition *when)
{
	struct view_options view_options = {
		.in_fd = scene.in[1],
		.stop_fd = scene.stop_fd,
		.out_fd = scene.out[0],
		.kinds = kinds,
		.when = when,
		.render = {.format = RENDER_TEXT},
	};

	if (view_new(&scene.view, &view_options, &(struct render_identity){0}, &err) < 0)
		fail_msg("%s", err.text);
}

static void add_frame(enum rec_kind kind, uint64_t sequence)
{
	const char *why = NULL;
	struct event event;

	builder_start(&builder, kind, sequence);
	if (builder.task)
		memcpy(builder.task->comm, "work", 5);
	else
		builder.lost->count = 5;
	assert_int_equal(entry_parse(builder.data, builder_end(&builder), stream, &event, &why), 0);
	assert_int_equal(raw_event(&event, &scene.frames), 0);
}

static void send_frames(size_t size)
{
	assert_int_equal(send(scene.in[0], scene.frames.data, size, MSG_NOSIGNAL), (ssize_t)size);
}

static char *received(void)
{
	static char text[64 * 1024];
	ssize_t n = recv(scene.out[1], text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void frames_become_lines(void **state)
{
	struct view_status status;

	(void)state;
	make_view(1u << REC_EXIT, NULL);
	add_frame(REC_EXIT, 1);
	add_frame(REC_EXEC, 2);
	add_frame(REC_EXIT, 3);
	send_frames(scene.frames.length);
	(void)shutdown(scene.in[0], SHUT_WR);
	assert_int_equal(view_run(scene.view, &err), 0);
	view_status(scene.view, &status);
	assert_int_equal(status.shown, 2);
	assert_int_equal(status.left_out, 1);
	assert_int_equal(status.missed, 0);
	assert_non_null(strstr(received(), "Process work"));
}

static void losses_are_shown_and_counted_whatever_was_asked_for(void **state)
{
	struct condition *none = NULL;
	struct view_status status;

	(void)state;
	assert_int_equal(READ("-f", "nobody"), 0);
	assert_int_equal(watch_options_condition(&options, &none, &err), 0);
	make_view(1u << REC_EXIT, none);
	add_frame(REC_LOST, 1);
	add_frame(REC_EXIT, 2);
	add_frame(REC_EXIT, 12);
	send_frames(scene.frames.length);
	(void)shutdown(scene.in[0], SHUT_WR);
	assert_int_equal(view_run(scene.view, &err), 0);
	view_status(scene.view, &status);
	assert_int_equal(status.shown, 1);
	assert_int_equal(status.lost, 5);
	assert_int_equal(status.missed, 9);
	assert_non_null(strstr(received(), "5 events lost"));
	condition_free(none);
}

static void show_heartbeat_and_stop(uint32_t kinds, unsigned int shown)
{
	struct view_status status;

	make_view(kinds, NULL);
	add_frame(REC_AGENT_HEARTBEAT, 1);
	add_frame(REC_AGENT_STOP, 2);
	send_frames(scene.frames.length);
	(void)shutdown(scene.in[0], SHUT_WR);
	assert_int_equal(view_run(scene.view, &err), 0);
	view_status(scene.view, &status);
	assert_int_equal(status.shown, shown);
	assert_non_null(strstr(received(), "agent_stop"));
}

static void the_agents_routine_is_left_out_for_who_chose_kinds(void **state)
{
	(void)state;
	show_heartbeat_and_stop(1u << REC_EXIT, 1);
}

static void the_agents_routine_is_shown_to_who_looks_at_everything(void **state)
{
	(void)state;
	show_heartbeat_and_stop(UINT32_MAX, 2);
}

static void *run_view(void *data)
{
	struct err story;

	(void)data;
	return (void *)(intptr_t)view_run(scene.view, &story);
}

static void a_line_comes_at_once_and_the_stop_ends_it(void **state)
{
	struct pollfd fd = {.fd = scene.out[1], .events = POLLIN};
	pthread_t thread;
	void *result;

	(void)state;
	make_view(UINT32_MAX, NULL);
	assert_int_equal(pthread_create(&thread, NULL, run_view, NULL), 0);
	add_frame(REC_EXIT, 1);
	/* In two pieces: half a frame must not be shown, nor lost. */
	send_frames(scene.frames.length / 2);
	assert_int_equal(send(scene.in[0], scene.frames.data + scene.frames.length / 2,
			      scene.frames.length - scene.frames.length / 2, 0),
			 (ssize_t)(scene.frames.length - scene.frames.length / 2));
	fd.fd = scene.out[1];
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_non_null(strstr(received(), "Process work"));
	assert_int_equal(eventfd_write(scene.stop_fd, 1), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
}

static void a_reader_that_has_gone_ends_it(void **state)
{
	(void)state;
	make_view(UINT32_MAX, NULL);
	add_frame(REC_EXIT, 1);
	send_frames(scene.frames.length);
	cleanup_close(&scene.out[1]);
	scene.out[1] = -1;
	assert_int_equal(view_run(scene.view, &err), -EPIPE);
}

static void a_reader_that_never_reads_does_not_hold_the_stop(void **state)
{
	(void)state;
	make_view(UINT32_MAX, NULL);
	while (send(scene.out[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		continue;
	add_frame(REC_EXIT, 1);
	send_frames(scene.frames.length);
	assert_int_equal(eventfd_write(scene.stop_fd, 1), 0);
	assert_int_equal(view_run(scene.view, &err), 0);
}

static void rubbish_ends_it_with_the_reason(void **state)
{
	(void)state;
	make_view(UINT32_MAX, NULL);
	assert_int_equal(buf_add_text(&scene.frames, "HTTP/1.1 400 Bad Request\r\n\r\n"), 0);
	send_frames(scene.frames.length);
	assert_int_equal(view_run(scene.view, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "no event"));
}

static void an_end_in_the_middle_of_an_event_is_told(void **state)
{
	(void)state;
	make_view(UINT32_MAX, NULL);
	add_frame(REC_EXIT, 1);
	send_frames(scene.frames.length - 1);
	(void)shutdown(scene.in[0], SHUT_WR);
	assert_int_equal(view_run(scene.view, &err), -EBADMSG);
}

/* The client, against a small agent of ours */

struct agent {
	char dir[64];
	char path[96];
	int listen_fd;
	const char *answer;
	pthread_t thread;
	char request[16];
};

static struct agent agent;

static int agent_start(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	(void)snprintf(agent.dir, sizeof(agent.dir), "/tmp/auditship-test-XXXXXX");
	if (!mkdtemp(agent.dir))
		return -1;
	(void)snprintf(agent.path, sizeof(agent.path), "%s/s", agent.dir);
	(void)strcpy(address.sun_path, agent.path);
	agent.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return bind(agent.listen_fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	       listen(agent.listen_fd, 1) < 0;
}

static int agent_stop(void **state)
{
	(void)state;
	(void)close(agent.listen_fd);
	(void)unlink(agent.path);
	(void)rmdir(agent.dir);
	return 0;
}

/* Reads the request, gives the answer and whatever frames there are, closes. */
static void *serve(void *data)
{
	int fd = accept(agent.listen_fd, NULL, NULL);
	ssize_t n = recv(fd, agent.request, sizeof(agent.request) - 1, 0);

	(void)data;
	agent.request[n < 0 ? 0 : n] = '\0';
	(void)send(fd, agent.answer, strlen(agent.answer), MSG_NOSIGNAL);
	if (scene.frames.length)
		(void)send(fd, scene.frames.data, scene.frames.length, MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

static int join_with(const char *answer, struct join **ret_join)
{
	int result;

	agent.answer = answer;
	assert_int_equal(pthread_create(&agent.thread, NULL, serve, NULL), 0);
	result = join_open(ret_join, agent.path, &err);
	assert_int_equal(pthread_join(agent.thread, NULL), 0);
	return result;
}

#define WELCOME                                                                                    \
	"{\"ok\":true,\"version\":\"" AUDITSHIP_VERSION "\",\"abi\":2,\"identity\":{"              \
	"\"agent_name\":\"web-01\",\"host_name\":\"web-01\",\"pid_ns\":4026531836,\"tags\":"       \
	"[\"prod\",\"eu\"],\"labels\":[\"role\",\"web\",\"a\\\"b\",\"no name\",\"\",\"nor this\"," \
	"\"zone\",\"x\\\"y\",\"half\"]}}\n"

static void joining_asks_and_takes_the_identity(void **state)
{
	struct join *join = NULL;

	(void)state;
	if (join_with(WELCOME, &join) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(agent.request, "watch\n");
	assert_string_equal(join_identity(join)->agent_name, "web-01");
	assert_int_equal(join_identity(join)->pid_ns, 4026531836u);
	assert_int_equal(join_identity(join)->tag_count, 2);
	assert_string_equal(join_identity(join)->tags[1], "eu");
	assert_int_equal(join_identity(join)->label_count, 2);
	assert_string_equal(join_identity(join)->labels[0].name, "role");
	assert_string_equal(join_identity(join)->labels[0].value, "web");
	assert_string_equal(join_identity(join)->labels[1].name, "zone");
	assert_string_equal(join_identity(join)->labels[1].value, "x\"y");
	assert_null(join_identity(join)->os_name);
	join_close(join);
}

static void an_agent_that_refuses_is_quoted(void **state)
{
	struct join *join = NULL;

	(void)state;
	assert_int_equal(join_with("{\"ok\":false,\"error\":\"8 are watching\"}\n", &join),
			 -EPROTO);
	assert_non_null(strstr(err.text, "8 are watching"));
}

static void another_version_is_a_clear_error(void **state)
{
	struct join *join = NULL;

	(void)state;
	assert_int_equal(join_with("{\"ok\":true,\"version\":\"9.9.9\",\"abi\":2}\n", &join),
			 -EPROTO);
	assert_non_null(strstr(err.text, "9.9.9"));
	assert_non_null(strstr(err.text, AUDITSHIP_VERSION));
	assert_int_equal(
		join_with("{\"ok\":true,\"version\":\"" AUDITSHIP_VERSION "\",\"abi\":3}\n", &join),
		-EPROTO);
}

static void what_is_no_agent_is_not_believed(void **state)
{
	static char endless[JOIN_ANSWER_MAX + 100];
	struct join *join = NULL;

	(void)state;
	assert_int_equal(join_with("", &join), -EPROTO);
	assert_int_equal(join_with("hello\n", &join), -EPROTO);
	assert_int_equal(join_with("{}\n", &join), -EPROTO);
	assert_int_equal(join_with("[1]\n", &join), -EPROTO);
	assert_int_equal(join_with("{\"version\":1,\"abi\":\"x\"}\n", &join), -EPROTO);
	memset(endless, 'x', sizeof(endless) - 1);
	assert_int_equal(join_with(endless, &join), -EPROTO);
	assert_null(join);
}

static void no_agent_is_told_apart_from_a_bad_one(void **state)
{
	struct join *join = NULL;
	char path[256];

	(void)state;
	assert_int_equal(join_open(&join, "/nonexistent/socket", &err), -ENOENT);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(join_open(&join, path, &err), -ENAMETOOLONG);
	(void)close(agent.listen_fd);
	assert_int_equal(join_open(&join, agent.path, &err), -ECONNREFUSED);
	agent.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
}

/* The whole command against the small agent, into a file */

static int whole_start(void **state)
{
	buf_init(&scene.frames, 1024 * 1024);
	return agent_start(state);
}

static int whole_stop(void **state)
{
	buf_done(&scene.frames);
	scene.frames = (struct buf){0};
	return agent_stop(state);
}

static int watch_into(const char *path, const char *format)
{
	char words[][128] = {"watch", "--socket", "",     "-o",          "",     "--format",
			     "",      "--event",  "exit", "--log-level", "error"};
	char *argv[12] = {0};
	int code;

	(void)snprintf(words[2], sizeof(words[2]), "%s", agent.path);
	(void)snprintf(words[4], sizeof(words[4]), "%s", path);
	(void)snprintf(words[6], sizeof(words[6]), "%s", format);
	for (size_t i = 0; i < 11; i++)
		argv[i] = words[i];
	agent.answer = WELCOME;
	assert_int_equal(pthread_create(&agent.thread, NULL, serve, NULL), 0);
	code = tool_watch(11, argv, &err);
	if (code) { /* perhaps it never came to connect */
		struct join *join = NULL;

		(void)join_open(&join, agent.path, &(struct err){0});
		join_close(join);
	}
	assert_int_equal(pthread_join(agent.thread, NULL), 0);
	return code;
}

static char *content(const char *path)
{
	static char text[4096];
	_cleanup_close_ int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void a_file_is_made_private_and_appended_to_under_one_header(void **state)
{
	char path[96];
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/events.csv", agent.dir);
	add_frame(REC_EXIT, 1);
	if (watch_into(path, "csv"))
		fail_msg("%s", err.text);
	assert_string_equal(content(path), "PID,PPID,USER,COMMAND,DURATION_MS\n0,,0,work,\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(watch_into(path, "csv"), 0);
	assert_string_equal(content(path),
			    "PID,PPID,USER,COMMAND,DURATION_MS\n0,,0,work,\n0,,0,work,\n");
	assert_int_equal(watch_into(path, "table"), 1);
	assert_non_null(strstr(err.text, "another header"));
	(void)unlink(path);
}

static void a_line_that_was_torn_does_not_swallow_ours(void **state)
{
	char path[96];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/events.txt", agent.dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "[torn", 5), 5);
	(void)close(fd);
	add_frame(REC_EXIT, 1);
	assert_int_equal(watch_into(path, "text"), 0);
	assert_memory_equal(content(path), "[torn\n[2026", 11);
	(void)unlink(path);
}

static void links_and_devices_are_refused(void **state)
{
	char path[96], target[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/link", agent.dir);
	(void)snprintf(target, sizeof(target), "%s/target", agent.dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(watch_into(path, "text"), 1);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(access(target, F_OK), -1);
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(watch_into(path, "text"), 1);
	(void)unlink(path);
	assert_int_equal(watch_into(agent.dir, "text"), 1);
}

#define OPTION(test) cmocka_unit_test_teardown(test, forget)
#define VIEW(test) cmocka_unit_test_setup_teardown(test, scene_start, scene_stop)
#define CLIENT(test) cmocka_unit_test_setup_teardown(test, agent_start, agent_stop)
#define WHOLE(test) cmocka_unit_test_setup_teardown(test, whole_start, whole_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPTION(formats_have_names),
		OPTION(a_file_gets_text_unless_told_otherwise),
		OPTION(kinds_are_named_and_groups_known),
		OPTION(what_is_not_recorded_yet_is_said_plainly),
		OPTION(a_minimum_duration_shows_exits),
		OPTION(columns_are_checked_at_once),
		OPTION(other_mistakes_are_told),
		OPTION(help_teaches_with_examples_and_columns),
		OPTION(without_options_everything_is_shown),
		OPTION(a_filter_is_for_binary_or_comm_with_wildcards),
		OPTION(a_user_is_a_name_or_a_number),
		OPTION(short_lives_are_left_out_unknown_ones_are_not),
		OPTION(a_container_is_a_name_or_the_start_of_an_id),
		OPTION(all_options_must_hold),
		OPTION(as_many_names_as_there_may_be_work),
		VIEW(frames_become_lines),
		VIEW(losses_are_shown_and_counted_whatever_was_asked_for),
		VIEW(the_agents_routine_is_left_out_for_who_chose_kinds),
		VIEW(the_agents_routine_is_shown_to_who_looks_at_everything),
		VIEW(a_line_comes_at_once_and_the_stop_ends_it),
		VIEW(a_reader_that_has_gone_ends_it),
		VIEW(a_reader_that_never_reads_does_not_hold_the_stop),
		VIEW(rubbish_ends_it_with_the_reason),
		VIEW(an_end_in_the_middle_of_an_event_is_told),
		CLIENT(joining_asks_and_takes_the_identity),
		CLIENT(an_agent_that_refuses_is_quoted),
		CLIENT(another_version_is_a_clear_error),
		CLIENT(what_is_no_agent_is_not_believed),
		CLIENT(no_agent_is_told_apart_from_a_bad_one),
		WHOLE(a_file_is_made_private_and_appended_to_under_one_header),
		WHOLE(a_line_that_was_torn_does_not_swallow_ours),
		WHOLE(links_and_devices_are_refused),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
