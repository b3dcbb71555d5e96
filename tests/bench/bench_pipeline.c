/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event costs on its way through the shipper, stage by stage: records as the probes write
 * them are checked, enriched, appended to a journal, read from it, rendered and written; beside
 * that a mere copy of the same bytes. Each stage is one function that takes all events of a load;
 * "bench_pipeline once" runs each once and prints their names, for callgrind.
 */
#include "decode/decode.h"
#include "enrich/enrich.h"
#include "enrich/tail.h"
#include "enrich/users.h"
#include "example_host.h"
#include "journal/journal.h"
#include "made_events.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64 /* events in one frame */
#define ROUNDS 10
#define MAX_BYTES (64 * 1024 * 1024)
#define MAX_EVENTS (3 * MADE_EVENTS)

struct pipeline {
	struct buf records; /* one behind the other, each at a multiple of 8 */
	unsigned int count; /* of records */
	struct enrich *enrich;
	struct enriched *enriched;
	struct buf entries;
	size_t entry_at[MAX_EVENTS + 1];
	char dir[64];
	struct journal *journal;
	struct journal_reader *reader;
	struct renderer *renderer;
	struct event events[MAX_EVENTS];
	struct buf read; /* what the journal gave */
	struct buf out;
	struct buf copy; /* of out: the limit of any stage that makes those bytes */
	int file;
};

static const struct load {
	const char *name;
	void (*make)(struct buf *out, unsigned int *ret_count);
	enum render_format format;
	enum render_detail detail;
} loads[] = {
	{"processes", made_processes, RENDER_ECS, RENDER_FULL},
	{"opens", made_opens, RENDER_ECS, RENDER_COMPACT},
	{"opens_full", made_opens, RENDER_ECS, RENDER_FULL},
	{"processes_ocsf", made_processes, RENDER_OCSF, RENDER_FULL},
	{"opens_ocsf", made_opens, RENDER_OCSF, RENDER_COMPACT},
};

#define LOADS (sizeof(loads) / sizeof(loads[0]))

static uint32_t align_up(uint32_t size)
{
	return (size + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "bench_pipeline: %s\n", what);
	exit(1);
}

/* Stages have external linkage so that callgrind finds their names. */
void stage_check(struct pipeline *pipeline);
void stage_enrich(struct pipeline *pipeline);
void stage_append(struct pipeline *pipeline);
void stage_read(struct pipeline *pipeline);
void stage_render(struct pipeline *pipeline);
void stage_write(struct pipeline *pipeline);
void stage_copy(struct pipeline *pipeline);

__attribute__((noinline)) void stage_check(struct pipeline *pipeline)
{
	for (size_t at = 0; at < pipeline->records.length;) {
		const struct rec_header *record = (const void *)(pipeline->records.data + at);
		const char *why;

		must(record_check(record, record->size, &why) == 0, "a bad record");
		at += align_up(record->size);
	}
}

/* As sweep.c does it: the record is copied to where the entry is made. */
static void add_entry(struct pipeline *pipeline, const struct rec_header *record, uint64_t sequence)
{
	struct entry *entry = buf_reserve(&pipeline->entries, ENTRY_MAX_SIZE);
	struct rec_header *copy = (struct rec_header *)(entry + 1);

	must(entry != NULL, "no memory");
	memcpy(copy, record, record->size);
	record_resolve_paths(copy);
	(void)enrich_event(pipeline->enrich, copy, made_wall_offset_ns, pipeline->enriched);
	*entry = (struct entry){
		.sequence = sequence,
		.created_ns = copy->time_ns + (uint64_t)made_wall_offset_ns,
		.wall_offset_ns = made_wall_offset_ns,
	};
	entry_finish(entry, pipeline->enriched);
	pipeline->entries.length += entry->size;
}

__attribute__((noinline)) void stage_enrich(struct pipeline *pipeline)
{
	uint64_t sequence = journal_next_sequence(pipeline->journal);
	unsigned int count = 0;

	buf_clear(&pipeline->entries);
	for (size_t at = 0; at < pipeline->records.length; count++) {
		const struct rec_header *record = (const void *)(pipeline->records.data + at);

		pipeline->entry_at[count] = pipeline->entries.length;
		add_entry(pipeline, record, sequence + count);
		at += align_up(record->size);
	}
	pipeline->entry_at[count] = pipeline->entries.length;
}

__attribute__((noinline)) void stage_append(struct pipeline *pipeline)
{
	for (unsigned int first = 0; first < pipeline->count; first += BATCH) {
		unsigned int end =
			first + BATCH < pipeline->count ? first + BATCH : pipeline->count;
		struct journal_batch batch = {
			.entries = pipeline->entries.data + pipeline->entry_at[first],
			.size = pipeline->entry_at[end] - pipeline->entry_at[first],
			.first_sequence = journal_next_sequence(pipeline->journal),
			.count = end - first,
		};
		struct err err;

		must(journal_append(pipeline->journal, &batch, &err) == 0, "the journal is full");
	}
}

static unsigned int take_batch(struct pipeline *pipeline, const struct journal_batch *batch,
			       unsigned int count)
{
	const char *entries = pipeline->read.data + pipeline->read.length;

	must(buf_add(&pipeline->read, batch->entries, batch->size) == 0, "no memory");
	for (size_t at = 0; at < batch->size; count++) {
		const char *why;

		must(count < MAX_EVENTS &&
			     entry_parse(entries + at, batch->size - at, example_stream,
					 &pipeline->events[count], &why) == 0,
		     "a bad entry");
		at += pipeline->events[count].entry->size;
	}
	return count;
}

__attribute__((noinline)) void stage_read(struct pipeline *pipeline)
{
	struct journal_batch batch;
	unsigned int count = 0;
	struct err err;

	buf_clear(&pipeline->read);
	while (journal_reader_next(pipeline->reader, &batch, &err) == 1)
		count = take_batch(pipeline, &batch, count);
	must(count == pipeline->count, "not all events came back");
	journal_reader_ack(pipeline->reader, journal_stream(pipeline->journal),
			   journal_next_sequence(pipeline->journal) - 1);
}

__attribute__((noinline)) void stage_render(struct pipeline *pipeline)
{
	buf_clear(&pipeline->out);
	for (unsigned int i = 0; i < pipeline->count; i++)
		must(renderer_event(pipeline->renderer, &pipeline->events[i], &pipeline->out) == 0,
		     "an event cannot be rendered");
}

__attribute__((noinline)) void stage_write(struct pipeline *pipeline)
{
	const size_t piece = 256 * 1024;

	for (size_t at = 0; at < pipeline->out.length; at += piece) {
		size_t left = pipeline->out.length - at, size = left < piece ? left : piece;

		must(pwrite(pipeline->file, pipeline->out.data + at, size, (off_t)at) ==
			     (ssize_t)size,
		     "the file takes nothing");
	}
}

__attribute__((noinline)) void stage_copy(struct pipeline *pipeline)
{
	buf_clear(&pipeline->copy);
	must(buf_add(&pipeline->copy, pipeline->out.data, pipeline->out.length) == 0, "no memory");
}

static const struct {
	const char *name;
	void (*run)(struct pipeline *pipeline);
} stages[] = {
	{"check", stage_check}, {"enrich", stage_enrich}, {"append", stage_append},
	{"read", stage_read},   {"render", stage_render}, {"write", stage_write},
	{"copy", stage_copy},
};

#define STAGES (sizeof(stages) / sizeof(stages[0]))

static void open_journal(struct pipeline *pipeline)
{
	const struct journal_options options = {
		.dir = pipeline->dir,
		.segment_size = 16 * 1024 * 1024,
		.max_size = 64 * 1024 * 1024,
		.durability = JOURNAL_SYNC_NONE,
	};
	struct journal_recovery recovery;
	struct err err;

	must(journal_open(&pipeline->journal, &options, &recovery, &err) == 0 &&
		     journal_reader_open(&pipeline->reader, pipeline->journal, "bench", &err) == 0,
	     "no journal");
}

static struct users *make_users(void)
{
	char *passwd = strdup("root:x:0:0:::\nalice:x:1000:1000:::\n");
	char *group = strdup("root:x:0:\nalice:x:1000:\n");
	struct users *users = NULL;

	must(passwd && group &&
		     users_parse(&users, &passwd, strlen(passwd), &group, strlen(group)) == 0,
	     "no names");
	return users;
}

/* What ran before. */
static void inform(struct pipeline *pipeline)
{
	struct buf records;
	unsigned int count;

	made_running(&records, &count);
	for (size_t at = 0; at < records.length;) {
		struct rec_header *record = (void *)(records.data + at);

		record_resolve_paths(record);
		(void)enrich_event(pipeline->enrich, record, made_wall_offset_ns,
				   pipeline->enriched);
		at += align_up(record->size);
	}
	buf_done(&records);
}

static void prepare(struct pipeline *pipeline, const struct load *load)
{
	const struct enrich_options options = {.ticks_per_s = 100, .ancestry = 2};
	const struct render_options render = {.format = load->format, .detail = load->detail};
	struct err err;

	load->make(&pipeline->records, &pipeline->count);
	must(pipeline->count <= MAX_EVENTS, "too many events");
	must(enrich_new(&pipeline->enrich, &options, &err) == 0 &&
		     renderer_new(&pipeline->renderer, &render, &example_host, &err) == 0,
	     "cannot start");
	enrich_take_users(pipeline->enrich, make_users());
	pipeline->enriched = malloc(ENRICH_MAX_SIZE);
	must(pipeline->enriched != NULL, "no memory");
	inform(pipeline);
	buf_init(&pipeline->entries, MAX_BYTES);
	buf_init(&pipeline->read, MAX_BYTES);
	buf_init(&pipeline->out, MAX_BYTES);
	buf_init(&pipeline->copy, MAX_BYTES);
	must(buf_reserve(&pipeline->entries, MAX_BYTES) &&
		     buf_reserve(&pipeline->read, MAX_BYTES) &&
		     buf_reserve(&pipeline->out, MAX_BYTES) &&
		     buf_reserve(&pipeline->copy, MAX_BYTES),
	     "no memory");
	open_journal(pipeline);
}

static void finish(struct pipeline *pipeline)
{
	journal_reader_close(pipeline->reader);
	journal_close(pipeline->journal);
	renderer_free(pipeline->renderer);
	enrich_free(pipeline->enrich);
	free(pipeline->enriched);
	buf_done(&pipeline->records);
	buf_done(&pipeline->entries);
	buf_done(&pipeline->read);
	buf_done(&pipeline->out);
	buf_done(&pipeline->copy);
}

static double cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Rounds go through all stages, so that each finds the caches as the others leave them. */
static void measure(struct pipeline *pipeline, const struct load *load, unsigned int rounds)
{
	double least[STAGES], sum = 0;

	for (unsigned int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < STAGES; i++) {
			double start = cpu_ns(), took;

			stages[i].run(pipeline);
			took = (cpu_ns() - start) / pipeline->count;
			least[i] = round == 0 || took < least[i] ? took : least[i];
		}
	}
	for (size_t i = 0; i < STAGES; sum += stages[i].run != stage_copy ? least[i] : 0, i++)
		printf("%s_%s %u events, ns per event: %.0f\n", load->name, stages[i].name,
		       pipeline->count, least[i]);
	printf("# %s: %.0f ns in all, %zu bytes each\n", load->name, sum,
	       pipeline->out.length / pipeline->count);
}

static void remove_journal(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *found;

	while (dir && (found = readdir(dir)))
		if (found->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), found->d_name, 0);
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

int main(int count, char **arguments)
{
	static struct pipeline pipeline;
	bool once = count == 2 && strcmp(arguments[1], "once") == 0;
	FILE *file = tmpfile();

	must(file != NULL, "no temporary file");
	for (size_t i = 0; i < LOADS; i++) {
		pipeline = (struct pipeline){.file = fileno(file)};
		(void)snprintf(pipeline.dir, sizeof(pipeline.dir), "/tmp/auditship-bench-XXXXXX");
		must(mkdtemp(pipeline.dir) != NULL, "no directory");
		prepare(&pipeline, &loads[i]);
		measure(&pipeline, &loads[i], once ? 1 : ROUNDS);
		finish(&pipeline);
		remove_journal(pipeline.dir);
	}
	return fclose(file);
}
