/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recorded events -> the exact JSON that stands beside them. data/NAME.rec: 16 bytes of stream id,
 * then entries as in memory. NAME.json: the compact form; NAME.full.json: the full one, if it is
 * another; ocsf/NAME.json and ocsf/NAME.full.json: the same in OCSF; batch/NAME.json: as one
 * document. UPDATE=1 in the environment writes the recordings that are made by hand and every
 * expectation anew; whoever does so reviews the difference.
 */
#include "recordings.h"

#include "base/cleanup.h"
#include "example_host.h"
#include "render/batch.h"
#include "render/render.h"
#include "unit/test_committed.h"

#include <dirent.h>

#define DATA_DIR TEST_SOURCE_DIR "/tests/golden/data"
#define MAX_FILE_BYTES (16 * 1024 * 1024)

static void data_path(char out[4096], const char *name, const char *ending)
{
	int length = snprintf(out, 4096, "%s/%s%s", DATA_DIR, name, ending);

	assert_true(length > 0 && length < 4096);
}

static void write_data(const char *name, const char *ending, const struct buf *content)
{
	char path[4096];
	FILE *file;

	data_path(path, name, ending);
	file = fopen(path, "we");
	if (!file)
		fail_msg("cannot write %s", path);
	assert_int_equal(fwrite(content->data, 1, content->length, file), content->length);
	assert_int_equal(fclose(file), 0);
}

static void read_data(const char *name, const char *ending, struct buf *out)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[4096];
	char *room;

	data_path(path, name, ending);
	file = fopen(path, "re");
	if (!file)
		fail_msg("cannot read %s", path);
	room = buf_reserve(out, MAX_FILE_BYTES);
	assert_non_null(room);
	out->length = fread(room, 1, MAX_FILE_BYTES, file);
	assert_true(feof(file));
}

static void assert_same(const char *name, const struct buf *actual, const struct buf *expected)
{
	if (actual->length == expected->length &&
	    memcmp(actual->data, expected->data, actual->length) == 0)
		return;
	print_message("%s, expected:\n%.*s\n%s, actual:\n%.*s\n", name, (int)expected->length,
		      expected->data, name, (int)actual->length, actual->data);
	fail_msg("%s: not as expected; UPDATE=1 rewrites the expectation", name);
}

static void make_recording(const struct recording *recording, struct buf *out)
{
	struct entry_builder *builder = malloc(sizeof(*builder));

	assert_non_null(builder);
	assert_int_equal(buf_add(out, example_stream, sizeof(example_stream)), 0);
	recording->make(builder, out);
	free(builder);
}

static void recordings_made_by_hand_are_current(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < recording_count; i++) {
		struct buf made, stored;

		buf_init(&made, MAX_FILE_BYTES);
		buf_init(&stored, MAX_FILE_BYTES);
		make_recording(&recordings[i], &made);
		if (is_update())
			write_data(recordings[i].name, ".rec", &made);
		read_data(recordings[i].name, ".rec", &stored);
		if (made.length != stored.length ||
		    memcmp(made.data, stored.data, made.length) != 0)
			fail_msg("%s.rec is not what recordings.c makes", recordings[i].name);
		buf_done(&made);
		buf_done(&stored);
	}
}

/* Entries of a file start 16 bytes in, and are aligned in memory as the file is. */
static unsigned int render_all(struct renderer *renderer, const struct buf *recorded,
			       struct buf *out)
{
	unsigned int count = 0;
	size_t at = sizeof(example_stream);

	assert_true(recorded->length > sizeof(example_stream));
	for (; at < recorded->length; count++) {
		const char *why = NULL;
		struct event event;

		if (entry_parse(recorded->data + at, recorded->length - at,
				(const uint8_t *)recorded->data, &event, &why) < 0)
			fail_msg("entry %u: %s", count, why);
		assert_int_equal(renderer_event(renderer, &event, out), 0);
		at += event.entry->size;
	}
	return count;
}

static void compare(const char *name, const char *ending, const struct buf *actual)
{
	struct buf expected;

	buf_init(&expected, MAX_FILE_BYTES);
	if (is_update())
		write_data(name, ending, actual);
	read_data(name, ending, &expected);
	assert_same(name, actual, &expected);
	buf_done(&expected);
}

static void check_recording(struct renderer *const renderers[2], const char *folder,
			    const char *name)
{
	struct buf recorded, compact, full;
	char path[300];

	buf_init(&recorded, MAX_FILE_BYTES);
	buf_init(&compact, MAX_FILE_BYTES);
	buf_init(&full, MAX_FILE_BYTES);
	read_data(name, ".rec", &recorded);
	assert_true(render_all(renderers[RENDER_COMPACT], &recorded, &compact) > 0);
	assert_true(render_all(renderers[RENDER_FULL], &recorded, &full) > 0);
	(void)snprintf(path, sizeof(path), "%s%s", folder, name);
	compare(path, ".json", &compact);
	if (full.length != compact.length || memcmp(full.data, compact.data, full.length) != 0)
		compare(path, ".full.json", &full);
	buf_done(&recorded);
	buf_done(&compact);
	buf_done(&full);
}

static void check_recordings(enum render_format format, const char *folder)
{
	_cleanup_closedir_ DIR *dir = opendir(DATA_DIR);
	const struct dirent *found;
	struct renderer *renderers[2];
	unsigned int count = 0;
	struct err err;

	assert_non_null(dir);
	for (int detail = RENDER_COMPACT; detail <= RENDER_FULL; detail++) {
		struct render_options options = {.format = format,
						 .detail = (enum render_detail)detail};

		if (renderer_new(&renderers[detail], &options, &example_host, &err) < 0)
			fail_msg("%s", err.text);
	}
	while ((found = readdir(dir))) {
		size_t length = strlen(found->d_name);
		char name[256];

		if (length < 5 || strcmp(found->d_name + length - 4, ".rec") != 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)length - 4, found->d_name);
		check_recording(renderers, folder, name);
		count++;
	}
	assert_true(count >= recording_count);
	renderer_free(renderers[RENDER_COMPACT]);
	renderer_free(renderers[RENDER_FULL]);
}

static void every_recording_becomes_the_json_beside_it(void **state)
{
	(void)state;
	check_recordings(RENDER_ECS, "");
}

static void every_recording_becomes_the_ocsf_beside_it(void **state)
{
	(void)state;
	check_recordings(RENDER_OCSF, "ocsf/");
}

static void a_recording_becomes_one_document(void **state)
{
	const struct batch_options options = {.bytes_max = MAX_FILE_BYTES, .count_max = 100};
	struct buf recorded, actual;
	struct batch *batch;
	struct err err;

	(void)state;
	assert_int_equal(batch_new(&batch, &options, &example_host, &err), 0);
	buf_init(&recorded, MAX_FILE_BYTES);
	buf_init(&actual, MAX_FILE_BYTES);
	read_data("open", ".rec", &recorded);
	for (size_t at = sizeof(example_stream); at < recorded.length;) {
		const char *why = NULL;
		struct event event;

		assert_int_equal(entry_parse(recorded.data + at, recorded.length - at,
					     (const uint8_t *)recorded.data, &event, &why),
				 0);
		assert_int_equal(batch_add(batch, &event), 0);
		at += event.entry->size;
	}
	assert_int_equal(batch_take(batch, &actual), 0);
	compare("batch/open", ".json", &actual);
	batch_free(batch);
	buf_done(&recorded);
	buf_done(&actual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings_made_by_hand_are_current),
		cmocka_unit_test(every_recording_becomes_the_json_beside_it),
		cmocka_unit_test(every_recording_becomes_the_ocsf_beside_it),
		cmocka_unit_test(a_recording_becomes_one_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
