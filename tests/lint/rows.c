/* SPDX-License-Identifier: BSD-2-Clause */
/* Every member of every record, and of the enrichment, has a row in the field tables. */
#include "decode/enriched.h"
#include "decode/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

static const char *object_path;

struct walk {
	const struct btf *btf;
	const struct kind *kind; /* NULL: the enrichment */
	unsigned int members, missing;
};

static bool row_matches(const struct field *row, uint32_t offset, uint32_t size)
{
	return row->offset == offset && row->size == size;
}

static bool has_row(const struct kind *kind, uint32_t offset, uint32_t size)
{
	const struct field *row;
	unsigned int cursor = 0;

	if (!kind) {
		for (row = enriched_fields; !field_ends(row); row++)
			if (row_matches(row, offset, size))
				return true;
		return false;
	}
	while ((row = kind_next_field(kind, &cursor)))
		if (row_matches(row, offset, size))
			return true;
	return false;
}

static const struct btf_type *resolve(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_typedef(type) || btf_is_mod(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static void walk_struct(struct walk *walk, const struct btf_type *type, uint32_t base);

static void walk_member(struct walk *walk, const struct btf_type *owner,
			const struct btf_member *member, uint32_t offset)
{
	const struct btf_type *type = resolve(walk->btf, member->type);
	const char *name = btf__name_by_offset(walk->btf, type->name_off);
	int64_t size = btf__resolve_size(walk->btf, member->type);

	if (btf_is_struct(type) && strcmp(name, "rec_string") != 0) {
		walk_struct(walk, type, offset);
		return;
	}
	assert_true(size > 0);
	walk->members++;
	if (has_row(walk->kind, offset, (uint32_t)size))
		return;
	walk->missing++;
	print_error("struct %s, member '%s' at offset %u has no row in fields.c\n",
		    btf__name_by_offset(walk->btf, owner->name_off),
		    btf__name_by_offset(walk->btf, member->name_off), offset);
}

static void walk_struct(struct walk *walk, const struct btf_type *type, uint32_t base)
{
	const struct btf_member *members = btf_members(type);

	for (uint32_t i = 0; i < btf_vlen(type); i++)
		walk_member(walk, type, &members[i], base + members[i].offset / 8);
}

static void check_struct(const struct btf *btf, const char *name, const struct kind *kind)
{
	struct walk walk = {.btf = btf, .kind = kind};
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	assert_true(id > 0);
	walk_struct(&walk, btf__type_by_id(btf, (uint32_t)id), 0);
	assert_true(walk.members > 5);
	assert_int_equal(walk.missing, 0);
}

static void every_member_has_a_row(void **state)
{
	static const struct {
		const char *name;
		unsigned int kind;
	} structs[] = {
		{"rec_fork", REC_FORK},
		{"rec_exec", REC_EXEC},
		{"rec_exit", REC_EXIT},
		{"rec_thread_start", REC_THREAD_START},
		{"rec_thread_exit", REC_THREAD_EXIT},
		{"rec_exec_failed", REC_EXEC_FAILED},
		{"rec_open", REC_OPEN_READ},
		{"rec_snapshot", REC_SNAPSHOT},
		{"rec_cgroup", REC_CGROUP_MADE},
		{"rec_lost", REC_LOST},
		{"rec_limited", REC_LIMITED},
		{"rec_config", REC_CONFIG_CHANGED},
		{"rec_agent_start", REC_AGENT_START},
		{"rec_agent_stop", REC_AGENT_STOP},
		{"rec_agent_heartbeat", REC_AGENT_HEARTBEAT},
		{"rec_clock_step", REC_CLOCK_STEP},
		{"rec_agent_coverage", REC_AGENT_COVERAGE},
		{"rec_events_expired", REC_EVENTS_EXPIRED},
		{"rec_journal_unclean", REC_JOURNAL_UNCLEAN},
	};
	struct btf *btf = btf__parse(object_path, NULL);

	(void)state;
	assert_non_null(btf);
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
		check_struct(btf, structs[i].name, kind_get(structs[i].kind));
	check_struct(btf, "enriched", NULL);
	btf__free(btf);
}

/* A row that names no member would be read past its struct. */
static void every_kind_is_in_the_table(void **state)
{
	unsigned int found = 0;

	(void)state;
	for (unsigned int i = REC_NONE + 1; i < REC_KINDS; i++) {
		if (!kind_get(i)) /* a number that nobody has */
			continue;
		assert_ptr_equal(kind_find(kind_get(i)->name), kind_get(i));
		found++;
	}
	assert_in_range(found, 22, REC_KINDS - 1);
	assert_null(kind_get(REC_NONE));
	assert_null(kind_get(REC_KINDS));
	assert_null(kind_find("nothing"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_has_a_row),
		cmocka_unit_test(every_kind_is_in_the_table),
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s OBJECT\n", argv[0]);
		return 64;
	}
	object_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
