/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A start with a large backlog: reads the newest segment and the headers of the others, nothing
 * else. 8 MiB in 128 segments; with FULL=1 in the environment 2 GiB, and then it also takes less
 * than a second and little memory. pread is wrapped by the linker, see tests/CMakeLists.txt.
 */
#include "unit/test_journal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <unistd.h>

#define SEGMENTS 128

static uint64_t bytes_read, calls;

ssize_t __real_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset)
{
	ssize_t n = __real_pread(fd, data, size, offset);

	bytes_read += n > 0 ? (uint64_t)n : 0;
	calls++;
	return n;
}

static uint64_t anonymous_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	unsigned long kib = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	(void)fclose(file);
	return kib;
}

/* Nobody takes anything: one cursor stands at the start. */
static uint64_t make_backlog(struct fixture *f)
{
	struct journal_reader *reader;

	f->options.max_size = 2 * SEGMENTS * f->options.segment_size;
	open_journal(f);
	reader = open_reader(f, "down");
	while (status_of(f).segments < SEGMENTS)
		append_ok(f, 200);
	journal_reader_close(reader);
	close_journal(f);
	return f->options.segment_size * SEGMENTS;
}

static void start(struct fixture *f, struct journal_reader **ret_reader)
{
	bytes_read = calls = 0;
	open_journal(f);
	*ret_reader = open_reader(f, "down");
}

static void a_start_reads_one_segment_and_headers(void **state)
{
	bool full = getenv("FULL") && *getenv("FULL");
	struct fixture *f = *state;
	struct journal_reader *reader;
	struct journal_batch batch;
	uint64_t start_ns, took_ns, backlog;

	f->options.segment_size = full ? 16 * 1024 * KIB : 64 * KIB;
	backlog = make_backlog(f);
	start_ns = clock_mono_ns();
	start(f, &reader);
	took_ns = clock_mono_ns() - start_ns;
	print_message("%" PRIu64 " MiB: %" PRIu64 " KiB read in %" PRIu64 " ms, %" PRIu64
		      " KiB of memory\n",
		      backlog >> 20, bytes_read / KIB, took_ns / NS_PER_MS, anonymous_kib());
	assert_true(bytes_read < f->options.segment_size + SEGMENTS * KIB + 64 * KIB);
	assert_int_equal(journal_reader_waiting(reader), f->recovery.events);
	if (full)
		assert_true(took_ns < NS_PER_S);
	/* And one frame when one is asked for. */
	bytes_read = 0;
	assert_int_equal(journal_reader_next(reader, &batch, &f->err), 1);
	assert_int_equal(batch.first_sequence, 1);
	assert_true(bytes_read <= batch.size + 4 * KIB);
	assert_true(anonymous_kib() < 64 * KIB);
	journal_reader_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_reads_one_segment_and_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
