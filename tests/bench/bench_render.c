/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rendering costs per event: nanoseconds, and beside them copying and writing the same bytes.
 * "bench_render once" renders each case once and prints its name: for callgrind, which counts what
 * happens inside bench_measured (render_instructions.sh).
 */
#include "decode/entry.h"
#include "example_host.h"
#include "made_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 30 /* of which the best counts: one that nothing interrupts */
#define OUT_BYTES (16 * 1024 * 1024)

static const struct bench {
	const char *name;
	enum made_kind kind;
	enum render_format format;
	enum render_detail detail;
	bool lean; /* without what docs/sizing.md leaves out */
} benches[] = {
	{"ecs_exec", MADE_EXEC, RENDER_ECS, RENDER_FULL, false},
	{"ecs_exit", MADE_EXIT, RENDER_ECS, RENDER_FULL, false},
	{"ecs_open_compact", MADE_OPEN, RENDER_ECS, RENDER_COMPACT, false},
	{"ecs_open_full", MADE_OPEN, RENDER_ECS, RENDER_FULL, false},
	{"ecs_exec_lean", MADE_EXEC, RENDER_ECS, RENDER_COMPACT, true},
	{"ecs_open_lean", MADE_OPEN, RENDER_ECS, RENDER_COMPACT, true},
	{"ocsf_exec", MADE_EXEC, RENDER_OCSF, RENDER_FULL, false},
	{"ocsf_exit", MADE_EXIT, RENDER_OCSF, RENDER_FULL, false},
	{"ocsf_open_compact", MADE_OPEN, RENDER_OCSF, RENDER_COMPACT, false},
	{"ocsf_open_full", MADE_OPEN, RENDER_OCSF, RENDER_FULL, false},
};

#define BENCHES (sizeof(benches) / sizeof(benches[0]))

struct load {
	struct renderer *renderer;
	struct event events[MADE_EVENTS];
	struct buf entries, out;
};

void bench_measured(struct load *load);

/* Not static, so that it keeps its name. */
__attribute__((noinline)) void bench_measured(struct load *load)
{
	for (unsigned int i = 0; i < MADE_EVENTS; i++)
		if (renderer_event(load->renderer, &load->events[i], &load->out) < 0)
			abort();
}

static void prepare(struct load *load, const struct bench *bench)
{
	const struct render_options options = {
		.format = bench->format,
		.detail = bench->detail,
		.leave_out = bench->lean ? made_lean : (struct omission){0},
	};
	struct err err;
	size_t at = 0;

	made_events(&load->entries, bench->kind);
	for (unsigned int i = 0; i < MADE_EVENTS; i++) {
		const char *why;

		if (entry_parse(load->entries.data + at, load->entries.length - at, example_stream,
				&load->events[i], &why) < 0)
			abort();
		at += load->events[i].entry->size;
	}
	if (renderer_new(&load->renderer, &options, &example_host, &err) < 0)
		abort();
	buf_init(&load->out, OUT_BYTES);
	if (!buf_reserve(&load->out, OUT_BYTES))
		abort();
}

static void finish(struct load *load)
{
	renderer_free(load->renderer);
	buf_done(&load->entries);
	buf_done(&load->out);
}

static double cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void copy_bytes(struct load *load)
{
	static char copy[OUT_BYTES];

	memcpy(copy, load->out.data, load->out.length);
	__asm__ volatile("" : : "r"(copy) : "memory");
}

static FILE *file;

static void write_bytes(struct load *load)
{
	ssize_t written = pwrite(fileno(file), load->out.data, load->out.length, 0);

	if (written < 0 || (size_t)written != load->out.length)
		abort();
}

static void render_bytes(struct load *load)
{
	buf_clear(&load->out);
	bench_measured(load);
}

/* Nanoseconds per event. */
static double best(struct load *load, void (*run)(struct load *load))
{
	double least = 1e18;

	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_ns(), took;

		run(load);
		took = (cpu_ns() - start) / MADE_EVENTS;
		least = took < least ? took : least;
	}
	return least;
}

static void report(struct load *load, const struct bench *bench)
{
	double render = best(load, render_bytes);
	double copy = best(load, copy_bytes), write = best(load, write_bytes);

	printf("%-18s %8zu %10.0f %8.0f %8.0f\n", bench->name, load->out.length / MADE_EVENTS,
	       render, copy, write);
}

static int run_once(struct load *load)
{
	for (size_t i = 0; i < BENCHES; i++) {
		(void)puts(benches[i].name);
		prepare(load, &benches[i]);
		bench_measured(load);
		finish(load);
	}
	return 0;
}

static int run_all(struct load *load)
{
	file = tmpfile();
	if (!file)
		abort();
	printf("%-18s %8s %10s %8s %8s\n", "per event", "bytes", "render ns", "copy ns",
	       "write ns");
	for (size_t i = 0; i < BENCHES; i++) {
		prepare(load, &benches[i]);
		report(load, &benches[i]);
		finish(load);
	}
	return fclose(file);
}

int main(int count, char **arguments)
{
	static struct load load;

	return count == 2 && strcmp(arguments[1], "once") == 0 ? run_once(&load) : run_all(&load);
}
