/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include "decode/decode.h"
#include "entry_builder.h"
#include "filter/mask.h"
#include "filter/rules.h"
#include "render/render.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "rules_of_text.h"

#define ROOM REC_MAX_SIZE
#define SECOND NS_PER_S

static struct entry_builder builder;
static const uint8_t stream[16];

/* What the collect thread makes of one record: an entry as the journal has it. */
static struct {
	alignas(ENTRY_ALIGN) char data[ENTRY_MAX_SIZE];
	alignas(ENTRY_ALIGN) char enriched[ROOM];
	size_t size;
	struct event event;
	struct rules_subject subject;
} made;

static void finish_entry(void)
{
	struct entry *entry = (struct entry *)made.data;
	const char *why = "";

	entry_finish(entry, made.subject.enriched);
	made.size = entry->size;
	if (entry_parse(made.data, made.size, stream, &made.event, &why) < 0)
		fail_msg("the entry is broken: %s", why);
}

/* Takes over what the builder has. */
static enum rules_verdict apply(struct rules_state *state)
{
	struct entry *entry = (struct entry *)made.data;
	enum rules_verdict verdict;

	(void)builder_end(&builder);
	memset(&made, 0, sizeof(made));
	memcpy(made.data, builder.data, sizeof(*entry) + builder.header->size);
	memcpy(made.enriched, builder.enriched, builder.enriched->size);
	made.subject = (struct rules_subject){
		.entry = entry,
		.record = (struct rec_header *)(entry + 1),
		.record_room = ROOM,
		.enriched = (struct enriched *)made.enriched,
		.enriched_room = ROOM,
	};
	verdict = rules_apply(state, &made.subject);
	finish_entry();
	return verdict;
}

static void start_exec(const char *executable)
{
	builder_start(&builder, REC_EXEC, 1);
	builder_text(&builder, &builder.exec->executable, executable);
}

static enum rules_verdict apply_exec(struct rules_state *state, const char *executable)
{
	start_exec(executable);
	return apply(state);
}

static struct rules_counters counters_of(const struct rules_state *state, size_t index)
{
	struct rules_counters counters;

	rules_counters(state, index, &counters);
	return counters;
}

static void the_first_rule_that_decides_wins(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {name: mine, when: {process.executable: /usr/sbin/cron}, do: keep}\n"
		"- {name: theirs, when: {process.executable: '/usr/sbin/*'}, do: drop}\n"
		"- {when: {process.executable: [/bin/true, /usr/sbin/cron]}, do: drop}\n");

	(void)state;
	assert_int_equal(rules_count(rules_of(rules)), 3);
	assert_string_equal(rules_name(rules_of(rules), 2), "rule-3");
	assert_int_equal(apply_exec(rules, "/usr/sbin/cron"), RULES_KEEP);
	assert_int_equal(apply_exec(rules, "/usr/sbin/sshd"), RULES_DROP);
	assert_int_equal(apply_exec(rules, "/bin/true"), RULES_DROP);
	assert_int_equal(apply_exec(rules, "/bin/ls"), RULES_KEEP);
	assert_int_equal(counters_of(rules, 1).dropped, 1);
	assert_int_equal(counters_of(rules, 2).dropped, 1);
	rules_state_free(rules);
}

static void what_the_agent_says_passes_no_rule(void **state)
{
	struct rules_state *rules = rules_state_of_text("- {do: drop}\n");

	(void)state;
	builder_start(&builder, REC_LOST, 1);
	builder.header->ring = REC_RING_SHIPPER;
	assert_int_equal(apply(rules), RULES_KEEP);
	assert_int_equal(apply_exec(rules, "/bin/ls"), RULES_DROP);
	rules_state_free(rules);
}

static const char *render(bool with_agent_tags)
{
	static const char *const tags[] = {"prod"};
	const struct render_identity identity = {
		.agent_id = "a", .tags = tags, .tag_count = with_agent_tags ? 1 : 0};
	const struct render_options options = {.format = RENDER_ECS};
	static char text[256 * 1024];
	struct renderer *renderer;
	struct buf out;
	struct err err;

	buf_init(&out, sizeof(text) - 1);
	assert_int_equal(renderer_new(&renderer, &options, &identity, &err), 0);
	assert_int_equal(renderer_event(renderer, &made.event, &out), 0);
	memcpy(text, out.data, out.length);
	text[out.length] = '\0';
	renderer_free(renderer);
	buf_done(&out);
	return text;
}

static void assert_shows(const char *wanted)
{
	const char *text = render(false);

	if (!strstr(text, wanted))
		fail_msg("'%s' is not in %s", wanted, text);
}

static void tags_go_on_until_a_rule_decides(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {when: {process.executable: '/bin/*'}, do: {tag: [bin, 'say \"hi\"']}}\n"
		"- {when: {process.name: ls}, do: {tag: [listing, bin]}}\n"
		"- {when: {process.name: ls}, do: keep}\n"
		"- {when: {process.name: ls}, do: {tag: late}}\n");

	(void)state;
	assert_int_equal(apply_exec(rules, "/bin/ls"), RULES_KEEP);
	assert_shows("\"tags\":[\"bin\",\"say \\\"hi\\\"\",\"listing\"]");
	assert_non_null(strstr(render(true), "\"tags\":[\"prod\",\"bin\",\"say \\\"hi\\\"\","
					     "\"listing\"]"));
	assert_int_equal(apply_exec(rules, "/sbin/x"), RULES_KEEP);
	assert_null(strstr(render(false), "\"tags\""));
	rules_state_free(rules);
}

/* Masks */

static bool entry_holds(const char *secret)
{
	return memmem(made.data, made.size, secret, strlen(secret)) != NULL;
}

/* args: "a|b|c" for three arguments. Returns them so, as they are masked; cut is told by a ~. */
static const char *mask(const char *patterns, const char *args, bool cut)
{
	static char text[4096];
	struct rules_state *rules;
	const struct rec_string *masked;
	char bytes[1024];
	size_t length = strlen(args);

	(void)snprintf(text, sizeof(text), "- {do: {mask: [%s]}}\n", patterns);
	rules = rules_state_of_text(text);
	start_exec("/bin/x");
	for (size_t i = 0; i <= length; i++)
		bytes[i] = args[i];
	for (size_t i = 0; i < length; i++)
		if (bytes[i] == '|')
			bytes[i] = '\0';
	builder_bytes(&builder, &builder.exec->args, bytes, length + !cut, cut ? 5000 : 0);
	builder_text(&builder, &builder.exec->env, "LD_PRELOAD=/x.so");
	(void)apply(rules);
	masked = &((const struct rec_exec *)made.event.record)->args;
	memcpy(text, (const char *)made.event.record + masked->offset, masked->length);
	for (size_t i = 0; i < masked->length; i++)
		if (text[i] == '\0')
			text[i] = '|';
	length = masked->length - (masked->length == masked->full);
	if (masked->length < masked->full)
		text[length++] = '~';
	text[length] = '\0';
	assert_shows("\"env_vars\":[\"LD_PRELOAD=/x.so\"]");
	rules_state_free(rules);
	return text;
}

static void the_last_star_is_what_is_hidden(void **state)
{
	(void)state;
	assert_string_equal(mask("'--password=*'", "x|--password=hunter2|y", false),
			    "x|--password=***|y");
	assert_string_equal(mask("'--password=*'", "x|--password=two words|y", false),
			    "x|--password=***|y");
	assert_string_equal(mask("'-p*'", "mysql|-phunter2", false), "mysql|-p***");
	assert_string_equal(mask("'--*-key=*'", "x|--api-key=abc", false), "x|--api-key=***");
	assert_string_equal(mask("'*://*:***@*'", "x|db://u:pw@host:80/a", false),
			    "x|db://u:***@host:80/a");
	assert_string_equal(mask("'*'", "a|b", false), "***|***");
	assert_string_equal(mask("'-p*'", "mysql|-p|x", false), "mysql|-p|x");
	assert_string_equal(mask("'-p*'", "mysql|x-p1", false), "mysql|x-p1");
}

static void a_pattern_with_a_space_hides_the_next_argument(void **state)
{
	(void)state;
	assert_string_equal(mask("'--password *'", "x|--password|two words|y", false),
			    "x|--password|***|y");
	assert_string_equal(mask("'-u *:*'", "curl|-u|me:pw|-v", false), "curl|-u|me:***|-v");
	assert_string_equal(mask("'--password *'", "x|--password", false), "x|--password");
	assert_string_equal(mask("'--pass* *'", "x|--passphrase|p|y", false),
			    "x|--passphrase|***|y");
}

static void command_lines_in_an_argument_are_looked_through(void **state)
{
	(void)state;
	assert_string_equal(mask("'*-p*'", "sh|-c|mysql -pSECRET -h x", false),
			    "sh|-c|mysql -p*** -h x");
	assert_string_equal(mask("'-p*'", "sh|-c|mysql -pSECRET -h x; mysql -pB", false),
			    "sh|-c|mysql -p*** -h x; mysql -p***");
	assert_string_equal(mask("'--password=*'", "sh|-c|a --password='b c' d", false),
			    "sh|-c|a --password=*** d");
	assert_string_equal(mask("'--password *'", "sh|-c|a --password 'b c' d", false),
			    "sh|-c|a --password *** d");
	assert_string_equal(mask("'-p*'", "sh|-c|su -c 'm -pA' && ls", false),
			    "sh|-c|su -c 'm -p*** && ls");
}

struct mask_case {
	const char *patterns, *args, *masked;
};

static void check_masks(const struct mask_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *masked = mask(cases[i].patterns, cases[i].args, false);

		if (strcmp(masked, cases[i].masked) != 0)
			print_error("%s on %s\n", cases[i].patterns, cases[i].args);
		assert_string_equal(masked, cases[i].masked);
	}
}
#define CHECK_MASKS(cases) check_masks(cases, sizeof(cases) / sizeof((cases)[0]))

static void a_word_begins_where_it_does_for_a_shell(void **state)
{
	static const struct mask_case cases[] = {
		{"'PGPASSWORD=*'", "sh|-c|cd /x;PGPASSWORD=s psql",
		 "sh|-c|cd /x;PGPASSWORD=*** psql"},
		{"'PGPASSWORD=*'", "sh|-c|(PGPASSWORD=s psql)", "sh|-c|(PGPASSWORD=*** psql)"},
		{"'PGPASSWORD=*'", "sh|-c|cd /x&&PGPASSWORD=s psql",
		 "sh|-c|cd /x&&PGPASSWORD=*** psql"},
		{"'PGPASSWORD=*'", "sh|-c|{PGPASSWORD=s;", "sh|-c|{PGPASSWORD=***"},
		{"'PGPASSWORD=*'", "sh|-c|a=$(PGPASSWORD=s psql)",
		 "sh|-c|a=$(PGPASSWORD=*** psql)"},
		{"'PGPASSWORD=*'", "sh|-c|echo `PGPASSWORD=s psql`",
		 "sh|-c|echo `PGPASSWORD=*** psql`"},
		{"'PGPASSWORD=*'", "sh|-c|echo \"$(PGPASSWORD='a b' psql)\"",
		 "sh|-c|echo \"$(PGPASSWORD=*** psql)\""},
		{"'PGPASSWORD=*'", "sh|-c|a;b;PGPASSWORD=s c;PGPASSWORD=t d",
		 "sh|-c|a;b;PGPASSWORD=*** c;PGPASSWORD=*** d"},
		{"'PGPASSWORD=*'", "x;PGPASSWORD=s", "x;PGPASSWORD=***"},
		{"'PGPASSWORD=*'", "sh|-c|su --command=\"PGPASSWORD=s psql\" me",
		 "sh|-c|su --command=\"PGPASSWORD=*** me"},
		{"'*://*:***@*'", "sh|-c|(curl a://u:pw@h;x)", "sh|-c|(curl a://u:***@h;x)"},
		{"'-u***@*'", "sh|-c|m;-unone;-uSEC@h x", "sh|-c|m;-u***@h x"},
	};

	(void)state;
	CHECK_MASKS(cases);
}

/* The inner quotes of a command line in a command line. */
static void quotes_do_not_hide_what_is_to_be_hidden(void **state)
{
	static const struct mask_case cases[] = {
		{"'--password=*'", "sh|-c|mysql \"--password=hunter2\" -h x",
		 "sh|-c|mysql \"--password=*** -h x"},
		{"'--password=*'", "sh|-c|mysql \"--password=two words\" -h \"x y\"",
		 "sh|-c|mysql \"--password=*** -h \"x y\""},
		{"'--password=*'", "sh|-c|mysql '--password=it\"s two' -h x",
		 "sh|-c|mysql '--password=*** -h x"},
		{"'--password=*'", "sh|-c|m \"\"--password=s x", "sh|-c|m \"\"--password=*** x"},
		{"'--password=*'", "sh|-c|m \\--password=s x", "sh|-c|m \\--password=*** x"},
		{"'--password=*'", "sh|-c|m $'--password=a b' x", "sh|-c|m $'--password=*** x"},
		{"'--password=*'", "sh|-c|su -c \"m \\\"--password=a b\\\" x\" y",
		 "sh|-c|su -c \"m \\\"--password=*** y"},
		{"'--password=*'", "sh|-c|su -c \"m --password=\\\"a b\\\" x\" y",
		 "sh|-c|su -c \"m --password=*** x\" y"},
		{"'--password=*'", "sh|-c|su -c \"m --password='a b'\" y",
		 "sh|-c|su -c \"m --password=*** y"},
		{"'--password=*'", "sh|-c|su -c \"m '--password=a b'\" y",
		 "sh|-c|su -c \"m '--password=*** y"},
		{"'--password=*'", "ssh|h|m|\"--password=two words\"", "ssh|h|m|\"--password=***"},
		{"'--password=*'", "sh|-c|m;\"--password=a b\" x", "sh|-c|m;\"--password=*** x"},
		{"'--password=*'", "sh|-c|m --password=a\\\nb x", "sh|-c|m --password=*** x"},
	};

	(void)state;
	CHECK_MASKS(cases);
}

static void a_flag_is_one_in_quotes_too(void **state)
{
	static const struct mask_case cases[] = {
		{"'--password *'", "sh|-c|mysql '--password' secret",
		 "sh|-c|mysql '--password' ***"},
		{"'--password *'", "sh|-c|mysql \"--password\" \"two words\" -h x",
		 "sh|-c|mysql \"--password\" *** -h x"},
		{"'--password *'", "sh|-c|m \\--password secret x", "sh|-c|m \\--password *** x"},
		{"'--password *'", "sh|-c|m \\\"--password\\\" secret x",
		 "sh|-c|m \\\"--password\\\" *** x"},
		{"'-p *'", "sh|-c|cd /x;'-p' secret y", "sh|-c|cd /x;'-p' *** y"},
		{"'--password *'", "sh|-c|m --password \\\n  secret x",
		 "sh|-c|m --password \\\n  *** x"},
		{"'--password *'", "sh|-c|m --password\\\n secret x",
		 "sh|-c|m --password\\\n *** x"},
		{"'-u *:*'", "sh|-c|curl '-u' 'me:my pw' x", "sh|-c|curl '-u' 'me:*** x"},
		{"'*://*:***@*'", "sh|-c|curl 'a://u:p w@h/x' y", "sh|-c|curl 'a://u:***@h/x' y"},
		{"'-H Auth:*'", "sh|-c|curl -H 'Auth:Bearer x' y", "sh|-c|curl -H 'Auth:*** y"},
		{"'--password *'", "ssh|h|m|'--password'|two words|y",
		 "ssh|h|m|'--password'|***|y"},
		{"'-p *'", "sh|-c|m -p 'a b' -p \"c d\" e", "sh|-c|m -p *** -p *** e"},
	};

	(void)state;
	CHECK_MASKS(cases);
}

static void what_is_no_secret_stays(void **state)
{
	static const struct mask_case cases[] = {
		{"'-p*'", "sh|-c|tar x-p1 a,-p1 a=-p1 a/-p1 a}-p1 a)-p1",
		 "sh|-c|tar x-p1 a,-p1 a=-p1 a/-p1 a}-p1 a)-p1"},
		{"'PGPASSWORD=*'", "sh|-c|echo XPGPASSWORD=s $PGPASSWORD; PGPASSWORD",
		 "sh|-c|echo XPGPASSWORD=s $PGPASSWORD; PGPASSWORD"},
		{"'--password *'", "sh|-c|echo --passwords x '--password'y z --password",
		 "sh|-c|echo --passwords x '--password'y z --password"},
		{"'--password *'", "sh|-c|echo \"--password; x\" y",
		 "sh|-c|echo \"--password; x\" y"},
		{"'-u***@*'", "sh|-c|m;-unone '-unone' (-unone x",
		 "sh|-c|m;-unone '-unone' (-unone x"},
		{"'--password=*'", "sh|-c|a --password=it\\'s; b", "sh|-c|a --password=*** b"},
		{"'-p*'", "sh|-c|m -pit's; b c", "sh|-c|m -p*** b c"},
		{"'*\\ x*'", "sh|-c|(a x;b)", "sh|-c|(a x***"},
	};

	(void)state;
	CHECK_MASKS(cases);
}

/* Of any text: what is hidden lies in one piece within an argument, and the rest is as it came. */
static void masking_changes_nothing_else(void **state)
{
	static const char alphabet[] = "-pu=:@;&|({`'\"\\ \n\ta";
	static const char *const patterns[] = {"-p*", "*-p*", "-p *", "-u***@*", "-p*u*", "-* *:*"};
	uint64_t random = 1;
	bool any = false;

	(void)state;
	for (unsigned int round = 0; round < 60000; round++) {
		const char *pattern = patterns[round % 6], *why;
		uint8_t marks[48 + 1] = {0};
		char bytes[48], out[3 * 48];
		size_t length = 1 + round % 47, written, shown = 0, runs = 0;
		struct mask_work work = {bytes, length, round % 5 == 0, marks, false};
		struct mask mask;
		bool cut;

		for (size_t i = 0; i < length; i++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			bytes[i] = alphabet[(random >> 33) % sizeof(alphabet)];
		}
		marks[length] = 2;
		assert_int_equal(mask_compile(&mask, pattern, strlen(pattern), &why), 0);
		mask_mark(&mask, &work);
		assert_int_equal(marks[length], 2);
		for (size_t i = 0; i < length; i++) {
			assert_true(marks[i] <= 1);
			assert_false(marks[i] && !bytes[i]);
			shown += !marks[i];
			runs += marks[i] && (i == 0 || !marks[i - 1]);
		}
		assert_int_equal(work.any, runs > 0);
		any |= work.any;
		written = mask_write(&work, out, sizeof(out), &cut);
		assert_int_equal(written, shown + 3 * runs);
		assert_false(cut);
		mask_done(&mask);
	}
	assert_true(any);
}

static void masks_do_not_see_each_other(void **state)
{
	(void)state;
	assert_string_equal(
		mask("'-p*', '*SEC*', '--password *'", "x|-pSECRET|--password|q", false),
		"x|-p***|--password|***");
}

static void of_cut_arguments_rather_more_is_hidden(void **state)
{
	(void)state;
	assert_string_equal(mask("'--password=*'", "x|--password=hun", true), "x|--password=***~");
	assert_string_equal(mask("'*://*:***@*'", "x|db://u:hun", true), "x|db://u:***~");
	assert_string_equal(mask("'--password=*'", "x|--pass", true), "x|--pass~");
}

static void a_secret_is_nowhere_in_the_entry(void **state)
{
	struct rules_state *rules =
		rules_state_of_text("- {do: drop, when: {process.name: nobody}}\n"
				    "- {do: keep}\n"
				    "- {name: pw, do: {mask: ['--password=*', '-p *']}}\n");

	(void)state;
	start_exec("/bin/x");
	BUILDER_LIST(&builder, &builder.exec->args, "x\0--password=hunter2\0-p\0swordfish");
	builder_text(&builder, &builder.exec->env, "LD_PRELOAD=/x.so");
	builder.exec->args_count = 4;
	builder_enrich(&builder);
	builder_text(&builder, &builder.enriched->user, "alice");
	BUILDER_LIST(&builder, &builder.enriched->parent.args, "sh\0-c\0x --password=hunter2");
	builder_text(&builder, &builder.enriched->parent.executable, "/bin/sh");
	BUILDER_LIST(&builder, &builder.enriched->session_leader.args, "--password=hunter2");
	BUILDER_LIST(&builder, &builder.enriched->group_leader.args, "--password=hunter2");
	BUILDER_LIST(&builder, &builder.enriched->entry_leader.args, "--password=hunter2");
	BUILDER_LIST(&builder, &builder.enriched->previous_args, "-p\0swordfish");
	assert_int_equal(apply(rules), RULES_KEEP);
	assert_true(made.subject.args_masked);
	assert_false(entry_holds("hunter2"));
	assert_false(entry_holds("swordfish"));
	assert_shows("\"args\":[\"x\",\"--password=***\",\"-p\",\"***\"]");
	assert_shows("\"command_line\":\"x --password=*** -p ***\"");
	assert_shows("\"command_line\":\"sh -c x --password=***\"");
	assert_shows("\"args_count\":4");
	assert_shows("\"masked\":[\"process.args\",\"process.parent.args\","
		     "\"process.session_leader.args\",\"process.group_leader.args\","
		     "\"process.entry_leader.args\",\"process.previous.args\"]");
	assert_shows("\"executable\":\"/bin/sh\"");
	assert_shows("\"name\":\"alice\"");
	assert_null(strstr(render(false), "truncated"));
	rules_state_free(rules);
}

static void nothing_tells_how_long_a_secret_was(void **state)
{
	static char first[ENTRY_MAX_SIZE];
	struct rules_state *rules = rules_state_of_text("- {do: {mask: ['-p*']}}\n");
	size_t size;

	(void)state;
	start_exec("/bin/x");
	BUILDER_LIST(&builder, &builder.exec->args, "x\0-pA");
	(void)apply(rules);
	size = made.size;
	memcpy(first, made.data, size);
	start_exec("/bin/x");
	BUILDER_LIST(&builder, &builder.exec->args, "x\0-pa much longer one than that");
	(void)apply(rules);
	assert_int_equal(made.size, size);
	assert_memory_equal(made.data, first, size);
	rules_state_free(rules);
}

static void arguments_that_grow_beyond_a_record_are_cut(void **state)
{
	static char args[REC_MAX_SIZE - 4096];
	struct rules_state *rules = rules_state_of_text("- {do: {mask: ['*']}}\n");
	const struct rec_exec *exec;

	(void)state;
	for (size_t i = 0; i < sizeof(args); i++)
		args[i] = i % 2 ? '\0' : 'x';
	start_exec("/bin/x");
	builder_bytes(&builder, &builder.exec->args, args, sizeof(args), 0);
	(void)apply(rules);
	exec = (const struct rec_exec *)made.event.record;
	assert_true(exec->header.size <= REC_MAX_SIZE);
	assert_int_equal(exec->args.full, REC_FULL_UNKNOWN);
	assert_true(exec->args.length > sizeof(args));
	assert_null(memchr((const char *)exec + exec->args.offset, 'x', exec->args.length));
	rules_state_free(rules);
}

static void masks_of_rules_that_do_not_match_hide_nothing(void **state)
{
	struct rules_state *rules =
		rules_state_of_text("- {when: {process.name: mysql}, do: {mask: ['-p*']}}\n");

	(void)state;
	start_exec("/bin/ssh");
	BUILDER_LIST(&builder, &builder.exec->args, "ssh\0-p22");
	(void)apply(rules);
	assert_true(entry_holds("-p22"));
	assert_false(made.subject.args_masked);
	rules_state_free(rules);
}

static void what_was_masked_before_is_told_again(void **state)
{
	struct rules_state *rules = rules_state_of_text("");

	(void)state;
	builder_start(&builder, REC_FORK, 1);
	builder_enrich(&builder);
	BUILDER_LIST(&builder, &builder.enriched->process.args, "x\0-p***");
	builder.enriched->process.args_masked = 1;
	(void)apply(rules);
	assert_shows("\"masked\":[\"process.args\"]");
	rules_state_free(rules);
}

static void dropped_events_are_masked_for_the_process_table(void **state)
{
	struct rules_state *rules =
		rules_state_of_text("- {do: drop}\n- {do: {mask: ['--password=*']}}\n");

	(void)state;
	start_exec("/bin/x");
	BUILDER_LIST(&builder, &builder.exec->args, "x\0--password=hunter2");
	assert_int_equal(apply(rules), RULES_DROP);
	assert_true(made.subject.args_masked);
	assert_false(entry_holds("hunter2"));
	rules_state_free(rules);
}

static void snapshots_are_masked_when_a_rule_may_match(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {when: {event.action: exec, user.name: bob, process.executable: '/bin/*'}, "
		"do: {mask: ['-p*']}}\n");
	char bytes[64] = "x\0-pA";
	struct rules_args args = {.bytes = bytes, .room = sizeof(bytes), .length = 6, .full = 6};

	(void)state;
	builder_start(&builder, REC_SNAPSHOT, 1);
	builder_text(&builder, &((struct rec_snapshot *)builder.header)->executable, "/bin/x");
	rules_mask_snapshot(rules, builder.header, &args);
	assert_true(args.masked);
	assert_int_equal(args.length, 8);
	assert_int_equal(args.full, 8);
	assert_memory_equal(bytes, "x\0-p***", 8);
	builder_start(&builder, REC_SNAPSHOT, 1);
	builder_text(&builder, &((struct rec_snapshot *)builder.header)->executable, "/opt/x");
	args = (struct rules_args){
		.bytes = memcpy(bytes, "x\0-pA", 6), .room = sizeof(bytes), .length = 6, .full = 6};
	rules_mask_snapshot(rules, builder.header, &args);
	assert_false(args.masked);
	rules_state_free(rules);
}

static void assert_remembered(struct rules_state *rules, const char *executable, const char *wanted)
{
	char bytes[64] = "x\0-pA";
	struct rules_args args = {.bytes = bytes, .room = sizeof(bytes), .length = 6, .full = 6};

	rules_mask_remembered(rules, executable, strlen(executable), &args);
	assert_int_equal(args.masked, strcmp(wanted, "-pA") != 0);
	assert_string_equal(bytes + 2, wanted);
	assert_int_equal(args.length, 3 + strlen(wanted));
	assert_int_equal(args.full, args.length);
}

/* Rather too much is hidden than too little. */
static void what_is_remembered_is_masked_when_a_rule_may_match(void **state)
{
	struct rules_state *rules =
		rules_state_of_text("- {when: {process.executable: '/bin/*', user.id: 7, "
				    "process.args: never}, do: {mask: ['-p*']}}\n");
	struct rules_state *none = rules_state_of_text("- {do: drop}");

	(void)state;
	assert_true(rules_mask(rules));
	assert_remembered(rules, "/bin/x", "-p***");
	assert_remembered(rules, "/opt/x", "-pA");
	assert_remembered(rules, "", "-p***"); /* it may have been /bin/x */
	assert_false(rules_mask(none));
	assert_remembered(none, "/bin/x", "-pA");
	rules_state_free(none);
	rules_state_free(rules);
}

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void hostile_arguments_take_bounded_time(void **state)
{
	static const char *const pieces[] = {
		"-p'", "-p\" ", "-p\\", " ",   "--password ", "\0",     "x-p", "'-p",
		"*",   ";",     "\"",   "--;", ";-p",         "-p\\\"", "\\",  "(-p\"\\ "};
	const size_t count = sizeof(pieces) / sizeof(pieces[0]);
	static char args[32 * 1024];
	struct rules_state *rules = rules_state_of_text(
		"- {do: {mask: ['*-p*', '-p*', '-p*-p*-p*z', '--password *', '*:***@*', '*', "
		"'--*-key=*', '-p***@z', '-p***@*', '-p*x***@z', '--*d *', '-p\\***@z']}}\n");
	double start_s = seconds();

	(void)state;
	for (size_t first = 0; first < count; first++) {
		for (size_t second = 0; second < count; second++) {
			size_t used = 0;

			while (used + 32 < sizeof(args)) {
				const char *piece = pieces[used % 3 ? first : second];
				size_t length = *piece ? strlen(piece) : 1;

				memcpy(args + used, piece, length);
				used += length;
			}
			start_exec("/bin/x");
			builder_bytes(&builder, &builder.exec->args, args, used, 0);
			(void)apply(rules);
		}
	}
	print_message("hostile arguments: %.1f ms each\n",
		      (seconds() - start_s) * 1e3 / (double)(count * count));
	assert_true(seconds() - start_s < 30);
	rules_state_free(rules);
}

/* Limits */

static union {
	struct rec_limited limited;
	struct rec_header header;
	char bytes[RULES_LIMITED_MAX];
} told;

static bool take_limited(struct rules_state *rules, uint64_t now_ns, bool everything)
{
	const char *why = "";

	memset(&told, 0, sizeof(told));
	if (!rules_take_limited(rules, now_ns, everything, &told.header))
		return false;
	if (record_check(&told, told.header.size, &why) < 0)
		fail_msg("%s", why);
	return true;
}

static enum rules_verdict exec_at(struct rules_state *rules, const char *executable,
				  uint64_t time_ns)
{
	start_exec(executable);
	builder.header->time_ns = time_ns;
	builder.header->sequence = time_ns / 1000;
	return apply(rules);
}

static bool key_is(const char *key)
{
	return told.limited.key.length == strlen(key) &&
	       memcmp(told.bytes + told.limited.key.offset, key, strlen(key)) == 0;
}

static void a_limit_counts_per_interval_and_key(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {name: noisy, do: {limit: {events: 2, per: 10s, by: process.executable}}}\n");
	uint64_t t = 100 * SECOND;

	(void)state;
	assert_int_equal(exec_at(rules, "/a", t), RULES_KEEP);
	assert_int_equal(exec_at(rules, "/a", t + SECOND), RULES_KEEP);
	assert_int_equal(exec_at(rules, "/a", t + 2 * SECOND), RULES_HELD);
	assert_int_equal(exec_at(rules, "/b", t + 2 * SECOND), RULES_KEEP);
	assert_int_equal(exec_at(rules, "/a", t + 9 * SECOND), RULES_HELD);
	assert_false(take_limited(rules, t + 9 * SECOND, false));
	assert_true(take_limited(rules, t + 10 * SECOND, false));
	assert_int_equal(told.limited.count, 2);
	assert_int_equal(told.limited.total, 2);
	assert_int_equal(told.limited.limit_events, 2);
	assert_int_equal(told.limited.limit_per_ns, 10 * SECOND);
	assert_int_equal(told.limited.window_start_ns, t + 2 * SECOND);
	assert_int_equal(told.limited.window_end_ns, t + 9 * SECOND);
	assert_int_equal(told.limited.first_number, (t + 2 * SECOND) / 1000);
	assert_true(key_is("/a"));
	assert_false(take_limited(rules, t + 10 * SECOND, false));
	assert_false(take_limited(rules, t + 20 * SECOND, false));
	assert_int_equal(exec_at(rules, "/a", t + 10 * SECOND), RULES_KEEP);
	assert_int_equal(counters_of(rules, 0).held, 2);
	rules_state_free(rules);
}

static void held_events_are_rendered(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {name: noisy, do: {limit: {events: 1, per: 1s, by: process.executable}}}\n");

	(void)state;
	(void)exec_at(rules, "/a", SECOND);
	(void)exec_at(rules, "/a", SECOND);
	assert_true(take_limited(rules, 0, true));
	builder_start(&builder, REC_LIMITED, 1);
	memcpy(builder.limited, &told, told.header.size);
	builder.header->ring = REC_RING_SHIPPER;
	assert_int_equal(apply(rules), RULES_KEEP);
	assert_shows("\"rule\":{\"name\":\"noisy\"}");
	assert_shows("\"action\":\"events_limited\"");
	assert_shows("\"key\":\"/a\"");
	assert_shows("\"count\":1");
	rules_state_free(rules);
}

static void keys_are_bounded_and_nothing_held_is_forgotten(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {name: l, do: {limit: {events: 1, per: 1h, by: process.executable}}}\n");
	uint64_t held = 0, reported = 0;
	struct rules_totals totals;
	char path[32];

	(void)state;
	for (int i = 0; i < 40000; i++) {
		(void)snprintf(path, sizeof(path), "/k%d", i / 2 % 5000);
		held += exec_at(rules, path, 100 * SECOND) == RULES_HELD;
	}
	assert_true(held > 10000);
	assert_true(counters_of(rules, 0).keys_evicted > 0);
	while (take_limited(rules, 0, true))
		reported += told.limited.count;
	assert_int_equal(reported, held);
	rules_totals(rules, &totals);
	assert_int_equal(totals.held, held);
	assert_int_equal(totals.told, held);
	rules_state_free(rules);
}

static void events_without_the_field_count_together(void **state)
{
	struct rules_state *rules = rules_state_of_text(
		"- {name: l, do: {limit: {events: 1, per: 1h, by: process.working_directory}}}\n");

	(void)state;
	assert_int_equal(exec_at(rules, "/a", SECOND), RULES_KEEP);
	assert_int_equal(exec_at(rules, "/b", SECOND), RULES_HELD);
	assert_true(take_limited(rules, 0, true));
	assert_int_equal(told.limited.key.length, 0);
	assert_int_equal(told.limited.count, 1);
	rules_state_free(rules);
}

/* Reload */

static void a_reload_keeps_what_did_not_change(void **state)
{
	const char *limit =
		"- {name: l, do: {limit: {per: 1h, events: 1}}, when: {process.name: a}}\n"
		"- {name: d, when: {process.name: d}, do: drop}\n"
		"- {name: gone, when: {process.name: g}, do: drop}\n";
	const char *after = "- {name: d, when: {process.name: [d, e]}, do: drop}\n"
			    "- name: l\n  do: {limit: {per: 1h, events: 1}}\n"
			    "  when: {process.name: a}\n";
	struct rules_state *old = rules_state_of_text(limit), *new;
	struct rules_totals totals;

	(void)state;
	(void)exec_at(old, "/bin/a", SECOND);
	(void)exec_at(old, "/bin/a", SECOND);
	(void)exec_at(old, "/bin/d", SECOND);
	(void)exec_at(old, "/bin/g", SECOND);
	assert_true(take_limited(old, 0, true));
	assert_false(take_limited(old, 0, true));
	new = rules_state_of_text(after);
	rules_carry_over(new, old);
	rules_state_free(old);
	assert_int_equal(counters_of(new, 0).dropped, 0);
	rules_totals(new, &totals);
	assert_int_equal(totals.dropped, 2);
	assert_int_equal(totals.held, 1);
	assert_int_equal(totals.told, 1);
	assert_int_equal(counters_of(new, 1).held, 1);
	assert_int_equal(exec_at(new, "/bin/a", 2 * SECOND), RULES_HELD);
	rules_state_free(new);
}

/* The account */

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % limit;
}

static void every_event_is_kept_dropped_or_held_and_told(void **state)
{
	static const char text[] =
		"- {name: t, when: {process.pid: {max: 500}}, do: {tag: [low]}}\n"
		"- {name: d, when: [{process.executable: '/a*'}, {process.pid: 7}], do: drop}\n"
		"- {name: l, when: {process.executable: ['/b*', '/c*']},\n"
		"   do: {tag: x, limit: {events: 3, per: 100ms, by: process.pid}}}\n"
		"- {name: k, when: {event.action: fork}, do: keep}\n"
		"- {name: m, when: {process.executable: /d1}, do: {limit: {events: 1, per: 1s}}}\n";
	struct rules_state *rules = rules_state_of_text(text);
	uint64_t results[3] = {0}, reported = 0, now = SECOND;
	struct rules_totals totals;
	char path[] = "/a0";

	(void)state;
	for (int i = 0; i < 20000; i++) {
		now += random_below(3000000);
		path[1] = (char)('a' + random_below(5));
		path[2] = (char)('0' + random_below(3));
		if (random_below(4) == 0)
			builder_start(&builder, REC_FORK, 1);
		else
			start_exec(path);
		builder.task->id.pid = 1 + random_below(1000);
		builder.header->time_ns = now - random_below(5000000);
		results[apply(rules)]++;
		if (random_below(200) == 0) {
			struct rules_state *next =
				rules_state_of_text(text + (random_below(2) ? 0 : 63));

			while (take_limited(rules, now, true))
				reported += told.limited.count;
			rules_carry_over(next, rules);
			rules_state_free(rules);
			rules = next;
		}
		while (take_limited(rules, now, false))
			reported += told.limited.count;
	}
	while (take_limited(rules, now, true))
		reported += told.limited.count;
	rules_totals(rules, &totals);
	assert_int_equal(results[RULES_KEEP] + results[RULES_DROP] + results[RULES_HELD], 20000);
	assert_int_equal(results[RULES_DROP], totals.dropped);
	assert_int_equal(results[RULES_HELD], totals.held);
	assert_int_equal(reported, totals.held);
	assert_int_equal(reported, totals.told);
	assert_true(totals.held > 500);
	assert_true(totals.dropped > 500);
	rules_state_free(rules);
}

/* Faults, warnings, explanations */

static void every_fault_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		unsigned int line, column;
		const char *words;
	} bad[] = {
		{"drop", 1, 1, "expected a list"},
		{"- drop", 1, 3, "a rule is a map"},
		{"- {name: a}", 1, 3, "a rule needs 'do'"},
		{"- {name: A, do: drop}", 1, 10, "1 to 64 of a-z"},
		{"- {name: a, do: drop}\n- {name: a, do: drop}", 2, 10, "called 'a' already"},
		{"- {name: rule-2, do: drop}\n- {do: drop}", 2, 3, "give it one"},
		{"- {nam: a, do: drop}", 1, 4, "did you mean 'name'"},
		{"- {do: dropp}", 1, 8, "expected keep, drop"},
		{"- {do: {tags: [a]}}", 1, 9, "did you mean 'tag'"},
		{"- {do: {tag: []}}", 1, 14, "at least one"},
		{"- {do: {tag: [\"a\\nb\"]}}", 1, 15, "control character"},
		{"- {do: {mask: [abc]}}", 1, 16, "has no *"},
		{"- {do: {mask: ['a b *']}}", 1, 16, "more than one space"},
		{"- {do: {mask: ['[*']}}", 1, 16, "not closed"},
		{"- {do: {limit: {events: 5}}}", 1, 16, "expected a map such as"},
		{"- {do: {limit: {events: 0, per: 1s}}}", 1, 25, "from 1 on"},
		{"- {do: {limit: {events: 1, per: 5}}}", 1, 33, "a duration"},
		{"- {do: {limit: {events: 1, per: 1s, by: process.nme}}}", 1, 41,
		 "did you mean 'process.name'"},
		{"- {do: {limit: {events: 1, per: 1s, by: process.args}}}", 1, 41, "is a list"},
		{"- {when: {process.nam: x}, do: drop}", 1, 11, "did you mean 'process.name'"},
		{"- {when: {tags: x}, do: drop}", 1, 11, "none can ask for 'tags'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct faults faults = {0};
		struct yaml_node *root;
		struct rules *rules;

		assert_int_equal(yaml_tree_parse(&root, bad[i].text, strlen(bad[i].text), &faults),
				 0);
		assert_int_equal(rules_compile(&rules, root, &faults), -EINVAL);
		if (faults.count != 1 || !strstr(faults.items[0].text, bad[i].words))
			print_error("%s: %s\n", bad[i].text, faults.items[0].text);
		assert_int_equal(faults.count, 1);
		assert_non_null(strstr(faults.items[0].text, bad[i].words));
		assert_int_equal(faults.items[0].place.line, bad[i].line);
		assert_int_equal(faults.items[0].place.column, bad[i].column);
		faults_done(&faults);
		yaml_tree_free(root);
	}
}

static void rules_that_can_never_match_are_warned_of(void **state)
{
	struct rules *rules = rules_of_text(
		"- {when: {Linux.coverage.gap_count: {min: 1}}, do: {tag: [a]}}\n" /* the
											  agent's */
		"- {when: {event.action: exec, process.exit_code: 1}, do: keep}\n"
		"- {when: [{event.action: end, process.exit_code: 1}, {event.action: "
		"events_lost}], do: "
		"keep}\n"
		"- {when: {process.exit_code: {exists: false}, event.action: [exec, open]}, do: "
		"keep}\n"
		"- {when: {process.executable: '/x*', file.path: {not: '/y'}}, do: keep}\n");
	struct faults warnings = {0};

	(void)state;
	rules_warnings(rules, &warnings);
	assert_int_equal(warnings.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(warnings.items[i].place.line, i + 1);
		assert_non_null(strstr(warnings.items[i].text, "no event that passes the rules"));
		assert_int_equal(strstr(warnings.items[i].text, "alternatives") != NULL, i == 2);
	}
	faults_done(&warnings);
	rules_free(rules);
}

static void drops_by_forgeable_names_are_warned_of(void **state)
{
	struct rules *rules =
		rules_of_text("- {when: {process.thread.name: cron}, do: drop}\n"
			      "- {when: {process.thread.name: cron, user.id: 0}, do: drop}\n"
			      "- {when: {event.action: exec, process.args: x}, do: drop}\n"
			      "- {when: [{process.pid: 1}, {process.name: x}], do: drop}\n"
			      "- {when: {process.command_line: x}, do: {tag: [x]}}\n"
			      "- {when: {event.action: fork}, do: drop}\n");
	struct faults warnings = {0};

	(void)state;
	rules_warnings(rules, &warnings);
	assert_int_equal(warnings.count, 3);
	assert_int_equal(warnings.items[0].place.line, 1);
	assert_non_null(strstr(warnings.items[0].text, "process.thread.name alone"));
	assert_int_equal(warnings.items[1].place.line, 3);
	assert_int_equal(warnings.items[2].place.line, 4);
	faults_done(&warnings);
	rules_free(rules);
}

/* Where anybody may make a user namespace, paths and names are anybody's; numbers of users are not.
 */
static void a_drop_asks_for_the_number_of_a_user(void **state)
{
	static const struct {
		const char *when, *words;
	} cases[] = {
		{"process.executable: /usr/sbin/cron", "process.executable alone, which anybody"},
		{"process.executable: /usr/sbin/cron, user.id: 0", NULL},
		{"process.executable: /usr/sbin/cron, process.real_user.id: [0, 5]", NULL},
		{"process.executable: /usr/sbin/cron, Linux.audit.user.id: 7", NULL},
		{"process.executable: /usr/sbin/cron, user.name: root", "alone"},
		{"process.executable: /usr/sbin/cron, process.name: cron", "alone"},
		{"process.executable: /x, Linux.namespaces.user: 4026531837", "alone"},
		{"process.parent.executable: /usr/bin/make", "process.parent.executable alone"},
		{"user.name: backup", "user.name alone, which anybody can name anew"},
		{"group.name: backup", "group.name alone"},
		{"process.saved_group.name: backup", "alone"},
		{"container.id: abc", "container.id alone, which anybody with a cgroup"},
		{"container.image.name: abc", "alone"},
		{"container.image.name: abc, user.id: 1000", NULL},
		{"orchestrator.namespace: kube-system", "alone"},
		{"Linux.cgroup.path: '/system.slice/*'", "Linux.cgroup.path alone"},
		{"Linux.systemd.unit: cron.service", "Linux.systemd.unit alone"},
		{"Linux.exec.filename: /x", "Linux.exec.filename alone, which whoever starts"},
		{"file.path: '/var/cache/*'", "file.path alone"},
		{"Linux.kernel_thread: true", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct faults warnings = {0};
		struct rules *rules;
		char text[256];

		(void)snprintf(text, sizeof(text), "- {name: r, when: {%s}, do: drop}\n",
			       cases[i].when);
		rules = rules_of_text(text);
		rules_warnings(rules, &warnings);
		for (size_t j = 0; j < warnings.count; j++)
			if (!cases[i].words || !strstr(warnings.items[j].text, cases[i].words))
				fail_msg("%s: %s", cases[i].when, warnings.items[j].text);
		assert_int_equal(warnings.count, cases[i].words ? 1 : 0);
		faults_done(&warnings);
		rules_free(rules);
	}
}

static void an_event_document_is_explained(void **state)
{
	static const char document_text[] =
		"{\"event\":{\"action\":\"exec\",\"type\":[\"start\"]},\"process\":{\"pid\":12,"
		"\"executable\":\"/bin/ls\",\"args\":[\"ls\",\"-l\"]},\"Linux\":{\"exec\":"
		"{\"secure\":false}}}";
	struct rules *rules = rules_of_text(
		"- {name: pid, when: {process.pid: {min: 100}, event.action: exec}, do: drop}\n"
		"- {name: tagged, when: {process.args: -l, event.type: start}, do: {tag: [l]}}\n"
		"- {name: cwd, when: [{process.working_directory: /}, {process.pid: 1}], do: "
		"drop}\n"
		"- {name: yes, when: {process.executable: '/bin/*', Linux.exec.secure: false},\n"
		"   do: {limit: {events: 5, per: 10s, by: process.pid}}}\n"
		"- {name: late, do: drop}\n"
		"- {name: pw, do: {mask: ['-p*']}}\n");
	struct json_read *document;
	struct buf out;
	struct err err;

	(void)state;
	assert_int_equal(json_read_new(&document, document_text, strlen(document_text), &err), 0);
	buf_init(&out, 4096);
	assert_int_equal(rules_explain(rules, document, &out), 0);
	assert_int_equal(buf_add(&out, "", 1), 0);
	assert_string_equal(out.data,
			    "pid: does not match: process.pid is '12'\n"
			    "tagged: matches, tags 'l'\n"
			    "cwd: does not match: no process.working_directory; or: process.pid is "
			    "'12'\n"
			    "yes: matches, decides: limit to 5 events per 10s and process.pid\n"
			    "late: matches, but a rule before it has decided\n"
			    "pw: matches, masks arguments\n");
	buf_done(&out);
	json_read_free(document);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_decides_wins),
		cmocka_unit_test(what_the_agent_says_passes_no_rule),
		cmocka_unit_test(tags_go_on_until_a_rule_decides),
		cmocka_unit_test(the_last_star_is_what_is_hidden),
		cmocka_unit_test(a_pattern_with_a_space_hides_the_next_argument),
		cmocka_unit_test(command_lines_in_an_argument_are_looked_through),
		cmocka_unit_test(a_word_begins_where_it_does_for_a_shell),
		cmocka_unit_test(quotes_do_not_hide_what_is_to_be_hidden),
		cmocka_unit_test(a_flag_is_one_in_quotes_too),
		cmocka_unit_test(what_is_no_secret_stays),
		cmocka_unit_test(masking_changes_nothing_else),
		cmocka_unit_test(masks_do_not_see_each_other),
		cmocka_unit_test(of_cut_arguments_rather_more_is_hidden),
		cmocka_unit_test(a_secret_is_nowhere_in_the_entry),
		cmocka_unit_test(nothing_tells_how_long_a_secret_was),
		cmocka_unit_test(arguments_that_grow_beyond_a_record_are_cut),
		cmocka_unit_test(masks_of_rules_that_do_not_match_hide_nothing),
		cmocka_unit_test(what_was_masked_before_is_told_again),
		cmocka_unit_test(dropped_events_are_masked_for_the_process_table),
		cmocka_unit_test(snapshots_are_masked_when_a_rule_may_match),
		cmocka_unit_test(what_is_remembered_is_masked_when_a_rule_may_match),
		cmocka_unit_test(hostile_arguments_take_bounded_time),
		cmocka_unit_test(a_limit_counts_per_interval_and_key),
		cmocka_unit_test(held_events_are_rendered),
		cmocka_unit_test(keys_are_bounded_and_nothing_held_is_forgotten),
		cmocka_unit_test(events_without_the_field_count_together),
		cmocka_unit_test(a_reload_keeps_what_did_not_change),
		cmocka_unit_test(every_event_is_kept_dropped_or_held_and_told),
		cmocka_unit_test(every_fault_is_told_with_its_place),
		cmocka_unit_test(rules_that_can_never_match_are_warned_of),
		cmocka_unit_test(drops_by_forgeable_names_are_warned_of),
		cmocka_unit_test(a_drop_asks_for_the_number_of_a_user),
		cmocka_unit_test(an_event_document_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
