/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records with a good header and anything behind it, through decode and render: each makes one line
 * that is JSON and has the members of its kind with their types, or is rejected and counted.
 * 10,000 of them, under sanitizers 50,000, 1,000,000 with FULL in the environment.
 * AUDITSHIP_SAMPLE: a file that gets every hundredth line of 10,000, for the validators;
 * AUDITSHIP_SAMPLE_OCSF: the same in OCSF.
 */
#include "decode/decode.h"
#include "decode/entry.h"
#include "decode/fields.h"
#include "render/batch.h"
#include "render/ecs.h"
#include "render/ocsf.h"
#include "render/ocsf_plan.h"
#include "render/shrink.h"
#include "tool/schema_fields.h"
#include "tool/schema_type.h"

#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

#ifdef __SANITIZE_ADDRESS__
#define BY_DEFAULT 50000
#else
#define BY_DEFAULT 10000
#endif
#define TAIL_MAX 600
#define SAMPLE_EVERY 100
#define SHRINK_EVERY 8
#define PATH_SIZE 256

static const uint8_t stream[16] = {0x8c, 0x2a, 0x7b, 0x54};

struct known {
	int count;
	struct leaf leaves[LEAF_MAX];
};

struct random_run {
	uint64_t state;
	alignas(ENTRY_ALIGN) uint8_t data[ENTRY_MAX_SIZE];
	struct ecs *forms[2]; /* full, compact */
	struct known known[2][REC_KINDS];
	struct ocsf *ocsf_forms[2];
	struct ocsf_plan plans[2][REC_KINDS]; /* have the paths of the leaves below */
	struct known known_ocsf[2][REC_KINDS];
	struct batch *batch;
	struct buf out, documents, shrunk;
	struct shrink *shrink;
	FILE *sample, *sample_ocsf;
	unsigned long rejected, rendered, batched, shortened;
};

static uint64_t next(struct random_run *run)
{
	run->state ^= run->state << 13;
	run->state ^= run->state >> 7;
	run->state ^= run->state << 17;
	return run->state;
}

static bool mostly(struct random_run *run)
{
	return next(run) % 256 != 0;
}

static void fill(struct random_run *run, uint8_t *bytes, size_t size)
{
	/* Bytes of one sort, so that there is text, and zeros, and what is no text. */
	uint64_t sort = next(run) % 4;

	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)next(run);

		if (sort == 0)
			byte = (uint8_t)(' ' + byte % 95);
		else if (sort == 1)
			byte = byte % 4 ? (uint8_t)(' ' + byte % 95) : 0;
		else if (sort == 2)
			byte = (uint8_t)(0xc0 + byte % 64);
		bytes[i] = byte;
	}
}

/* A reference that is good, in a struct of struct_size with a tail up to size. */
static struct rec_string reference(struct random_run *run, size_t struct_size, size_t size)
{
	size_t room = size - struct_size;
	struct rec_string string = {0};

	string.offset = (uint32_t)(struct_size + (room ? next(run) % room : 0));
	string.length = (uint32_t)(next(run) % (size - string.offset + 1));
	string.full = string.length + (uint32_t)(next(run) % 3 ? 0 : next(run) % 9);
	return string;
}

/* Makes most members good: else hardly any record would come through. */
static void tame(struct random_run *run, uint8_t *base, const struct field *rows,
		 size_t struct_size, size_t size)
{
	for (const struct field *row = rows; !field_ends(row); row++) {
		uint8_t *member = base + row->offset;
		uint64_t number;

		if (!mostly(run))
			continue;
		if (row->size == sizeof(struct rec_string) && row->type != FIELD_UUID) {
			struct rec_string string = reference(run, struct_size, size);

			memcpy(member, &string, sizeof(string));
		} else if (row->type == FIELD_ENUM) {
			unsigned int count = 0;

			while (row->names[count])
				count++;
			*member = (uint8_t)(next(run) % count);
		} else if (row->size == sizeof(number) &&
			   (row->type == FIELD_NUMBER || row->type == FIELD_SIGNED)) {
			number = next(run) >> 12;
			memcpy(member, &number, sizeof(number));
		}
	}
}

static size_t make_record(struct random_run *run, const struct kind *kind)
{
	struct entry *entry = (struct entry *)run->data;
	uint8_t *record = (uint8_t *)(entry + 1);
	size_t size = kind->record_size + next(run) % TAIL_MAX;

	fill(run, record, size);
	tame(run, record, kind->fields, kind->record_size, size);
	*(struct rec_header *)record = (struct rec_header){
		.size = (uint32_t)size,
		.kind = kind->kind,
		.abi = REC_ABI,
		.cpu = (uint16_t)next(run),
		.sequence = next(run) >> (mostly(run) ? 12 : 0),
		.time_ns = next(run),
	};
	return size;
}

static void make_entry(struct random_run *run, size_t record_size)
{
	struct entry *entry = (struct entry *)run->data;
	struct enriched *enriched =
		(struct enriched *)(run->data + entry_enriched_at((uint32_t)record_size));
	size_t size = sizeof(*enriched) + next(run) % TAIL_MAX;

	fill(run, (uint8_t *)enriched, size);
	tame(run, (uint8_t *)enriched, enriched_fields, sizeof(*enriched), size);
	enriched->size = (uint32_t)size;
	*entry = (struct entry){
		.sequence = next(run),
		.created_ns = next(run),
		.wall_offset_ns = (int64_t)next(run),
	};
	entry_finish(entry, enriched);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

static const struct leaf *find(const struct known *known, const char *path)
{
	struct leaf wanted = {.path = path};

	return bsearch(&wanted, known->leaves, (size_t)known->count, sizeof(wanted), by_path);
}

static bool fits_one(const struct schema_type *type, yajl_val value)
{
	if (strcmp(type->json, "integer") == 0)
		return YAJL_IS_NUMBER(value) && !strpbrk(YAJL_GET_NUMBER(value), ".eE");
	if (strcmp(type->json, "boolean") == 0)
		return YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value);
	return YAJL_IS_STRING(value);
}

static bool fits(const struct leaf *leaf, yajl_val value)
{
	const struct schema_type *type = schema_type_of(leaf);

	if (leaf->map)
		return YAJL_IS_OBJECT(value);
	if (!type->list)
		return fits_one(type, value);
	if (!YAJL_IS_ARRAY(value) || YAJL_GET_ARRAY(value)->len == 0)
		return false;
	for (size_t i = 0; i < YAJL_GET_ARRAY(value)->len; i++)
		if (!fits_one(type, YAJL_GET_ARRAY(value)->values[i]))
			return false;
	return true;
}

static unsigned int check_object(const struct known *known, const char *prefix, yajl_val object);

/* Returns how many members that are always there were found. */
static unsigned int check_value(const struct known *known, const char *path, yajl_val value)
{
	const struct leaf *leaf = find(known, path);
	char items[PATH_SIZE];

	if (leaf) {
		if (!fits(leaf, value))
			fail_msg("%s has a value of another type", path);
		return (leaf->flags & FIELD_REQUIRED) && !strchr(path, '[');
	}
	if (YAJL_IS_OBJECT(value))
		return check_object(known, path, value);
	if (!YAJL_IS_ARRAY(value))
		fail_msg("%s is no field of the kind", path);
	(void)snprintf(items, sizeof(items), "%.200s[]", path);
	for (size_t i = 0; i < YAJL_GET_ARRAY(value)->len; i++)
		(void)check_object(known, items, YAJL_GET_ARRAY(value)->values[i]);
	return 0;
}

static unsigned int check_object(const struct known *known, const char *prefix, yajl_val object)
{
	unsigned int found = 0;
	char path[PATH_SIZE];

	if (!YAJL_IS_OBJECT(object) || YAJL_GET_OBJECT(object)->len == 0)
		fail_msg("%s is no object with members", prefix);
	for (size_t i = 0; i < YAJL_GET_OBJECT(object)->len; i++) {
		(void)snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "",
			       YAJL_GET_OBJECT(object)->keys[i]);
		found += check_value(known, path, YAJL_GET_OBJECT(object)->values[i]);
	}
	return found;
}

static unsigned int count_required(const struct known *known)
{
	unsigned int count = 0;

	for (int i = 0; i < known->count; i++)
		count += (known->leaves[i].flags & FIELD_REQUIRED) &&
			 !strchr(known->leaves[i].path, '[');
	return count;
}

/* The value of a label may be empty, no other member may. */
static bool is_label(const char *line, const char *at)
{
	static const char start[] = "\"labels\":{";
	const char *open = strstr(line, start);
	bool quoted = false;

	if (!open || open > at)
		return false;
	for (open += sizeof(start) - 1; open < at; open++) {
		if (quoted && *open == '\\')
			open++;
		else if (*open == '"')
			quoted = !quoted;
		else if (*open == '}' && !quoted)
			return false;
	}
	return true;
}

/* OCSF wants the value of a variable, which may be empty. */
static bool is_variable(const char *line, const char *at)
{
	static const char value[] = "\"value\"";

	return at - line >= (long)strlen(value) &&
	       strncmp(at - strlen(value), value, strlen(value)) == 0;
}

static void check_line(const struct known *known, struct buf *out)
{
	char why[256];
	yajl_val root;

	assert_true(out->length > 1 && out->data[out->length - 1] == '\n');
	assert_true(utf8_is_valid(out->data, out->length));
	assert_null(memchr(out->data, '\n', out->length - 1));
	out->data[out->length - 1] = '\0';
	/* in a text the quotes have backslashes */
	for (const char *at = out->data; (at = strstr(at, ":\"\"")); at++)
		if (!is_label(out->data, at) && !is_variable(out->data, at))
			fail_msg("an empty text in %s", out->data);
	root = yajl_tree_parse(out->data, why, sizeof(why));
	if (!root)
		fail_msg("%s in %s", why, out->data);
	if (check_object(known, "", root) != count_required(known))
		fail_msg("a field that is always there is missing: %s", out->data);
	yajl_tree_free(root);
	out->data[out->length - 1] = '\n';
}

static void add_to_batch(struct random_run *run, const struct event *event)
{
	int result = batch_add(run->batch, event);

	if (result == -EAGAIN) {
		buf_clear(&run->documents);
		run->batched += batch_count(run->batch);
		assert_int_equal(batch_take(run->batch, &run->documents), 0);
		assert_true(utf8_is_valid(run->documents.data, run->documents.length));
		result = batch_add(run->batch, event);
	}
	assert_int_equal(result, 0);
}

static void keep_sample(const struct random_run *run, FILE *file, unsigned int form)
{
	if (file && run->rendered % SAMPLE_EVERY == form)
		(void)fwrite(run->out.data, 1, run->out.length, file);
}

static int render_shrunk(void *data, const struct event *event, struct buf *out)
{
	return ecs_event(data, event, out);
}

/* Whatever room there is: the line fits and is as good as any, or is refused. */
static void check_shrunk(struct random_run *run, const struct event *event, unsigned int form)
{
	size_t max = 200 + next(run) % run->out.length;
	int result;

	buf_clear(&run->shrunk);
	result = shrink_event(run->shrink, event, max, render_shrunk, run->forms[form],
			      &run->shrunk);
	if (result < 0) {
		assert_int_equal(result, -EMSGSIZE);
		assert_int_equal(run->shrunk.length, 0);
		return;
	}
	assert_true(run->shrunk.length - 1 <= max);
	check_line(&run->known[form][event->kind->kind], &run->shrunk);
	run->shortened++;
}

static void run_one(struct random_run *run)
{
	const struct kind *kind = NULL;
	const char *why;
	struct event event;
	size_t size;

	while (!kind)
		kind = schema_kind((unsigned int)(next(run) % REC_KINDS));
	size = make_record(run, kind);
	if (record_check(run->data + sizeof(struct entry), size, &why) < 0) {
		run->rejected++;
		return;
	}
	record_resolve_paths((struct rec_header *)(run->data + sizeof(struct entry)));
	make_entry(run, size);
	if (entry_parse(run->data, ((struct entry *)run->data)->size, stream, &event, &why) < 0) {
		run->rejected++;
		return;
	}
	for (unsigned int form = 0; form < (ecs_is_compact(kind) ? 2 : 1); form++) {
		buf_clear(&run->out);
		assert_int_equal(ecs_event(run->forms[form], &event, &run->out), 0);
		check_line(&run->known[form][kind->kind], &run->out);
		keep_sample(run, run->sample, form);
		if (run->rendered % SHRINK_EVERY == 0)
			check_shrunk(run, &event, form);
		buf_clear(&run->out);
		assert_int_equal(ocsf_event(run->ocsf_forms[form], &event, &run->out), 0);
		check_line(&run->known_ocsf[form][kind->kind], &run->out);
		keep_sample(run, run->sample_ocsf, form);
	}
	add_to_batch(run, &event);
	run->rendered++;
}

static const struct render_identity identity = {
	.host_name = "h",
	.boot_id = "b",
	.labels = {{"role", "web"}},
	.label_count = 1,
};

static void keep_known(struct known *known, int count)
{
	assert_true(count > 0);
	known->count = count;
	qsort(known->leaves, (size_t)count, sizeof(known->leaves[0]), by_path);
}

static void learn(struct random_run *run, unsigned int form)
{
	struct ecs_form how = {.compact = form == 1};
	struct err err;

	assert_int_equal(ecs_new(&run->forms[form], &identity, how, &err), 0);
	assert_int_equal(ocsf_new(&run->ocsf_forms[form], &identity, how.compact, &err), 0);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = schema_kind(i);
		struct known *known = &run->known[form][i], *ocsf = &run->known_ocsf[form][i];
		struct ocsf_plan *plan = &run->plans[form][i];

		if (!kind)
			continue;
		keep_known(known, ecs_leaves(known->leaves, kind, how, &err));
		assert_int_equal(ocsf_plan_make(plan, kind, how.compact, &err), 0);
		keep_known(ocsf, ocsf_leaves(ocsf->leaves, kind, plan));
	}
}

static void forget(struct random_run *run, unsigned int form)
{
	ecs_free(run->forms[form]);
	ocsf_free(run->ocsf_forms[form]);
	for (unsigned int i = 0; i < REC_KINDS; i++)
		ocsf_plan_done(&run->plans[form][i]);
}

static FILE *open_sample(const char *variable)
{
	const char *name = getenv(variable);
	FILE *file = name ? fopen(name, "we") : NULL;

	assert_true(!name || file);
	return file;
}

static void every_record_becomes_a_line_of_its_kind_or_is_rejected(void **state)
{
	const struct batch_options batches = {.bytes_max = 1024 * 1024, .count_max = 64};
	struct random_run *run = calloc(1, sizeof(*run));
	unsigned long count = getenv("FULL") ? 1000000 : BY_DEFAULT;
	struct err err;

	(void)state;
	assert_non_null(run);
	run->state = UINT64_C(0x9e3779b97f4a7c15);
	buf_init(&run->out, 16 * 1024 * 1024);
	buf_init(&run->documents, 2 * 1024 * 1024);
	buf_init(&run->shrunk, 16 * 1024 * 1024);
	run->shrink = shrink_new();
	assert_non_null(run->shrink);
	learn(run, 0);
	learn(run, 1);
	assert_int_equal(batch_new(&run->batch, &batches, &(struct render_identity){0}, &err), 0);
	run->sample = open_sample("AUDITSHIP_SAMPLE");
	run->sample_ocsf = open_sample("AUDITSHIP_SAMPLE_OCSF");
	for (unsigned long i = 0; i < count; i++)
		run_one(run);
	print_message("%lu rendered, %lu rejected, %lu shrunk\n", run->rendered, run->rejected,
		      run->shortened);
	assert_true(run->shortened > count / 100);
	assert_int_equal(run->rendered + run->rejected, count);
	assert_true(run->rendered > count / 2 && run->rejected > 0);
	assert_int_equal(run->batched + batch_count(run->batch), run->rendered);
	assert_true(!run->sample || fclose(run->sample) == 0);
	assert_true(!run->sample_ocsf || fclose(run->sample_ocsf) == 0);
	batch_free(run->batch);
	forget(run, 0);
	forget(run, 1);
	buf_done(&run->out);
	buf_done(&run->documents);
	buf_done(&run->shrunk);
	shrink_free(run->shrink);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_becomes_a_line_of_its_kind_or_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
