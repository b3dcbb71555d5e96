/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of this host, living ones and the last that left, told by fork, exec and exit
 * events and by snapshots (the task iterator). Bounded: nothing is allocated after
 * process_table_new, and memory is touched only when it is first used. The collect thread owns a
 * table.
 *
 * A process is (pid, start time) in the initial pid namespace, so a number that is used again is
 * another process. Records may arrive in any order: an exit may come before its fork, a fork after
 * the exec, a snapshot may be older or newer than the events around it.
 */
#ifndef AUDITSHIP_PROCESS_TABLE_H
#define AUDITSHIP_PROCESS_TABLE_H

#include "base/err.h"
#include "enrich/image_pool.h"
#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_table;

/* 0 takes the default. */
struct process_table_options {
	uint32_t max_processes;   /* 32768; 16 to 4194304, the kernel's own limit for pids */
	uint32_t exited_kept;     /* 4096; less than max_processes; default at most half of it */
	uint64_t max_image_bytes; /* 16 MiB; 8 KiB to 4 GiB */
};

/*
 * What is known of a process. Pointers to one are borrowed: they hold until the next insert, exit
 * or reconcile_end.
 */
struct process {
	struct rec_id id;
	struct rec_id parent;  /* as of told_ns; pid 0: unknown */
	struct rec_id creator; /* who called fork; pid 0: unknown */
	/* Leaders as last told; once known, a leader that has ended since stays known: the number
	 * is not given to another one while it leads anybody. start_ns 0: unknown. */
	struct rec_id session, group;
	struct rec_id entry;    /* entry leader, see enrich/lineage.h; pid 0: unknown */
	uint8_t entry_type;     /* enum enriched_entry */
	uint32_t tty;           /* as in struct rec_task */
	uint8_t entity_id[16];  /* all zero: unknown */
	uint64_t start_wall_ns; /* CLOCK_REALTIME, the first that was told; 0: unknown */
	uint64_t told_ns;       /* time of the record that told these facts; 0: only an exit did */
	uint64_t exec_time_ns;  /* CLOCK_BOOTTIME of the last exec that was seen; 0: none was */
	uint32_t uid, gid;      /* real */
	uint32_t euid, egid;    /* effective */
	uint32_t login_uid;     /* REC_ID_UNSET: no login started it */
	char comm[REC_COMM_SIZE];
	uint32_t exec_id;      /* as last told, see struct rec_task */
	uint32_t exec_time_id; /* which exec exec_time_ns is of */
	bool kernel_thread;
	bool snapshot; /* no event has told of it yet */
	bool exited;
	bool in_container; /* its cgroup was a container's at a start of a program */
};

struct process_counters {
	uint32_t entries; /* processes known, those that exited included */
	uint32_t exited;
	uint32_t images;
	uint64_t image_bytes;    /* in use, in whole chunks */
	uint64_t evictions;      /* processes given up because the table was full */
	uint64_t image_failures; /* images not kept because the pool was full */
	uint64_t image_drops;    /* images given up for those of others */
	uint64_t reused_pids;    /* processes taken for ended because another got their pid */
	uint64_t lost_exits;     /* processes that a reconciliation found gone */
	uint64_t hits, misses;   /* of process_table_find */
	uint32_t max_processes;
	uint64_t max_image_bytes;
};

/* -EINVAL for an option out of its range, -ENOMEM. */
int process_table_new(struct process_table **ret_table, const struct process_table_options *options,
		      struct err *err);
void process_table_free(struct process_table *table);

/*
 * NULL: not known. Both count as a use, which keeps a process when the table is full; the first
 * counts as a hit or a miss too.
 */
const struct process *process_table_find(struct process_table *table, uint32_t pid,
					 uint64_t start_ns);
/* The living process with that pid; for tests. */
const struct process *process_table_find_pid(struct process_table *table, uint32_t pid);

/* Which process had that pid then (CLOCK_BOOTTIME), of those known: the last that had started.
 * Slow.
 */
const struct process *process_table_find_at(const struct process_table *table, uint32_t pid,
					    uint64_t at_ns);

/*
 * Tells what a record says of a process (exec_time_ns and exited are not taken). Telling the same
 * twice changes nothing. Of a known process:
 * - entity_id, start_wall_ns and creator stay as they were first told (zero: not told yet); so does
 *   entry, until process_table_set_entry;
 * - the rest is taken from a newer record, but never from a snapshot when an event has told it;
 *   an event always replaces what a snapshot told;
 * - a process that has exited stays so.
 * A living process with the same pid and an earlier start has ended without our knowledge; with a
 * later start, it is the process told of here that has ended. NULL for pid 0.
 */
const struct process *process_table_insert(struct process_table *table, const struct process *told);

/* The process and, from now on, who it makes, came into being under that entry leader. */
void process_table_set_entry(struct process_table *table, const struct process *process,
			     const struct rec_id *entry, uint8_t type);

/*
 * The process has ended. It stays to be found until exited_kept others have ended. A process that
 * was not known is remembered too, so that its fork, when it comes late, does not bring it to life.
 */
void process_table_exit(struct process_table *table, const struct rec_id *id);

/*
 * What the process runs. exec_time_ns: of the exec event; an older exec than the known one changes
 * nothing. 0: told by a snapshot; kept only when the process has no image, or that of another exec.
 * When the pool is full, images of those that exited first are given up for it, then those of the
 * living not used for longest; both are counted. Without room the process has no image, rather
 * than a wrong one, and that is counted too.
 */
void process_table_set_image(struct process_table *table, const struct process *process,
			     const struct image *image, uint64_t exec_time_ns);

/*
 * After a fork: the child runs what its creator runs. Does nothing when the child has an image or
 * an exec (whoever told it knew more), or when the parent's image is younger than the child, or of
 * another exec.
 */
void process_table_share_image(struct process_table *table, const struct process *child,
			       const struct process *parent);

/* False: the process has no image, or only one of another exec than the last it was told of. The
 * bytes come from process_image_copy, see image_pool.h. */
bool process_image_describe(const struct process_table *table, const struct process *process,
			    struct image *ret_image);
size_t process_image_copy(const struct process_table *table, const struct process *process,
			  enum image_part parts, char *out, size_t size);

/*
 * Changes the arguments that are remembered: args is image->args, of PROCESS_REWRITE_ROOM bytes.
 * False: they stay.
 */
#define PROCESS_REWRITE_ROOM (2 * IMAGE_ARGS_MAX)
typedef bool process_image_rewriter(void *data, struct image *image, char *args);

/* Shows every image with arguments to the rewriter, once however many processes share it. */
void process_table_rewrite_args(struct process_table *table, process_image_rewriter *rewriter,
				void *data);

/*
 * Finds exits that were lost: begin, then start a snapshot of all processes and insert each, then
 * end, which takes every process that was not inserted since begin for exited and returns how many.
 * at_start: they ended while no agent ran, so their exits are not lost. When the snapshot breaks
 * off, do not call end.
 */
void process_table_reconcile_begin(struct process_table *table);
uint32_t process_table_reconcile_end(struct process_table *table, bool at_start);

void process_table_counters(const struct process_table *table,
			    struct process_counters *ret_counters);

#endif
