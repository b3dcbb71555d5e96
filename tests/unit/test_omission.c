/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is left out is not there, what the schema requires is, and everything else is as it would
 * have been: documents with and without, of every kind, compared member by member.
 */
#include "example_host.h"
#include "unit/test_random_event.h"

#include "render/ecs.h"
#include "render/omission.h"
#include "render/render.h"

#include <errno.h>

#include <yajl/yajl_tree.h>

#define SETS 60
#define PATHS_MAX 8
#define ROUNDS 3 /* of all kinds, with each set */
#define PATH_SIZE 128

/* The event at hand. */
struct fixture {
	struct leaf leaves[LEAF_MAX];
	int leaf_count;
	char paths[PATHS_MAX][PATH_SIZE];
	const char *borrowed[PATHS_MAX];
	struct omission leave_out;
	struct entry_builder builder;
	struct buf out;
};

/* The path of a leaf without what tells of lists. */
static void plain_path(char out[PATH_SIZE], const char *path)
{
	size_t used = 0;

	for (; *path; path++)
		if (*path != '[' && *path != ']')
			out[used++] = *path;
	assert_true(used < PATH_SIZE);
	out[used] = '\0';
}

static bool is_required(const struct fixture *fixture, const char *path)
{
	char plain[PATH_SIZE];

	for (int i = 0; i < fixture->leaf_count; i++) {
		plain_path(plain, fixture->leaves[i].path);
		if (strcmp(plain, path) == 0)
			return fixture->leaves[i].flags & FIELD_REQUIRED;
	}
	return false;
}

static bool same_value(yajl_val a, yajl_val b)
{
	if (a->type != b->type)
		return false;
	if (YAJL_IS_STRING(a))
		return strcmp(a->u.string, b->u.string) == 0;
	if (YAJL_IS_NUMBER(a))
		return strcmp(YAJL_GET_NUMBER(a), YAJL_GET_NUMBER(b)) == 0;
	if (!YAJL_IS_ARRAY(a))
		return true;
	if (YAJL_GET_ARRAY(a)->len != YAJL_GET_ARRAY(b)->len)
		return false;
	for (size_t i = 0; i < YAJL_GET_ARRAY(a)->len; i++)
		if (!same_value(YAJL_GET_ARRAY(a)->values[i], YAJL_GET_ARRAY(b)->values[i]))
			return false;
	return true;
}

/* Remarks on a member, and the tag that comes of them, go with it. */
static bool is_remark(const char *path)
{
	return strcmp(path, "Linux.raw") == 0 || strcmp(path, "Linux.raw_left_out") == 0 ||
	       strcmp(path, "Linux.truncated") == 0 || strcmp(path, "tags") == 0;
}

/* Objects, and lists of one object, by their path; NULL: it is neither. */
static yajl_val object_of(yajl_val value)
{
	if (value && YAJL_IS_ARRAY(value) && YAJL_GET_ARRAY(value)->len == 1)
		value = YAJL_GET_ARRAY(value)->values[0];
	return value && YAJL_IS_OBJECT(value) ? value : NULL;
}

/* lean is NULL where there is nothing. Returns how many values lean has of those in whole. */
static size_t compare(const struct fixture *fixture, yajl_val whole, yajl_val lean,
		      const char *path)
{
	yajl_val object = object_of(whole), other = object_of(lean);
	size_t count = 0;

	if (is_remark(path))
		return 0;
	if (!object) {
		bool left_out =
			omission_has(&fixture->leave_out, path) && !is_required(fixture, path);

		if (left_out != !lean)
			fail_msg("%s %s", path, left_out ? "is there" : "is missing");
		if (lean && !same_value(whole, lean))
			fail_msg("%s differs", path);
		return lean != NULL;
	}
	for (size_t i = 0; i < YAJL_GET_OBJECT(object)->len; i++) {
		const char *key = YAJL_GET_OBJECT(object)->keys[i];
		const char *one[] = {key, NULL};
		char below[PATH_SIZE];

		(void)snprintf(below, sizeof(below), "%.100s%s%.24s", path, *path ? "." : "", key);
		count += compare(fixture, YAJL_GET_OBJECT(object)->values[i],
				 other ? yajl_tree_get(other, one, yajl_t_any) : NULL, below);
	}
	if (lean && count == 0 && *path)
		fail_msg("%s is empty", path);
	return count;
}

static size_t values_in(yajl_val value, const char *path)
{
	yajl_val object = object_of(value);
	size_t count = 0;

	if (is_remark(path))
		return 0;
	for (size_t i = 0; object && i < YAJL_GET_OBJECT(object)->len; i++) {
		char below[PATH_SIZE];

		(void)snprintf(below, sizeof(below), "%.100s%s%.24s", path, *path ? "." : "",
			       YAJL_GET_OBJECT(object)->keys[i]);
		count += values_in(YAJL_GET_OBJECT(object)->values[i], below);
	}
	return object ? count : 1;
}

static yajl_val document(struct renderer *renderer, const struct event *event, struct buf *out)
{
	yajl_val root;
	char why[256];

	buf_clear(out);
	assert_int_equal(renderer_event(renderer, event, out), 0);
	assert_int_equal(buf_add(out, "", 1), 0);
	root = yajl_tree_parse(out->data, why, sizeof(why));
	if (!root)
		fail_msg("%s in %s", why, out->data);
	return root;
}

static void compare_event(struct fixture *fixture, struct renderer *whole, struct renderer *lean,
			  const struct kind *kind)
{
	struct event event;
	yajl_val before, after;
	struct err err;

	fixture->leaf_count = ecs_leaves(fixture->leaves, kind, (struct ecs_form){0}, &err);
	assert_true(fixture->leaf_count > 0);
	make_event(&fixture->builder, kind, &event);
	before = document(whole, &event, &fixture->out);
	after = document(lean, &event, &fixture->out);
	assert_int_equal(compare(fixture, before, after, ""), values_in(after, ""));
	yajl_tree_free(before);
	yajl_tree_free(after);
}

static struct renderer *renderer_without(const struct omission *leave_out)
{
	const struct render_options options = {
		.format = RENDER_ECS, .detail = RENDER_FULL, .leave_out = *leave_out};
	struct renderer *renderer;
	struct err err;

	assert_int_equal(renderer_new(&renderer, &options, &example_host, &err), 0);
	return renderer;
}

static void compare_kinds(struct fixture *fixture)
{
	struct renderer *whole = renderer_without(&(struct omission){0});
	struct renderer *lean = renderer_without(&fixture->leave_out);

	for (unsigned int i = 0; i < ROUNDS * REC_KINDS; i++) {
		const struct kind *kind = kind_get(i % REC_KINDS);

		if (kind && kind->journalled)
			compare_event(fixture, whole, lean, kind);
	}
	renderer_free(whole);
	renderer_free(lean);
}

/* The path of some leaf of some kind, or of an object around it. */
static void choose_path(struct fixture *fixture, char out[PATH_SIZE])
{
	struct text_nearest nearest = {.word = ""};
	struct err err;

	do {
		const struct kind *kind = kind_get((unsigned int)(next() % REC_KINDS));

		if (!kind || !kind->journalled)
			continue;
		fixture->leaf_count = ecs_leaves(fixture->leaves, kind, (struct ecs_form){0}, &err);
		plain_path(out, fixture->leaves[next() % (uint64_t)fixture->leaf_count].path);
		for (uint64_t up = next() % 3; up > 0 && strrchr(out, '.'); up--)
			*strrchr(out, '.') = '\0';
	} while (ecs_check_omission(out, &nearest) != 0);
}

static int start(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	for (size_t i = 0; i < PATHS_MAX; i++)
		fixture->borrowed[i] = fixture->paths[i];
	fixture->leave_out.paths = fixture->borrowed;
	buf_init(&fixture->out, 64 * 1024 * 1024);
	*state = fixture;
	return 0;
}

static int stop(void **state)
{
	struct fixture *fixture = *state;

	buf_done(&fixture->out);
	free(fixture);
	return 0;
}

static void what_is_not_left_out_is_as_before(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int set = 0; set < SETS; set++) {
		fixture->leave_out.count = 1 + next() % PATHS_MAX;
		for (size_t i = 0; i < fixture->leave_out.count; i++)
			choose_path(fixture, fixture->paths[i]);
		compare_kinds(fixture);
	}
}

static void all_that_can_be_left_out_may_be(void **state)
{
	static const char *const all[] = {"agent", "host",    "labels", "tags",
					  "Linux", "process", "user",   "group"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < PATHS_MAX; i++)
		(void)strcpy(fixture->paths[i], all[i]);
	fixture->leave_out.count = PATHS_MAX;
	compare_kinds(fixture);
}

static int check(const char *path, const char **ret_nearest)
{
	struct text_nearest nearest = {.word = path};
	int result = ecs_check_omission(path, &nearest);

	if (ret_nearest)
		*ret_nearest = nearest.best;
	return result;
}

static void a_path_must_be_one_that_can_be_left_out(void **state)
{
	const char *nearest;

	(void)state;
	assert_int_equal(check("host", NULL), 0);
	assert_int_equal(check("host.os.kernel", NULL), 0);
	assert_int_equal(check("process.parent.args", NULL), 0);
	assert_int_equal(check("process.previous", NULL), 0);
	assert_int_equal(check("process.previous.args", NULL), 0);
	assert_int_equal(check("Linux", NULL), 0);
	assert_int_equal(check("labels", NULL), 0);
	assert_int_equal(check("tags", NULL), 0);
	assert_int_equal(check("@timestamp", NULL), -EPERM);
	assert_int_equal(check("ecs", NULL), -EPERM);
	assert_int_equal(check("event.id", NULL), -EPERM);
	assert_int_equal(check("agent.ephemeral_id", NULL), -EPERM);
	assert_int_equal(check("host.os.type", NULL), -EPERM);
	assert_int_equal(check("Linux.truncated", NULL), -EPERM);
	assert_int_equal(check("Linux.raw", NULL), -EPERM);
	assert_int_equal(check("proces.parent.args", &nearest), -ENOENT);
	assert_string_equal(nearest, "process.parent.args");
	assert_int_equal(check("host.", NULL), -ENOENT);
	assert_int_equal(check("process.par", NULL), -ENOENT);
	assert_int_equal(check("", NULL), -ENOENT);
}

static void a_copy_is_its_own(void **state)
{
	char text[] = "host";
	const char *paths[] = {text, "process.parent"};
	struct omission copy;

	(void)state;
	assert_int_equal(omission_copy(&copy, &(struct omission){paths, 2}), 0);
	text[0] = 'g';
	paths[1] = "x";
	assert_true(omission_has(&copy, "host"));
	assert_true(omission_has(&copy, "host.name"));
	assert_false(omission_has(&copy, "hostname"));
	assert_true(omission_has(&copy, "process.parent.pid"));
	assert_false(omission_has(&copy, "process.pid"));
	omission_done(&copy);
	assert_int_equal(omission_copy(&copy, &(struct omission){0}), 0);
	assert_false(omission_has(&copy, "host"));
	omission_done(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_left_out_is_as_before, start, stop),
		cmocka_unit_test_setup_teardown(all_that_can_be_left_out_may_be, start, stop),
		cmocka_unit_test(a_path_must_be_one_that_can_be_left_out),
		cmocka_unit_test(a_copy_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
