/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent tells of itself: every field of its start, stop, heartbeat, clock and coverage. */
#include "facts.h"
#include "harness.h"
#include "want.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL_EVENTS "[all]"
#define UNSET 4294967295u
#define NOBODY 65534
#define PROBES "\"fork\",\"thread_start\",\"exec\",\"syscall\","
#define MORE_PROBES                                                                     \
	"\"thread_exit\",\"exit\",\"cgroup_mkdir\",\"cgroup_rename\",\"cgroup_rmdir\"," \
	"\"snapshot\""

static char clock_path[64]; /* "": there is none */

static int end(void **state)
{
	harness_free(*state);
	*state = NULL;
	(void)unsetenv("AUDITSHIP_TEST_REFUSE_ATTACH");
	(void)unsetenv("AUDITSHIP_TEST_CLOCK");
	if (clock_path[0])
		(void)unlink(clock_path);
	clock_path[0] = '\0';
	return 0;
}

static struct harness *start(void **state, const struct harness_options *options)
{
	*state = harness_new(options);
	assert_non_null(*state);
	return *state;
}

static struct want *want_own(struct harness *harness, const struct event *event, uint64_t after_ns)
{
	struct want *want = want_of_agent(harness, event, after_ns);

	want_string(want, "event.outcome", "success");
	return want;
}

/* What a list holds is checked elsewhere. */
static void want_same_list(struct want *want, const struct event *event, const char *path)
{
	yajl_val list = event_get(event, path);
	char parts[1024];
	size_t size = 0;

	assert_true(YAJL_IS_ARRAY(list));
	for (size_t i = 0; i < list->u.array.len; i++) {
		const char *part = list->u.array.values[i]->u.string;

		assert_true(size + strlen(part) < sizeof(parts));
		memcpy(parts + size, part, strlen(part) + 1);
		size += strlen(part) + 1;
	}
	want_list(want, path, parts, size);
}

static const char *kernel_release(void)
{
	static struct utsname name;

	assert_int_equal(uname(&name), 0);
	return name.release;
}

/* The hash as auditship status has it is the configuration's; here only its shape. */
static void check_start(struct harness *harness, uint64_t after_ns)
{
	const struct event *event = harness_wait(harness, 0, "agent_start");
	struct want *want = want_own(harness, event, after_ns);
	char message[128];

	assert_ptr_equal(event, harness_event(harness, 0));
	assert_int_equal(event_number(event, "event.sequence"), 1);
	assert_int_equal(strlen(event_string(event, "Linux.config.hash")), 64);
	snprintf(message, sizeof(message), "auditship %s started: 7 of 7 probes attached",
		 AUDITSHIP_VERSION);
	want_json(want, "event.category", "[\"configuration\"]");
	want_string(want, "message", message);
	want_number(want, "Linux.probes.total", 7);
	want_bool(want, "Linux.probes.adopted", false);
	want_number(want, "Linux.probes.attached", 7);
	want_string(want, "Linux.agent.version", AUDITSHIP_VERSION);
	want_string(want, "Linux.agent.kernel", kernel_release());
	want_string(want, "Linux.config.hash", event_string(event, "Linux.config.hash"));
	want_check(want, harness, event);
}

static const struct event *last_event(struct harness *harness)
{
	const struct event *event = NULL, *next;

	for (size_t i = 0; (next = harness_event(harness, i)); i++)
		event = next;
	assert_non_null(event);
	return event;
}

static struct want *want_stop(struct harness *harness, const struct event *event, uint64_t after_ns)
{
	struct want *want = want_own(harness, event, after_ns);

	assert_ptr_equal(event, last_event(harness));
	want_json(want, "event.category", "[\"configuration\"]");
	want_range(want, "event.duration", 1, 600000000000u);
	want_time(want, "Linux.stop.asked", after_ns, boot_ns());
	want_string(want, "Linux.stop.reason", "signal");
	want_bool(want, "Linux.probes.kept", false);
	return want;
}

static uint32_t login_uid(void)
{
	struct facts facts;
	uint32_t uid;

	facts_read(&facts, getpid());
	uid = facts.login_uid;
	facts_done(&facts);
	return uid;
}

static void want_sender(struct want *want, pid_t pid, uid_t uid, const char *user)
{
	uint32_t login = login_uid();

	want_number(want, "Linux.signal.sender.pid", (uint64_t)pid);
	want_id(want, "Linux.signal.sender.user.id", uid);
	want_string(want, "Linux.signal.sender.user.name", user);
	if (login == UNSET)
		return;
	want_id(want, "Linux.signal.sender.login_user.id", login);
	if (login == 0)
		want_string(want, "Linux.signal.sender.login_user.name", "root");
}

static void tells_of_its_start_first_and_of_its_stop_last(void **state)
{
	uint64_t after_ns = boot_ns(), asked_ns;
	struct harness *harness = start(state, &(struct harness_options){0});
	const struct event *event;
	struct want *want;
	char message[128];

	check_start(harness, after_ns);
	harness_settle(harness);
	asked_ns = boot_ns();
	harness_stop(harness, SIGTERM);
	event = harness_wait(harness, 0, "agent_stop");
	harness_pump(harness, 0);
	want = want_stop(harness, event, asked_ns);
	snprintf(message, sizeof(message), "stopped by SIGTERM from user 0, process %d", getpid());
	want_string(want, "message", message);
	want_number(want, "Linux.signal.number", SIGTERM);
	want_string(want, "Linux.signal.name", "SIGTERM");
	want_string(want, "Linux.signal.way", "kill");
	want_sender(want, getpid(), 0, "root");
	want_check(want, harness, event);
	assert_int_equal(harness_count(harness, 0, "agent_start"), 1);
	assert_int_equal(harness_count(harness, 0, "agent_stop"), 1);
}

/* sigqueue lets a process say itself who it is; the kernel does not check it. */
static void does_not_vouch_for_what_a_sender_claims(void **state)
{
	struct harness *harness = start(state, &(struct harness_options){0});
	siginfo_t claim = {.si_signo = SIGINT, .si_code = SI_QUEUE};
	uint64_t asked_ns = boot_ns();
	const struct event *event;
	struct want *want;

	claim.si_pid = 1;
	claim.si_uid = NOBODY;
	assert_int_equal(syscall(SYS_rt_sigqueueinfo, harness_agent(harness), SIGINT, &claim), 0);
	event = harness_wait(harness, 0, "agent_stop");
	harness_pump(harness, 0);
	want = want_stop(harness, event, asked_ns);
	want_string(want, "message",
		    "stopped by SIGINT from user 65534, process 1, as it says itself");
	want_number(want, "Linux.signal.number", SIGINT);
	want_string(want, "Linux.signal.name", "SIGINT");
	want_string(want, "Linux.signal.way", "queue");
	want_bool(want, "Linux.signal.sender.claimed", true);
	want_number(want, "Linux.signal.sender.pid", 1);
	want_id(want, "Linux.signal.sender.user.id", NOBODY);
	want_string(want, "Linux.signal.sender.user.name", "nobody");
	want_check(want, harness, event);
}

/* The sender has gone when the agent, which is stopped meanwhile, looks for it. */
static void knows_the_login_of_a_sender_that_has_gone(void **state)
{
	struct harness *harness = start(state, &(struct harness_options){0});
	const struct event *event;
	int status;
	pid_t pid;

	harness_settle(harness);
	assert_int_equal(kill(harness_agent(harness), SIGSTOP), 0);
	pid = fork();
	if (pid == 0) {
		FILE *file = fopen("/proc/self/loginuid", "we");

		if (!file || fputs("1", file) < 0 || fclose(file) != 0)
			_exit(2);
		_exit(kill(harness_agent(harness), SIGTERM) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(kill(harness_agent(harness), SIGCONT), 0);
	if (status == 2 << 8) {
		print_message("no login user can be set here\n");
		return;
	}
	assert_int_equal(status, 0);
	event = harness_wait(harness, 0, "agent_stop");
	assert_int_equal(event_number(event, "Linux.signal.sender.pid"), pid);
	assert_int_equal(event_number(event, "Linux.signal.sender.login_user.id"), 1);
	assert_string_equal(event_string(event, "Linux.signal.sender.login_user.name"), "daemon");
}

/* What one member of the account is. */
static uint64_t account(const struct event *event, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "Linux.account.%s", name);
	return event_number(event, path);
}

static uint64_t add_up(const struct event *event)
{
	static const char *const parts[] = {"journalled",   "dropped",  "limited",  "not_selected",
					    "excluded",     "canaries", "rejected", "lost",
					    "unjournalled", "in_ring"};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum += account(event, parts[i]);
	return sum;
}

/* Others of this host may make cgroups: records that are no events, and so not selected. */
static void want_account(struct want *want, const struct event *event)
{
	static const char *const any[] = {
		"Linux.account.numbered",     "Linux.account.journalled",
		"Linux.account.not_selected", "Linux.account.unjournalled",
		"Linux.account.in_ring",      "Linux.account.recursion_misses",
		"Linux.account.excluded",     "Linux.account.left_out"};
	static const char *const none[] = {"Linux.account.dropped",
					   "Linux.account.limited",
					   "Linux.account.canaries",
					   "Linux.account.rejected",
					   "Linux.account.lost",
					   "Linux.account.lost_ring_full",
					   "Linux.account.lost_no_scratch",
					   "Linux.account.lost_too_large",
					   "Linux.account.lost_no_agent"};

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		if (event_get(event, any[i]))
			want_range(want, any[i], 0, 1u << 30);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		want_number(want, none[i], 0);
	want_bool(want, "Linux.account.balances", true);
}

static void check_sinks(const struct event *event)
{
	unsigned long long journalled, acknowledged, filtered, skipped, rejected, dead, expired,
		unreadable, waiting;
	yajl_val list = event_get(event, "Linux.account.sinks");
	char after;

	assert_non_null(list);
	assert_int_equal(list->u.array.len, 1);
	assert_int_equal(sscanf(list->u.array.values[0]->u.string,
				"trail: journalled %llu, acknowledged %llu, filtered %llu, "
				"skipped %llu, rejected %llu, dead %llu, expired %llu, "
				"unreadable %llu, waiting %llu%c",
				&journalled, &acknowledged, &filtered, &skipped, &rejected, &dead,
				&expired, &unreadable, &waiting, &after),
			 9);
	assert_int_equal(journalled, acknowledged + filtered + skipped + rejected + dead + expired +
					     unreadable + waiting);
	assert_in_range(journalled, account(event, "journal_events"), 1u << 30);
}

static void check_heartbeat(struct harness *harness, const struct event *event, uint64_t after_ns)
{
	struct want *want = want_own(harness, event, after_ns);
	uint64_t own = harness_count(harness, 0, "agent_start") + 3;
	char message[128];

	snprintf(message, sizeof(message),
		 "%" PRIu64 " events numbered, %" PRIu64 " journalled, 0 lost",
		 account(event, "numbered"), account(event, "journalled"));
	want_json(want, "event.category", "[\"host\"]");
	want_string(want, "message", message);
	want_account(want, event);
	want_range(want, "Linux.agent.uptime_ns", 1000000000, 600000000000);
	want_range(want, "Linux.account.own_events", 1, own);
	want_number(want, "Linux.account.journal_events",
		    account(event, "journalled") + account(event, "own_events"));
	want_same_list(want, event, "Linux.account.sinks");
	want_number(want, "Linux.rings.vital.size_bytes", 1 << 20);
	want_range(want, "Linux.rings.vital.high_water_bytes", 64, 1 << 20);
	want_number(want, "Linux.rings.bulk.size_bytes", 1 << 19);
	if (event_get(event, "Linux.rings.bulk.high_water_bytes"))
		want_range(want, "Linux.rings.bulk.high_water_bytes", 1, 1 << 19);
	want_range(want, "Linux.memory.anonymous_bytes", 1 << 20, 1u << 30);
	want_check(want, harness, event);
	assert_int_equal(add_up(event), account(event, "numbered"));
	check_sinks(event);
}

static void its_heartbeat_accounts_for_every_number(void **state)
{
	uint64_t after_ns = boot_ns();
	struct harness *harness =
		start(state, &(struct harness_options){.agent = "coverage: request, heartbeat: 1s",
						       .vital_ring = "1MiB",
						       .bulk_ring = "512KiB"});

	for (unsigned int i = 1; i <= 3; i++) {
		harness_settle(harness);
		check_heartbeat(harness, harness_wait_nth(harness, 0, "agent_heartbeat", i),
				after_ns);
	}
}

static void set_clock(const char *seconds)
{
	char next[80];

	snprintf(next, sizeof(next), "%s.next", clock_path);
	write_file(next, seconds, strlen(seconds), 0644);
	assert_int_equal(rename(next, clock_path), 0);
}

/* from_s: how far the clock was off before. */
static void check_step(struct harness *harness, uint64_t from_s, int64_t step_us, uint64_t after_ns)
{
	const struct event *event = harness_wait(harness, 0, "clock_step");
	uint64_t before = event_time(event, "Linux.clock.before");
	uint64_t offset_ns = wall_offset_ns() + from_s * 1000000000u;
	uint64_t after = event_time(event, "Linux.clock.after");
	struct want *want = want_own(harness, event, after_ns);
	yajl_val step = event_get(event, "Linux.clock.step_us");
	char text[32];

	assert_true(YAJL_IS_INTEGER(step));
	assert_in_range(YAJL_GET_INTEGER(step) - step_us + 10000, 0, 20000);
	assert_in_range((int64_t)(after - before) / 1000 - step_us + 10000, 0, 20000);
	assert_in_range(before, after_ns + offset_ns - 10000000, boot_ns() + offset_ns + 10000000);
	assert_non_null(strstr(event_string(event, "message"),
			       step_us < 0 ? "jumped by -36" : "jumped by 3"));
	snprintf(text, sizeof(text), "%lld", YAJL_GET_INTEGER(step));
	want_json(want, "event.category", "[\"host\"]");
	want_json(want, "event.type", "[\"change\"]");
	want_json(want, "Linux.clock.step_us", text);
	want_string(want, "Linux.clock.before", event_string(event, "Linux.clock.before"));
	want_string(want, "Linux.clock.after", event_string(event, "Linux.clock.after"));
	want_string(want, "Linux.clock.noticed", "comparison");
	want_string(want, "message", event_string(event, "message"));
	/* stamped by the clock as it was before or after the jump */
	want_string(want, "@timestamp", event_string(event, "@timestamp"));
	want_string(want, "event.created", event_string(event, "event.created"));
	want_check(want, harness, event);
}

static void tells_that_the_clock_jumped(void **state)
{
	struct harness *harness;
	uint64_t after_ns;

	snprintf(clock_path, sizeof(clock_path), "/var/tmp/auditship-clock-%d", getpid());
	set_clock("0");
	setenv("AUDITSHIP_TEST_CLOCK", clock_path, 1);
	harness = start(state, &(struct harness_options){.binary = REFUSED_BINARY});
	harness_settle(harness);
	after_ns = boot_ns();
	set_clock("3600");
	check_step(harness, 0, 3600000000, after_ns);
	harness_forget(harness);
	set_clock("-60");
	check_step(harness, 3600, -3660000000, after_ns);
	assert_int_equal(harness_count(harness, 0, "clock_step"), 1);
}

static struct want *want_coverage(struct harness *harness, const struct event *event,
				  uint64_t after_ns)
{
	struct want *want = want_own(harness, event, after_ns);

	want_json(want, "event.category", "[\"host\"]");
	want_string(want, "event.outcome", "unknown");
	want_string(want, "message", event_string(event, "message"));
	want_string(want, "Linux.agent.kernel", kernel_release());
	want_string(want, "Linux.coverage.occasion", "start");
	want_range(want, "Linux.coverage.records", 12, 4096);
	return want;
}

#define SEEN_WITHOUT_THREAD_START \
	"\"fork\",\"exec\",\"thread_exec\",\"exit\",\"signal_death\",\"exec_failed\","
#define SEEN_FILES \
	"\"thread_exit\",\"open_write\",\"relative_open\",\"file_create\",\"open_failed\""

/*
 * What differs by kernel: the entry of 32-bit programs, io_uring and its hook. Every canary is in
 * one list, and what is not seen is never missed here.
 */
static void want_ways(struct want *want, const struct event *event, unsigned int seen)
{
	bool has_32bit = strstr(event->text, "\"open_failed\",\"open_32bit\"");
	bool has_io_uring = strstr(event->text, "\"open_io_uring\"]");
	bool has_gap = strstr(event->text, "\"gaps\":[\"open_io_uring: ");

	want_number(want, "Linux.coverage.seen_count", seen + has_32bit + has_io_uring);
	want_number(want, "Linux.coverage.gap_count", has_gap);
	want_number(want, "Linux.coverage.skipped_count",
		    3U - has_32bit - has_io_uring - has_gap); /* open_read is one */
#ifdef __x86_64__
	assert_true(has_32bit || strstr(event->text, "open_32bit: cannot be tried here: "));
#endif
	if (has_gap)
		want_same_list(want, event, "Linux.coverage.gaps");
	want_same_list(want, event, "Linux.coverage.seen");
	want_same_list(want, event, "Linux.coverage.skipped");
}

/* The probe that not every kernel has. */
static bool want_io_uring(struct want *want, const struct event *event)
{
	bool attached = strstr(event->text, "\"syscall\",\"io_uring\"");

	want_number(want, "Linux.probes.total", 11);
	if (!attached) {
		assert_non_null(strstr(event->text, "\"io_uring: "));
		want_same_list(want, event, "Linux.probes.failed");
	}
	return attached;
}

/* As the executable of an event stands in its line. Other agents of this host have canaries, too.
 */
static void own_executable(struct harness *harness, char out[PATH_MAX + 32])
{
	char link[32], path[PATH_MAX] = "";

	snprintf(link, sizeof(link), "/proc/%d/exe", harness_agent(harness));
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	snprintf(out, PATH_MAX + 32, "\"executable\":\"%s\"", path);
}

/* Nothing that the canaries do is in the trail, and every number of it is in the account. */
static void check_hidden(struct harness *harness, const struct event *coverage)
{
	const struct event *beat = harness_wait_nth(harness, 0, "agent_heartbeat", 3);
	char own[PATH_MAX + 32];
	const struct event *event;

	own_executable(harness, own);
	assert_int_equal(account(beat, "canaries"),
			 event_number(coverage, "Linux.coverage.records"));
	assert_int_equal(add_up(beat), account(beat, "numbered"));
	for (size_t i = 0; (event = harness_event(harness, i)); i++) {
		if (!strstr(event->text, own))
			continue;
		assert_null(strstr(event->text, "auditship-canary"));
		assert_null(strstr(event->text, "auditship\",\"--version"));
	}
}

static void tries_out_what_it_sees(void **state)
{
	uint64_t after_ns = boot_ns();
	struct harness *harness =
		start(state, &(struct harness_options){.agent = "coverage: start, heartbeat: 1s",
						       .events = ALL_EVENTS});
	const struct event *event = harness_wait(harness, 0, "agent_coverage");
	struct want *want = want_coverage(harness, event, after_ns);
	bool has_io_uring;

	has_io_uring = want_io_uring(want, event);
	want_number(want, "Linux.probes.attached", 10 + has_io_uring);
	want_json(want, "Linux.probes.on",
		  has_io_uring ? "[" PROBES "\"io_uring\"," MORE_PROBES "]"
			       : "[" PROBES MORE_PROBES "]");
	want_number(want, "Linux.coverage.missed_count", 0);
	want_ways(want, event, 12);
	assert_non_null(
		strstr(event->text, "[" SEEN_WITHOUT_THREAD_START "\"thread_start\"," SEEN_FILES));
	assert_non_null(strstr(event->text,
			       "[\"open_read: open_read is not recorded by this configuration\""));
	want_check(want, harness, event);
	check_hidden(harness, event);
}

static void tells_what_it_does_not_see(void **state)
{
	uint64_t after_ns = boot_ns();
	const struct event *event;
	struct harness *harness;
	struct want *want;

	setenv("AUDITSHIP_TEST_REFUSE_ATTACH", "on_thread_start", 1);
	harness = start(state, &(struct harness_options){.agent = "coverage: start, heartbeat: 1s",
							 .events = ALL_EVENTS,
							 .binary = REFUSED_BINARY});
	event = harness_wait(harness, 0, "agent_start");
	assert_true(event_number(event, "Linux.probes.attached") >= 9);
	assert_string_equal(event_get(event, "Linux.probes.failed")->u.array.values[0]->u.string,
			    "thread_start: the kernel refuses it: Operation not supported");
	event = harness_wait(harness, 0, "agent_coverage");
	want = want_coverage(harness, event, after_ns);
	want_number(want, "Linux.probes.attached", 9 + want_io_uring(want, event));
	want_same_list(want, event, "Linux.probes.on");
	want_same_list(want, event, "Linux.probes.failed");
	want_number(want, "Linux.coverage.missed_count", 1);
	want_ways(want, event, 11);
	assert_non_null(strstr(event->text, "[" SEEN_WITHOUT_THREAD_START SEEN_FILES));
	want_json(want, "Linux.coverage.missed", "[\"thread_start: no thread_start record came\"]");
	want_check(want, harness, event);
	assert_non_null(strstr(harness_log(harness), "coverage: not seen: thread_start;"));
}

/* The agent, and so the helper, runs as root. */
static void says_what_its_filters_keep_it_from_trying(void **state)
{
	const struct event *event;
	struct harness *harness;

	harness =
		start(state, &(struct harness_options){.agent = "coverage: start",
						       .events = ALL_EVENTS,
						       .capture = "  include: {user: [65534]}\n"});
	event = harness_wait(harness, 0, "agent_coverage");
	assert_int_equal(event_number(event, "Linux.coverage.missed_count"), 0);
	assert_non_null(strstr(event->text, "[\"fork\",\"exec\",\"thread_exec\",\"exit\","
					    "\"signal_death\"]"));
	assert_non_null(strstr(event->text, "\"file_create: the process that tries it is left out "
					    "by the list 'user' of capture.include or "
					    "capture.exclude\""));
	assert_null(strstr(harness_log(harness), "coverage: not seen"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tells_of_its_start_first_and_of_its_stop_last, end),
		cmocka_unit_test_teardown(does_not_vouch_for_what_a_sender_claims, end),
		cmocka_unit_test_teardown(knows_the_login_of_a_sender_that_has_gone, end),
		cmocka_unit_test_teardown(its_heartbeat_accounts_for_every_number, end),
		cmocka_unit_test_teardown(tells_that_the_clock_jumped, end),
		cmocka_unit_test_teardown(tries_out_what_it_sees, end),
		cmocka_unit_test_teardown(tells_what_it_does_not_see, end),
		cmocka_unit_test_teardown(says_what_its_filters_keep_it_from_trying, end),
	};
	int cannot_run = harness_cannot_run();

	return cannot_run ? cannot_run : cmocka_run_group_tests(tests, NULL, NULL);
}
