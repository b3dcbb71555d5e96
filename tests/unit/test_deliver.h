/* SPDX-License-Identifier: BSD-2-Clause */
/* A journal, events for it and a deliver thread, for tests of delivery. */
#ifndef AUDITSHIP_TEST_DELIVER_H
#define AUDITSHIP_TEST_DELIVER_H

#include "base/clock.h"
#include "base/json_read.h"
#include "base/uuid.h"
#include "sink/deliver.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 20000u
#define LINES_MAX 100000

struct world {
	char dir[64];
	char journal_dir[96];
	char trail[128];
	struct journal *journal;
	struct deliver *deliver;
	struct deliver_status status;
	struct err err;
};

/* One event.id of a trail. */
struct line {
	uint8_t stream[16];
	uint64_t sequence;
};

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int open_journal_of(struct world *world, uint64_t max_size, uint64_t segment_size)
{
	struct journal_options options = {.dir = world->journal_dir,
					  .segment_size = segment_size,
					  .max_size = max_size,
					  .durability = JOURNAL_SYNC_NONE,
					  .sync_every_ms = 500,
					  .boot_id = {1}};
	struct journal_recovery recovery;

	return journal_open(&world->journal, &options, &recovery, &world->err);
}

static inline int open_journal(struct world *world)
{
	return open_journal_of(world, 64 * 1024 * 1024, 1024 * 1024);
}

static inline int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	strcpy(world->dir, "/tmp/test_deliver.XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	(void)snprintf(world->journal_dir, sizeof(world->journal_dir), "%s/journal", world->dir);
	(void)snprintf(world->trail, sizeof(world->trail), "%s/trail", world->dir);
	*state = world;
	return open_journal(world);
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	deliver_stop(world->deliver, 0, NULL);
	journal_close(world->journal);
	(void)nftw(world->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

struct whole_entry {
	struct entry entry;
	struct rec_exit record;
	struct enriched enriched;
};

static inline void fill_entry(struct whole_entry *whole, uint64_t sequence)
{
	_Static_assert(sizeof(struct rec_exit) % ENTRY_ALIGN == 0, "no pad between the parts");
	_Static_assert(sizeof(struct enriched) % ENTRY_ALIGN == 0, "no pad behind the parts");
	*whole = (struct whole_entry){
		.entry = {.size = sizeof(*whole),
			  .record_size = sizeof(whole->record),
			  .sequence = sequence,
			  .created_ns = clock_real_ns(),
			  .wall_offset_ns = clock_wall_offset_ns()},
		.record = {.header = {.size = sizeof(whole->record),
				      .kind = REC_EXIT,
				      .abi = REC_ABI,
				      .sequence = sequence,
				      .time_ns = clock_boot_ns()},
			   .task = {.id = {.pid = 100, .ns_pid = 100, .start_ns = 1},
				    .tid = 100,
				    .comm = "test"}},
		.enriched = {.size = sizeof(whole->enriched)},
	};
}

static inline void append_entries(struct journal *journal, struct whole_entry *entries,
				  uint32_t count)
{
	struct journal_batch batch = {.entries = entries,
				      .size = count * sizeof(*entries),
				      .first_sequence = entries[0].entry.sequence,
				      .count = count};
	struct err err;

	assert_int_equal(journal_append(journal, &batch, &err), 0);
}

/* Appends count events in frames of a few each. */
static inline void append(struct journal *journal, uint32_t total)
{
	struct whole_entry entries[7];

	while (total > 0) {
		uint32_t count = total < 7 ? total : 7;

		for (uint32_t i = 0; i < count; i++)
			fill_entry(&entries[i], journal_next_sequence(journal) + i);
		append_entries(journal, entries, count);
		total -= count;
	}
}

static inline struct deliver_options options_for(struct world *world, struct sink *sink)
{
	static const struct render_identity identity = {
		.agent_name = "test", .agent_id = "test", .agent_version = "0"};

	return (struct deliver_options){
		.name = "trail",
		.journal = world->journal,
		.identity = &identity,
		.sink = sink,
		.limits = {.batch_bytes = 65536, .in_flight_bytes = 1 << 20}};
}

static inline void start(struct world *world, struct sink *sink)
{
	struct deliver_options options = options_for(world, sink);

	assert_int_equal(deliver_start(&world->deliver, &options, &world->err), 0);
}

static inline void stop(struct world *world, unsigned int deadline_ms)
{
	deliver_stop(world->deliver, deadline_ms, &world->status);
	world->deliver = NULL;
}

/* The agent's own end and start: nothing stays in memory. */
static inline void restart_journal(struct world *world)
{
	journal_close(world->journal);
	world->journal = NULL;
	assert_int_equal(open_journal(world), 0);
}

static inline void refresh(struct world *world)
{
	deliver_status(world->deliver, &world->status);
}

/* Waits for a condition, which a dead machine alone fails to reach in time. */
#define until(condition)                                                  \
	do {                                                              \
		uint64_t end_ns = clock_mono_ns() + LONG_MS * 1000000ULL; \
		while (refresh(world), !(condition)) {                    \
			assert_true(clock_mono_ns() < end_ns);            \
			(void)usleep(500);                                \
		}                                                         \
	} while (0)

static inline void parse_line(const char *text, size_t length, struct line *ret_line)
{
	struct json_read *document;
	const char *id;
	struct err err;

	assert_int_equal(json_read_new(&document, text, length, &err), 0);
	id = json_read_string(document, "event.id");
	assert_non_null(id);
	assert_int_equal(uuid_parse(ret_line->stream, id), 0);
	ret_line->sequence = strtoull(id + UUID_TEXT_SIZE, NULL, 10);
	json_read_free(document);
}

/* Every line is whole, of the same stream, and they count from 1 to last. */
static inline void assert_lines(const char *text, size_t length, const uint8_t stream[16],
				uint64_t last)
{
	const char *end = text + length;
	uint64_t expected = 1;

	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		struct line line;

		assert_non_null(line_end);
		parse_line(text, (size_t)(line_end - text), &line);
		assert_memory_equal(line.stream, stream, sizeof(line.stream));
		assert_int_equal(line.sequence, expected++);
		text = line_end + 1;
	}
	assert_int_equal(expected, last + 1);
}

static inline char *read_trail(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *text;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	text = malloc((size_t)st.st_size + 1);
	assert_non_null(text);
	*ret_length = fread(text, 1, (size_t)st.st_size, file);
	assert_int_equal(*ret_length, st.st_size);
	(void)fclose(file);
	return text;
}

#endif
