/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules (YAML), and after a NUL the arguments of a process that they look at. What compiles drops,
 * tags and masks without harm to the event: it is still one, and still renders.
 */
#include "decode/decode.h"
#include "entry_builder.h"
#include "filter/rules.h"
#include "filter/rules_push.h"
#include "fuzz.h"
#include "render_all.h"

#include <errno.h>

#define ROOM REC_MAX_SIZE
#define ARGS_MAX 4096

static struct entry_builder builder;

static void build(enum rec_kind kind, const char *args, size_t length)
{
	builder_start(&builder, kind, 17);
	if (builder.task)
		builder.task->creds.uid = 1000;
	if (kind == REC_EXEC) {
		builder_text(&builder, &builder.exec->executable, "/usr/bin/curl");
		builder_text(&builder, &builder.exec->cwd, "/home/a");
		builder_bytes(&builder, &builder.exec->args, args, length, 0);
		builder_bytes(&builder, &builder.exec->env, args, length, 0);
		builder.exec->args_count = 1;
	} else if (kind == REC_OPEN_READ) {
		builder_text(&builder, &builder.open->path, "/etc/shadow");
	}
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "root");
	builder_bytes(&builder, &builder.enriched->parent.args, args, length, 0);
	(void)builder_end(&builder);
}

static struct {
	alignas(ENTRY_ALIGN) char data[2 * ENTRY_MAX_SIZE];
	alignas(ENTRY_ALIGN) char enriched[ROOM];
} made;

static void render(const struct rules_subject *subject)
{
	static const uint8_t stream[16];
	struct entry *entry = (struct entry *)made.data;
	struct event event;
	const char *why = "";

	CHECK(subject->record->size <= subject->record_room);
	CHECK(subject->enriched->size <= subject->enriched_room);
	entry_finish(entry, subject->enriched);
	if (entry_parse(made.data, entry->size, stream, &event, &why) < 0)
		fuzz_fail(why, 0, "rules have broken the event");
	render_all_once(&event);
}

static void apply(struct rules_state *state, uint32_t dropped_in_kernel, bool only_mask)
{
	struct rules_subject subject = {
		.entry = (struct entry *)made.data,
		.record = (struct rec_header *)(made.data + sizeof(struct entry)),
		.record_room = ROOM,
		.enriched = (struct enriched *)made.enriched,
		.enriched_room = ROOM,
		.only_mask = only_mask,
	};
	enum rules_verdict verdict;

	memset(&made, 0, sizeof(made));
	memcpy(made.data, builder.data, sizeof(struct entry) + builder.header->size);
	memcpy(made.enriched, builder.enriched, builder.enriched->size);
	verdict = rules_apply(state, &subject);
	/* What the probes drop the rules would have dropped as well. */
	if (!only_mask && dropped_in_kernel & 1u << builder.header->kind)
		CHECK(verdict == RULES_DROP);
	CHECK(!only_mask || verdict == RULES_KEEP);
	if (verdict == RULES_KEEP)
		render(&subject);
}

static void check_limited(struct rules_state *state)
{
	alignas(ENTRY_ALIGN) char record[RULES_LIMITED_MAX];
	struct rules_totals totals;
	const char *why = "";

	while (rules_take_limited(state, UINT64_MAX, true, (struct rec_header *)record)) {
		const struct rec_header *header = (struct rec_header *)record;

		if (record_check(record, header->size, &why) < 0)
			fuzz_fail(why, 0, "what limits tell is no record");
	}
	rules_totals(state, &totals);
	CHECK(totals.told == totals.held);
}

/* The state owns the rules. */
static void run(struct rules *rules, const char *args, size_t length)
{
	static const enum rec_kind kinds[] = {REC_EXEC, REC_EXIT, REC_OPEN_READ, REC_EXEC,
					      REC_FORK};
	struct rules_push *push;
	struct rules_state *state;
	uint32_t dropped;
	struct err err;

	CHECK(rules_push_new(&push, rules, UINT32_MAX) == 0);
	CHECK(push->rule_count == rules_count(rules) && push->entry_count <= REC_FILTER_RULES);
	dropped = rules_push_kinds(push, 0);
	CHECK(rules_state_new(&state, rules, &err) == 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		build(kinds[i], args, length);
		apply(state, dropped, false);
		apply(state, 0, true);
	}
	check_limited(state);
	rules_push_free(push);
	rules_state_free(state);
}

static void explain(const struct rules *rules)
{
	static const char event[] =
		"{\"event\":{\"action\":[\"exec\"],\"id\":\"x:1\"},\"process\":{\"executable\":"
		"\"/usr/bin/curl\",\"args\":[\"curl\",\"-u\",\"a:b\"],\"pid\":7,\"user\":{\"id\":"
		"\"0\",\"name\":\"root\"}},\"file\":{\"path\":\"/etc/shadow\"}}";
	struct json_read *document;
	struct buf out;
	struct err err;

	buf_init(&out, 1024 * 1024);
	CHECK(json_read_new(&document, event, sizeof(event) - 1, &err) == 0);
	CHECK(rules_explain(rules, document, &out) == 0);
	CHECK(out.length > 0);
	render_all_check_text(&out);
	json_read_free(document);
	buf_done(&out);
}

static void check_faults(struct faults *faults, bool there_must_be)
{
	CHECK(!there_must_be || faults->count > 0);
	for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++)
		CHECK(fuzz_is_printable(faults->items[i].text, strlen(faults->items[i].text)));
	faults_done(faults);
	*faults = (struct faults){0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = {0};
	struct yaml_node *root;
	struct rules *rules = NULL;
	size_t length;
	const char *text = fuzz_take_text(&data, &size, &length);
	int result;

	CHECK(yaml_tree_parse(&root, text, length, &faults) == 0);
	result = faults.count > 0 || !root ? -EINVAL : rules_compile(&rules, root, &faults);
	CHECK(result == 0 || result == -EINVAL);
	CHECK((result == 0) == (rules != NULL));
	check_faults(&faults, result < 0 && root);
	yaml_tree_free(root);
	if (!rules)
		return 0;
	rules_warnings(rules, &faults);
	check_faults(&faults, false);
	explain(rules);
	run(rules, (const char *)data, size < ARGS_MAX ? size : ARGS_MAX);
	return 0;
}
