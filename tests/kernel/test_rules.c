/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules at a running agent: what they hide is nowhere on disk, what they hold back is told. */
#include "child.h"
#include "harness.h"
#include "want.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEAVE PROGRAMS_DIR "/leave"
#define SECRET "hunter2-swordfish"

static const char rules[] =
	"  - {name: old, when: {process.executable: " HOLD "}, do: {mask: ['--token=*']}}\n"
	"  - {name: quiet, when: {process.args: drop-me}, do: drop}\n"
	"  - {name: seen, when: {process.executable: " HOLD "}, do: {tag: [seen, held]}}\n"
	"  - {name: noisy, when: {event.action: exec, process.executable: " LEAVE "},\n"
	"     do: {limit: {events: 5, per: 1h, by: process.executable}}}\n"
	"  - {name: passwords, do: {mask: ['--password=*', '-p *']}}\n";

static struct harness *start(void **state)
{
	*state = harness_new(&(struct harness_options){.rules = rules});
	assert_non_null(*state);
	return *state;
}

static int end(void **state)
{
	harness_free(*state);
	*state = NULL;
	return 0;
}

static bool file_holds(const char *path, const char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool result;
	void *bytes;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	if (st.st_size == 0) {
		close(fd);
		return false;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	result = memmem(bytes, (size_t)st.st_size, text, strlen(text)) != NULL;
	munmap(bytes, (size_t)st.st_size);
	close(fd);
	return result;
}

static bool journal_holds(const struct harness *harness, const char *text)
{
	char dir[256], path[600];
	bool result = false;
	struct dirent *entry;
	DIR *stream;

	(void)snprintf(dir, sizeof(dir), "%s/state/journal", harness_dir(harness));
	stream = opendir(dir);
	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		if (entry->d_type != DT_REG)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		result |= file_holds(path, text);
	}
	closedir(stream);
	return result;
}

static void assert_json(const struct event *event, const char *path, const char *first,
			const char *second)
{
	yajl_val list = event_get(event, path);

	assert_true(YAJL_IS_ARRAY(list));
	assert_int_equal(list->u.array.len, second ? 2 : 1);
	assert_string_equal(YAJL_GET_STRING(list->u.array.values[0]), first);
	if (second)
		assert_string_equal(YAJL_GET_STRING(list->u.array.values[1]), second);
}

static void hides_passwords_everywhere(void **state)
{
	char *const argv[] = {"hold", "0", "--password=" SECRET, "-p", SECRET, NULL};
	const struct program program = {.path = HOLD, .argv = argv};
	struct harness *harness = start(state);
	const struct event *event;
	struct child child;

	child_start(&child, &program);
	child_end(&child);
	event = harness_wait(harness, child.pid, "exec");
	assert_string_equal(event_string(event, "process.command_line"),
			    "hold 0 --password=*** -p ***");
	assert_int_equal(event_number(event, "process.args_count"), 5);
	assert_json(event, "Linux.masked", "process.args", NULL);
	assert_json(event, "tags", "seen", "held");
	event = harness_wait(harness, child.pid, "end");
	assert_string_equal(event_string(event, "process.command_line"),
			    "hold 0 --password=*** -p ***");
	assert_json(event, "Linux.masked", "process.args", NULL);
	harness_stop(harness, SIGTERM);
	assert_false(file_holds(harness_trail(harness), SECRET));
	assert_false(journal_holds(harness, SECRET));
	assert_true(journal_holds(harness, "--password=***"));
}

/* The rule asks for what only some events say; a snapshot cannot know it either. */
static void hides_passwords_of_those_that_ran_before(void **state)
{
	char *const argv[] = {"hold", "0", "--token=" SECRET, NULL};
	const struct program program = {.path = HOLD, .argv = argv};
	const struct event *event;
	struct harness *harness;
	struct child child;

	child_start(&child, &program);
	harness = start(state);
	child_end(&child);
	event = harness_wait(harness, child.pid, "end");
	assert_string_equal(event_string(event, "process.command_line"), "hold 0 --token=***");
	assert_json(event, "Linux.masked", "process.args", NULL);
	harness_stop(harness, SIGTERM);
	assert_false(journal_holds(harness, SECRET));
}

static void run_leave(unsigned int count)
{
	char *const argv[] = {"leave", "1", "0", NULL};
	char *const envp[] = {NULL};

	for (unsigned int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execve(LEAVE, argv, envp);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

static void tells_what_a_limit_held_back(void **state)
{
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
	struct harness *harness = start(state);
	struct want *want = want_new();
	const struct event *event;
	uint64_t after_ns = boot_ns();
	size_t execs = 0;

	run_leave(20);
	harness_stop(harness, SIGTERM);
	harness_pump(harness, 0);
	for (size_t i = 0; (event = harness_event(harness, i)); i++)
		execs += strcmp(event->action, "exec") == 0 &&
			 strcmp(event_string(event, "process.executable"), LEAVE) == 0;
	assert_int_equal(execs, 5);
	event = harness_wait(harness, 0, "events_limited");
	want_envelope(want, harness, event);
	want_moment(want, after_ns, boot_ns());
	want_string(want, "event.action", "events_limited");
	want_json(want, "event.category", "[\"host\"]");
	want_json(want, "event.type", "[\"info\"]");
	want_string(want, "event.outcome", "success");
	want_string(want, "event.dataset", "auditship.agent");
	want_time(want, "event.start", after_ns, boot_ns());
	want_time(want, "event.end", after_ns, boot_ns());
	want_string(want, "Linux.sequence.ring", "shipper");
	want_string(want, "rule.name", "noisy");
	want_number(want, "Linux.limited.count", 15);
	want_number(want, "Linux.limited.total", 15);
	want_number(want, "Linux.limited.events", 5);
	want_id(want, "Linux.limited.per_ns", 3600000000000);
	want_string(want, "Linux.limited.field", "process.executable");
	want_string(want, "Linux.limited.key", LEAVE);
	want_range(want, "Linux.limited.first.number", 1, 1ull << 40);
	want_range(want, "Linux.limited.last.number", 1, 1ull << 40);
	want_range(want, "Linux.limited.first.cpu", 0, cpus - 1);
	want_range(want, "Linux.limited.last.cpu", 0, cpus - 1);
	want_check(want, harness, event);
	assert_int_equal(harness_summary(harness, "rules:", "held"), 15);
}

static void drops_what_a_rule_names(void **state)
{
	char *const argv[] = {"hold", "0", "drop-me", NULL};
	const struct program program = {.path = HOLD, .argv = argv};
	struct harness *harness = start(state);
	struct child child;

	child_start(&child, &program);
	child_end(&child);
	harness_settle(harness);
	assert_int_equal(harness_count(harness, child.pid, "fork"), 1);
	assert_int_equal(harness_count(harness, child.pid, "exec"), 0);
	assert_int_equal(harness_count(harness, child.pid, "end"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(hides_passwords_everywhere, end),
		cmocka_unit_test_teardown(hides_passwords_of_those_that_ran_before, end),
		cmocka_unit_test_teardown(tells_what_a_limit_held_back, end),
		cmocka_unit_test_teardown(drops_what_a_rule_names, end),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, NULL, NULL);
}
