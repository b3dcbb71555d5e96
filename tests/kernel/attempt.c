/* SPDX-License-Identifier: BSD-2-Clause */
/* The child's side of an attempt, and what of its event all attempts have in common. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct harness *attempt_start(const struct harness_options *options)
{
	char own[PATH_MAX] = "", rules[PATH_MAX + 256];
	struct harness_options with_rules = *options;

	if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
		return NULL;
	snprintf(rules, sizeof(rules),
		 "  - {name: others, do: drop, when: {event.action: [open, creation], "
		 "process.executable: {not: '%s'}}}\n",
		 own);
	with_rules.rules = rules;
	return harness_new(&with_rules);
}

int attempt_setup(void **state)
{
	*state = attempt_start(&(struct harness_options){.events = "[process, exec_failed, open]",
							 .opens = "all"});
	return *state ? 0 : -1;
}

const char *in_dir(void **state, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", harness_dir(*state), name);
	return path;
}

const char *plain_file(void **state)
{
	const char *path = in_dir(state, "file");

	write_file(path, "text", 4, 0640);
	return path;
}

static long result_of(long result)
{
	return result < 0 ? -errno : result;
}

long raw_open(const char *path, int flags, unsigned int mode)
{
#ifdef SYS_open
	return result_of(syscall(SYS_open, path, flags, mode));
#else
	return raw_openat(AT_FDCWD, path, flags, mode);
#endif
}

long raw_openat(int place, const char *path, int flags, unsigned int mode)
{
	return result_of(syscall(SYS_openat, place, path, flags, mode));
}

static int act(void *data)
{
	const struct attempt *attempt = data;
	struct outcome *outcome = attempt->outcome;
	int error = attempt->prepare ? attempt->prepare(attempt) : 0;

	if (error != 0)
		return error;
	outcome->before_ns = boot_ns();
	outcome->result = attempt->call(attempt);
	outcome->after_ns = boot_ns();
	if (outcome->result >= 0 && fstat((int)outcome->result, &outcome->stat) != 0)
		return -errno;
	return 0;
}

static void start(struct attempt *attempt)
{
	struct program program = {
		.prepare = act, .data = attempt, .clone_flags = attempt->clone_flags};

	attempt->outcome = mmap(NULL, sizeof(*attempt->outcome), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(attempt->outcome != MAP_FAILED);
	child_start(&attempt->child, &program);
	facts_read(&attempt->facts, attempt->child.pid);
	child_end(&attempt->child); /* first: it would outlive a check that fails */
	if (attempt->error)
		assert_int_equal(attempt->outcome->result, -attempt->error);
	else
		assert_true(attempt->outcome->result >= 0);
}

static void finish(struct attempt *attempt)
{
	facts_done(&attempt->facts);
	munmap(attempt->outcome, sizeof(*attempt->outcome));
}

static bool is_of_the_call(const struct event *event, const struct attempt *attempt)
{
	uint64_t time_ns = event_number(event, "Linux.time.boot_ns");

	return time_ns >= attempt->outcome->before_ns && time_ns <= attempt->outcome->after_ns;
}

static void check_once(struct harness *harness, const struct attempt *attempt, const char *action)
{
	const struct event *event;
	unsigned int count = 0;

	harness_settle(harness);
	for (size_t i = 0; (event = harness_event(harness, i)); i++)
		count += event->pid == attempt->child.pid && strcmp(event->action, action) == 0 &&
			 is_of_the_call(event, attempt);
	assert_int_equal(count, 1);
}

/* prepare may have opened files as well: the call is the one within its time. */
static const struct event *find(struct harness *harness, const struct attempt *attempt)
{
	const char *action = attempt->action ? attempt->action : "open";
	unsigned int nth = 1;

	while (!is_of_the_call(harness_wait_nth(harness, attempt->child.pid, action, nth), attempt))
		nth++;
	check_once(harness, attempt, action);
	return harness_wait_nth(harness, attempt->child.pid, action, nth);
}

static struct want *want_attempt(struct harness *harness, const struct attempt *attempt,
				 const struct event *event, const char *category)
{
	struct want *want = want_new();

	want_envelope(want, harness, event);
	want_kind(want, category, attempt->action ? attempt->action : "open",
		  attempt->type ? attempt->type : "[\"access\"]");
	want_moment(want, attempt->outcome->before_ns, attempt->outcome->after_ns);
	want_child(want, &attempt->facts);
	want_call(want, attempt->syscall ? attempt->syscall : "openat", attempt->outcome->result);
	if (attempt->path)
		want_path(want, attempt->path);
	if (attempt->path && attempt->error)
		want_bool(want, "Linux.file.path_as_given", true);
	return want;
}

void check_open(struct harness *harness, struct attempt *attempt)
{
	const struct event *event;
	struct want *want;

	start(attempt);
	event = find(harness, attempt);
	want = want_attempt(harness, attempt, event, "file");
	want_string(want, "Linux.sequence.ring", "bulk");
	if (!attempt->error)
		want_stat(want, &attempt->outcome->stat);
	want_json(want, "Linux.open.flags", attempt->flags ? attempt->flags : "[\"O_RDONLY\"]");
	want_id(want, "Linux.open.flags_raw", attempt->flags_raw);
	if (attempt->given)
		want_string(want, "Linux.open.path_given", attempt->given);
	if (attempt->directory)
		want_string(want, "Linux.open.directory", attempt->directory);
	if (attempt->adjust)
		attempt->adjust(want, attempt);
	want_check(want, harness, event);
	finish(attempt);
}

void check_exec_failed(struct harness *harness, struct attempt *attempt)
{
	const struct event *event;
	struct want *want;

	attempt->action = "exec";
	attempt->type = "[\"start\"]";
	start(attempt);
	event = find(harness, attempt);
	want = want_attempt(harness, attempt, event, "process");
	if (attempt->given)
		want_string(want, "Linux.exec.filename", attempt->given);
	if (attempt->directory)
		want_string(want, "Linux.exec.directory", attempt->directory);
	if (attempt->adjust)
		attempt->adjust(want, attempt);
	want_check(want, harness, event);
	finish(attempt);
}

void check_silence(struct harness *harness, struct attempt *attempt)
{
	const struct event *event;

	start(attempt);
	harness_settle(harness);
	for (size_t i = 0; (event = harness_event(harness, i)); i++) {
		if (event->pid != attempt->child.pid)
			continue;
		assert_string_not_equal(event->action, "open");
		assert_string_not_equal(event->action, "creation");
	}
	finish(attempt);
}
