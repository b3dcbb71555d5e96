/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rules make of one event document, and what looks unwise about them, in words. */
#include "filter/rules.h"

#include "base/clock.h"
#include "base/text.h"
#include "filter/rule.h"

#include <string.h>

/* Whoever starts a process chooses these. */
static const struct weak_field {
	const char *path;
	const char *why;
} weak_fields[] = {
	{"process.thread.name", "a process gives itself"},
	{"process.args", "whoever starts a process chooses"},
	{"process.args_count", "whoever starts a process chooses"},
	{"process.command_line", "whoever starts a process chooses"},
	{"process.env_vars", "whoever starts a process chooses"},
	{"process.name", "anybody can give a file"},
	{"process.parent.thread.name", "a process gives itself"},
	{"process.parent.args", "whoever starts a process chooses"},
	{"process.parent.args_count", "whoever starts a process chooses"},
	{"process.parent.command_line", "whoever starts a process chooses"},
	{"process.parent.name", "anybody can give a file"},
	{"process.session_leader.args", "whoever starts a process chooses"},
	{"process.session_leader.args_count", "whoever starts a process chooses"},
	{"process.session_leader.name", "anybody can give a file"},
	{"process.group_leader.args", "whoever starts a process chooses"},
	{"process.group_leader.args_count", "whoever starts a process chooses"},
	{"process.group_leader.name", "anybody can give a file"},
	{"process.entry_leader.args", "whoever starts a process chooses"},
	{"process.entry_leader.args_count", "whoever starts a process chooses"},
	{"process.entry_leader.name", "anybody can give a file"},
	{"process.previous.args", "whoever starts a process chooses"},
	{"process.previous.args_count", "whoever starts a process chooses"},
	{NULL, NULL},
};

static const struct weak_field *find_weak(const char *path)
{
	for (const struct weak_field *weak = weak_fields; weak->path; weak++)
		if (strcmp(weak->path, path) == 0)
			return weak;
	return NULL;
}

/* The forgeable field that a conjunction depends on alone; NULL when something else holds too. */
static const struct weak_field *find_dependence(const struct matcher *matcher, size_t conjunction)
{
	const struct weak_field *found = NULL;

	for (size_t i = 0; i < matcher_fields(matcher); i++) {
		const char *path = matcher_path(matcher, i);
		const struct weak_field *weak = find_weak(path);

		if (!matcher_asks(matcher, conjunction, i) || lookup_is_constant(path))
			continue;
		if (!weak)
			return NULL;
		if (!found)
			found = weak;
	}
	return found;
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
		const struct weak_field *weak = NULL;

		warn_of_nothing(rules, rule, warnings);
		if (rule->decision != RULE_DROP)
			continue;
		for (int j = 0; j < rule->count && !weak; j++)
			weak = find_dependence(rules->matcher, (size_t)(rule->first + j));
		if (weak)
			faults_add(warnings, rule->place,
				   "rule '%s' drops events by %s alone, which %s: ask for "
				   "process.executable or a user as well",
				   rule->name, weak->path, weak->why);
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
