/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration -> lists -> entries -> maps, again each second, and only a difference is written.
 * Knows neither the entries nor how a path is looked up.
 */
#include "kernel_filter.h"

#include "base/text.h"
#include "capture/filter_maps.h"
#include "filter_host.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct kernel_filter {
	struct filter_maps *maps;
	const struct config *config; /* in force */
	struct users *users;         /* NULL: nobody asked for a name yet */
};

int kernel_filter_new(struct kernel_filter **ret_filter, const struct probes *probes,
		      struct err *err)
{
	struct kernel_filter *filter = calloc(1, sizeof(*filter));
	struct filter_maps_options options;
	int result;

	if (!filter)
		return err_set(err, -ENOMEM, "no memory for the kernel filters");
	probes_filter_maps(probes, &options);
	options.agent_pid = (uint32_t)getpid();
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
	users_free(filter->users);
	free(filter);
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

	if (!filter->users &&
	    (has_names(&config->capture.exclude.user) || has_names(&config->capture.include.user)))
		(void)users_load(&filter->users, "", &err);
}

static int compile(struct kernel_filter *filter, const struct config *config,
		   struct filters **ret_filters, struct err *err)
{
	struct filters_options options = {
		.read_paths = list_of(&config->capture.open.read_paths),
		.opens = (enum rec_opens)config->capture.open.mode,
	};
	struct filters_host host;

	load_users(filter, config);
	host = filter_host(filter->users);
	fill_lists(options.exclude, &config->capture.exclude);
	fill_lists(options.include, &config->capture.include);
	return filters_compile(ret_filters, &options, &host, err);
}

int kernel_filter_prepare(struct kernel_filter *filter, const struct config *config,
			  struct err *err)
{
	struct filters *filters;
	int result = compile(filter, config, &filters, err);

	return result < 0 ? result : filter_maps_fill(filter->maps, filters, err);
}

void kernel_filter_use(struct kernel_filter *filter, const struct config *config)
{
	filter->config = config;
	filter_maps_switch(filter->maps);
}

bool kernel_filter_tick(struct kernel_filter *filter, struct err *err)
{
	struct filters *filters;

	if (!filter->config)
		return true;
	if (compile(filter, filter->config, &filters, err) < 0)
		return false;
	if (filters_equal(filters, filter_maps_in_force(filter->maps))) {
		filters_free(filters);
		return true;
	}
	if (filter_maps_fill(filter->maps, filters, err) < 0)
		return false;
	filter_maps_switch(filter->maps);
	return true;
}

void kernel_filter_forget_users(struct kernel_filter *filter)
{
	users_free(filter->users);
	filter->users = NULL;
}

void kernel_filter_left_out(const struct kernel_filter *filter, uint64_t ret_counts[REC_FILTERS])
{
	filter_maps_left_out(filter->maps, ret_counts);
}

size_t kernel_filter_remarks(const struct kernel_filter *filter, char *const **ret_remarks)
{
	const struct filters *filters = filter_maps_in_force(filter->maps);

	*ret_remarks = filters ? filters->remarks : NULL;
	return filters ? filters->remark_count : 0;
}
