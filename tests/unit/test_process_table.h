/* SPDX-License-Identifier: BSD-2-Clause */
/* A process table, and records and images for it. */
#ifndef AUDITSHIP_TEST_PROCESS_TABLE_H
#define AUDITSHIP_TEST_PROCESS_TABLE_H

#include "enrich/process_table.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sanitizers keep shadow memory and are slow: fewer rounds, a wider ceiling. */
#if defined(__SANITIZE_THREAD__)
#define ROUNDS 100000
#define SHADOW 8
#elif defined(__SANITIZE_ADDRESS__)
#define ROUNDS 100000
#define SHADOW 2
#else
#define ROUNDS 1000000
#define SHADOW 1
#endif

static char bytes[IMAGE_EXECUTABLE_MAX + IMAGE_ARGS_MAX + 256];
static char out[sizeof(bytes)];

static inline int fill_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 131 + i / 256);
	return 0;
}

static inline struct process_table *new_table(uint32_t max_processes, uint32_t exited_kept,
					      uint64_t max_image_bytes)
{
	struct process_table_options options = {max_processes, exited_kept, max_image_bytes};
	struct process_table *table;
	struct err err;

	assert_int_equal(process_table_new(&table, &options, &err), 0);
	return table;
}

static inline struct process event(uint32_t pid, uint64_t start_ns, uint64_t told_ns)
{
	struct process process = {.id = {.pid = pid, .start_ns = start_ns}, .told_ns = told_ns};

	process.uid = (uint32_t)told_ns; /* shows later which record the facts came from */
	(void)snprintf(process.comm, sizeof(process.comm), "%" PRIu64, told_ns);
	return process;
}

static inline struct process snapshot(uint32_t pid, uint64_t start_ns, uint64_t told_ns)
{
	struct process process = event(pid, start_ns, told_ns);

	process.snapshot = true;
	return process;
}

static inline const struct process *insert(struct process_table *table, struct process told)
{
	return process_table_insert(table, &told);
}

static inline void end(struct process_table *table, uint32_t pid, uint64_t start_ns)
{
	const struct rec_id id = {.pid = pid, .start_ns = start_ns};

	process_table_exit(table, &id);
}

static inline struct image image_named(const char *executable)
{
	return (struct image){.executable = executable,
			      .executable_length = (uint32_t)strlen(executable),
			      .executable_full = (uint32_t)strlen(executable),
			      .args = "a\0b",
			      .args_length = 4,
			      .args_full = 4,
			      .args_count = 2};
}

static inline void set_image(struct process_table *table, const struct process *process,
			     const char *executable, uint64_t exec_time_ns)
{
	struct image image = image_named(executable);

	process_table_set_image(table, process, &image, exec_time_ns);
}

/* "" when there is no image. */
static inline const char *executable_of(struct process_table *table, const struct process *process)
{
	size_t length;

	assert_non_null(process);
	length = process_image_copy(table, process, IMAGE_EXECUTABLE, out, sizeof(out) - 1);
	out[length] = '\0';
	return out;
}

static inline struct process_counters counters_of(const struct process_table *table)
{
	struct process_counters counters;

	process_table_counters(table, &counters);
	return counters;
}

static inline struct image largest_image(void)
{
	return (struct image){.executable = bytes,
			      .executable_length = IMAGE_EXECUTABLE_MAX,
			      .executable_full = IMAGE_EXECUTABLE_MAX,
			      .args = bytes,
			      .args_length = IMAGE_ARGS_MAX,
			      .args_full = IMAGE_ARGS_MAX};
}

#endif
