/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration -> lists -> entries -> maps, again each second, and only a difference is written.
 * Counts for each rule what the probes have dropped by it, from one half of the maps to the next.
 * Knows neither the entries nor how a path is looked up.
 */
#include "kernel_filter.h"

#include "base/text.h"
#include "capture/filter_maps.h"
#include "enrich/procfs.h"
#include "filter/rules_push.h"
#include "filter_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kernel_filter {
	struct filter_maps *maps;
	const struct config *config; /* in force */
	struct filter_place place;   /* users: NULL until a list names one */
	struct rules_push *push;     /* what of its rules the probes decide */
	struct rules_push *prepared; /* of the next configuration */
	bool knows_agent;
	uint64_t dropped[RULES_MAX]; /* by rule of push, while other halves were in force */
	/* counts of the slots when a half was filled: of the one in force, of the other one */
	uint64_t base[REC_FILTER_RULES], next_base[REC_FILTER_RULES];
};

int kernel_filter_new(struct kernel_filter **ret_filter, const struct probes *probes,
		      const char *host_root, struct err *err)
{
	struct kernel_filter *filter = calloc(1, sizeof(*filter));
	struct filter_maps_options options;
	int result;

	if (!filter)
		return err_set(err, -ENOMEM, "no memory for the kernel filters");
	filter->place.root = host_root;
	probes_filter_maps(probes, &options);
	options.agent_pid = procfs_initial_pid("", host_root);
	filter->knows_agent = options.agent_pid != 0;
	result = filter_maps_open(&filter->maps, &options, err);
	if (result < 0) {
		kernel_filter_free(filter);
		return result;
	}
	*ret_filter = filter;
	return 0;
}

void kernel_filter_free(struct kernel_filter *filter)
{
	if (!filter)
		return;
	filter_maps_close(filter->maps);
	users_free(filter->place.users);
	rules_push_free(filter->push);
	rules_push_free(filter->prepared);
	free(filter);
}

bool kernel_filter_knows_agent(const struct kernel_filter *filter)
{
	return filter->knows_agent;
}

static struct filters_list list_of(const struct config_list *list)
{
	return (struct filters_list){list->items, list->count};
}

static void fill_lists(struct filters_list lists[REC_FILTERS], const struct config_filters *config)
{
	lists[REC_FILTER_PID] = list_of(&config->pid);
	lists[REC_FILTER_USER] = list_of(&config->user);
	lists[REC_FILTER_EXECUTABLE] = list_of(&config->executable);
	lists[REC_FILTER_CGROUP] = list_of(&config->cgroup);
	lists[REC_FILTER_PATH] = list_of(&config->path);
}

static bool has_names(const struct config_list *list)
{
	uint64_t number;

	for (size_t i = 0; i < list->count; i++) {
		if (text_parse_number(list->items[i], &number) < 0)
			return true;
	}
	return false;
}

/* Without them names mean nobody, which the remarks tell. */
static void load_users(struct kernel_filter *filter, const struct config *config)
{
	struct err err;

	if (!filter->place.users &&
	    (has_names(&config->capture.exclude.user) || has_names(&config->capture.include.user)))
		(void)users_load(&filter->place.users, filter->place.root, &err);
}

static int compile(struct kernel_filter *filter, const struct config *config,
		   const struct rules_push *push, struct filters **ret_filters, struct err *err)
{
	struct filters_options options = {
		.read_paths = list_of(&config->capture.open.read_paths),
		.opens = (enum rec_opens)config->capture.open.mode,
		.rules = push->entries,
		.rule_count = push->entry_count,
	};
	struct filters_host host;

	load_users(filter, config);
	host = filter_host(&filter->place);
	fill_lists(options.exclude, &config->capture.exclude);
	fill_lists(options.include, &config->capture.include);
	return filters_compile(ret_filters, &options, &host, err);
}

static int fill(struct kernel_filter *filter, struct filters *filters, struct err *err)
{
	filter_maps_rules(filter->maps, false, filter->next_base);
	return filter_maps_fill(filter->maps, filters, err);
}

/* The half that was in force counts no more: what it has counted is final. */
static void switch_over(struct kernel_filter *filter)
{
	uint64_t counts[REC_FILTER_RULES];

	filter_maps_switch(filter->maps);
	filter_maps_rules(filter->maps, false, counts);
	for (size_t i = 0; filter->push && i < filter->push->rule_count; i++) {
		const struct rules_push_rule *rule = &filter->push->rules[i];

		if (rule->in_part)
			filter->dropped[i] += counts[rule->slot] - filter->base[rule->slot];
	}
	memcpy(filter->base, filter->next_base, sizeof(filter->base));
}

int kernel_filter_prepare(struct kernel_filter *filter, const struct config *config,
			  const struct rules *rules, struct err *err)
{
	struct rules_push *push;
	struct filters *filters;
	int result = rules_push_new(&push, rules, config_event_kinds(config));

	if (result < 0)
		return err_set(err, result, "no memory for the kernel filters");
	result = compile(filter, config, push, &filters, err);
	if (result == 0)
		result = fill(filter, filters, err);
	if (result < 0) {
		rules_push_free(push);
		return result;
	}
	rules_push_free(filter->prepared);
	filter->prepared = push;
	return 0;
}

/* A rule with the same name and text goes on counting. */
static void carry_over(struct kernel_filter *filter, const struct rules_push *push)
{
	uint64_t dropped[RULES_MAX] = {0};

	for (size_t i = 0; filter->push && i < push->rule_count; i++) {
		for (size_t j = 0; j < filter->push->rule_count; j++) {
			const struct rules_push_rule *old = &filter->push->rules[j];

			if (strcmp(old->name, push->rules[i].name) == 0 &&
			    strcmp(old->text, push->rules[i].text) == 0)
				dropped[i] = filter->dropped[j];
		}
	}
	memcpy(filter->dropped, dropped, sizeof(filter->dropped));
}

void kernel_filter_use(struct kernel_filter *filter, const struct config *config)
{
	filter->config = config;
	switch_over(filter);
	carry_over(filter, filter->prepared);
	rules_push_free(filter->push);
	filter->push = filter->prepared;
	filter->prepared = NULL;
}

bool kernel_filter_tick(struct kernel_filter *filter, struct err *err)
{
	struct filters *filters;

	if (!filter->config)
		return true;
	if (compile(filter, filter->config, filter->push, &filters, err) < 0)
		return false;
	if (filters_equal(filters, filter_maps_in_force(filter->maps))) {
		filters_free(filters);
		return true;
	}
	if (fill(filter, filters, err) < 0)
		return false;
	switch_over(filter);
	return true;
}

void kernel_filter_forget_users(struct kernel_filter *filter)
{
	users_free(filter->place.users);
	filter->place.users = NULL;
}

void kernel_filter_left_out(const struct kernel_filter *filter, uint64_t ret_counts[REC_FILTERS])
{
	filter_maps_left_out(filter->maps, ret_counts);
}

bool kernel_filter_rule(const struct kernel_filter *filter, const char *name,
			struct kernel_filter_rule *ret_rule)
{
	uint64_t counts[REC_FILTER_RULES];

	for (size_t i = 0; filter->push && i < filter->push->rule_count; i++) {
		const struct rules_push_rule *rule = &filter->push->rules[i];

		if (strcmp(rule->name, name) != 0)
			continue;
		*ret_rule = (struct kernel_filter_rule){
			.in_kernel = rule->in_kernel,
			.why_not = rule->in_kernel ? NULL : rule->why_not,
			.dropped = filter->dropped[i],
		};
		if (rule->in_part) {
			filter_maps_rules(filter->maps, true, counts);
			ret_rule->dropped += counts[rule->slot] - filter->base[rule->slot];
		}
		return true;
	}
	return false;
}

uint32_t kernel_filter_dropped_kinds(const struct kernel_filter *filter)
{
	return filter->push ? rules_push_kinds(filter->push, geteuid()) : 0;
}

const char *kernel_filter_leaves_out_own(const struct kernel_filter *filter)
{
	const struct filters *filters = filter_maps_in_force(filter->maps);
	struct filters_process own;
	enum rec_filter_by by;

	if (!filters)
		return NULL;
	filter_host_own(&filter->place, &own);
	by = filters_leave_out(filters, &own);
	return by == REC_FILTER_NONE ? NULL : filters_word(by);
}

size_t kernel_filter_remarks(const struct kernel_filter *filter, char *const **ret_remarks)
{
	const struct filters *filters = filter_maps_in_force(filter->maps);

	*ret_remarks = filters ? filters->remarks : NULL;
	return filters ? filters->remark_count : 0;
}

static bool holds(const struct config_list *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++) {
		size_t length = strlen(paths->items[i]);

		while (length > 0 && paths->items[i][length - 1] == '/')
			length--;
		if (strncmp(path, paths->items[i], length) == 0 &&
		    (path[length] == '/' || path[length] == '\0'))
			return true;
	}
	return false;
}

bool kernel_filter_passes_over(const struct config *config, const char *path)
{
	const struct config_list *include = &config->capture.include.path;

	return holds(&config->capture.exclude.path, path) ||
	       (include->count > 0 && !holds(include, path));
}
