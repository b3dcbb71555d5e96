/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canaries: who they are, what becomes of their records, what is made of the result. The helper is
 * a real process; the records are made here.
 */
#include "coverage/coverage.h"

#include "base/clock.h"
#include "decode/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PID 4242
#define PID_NS 4026531836u
#define START_NS (77 * NS_PER_S)
#define ALL_KINDS (~0U)

static struct canary_watch watch;
static char dir[64];
static struct canary_helper *helper;
static struct coverage *coverage;

/* Of a run that began at 1000 and ended at 2000. */
static int make_watch(void **state)
{
	(void)state;
	watch = (struct canary_watch){
		.helper = {.pid = PID,
			   .pid_ns = PID_NS,
			   .start_ticks = START_NS / 10000000,
			   .tick_ns = 10000000},
		.seen_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	canary_watch_begin(&watch, 1000);
	canary_watch_end(&watch, 2000);
	return watch.seen_fd < 0 ? -1 : 0;
}

static int close_watch(void **state)
{
	(void)state;
	return close(watch.seen_fd);
}

static struct rec_id helper_id(void)
{
	return (struct rec_id){
		.pid = PID + 1000, .ns_pid = PID, .start_ns = START_NS + 5, .pid_ns = PID_NS};
}

static struct rec_exit exit_of(struct rec_id parent)
{
	return (struct rec_exit){
		.header = {.size = sizeof(struct rec_exit),
			   .kind = REC_EXIT,
			   .abi = REC_ABI,
			   .time_ns = 1500},
		.task.id = {.pid = 9000, .ns_pid = 9000, .start_ns = START_NS, .pid_ns = PID_NS},
		.task.parent = parent,
	};
}

static bool takes(const struct rec_exit *record)
{
	return canary_watch_takes(&watch, &record->header);
}

static void records_of_the_helper_and_its_children_are_taken(void **state)
{
	struct rec_exit child = exit_of(helper_id()), own = exit_of((struct rec_id){.pid = 1});

	(void)state;
	own.task.id = helper_id();
	assert_true(takes(&child));
	assert_true(takes(&own));
	assert_int_equal(atomic_load(&watch.records), 2);
}

static void nobody_else_passes_for_the_helper(void **state)
{
	struct rec_exit records[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		records[i] = exit_of(helper_id());
	records[0].task.parent.ns_pid++;
	records[1].task.parent.pid_ns++;
	records[2].task.parent.start_ns += 10000000; /* the number is another process's by now */
	records[3].task.parent = (struct rec_id){.pid = 9001, .ns_pid = 9001, .pid_ns = PID_NS};
	records[4].task.parent.pid = 0;
	for (int i = 0; i < 5; i++)
		assert_false(takes(&records[i]));
	assert_int_equal(atomic_load(&watch.records), 0);
}

static void outside_of_a_run_nothing_is_taken(void **state)
{
	struct rec_exit record = exit_of(helper_id());

	(void)state;
	record.header.time_ns = 999;
	assert_false(takes(&record));
	record.header.time_ns = 2001;
	assert_false(takes(&record));
	record.header.time_ns = 2000;
	assert_true(takes(&record));
	canary_watch_begin(&watch, 3000);
	assert_false(takes(&record));
	assert_int_equal(atomic_load(&watch.seen), 0);
}

static void of_a_flood_the_rest_is_shown(void **state)
{
	struct rec_exit record = exit_of(helper_id());

	(void)state;
	for (unsigned int i = 0; i < CANARY_RECORDS_MAX; i++)
		assert_true(takes(&record));
	assert_false(takes(&record));
}

static void the_agents_own_records_are_none_of_a_canarys(void **state)
{
	struct rec_lost lost = {
		.header = {.size = sizeof(lost), .kind = REC_LOST, .time_ns = 1500}};

	(void)state;
	assert_false(canary_watch_takes(&watch, &lost.header));
}

static void each_new_canary_is_told_once(void **state)
{
	struct rec_exit ended = exit_of(helper_id()), killed = exit_of(helper_id());
	uint64_t count = 0;

	(void)state;
	killed.exit_signal = SIGKILL;
	assert_true(takes(&ended));
	assert_true(takes(&ended));
	assert_true(takes(&killed));
	assert_int_equal(atomic_load(&watch.seen), 1u << CANARY_EXIT | 1u << CANARY_SIGNAL_DEATH);
	assert_int_equal(read(watch.seen_fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 2);
}

/* way: open is made by the entry of 32-bit programs here, openat by the usual one. */
static uint32_t recognize_way(unsigned int kind, const char *given, uint32_t error,
			      enum rec_syscall way)
{
	struct {
		struct rec_open open;
		char tail[64];
	} record = {.open.header = {.size = sizeof(record), .kind = (__u16)kind}};

	strcpy(record.tail, given);
	record.open.call.error = error;
	record.open.call.number = way;
	record.open.call.is_32bit = way == REC_SYSCALL_OPEN;
	record.open.given = (struct rec_string){
		.offset = offsetof(typeof(record), tail),
		.length = (uint32_t)strlen(given),
		.full = (uint32_t)strlen(given),
	};
	return canary_recognize(&record.open.header);
}

static uint32_t recognize_open(unsigned int kind, const char *given, uint32_t error)
{
	return recognize_way(kind, given, error, REC_SYSCALL_OPENAT);
}

static void an_open_by_another_way_shows_that_way_alone(void **state)
{
	(void)state;
	assert_int_equal(recognize_way(REC_OPEN_WRITE, "/a", 0, REC_SYSCALL_OPEN),
			 1u << CANARY_OPEN_32BIT);
	assert_int_equal(recognize_way(REC_OPEN_WRITE, "/a", 0, REC_SYSCALL_OTHER),
			 1u << CANARY_OPEN_IO_URING);
}

static void each_record_shows_its_canary(void **state)
{
	struct rec_exec exec = {.header.kind = REC_EXEC, .task.tid = 7, .old_tid = 7};
	struct rec_exec_failed failed = {.header.kind = REC_EXEC_FAILED, .call.error = ENOENT};
	struct rec_fork fork_record = {.header.kind = REC_FORK};

	(void)state;
	assert_int_equal(canary_recognize(&exec.header), 1u << CANARY_EXEC);
	exec.old_tid = 8;
	assert_int_equal(canary_recognize(&exec.header), 1u << CANARY_THREAD_EXEC);
	assert_int_equal(canary_recognize(&failed.header), 1u << CANARY_EXEC_FAILED);
	failed.call.error = EACCES;
	assert_int_equal(canary_recognize(&failed.header), 0);
	assert_int_equal(canary_recognize(&fork_record.header), 1u << CANARY_FORK);
	assert_int_equal(recognize_open(REC_OPEN_WRITE, "/a/b", 0), 1u << CANARY_OPEN_WRITE);
	assert_int_equal(recognize_open(REC_OPEN_WRITE, "b", 0), 1u << CANARY_RELATIVE_OPEN);
	assert_int_equal(recognize_open(REC_OPEN_WRITE, "", 0), 0);
	assert_int_equal(recognize_open(REC_OPEN_READ, "/a", 0), 1u << CANARY_OPEN_READ);
	assert_int_equal(recognize_open(REC_FILE_CREATE, "/a", 0), 1u << CANARY_FILE_CREATE);
	assert_int_equal(recognize_open(REC_OPEN_FAILED, "/a", EXDEV), 1u << CANARY_OPEN_FAILED);
	assert_int_equal(recognize_open(REC_OPEN_FAILED, "/a", ENOENT), 0);
}

static void a_run_is_judged_canary_by_canary(void **state)
{
	struct coverage_facts facts = {
		.kinds = 1u << REC_EXEC | 1u << REC_EXIT | 1u << REC_EXEC_FAILED,
		.seen = 1u << CANARY_EXEC | 1u << CANARY_EXIT | 1u << CANARY_FORK,
	};
	struct coverage_result result = {0};
	char names[256];

	(void)state;
	facts.report.errors[CANARY_EXEC_FAILED] = EPERM;
	facts.report.errors[CANARY_EXIT] = EPERM; /* what was seen was seen */
	coverage_judge(&facts, &result);
	coverage_list(&result, COVERAGE_SEEN, names, sizeof(names));
	assert_string_equal(names, "exec, exit");
	coverage_list(&result, COVERAGE_MISSED, names, sizeof(names));
	assert_string_equal(names, "thread_exec, signal_death");
	assert_int_equal(result.counts[COVERAGE_SEEN], 2);
	assert_int_equal(result.counts[COVERAGE_MISSED], 2);
	assert_int_equal(result.counts[COVERAGE_SKIPPED], CANARIES - 4);
	assert_string_equal(result.canaries[CANARY_THREAD_EXEC].why, "no exec record came");
	assert_string_equal(result.canaries[CANARY_EXEC_FAILED].why,
			    "cannot be tried here: Operation not permitted");
	assert_string_equal(result.canaries[CANARY_FORK].why,
			    "fork is not recorded by this configuration");
	facts.broken = "it hung";
	coverage_judge(&facts, &result);
	assert_int_equal(result.counts[COVERAGE_MISSED], 0);
	assert_string_equal(result.canaries[CANARY_SIGNAL_DEATH].why, "it hung");
}

static void what_the_filters_leave_out_is_skipped(void **state)
{
	struct coverage_facts facts = {
		.kinds = 1u << REC_OPEN_WRITE | 1u << REC_OPEN_FAILED | 1u << REC_EXIT,
		.left_out = coverage_opens(true, false),
	};
	struct coverage_result result = {0};
	char names[256];

	(void)state;
	coverage_judge(&facts, &result);
	coverage_list(&result, COVERAGE_MISSED, names, sizeof(names));
	assert_string_equal(names, "exit, signal_death, open_failed");
	assert_string_equal(result.canaries[CANARY_OPEN_WRITE].why,
			    "left out by the paths of capture.include or capture.exclude");
	facts.left_out = coverage_opens(false, true);
	coverage_judge(&facts, &result);
	assert_int_equal(result.canaries[CANARY_OPEN_FAILED].verdict, COVERAGE_SKIPPED);
	assert_int_equal(result.canaries[CANARY_OPEN_WRITE].verdict, COVERAGE_MISSED);
}

/* Fork, exec and exit come all the same. */
static void what_a_list_of_processes_leaves_out_is_skipped(void **state)
{
	struct coverage_facts facts = {.kinds = UINT32_MAX, .left_out_by = "user"};
	struct coverage_result result = {0};
	char names[256];

	(void)state;
	coverage_judge(&facts, &result);
	coverage_list(&result, COVERAGE_MISSED, names, sizeof(names));
	assert_string_equal(names, "fork, exec, thread_exec, exit, signal_death");
	assert_int_equal(result.counts[COVERAGE_SKIPPED], CANARIES - 5);
	assert_string_equal(result.canaries[CANARY_THREAD_START].why,
			    "the process that tries it is left out by the list 'user' of "
			    "capture.include or capture.exclude");
	facts.seen = 1U << CANARY_OPEN_WRITE;
	coverage_judge(&facts, &result);
	assert_int_equal(result.canaries[CANARY_OPEN_WRITE].verdict, COVERAGE_SEEN);
}

static void what_may_wait_in_the_rings_is_not_missed(void **state)
{
	const struct coverage_facts facts = {
		.kinds = 1u << REC_EXEC | 1u << REC_EXIT, .seen = 1u << CANARY_EXEC, .held = true};
	struct coverage_result result = {0};

	(void)state;
	coverage_judge(&facts, &result);
	assert_int_equal(result.counts[COVERAGE_MISSED], 0);
	assert_int_equal(result.canaries[CANARY_EXEC].verdict, COVERAGE_SEEN);
	assert_int_equal(result.canaries[CANARY_EXIT].verdict, COVERAGE_SKIPPED);
	assert_string_equal(result.canaries[CANARY_EXIT].why,
			    "the journal takes no events: its record may wait");
}

static void what_this_kernel_has_no_hook_for_is_a_known_gap(void **state)
{
	struct coverage_facts facts = {.kinds = 1u << REC_OPEN_WRITE, .no_io_uring = "it refuses"};
	struct coverage_result result = {0};
	char names[256];

	(void)state;
	coverage_judge(&facts, &result);
	coverage_list(&result, COVERAGE_GAP, names, sizeof(names));
	assert_string_equal(names, "open_io_uring");
	assert_string_equal(result.canaries[CANARY_OPEN_IO_URING].why, "it refuses");
	coverage_list(&result, COVERAGE_MISSED, names, sizeof(names));
	assert_string_equal(names, "open_write, relative_open, open_32bit");
	facts.report.errors[CANARY_OPEN_IO_URING] = EPERM; /* kernel.io_uring_disabled */
	coverage_judge(&facts, &result);
	assert_int_equal(result.counts[COVERAGE_GAP], 0);
	facts = (struct coverage_facts){.kinds = 1u << REC_OPEN_WRITE};
	coverage_judge(&facts, &result);
	assert_int_equal(result.counts[COVERAGE_GAP], 0);
	assert_int_equal(result.counts[COVERAGE_MISSED], 4);
}

/* The helper. */

static int make_dir(void **state)
{
	char path[128];

	(void)state;
	helper = NULL;
	coverage = NULL;
	(void)strcpy(dir, "/tmp/auditship-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	return close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/* It fails when a canary has left anything there. */
static int remove_dir(void **state)
{
	char path[128];
	struct stat st;

	(void)state;
	canary_helper_stop(helper);
	coverage_free(coverage);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	return stat(path, &st) == 0 && st.st_size == 0 && unlink(path) == 0 ? rmdir(dir) : -1;
}

static struct canary_helper_options helper_options(void)
{
	return (struct canary_helper_options){
		.directory = dir,
		.file = "file",
		.program_fd = open("/bin/true", O_PATH | O_CLOEXEC),
	};
}

static void start_helper(void)
{
	struct canary_helper_options options = helper_options();
	struct err err;

	assert_true(options.program_fd >= 0);
	assert_int_equal(canary_helper_start(&helper, &options, &err), 0);
	assert_int_equal(close(options.program_fd), 0);
}

static struct canary_report ask(uint32_t mask)
{
	struct pollfd poll_fd = {.fd = canary_helper_fd(helper), .events = POLLIN};
	struct canary_report report;

	assert_int_equal(canary_helper_ask(helper, mask), 0);
	assert_int_equal(poll(&poll_fd, 1, 60000), 1);
	assert_int_equal(canary_helper_read(helper, &report), 1);
	return report;
}

/* A kernel may lack them, or forbid them. */
static bool may_be_absent(int canary, int error)
{
	return (canary == CANARY_OPEN_32BIT && error == ENOSYS) ||
	       (canary == CANARY_OPEN_IO_URING && (error == ENOSYS || error == EPERM));
}

static void the_helper_can_do_it_all_again_and_again(void **state)
{
	(void)state;
	start_helper();
	for (int i = 0; i < 3; i++) {
		struct canary_report report = ask((1u << CANARIES) - 1);

		for (int canary = 0; canary < CANARIES; canary++)
			if (report.errors[canary])
				print_error("%s: %s\n", canary_name((enum canary)canary),
					    strerror(report.errors[canary]));
		for (int canary = 0; canary < CANARIES; canary++)
			if (!may_be_absent(canary, report.errors[canary]))
				assert_int_equal(report.errors[canary], 0);
	}
}

static void what_cannot_be_done_is_told(void **state)
{
	char path[128];
	struct canary_report report;

	(void)state;
	start_helper();
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(unlink(path), 0);
	report = ask(1u << CANARY_OPEN_WRITE | 1u << CANARY_FORK | 1u << CANARY_RELATIVE_OPEN);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	assert_int_equal(report.errors[CANARY_OPEN_WRITE], ENOENT);
	assert_int_equal(report.errors[CANARY_RELATIVE_OPEN], ENOENT);
	assert_int_equal(report.errors[CANARY_FORK], 0);
}

static void signals_for_a_terminals_group_pass_the_helper_by(void **state)
{
	(void)state;
	start_helper();
	assert_int_equal(ask(0).errors[CANARY_FORK], 0); /* it runs */
	assert_int_equal(kill(canary_helper_pid(helper), SIGINT), 0);
	assert_int_equal(kill(canary_helper_pid(helper), SIGTERM), 0);
	assert_int_equal(kill(canary_helper_pid(helper), SIGHUP), 0);
	assert_int_equal(ask(1u << CANARY_FORK).errors[CANARY_FORK], 0);
}

static void start_coverage(void)
{
	struct coverage_options options = {
		.helper = helper_options(),
		.pid_ns = PID_NS,
		.ticks_per_s = 100,
		.sing_ms = 2000,
	};
	struct err err;

	assert_int_equal(coverage_new(&coverage, &options, &err), 0);
	assert_int_equal(close(options.helper.program_fd), 0);
}

static const struct coverage_result *wait_for_result(void)
{
	struct pollfd poll_fd = {.fd = coverage_fd(coverage), .events = POLLIN};

	do
		assert_int_equal(poll(&poll_fd, 1, 60000), 1);
	while (!coverage_serve(coverage, false));
	assert_false(coverage_is_running(coverage));
	return coverage_last(coverage);
}

/* As the collect thread would: the helper's own records, of all that was asked for. */
static void show_records(void)
{
	struct canary_watch *shared = coverage_watch(coverage);
	struct rec_exit ended = exit_of(
		(struct rec_id){.pid = 1,
				.ns_pid = shared->helper.pid,
				.pid_ns = PID_NS,
				.start_ns = shared->helper.start_ticks * shared->helper.tick_ns});

	ended.header.time_ns = clock_boot_ns();
	assert_true(canary_watch_takes(shared, &ended.header));
	ended.exit_signal = SIGKILL;
	assert_true(canary_watch_takes(shared, &ended.header));
}

static void a_run_ends_when_all_is_seen(void **state)
{
	const struct coverage_result *result;

	(void)state;
	start_coverage();
	assert_int_equal(coverage_last(coverage)->ended_ns, 0);
	assert_true(coverage_begin(coverage, 1u << REC_EXIT, NULL, true));
	assert_false(coverage_begin(coverage, 1u << REC_EXIT, NULL, false));
	show_records();
	result = wait_for_result();
	assert_true(result->asked);
	assert_int_equal(result->records, 2);
	assert_int_equal(result->counts[COVERAGE_SEEN], 2);
	assert_int_equal(result->counts[COVERAGE_MISSED], 0);
	assert_true(result->ended_ns > 0);
	assert_true(coverage_begin(coverage, 0, NULL, false));
	assert_int_equal(wait_for_result()->counts[COVERAGE_SKIPPED], CANARIES);
}

static void what_is_not_seen_in_time_is_missed(void **state)
{
	const struct coverage_result *result;

	(void)state;
	start_coverage();
	assert_true(coverage_begin(coverage, 1u << REC_FORK | 1u << REC_EXIT, NULL, false));
	show_records();
	result = wait_for_result();
	assert_int_equal(result->counts[COVERAGE_SEEN], 2);
	assert_int_equal(result->counts[COVERAGE_MISSED], 1);
	assert_int_equal(result->canaries[CANARY_FORK].verdict, COVERAGE_MISSED);
}

static void a_helper_that_is_gone_is_told_in_each_run(void **state)
{
	pid_t pid;

	(void)state;
	start_coverage();
	pid = (pid_t)coverage_watch(coverage)->helper.pid;
	assert_int_equal(kill(pid, SIGKILL), 0);
	for (int i = 0; i < 2; i++) {
		const struct coverage_result *result;

		assert_true(coverage_begin(coverage, ALL_KINDS, NULL, false));
		result = wait_for_result();
		assert_int_equal(result->counts[COVERAGE_SKIPPED], CANARIES);
		assert_string_equal(result->canaries[CANARY_EXEC].why,
				    "the process for canaries has ended");
	}
	assert_int_equal(kill(pid, 0), -1); /* reaped */
}

static void a_helper_that_hangs_is_killed(void **state)
{
	const struct coverage_result *result;
	pid_t pid;

	(void)state;
	start_coverage();
	pid = (pid_t)coverage_watch(coverage)->helper.pid;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_true(coverage_begin(coverage, ALL_KINDS, NULL, false));
	result = wait_for_result();
	assert_int_equal(result->counts[COVERAGE_SKIPPED], CANARIES);
	assert_string_equal(result->canaries[CANARY_EXEC].why,
			    "the process for canaries hung and was killed");
	assert_int_equal(kill(pid, 0), -1);
}

static void without_a_helper_the_agent_runs_all_the_same(void **state)
{
	struct coverage_options options = {
		.helper = {.directory = "/nowhere", .file = "file", .program_fd = -1},
		.pid_ns = PID_NS,
		.ticks_per_s = 100,
	};
	struct err err;

	(void)state;
	assert_int_equal(coverage_new(&coverage, &options, &err), 0);
	assert_true(coverage_begin(coverage, ALL_KINDS, NULL, false));
	assert_string_equal(wait_for_result()->canaries[CANARY_EXEC].why,
			    "cannot start the process for canaries: No such file or directory");
}

#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, make_watch, close_watch)
#define HELPER_TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(records_of_the_helper_and_its_children_are_taken),
		WATCH_TEST(nobody_else_passes_for_the_helper),
		WATCH_TEST(outside_of_a_run_nothing_is_taken),
		WATCH_TEST(of_a_flood_the_rest_is_shown),
		WATCH_TEST(the_agents_own_records_are_none_of_a_canarys),
		WATCH_TEST(each_new_canary_is_told_once),
		cmocka_unit_test(each_record_shows_its_canary),
		cmocka_unit_test(an_open_by_another_way_shows_that_way_alone),
		cmocka_unit_test(what_the_filters_leave_out_is_skipped),
		cmocka_unit_test(what_a_list_of_processes_leaves_out_is_skipped),
		cmocka_unit_test(what_may_wait_in_the_rings_is_not_missed),
		cmocka_unit_test(what_this_kernel_has_no_hook_for_is_a_known_gap),
		cmocka_unit_test(a_run_is_judged_canary_by_canary),
		HELPER_TEST(the_helper_can_do_it_all_again_and_again),
		HELPER_TEST(what_cannot_be_done_is_told),
		HELPER_TEST(signals_for_a_terminals_group_pass_the_helper_by),
		HELPER_TEST(a_run_ends_when_all_is_seen),
		HELPER_TEST(what_is_not_seen_in_time_is_missed),
		HELPER_TEST(a_helper_that_is_gone_is_told_in_each_run),
		HELPER_TEST(a_helper_that_hangs_is_killed),
		HELPER_TEST(without_a_helper_the_agent_runs_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
