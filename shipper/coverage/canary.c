/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deeds and their records. Nothing here changes a file or leaves anything behind. Must not know
 * who asks for it, or what becomes of the answer.
 */
#include "coverage/canary.h"

#include "coverage/canary_ways.h"
#include "decode/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

struct row {
	const char *name;
	unsigned int kind;
	int (*sing)(const struct canary_stage *stage);
	bool (*is)(const struct rec_header *record); /* of a record of that kind */
};

/* To be made and to end is all. */
static int sing_nothing(const struct canary_stage *stage)
{
	(void)stage;
	return 0;
}

static int run_program(const struct canary_stage *stage)
{
	static const char *const argv[] = {"auditship", "--version", NULL};
	static const char *const envp[] = {NULL};

	(void)syscall(SYS_execveat, stage->program_fd, "", argv, envp, AT_EMPTY_PATH);
	return errno;
}

static void *run_program_in_thread(void *data)
{
	static int error;

	error = run_program(data);
	return &error;
}

static void *end_thread(void *data)
{
	(void)data;
	return NULL;
}

/* The exec ends this thread with all others. */
static int sing_thread_exec(const struct canary_stage *stage)
{
	pthread_t thread;
	void *error;
	int result = pthread_create(&thread, NULL, run_program_in_thread, (void *)(uintptr_t)stage);

	if (result == 0)
		result = pthread_join(thread, &error);
	return result == 0 ? *(int *)error : result;
}

static int sing_thread(const struct canary_stage *stage)
{
	pthread_t thread;
	int result = pthread_create(&thread, NULL, end_thread, NULL);

	(void)stage;
	return result == 0 ? pthread_join(thread, NULL) : result;
}

static int sing_signal_death(const struct canary_stage *stage)
{
	(void)stage;
	return kill(getpid(), SIGKILL) < 0 ? errno : 0;
}

static int sing_exec_failed(const struct canary_stage *stage)
{
	static char *const none[] = {NULL};

	(void)stage;
	(void)execve(CANARY_NOWHERE, none, none);
	return errno == ENOENT ? 0 : errno;
}

static int sing_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int sing_open_write(const struct canary_stage *stage)
{
	return sing_open(stage->path, O_WRONLY);
}

static int sing_open_read(const struct canary_stage *stage)
{
	return sing_open(stage->path, O_RDONLY);
}

static int sing_relative_open(const struct canary_stage *stage)
{
	return chdir(stage->directory) < 0 ? errno : sing_open(stage->file, O_WRONLY);
}

static int sing_open_32bit(const struct canary_stage *stage)
{
	return canary_open_by_32bit(stage->path);
}

static int sing_open_io_uring(const struct canary_stage *stage)
{
	return canary_open_by_io_uring(stage->path);
}

/* A file that never has a name. */
static int sing_file_create(const struct canary_stage *stage)
{
	return sing_open(stage->directory, O_TMPFILE | O_WRONLY);
}

/* Refused on any file system and to any user (EXDEV); so it counts as notable. */
static int sing_open_failed(const struct canary_stage *stage)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
	long fd = syscall(SYS_openat2, AT_FDCWD, CANARY_NOWHERE, &how, sizeof(how));

	(void)stage;
	if (fd >= 0)
		(void)close((int)fd);
	return fd >= 0 || errno == EXDEV ? 0 : errno;
}

static bool is_any(const struct rec_header *record)
{
	(void)record;
	return true;
}

static bool is_exec_of_leader(const struct rec_header *record)
{
	const struct rec_exec *exec = (const struct rec_exec *)record;

	return exec->old_tid == exec->task.tid;
}

static bool is_exec_of_thread(const struct rec_header *record)
{
	return !is_exec_of_leader(record);
}

static bool is_own_end(const struct rec_header *record)
{
	return ((const struct rec_exit *)record)->exit_signal == 0;
}

static bool is_signal_death(const struct rec_header *record)
{
	return ((const struct rec_exit *)record)->exit_signal == SIGKILL;
}

static bool is_failed_exec(const struct rec_header *record)
{
	return ((const struct rec_exec_failed *)record)->call.error == ENOENT;
}

static bool is_of_32bit(const struct rec_header *record)
{
	return ((const struct rec_open *)record)->call.is_32bit;
}

static bool is_of_io_uring(const struct rec_header *record)
{
	return ((const struct rec_open *)record)->call.number == REC_SYSCALL_OTHER;
}

/* The program that runs for an exec opens files too, none of them for writing. */
static bool is_relative(const struct rec_header *record)
{
	const struct rec_open *open = (const struct rec_open *)record;

	return open->given.length > 0 && *record_string(record, &open->given) != '/';
}

static bool is_absolute(const struct rec_header *record)
{
	const struct rec_open *open = (const struct rec_open *)record;

	return open->given.length > 0 && !is_relative(record) && !is_of_32bit(record) &&
	       !is_of_io_uring(record);
}

static bool is_refused_open(const struct rec_header *record)
{
	return ((const struct rec_open *)record)->call.error == EXDEV;
}

static const struct row rows[CANARIES] = {
	[CANARY_FORK] = {"fork", REC_FORK, sing_nothing, is_any},
	[CANARY_EXEC] = {"exec", REC_EXEC, run_program, is_exec_of_leader},
	[CANARY_THREAD_EXEC] = {"thread_exec", REC_EXEC, sing_thread_exec, is_exec_of_thread},
	[CANARY_EXIT] = {"exit", REC_EXIT, sing_nothing, is_own_end},
	[CANARY_SIGNAL_DEATH] = {"signal_death", REC_EXIT, sing_signal_death, is_signal_death},
	[CANARY_EXEC_FAILED] = {"exec_failed", REC_EXEC_FAILED, sing_exec_failed, is_failed_exec},
	[CANARY_THREAD_START] = {"thread_start", REC_THREAD_START, sing_thread, is_any},
	[CANARY_THREAD_EXIT] = {"thread_exit", REC_THREAD_EXIT, sing_thread, is_any},
	[CANARY_OPEN_WRITE] = {"open_write", REC_OPEN_WRITE, sing_open_write, is_absolute},
	[CANARY_RELATIVE_OPEN] = {"relative_open", REC_OPEN_WRITE, sing_relative_open, is_relative},
	[CANARY_FILE_CREATE] = {"file_create", REC_FILE_CREATE, sing_file_create, is_any},
	[CANARY_OPEN_FAILED] = {"open_failed", REC_OPEN_FAILED, sing_open_failed, is_refused_open},
	[CANARY_OPEN_32BIT] = {"open_32bit", REC_OPEN_WRITE, sing_open_32bit, is_of_32bit},
	[CANARY_OPEN_IO_URING] = {"open_io_uring", REC_OPEN_WRITE, sing_open_io_uring,
				  is_of_io_uring},
	[CANARY_OPEN_READ] = {"open_read", REC_OPEN_READ, sing_open_read, is_absolute},
};

const char *canary_name(enum canary canary)
{
	return rows[canary].name;
}

unsigned int canary_kind(enum canary canary)
{
	return rows[canary].kind;
}

int canary_sing(enum canary canary, const struct canary_stage *stage)
{
	return rows[canary].sing(stage);
}

uint32_t canary_recognize(const struct rec_header *record)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; i < CANARIES; i++)
		if (rows[i].kind == record->kind && rows[i].is(record))
			bits |= 1U << i;
	return bits;
}
