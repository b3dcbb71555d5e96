/* SPDX-License-Identifier: BSD-2-Clause */
/* What is added to records: the lives of processes, names, and the limits of both. */
#include "enrich/enrich.h"

#include "base/clock.h"
#include "base/io.h"
#include "decode/decode.h"
#include "decode/fields.h"
#include "enrich/entity_id.h"
#include "entry_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND NS_PER_S
#define OFFSET ((int64_t)(1700000000 * SECOND))

static char *const env_names[] = {"LD_PRELOAD", "LD_LIBRARY_PATH", "A"};

static uint32_t next_exec_id; /* of the records that are built */

static struct {
	struct enrich *enrich;
	struct entry_builder builder;
	struct enriched *out;
	size_t size;
} made;

static int make_enrich(void **state)
{
	const struct enrich_options options = {
		.boot_id = {9, 8, 7},
		.ticks_per_s = 100,
		.env = env_names,
		.env_count = 3,
	};
	struct err err;

	(void)state;
	memset(&made, 0, sizeof(made));
	next_exec_id = 0;
	made.out = malloc(ENRICH_MAX_SIZE);
	return made.out ? enrich_new(&made.enrich, &options, &err) : -1;
}

static int remove_enrich(void **state)
{
	(void)state;
	enrich_free(made.enrich);
	free(made.out);
	return 0;
}

static struct rec_id make_id(uint32_t pid, uint64_t start_s)
{
	return (struct rec_id){
		.pid = pid,
		.ns_pid = pid,
		.start_ns = start_s * SECOND,
		.pid_ns = 4026531836,
	};
}

/* A record of that process and parent, at that second. */
static void start(enum rec_kind kind, struct rec_id id, struct rec_id parent, uint64_t time_s)
{
	builder_start(&made.builder, kind, 1);
	made.builder.header->time_ns = time_s * SECOND;
	made.builder.task->id = id;
	made.builder.task->parent = parent;
	made.builder.task->tid = id.pid;
	made.builder.task->exec_id = next_exec_id;
	(void)snprintf(made.builder.task->comm, sizeof(made.builder.task->comm), "comm%u", id.pid);
}

/* Enriches what was built; every string must lie in what was written. */
static const struct enriched *enrich(void)
{
	const char *why;

	assert_int_equal(record_check(made.builder.header, made.builder.header->size, &why), 0);
	memset(made.out, 0xa5, ENRICH_MAX_SIZE);
	made.size = enrich_event(made.enrich, made.builder.header, OFFSET, made.out);
	assert_in_range(made.size, sizeof(struct enriched), ENRICH_MAX_SIZE);
	assert_int_equal(made.out->size, made.size);
	assert_null(decode_check_enriched(made.out, sizeof(*made.out), made.size));
	assert_int_equal(record_check(made.builder.header, made.builder.header->size, &why), 0);
	return made.out;
}

static void fork_of(struct rec_id child, struct rec_id parent, struct rec_id creator,
		    uint64_t time_s)
{
	start(REC_FORK, child, parent, time_s);
	made.builder.fork->creator = creator;
	(void)enrich();
}

static void build_exec(struct rec_id id, struct rec_id parent, const char *executable,
		       uint64_t time_s)
{
	start(REC_EXEC, id, parent, time_s);
	builder_text(&made.builder, &made.builder.exec->executable, executable);
}

/* With the one argument "-x". */
static void exec_of(struct rec_id id, struct rec_id parent, const char *executable, uint64_t time_s)
{
	build_exec(id, parent, executable, time_s);
	BUILDER_LIST(&made.builder, &made.builder.exec->args, "-x");
	made.builder.exec->args_count = 1;
	(void)enrich();
}

static void exit_of(struct rec_id id, struct rec_id parent, uint64_t time_s)
{
	start(REC_EXIT, id, parent, time_s);
	(void)enrich();
}

static void snapshot_of(struct rec_id id, struct rec_id parent, const char *executable)
{
	const struct image args = {
		.args = "-s",
		.args_length = 3,
		.args_full = 3,
		.args_count = 1,
	};

	builder_start(&made.builder, REC_SNAPSHOT, 1);
	made.builder.header->time_ns = 50 * SECOND;
	made.builder.task->id = id;
	made.builder.task->parent = parent;
	made.builder.task->exec_id = next_exec_id;
	/* struct rec_snapshot ends with its only string */
	builder_text(&made.builder,
		     &((struct rec_snapshot *)(void *)made.builder.header)->executable, executable);
	enrich_snapshot(made.enrich, (const struct rec_snapshot *)(void *)made.builder.header,
			OFFSET, &args);
}

static void assert_text(const struct rec_string *string, const char *expected)
{
	size_t length = expected ? strlen(expected) : 0;

	assert_int_equal(string->length, length);
	if (length > 0)
		assert_memory_equal((const char *)made.out + string->offset, expected, length);
	assert_int_equal(string->full, length);
}

static void assert_list(const struct rec_string *string, const char *expected, size_t length)
{
	assert_int_equal(string->length, length);
	assert_memory_equal((const char *)made.out + string->offset, expected, length);
}

static bool is_zero(const uint8_t id[16])
{
	static const uint8_t zero[16];

	return memcmp(id, zero, sizeof(zero)) == 0;
}

static void assert_entity(const uint8_t got[16], struct rec_id id)
{
	const uint8_t boot_id[16] = {9, 8, 7};
	struct entity_ids *ids;
	uint8_t expected[16];
	struct err err;

	assert_int_equal(entity_ids_new(&ids, boot_id, &err), 0);
	entity_id(ids, id.pid_ns, id.start_ns / (SECOND / 100), id.ns_pid, expected);
	entity_ids_free(ids);
	assert_memory_equal(got, expected, sizeof(expected));
}

static void a_life_from_fork_to_exit_is_told_with_parent_and_creator(void **state)
{
	const struct rec_id shell = make_id(10, 1), child = make_id(20, 100);
	const struct enriched *out = made.out;

	(void)state;
	exec_of(shell, make_id(1, 0), "/bin/sh", 60);
	fork_of(child, shell, shell, 100);
	assert_entity(out->process.entity_id, child);
	assert_int_equal(out->process.start_wall_ns, 100 * SECOND + OFFSET);
	assert_text(&out->process.executable, "/bin/sh");
	assert_list(&out->process.args, "-x", 3);
	assert_int_equal(out->process.args_count, 1);
	assert_entity(out->parent.entity_id, shell);
	assert_text(&out->parent.executable, "/bin/sh");
	assert_text(&out->parent.comm, "comm10");
	assert_int_equal(out->creator_pid, 10);
	assert_entity(out->creator.entity_id, shell);
	assert_text(&out->creator.executable, "/bin/sh");
	exec_of(child, shell, "/bin/ls", 101);
	assert_entity(out->process.entity_id, child);
	assert_text(&out->process.executable, NULL); /* the record has them */
	assert_int_equal(out->process.args.length, 0);
	assert_int_equal(out->creator_pid, 10);
	exit_of(child, shell, 105);
	assert_entity(out->process.entity_id, child);
	assert_text(&out->process.executable, "/bin/ls");
	assert_list(&out->process.args, "-x", 3);
	assert_int_equal(out->duration_ns, 5 * SECOND);
	assert_int_equal(out->exec_duration_ns, 4 * SECOND);
	assert_int_equal(out->end_start_wall_ns, 100 * SECOND + OFFSET);
	assert_int_equal(out->creator_pid, 10);
}

static void what_is_unknown_stays_absent(void **state)
{
	const struct enriched *out = made.out;

	(void)state;
	exit_of(make_id(20, 100), make_id(10, 1), 105);
	assert_entity(out->process.entity_id, make_id(20, 100));
	assert_text(&out->process.executable, NULL);
	assert_int_equal(out->process.args_count, 0);
	assert_int_equal(out->duration_ns, 5 * SECOND);
	assert_int_equal(out->exec_duration_ns, ENRICHED_UNSET);
	assert_entity(out->parent.entity_id, make_id(10, 1));
	assert_int_equal(out->parent.start_wall_ns, 1 * SECOND + OFFSET);
	assert_text(&out->parent.executable, NULL);
	assert_text(&out->parent.comm, NULL);
	assert_int_equal(out->creator_pid, 0);
	assert_true(is_zero(out->creator.entity_id));
	assert_int_equal(out->creator.start_wall_ns, 0);
}

static void only_an_exit_has_durations_and_cpu_times(void **state)
{
	const struct enriched *out = made.out;

	(void)state;
	exec_of(make_id(20, 100), make_id(10, 1), "/bin/ls", 105);
	assert_int_equal(out->duration_ns, ENRICHED_UNSET);
	assert_int_equal(out->exec_duration_ns, ENRICHED_UNSET);
	assert_int_equal(out->end_start_wall_ns, ENRICHED_UNSET);
	assert_int_equal(out->user_cpu_ns, ENRICHED_UNSET);
	assert_int_equal(out->children_system_cpu_ns, ENRICHED_UNSET);
	start(REC_EXIT, make_id(20, 100), make_id(10, 1), 106);
	made.builder.exit->utime_ns = 3000;
	made.builder.exit->stime_ns = 1000;
	made.builder.exit->runtime_ns = 8000;
	made.builder.exit->children_utime_ns = 11;
	made.builder.exit->children_stime_ns = 12;
	(void)enrich();
	assert_int_equal(out->user_cpu_ns, 6000);
	assert_int_equal(out->system_cpu_ns, 2000);
	assert_int_equal(out->children_user_cpu_ns, 11);
	assert_int_equal(out->children_system_cpu_ns, 12);
}

static void an_end_before_the_start_has_no_duration(void **state)
{
	(void)state;
	exit_of(make_id(20, 100), make_id(10, 1), 99);
	assert_int_equal(made.out->duration_ns, ENRICHED_UNSET);
}

static void under_clone_parent_creator_and_parent_differ(void **state)
{
	const struct rec_id init = make_id(1, 0), maker = make_id(10, 1), child = make_id(20, 100);

	(void)state;
	exec_of(init, make_id(0, 0), "/sbin/init", 60);
	exec_of(maker, init, "/bin/maker", 61);
	fork_of(child, init, maker, 100);
	assert_text(&made.out->process.executable, "/bin/maker");
	assert_text(&made.out->parent.executable, "/sbin/init");
	assert_text(&made.out->creator.executable, "/bin/maker");
	assert_int_equal(made.out->creator_pid, 10);
}

static void an_orphan_keeps_its_creator_and_gets_a_new_parent(void **state)
{
	const struct rec_id init = make_id(1, 0), shell = make_id(10, 1), child = make_id(20, 100);

	(void)state;
	exec_of(init, make_id(0, 0), "/sbin/init", 60);
	exec_of(shell, init, "/bin/sh", 61);
	fork_of(child, shell, shell, 100);
	exit_of(shell, init, 101);
	exec_of(child, init, "/bin/ls", 102);
	assert_text(&made.out->parent.executable, "/sbin/init");
	assert_int_equal(made.out->creator_pid, 10);
	assert_entity(made.out->creator.entity_id, shell);
	assert_text(&made.out->creator.executable, "/bin/sh");
}

static void a_reused_pid_is_another_process(void **state)
{
	const struct rec_id init = make_id(1, 0), old = make_id(20, 100), new = make_id(20, 200);
	uint8_t old_id[16];

	(void)state;
	exec_of(old, init, "/bin/old", 101);
	memcpy(old_id, made.out->process.entity_id, sizeof(old_id));
	exit_of(old, init, 102);
	fork_of(new, init, init, 200);
	assert_text(&made.out->process.executable, NULL);
	assert_memory_not_equal(made.out->process.entity_id, old_id, sizeof(old_id));
	exit_of(new, init, 201);
	assert_text(&made.out->process.executable, NULL);
	assert_int_equal(made.out->duration_ns, SECOND);
}

static void a_process_that_ran_before_gives_its_image_to_its_children(void **state)
{
	const struct rec_id shell = make_id(10, 1), child = make_id(20, 100);

	(void)state;
	snapshot_of(shell, make_id(1, 0), "/bin/bash");
	fork_of(child, shell, shell, 100);
	assert_text(&made.out->process.executable, "/bin/bash");
	assert_list(&made.out->process.args, "-s", 3);
	assert_text(&made.out->parent.executable, "/bin/bash");
	assert_int_equal(made.out->parent.args_count, 1);
	exec_of(shell, make_id(1, 0), "/bin/zsh", 110);
	exec_of(child, shell, "/bin/ls", 120);
	assert_text(&made.out->parent.executable, "/bin/zsh");
	exit_of(child, shell, 130);
	assert_text(&made.out->process.executable, "/bin/ls");
}

static void an_exec_that_came_first_is_not_undone_by_a_snapshot(void **state)
{
	const struct rec_id shell = make_id(10, 1);

	(void)state;
	exec_of(shell, make_id(1, 0), "/bin/zsh", 60);
	snapshot_of(shell, make_id(1, 0), "/bin/bash");
	exit_of(shell, make_id(1, 0), 70);
	assert_text(&made.out->process.executable, "/bin/zsh");
	assert_int_equal(made.out->exec_duration_ns, 10 * SECOND);
}

/* Probes are attached first: the fork waits in the ring while the snapshot sees what came of it. */
static void a_fork_is_not_told_with_what_its_child_became_later(void **state)
{
	const struct rec_id shell = make_id(10, 1), child = make_id(20, 40);

	(void)state;
	snapshot_of(shell, make_id(1, 0), "/bin/bash");
	snapshot_of(child, shell, "/bin/ls");
	fork_of(child, shell, shell, 40);
	assert_text(&made.out->process.executable, NULL);
	assert_int_equal(made.out->process.args.length, 0);
	assert_int_equal(made.out->process.args_count, 0);
	assert_text(&made.out->parent.executable, "/bin/bash");
	exit_of(child, shell, 60);
	assert_text(&made.out->process.executable, "/bin/ls");
	assert_int_equal(made.out->exec_duration_ns, ENRICHED_UNSET);
}

static void a_kernel_thread_has_no_image(void **state)
{
	const struct rec_id kthreadd = make_id(2, 0), child = make_id(20, 100);

	(void)state;
	snapshot_of(kthreadd, make_id(0, 0), "");
	fork_of(child, kthreadd, kthreadd, 100);
	assert_text(&made.out->process.executable, NULL);
	assert_int_equal(made.out->process.args.length, 0);
	assert_text(&made.out->parent.executable, NULL);
}

static void a_process_without_a_number_is_not_kept(void **state)
{
	struct process_counters counters;

	(void)state;
	exec_of(make_id(0, 0), make_id(0, 0), "/bin/idle", 60);
	exit_of(make_id(0, 0), make_id(0, 0), 61);
	assert_true(is_zero(made.out->process.entity_id));
	assert_true(is_zero(made.out->parent.entity_id));
	enrich_counters(made.enrich, &counters);
	assert_int_equal(counters.entries, 0);
}

static void the_wall_clock_of_a_start_never_wavers(void **state)
{
	const struct rec_id id = make_id(20, 100), init = make_id(1, 0);

	(void)state;
	fork_of(id, init, init, 100);
	start(REC_EXIT, id, init, 110);
	(void)enrich_event(made.enrich, made.builder.header, OFFSET + 5, made.out);
	assert_int_equal(made.out->process.start_wall_ns, 100 * SECOND + OFFSET);
	assert_int_equal(made.out->end_start_wall_ns, 100 * SECOND + OFFSET);
}

/* Environment: what stands in env and what is left of it. */
static void assert_env(const char *env, size_t length, uint32_t full, const char *kept,
		       size_t kept_length, uint32_t kept_full)
{
	const struct rec_exec *exec;

	build_exec(make_id(20, 100), make_id(1, 0), "/bin/ls", 105);
	builder_bytes(&made.builder, &made.builder.exec->env, env, length, full);
	(void)enrich();
	exec = made.builder.exec;
	assert_int_equal(exec->env.length, kept_length);
	assert_memory_equal(record_string(&exec->header, &exec->env), kept, kept_length);
	assert_int_equal(exec->env.full, kept_full);
	for (size_t i = kept_length; i < length; i++)
		assert_int_equal(record_string(&exec->header, &exec->env)[i], 0);
}

#define KEEPS(env, kept) assert_env(env, sizeof(env), sizeof(env), kept, sizeof(kept), sizeof(kept))
#define DROPS(env) assert_env(env, sizeof(env), sizeof(env), "", 0, 0)

static void configured_variables_are_kept(void **state)
{
	(void)state;
	KEEPS("LD_PRELOAD=/x.so", "LD_PRELOAD=/x.so");
	KEEPS("LD_PRELOAD=", "LD_PRELOAD=");
	KEEPS("A=1\0LD_LIBRARY_PATH=/l\0LD_PRELOAD=a=b", "A=1\0LD_LIBRARY_PATH=/l\0LD_PRELOAD=a=b");
	KEEPS("A=1\0A=2", "A=1\0A=2");
}

static void what_only_looks_like_a_configured_variable_is_taken_out(void **state)
{
	(void)state;
	DROPS("LD_LIBRAZ=secret");
	DROPS("LD_LIBRARY_PATHS=secret");
	DROPS("LD_LIBRARY_PAT=secret");
	DROPS("LD_PRELOAD");
	DROPS("LD_PRELOAD2=secret");
	DROPS("ld_preload=secret");
	DROPS("XLD_PRELOAD=secret");
	DROPS(" A=secret");
	DROPS("=LD_PRELOAD=secret");
	DROPS("=secret");
	DROPS("");
	DROPS("\0\0\0");
	KEEPS("LD_LIBRAZ=x\0A=1\0LD_PRELOADX=y\0A=2\0AB=3", "A=1\0A=2");
}

static void a_cut_environment_stays_marked_as_cut(void **state)
{
	const uint32_t unknown = REC_FULL_UNKNOWN;

	(void)state;
	assert_env("A=1\0LD_PRELOAD=/lo", 19, unknown, "A=1\0LD_PRELOAD=/lo", 19, unknown);
	assert_env("A=1\0LD_PREL", 11, unknown, "A=1", 4, unknown);
	assert_env("A=1\0LD_PRELOAD", 14, unknown, "A=1", 4, unknown);
	assert_env("B=1", 3, unknown, "", 0, unknown);
}

static void without_configured_names_nothing_of_the_environment_stays(void **state)
{
	const struct enrich_options options = {.ticks_per_s = 100};
	struct err err;

	(void)state;
	enrich_free(made.enrich);
	assert_int_equal(enrich_new(&made.enrich, &options, &err), 0);
	DROPS("A=1");
}

static char root[64];

static void write_etc(const char *name, const char *text)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/etc/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text), NULL), 0);
	assert_int_equal(close(fd), 0);
}

static void give_users(const char *passwd, const char *group)
{
	static const char *const names[] = {"/etc/passwd", "/etc/group", "/etc", ""};
	struct users *users;
	char path[128];
	struct err err;

	(void)snprintf(root, sizeof(root), "/tmp/auditship-enrich-XXXXXX");
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/etc", root);
	assert_int_equal(mkdir(path, 0700), 0);
	write_etc("passwd", passwd);
	write_etc("group", group);
	assert_int_equal(users_load(&users, root, &err), 0);
	enrich_take_users(made.enrich, users);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, names[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void each_id_gets_its_own_name(void **state)
{
	struct rec_creds creds = {.uid = 1,
				  .gid = 11,
				  .euid = 2,
				  .egid = 12,
				  .suid = 3,
				  .sgid = 13,
				  .fsuid = 4,
				  .fsgid = 14,
				  .login_uid = 5,
				  .audit_session = 7};
	const struct enriched *out = made.out;

	(void)state;
	give_users("real:x:1:1:::\neffective:x:2:1:::\nsaved:x:3:1:::\nfs:x:4:1:::\n"
		   "login:x:5:1:::\nowner:x:6:1:::\n",
		   "greal:x:11:\ngeffective:x:12:\ngsaved:x:13:\ngfs:x:14:\ngowner:x:16:\n");
	build_exec(make_id(20, 100), make_id(1, 0), "/bin/ls", 105);
	made.builder.task->creds = creds;
	made.builder.exec->file_uid = 6;
	made.builder.exec->file_gid = 16;
	(void)enrich();
	assert_text(&out->user, "effective");
	assert_text(&out->real_user, "real");
	assert_text(&out->saved_user, "saved");
	assert_text(&out->fs_user, "fs");
	assert_text(&out->login_user, "login");
	assert_text(&out->group, "geffective");
	assert_text(&out->real_group, "greal");
	assert_text(&out->saved_group, "gsaved");
	assert_text(&out->fs_group, "gfs");
	assert_text(&out->file_owner, "owner");
	assert_text(&out->file_group, "gowner");
}

static void an_id_without_a_name_has_none(void **state)
{
	(void)state;
	exit_of(make_id(20, 100), make_id(1, 0), 105);
	assert_text(&made.out->user, NULL);
	give_users("ann:x:7:7:::\n", "");
	exit_of(make_id(21, 100), make_id(1, 0), 105);
	assert_text(&made.out->user, NULL);
	assert_text(&made.out->login_user, NULL);
	assert_text(&made.out->file_owner, NULL);
}

static void newer_names_replace_the_older(void **state)
{
	(void)state;
	give_users("ann:x:0:0:::\n", "");
	exit_of(make_id(20, 100), make_id(1, 0), 105);
	assert_text(&made.out->user, "ann");
	give_users("ben:x:0:0:::\n", "");
	exit_of(make_id(21, 100), make_id(1, 0), 105);
	assert_text(&made.out->user, "ben");
	enrich_take_users(made.enrich, NULL);
	exit_of(make_id(22, 100), make_id(1, 0), 105);
	assert_text(&made.out->user, NULL);
}

/* An exec with the longest path and arguments there can be. */
static void exec_largest(struct rec_id id, struct rec_id parent, uint64_t time_s)
{
	static char path[8192], args[32 * 1024];

	memset(path, 'p', sizeof(path));
	memset(args, 'a', sizeof(args));
	start(REC_EXEC, id, parent, time_s);
	builder_bytes(&made.builder, &made.builder.exec->executable, path, sizeof(path), 0);
	builder_bytes(&made.builder, &made.builder.exec->args, args, sizeof(args), 0);
	made.builder.exec->args_count = 1;
	(void)enrich();
}

static void the_largest_images_arguments_and_names_fit(void **state)
{
	const struct rec_id parent = make_id(10, 1), maker = make_id(11, 1), id = make_id(20, 100);
	const struct enriched *out = made.out;
	char passwd[512], group[512], name[257];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(passwd, sizeof(passwd), "%s:x:0:0:::\n", name);
	(void)snprintf(group, sizeof(group), "%s:x:0:\n", name);
	give_users(passwd, group);
	exec_largest(parent, make_id(1, 0), 60);
	exec_largest(maker, parent, 61);
	fork_of(id, parent, maker, 100);
	assert_int_equal(out->process.executable.length, IMAGE_EXECUTABLE_MAX);
	assert_int_equal(out->process.executable.full, 8192);
	assert_int_equal(out->process.args.length, IMAGE_ARGS_MAX);
	assert_int_equal(out->process.args.full, 32 * 1024);
	assert_int_equal(out->parent.executable.length, IMAGE_EXECUTABLE_MAX);
	assert_int_equal(out->parent.args.length, IMAGE_ARGS_MAX);
	assert_int_equal(out->creator.executable.length, IMAGE_EXECUTABLE_MAX);
	assert_int_equal(out->creator.args.length, 0);
	assert_text(&out->fs_group, name);
	exec_largest(id, parent, 101);
	assert_text(&out->file_group, name);
	exit_of(id, parent, 102);
	assert_int_equal(out->process.executable.length, IMAGE_EXECUTABLE_MAX);
}

/* A stop that process 20 asked for at second 110, as user 6. */
static struct rec_agent_stop *build_stop(void)
{
	struct rec_agent_stop *stop;

	builder_start(&made.builder, REC_AGENT_STOP, 1);
	stop = made.builder.agent_stop;
	stop->asked_ns = 110 * SECOND;
	stop->sender_pid = 20;
	stop->sender_uid = 6;
	stop->sender_login_uid = REC_ID_UNSET;
	stop->initial_pid = 1;
	return stop;
}

static void start_of(uint32_t uid, uint32_t login_uid)
{
	start(REC_EXIT, make_id(20, 100), make_id(1, 0), 105);
	made.builder.task->creds.uid = uid;
	made.builder.task->creds.login_uid = login_uid;
	(void)enrich();
}

static void who_stopped_the_agent_is_named(void **state)
{
	struct rec_agent_stop *stop;

	(void)state;
	give_users("ann:x:5:5:::\nben:x:6:6:::\n", "");
	start_of(6, 5);
	stop = build_stop();
	assert_text(&enrich()->sender, "ben");
	assert_int_equal(stop->sender_login_uid, 5);
	assert_text(&made.out->sender_login, "ann");
	stop = build_stop();
	stop->sender_login_uid = 6; /* what main could read rules */
	assert_text(&enrich()->sender_login, "ben");
}

static void a_sender_that_may_be_another_process_has_no_login(void **state)
{
	struct rec_agent_stop *stop;

	(void)state;
	start_of(7, 5);
	stop = build_stop();
	(void)enrich();
	assert_int_equal(stop->sender_login_uid, REC_ID_UNSET);
	start_of(6, 5);
	for (int i = 0; i < 3; i++) {
		stop = build_stop();
		stop->claimed = i == 0;
		stop->initial_pid = i != 1;
		if (i == 2)
			stop->asked_ns = 99 * SECOND;
		(void)enrich();
		assert_int_equal(stop->sender_login_uid, REC_ID_UNSET);
		assert_text(&made.out->sender_login, NULL);
	}
	stop = build_stop();
	stop->sender_uid = REC_ID_UNSET;
	(void)enrich();
	assert_text(&made.out->sender, NULL);
}

static void an_exec_tells_what_the_process_was_before(void **state)
{
	const struct rec_id shell = make_id(10, 10), child = make_id(11, 20);

	(void)state;
	exec_of(shell, make_id(1, 1), "/bin/sh", 15);
	assert_text(&made.out->previous_executable, NULL);
	fork_of(child, shell, shell, 20);
	assert_text(&made.out->previous_executable, NULL);
	exec_of(child, shell, "/bin/ls", 21);
	assert_text(&made.out->previous_executable, "/bin/sh");
	assert_list(&made.out->previous_args, "-x", 3);
	assert_int_equal(made.out->previous_args_count, 1);
	exec_of(child, shell, "/bin/cat", 22);
	assert_text(&made.out->previous_executable, "/bin/ls");
	exec_of(child, shell, "/bin/late", 21); /* told late */
	assert_text(&made.out->previous_executable, NULL);
	exit_of(child, shell, 23);
	assert_text(&made.out->previous_executable, NULL);
}

/* A record of the process with that session and group. */
static const struct enriched *enrich_led(enum rec_kind kind, struct rec_id id,
					 const struct rec_id leaders[2])
{
	start(kind, id, make_id(1, 1), 30);
	made.builder.task->session = leaders[0];
	made.builder.task->group = leaders[1];
	return enrich();
}

static void leaders_are_told_by_identity_and_in_events_of_processes_by_program(void **state)
{
	const struct rec_id leader = make_id(10, 10), child = make_id(11, 20);
	const struct rec_id leaders[2] = {leader, child};
	struct rec_id ended[2] = {leader, child};
	const struct enriched *out;

	(void)state;
	exec_of(leader, make_id(1, 1), "/bin/sh", 15);
	out = enrich_led(REC_EXIT, child, leaders);
	assert_text(&out->session_leader.executable, "/bin/sh");
	assert_list(&out->session_leader.args, "-x", 3);
	assert_int_equal(out->session_is_self, 0);
	assert_false(is_zero(out->session_leader.entity_id));
	assert_int_equal(out->session_leader.start_wall_ns, 10 * SECOND + (uint64_t)OFFSET);
	assert_text(&out->group_leader.executable, NULL);
	assert_int_equal(out->group_is_self, 1);
	assert_memory_equal(out->group_leader.entity_id, out->process.entity_id, 16);
	out = enrich_led(REC_THREAD_EXIT, child, leaders);
	assert_text(&out->session_leader.executable, NULL);
	assert_false(is_zero(out->session_leader.entity_id));
	/* they have ended: what was known of them is, and of others nothing */
	ended[0].start_ns = ended[1].start_ns = 0;
	out = enrich_led(REC_THREAD_EXIT, child, ended);
	assert_false(is_zero(out->session_leader.entity_id));
	assert_int_equal(out->group_is_self, 1);
	out = enrich_led(REC_THREAD_EXIT, make_id(12, 21), ended);
	assert_true(is_zero(out->session_leader.entity_id));
	assert_int_equal(out->session_is_self, ENRICHED_NO_ANSWER);
	assert_int_equal(out->group_is_self, ENRICHED_NO_ANSWER);
	assert_int_equal(out->entry_is_self, ENRICHED_NO_ANSWER);
}

static void as_many_ancestors_are_told_as_was_asked_for(void **state)
{
	const struct rec_id a = make_id(10, 10), b = make_id(11, 20), c = make_id(12, 30);

	(void)state;
	fork_of(b, a, a, 20);
	fork_of(c, b, b, 30);
	assert_int_equal(made.out->ancestry.length, 0);
	enrich_set_ancestry(made.enrich, 1);
	exec_of(c, b, "/bin/ls", 31);
	assert_int_equal(made.out->ancestry.length, 37);
	enrich_set_ancestry(made.enrich, UINT32_MAX);
	exec_of(c, b, "/bin/ls", 32);
	assert_int_equal(made.out->ancestry.length, 2 * 37);
}

/* Another enrichment, which has only the events that one before it has made. */
static void recall(struct enrich *again)
{
	const struct entry entry = {.wall_offset_ns = OFFSET};
	const struct event event = {
		.entry = &entry,
		.record = made.builder.header,
		.enriched = made.out,
		.kind = kind_get(made.builder.header->kind),
	};

	enrich_recall(again, &event);
}

static void what_the_journal_tells_is_known_again(void **state)
{
	const struct enrich_options options = {.boot_id = {9, 8, 7}, .ticks_per_s = 100};
	const struct rec_id shell = make_id(10, 10), child = make_id(11, 20);
	struct enrich *before = made.enrich, *again;
	uint8_t shell_id[16];
	struct err err;

	(void)state;
	assert_int_equal(enrich_new(&again, &options, &err), 0);
	exec_of(shell, make_id(1, 1), "/bin/sh", 15); /* not told again */
	memcpy(shell_id, made.out->process.entity_id, sizeof(shell_id));
	fork_of(child, shell, shell, 20);
	recall(again);
	exec_of(child, shell, "/bin/ls", 21);
	recall(again);
	made.enrich = again;
	exit_of(child, make_id(1, 1), 25);
	assert_text(&made.out->process.executable, "/bin/ls");
	assert_int_equal(made.out->exec_duration_ns, 4 * SECOND);
	assert_int_equal(made.out->creator_pid, 10);
	assert_memory_equal(made.out->creator.entity_id, shell_id, sizeof(shell_id));
	assert_text(&made.out->creator.executable, "/bin/sh"); /* as the child's events had it */
	made.enrich = before;
	enrich_free(again);
}

/* The snapshot is younger: an exec that nobody saw is noticed by its number. */
static void what_lives_on_is_corrected_by_the_snapshot(void **state)
{
	const struct enrich_options options = {.boot_id = {9, 8, 7}, .ticks_per_s = 100};
	const struct rec_id same = make_id(10, 10), other = make_id(11, 20), gone = make_id(12, 22);
	struct enrich *before = made.enrich, *again;
	struct process_counters counters;
	struct err err;

	(void)state;
	assert_int_equal(enrich_new(&again, &options, &err), 0);
	exec_of(same, make_id(1, 1), "/bin/same", 15);
	recall(again);
	exec_of(other, make_id(1, 1), "/bin/other", 16);
	recall(again);
	exec_of(gone, make_id(1, 1), "/bin/gone", 17);
	recall(again);
	made.enrich = again;
	enrich_reconcile_begin(again);
	snapshot_of(make_id(1, 1), (struct rec_id){0}, "/sbin/init");
	snapshot_of(same, make_id(1, 1), "/bin/same");
	next_exec_id = 1;
	snapshot_of(other, make_id(1, 1), "/bin/new");
	enrich_reconcile_end(again, true);
	enrich_counters(again, &counters);
	assert_int_equal(counters.exited, 1);
	assert_int_equal(counters.lost_exits, 0);
	exit_of(other, make_id(1, 1), 60);
	assert_text(&made.out->process.executable, "/bin/new");
	assert_int_equal(made.out->exec_duration_ns, ENRICHED_UNSET);
	next_exec_id = 0;
	exit_of(same, make_id(1, 1), 61);
	assert_text(&made.out->process.executable, "/bin/same");
	assert_list(&made.out->process.args, "-x", 3); /* those of the exec, not of /proc */
	assert_int_equal(made.out->exec_duration_ns, 46 * SECOND);
	made.enrich = before;
	enrich_free(again);
}

static void recalled_secrets_stay_marked(void **state)
{
	const struct enrich_options options = {.boot_id = {9, 8, 7}, .ticks_per_s = 100};
	const struct rec_id id = make_id(10, 10);
	struct enrich *before = made.enrich, *again;
	struct err err;

	(void)state;
	assert_int_equal(enrich_new(&again, &options, &err), 0);
	exec_of(id, make_id(1, 1), "/bin/a", 15);
	made.out->masked = (struct rec_string){(uint32_t)made.size, 13, 13};
	memcpy((char *)made.out + made.size, "process.args", 13);
	recall(again);
	made.enrich = again;
	exit_of(id, make_id(1, 1), 16);
	assert_int_equal(made.out->process.args_masked, 1);
	made.enrich = before;
	enrich_free(again);
}

static void a_record_without_a_process_gets_nothing(void **state)
{
	(void)state;
	builder_start(&made.builder, REC_LOST, 1);
	(void)enrich();
	assert_int_equal(made.size, sizeof(struct enriched));
	assert_true(is_zero(made.out->process.entity_id));
	assert_int_equal(made.out->duration_ns, ENRICHED_UNSET);
}

/* A directory of a hierarchy; path NULL: it has gone. */
static void tell_cgroup(uint32_t hierarchy, uint64_t id, const char *path, uint64_t time_s)
{
	builder_start(&made.builder, path ? REC_CGROUP_MADE : REC_CGROUP_GONE, 1);
	made.builder.header->time_ns = time_s * SECOND;
	made.builder.cgroup->id = id;
	made.builder.cgroup->hierarchy = hierarchy;
	if (path)
		builder_text(&made.builder, &made.builder.cgroup->path, path);
	(void)enrich();
}

static const struct enriched *exec_in(uint64_t v2, uint64_t v1, uint64_t time_s)
{
	build_exec(make_id(700, 1), make_id(1, 0), "/bin/a", time_s);
	made.builder.task->cgroup_id = v2;
	made.builder.task->cgroup_v1_id = v1;
	made.builder.task->cgroup_v1_hierarchy = v1 ? 8 : 0;
	return enrich();
}

static bool says(const struct rec_string *string, const char *text)
{
	return string->length == strlen(text) &&
	       memcmp((const char *)made.out + string->offset, text, string->length) == 0;
}

#define ID_A "3f2b8c1d9e7a6054f3c2b1a0d9e8f7c6b5a4938271605f4e3d2c1b0a99887766"

static void of_two_hierarchies_the_one_that_carries_the_container_counts(void **state)
{
	(void)state;
	tell_cgroup(0, 1, "/", 1);
	tell_cgroup(8, 1, "/", 1);
	tell_cgroup(0, 10, "/system.slice/docker.service", 1);
	tell_cgroup(8, 10, "/docker/" ID_A, 1);
	tell_cgroup(8, 11, "/user.slice", 1);
	assert_true(says(&exec_in(10, 10, 2)->container_id, ID_A));
	assert_int_equal(made.out->cgroup_hierarchy, 2);
	assert_true(says(&exec_in(10, 11, 2)->cgroup_path, "/system.slice/docker.service"));
	assert_int_equal(made.out->cgroup_hierarchy, 1);
	assert_true(says(&exec_in(1, 11, 2)->cgroup_path, "/user.slice"));
	assert_int_equal(made.out->cgroup_hierarchy, 2);
	assert_true(says(&exec_in(1, 1, 2)->cgroup_path, "/"));
	assert_int_equal(made.out->cgroup_hierarchy, 1);
	assert_true(says(&exec_in(999, 11, 2)->cgroup_path, "/user.slice"));
	assert_true(says(&exec_in(10, 999, 2)->systemd_unit, "docker.service"));
	assert_int_equal(exec_in(999, 999, 2)->cgroup_path.length, 0);
	assert_int_equal(made.out->cgroup_hierarchy, 0);
}

#define IN_SLICE "/user.slice/user-1000.slice/user@1000.service/user.slice/"

/* The first program of a container that a user's runtime has made, in that cgroup. */
static const struct enriched *exec_first(struct rec_id id, uint64_t cgroup_id, uint64_t time_s)
{
	const struct rec_id runtime = make_id(600, 5);

	start(REC_FORK, id, runtime, time_s);
	made.builder.fork->creator = runtime;
	made.builder.task->creds.uid = 1000;
	(void)enrich();
	build_exec(id, runtime, "/bin/sh", time_s);
	made.builder.task->session = id;
	made.builder.task->creds.uid = 1000;
	made.builder.task->cgroup_id = cgroup_id;
	return enrich();
}

static void a_rootless_container_is_an_entry_by_its_cgroup(void **state)
{
	struct rec_id first = make_id(601, 10), other = make_id(602, 11);
	struct enrich *before = made.enrich, *again;
	const struct enrich_options options = {.boot_id = {9, 8, 7}, .ticks_per_s = 100};
	struct err err;

	(void)state;
	first.pid_ns = other.pid_ns = 77;
	assert_int_equal(enrich_new(&again, &options, &err), 0);
	tell_cgroup(0, 10, IN_SLICE "libpod-" ID_A ".scope", 1);
	tell_cgroup(0, 11, IN_SLICE "app.scope", 1);
	start(REC_EXEC, make_id(600, 5), make_id(1, 0), 6);
	made.builder.task->creds.uid = 1000;
	builder_text(&made.builder, &made.builder.exec->executable, "/usr/bin/crun");
	(void)enrich();
	recall(again);
	assert_int_equal(exec_first(other, 11, 10)->entry_type, ENTRY_INIT);
	assert_int_equal(exec_first(first, 10, 11)->entry_type, ENTRY_CONTAINER);
	recall(again); /* which cgroups there are is not known yet */
	made.enrich = again;
	start(REC_EXIT, first, make_id(600, 5), 20);
	made.builder.task->session = first;
	assert_int_equal(enrich()->entry_type, ENTRY_CONTAINER);
	made.enrich = before;
	enrich_free(again);
}

static void a_cgroup_that_has_gone_is_known_for_a_while(void **state)
{
	(void)state;
	tell_cgroup(0, 10, "/docker/" ID_A, 1);
	tell_cgroup(0, 10, NULL, 2);
	assert_true(says(&exec_in(10, 0, 3)->container_id, ID_A));
	assert_int_equal(made.out->container_unresolved, CONTAINER_NOT_FOUND);
	tell_cgroup(0, 11, NULL, 100);
	assert_int_equal(exec_in(10, 0, 101)->container_id.length, 0);
}

static void a_path_that_the_kernel_cut_is_told_as_cut(void **state)
{
	(void)state;
	builder_start(&made.builder, REC_CGROUP_MADE, 1);
	made.builder.cgroup->id = 10;
	builder_text(&made.builder, &made.builder.cgroup->path, "/docker/" ID_A "/long");
	made.builder.cgroup->path.full = REC_FULL_UNKNOWN;
	(void)enrich();
	assert_true(says(&exec_in(10, 0, 3)->container_id, ID_A));
	assert_int_equal(made.out->cgroup_path.full, REC_FULL_UNKNOWN);
}

static void an_lxc_container_has_its_name_for_an_id(void **state)
{
	(void)state;
	tell_cgroup(0, 10, "/lxc.payload.web-1/init.scope", 1);
	assert_true(says(&exec_in(10, 0, 3)->container_id, "web-1"));
	assert_true(says(&made.out->container_name, "web-1"));
	assert_int_equal(made.out->container_unresolved, CONTAINER_RESOLVED);
}

int main(void)
{
#define ENRICH_TEST(name) cmocka_unit_test_setup_teardown(name, make_enrich, remove_enrich)
	const struct CMUnitTest tests[] = {
		ENRICH_TEST(a_life_from_fork_to_exit_is_told_with_parent_and_creator),
		ENRICH_TEST(what_is_unknown_stays_absent),
		ENRICH_TEST(only_an_exit_has_durations_and_cpu_times),
		ENRICH_TEST(an_end_before_the_start_has_no_duration),
		ENRICH_TEST(under_clone_parent_creator_and_parent_differ),
		ENRICH_TEST(an_orphan_keeps_its_creator_and_gets_a_new_parent),
		ENRICH_TEST(a_reused_pid_is_another_process),
		ENRICH_TEST(a_process_that_ran_before_gives_its_image_to_its_children),
		ENRICH_TEST(an_exec_that_came_first_is_not_undone_by_a_snapshot),
		ENRICH_TEST(a_fork_is_not_told_with_what_its_child_became_later),
		ENRICH_TEST(a_kernel_thread_has_no_image),
		ENRICH_TEST(a_process_without_a_number_is_not_kept),
		ENRICH_TEST(the_wall_clock_of_a_start_never_wavers),
		ENRICH_TEST(configured_variables_are_kept),
		ENRICH_TEST(what_only_looks_like_a_configured_variable_is_taken_out),
		ENRICH_TEST(a_cut_environment_stays_marked_as_cut),
		ENRICH_TEST(without_configured_names_nothing_of_the_environment_stays),
		ENRICH_TEST(each_id_gets_its_own_name),
		ENRICH_TEST(an_id_without_a_name_has_none),
		ENRICH_TEST(newer_names_replace_the_older),
		ENRICH_TEST(the_largest_images_arguments_and_names_fit),
		ENRICH_TEST(who_stopped_the_agent_is_named),
		ENRICH_TEST(a_sender_that_may_be_another_process_has_no_login),
		ENRICH_TEST(an_exec_tells_what_the_process_was_before),
		ENRICH_TEST(leaders_are_told_by_identity_and_in_events_of_processes_by_program),
		ENRICH_TEST(as_many_ancestors_are_told_as_was_asked_for),
		ENRICH_TEST(what_the_journal_tells_is_known_again),
		ENRICH_TEST(what_lives_on_is_corrected_by_the_snapshot),
		ENRICH_TEST(recalled_secrets_stay_marked),
		ENRICH_TEST(a_record_without_a_process_gets_nothing),
		ENRICH_TEST(of_two_hierarchies_the_one_that_carries_the_container_counts),
		ENRICH_TEST(a_rootless_container_is_an_entry_by_its_cgroup),
		ENRICH_TEST(a_cgroup_that_has_gone_is_known_for_a_while),
		ENRICH_TEST(a_path_that_the_kernel_cut_is_told_as_cut),
		ENRICH_TEST(an_lxc_container_has_its_name_for_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
