/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts, watches and stops the agent. It knows the command line, the configuration and the shape
 * of a line of the trail; what an event should say is want*.c's.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_NS 10000000000ull
#define START_DEADLINE_NS 20000000000ull
#define INIT_PID_NS 4026531836u

struct text {
	char *data; /* terminated */
	size_t length, size;
};

struct lines {
	int fd;
	struct text rest;      /* of a line that has not ended yet */
	struct event **events; /* each allocated: callers keep them while more arrive */
	size_t count, size;
};

struct harness {
	char dir[64];
	char trail[128];
	pid_t agent; /* 0: not running */
	pid_t janitor;
	int janitor_fd;
	int log_fd;
	int watch_fd; /* inotify on dir */
	struct text log;
	struct lines file, screen;
};

uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t wall_offset_ns(void)
{
	struct timespec now;
	uint64_t before = boot_ns();

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec -
	       (before + (boot_ns() - before) / 2);
}

static int cannot_run(const char *reason)
{
	const char *ci = getenv("CI");
	bool must_run = ci && strcmp(ci, "true") == 0;

	fprintf(stderr, "kernel tests %s: %s\n", must_run ? "failed" : "skipped", reason);
	return must_run ? 1 : 77;
}

int harness_cannot_run(void)
{
	struct stat ns;

	if (geteuid() != 0)
		return cannot_run("they need root");
	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
		return cannot_run("this kernel has no BTF (/sys/kernel/btf/vmlinux)");
	if (stat("/proc/self/ns/pid", &ns) != 0 || ns.st_ino != INIT_PID_NS)
		return cannot_run("not in the initial pid namespace: pids would not compare");
	return 0;
}

unsigned int harness_slowdown(void)
{
	const char *text = getenv("TEST_SLOWDOWN");
	unsigned long times = text ? strtoul(text, NULL, 10) : 1;

	return times >= 1 && times <= 1000 ? (unsigned int)times : 1;
}

/* What deadlines grow by: one that is missed must not use up the time of all others. */
static unsigned int patience(void)
{
	return harness_slowdown() < 4 ? harness_slowdown() : 4;
}

/* Texts and files. */

static void text_add(struct text *text, const char *data, size_t length)
{
	if (text->length + length + 1 > text->size) {
		text->size = (text->length + length + 1) * 2;
		text->data = realloc(text->data, text->size);
		assert_non_null(text->data);
	}
	memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

/* Everything that can be read from fd now. */
static void text_drain(struct text *text, int fd)
{
	char chunk[65536];
	ssize_t length;

	while (fd >= 0 && (length = read(fd, chunk, sizeof(chunk))) > 0)
		text_add(text, chunk, (size_t)length);
}

void write_file(const char *path, const void *data, size_t size, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t written;

	assert_true(fd >= 0);
	written = write(fd, data, size);
	assert_int_equal(written, size);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

void copy_file(const char *from, const char *to, mode_t mode)
{
	struct text text = {0};
	int fd = open(from, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	text_drain(&text, fd);
	close(fd);
	write_file(to, text.data, text.length, mode);
	free(text.data);
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/*
 * Removes the directory once the test and its agent have gone, however they went: both hold the
 * other end of its pipe.
 */
static void run_janitor(const char *dir, int fd)
{
	int null = open("/dev/null", O_RDWR);
	char byte;

	setsid(); /* Ctrl-C is for the test */
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	dup2(fd, 3);
	close_range(4, ~0u, 0);
	while (read(3, &byte, 1) > 0)
		continue;
	remove_tree(dir);
	_exit(0);
}

static bool start_janitor(struct harness *harness)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	harness->janitor = fork();
	if (harness->janitor == 0)
		run_janitor(harness->dir, fds[0]);
	close(fds[0]);
	harness->janitor_fd = fds[1];
	return harness->janitor > 0;
}

/* Lines and events. */

static void parse(struct event *event)
{
	char error[256] = "";

	event->root = yajl_tree_parse(event->text, error, sizeof(error));
	if (!YAJL_IS_OBJECT(event->root))
		fail_msg("a line that is no JSON object: %s\n%s", error, event->text);
}

yajl_val event_get(const struct event *event, const char *path)
{
	char copy[128];
	const char *parts[8] = {0};
	unsigned int count = 0;

	if (!event->root)
		parse((struct event *)event);
	assert_true(strlen(path) < sizeof(copy));
	snprintf(copy, sizeof(copy), "%s", path);
	for (char *save, *part = strtok_r(copy, ".", &save); part;
	     part = strtok_r(NULL, ".", &save)) {
		assert_true(count < 7);
		parts[count++] = part;
	}
	return yajl_tree_get(event->root, parts, yajl_t_any);
}

const char *event_string(const struct event *event, const char *path)
{
	yajl_val value = event_get(event, path);

	if (!YAJL_IS_STRING(value))
		fail_msg("%s is no string in %s", path, event->text);
	return value->u.string;
}

uint64_t event_number(const struct event *event, const char *path)
{
	yajl_val value = event_get(event, path);

	if (YAJL_IS_STRING(value))
		return strtoull(value->u.string, NULL, 10);
	if (!YAJL_IS_INTEGER(value))
		fail_msg("%s is no number in %s", path, event->text);
	return (uint64_t)YAJL_GET_INTEGER(value);
}

uint64_t event_time(const struct event *event, const char *path)
{
	const char *text = event_string(event, path);
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	unsigned int ns;
	char end;

	if (!rest || strlen(text) != 30 || sscanf(rest, ".%9u%c", &ns, &end) != 2 || end != 'Z')
		fail_msg("%s is no time: %s", path, text);
	return (uint64_t)timegm(&tm) * 1000000000u + ns;
}

/*
 * Whose event it is, without parsing the line: a quote inside a string is escaped, so these keys
 * can stand in no string of it. A process's own pid is the first member of "process".
 */
static void scan(struct event *event)
{
	const char *action = strstr(event->text, "\"action\":\"");
	const char *pid = strstr(event->text, "\"process\":{\"pid\":");

	if (!action)
		fail_msg("a line without an action: %s", event->text);
	action += strlen("\"action\":\"");
	snprintf(event->action, sizeof(event->action), "%.*s", (int)strcspn(action, "\""), action);
	event->pid = pid ? (pid_t)strtol(pid + strlen("\"process\":{\"pid\":"), NULL, 10) : 0;
}

static void lines_add(struct lines *lines, const char *text, size_t length, uint64_t seen_ns)
{
	struct event *event = malloc(sizeof(*event));

	assert_non_null(event);
	*event = (struct event){.text = strndup(text, length), .seen_ns = seen_ns};
	assert_non_null(event->text);
	scan(event);
	if (lines->count == lines->size) {
		lines->size = lines->size ? lines->size * 2 : 256;
		lines->events = realloc(lines->events, lines->size * sizeof(*lines->events));
		assert_non_null(lines->events);
	}
	lines->events[lines->count++] = event;
}

static void lines_take(struct lines *lines)
{
	uint64_t seen_ns;
	size_t start = 0;
	char *end;

	text_drain(&lines->rest, lines->fd);
	seen_ns = boot_ns();
	while (start < lines->rest.length &&
	       (end = memchr(lines->rest.data + start, '\n', lines->rest.length - start))) {
		lines_add(lines, lines->rest.data + start, (size_t)(end - lines->rest.data) - start,
			  seen_ns);
		start = (size_t)(end - lines->rest.data) + 1;
	}
	if (start) {
		lines->rest.length -= start;
		memmove(lines->rest.data, lines->rest.data + start, lines->rest.length);
	}
}

static void lines_clear(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		free((char *)lines->events[i]->text);
		if (lines->events[i]->root)
			yajl_tree_free(lines->events[i]->root);
		free(lines->events[i]);
	}
	lines->count = 0;
}

static void lines_done(struct lines *lines)
{
	lines_clear(lines);
	free(lines->events);
	free(lines->rest.data);
	if (lines->fd >= 0)
		close(lines->fd);
}

/* The agent's process. */

static const char *keep_attached(const struct harness_options *options)
{
	return options->keeps ? "60s" : "off";
}

static int write_config(const struct harness *harness, const struct harness_options *options,
			const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	fprintf(file,
		"agent: {state_dir: %s/state, runtime_dir: %s/run, %s}\n"
		"capture:\n"
		"  events: %s\n"
		"  env: [LD_PRELOAD, AUDITSHIP_TEST]\n"
		"  args_max: %s\n"
		"  keep_attached: %s\n",
		harness->dir, harness->dir,
		options->agent ? options->agent : "coverage: request, heartbeat: off",
		options->events ? options->events : "[fork, exec, exit]",
		options->args_max ? options->args_max : "32KiB", keep_attached(options));
	if (options->opens)
		fprintf(file, "  open: {mode: %s}\n", options->opens);
	if (options->capture)
		fprintf(file, "%s", options->capture);
	if (options->vital_ring)
		fprintf(file, "  rings: {vital: %s, bulk: %s}\n", options->vital_ring,
			options->bulk_ring ? options->bulk_ring : "16MiB");
	if (options->rules)
		fprintf(file, "rules:\n%s", options->rules);
	fprintf(file,
		"enrich: {users: {nss: false}%s%s}\n" /* an id without a name needs no time to be
							 one */
		"journal: {max_size: %s}\n"
		"sinks:\n"
		"  - {name: trail, type: file, detail: full, path: %s, rotate: {size: off}}\n",
		options->enrich ? ", " : "", options->enrich ? options->enrich : "",
		options->journal ? options->journal : "64MiB", harness->trail);
	if (options->screen)
		fprintf(file, "  - {name: screen, type: stdout, format: ecs, detail: full}\n");
	return fclose(file) == 0 ? 0 : -errno;
}

static void run_agent(const char *binary, const char *config, int log_fd, int screen_fd,
		      int janitor_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* the test may die while it has stopped the agent */
	dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 0);
	dup2(screen_fd >= 0 ? screen_fd : 0, 1);
	dup2(log_fd, 2);
	fcntl(janitor_fd, F_SETFD, 0);
	execl(binary, "auditship", "run", "-c", config, NULL);
	perror(binary);
	_exit(127);
}

static bool start_agent(struct harness *harness, const struct harness_options *options,
			const char *config)
{
	const char *binary = options->binary ? options->binary : AUDITSHIP_BINARY;
	bool screen = options->screen;
	int log_pipe[2], screen_pipe[2] = {-1, -1};

	if (pipe2(log_pipe, O_CLOEXEC) != 0 || (screen && pipe2(screen_pipe, O_CLOEXEC) != 0))
		return false;
	fcntl(log_pipe[0], F_SETFL, O_NONBLOCK);
	if (screen)
		fcntl(screen_pipe[0], F_SETFL, O_NONBLOCK);
	harness->agent = fork();
	if (harness->agent == 0)
		run_agent(binary, config, log_pipe[1], screen_pipe[1], harness->janitor_fd);
	close(log_pipe[1]);
	if (screen)
		close(screen_pipe[1]);
	harness->log_fd = log_pipe[0];
	harness->screen.fd = screen_pipe[0];
	return harness->agent > 0;
}

static bool agent_ended(struct harness *harness, int *ret_status)
{
	if (harness->agent && waitpid(harness->agent, ret_status, WNOHANG) == 0)
		return false;
	harness->agent = 0;
	return true;
}

static bool wait_until_watching(struct harness *harness)
{
	uint64_t deadline = boot_ns() + START_DEADLINE_NS * patience();
	int status = 0;

	while (boot_ns() < deadline) {
		struct pollfd poll_fd = {.fd = harness->log_fd, .events = POLLIN};

		if (poll(&poll_fd, 1, 100) > 0)
			text_drain(&harness->log, harness->log_fd);
		if (harness->log.data && strstr(harness->log.data, "watching"))
			return true;
		if (agent_ended(harness, &status)) {
			text_drain(&harness->log, harness->log_fd);
			fprintf(stderr, "the agent ended at its start, wait status %#x\n", status);
			return false;
		}
	}
	fprintf(stderr, "the agent did not say that it is watching\n");
	return false;
}

static void print_log(const struct harness *harness)
{
	fprintf(stderr, "--- the agent said:\n%s---\n", harness->log.data ? harness->log.data : "");
}

struct harness *harness_new(const struct harness_options *options)
{
	struct harness *harness = calloc(1, sizeof(*harness));
	char config[128];

	if (!harness)
		return NULL;
	harness->log_fd = harness->file.fd = harness->screen.fd = -1;
	harness->watch_fd = harness->janitor_fd = -1;
	/* not /tmp, which may be in memory: block I/O and set-id bits are tested below it */
	snprintf(harness->dir, sizeof(harness->dir), "/var/tmp/auditship-kernel-XXXXXX");
	harness->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (!mkdtemp(harness->dir) || !start_janitor(harness) || chmod(harness->dir, 0755) != 0 ||
	    harness->watch_fd < 0 ||
	    inotify_add_watch(harness->watch_fd, harness->dir, IN_CREATE | IN_MODIFY) < 0) {
		perror(harness->dir);
		harness_free(harness);
		return NULL;
	}
	snprintf(harness->trail, sizeof(harness->trail), "%s/audit.ndjson", harness->dir);
	snprintf(config, sizeof(config), "%s/auditship.yaml", harness->dir);
	if (options->prepare)
		options->prepare(harness->dir);
	if (write_config(harness, options, config) != 0 || !start_agent(harness, options, config) ||
	    !wait_until_watching(harness)) {
		print_log(harness);
		harness_free(harness);
		return NULL;
	}
	return harness;
}

void harness_start_again(struct harness *harness, const struct harness_options *options)
{
	char config[128];

	assert_int_equal(harness->agent, 0);
	close(harness->log_fd);
	harness->log.length = 0; /* it said "watching" before */
	if (harness->log.data)
		harness->log.data[0] = '\0';
	snprintf(config, sizeof(config), "%s/auditship.yaml", harness->dir);
	assert_int_equal(write_config(harness, options, config), 0);
	if (!start_agent(harness, options, config) || !wait_until_watching(harness)) {
		print_log(harness);
		fail_msg("the agent does not start again");
	}
}

void harness_kill(struct harness *harness)
{
	int status;

	assert_int_equal(kill(harness->agent, SIGKILL), 0);
	assert_int_equal(waitpid(harness->agent, &status, 0), harness->agent);
	harness->agent = 0;
}

/* Waits at most that long for the agent to write something, and takes no event up. */
static void wait_for_output(struct harness *harness, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = harness->watch_fd, .events = POLLIN},
			       {.fd = harness->screen.fd, .events = POLLIN},
			       {.fd = harness->log_fd, .events = POLLIN}};
	char notes[4096];

	poll(fds, 3, timeout_ms);
	/* emptied before the file is read: what is written later makes a new note */
	while (read(harness->watch_fd, notes, sizeof(notes)) > 0)
		continue;
	text_drain(&harness->log, harness->log_fd);
}

static size_t count_in_log(struct harness *harness, const char *words)
{
	size_t count = 0;

	for (const char *at = harness_log(harness); (at = strstr(at, words)); at++)
		count++;
	return count;
}

void harness_reload(struct harness *harness, const struct harness_options *options)
{
	size_t before = count_in_log(harness, "auditship: reloaded: ");
	uint64_t deadline = boot_ns() + START_DEADLINE_NS;
	char config[128];

	snprintf(config, sizeof(config), "%s/auditship.yaml", harness->dir);
	assert_int_equal(write_config(harness, options, config), 0);
	assert_int_equal(kill(harness->agent, SIGHUP), 0);
	while (count_in_log(harness, "auditship: reloaded: ") == before) {
		if (boot_ns() > deadline) {
			print_log(harness);
			fail_msg("the agent did not reload");
		}
		wait_for_output(harness, 100);
	}
}

static yajl_val ask_status(const struct harness *harness)
{
	char command[512], error[256];
	struct text text = {0};
	yajl_val document;
	FILE *pipe;

	snprintf(command, sizeof(command), "%s status --json --socket %s/run/control.sock",
		 AUDITSHIP_BINARY, harness->dir);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	text_drain(&text, fileno(pipe));
	pclose(pipe); /* says whether all is well */
	assert_non_null(text.data);
	document = yajl_tree_parse(text.data, error, sizeof(error));
	free(text.data);
	assert_non_null(document);
	return document;
}

/* A member of an object, or an item of a list by its number. */
static yajl_val status_part(yajl_val value, const char *part)
{
	const char *parts[] = {part, NULL};
	size_t index;

	if (!YAJL_IS_ARRAY(value))
		return yajl_tree_get(value, parts, yajl_t_any);
	index = strtoul(part, NULL, 10);
	return index < YAJL_GET_ARRAY(value)->len ? YAJL_GET_ARRAY(value)->values[index] : NULL;
}

uint64_t harness_status(struct harness *harness, const char *path)
{
	yajl_val document = ask_status(harness), value = document;
	char copy[128], *rest, *part;
	uint64_t number;

	snprintf(copy, sizeof(copy), "%s", path);
	for (part = strtok_r(copy, ".", &rest); part; part = strtok_r(NULL, ".", &rest)) {
		value = status_part(value, part);
		if (!value)
			fail_msg("the status has no '%s'", path);
	}
	number = (uint64_t)YAJL_IS_TRUE(value);
	if (YAJL_IS_NUMBER(value))
		number = strtoull(YAJL_GET_NUMBER(value), NULL, 10);
	yajl_tree_free(document);
	return number;
}

/* Waits for the agent's end with its output drained; false after the deadline. */
static bool wait_for_end(struct harness *harness, int *ret_status)
{
	uint64_t deadline = boot_ns() + START_DEADLINE_NS * patience();

	while (!agent_ended(harness, ret_status)) {
		struct pollfd fds[] = {{.fd = harness->log_fd, .events = POLLIN},
				       {.fd = harness->screen.fd, .events = POLLIN}};

		if (boot_ns() > deadline)
			return false;
		poll(fds, 2, 20);
		text_drain(&harness->log, harness->log_fd);
		text_drain(&harness->screen.rest, harness->screen.fd);
	}
	text_drain(&harness->log, harness->log_fd);
	return true;
}

void harness_stop(struct harness *harness, int signal)
{
	int status = 0;

	assert_int_not_equal(harness->agent, 0);
	assert_int_equal(kill(harness->agent, signal), 0);
	if (!wait_for_end(harness, &status)) {
		print_log(harness);
		fail_msg("the agent did not end after signal %d", signal);
	}
	if (status != 0) {
		print_log(harness);
		fail_msg("the agent's wait status is %#x", (unsigned int)status);
	}
}

/*
 * Every trail a test leaves is good by the published schema. Also where the checker is not
 * installed, unless in CI.
 */
static bool is_trail_good(const struct harness *harness)
{
	struct stat trail;
	char command[1024];
	int status;

	if (stat(harness->trail, &trail) != 0 || trail.st_size == 0)
		return true;
	if (access(TEST_SOURCE_DIR "/tests/schema/check.sh", R_OK) != 0)
		return true;
	snprintf(command, sizeof(command), "sh '%s/tests/schema/check.sh' trail '%s' %s >&2",
		 TEST_SOURCE_DIR, TEST_SOURCE_DIR, harness->trail);
	status = system(command);
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
}

void harness_free(struct harness *harness)
{
	int status;
	bool good;

	if (!harness)
		return;
	if (harness->agent > 0) {
		kill(harness->agent, SIGTERM);
		if (!wait_for_end(harness, &status)) {
			kill(harness->agent, SIGKILL);
			waitpid(harness->agent, &status, 0);
		}
	}
	good = is_trail_good(harness);
	lines_done(&harness->file);
	lines_done(&harness->screen);
	free(harness->log.data);
	if (harness->log_fd >= 0)
		close(harness->log_fd);
	if (harness->watch_fd >= 0)
		close(harness->watch_fd);
	if (harness->janitor_fd >= 0)
		close(harness->janitor_fd);
	if (harness->janitor > 0)
		waitpid(harness->janitor, &status, 0);
	free(harness);
	if (!good)
		fail_msg("the trail is not what the published schema says");
}

const char *harness_dir(const struct harness *harness)
{
	return harness->dir;
}

const char *harness_trail(const struct harness *harness)
{
	return harness->trail;
}

pid_t harness_agent(const struct harness *harness)
{
	return harness->agent;
}

const char *harness_log(struct harness *harness)
{
	text_drain(&harness->log, harness->log_fd);
	return harness->log.data ? harness->log.data : "";
}

void harness_pump(struct harness *harness, int timeout_ms)
{
	wait_for_output(harness, timeout_ms);
	if (harness->file.fd < 0)
		harness->file.fd = open(harness->trail, O_RDONLY | O_CLOEXEC);
	lines_take(&harness->file);
	lines_take(&harness->screen);
}

static bool matches(const struct event *event, pid_t pid, const char *action)
{
	return (pid == 0 || event->pid == pid) && (!action || strcmp(event->action, action) == 0);
}

const struct event *harness_wait_nth(struct harness *harness, pid_t pid, const char *action,
				     unsigned int nth)
{
	uint64_t deadline = boot_ns() + DEADLINE_NS * patience();
	size_t checked = 0;

	for (;;) {
		for (; checked < harness->file.count; checked++)
			if (matches(harness->file.events[checked], pid, action) && --nth == 0)
				return harness->file.events[checked];
		if (boot_ns() > deadline)
			break;
		harness_pump(harness, 100);
	}
	print_log(harness);
	for (size_t i = 0; i < harness->file.count; i++)
		if (harness->file.events[i]->pid == pid)
			fprintf(stderr, "%s\n", harness->file.events[i]->text);
	fail_msg("no event \"%s\" of process %d within %u s", action, pid, 10 * patience());
	return NULL;
}

const struct event *harness_wait(struct harness *harness, pid_t pid, const char *action)
{
	return harness_wait_nth(harness, pid, action, 1);
}

void harness_settle(struct harness *harness)
{
	pid_t marker = fork();

	assert_true(marker >= 0);
	if (marker == 0)
		_exit(0);
	assert_int_equal(waitpid(marker, NULL, 0), marker);
	harness_wait(harness, marker, "end");
}

static bool is_end_of(const char *line, pid_t pid)
{
	char field[32];

	snprintf(field, sizeof(field), "\"pid\":%d,", pid);
	return strstr(line, "\"action\":\"end\"") && strstr(line, field);
}

/* Reads on to the end of that process; false when it is not there yet. */
static bool read_on_to(FILE *trail, pid_t pid)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool found = false;

	while (!found && (length = getline(&line, &size, trail)) > 0) {
		if (line[length - 1] != '\n') { /* half a line: read again when it is whole */
			assert_int_equal(fseek(trail, -length, SEEK_CUR), 0);
			break;
		}
		found = is_end_of(line, pid);
	}
	clearerr(trail);
	free(line);
	return found;
}

/* What comes last is a process of our own. */
void harness_drain(struct harness *harness)
{
	uint64_t deadline = boot_ns() + 60000000000ull * harness_slowdown();
	FILE *trail = fopen(harness_trail(harness), "re");
	pid_t marker = fork();

	if (marker == 0)
		_exit(0);
	assert_non_null(trail);
	assert_int_equal(waitpid(marker, NULL, 0), marker);
	while (!read_on_to(trail, marker)) {
		assert_true(boot_ns() < deadline);
		wait_for_output(harness, 100);
	}
	fclose(trail);
}

void harness_read(const struct harness *harness,
		  void (*take)(void *data, const struct event *event), void *data)
{
	FILE *trail = fopen(harness_trail(harness), "re");
	char *line = NULL;
	size_t size = 0;

	assert_non_null(trail);
	while (getline(&line, &size, trail) > 0) {
		struct event event = {.text = line};

		scan(&event);
		parse(&event);
		take(data, &event);
		yajl_tree_free(event.root);
	}
	free(line);
	fclose(trail);
}

size_t harness_count(const struct harness *harness, pid_t pid, const char *action)
{
	size_t count = 0;

	for (size_t i = 0; i < harness->file.count; i++)
		count += matches(harness->file.events[i], pid, action);
	return count;
}

const struct event *harness_event(const struct harness *harness, size_t index)
{
	return index < harness->file.count ? harness->file.events[index] : NULL;
}

const struct event *harness_screen_event(const struct harness *harness, size_t index)
{
	return index < harness->screen.count ? harness->screen.events[index] : NULL;
}

void harness_forget(struct harness *harness)
{
	harness_pump(harness, 0);
	lines_clear(&harness->file);
	lines_clear(&harness->screen);
}

uint64_t harness_summary(struct harness *harness, const char *line, const char *before)
{
	char start[64];
	const char *found, *end, *word;

	snprintf(start, sizeof(start), "auditship: %s", line);
	found = strstr(harness_log(harness), start);
	end = found ? strchr(found, '\n') : NULL;
	word = found ? strstr(found + strlen(start), before) : NULL;
	if (!end || !word || word > end) {
		print_log(harness);
		fail_msg("the summary has no \"%s\" in a line \"%s\"", before, start);
	}
	if (before[strlen(before) - 1] == ' ') /* "exec N" */
		return strtoull(word + strlen(before), NULL, 10);
	while (word[-1] == ' ')
		word--;
	while (word[-1] >= '0' && word[-1] <= '9')
		word--;
	return strtoull(word, NULL, 10); /* "N sleeps" */
}

int harness_setup(void **state)
{
	*state = harness_new(&(struct harness_options){0});
	return *state ? 0 : -1;
}

int harness_teardown(void **state)
{
	harness_free(*state);
	return 0;
}

int harness_begin(void **state)
{
	harness_forget(*state);
	return 0;
}
