/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the entry leader is, by every rule and by what nearly fits it, and the ancestors. */
#include "enrich/lineage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define HOST_NS 4026531836u
#define TTY1 (4u << 20 | 1)
#define PTS0 (136u << 20)

static struct process_table *table;

static int make_table(void **state)
{
	const struct process_table_options options = {0};
	struct err err;

	(void)state;
	return process_table_new(&table, &options, &err);
}

static int remove_table(void **state)
{
	(void)state;
	process_table_free(table);
	return 0;
}

/* A process as it lives: what its start, session and program are is told by its pid. */
struct life {
	uint32_t pid, creator, parent, session;
	uint32_t uid, pid_ns, tty;
	const char *executable;
	bool kernel_thread, in_container;
};

static struct rec_id id_of(uint32_t pid)
{
	return (struct rec_id){
		.pid = pid,
		.ns_pid = pid,
		.start_ns = pid ? 1000 + pid : 0,
		.pid_ns = HOST_NS,
	};
}

/* Told as a fork and, with an executable, its exec. creator 0: not seen. */
static const struct process *tell(const struct life *life)
{
	struct process told = {
		.id = id_of(life->pid),
		.parent = id_of(life->parent),
		.creator = id_of(life->creator),
		.session = id_of(life->session),
		.group = id_of(life->pid),
		.told_ns = 5000,
		.uid = life->uid,
		.tty = life->tty,
		.kernel_thread = life->kernel_thread,
		.in_container = life->in_container,
	};
	struct image image = {.executable = life->executable, .args = ""};
	const struct process *process;

	if (life->pid_ns)
		told.id.pid_ns = life->pid_ns;
	if (life->creator)
		lineage_inherit(table, &told,
				process_table_find(table, told.creator.pid, told.creator.start_ns));
	process = process_table_insert(table, &told);
	assert_non_null(process);
	if (!life->executable)
		return process;
	image.executable_length = image.executable_full = (uint32_t)strlen(life->executable);
	process_table_set_image(table, process, &image, 5000);
	lineage_judge(table, process);
	return process;
}

static void assert_entry(const struct process *process, uint32_t pid, enum enriched_entry type)
{
	if (process->entry.pid == 0)
		lineage_find_entry(table, process);
	assert_int_equal(process->entry.pid, pid);
	assert_int_equal(process->entry_type, pid ? type : ENTRY_UNKNOWN);
	if (pid)
		assert_int_equal(process->entry.start_ns, id_of(pid).start_ns);
}

static void init_and_its_service(void)
{
	(void)tell(&(struct life){.pid = 1, .session = 1, .executable = "/sbin/init"});
	(void)tell(&(struct life){.pid = 50,
				  .creator = 1,
				  .parent = 1,
				  .session = 50,
				  .executable = "/usr/sbin/sshd"});
}

static void a_service_leads_those_it_makes(void **state)
{
	(void)state;
	init_and_its_service();
	assert_entry(process_table_find_pid(table, 1), 1, ENTRY_INIT);
	assert_entry(process_table_find_pid(table, 50), 50, ENTRY_INIT);
	assert_entry(tell(&(struct life){.pid = 51, .creator = 50, .parent = 50, .session = 50}),
		     50, ENTRY_INIT);
	assert_entry(tell(&(struct life){.pid = 52,
					 .creator = 51,
					 .parent = 1,
					 .session = 52,
					 .executable = "/usr/bin/daemon"}),
		     50, ENTRY_INIT);
}

static void a_child_of_init_in_its_session_is_under_init(void **state)
{
	(void)state;
	assert_entry(tell(&(struct life){.pid = 60, .creator = 1, .parent = 1}), 1, ENTRY_INIT);
	assert_entry(tell(&(struct life){.pid = 61, .parent = 60}), 1, ENTRY_INIT);
}

/* The server, its part for one user with and without privileges, the shell. */
static void log_in(const char *server, uint32_t uid)
{
	(void)tell(&(struct life){
		.pid = 70, .creator = 50, .parent = 50, .session = 70, .executable = server});
	(void)tell(&(struct life){.pid = 71,
				  .creator = 70,
				  .parent = 70,
				  .session = 70,
				  .uid = uid,
				  .executable = server});
	(void)tell(&(struct life){.pid = 72,
				  .creator = 71,
				  .parent = 71,
				  .session = 72,
				  .uid = uid,
				  .tty = PTS0,
				  .executable = "/bin/bash"});
}

static void a_login_by_ssh_begins_at_the_shell(void **state)
{
	(void)state;
	init_and_its_service();
	log_in("/usr/lib/openssh/sshd-session", 1000);
	assert_entry(process_table_find_pid(table, 70), 50, ENTRY_INIT);
	assert_entry(process_table_find_pid(table, 71), 50, ENTRY_INIT);
	assert_entry(process_table_find_pid(table, 72), 72, ENTRY_SSHD);
	assert_entry(tell(&(struct life){.pid = 73,
					 .creator = 72,
					 .parent = 72,
					 .session = 72,
					 .executable = "/bin/ls"}),
		     72, ENTRY_SSHD);
}

static void a_server_of_ssh_that_is_not_roots_is_none(void **state)
{
	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){.pid = 80,
				  .creator = 1,
				  .parent = 1,
				  .session = 80,
				  .uid = 1000,
				  .executable = "/usr/lib/systemd/systemd"});
	(void)tell(&(struct life){.pid = 81,
				  .creator = 80,
				  .parent = 80,
				  .session = 81,
				  .uid = 1000,
				  .executable = "/home/eve/sshd"});
	assert_entry(tell(&(struct life){.pid = 82,
					 .creator = 81,
					 .parent = 81,
					 .session = 82,
					 .uid = 1000,
					 .executable = "/bin/sh"}),
		     80, ENTRY_INIT);
}

static void a_login_on_a_terminal_of_the_machine_begins_there(void **state)
{
	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){
		.pid = 90, .creator = 1, .parent = 1, .session = 90, .executable = "/sbin/agetty"});
	assert_entry(process_table_find_pid(table, 90), 90, ENTRY_INIT);
	assert_entry(tell(&(struct life){.pid = 90,
					 .creator = 1,
					 .parent = 1,
					 .session = 90,
					 .tty = TTY1,
					 .executable = "/bin/login"}),
		     90, ENTRY_TERMINAL);
	assert_entry(tell(&(struct life){.pid = 91,
					 .creator = 90,
					 .parent = 90,
					 .session = 91,
					 .tty = TTY1,
					 .executable = "/bin/bash"}),
		     91, ENTRY_TERMINAL);
	assert_entry(tell(&(struct life){.pid = 92,
					 .creator = 90,
					 .parent = 90,
					 .session = 92,
					 .tty = 5u << 20 | 1,
					 .executable = "/bin/bash"}),
		     92, ENTRY_CONSOLE);
	/* /dev/tty is no terminal of its own */
	assert_entry(tell(&(struct life){.pid = 93,
					 .creator = 90,
					 .parent = 90,
					 .session = 93,
					 .tty = 5u << 20,
					 .executable = "/bin/bash"}),
		     90, ENTRY_TERMINAL);
}

static void the_first_of_a_container_begins_there(void **state)
{
	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){.pid = 55,
				  .creator = 1,
				  .parent = 1,
				  .session = 55,
				  .executable = "/usr/bin/containerd"});
	(void)tell(&(struct life){.pid = 100,
				  .creator = 55,
				  .parent = 1,
				  .session = 100,
				  .executable = "/usr/bin/containerd-shim-runc-v2"});
	(void)tell(&(struct life){.pid = 101,
				  .creator = 100,
				  .parent = 100,
				  .session = 101,
				  .pid_ns = 77,
				  .executable = "/usr/bin/runc"});
	assert_entry(process_table_find_pid(table, 101), 55, ENTRY_INIT);
	assert_entry(tell(&(struct life){.pid = 102,
					 .creator = 101,
					 .parent = 100,
					 .session = 102,
					 .pid_ns = 77,
					 .executable = "/entrypoint"}),
		     102, ENTRY_CONTAINER);
	/* of the same pid namespace: a tool of the runtime */
	assert_entry(tell(&(struct life){.pid = 103,
					 .creator = 100,
					 .parent = 100,
					 .session = 103,
					 .executable = "/usr/bin/hook"}),
		     55, ENTRY_INIT);
}

/* His own program, called runc, makes a pid namespace in a user namespace. */
static void a_runtime_of_a_user_needs_a_cgroup_of_a_container(void **state)
{
	struct life first = {.pid = 152,
			     .creator = 151,
			     .parent = 151,
			     .session = 152,
			     .uid = 1000,
			     .pid_ns = 78,
			     .executable = "/bin/sh"};

	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){.pid = 151,
				  .creator = 50,
				  .parent = 50,
				  .session = 50,
				  .uid = 1000,
				  .executable = "/home/eve/runc"});
	assert_entry(tell(&first), 50, ENTRY_INIT);
	first.pid = first.session = 153;
	first.in_container = true;
	assert_entry(tell(&first), 153, ENTRY_CONTAINER);
}

static void a_session_of_ssm_begins_there(void **state)
{
	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){.pid = 110,
				  .creator = 50,
				  .parent = 50,
				  .session = 50,
				  .executable = "/usr/bin/ssm-session-worker"});
	assert_entry(tell(&(struct life){.pid = 111,
					 .creator = 110,
					 .parent = 110,
					 .session = 111,
					 .tty = PTS0,
					 .executable = "/bin/sh"}),
		     111, ENTRY_SSM);
}

static void threads_of_the_kernel_have_none(void **state)
{
	(void)state;
	assert_entry(tell(&(struct life){.pid = 2, .kernel_thread = true}), 0, 0);
	assert_entry(
		tell(&(struct life){.pid = 3, .creator = 2, .parent = 2, .kernel_thread = true}), 0,
		0);
}

/* Who ran before the agent: the session tells, and the parent where it is of the same session. */
static void those_that_were_there_are_placed_by_their_session(void **state)
{
	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){.pid = 120, .parent = 1, .session = 120, .executable = "/bin/a"});
	assert_entry(process_table_find_pid(table, 120), 120, ENTRY_INIT);
	assert_entry(tell(&(struct life){.pid = 121, .parent = 1, .session = 120}), 120,
		     ENTRY_INIT);
	/* an orphan whose session's leader has ended: nobody knows */
	assert_entry(tell(&(struct life){.pid = 122, .parent = 1, .session = 119}), 0, 0);
	assert_entry(tell(&(struct life){.pid = 123, .parent = 120, .session = 119}), 0, 0);
}

static void a_circle_of_parents_ends(void **state)
{
	const struct process *process;

	(void)state;
	(void)tell(&(struct life){.pid = 130, .parent = 131, .session = 130});
	process = tell(&(struct life){.pid = 131, .parent = 130, .session = 131});
	assert_entry(process, 0, 0);
	assert_entry(tell(&(struct life){.pid = 132, .parent = 132, .session = 132}), 0, 0);
}

static void a_child_knows_the_leader_that_its_maker_knew(void **state)
{
	struct process told = {.id = id_of(141), .session = id_of(140), .group = id_of(139)};
	const struct process *maker = tell(&(struct life){.pid = 140, .parent = 1, .session = 140});

	(void)state;
	told.session.start_ns = told.group.start_ns = 0;
	lineage_inherit(table, &told, maker);
	assert_int_equal(told.session.start_ns, id_of(140).start_ns);
	assert_int_equal(told.group.start_ns, 0); /* another group */
	lineage_inherit(table, &told, NULL);
	assert_int_equal(told.session.pid, 140);
}

static void ancestors_are_makers_then_parents(void **state)
{
	struct rec_id ids[LINEAGE_MAX];
	const struct process *process;

	(void)state;
	init_and_its_service();
	(void)tell(&(struct life){.pid = 150, .parent = 1, .session = 150}); /* maker unknown */
	(void)tell(&(struct life){.pid = 151, .creator = 150, .parent = 1, .session = 150});
	process = tell(&(struct life){.pid = 152, .creator = 151, .parent = 50, .session = 150});
	assert_int_equal(lineage_ancestors(table, process, LINEAGE_MAX, ids), 3);
	assert_int_equal(ids[0].pid, 151);
	assert_int_equal(ids[1].pid, 150);
	assert_int_equal(ids[2].pid, 1);
	assert_int_equal(lineage_ancestors(table, process, 1, ids), 1);
	assert_int_equal(lineage_ancestors(table, process, 0, ids), 0);
	/* who is not known any more is still named, and ends the list */
	process = tell(&(struct life){.pid = 153, .creator = 999, .parent = 1, .session = 150});
	assert_int_equal(lineage_ancestors(table, process, LINEAGE_MAX, ids), 1);
	assert_int_equal(ids[0].pid, 999);
	process = tell(&(struct life){.pid = 154, .parent = 154, .session = 154});
	assert_int_equal(lineage_ancestors(table, process, LINEAGE_MAX, ids), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_table, remove_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_service_leads_those_it_makes),
		TEST(a_child_of_init_in_its_session_is_under_init),
		TEST(a_login_by_ssh_begins_at_the_shell),
		TEST(a_server_of_ssh_that_is_not_roots_is_none),
		TEST(a_login_on_a_terminal_of_the_machine_begins_there),
		TEST(the_first_of_a_container_begins_there),
		TEST(a_runtime_of_a_user_needs_a_cgroup_of_a_container),
		TEST(a_session_of_ssm_begins_there),
		TEST(threads_of_the_kernel_have_none),
		TEST(those_that_were_there_are_placed_by_their_session),
		TEST(a_circle_of_parents_ends),
		TEST(a_child_knows_the_leader_that_its_maker_knew),
		TEST(ancestors_are_makers_then_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
