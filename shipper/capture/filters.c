/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns what each item of each list becomes: which entries, which bits. Must not know where the maps
 * are or when they change.
 */
#include "capture/filters.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX (REC_FILTER_ENTRIES / 2)
#define NAMES_MAX (REC_FILTER_NAMES_MAX / 2)

struct compiler {
	struct filters *filters;
	const struct filters_host *host;
	int error; /* the first */
};

const char *filters_word(enum rec_filter_by by)
{
	static const char *const words[REC_FILTERS] = {
		[REC_FILTER_NONE] = "none",     [REC_FILTER_OWN] = "own",
		[REC_FILTER_MODE] = "mode",     [REC_FILTER_PID] = "pid",
		[REC_FILTER_USER] = "user",     [REC_FILTER_EXECUTABLE] = "executable",
		[REC_FILTER_CGROUP] = "cgroup", [REC_FILTER_PATH] = "path",
		[REC_FILTER_RULE] = "rule",
	};

	return by < REC_FILTERS ? words[by] : "none";
}

static void add_entry(struct compiler *compiler, const struct rec_filter_key *key, uint32_t flags)
{
	struct filters *filters = compiler->filters;

	if (filters->entry_count == ENTRIES_MAX) {
		compiler->error = compiler->error ? compiler->error : -E2BIG;
		return;
	}
	filters->entries[filters->entry_count++] =
		(struct filters_entry){.key = *key, .flags = flags};
}

static void add_name(struct compiler *compiler, const struct rec_filter_key *directory,
		     const char *text, uint32_t flags)
{
	struct filters *filters = compiler->filters;
	struct filters_name *name;

	if (filters->name_count == NAMES_MAX) {
		compiler->error = compiler->error ? compiler->error : -E2BIG;
		return;
	}
	name = &filters->names[filters->name_count++];
	*name = (struct filters_name){.key.directory = *directory, .flags = flags};
	(void)snprintf(name->key.name, sizeof(name->key.name), "%s", text);
	filters->set.lengths |= 1ULL << (strlen(name->key.name) & 63);
}

static void remark(struct compiler *compiler, enum rec_filter_by by, const char *item,
		   const char *what)
{
	struct filters *filters = compiler->filters;
	char **grown = realloc(filters->remarks, (filters->remark_count + 1) * sizeof(char *));
	char *text = NULL;

	if (grown)
		filters->remarks = grown;
	if (!grown || asprintf(&text, "%s %s: %s", filters_word(by), item, what) < 0) {
		compiler->error = compiler->error ? compiler->error : -ENOMEM;
		return;
	}
	filters->remarks[filters->remark_count++] = text;
}

static void add_number(struct compiler *compiler, enum rec_filter_by by, uint64_t number,
		       uint32_t flags)
{
	const struct rec_filter_key key = {.number = number, .by = (uint8_t)by};

	add_entry(compiler, &key, flags);
}

static void add_pid(struct compiler *compiler, const char *item, uint32_t flags)
{
	uint64_t pid;

	if (text_parse_number(item, &pid) == 0)
		add_number(compiler, REC_FILTER_PID, pid, flags);
}

static void add_user(struct compiler *compiler, const char *item, uint32_t flags)
{
	uint64_t number;
	uint32_t uid;

	if (text_parse_number(item, &number) == 0)
		add_number(compiler, REC_FILTER_USER, number, flags);
	else if (compiler->host->find_user(compiler->host->data, item, &uid))
		add_number(compiler, REC_FILTER_USER, uid, flags);
	else
		remark(compiler, REC_FILTER_USER, item, "no such user");
}

static void add_cgroup(struct compiler *compiler, const char *item, uint32_t flags)
{
	uint64_t id;

	if (compiler->host->find_cgroup(compiler->host->data, item, &id))
		add_number(compiler, REC_FILTER_CGROUP, id, flags);
	else
		remark(compiler, REC_FILTER_CGROUP, item, "no such cgroup");
}

static void add_executable(struct compiler *compiler, const char *item, uint32_t flags)
{
	struct rec_filter_key key = {.by = REC_FILTER_EXECUTABLE};
	struct filters_found found = {0};

	compiler->host->find(compiler->host->data, item, &found);
	if (!found.is_there || found.is_directory) {
		remark(compiler, REC_FILTER_EXECUTABLE, item,
		       found.is_there ? "a directory" : "no such file");
		return;
	}
	if (found.is_ambiguous) {
		remark(compiler, REC_FILTER_EXECUTABLE, item,
		       "on a file system whose inode numbers the kernel cannot compare");
		return;
	}
	key.device = found.device;
	key.number = found.inode;
	add_entry(compiler, &key, flags);
}

static void see(struct rec_filter_set *set, uint64_t inode, uint32_t flags)
{
	set->seen[inode / 64 % REC_FILTER_SEEN] |= 1ULL << (inode & 63);
	set->directories |= flags;
}

static void add_magic(struct compiler *compiler, uint64_t magic, uint32_t flags)
{
	struct rec_filter_set *set = &compiler->filters->set;
	size_t i = 0;

	while (i < REC_FILTER_MAGICS && set->magics[i] != 0 && set->magics[i] != magic)
		i++;
	if (i == REC_FILTER_MAGICS) {
		compiler->error = compiler->error ? compiler->error : -E2BIG;
		return;
	}
	set->magics[i] = magic;
	set->magic_flags[i] |= flags;
	set->file_systems |= flags;
}

/* A directory is itself, whatever its name; anything else is a name in its directory, so that it
 * stays the same when it is replaced. */
static void add_found(struct compiler *compiler, const struct filters_found *found, uint32_t flags)
{
	struct rec_filter_set *set = &compiler->filters->set;
	struct rec_filter_key key = {.by = REC_FILTER_PATH};

	if (found->is_there && found->is_whole) {
		add_magic(compiler, found->magic, flags);
	} else if (found->is_there && found->is_directory) {
		key.device = found->device;
		key.number = found->inode;
		add_entry(compiler, &key, flags);
		see(set, found->inode, flags);
	} else {
		key.device = found->parent_device;
		key.number = found->parent_inode;
		add_entry(compiler, &key, REC_FILTER_NAMES);
		add_name(compiler, &key, found->name, flags);
		see(set, found->parent_inode, flags);
	}
}

static void add_path(struct compiler *compiler, const char *item, uint32_t flags)
{
	struct filters_found found = {0};

	compiler->host->find(compiler->host->data, item, &found);
	if (!found.is_there && !found.parent_is_there) {
		remark(compiler, REC_FILTER_PATH, item, "no such directory");
		return;
	}
	/* Too much is recorded rather than too little. */
	if (found.is_ambiguous && flags == REC_FILTER_EXCLUDE) {
		remark(compiler, REC_FILTER_PATH, item,
		       "not excluded: inode numbers of its file system stand for several files");
		return;
	}
	add_found(compiler, &found, flags);
}

static void add_list(struct compiler *compiler, enum rec_filter_by by,
		     const struct filters_list *list, uint32_t flags)
{
	static void (*const adders[REC_FILTERS])(struct compiler *, const char *, uint32_t) = {
		[REC_FILTER_PID] = add_pid,
		[REC_FILTER_USER] = add_user,
		[REC_FILTER_EXECUTABLE] = add_executable,
		[REC_FILTER_CGROUP] = add_cgroup,
		[REC_FILTER_PATH] = add_path,
	};
	struct rec_filter_set *set = &compiler->filters->set;

	if (list->count > 0 && flags == REC_FILTER_EXCLUDE)
		set->excludes |= 1U << by;
	if (list->count > 0 && flags == REC_FILTER_INCLUDE)
		set->includes |= 1U << by;
	for (size_t i = 0; i < list->count; i++)
		adders[by](compiler, list->items[i], flags);
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(&((const struct filters_entry *)a)->key,
		      &((const struct filters_entry *)b)->key, sizeof(struct rec_filter_key));
}

static int compare_names(const void *a, const void *b)
{
	return memcmp(&((const struct filters_name *)a)->key,
		      &((const struct filters_name *)b)->key, sizeof(struct rec_filter_name));
}

/* Sorts, and of equal keys makes one with the bits of all. */
static void settle(struct filters *filters)
{
	size_t kept = 0;

	qsort(filters->entries, filters->entry_count, sizeof(filters->entries[0]), compare_entries);
	for (size_t i = 0; i < filters->entry_count; i++) {
		if (kept > 0 &&
		    compare_entries(&filters->entries[kept - 1], &filters->entries[i]) == 0)
			filters->entries[kept - 1].flags |= filters->entries[i].flags;
		else
			filters->entries[kept++] = filters->entries[i];
	}
	filters->entry_count = kept;
	qsort(filters->names, filters->name_count, sizeof(filters->names[0]), compare_names);
	kept = 0;
	for (size_t i = 0; i < filters->name_count; i++) {
		if (kept > 0 && compare_names(&filters->names[kept - 1], &filters->names[i]) == 0)
			filters->names[kept - 1].flags |= filters->names[i].flags;
		else
			filters->names[kept++] = filters->names[i];
	}
	filters->name_count = kept;
}

static void add_rules(struct rec_filter_set *set, const struct filters_options *options)
{
	for (size_t i = 0; i < options->rule_count && i < REC_FILTER_RULES; i++) {
		set->rules[i] = options->rules[i];
		set->rule_kinds |= options->rules[i].kinds;
	}
}

/* A path can take two entries; one more item than there is room for is told as too many. */
static size_t room(const struct filters_options *options, size_t max)
{
	size_t count = options->read_paths.count;

	for (int by = REC_FILTER_PID; by <= REC_FILTER_PATH; by++)
		count += options->exclude[by].count + options->include[by].count;
	return (count < max ? count : max) + 1;
}

int filters_compile(struct filters **ret_filters, const struct filters_options *options,
		    const struct filters_host *host, struct err *err)
{
	struct filters *filters = calloc(1, sizeof(*filters));
	struct compiler compiler = {.filters = filters, .host = host};

	*ret_filters = NULL;
	if (!filters)
		return err_set(err, -ENOMEM, "no memory for the kernel filters");
	filters->entries = calloc(room(options, ENTRIES_MAX), sizeof(filters->entries[0]));
	filters->names = calloc(room(options, NAMES_MAX), sizeof(filters->names[0]));
	if (!filters->entries || !filters->names) {
		filters_free(filters);
		return err_set(err, -ENOMEM, "no memory for the kernel filters");
	}
	filters->set.opens = options->opens;
	add_rules(&filters->set, options);
	for (int by = REC_FILTER_PID; by <= REC_FILTER_PATH; by++) {
		add_list(&compiler, by, &options->exclude[by], REC_FILTER_EXCLUDE);
		add_list(&compiler, by, &options->include[by], REC_FILTER_INCLUDE);
	}
	add_list(&compiler, REC_FILTER_PATH, &options->read_paths, REC_FILTER_READS);
	if (compiler.error < 0) {
		filters_free(filters);
		return err_set(err, compiler.error, "capture: too many kernel filters: %s",
			       strerror(-compiler.error));
	}
	settle(filters);
	*ret_filters = filters;
	return 0;
}

void filters_free(struct filters *filters)
{
	if (!filters)
		return;
	for (size_t i = 0; i < filters->remark_count; i++)
		free(filters->remarks[i]);
	free(filters->remarks);
	free(filters->entries);
	free(filters->names);
	free(filters);
}

static uint32_t flags_of(const struct filters *filters, enum rec_filter_by by, uint32_t device,
			 uint64_t number)
{
	for (size_t i = 0; i < filters->entry_count; i++) {
		const struct rec_filter_key *key = &filters->entries[i].key;

		if (key->by == by && key->device == device && key->number == number)
			return filters->entries[i].flags;
	}
	return 0;
}

enum rec_filter_by filters_leave_out(const struct filters *filters,
				     const struct filters_process *process)
{
	uint32_t flags[REC_FILTERS] = {
		[REC_FILTER_USER] = flags_of(filters, REC_FILTER_USER, 0, process->uid),
		[REC_FILTER_EXECUTABLE] =
			flags_of(filters, REC_FILTER_EXECUTABLE, process->device, process->inode),
	};

	for (size_t i = 0; i < process->cgroup_count; i++)
		flags[REC_FILTER_CGROUP] |=
			flags_of(filters, REC_FILTER_CGROUP, 0, process->cgroups[i]);
	for (int by = REC_FILTER_PID; by <= REC_FILTER_CGROUP; by++) {
		if ((flags[by] & REC_FILTER_EXCLUDE) ||
		    ((filters->set.includes >> by & 1) && !(flags[by] & REC_FILTER_INCLUDE)))
			return (enum rec_filter_by)by;
	}
	return REC_FILTER_NONE;
}

bool filters_equal(const struct filters *a, const struct filters *b)
{
	bool equal = a->entry_count == b->entry_count && a->name_count == b->name_count &&
		     a->remark_count == b->remark_count &&
		     memcmp(&a->set, &b->set, sizeof(a->set)) == 0;

	for (size_t i = 0; equal && i < a->entry_count; i++)
		equal = compare_entries(&a->entries[i], &b->entries[i]) == 0 &&
			a->entries[i].flags == b->entries[i].flags;
	for (size_t i = 0; equal && i < a->name_count; i++)
		equal = compare_names(&a->names[i], &b->names[i]) == 0 &&
			a->names[i].flags == b->names[i].flags;
	for (size_t i = 0; equal && i < a->remark_count; i++)
		equal = strcmp(a->remarks[i], b->remarks[i]) == 0;
	return equal;
}
