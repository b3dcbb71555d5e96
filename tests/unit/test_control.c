/* SPDX-License-Identifier: BSD-2-Clause */
/* The server of the control socket and clients that do not behave, in one thread. */
#include "serve/control.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/descriptors.h"

#define LONG_ANSWER ((size_t)900 * 1024) /* more than a socket buffers */
#define NOBODY 65534

struct world {
	char dir[64];
	char path[96];
	struct control *control;
	int taken; /* descriptor, -1: none */
};

static int answer_hello(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)err;
	return buf_add_text(out, "{\"ok\":true}\n");
}

static int answer_long(void *data, struct buf *out, struct err *err)
{
	char *room = buf_reserve(out, LONG_ANSWER);

	(void)data;
	(void)err;
	memset(room, 'x', LONG_ANSWER);
	room[LONG_ANSWER - 1] = '\n';
	out->length += LONG_ANSWER;
	return 0;
}

static int answer_fault(void *data, struct buf *out, struct err *err)
{
	(void)data;
	(void)buf_add_text(out, "half an ans");
	return err_set(err, -EIO, "out of \"ink\"\n");
}

static void take(void *data, int fd)
{
	((struct world *)data)->taken = fd;
}

static const struct control_request requests[] = {
	{"hello", answer_hello, NULL}, {"long", answer_long, NULL}, {"fault", answer_fault, NULL},
	{"take", answer_hello, take},  {NULL, NULL, NULL},
};

static int try_open(struct world *world, struct control **ret_control, const char *group,
		    struct err *err)
{
	struct control_options options = {
		.path = world->path,
		.group = group,
		.requests = requests,
		.data = world,
	};

	err->text[0] = '\0';
	*ret_control = NULL;
	return control_open(ret_control, &options, err);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct err err;

	(void)snprintf(world->dir, sizeof(world->dir), "/tmp/auditship-control-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	(void)snprintf(world->path, sizeof(world->path), "%s/run/control.sock", world->dir);
	world->taken = -1;
	assert_int_equal(try_open(world, &world->control, NULL, &err), 0);
	*state = world;
	return 0;
}

static void remove_below(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		(void)unlinkat(dirfd(stream), entry->d_name, 0);
	if (stream)
		(void)closedir(stream);
	(void)rmdir(dir);
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char run[80];

	control_close(world->control);
	if (world->taken >= 0)
		(void)close(world->taken);
	(void)snprintf(run, sizeof(run), "%s/run", world->dir);
	remove_below(run);
	remove_below(world->dir);
	free(world);
	return 0;
}

/* Lets the server do all that it can do now. */
static void serve(struct world *world)
{
	struct pollfd pollfd = {.fd = control_fd(world->control), .events = POLLIN};

	for (int i = 0; i < 10000 && poll(&pollfd, 1, 0) > 0; i++)
		control_serve(world->control);
	assert_true(poll(&pollfd, 1, 0) == 0); /* nothing spins */
}

static int try_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	(void)close(fd);
	return -errno;
}

static int connect_to(struct world *world)
{
	int fd = try_connect(world->path);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *text, size_t length)
{
	assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* What has come: bytes, 0 at the end, or a negative errno. */
static ssize_t hear(int fd, char *text, size_t size)
{
	ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? -errno : n;
}

static bool is_closed(int fd)
{
	char text[4096];
	ssize_t n;

	while ((n = hear(fd, text, sizeof(text))) > 0)
		;
	return n == 0 || n == -ECONNRESET;
}

static void expect_answer(struct world *world, int fd, const char *request, const char *answer)
{
	char text[512];

	say(fd, request, strlen(request));
	serve(world);
	assert_true(hear(fd, text, sizeof(text)) > 0);
	assert_string_equal(text, answer);
}

static void expect_good(struct world *world)
{
	int fd = connect_to(world);

	expect_answer(world, fd, "hello\n", "{\"ok\":true}\n");
	(void)close(fd);
	serve(world);
}

static struct control_counters counters(struct world *world)
{
	struct control_counters counters;

	control_counters(world->control, &counters);
	return counters;
}

static void a_line_is_answered_and_the_next_one_too(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	expect_answer(world, fd, "hello\n", "{\"ok\":true}\n");
	expect_answer(world, fd, "hello\n", "{\"ok\":true}\n");
	assert_int_equal(counters(world).requests, 2);
	assert_int_equal(counters(world).last_pid, getpid());
	assert_int_equal(counters(world).last_uid, getuid());
	(void)close(fd);
	serve(world);
	assert_int_equal(counters(world).clients, 0);
}

static void a_line_may_come_in_pieces(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	for (const char *at = "hello"; *at; at++) {
		say(fd, at, 1);
		serve(world);
	}
	expect_answer(world, fd, "\n", "{\"ok\":true}\n");
	(void)close(fd);
}

static void what_is_no_request_is_refused_and_the_client_sent_away(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *words;
	} rows[] = {
		{"hell\n", 5, "no such request"},
		{"\n", 1, "no such request"},
		{"hello \n", 7, "no such request"},
		{"hello\0\n", 7, "no such request"},
		{"\xff\xfe\x1b[2J\n", 7, "no such request"},
		{"hello\nhello\n", 12, "one request at a time"},
		{"hello\nhel", 9, "one request at a time"},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, "one request at a time"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = connect_to(world);
		char text[512];

		say(fd, rows[i].text, rows[i].length);
		serve(world);
		assert_true(hear(fd, text, sizeof(text)) > 0);
		assert_memory_equal(text, "{\"ok\":false,\"error\":\"", 21);
		assert_non_null(strstr(text, rows[i].words));
		assert_true(is_closed(fd));
		(void)close(fd);
	}
	assert_int_equal(counters(world).malformed, sizeof(rows) / sizeof(rows[0]));
	expect_good(world);
}

static void a_line_longer_than_256_bytes_is_refused(void **state)
{
	struct world *world = *state;
	char line[CONTROL_REQUEST_MAX], text[512];
	int fd = connect_to(world);

	memset(line, 'a', sizeof(line));
	say(fd, line, sizeof(line) - 1);
	serve(world);
	assert_int_equal(hear(fd, text, sizeof(text)), -EAGAIN); /* it may still end */
	say(fd, line, 1);
	serve(world);
	assert_true(hear(fd, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "at most 256 bytes"));
	assert_true(is_closed(fd));
	(void)close(fd);
}

static void a_mebibyte_without_a_line_feed_costs_nothing(void **state)
{
	static char junk[65536];
	struct world *world = *state;
	int fd = connect_to(world);
	size_t sent = 0;

	memset(junk, 0xa5, sizeof(junk));
	while (sent < (size_t)1024 * 1024) {
		ssize_t n = send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL);

		serve(world);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
	}
	assert_true(sent < (size_t)1024 * 1024);
	assert_int_equal(counters(world).clients, 0);
	(void)close(fd);
	expect_good(world);
}

static void a_client_that_has_shut_down_its_side_still_gets_its_answer(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world), silent = connect_to(world);
	char text[64];

	say(fd, "hello\n", 6);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(shutdown(silent, SHUT_WR), 0);
	serve(world);
	assert_int_equal(hear(fd, text, sizeof(text)), 12);
	assert_true(is_closed(fd));
	assert_true(is_closed(silent));
	assert_int_equal(counters(world).clients, 0);
	(void)close(fd);
	(void)close(silent);
}

static void a_client_that_says_nothing_is_sent_away_after_five_seconds(void **state)
{
	struct world *world = *state;
	uint64_t now_ns = clock_mono_ns();
	int fd = connect_to(world);

	serve(world);
	control_tick(world->control, now_ns + 4900 * NS_PER_MS);
	assert_int_equal(counters(world).clients, 1);
	say(fd, "h", 1); /* a piece of a line is no reason for more patience */
	serve(world);
	control_tick(world->control, clock_mono_ns() + 5001 * NS_PER_MS);
	assert_int_equal(counters(world).clients, 0);
	assert_int_equal(counters(world).timeouts, 1);
	assert_true(is_closed(fd));
	(void)close(fd);
}

static void a_client_that_does_not_read_holds_up_nobody_and_is_sent_away(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	say(fd, "long\n", 5);
	serve(world);
	assert_int_equal(counters(world).clients, 1);
	expect_good(world);
	control_tick(world->control, clock_mono_ns() + 5001 * NS_PER_MS);
	assert_int_equal(counters(world).clients, 0);
	assert_int_equal(counters(world).timeouts, 1);
	(void)close(fd);
}

static void a_long_answer_arrives_whole_at_a_slow_reader(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);
	size_t heard = 0;
	char text[4096];

	say(fd, "long\n", 5);
	while (heard < LONG_ANSWER) {
		ssize_t n;

		serve(world);
		n = hear(fd, text, sizeof(text));
		assert_true(n > 0);
		heard += (size_t)n;
	}
	assert_int_equal(heard, LONG_ANSWER);
	expect_answer(world, fd, "hello\n", "{\"ok\":true}\n");
	(void)close(fd);
}

static void an_answer_that_fails_is_told_with_its_reason(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);

	expect_answer(world, fd, "fault\n", "{\"ok\":false,\"error\":\"out of \\\"ink\\\"\\n\"}\n");
	assert_true(is_closed(fd));
	(void)close(fd);
}

static void the_seventeenth_client_is_turned_away_with_words(void **state)
{
	struct world *world = *state;
	int fds[CONTROL_CLIENTS_MAX + 1];
	char text[128];

	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		fds[i] = connect_to(world), serve(world);
	assert_true(hear(fds[CONTROL_CLIENTS_MAX], text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "too many clients"));
	assert_int_equal(counters(world).refused, 1);
	(void)close(fds[3]);
	serve(world);
	expect_good(world);
	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		if (i != 3)
			(void)close(fds[i]);
	serve(world);
	assert_int_equal(counters(world).clients, 0);
}

static void a_thousand_connections_leave_no_descriptor_behind(void **state)
{
	struct world *world = *state;
	size_t before = count_descriptors();

	for (int i = 0; i < 1000; i++) {
		int fd = connect_to(world);

		if (i % 3 == 0)
			say(fd, "hello\n", 6);
		if (i % 3 == 1)
			say(fd, "nonsense\n", 9);
		if (i % 2)
			serve(world);
		(void)close(fd);
		serve(world);
	}
	assert_int_equal(counters(world).clients, 0);
	assert_int_equal(count_descriptors(), before);
	expect_good(world);
}

static void a_connection_can_be_handed_over(void **state)
{
	struct world *world = *state;
	int fd = connect_to(world);
	char text[64];

	expect_answer(world, fd, "take\n", "{\"ok\":true}\n");
	assert_true(world->taken >= 0);
	assert_int_equal(counters(world).clients, 0);
	say(world->taken, "more", 4);
	assert_int_equal(hear(fd, text, sizeof(text)), 4);
	control_tick(world->control, clock_mono_ns() + 60000 * NS_PER_MS);
	assert_int_equal(hear(fd, text, sizeof(text)), -EAGAIN); /* still open */
	(void)close(fd);
}

static void without_descriptors_the_listener_rests_until_the_next_tick(void **state)
{
	struct world *world = *state;
	struct rlimit limit, none;
	int fd = connect_to(world);
	char text[64];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	/* poll(2) itself needs the limit: one turn by hand, which must leave nothing ready */
	control_serve(world->control);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	serve(world);
	assert_int_equal(counters(world).accepted, 0);
	control_tick(world->control, clock_mono_ns());
	say(fd, "hello\n", 6);
	serve(world);
	assert_int_equal(hear(fd, text, sizeof(text)), 12);
	(void)close(fd);
}

static void only_the_owner_may_connect(void **state)
{
	struct world *world = *state;
	char run[80];
	struct stat st;

	assert_int_equal(lstat(world->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)snprintf(run, sizeof(run), "%s/run", world->dir);
	assert_int_equal(stat(run, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
}

/* As another user, in a process of its own. 0: it was turned away with words, 1: it was answered.
 */
static int ask_as(const char *path, gid_t group)
{
	char text[128] = "";
	int fd;

	if (setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 2;
	fd = try_connect(path);
	if (fd < 0)
		return 3;
	(void)send(fd, "hello\n", 6, MSG_NOSIGNAL);
	(void)recv(fd, text, sizeof(text) - 1, 0);
	if (strstr(text, "\"ok\":true"))
		return 1;
	return strstr(text, "only root and the agent's group") ? 0 : 4;
}

/* What ask_as returns, while the agent serves. */
static int answer_to(struct world *world, gid_t group)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(ask_as(world->path, group));
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct pollfd pollfd = {.fd = control_fd(world->control), .events = POLLIN};

		if (poll(&pollfd, 1, 10) > 0)
			control_serve(world->control);
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void open_directories(const struct world *world)
{
	char run[80];

	(void)snprintf(run, sizeof(run), "%s/run", world->dir);
	assert_int_equal(chmod(world->dir, 0755), 0);
	assert_int_equal(chmod(run, 0755), 0);
}

static void another_user_is_turned_away_even_when_the_mode_lets_him_in(void **state)
{
	struct world *world = *state;

	if (geteuid() != 0)
		skip();
	open_directories(world);
	assert_int_equal(chmod(world->path, 0666), 0);
	assert_int_equal(answer_to(world, NOBODY), 0);
	assert_int_equal(counters(world).refused, 1);
	/* nor is the agent's own group asked for by anybody */
	assert_int_equal(answer_to(world, getegid()), 0);
	assert_int_equal(counters(world).refused, 2);
	assert_int_equal(counters(world).requests, 0);
}

static void the_group_may_be_a_number_and_must_exist_as_a_name(void **state)
{
	struct world *world = *state;
	struct control *control;
	struct stat st;
	struct err err;

	control_close(world->control);
	world->control = NULL;
	assert_int_equal(try_open(world, &control, "no-such-group-here", &err), -ENOENT);
	assert_non_null(strstr(err.text, "no-such-group-here"));
	if (geteuid() != 0)
		skip();
	assert_int_equal(try_open(world, &world->control, "65534", &err), 0);
	assert_int_equal(lstat(world->path, &st), 0);
	assert_int_equal(st.st_gid, 65534);
	assert_int_equal(st.st_mode & 07777, 0660);
	open_directories(world);
	assert_int_equal(answer_to(world, 65534), 1);
	assert_int_equal(answer_to(world, getegid()), 3); /* by the mode */
	assert_int_equal(chmod(world->path, 0666), 0);
	assert_int_equal(answer_to(world, getegid()), 0);
}

static void a_path_has_one_agent(void **state)
{
	struct world *world = *state;
	struct control *second;
	char number[32];
	struct err err;

	assert_int_equal(try_open(world, &second, NULL, &err), -EADDRINUSE);
	(void)snprintf(number, sizeof(number), "process %d", (int)getpid());
	assert_non_null(strstr(err.text, number));
	assert_non_null(strstr(err.text, world->path));
	serve(world);
	expect_good(world);
	/* also when somebody has removed the lock */
	{
		char lock[128];

		(void)snprintf(lock, sizeof(lock), "%s.lock", world->path);
		assert_int_equal(unlink(lock), 0);
	}
	assert_int_equal(try_open(world, &second, NULL, &err), -EADDRINUSE);
	serve(world);
	expect_good(world);
}

static void the_socket_of_a_dead_agent_is_replaced(void **state)
{
	struct world *world = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct err err;
	int fd;

	control_close(world->control);
	world->control = NULL;
	assert_int_equal(access(world->path, F_OK), -1); /* an agent that ends tidies up */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
	assert_int_equal(access(world->path, F_OK), 0);
	assert_int_equal(try_open(world, &world->control, NULL, &err), 0);
	expect_good(world);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct world *world = *state;
	struct control *control;
	struct stat st;
	struct err err;
	int fd;

	control_close(world->control);
	world->control = NULL;
	fd = open(world->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(try_open(world, &control, NULL, &err), -EEXIST);
	assert_int_equal(lstat(world->path, &st), 0);
	assert_int_equal(unlink(world->path), 0);
	assert_int_equal(symlink("/dev/null", world->path), 0);
	assert_int_equal(try_open(world, &control, NULL, &err), -EEXIST);
}

static void a_socket_that_is_not_ours_is_not_removed(void **state)
{
	struct world *world = *state;
	struct stat st;
	int fd;

	assert_int_equal(unlink(world->path), 0);
	fd = open(world->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	control_close(world->control);
	world->control = NULL;
	assert_int_equal(lstat(world->path, &st), 0);
}

static void a_path_that_is_too_long_is_told(void **state)
{
	struct world *world = *state;
	char path[200];
	struct control_options options = {.path = path, .requests = requests};
	struct control *control = NULL;
	struct err err;

	(void)snprintf(path, sizeof(path), "%s/%0120d", world->dir, 1);
	assert_int_equal(control_open(&control, &options, &err), -ENAMETOOLONG);
	assert_non_null(strstr(err.text, "107 bytes"));
	(void)snprintf(path, sizeof(path), "/proc/nowhere/control.sock");
	assert_true(control_open(&control, &options, &err) < 0);
	assert_non_null(strstr(err.text, "/proc/nowhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_answered_and_the_next_one_too),
		TEST(a_line_may_come_in_pieces),
		TEST(what_is_no_request_is_refused_and_the_client_sent_away),
		TEST(a_line_longer_than_256_bytes_is_refused),
		TEST(a_mebibyte_without_a_line_feed_costs_nothing),
		TEST(a_client_that_has_shut_down_its_side_still_gets_its_answer),
		TEST(a_client_that_says_nothing_is_sent_away_after_five_seconds),
		TEST(a_client_that_does_not_read_holds_up_nobody_and_is_sent_away),
		TEST(a_long_answer_arrives_whole_at_a_slow_reader),
		TEST(an_answer_that_fails_is_told_with_its_reason),
		TEST(the_seventeenth_client_is_turned_away_with_words),
		TEST(a_thousand_connections_leave_no_descriptor_behind),
		TEST(a_connection_can_be_handed_over),
		TEST(without_descriptors_the_listener_rests_until_the_next_tick),
		TEST(only_the_owner_may_connect),
		TEST(another_user_is_turned_away_even_when_the_mode_lets_him_in),
		TEST(the_group_may_be_a_number_and_must_exist_as_a_name),
		TEST(a_path_has_one_agent),
		TEST(the_socket_of_a_dead_agent_is_replaced),
		TEST(what_is_no_socket_is_left_alone),
		TEST(a_socket_that_is_not_ours_is_not_removed),
		TEST(a_path_that_is_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
