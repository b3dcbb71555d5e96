/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rules make of one event document, and what looks unwise about them, in words. */
#include "filter/rules.h"

#include "base/clock.h"
#include "base/text.h"
#include "filter/rule.h"

#include <string.h>

/* A user namespace with mounts of its own is anybody's. What runs there, or runs a file from there
 * outside of it, has the paths and the names of users that its maker wants. */
#define CHOSEN "whoever starts a process chooses"
#define CALLED "anybody can give a file"
#define MOUNTED "anybody can mount a file over in a user namespace"
#define NAMED_ANEW "anybody can name anew in a user namespace"
#define GROUPED "anybody with a cgroup of his own can choose"

/* What cannot be relied on alone. A path that ends with a dot stands for all that begin so. */
static const struct weak_field {
	const char *path;
	const char *why;
} weak_fields[] = {
	{"process.thread.name", "a process gives itself"},
	{"process.args", CHOSEN},
	{"process.args_count", CHOSEN},
	{"process.command_line", CHOSEN},
	{"process.env_vars", CHOSEN},
	{"process.working_directory", CHOSEN},
	{"process.executable", MOUNTED},
	{"process.name", CALLED},
	{"process.parent.thread.name", "a process gives itself"},
	{"process.parent.args", CHOSEN},
	{"process.parent.args_count", CHOSEN},
	{"process.parent.command_line", CHOSEN},
	{"process.parent.executable", MOUNTED},
	{"process.parent.name", CALLED},
	{"process.session_leader.args", CHOSEN},
	{"process.session_leader.args_count", CHOSEN},
	{"process.session_leader.executable", MOUNTED},
	{"process.session_leader.name", CALLED},
	{"process.group_leader.args", CHOSEN},
	{"process.group_leader.args_count", CHOSEN},
	{"process.group_leader.executable", MOUNTED},
	{"process.group_leader.name", CALLED},
	{"process.entry_leader.args", CHOSEN},
	{"process.entry_leader.args_count", CHOSEN},
	{"process.entry_leader.executable", MOUNTED},
	{"process.entry_leader.name", CALLED},
	{"process.entry_leader.entry_meta.type", "follows from names that anybody can give"},
	{"process.previous.args", CHOSEN},
	{"process.previous.args_count", CHOSEN},
	{"process.previous.executable", MOUNTED},
	{"file.path", MOUNTED},
	{"file.directory", MOUNTED},
	{"file.name", CALLED},
	{"user.name", NAMED_ANEW},
	{"group.name", NAMED_ANEW},
	{"process.user.name", NAMED_ANEW},
	{"process.group.name", NAMED_ANEW},
	{"process.real_user.name", NAMED_ANEW},
	{"process.real_group.name", NAMED_ANEW},
	{"process.saved_user.name", NAMED_ANEW},
	{"process.saved_group.name", NAMED_ANEW},
	{"file.owner", NAMED_ANEW},
	{"file.group", NAMED_ANEW},
	{"container.", GROUPED},
	{"orchestrator.", GROUPED},
	{"Linux.ancestry", MOUNTED},
	{"Linux.audit.user.name", NAMED_ANEW},
	{"Linux.cgroup.path", GROUPED},
	{"Linux.container.", GROUPED},
	{"Linux.creator.executable", MOUNTED},
	{"Linux.exec.directory", CHOSEN},
	{"Linux.exec.filename", CHOSEN},
	{"Linux.exec.interpreter", CHOSEN},
	{"Linux.fs_group.name", NAMED_ANEW},
	{"Linux.fs_user.name", NAMED_ANEW},
	{"Linux.namespaces.", "anybody can make, and run files of another one in"},
	{"Linux.open.directory", CHOSEN},
	{"Linux.open.path_given", CHOSEN},
	{"Linux.systemd.", GROUPED},
	{NULL, NULL},
};

static bool is_weak(const struct weak_field *weak, const char *path)
{
	size_t length = strlen(weak->path);

	if (weak->path[length - 1] == '.')
		return strncmp(weak->path, path, length) == 0;
	return strcmp(weak->path, path) == 0;
}

static const struct weak_field *find_weak(const char *path)
{
	for (const struct weak_field *weak = weak_fields; weak->path; weak++)
		if (is_weak(weak, path))
			return weak;
	return NULL;
}

/* The forgeable field that a conjunction depends on alone, or with others of that sort; false when
 * something else holds too. */
static bool find_dependence(const struct matcher *matcher, size_t conjunction,
			    struct weak_field *ret_found)
{
	ret_found->path = NULL;
	for (size_t i = 0; i < matcher_fields(matcher); i++) {
		const char *path = matcher_path(matcher, i);
		const struct weak_field *weak = find_weak(path);

		if (!matcher_asks(matcher, conjunction, i) || lookup_is_constant(path))
			continue;
		if (!weak)
			return false;
		if (!ret_found->path)
			*ret_found = (struct weak_field){path, weak->why};
	}
	return ret_found->path != NULL;
}

/* Whether an event of some kind that passes the rules can be what the conjunction asks for. */
static bool can_match(const struct matcher *matcher, size_t conjunction)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		struct bits certain, possible;

		if (!kind || !kind->journalled || kind->of_shipper)
			continue;
		matcher_known(matcher, kind, NULL, &certain, &possible);
		if (bits_has(&possible, conjunction))
			return true;
	}
	return false;
}

static void warn_of_nothing(const struct rules *rules, const struct rule *rule,
			    struct faults *warnings)
{
	for (int i = 0; i < rule->count; i++) {
		if (can_match(rules->matcher, (size_t)(rule->first + i)))
			continue;
		faults_add(
			warnings, rule->place,
			"rule '%s': no event that passes the rules can have all that it asks for%s",
			rule->name, rule->count > 1 ? " in one of its alternatives" : "");
		return;
	}
}

void rules_warnings(const struct rules *rules, struct faults *warnings)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];
		struct weak_field weak = {NULL, NULL};
		bool alone = false;

		warn_of_nothing(rules, rule, warnings);
		if (rule->decision != RULE_DROP)
			continue;
		for (int j = 0; j < rule->count && !alone; j++)
			alone = find_dependence(rules->matcher, (size_t)(rule->first + j), &weak);
		if (alone)
			faults_add(warnings, rule->place,
				   "rule '%s' drops events by %s alone, which %s: ask for the "
				   "number of a user (user.id) as well",
				   rule->name, weak.path, weak.why);
	}
}

static int write_failed(const struct rules *rules, const struct json_read *document, size_t field,
			struct buf *out)
{
	const char *path = matcher_path(rules->matcher, field);
	const char *text = json_read_item(document, path, 0);
	char quoted[FAULTS_QUOTE_SIZE];
	int result;

	if (!text)
		return buf_printf(out, "no %s", path);
	result = buf_printf(out, "%s is '%s'", path, faults_quote(quoted, text, strlen(text)));
	if (result == 0 && json_read_item(document, path, 1))
		result = buf_add_text(out, " and others");
	return result;
}

struct explaining {
	const struct rules *rules;
	const struct json_read *document;
	struct buf *out;
	bool decided;
};

/* Appends what fails in one conjunction. */
static int write_conjunction(const struct explaining *explaining, size_t conjunction)
{
	const struct matcher *matcher = explaining->rules->matcher;
	const char *before = "";
	struct bits bits;
	int result = 0;

	for (size_t i = 0; i < matcher_fields(matcher) && result == 0; i++) {
		if (!matcher_asks(matcher, conjunction, i))
			continue;
		matcher_document(matcher, explaining->document, i, &bits);
		if (bits_has(&bits, conjunction))
			continue;
		result = buf_add_text(explaining->out, before);
		if (result == 0)
			result = write_failed(explaining->rules, explaining->document, i,
					      explaining->out);
		before = ", ";
	}
	return result;
}

static bool holds(const struct explaining *explaining, size_t conjunction)
{
	const struct matcher *matcher = explaining->rules->matcher;
	struct bits bits;

	for (size_t i = 0; i < matcher_fields(matcher); i++) {
		matcher_document(matcher, explaining->document, i, &bits);
		if (!bits_has(&bits, conjunction))
			return false;
	}
	return true;
}

static bool any_holds(const struct explaining *explaining, const struct rule *rule)
{
	for (int i = 0; i < rule->count; i++)
		if (holds(explaining, (size_t)(rule->first + i)))
			return true;
	return false;
}

static int write_decision(struct buf *out, const struct rule *rule)
{
	static const char *const decisions[] = {
		[RULE_GOES_ON] = "",
		[RULE_KEEP] = ", decides: keep",
		[RULE_DROP] = ", decides: drop",
		[RULE_LIMIT] = ", decides: limit",
	};
	char per[TEXT_AMOUNT_SIZE];
	int result = buf_add_text(out, decisions[rule->decision]);

	if (result < 0 || rule->decision != RULE_LIMIT)
		return result;
	text_format_duration(per, rule->per_ns / NS_PER_MS);
	return buf_printf(out, " to %llu events per %s%s%s", (unsigned long long)rule->events, per,
			  rule->by ? " and " : "", rule->by ? rule->by : "");
}

static int write_actions(struct explaining *explaining, const struct rule *rule)
{
	struct buf *out = explaining->out;
	bool after = explaining->decided;
	int result = buf_add_text(out, "matches");

	for (size_t i = 0; i < rule->tag_count && result == 0 && !after; i++)
		result = buf_printf(out, ", tags '%s'", rule->tags[i]);
	if (result == 0 && rule->mask_count)
		result = buf_add_text(out, ", masks arguments");
	if (result < 0)
		return result;
	if (!after) {
		explaining->decided = rule->decision != RULE_GOES_ON;
		return write_decision(out, rule);
	}
	if (rule->decision == RULE_GOES_ON && !rule->tag_count)
		return 0;
	return buf_add_text(out, ", but a rule before it has decided");
}

static int explain_rule(struct explaining *explaining, const struct rule *rule)
{
	int result = buf_printf(explaining->out, "%s: ", rule->name);

	if (result < 0)
		return result;
	if (any_holds(explaining, rule))
		return write_actions(explaining, rule);
	result = buf_add_text(explaining->out, "does not match: ");
	for (int i = 0; i < rule->count && result == 0; i++) {
		if (i > 0)
			result = buf_add_text(explaining->out, "; or: ");
		if (result == 0)
			result = write_conjunction(explaining, (size_t)(rule->first + i));
	}
	return result;
}

/* Events of the agent's own pass no rule. */
static bool is_own(const struct json_read *document)
{
	const char *dataset = json_read_item(document, "event.dataset", 0);

	return dataset && strcmp(dataset, "auditship.agent") == 0;
}

int rules_explain(const struct rules *rules, const struct json_read *document, struct buf *out)
{
	struct explaining explaining = {rules, document, out, false};
	int result = 0;

	if (is_own(document))
		return buf_add_text(out, "the event is kept: what the agent itself says passes no "
					 "rule\n");
	for (size_t i = 0; i < rules->count && result == 0; i++) {
		result = explain_rule(&explaining, &rules->rules[i]);
		if (result == 0)
			result = buf_add_text(out, "\n");
	}
	if (result == 0 && !explaining.decided)
		result = buf_add_text(out, "the event is kept: no rule decides\n");
	return result;
}
