/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds the sinks of a configuration with made-up events through a real journal and the real
 * deliver threads, without probes or a root user.
 *
 *   feed CONFIG EVENTS EVENTS_PER_SECOND SECONDS
 *
 * EVENTS_PER_SECOND 0: as fast as it goes. Standard output gets a line per sink whenever what it
 * tells changes: NAME good|failing|blocked ERROR, and at the end: NAME ACKNOWLEDGED FAILURES.
 * Leaves with 0 when every sink has acknowledged everything within SECONDS, 1 otherwise. With
 * FEED_LONG in the environment, some events have 32 KiB of arguments.
 */
#include "base/clock.h"
#include "base/io.h"
#include "config/config.h"
#include "entry_builder.h"
#include "sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define SHAPES 8
#define FRAME_EVENTS 64
#define LONG_EVERY 200
#define PROCESSES 97
#define BOX "f31f384749f9115acf01fcf82f5a966b59dcc0a4cbd7c9740888c0bf32aa2bbb"
#define OTHER_BOX "2ba14df04f2e8ac78ab0ce3f5a9c90931b8888f8a1a7aa9741fa2f45b7a58f15"

struct shape {
	struct entry_builder builder;
	size_t size;
};

struct feed {
	struct config config;
	struct journal *journal;
	struct sinks *sinks;
	struct shape shapes[SHAPES];
	uint64_t events, per_second, appended;
	char said[CONFIG_SINKS_MAX][1200];
};

/* In a container, when there is a name of one. */
static void fill_process(struct entry_builder *builder, const char *user, const char *container)
{
	builder->task->id.pid = 4242;
	builder->task->id.ns_pid = 4242;
	builder->task->id.start_ns = 17;
	builder->task->tid = 4242;
	(void)strcpy((char *)builder->task->comm, "made \"up\"]\n");
	builder_enrich(builder);
	builder_text(builder, &builder->enriched->user, user);
	if (container)
		builder_text(builder, &builder->enriched->container_id, container);
}

/* Whatever a process may put into its arguments. */
static void make_exec(struct entry_builder *builder)
{
	static const char args[] = "/usr/bin/env\0-i\0A=\"quo\\ted]\"\0line\nfeed\r\ttab\0"
				   "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7\0bad \xff\xfe utf8\0"
				   "del \x7f\0<13>1 - - - - - - forged\0";

	builder_start(builder, REC_EXEC, 1);
	builder_text(builder, &builder->exec->executable, "/usr/bin/env");
	builder_text(builder, &builder->exec->cwd, "/home/some one");
	builder_bytes(builder, &builder->exec->args, args, sizeof(args) - 1, 0);
	builder->exec->args_count = 8;
	fill_process(builder, "root", NULL);
}

static void make_long(struct entry_builder *builder)
{
	static char args[32 * 1024];

	for (size_t i = 0; i < sizeof(args); i++)
		args[i] = i % 100 == 99 ? '\0' : (char)('a' + i % 26);
	builder_start(builder, REC_EXEC, 1);
	builder_text(builder, &builder->exec->executable, "/usr/bin/long");
	builder_bytes(builder, &builder->exec->args, args, sizeof(args), 0);
	builder->exec->args_count = (__u32)(sizeof(args) / 100 + 1);
	fill_process(builder, "long", NULL);
}

static void make_open(struct entry_builder *builder, enum rec_kind kind, const char *container)
{
	builder_start(builder, kind, 1);
	builder_text(builder, &builder->open->path, "/etc/shadow");
	builder_text(builder, &builder->open->given, "../../etc/shadow");
	fill_process(builder, "nobody", container);
}

static void make_shapes(struct feed *feed)
{
	make_exec(&feed->shapes[0].builder);
	builder_start(&feed->shapes[1].builder, REC_EXIT, 1);
	fill_process(&feed->shapes[1].builder, "root", NULL);
	builder_start(&feed->shapes[2].builder, REC_FORK, 1);
	fill_process(&feed->shapes[2].builder, "root", BOX);
	make_open(&feed->shapes[3].builder, REC_OPEN_WRITE, NULL);
	make_open(&feed->shapes[4].builder, REC_FILE_CREATE, BOX);
	make_open(&feed->shapes[5].builder, REC_OPEN_FAILED, OTHER_BOX);
	make_open(&feed->shapes[6].builder, REC_OPEN_READ, NULL);
	make_long(&feed->shapes[7].builder);
	for (size_t i = 0; i < SHAPES; i++)
		feed->shapes[i].size = builder_end(&feed->shapes[i].builder);
}

static size_t put(char *to, struct shape *shape, uint64_t sequence)
{
	struct entry_builder *builder = &shape->builder;

	builder->entry->sequence = sequence;
	builder->entry->created_ns = clock_real_ns();
	builder->entry->wall_offset_ns = clock_wall_offset_ns();
	builder->header->sequence = sequence;
	builder->header->time_ns = clock_boot_ns();
	if (builder->task) { /* some processes, so that there are some keys */
		__u32 pid = 4242 + (__u32)(sequence % PROCESSES);

		builder->task->id.pid = pid;
		builder->task->id.ns_pid = pid;
		memcpy(builder->enriched->process.entity_id, &pid, sizeof(pid));
	}
	memcpy(to, builder->data, shape->size);
	return shape->size;
}

static int append(struct feed *feed, uint32_t count, struct err *err)
{
	static char entries[FRAME_EVENTS * ENTRY_MAX_SIZE];
	uint64_t first = journal_next_sequence(feed->journal);
	struct journal_batch batch = {.entries = entries, .first_sequence = first, .count = count};
	int result;

	for (uint32_t i = 0; i < count; i++) {
		bool is_long = getenv("FEED_LONG") && (first + i) % LONG_EVERY == 0;
		size_t shape = is_long ? SHAPES - 1 : (first + i) % (SHAPES - 1);

		batch.size += put(entries + batch.size, &feed->shapes[shape], first + i);
	}
	result = journal_append(feed->journal, &batch, err);
	if (result == 0)
		feed->appended += count;
	return result == -ENOSPC ? 0 : result; /* the sinks have to make room first */
}

static int open_all(struct feed *feed, const char *path, struct err *err)
{
	static const char *const tags[] = {"test"};
	static const struct render_identity identity = {.agent_name = "test",
							.agent_id = "test",
							.agent_version = "0",
							.host_name = "host-1.example",
							.host_hostname = "host-1.example",
							.host_id = "0123456789abcdef",
							.tags = tags,
							.tag_count = 1};
	const struct sinks_options sinks = {.identity = &identity};
	struct sinks_options options = sinks;
	struct journal_recovery recovery;
	struct buf faults;
	int result;

	buf_init(&faults, CONFIG_FAULTS_SIZE);
	result = config_load(&feed->config, path, &faults, err);
	if (result == -EINVAL)
		(void)fprintf(stderr, "%.*s", (int)faults.length, faults.data);
	buf_done(&faults);
	if (result < 0)
		return result;
	const struct journal_options journal = {.dir = feed->config.journal.dir,
						.segment_size = 16 * 1024 * 1024,
						.max_size = feed->config.journal.max_size,
						.durability = JOURNAL_SYNC_NONE,
						.sync_every_ms = 500,
						.boot_id = {1}};

	(void)io_make_dirs(feed->config.journal.dir, 0700);
	result = journal_open(&feed->journal, &journal, &recovery, err);
	options.journal = feed->journal;
	return result < 0 ? result : sinks_new(&feed->sinks, &options, &feed->config, err);
}

/* True when all sinks have all. */
static bool look(struct feed *feed)
{
	bool done = true;

	for (size_t i = 0; i < feed->config.sink_count; i++) {
		struct deliver_status status;
		char text[1200];

		deliver_status(sinks_delivers(feed->sinks)[i], &status);
		(void)snprintf(text, sizeof(text), "%s %s %s", feed->config.sinks[i].name,
			       status.failing   ? "failing"
			       : status.blocked ? "blocked"
						: "good",
			       status.failing || status.blocked ? status.last_error.text : "");
		if (strcmp(text, feed->said[i]) != 0)
			(void)printf("%s\n", text);
		(void)strcpy(feed->said[i], text);
		done = done && status.waiting == 0;
	}
	(void)fflush(stdout);
	return done;
}

static int run(struct feed *feed, unsigned int seconds, struct err *err)
{
	uint64_t begin_ns = clock_mono_ns(), now_ns;
	int result = 0;

	while (result == 0 && (now_ns = clock_mono_ns()) < begin_ns + seconds * NS_PER_S) {
		uint64_t due = feed->per_second
				       ? (now_ns - begin_ns) / NS_PER_MS * feed->per_second / 1000
				       : feed->events;
		uint64_t left = (due < feed->events ? due : feed->events) - feed->appended;

		if (feed->appended == feed->events && look(feed))
			return 0;
		if (left > 0)
			result = append(feed, left < FRAME_EVENTS ? (uint32_t)left : FRAME_EVENTS,
					err);
		if (left == 0 || feed->appended % 4096 == 0)
			(void)look(feed);
		if (left == 0)
			(void)usleep(2000);
	}
	return result < 0 ? result : err_set(err, -ETIMEDOUT, "not everything has arrived");
}

int main(int argc, char **argv)
{
	static struct feed feed;
	static struct deliver_status last[CONFIG_SINKS_MAX];
	struct err err = {0};
	int result;

	if (argc != 5)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	feed.events = strtoull(argv[2], NULL, 10);
	feed.per_second = strtoull(argv[3], NULL, 10);
	make_shapes(&feed);
	result = open_all(&feed, argv[1], &err);
	if (result == 0)
		result = run(&feed, (unsigned int)strtoul(argv[4], NULL, 10), &err);
	if (result < 0)
		(void)fprintf(stderr, "feed: %s\n", err.text);
	if (feed.sinks)
		sinks_stop(feed.sinks, 2000, last);
	for (size_t i = 0; feed.sinks && i < feed.config.sink_count; i++)
		(void)printf("%s %" PRIu64 " %" PRIu64 "\n", feed.config.sinks[i].name,
			     last[i].acknowledged, last[i].failures);
	sinks_free(feed.sinks);
	journal_close(feed.journal);
	return result < 0 ? 1 : 0;
}
