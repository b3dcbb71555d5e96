/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit/test_render_document.h"

#include "render/ecs.h"
#include "render/remarks.h"

#include <errno.h>

static int start_with(void **state, const struct render_identity *identity)
{
	const struct render_options options = {.format = RENDER_ECS};

	return start_renderer(state, &options, identity);
}

static int start(void **state)
{
	return start_with(state, &(struct render_identity){.host_name = "h"});
}

static void assert_items(const struct fixture *fixture, const char *path, size_t count)
{
	yajl_val value = get(fixture, path);

	if (!value || !YAJL_IS_ARRAY(value))
		fail_msg("%s is no list", path);
	assert_int_equal(value->u.array.len, count);
}

static const char *item(const struct fixture *fixture, const char *path, size_t index)
{
	yajl_val value = get(fixture, path);

	assert_true(value && YAJL_IS_ARRAY(value) && index < value->u.array.len);
	assert_true(YAJL_IS_STRING(value->u.array.values[index]));
	return YAJL_GET_STRING(value->u.array.values[index]);
}

/* A member of an object in a list, as text; "" when it is absent. */
static const char *item_member(const struct fixture *fixture, const char *path, size_t index,
			       const char *key)
{
	const char *keys[] = {key, NULL};
	yajl_val list = get(fixture, path), value;

	assert_true(list && YAJL_IS_ARRAY(list) && index < list->u.array.len);
	value = yajl_tree_get(list->u.array.values[index], keys, yajl_t_any);
	if (!value)
		return "";
	return YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : YAJL_GET_STRING(value);
}

static void the_event_has_its_identity(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXIT, 481520);
	render(fixture);
	assert_text(fixture, "@timestamp", "2026-03-01T12:34:56.789012345Z");
	assert_text(fixture, "event.id", "8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e21:481520");
	assert_number(fixture, "event.sequence", "481520");
	assert_text(fixture, "event.created", "2026-03-01T12:34:56.789424345Z");
	assert_text(fixture, "event.action", "end");
	assert_text(fixture, "event.module", "auditship");
	assert_text(fixture, "agent.ephemeral_id", "8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e21");
	assert_text(fixture, "ecs.version", ECS_VERSION);
	assert_text(fixture, "Linux.schema.version", ECS_SCHEMA_VERSION);
}

static void another_stream_shows_at_once(void **state)
{
	static const uint8_t other[16] = {0xff};
	struct fixture *fixture = *state;
	struct event event;

	builder_start(&fixture->builder, REC_FORK, 1);
	render(fixture);
	parse_event(fixture, &event);
	event.stream = other;
	buf_clear(&fixture->out);
	assert_int_equal(renderer_event(fixture->renderer, &event, &fixture->out), 0);
	assert_int_equal(buf_add(&fixture->out, "", 1), 0);
	assert_non_null(
		strstr(fixture->out.data, "\"id\":\"ff000000-0000-0000-0000-000000000000:1"));
	assert_non_null(strstr(fixture->out.data,
			       "\"ephemeral_id\":\"ff000000-0000-0000-0000-000000000000"));
}

static void what_is_absent_leaves_no_object_behind(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXEC, 1);
	render(fixture);
	assert_absent(fixture, "process.parent");
	assert_absent(fixture, "process.tty");
	assert_absent(fixture, "process.args");
	assert_absent(fixture, "process.command_line");
	assert_absent(fixture, "process.executable");
	assert_absent(fixture, "process.thread.name");
	assert_absent(fixture, "process.thread.capabilities");
	assert_absent(fixture, "Linux.audit");
	assert_absent(fixture, "Linux.raw");
	assert_absent(fixture, "Linux.truncated");
	assert_absent(fixture, "tags");
	assert_absent(fixture, "labels");
	assert_absent(fixture, "host.boot");
	assert_null(strstr(fixture->out.data, "{}"));
	assert_null(strstr(fixture->out.data, "[]"));
	assert_null(strstr(fixture->out.data, "\"\""));
	assert_null(strstr(fixture->out.data, "null"));
}

static void the_record_comes_before_the_enrichment(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder_text(builder, &builder->exec->executable, "/bin/new");
	builder_enrich(builder);
	builder_text(builder, &builder->enriched->process.executable, "/bin/old");
	render(fixture);
	assert_text(fixture, "process.executable", "/bin/new");
	assert_text(fixture, "process.name", "new");
	assert_text(fixture, "file.directory", "/bin");
	builder_start(builder, REC_EXIT, 2);
	builder_enrich(builder);
	builder_text(builder, &builder->enriched->process.executable, "/old");
	render(fixture);
	assert_text(fixture, "process.executable", "/old");
	assert_text(fixture, "process.name", "old");
}

static void a_file_in_the_root_has_the_root_as_its_directory(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder_text(builder, &builder->exec->executable, "/init");
	render(fixture);
	assert_text(fixture, "file.directory", "/");
	assert_text(fixture, "file.name", "init");
	builder_start(builder, REC_EXEC, 2);
	builder_text(builder, &builder->exec->executable, "/");
	render(fixture);
	assert_text(fixture, "file.path", "/");
	assert_absent(fixture, "file.name");
}

/* It begins anywhere: the name is whole, what is before it is not. */
static void the_directory_of_a_cut_path_is_told_as_cut(void **state)
{
	static const uint32_t lengths[] = {30, REC_FULL_UNKNOWN};
	static const char *const totals[] = {"25", ""};
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	for (size_t i = 0; i < 2; i++) {
		builder_start(builder, REC_EXEC, 1);
		builder_bytes(builder, &builder->exec->executable, "/b/tool", 7, lengths[i]);
		render(fixture);
		assert_text(fixture, "file.name", "tool");
		assert_text(fixture, "file.directory", "/b");
		assert_items(fixture, "Linux.truncated", 3);
		assert_string_equal(item_member(fixture, "Linux.truncated", 2, "field"),
				    "file.directory");
		assert_string_equal(item_member(fixture, "Linux.truncated", 2, "kept"), "2");
		assert_string_equal(item_member(fixture, "Linux.truncated", 2, "total"), totals[i]);
	}
}

static void arguments_keep_their_bounds(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	BUILDER_LIST(builder, &builder->exec->args, "a b\0\0\n\"\0");
	render(fixture);
	assert_items(fixture, "process.args", 4);
	assert_string_equal(item(fixture, "process.args", 0), "a b");
	assert_string_equal(item(fixture, "process.args", 1), "");
	assert_string_equal(item(fixture, "process.args", 2), "\n\"");
	assert_string_equal(item(fixture, "process.args", 3), "");
	assert_text(fixture, "process.command_line", "a b  \n\" ");
}

static void one_empty_argument_is_a_list_and_no_command_line(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	BUILDER_LIST(builder, &builder->exec->args, "");
	render(fixture);
	assert_items(fixture, "process.args", 1);
	assert_absent(fixture, "process.command_line");
}

static void labels_are_an_object_whatever_is_in_them(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder_enrich(builder);
	BUILDER_LIST(builder, &builder->enriched->container_labels,
		     "app=shop\0empty=\0none\0quote\"=a=\"b\"\nc\0raw=\xff");
	render(fixture);
	assert_text(fixture, "container.labels.app", "shop");
	assert_text(fixture, "container.labels.empty", "");
	assert_text(fixture, "container.labels.none", "");
	assert_text(fixture, "container.labels.quote\"", "a=\"b\"\nc");
	assert_text(fixture, "container.labels.raw", "\xef\xbf\xbd");
	assert_items(fixture, "Linux.raw", 1);
}

static void bytes_that_are_not_utf8_are_kept_beside_the_text(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder_text(builder, &builder->exec->executable, "/tmp/\xff\xfe");
	BUILDER_LIST(builder, &builder->exec->args, "x\0--name=caf\xe9");
	render(fixture);
	assert_string_equal(item(fixture, "process.args", 1), "--name=caf\xef\xbf\xbd");
	assert_text(fixture, "process.command_line", "x --name=caf\xef\xbf\xbd");
	assert_items(fixture, "Linux.raw", 5); /* executable name args file.path file.name */
	assert_string_equal(item_member(fixture, "Linux.raw", 0, "field"), "process.executable");
	assert_string_equal(item_member(fixture, "Linux.raw", 0, "index"), "");
	assert_string_equal(item_member(fixture, "Linux.raw", 1, "field"), "process.name");
	assert_string_equal(item_member(fixture, "Linux.raw", 1, "base64"), "//4=");
	assert_string_equal(item_member(fixture, "Linux.raw", 2, "field"), "process.args");
	assert_string_equal(item_member(fixture, "Linux.raw", 2, "index"), "1");
	assert_string_equal(item_member(fixture, "Linux.raw", 2, "base64"), "LS1uYW1lPWNhZuk=");
	assert_items(fixture, "tags", 1);
	assert_string_equal(item(fixture, "tags", 0), "non-utf8");
	assert_absent(fixture, "Linux.truncated");
	assert_absent(fixture, "Linux.raw_left_out");
}

static void raw_entries_have_a_ceiling_and_the_rest_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;
	char args[2 * (REMARKS_RAW_MAX + 7)];

	for (size_t i = 0; i < sizeof(args); i += 2) {
		args[i] = (char)0xff;
		args[i + 1] = '\0';
	}
	builder_start(builder, REC_EXEC, 1);
	builder_bytes(builder, &builder->exec->args, args, sizeof(args), 0);
	render(fixture);
	assert_items(fixture, "process.args", REMARKS_RAW_MAX + 7);
	assert_items(fixture, "Linux.raw", REMARKS_RAW_MAX);
	assert_number(fixture, "Linux.raw_left_out", "7");
}

static void raw_bytes_have_a_ceiling_and_tell_the_total(void **state)
{
	static char argument[REMARKS_RAW_BYTES_MAX + 100];
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	memset(argument, 0xff, sizeof(argument));
	builder_start(builder, REC_EXEC, 1);
	builder_bytes(builder, &builder->exec->filename, argument, sizeof(argument), 0);
	render(fixture);
	assert_items(fixture, "Linux.raw", 1);
	assert_string_equal(item_member(fixture, "Linux.raw", 0, "total"), "32868");
	assert_int_equal(strlen(item_member(fixture, "Linux.raw", 0, "base64")),
			 (REMARKS_RAW_BYTES_MAX + 2) / 3 * 4);
}

static void a_character_cut_in_half_is_dropped_and_told(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder_bytes(builder, &builder->exec->args, "ab\0c\xe2\x82", 6, 100000);
	builder_bytes(builder, &builder->exec->filename, "f\xc3", 2, REC_FULL_UNKNOWN);
	render(fixture);
	assert_items(fixture, "process.args", 2);
	assert_string_equal(item(fixture, "process.args", 1), "c");
	assert_text(fixture, "process.command_line", "ab c");
	assert_text(fixture, "Linux.exec.filename", "f");
	assert_items(fixture, "Linux.truncated", 3);
	assert_string_equal(item_member(fixture, "Linux.truncated", 0, "field"), "process.args");
	assert_string_equal(item_member(fixture, "Linux.truncated", 0, "kept"), "4");
	assert_string_equal(item_member(fixture, "Linux.truncated", 0, "total"), "100000");
	assert_string_equal(item_member(fixture, "Linux.truncated", 2, "field"),
			    "Linux.exec.filename");
	assert_string_equal(item_member(fixture, "Linux.truncated", 2, "total"), "");
	assert_absent(fixture, "Linux.raw");
	assert_absent(fixture, "tags");
}

static void a_path_that_is_cut_at_its_end_has_no_name(void **state)
{
	static const uint32_t wholes[] = {7, REC_FULL_UNKNOWN};
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	for (size_t i = 0; i < 2; i++) {
		builder_start(builder, REC_OPEN_FAILED, 1);
		builder_enrich(builder);
		builder_bytes(builder, &builder->enriched->file_path, "/tmp/ab", 7, wholes[i]);
		render(fixture);
		assert_text(fixture, "file.path", "/tmp/ab");
		if (i == 0) {
			assert_text(fixture, "file.name", "ab");
			assert_text(fixture, "file.directory", "/tmp");
			assert_absent(fixture, "Linux.truncated");
		} else {
			assert_absent(fixture, "file.name");
			assert_absent(fixture, "file.directory");
			assert_items(fixture, "Linux.truncated", 1);
		}
	}
	/* The path that the kernel tells is cut in front. */
	builder_start(builder, REC_OPEN_WRITE, 1);
	builder_bytes(builder, &builder->open->path, "deep/ab", 7, REC_FULL_UNKNOWN);
	render(fixture);
	assert_text(fixture, "file.name", "ab");
	assert_text(fixture, "file.directory", "deep");
}

static void a_whole_string_that_ends_badly_is_not_utf8(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder_text(builder, &builder->exec->filename, "f\xc3");
	render(fixture);
	assert_text(fixture, "Linux.exec.filename", "f\xef\xbf\xbd");
	assert_items(fixture, "Linux.raw", 1);
	assert_absent(fixture, "Linux.truncated");
}

static void a_string_of_which_nothing_was_kept_is_told(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXEC, 1);
	fixture->builder.exec->filename.full = 17;
	render(fixture);
	assert_absent(fixture, "Linux.exec.filename");
	assert_items(fixture, "Linux.truncated", 1);
	assert_string_equal(item_member(fixture, "Linux.truncated", 0, "kept"), "0");
	assert_string_equal(item_member(fixture, "Linux.truncated", 0, "total"), "17");
}

static void a_name_the_kernel_cut_in_half_is_utf8(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXEC, 1);
	memcpy(fixture->builder.task->comm, "12345678901234\xc3", 15);
	render(fixture);
	assert_text(fixture, "process.thread.name", "12345678901234");
	assert_absent(fixture, "tags");
	/* All 16 bytes set is no name of the kernel's, but no reason to read on. */
	memset(fixture->builder.task->comm, 'x', REC_COMM_SIZE);
	render(fixture);
	assert_text(fixture, "process.thread.name", "xxxxxxxxxxxxxxxx");
}

static void numbers_get_the_words_of_their_type(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	builder_start(builder, REC_EXEC, 1);
	builder->task->creds.cap_permitted = UINT64_C(1) << 63 | 1;
	builder->task->tty = 136u << 20 | 7;
	builder->exec->mode = 0104755;
	builder->exec->device = 259u << 20 | 2;
	builder->exec->setuid = 1;
	render(fixture);
	assert_items(fixture, "process.thread.capabilities.permitted", 2);
	assert_string_equal(item(fixture, "process.thread.capabilities.permitted", 0), "CAP_CHOWN");
	assert_string_equal(item(fixture, "process.thread.capabilities.permitted", 1), "63");
	assert_number(fixture, "process.tty.char_device.major", "136");
	assert_number(fixture, "process.tty.char_device.minor", "7");
	assert_text(fixture, "file.mode", "4755");
	assert_text(fixture, "file.type", "file");
	assert_text(fixture, "file.device", "259:2");
	assert_true(YAJL_IS_TRUE(get(fixture, "Linux.exec.setuid")));
	assert_true(YAJL_IS_FALSE(get(fixture, "Linux.exec.setgid")));
	assert_text(fixture, "Linux.capabilities.bounding_hex", "0000000000000000");
}

static void no_ceiling_of_the_output_is_passed_and_nothing_is_left_behind(void **state)
{
	struct fixture *fixture = *state;
	struct event event;
	size_t length;

	builder_start(&fixture->builder, REC_EXEC, 1);
	builder_text(&fixture->builder, &fixture->builder.exec->executable, "/bin/\xff");
	render(fixture);
	length = fixture->out.length;
	parse_event(fixture, &event);
	for (size_t limit = 4; limit <= length + 4; limit++) {
		int result;
		struct buf out;

		buf_init(&out, limit);
		assert_int_equal(buf_add(&out, "old\n", 4), 0);
		result = renderer_event(fixture->renderer, &event, &out);
		assert_int_equal(result, limit < length + 4 ? -EMSGSIZE : 0);
		assert_int_equal(out.length, limit < length + 4 ? 4 : length + 4);
		assert_memory_equal(out.data, "old\n", 4);
		buf_done(&out);
	}
}

static void the_longest_and_worst_arguments_still_make_a_line(void **state)
{
	static const char worst[] = {'\x01', (char)0xff, '\0', '"'};
	static char args[REC_MAX_SIZE - 4096];
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;

	for (size_t i = 0; i < sizeof(worst); i++) {
		/* what reads it here takes its time over many items */
		size_t size = worst[i] ? sizeof(args) : 60 * 1024;

		memset(args, worst[i], size);
		builder_start(builder, REC_EXEC, 1);
		builder_bytes(builder, &builder->exec->args, args, size, 0);
		builder_enrich(builder);
		builder_bytes(builder, &builder->enriched->user, args, 32 * 1024, 0);
		render(fixture);
		assert_items(fixture, "process.args", worst[i] ? 1 : size);
	}
}

static void any_bytes_at_all_make_one_valid_line(void **state)
{
	struct fixture *fixture = *state;
	struct entry_builder *builder = &fixture->builder;
	char bytes[64];

	srand(7);
	for (unsigned int round = 0; round < 2000; round++) {
		size_t length = 1 + (size_t)rand() % (sizeof(bytes) - 1);

		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(rand() % 3 ? rand() : 0x80 | rand());
		builder_start(builder, REC_EXEC, round);
		for (size_t i = 0; i < sizeof(*builder->task); i++)
			((uint8_t *)builder->task)[i] = (uint8_t)rand();
		builder_bytes(builder, &builder->exec->executable, bytes, length,
			      rand() % 2 ? 0 : REC_FULL_UNKNOWN);
		builder_bytes(builder, &builder->exec->args, bytes, length, rand() % 2 ? 0 : 99);
		builder_enrich(builder);
		builder_bytes(builder, &builder->enriched->user, bytes, length, 0);
		render(fixture);
	}
}

static void kinds_that_are_not_journalled_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct event event;

	builder_start(&fixture->builder, REC_FORK, 1);
	parse_event(fixture, &event);
	event.kind = kind_get(REC_SNAPSHOT);
	assert_int_equal(renderer_event(fixture->renderer, &event, &fixture->out), -EINVAL);
	assert_int_equal(fixture->out.length, 0);
}

static const char *const strange_tags[] = {"prod\"", "\xff"};

static int start_with_strange_identity(void **state)
{
	return start_with(state, &(struct render_identity){
					 .agent_id = "",
					 .agent_name = "a\"b\\\n",
					 .host_name = "h\xff",
					 .host_id = NULL,
					 .boot_id = "b",
					 .pid_ns = 4026531836u,
					 .tags = strange_tags,
					 .tag_count = 2,
					 .labels = {{"a_B-0", "\"\xff"}, {"empty", ""}},
					 .label_count = 2,
				 });
}

static void whatever_the_host_is_called_the_line_is_valid(void **state)
{
	struct fixture *fixture = *state;

	builder_start(&fixture->builder, REC_EXEC, 1);
	builder_text(&fixture->builder, &fixture->builder.exec->filename, "\xff");
	render(fixture);
	assert_absent(fixture, "agent.id");
	assert_text(fixture, "agent.name", "a\"b\\\n");
	assert_text(fixture, "host.name", "h\xef\xbf\xbd");
	assert_absent(fixture, "host.id");
	assert_text(fixture, "host.boot.id", "b");
	assert_text(fixture, "host.pid_ns_ino", "4026531836");
	assert_text(fixture, "host.os.type", "linux");
	assert_text(fixture, "labels.a_B-0", "\"\xef\xbf\xbd");
	assert_text(fixture, "labels.empty", "");
	assert_items(fixture, "tags", 3);
	assert_string_equal(item(fixture, "tags", 0), "prod\"");
	assert_string_equal(item(fixture, "tags", 2), "non-utf8");
}

int main(void)
{
#define ECS_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		ECS_TEST(the_event_has_its_identity),
		ECS_TEST(another_stream_shows_at_once),
		ECS_TEST(what_is_absent_leaves_no_object_behind),
		ECS_TEST(the_record_comes_before_the_enrichment),
		ECS_TEST(a_file_in_the_root_has_the_root_as_its_directory),
		ECS_TEST(the_directory_of_a_cut_path_is_told_as_cut),
		ECS_TEST(arguments_keep_their_bounds),
		ECS_TEST(one_empty_argument_is_a_list_and_no_command_line),
		ECS_TEST(labels_are_an_object_whatever_is_in_them),
		ECS_TEST(bytes_that_are_not_utf8_are_kept_beside_the_text),
		ECS_TEST(raw_entries_have_a_ceiling_and_the_rest_is_counted),
		ECS_TEST(raw_bytes_have_a_ceiling_and_tell_the_total),
		ECS_TEST(a_character_cut_in_half_is_dropped_and_told),
		ECS_TEST(a_path_that_is_cut_at_its_end_has_no_name),
		ECS_TEST(a_whole_string_that_ends_badly_is_not_utf8),
		ECS_TEST(a_string_of_which_nothing_was_kept_is_told),
		ECS_TEST(a_name_the_kernel_cut_in_half_is_utf8),
		ECS_TEST(numbers_get_the_words_of_their_type),
		ECS_TEST(no_ceiling_of_the_output_is_passed_and_nothing_is_left_behind),
		ECS_TEST(the_longest_and_worst_arguments_still_make_a_line),
		ECS_TEST(any_bytes_at_all_make_one_valid_line),
		ECS_TEST(kinds_that_are_not_journalled_are_refused),
		cmocka_unit_test_setup_teardown(whatever_the_host_is_called_the_line_is_valid,
						start_with_strange_identity, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
