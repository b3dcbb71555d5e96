/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the slots: one mapping of fixed size with two hash tables over it, (pid, start) of all and
 * pid of the living, and two lists, the living by last use and the exited by when they ended. A
 * slot is named by its index; 0 stands for none. Knows nothing of records, clocks, names or
 * digests: who tells it a process has computed all that.
 */
#include "enrich/process_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

struct slot {
	struct process process; /* first: a pointer to it is one to the slot */
	uint32_t next_by_id;    /* in the hash chain, or in the list of free slots */
	uint32_t next_by_pid;
	uint32_t older, newer; /* in the list of the living or of the exited */
	uint32_t image;
	uint32_t generation; /* of the last insert, see process_table_reconcile_begin */
};

struct list {
	uint32_t oldest, newest, count;
	uint32_t oldest_with_image; /* all older ones have had to give theirs up */
};

struct process_table {
	struct slot *slots;
	uint32_t *by_id, *by_pid;
	uint32_t buckets; /* a power of two */
	uint32_t max_processes, exited_kept;
	size_t mapping_bytes;
	uint64_t seed;    /* pids can be chosen, so chains must not be foreseeable */
	uint32_t touched; /* slots up to this one have been used at least once */
	uint32_t free;    /* list of those that were given back */
	struct list living, exited;
	struct image_pool images;
	uint32_t generation;
	struct process_counters counters; /* those that only rise */
};

static int check_options(struct process_table_options *options, struct err *err)
{
	if (!options->max_processes)
		options->max_processes = 32768;
	if (!options->exited_kept)
		options->exited_kept =
			options->max_processes / 2 < 4096 ? options->max_processes / 2 : 4096;
	if (!options->max_image_bytes)
		options->max_image_bytes = UINT64_C(16) << 20;
	if (options->max_processes < 16 || options->max_processes > 4194304)
		return err_set(err, -EINVAL,
			       "process table: max_processes is %" PRIu32 ", not 16 to 4194304",
			       options->max_processes);
	if (options->exited_kept >= options->max_processes)
		return err_set(err, -EINVAL,
			       "process table: exited_kept is %" PRIu32
			       ", not below max_processes (%" PRIu32 ")",
			       options->exited_kept, options->max_processes);
	if (options->max_image_bytes < 8192 || options->max_image_bytes > UINT64_C(4) << 30)
		return err_set(err, -EINVAL,
			       "process table: max_image_bytes is %" PRIu64 ", not 8 KiB to 4 GiB",
			       options->max_image_bytes);
	return 0;
}

static int map_slots(struct process_table *table)
{
	size_t slots_bytes = ((size_t)table->max_processes + 1) * sizeof(struct slot);
	void *memory;

	for (table->buckets = 16; table->buckets < table->max_processes; table->buckets *= 2)
		;
	table->mapping_bytes = slots_bytes + 2 * (size_t)table->buckets * sizeof(uint32_t);
	memory = mmap(NULL, table->mapping_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	/* A huge page would be paid for as a whole by the first slot in it. May fail, costs memory.
	 */
	(void)madvise(memory, table->mapping_bytes, MADV_NOHUGEPAGE);
	table->slots = memory;
	table->by_id = (uint32_t *)(void *)((char *)memory + slots_bytes);
	table->by_pid = table->by_id + table->buckets;
	return 0;
}

int process_table_new(struct process_table **ret_table, const struct process_table_options *options,
		      struct err *err)
{
	struct process_table_options checked = *options;
	struct process_table *table;
	int result = check_options(&checked, err);

	if (result < 0)
		return result;
	table = calloc(1, sizeof(*table));
	if (!table)
		return err_set(err, -ENOMEM, "process table: out of memory");
	table->max_processes = checked.max_processes;
	table->exited_kept = checked.exited_kept;
	if (getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK) < 0)
		table->seed = (uintptr_t)table; /* early boot: better than waiting */
	if (map_slots(table) < 0 || image_pool_init(&table->images, checked.max_image_bytes) < 0) {
		process_table_free(table);
		return err_set(err, -ENOMEM, "process table: no memory for %" PRIu32 " processes",
			       checked.max_processes);
	}
	*ret_table = table;
	return 0;
}

void process_table_free(struct process_table *table)
{
	if (!table)
		return;
	image_pool_done(&table->images);
	if (table->slots)
		(void)munmap(table->slots, table->mapping_bytes);
	free(table);
}

/* The finalizer of MurmurHash3: every bit of the input reaches every bit of the bucket. */
static uint32_t bucket_of(const struct process_table *table, uint32_t pid, uint64_t start_ns)
{
	uint64_t hash = (start_ns ^ table->seed) * UINT64_C(0x9e3779b97f4a7c15) + pid;

	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	hash ^= hash >> 33;
	return (uint32_t)hash & (table->buckets - 1);
}

static uint32_t *id_bucket(struct process_table *table, const struct rec_id *id)
{
	return &table->by_id[bucket_of(table, id->pid, id->start_ns)];
}

static uint32_t *pid_bucket(struct process_table *table, uint32_t pid)
{
	return &table->by_pid[bucket_of(table, pid, 0)];
}

static uint32_t find_slot(const struct process_table *table, uint32_t pid, uint64_t start_ns)
{
	uint32_t at = table->by_id[bucket_of(table, pid, start_ns)];

	while (at && (table->slots[at].process.id.pid != pid ||
		      table->slots[at].process.id.start_ns != start_ns))
		at = table->slots[at].next_by_id;
	return at;
}

static uint32_t find_living(const struct process_table *table, uint32_t pid)
{
	uint32_t at = table->by_pid[bucket_of(table, pid, 0)];

	while (at && table->slots[at].process.id.pid != pid)
		at = table->slots[at].next_by_pid;
	return at;
}

static void link_id(struct process_table *table, uint32_t index)
{
	uint32_t *bucket = id_bucket(table, &table->slots[index].process.id);

	table->slots[index].next_by_id = *bucket;
	*bucket = index;
}

static void unlink_id(struct process_table *table, uint32_t index)
{
	uint32_t *at = id_bucket(table, &table->slots[index].process.id);

	while (*at != index)
		at = &table->slots[*at].next_by_id;
	*at = table->slots[index].next_by_id;
}

static void link_pid(struct process_table *table, uint32_t index)
{
	uint32_t *bucket = pid_bucket(table, table->slots[index].process.id.pid);

	table->slots[index].next_by_pid = *bucket;
	*bucket = index;
}

static void unlink_pid(struct process_table *table, uint32_t index)
{
	uint32_t *at = pid_bucket(table, table->slots[index].process.id.pid);

	while (*at != index)
		at = &table->slots[*at].next_by_pid;
	*at = table->slots[index].next_by_pid;
}

static void list_push(struct process_table *table, struct list *list, uint32_t index)
{
	struct slot *slot = &table->slots[index];

	slot->older = list->newest;
	slot->newer = 0;
	if (list->newest)
		table->slots[list->newest].newer = index;
	else
		list->oldest = index;
	list->newest = index;
	if (!list->oldest_with_image)
		list->oldest_with_image = index;
	list->count++;
}

static void list_remove(struct process_table *table, struct list *list, uint32_t index)
{
	const struct slot *slot = &table->slots[index];

	if (slot->older)
		table->slots[slot->older].newer = slot->newer;
	else
		list->oldest = slot->newer;
	if (slot->newer)
		table->slots[slot->newer].older = slot->older;
	else
		list->newest = slot->older;
	if (list->oldest_with_image == index)
		list->oldest_with_image = slot->newer;
	list->count--;
}

static void remember_use(struct process_table *table, uint32_t index)
{
	if (!index || table->slots[index].process.exited || table->living.newest == index)
		return;
	list_remove(table, &table->living, index);
	list_push(table, &table->living, index);
}

static void drop_image(struct process_table *table, struct slot *slot)
{
	image_pool_unref(&table->images, slot->image);
	slot->image = 0;
}

static void remove_slot(struct process_table *table, uint32_t index)
{
	struct slot *slot = &table->slots[index];

	unlink_id(table, index);
	if (slot->process.exited) {
		list_remove(table, &table->exited, index);
	} else {
		unlink_pid(table, index);
		list_remove(table, &table->living, index);
	}
	drop_image(table, slot);
	slot->next_by_id = table->free;
	table->free = index;
}

/* index is in no list yet. */
static void push_exited(struct process_table *table, uint32_t index)
{
	table->slots[index].process.exited = true;
	list_push(table, &table->exited, index);
	if (table->exited.count > table->exited_kept)
		remove_slot(table, table->exited.oldest);
}

static void end_process(struct process_table *table, uint32_t index)
{
	unlink_pid(table, index);
	list_remove(table, &table->living, index);
	push_exited(table, index);
}

static uint32_t take_slot(struct process_table *table)
{
	uint32_t index;

	if (!table->free && table->touched < table->max_processes)
		return ++table->touched;
	if (!table->free) {
		table->counters.evictions++;
		remove_slot(table,
			    table->exited.oldest ? table->exited.oldest : table->living.oldest);
	}
	index = table->free;
	table->free = table->slots[index].next_by_id;
	return index;
}

/* Of two processes with one pid, the one that started earlier has ended. */
static uint32_t add_slot(struct process_table *table, const struct rec_id *id)
{
	uint32_t rival = find_living(table, id->pid), index;
	bool outlived = rival && table->slots[rival].process.id.start_ns > id->start_ns;

	if (rival && !outlived) {
		table->counters.reused_pids++;
		end_process(table, rival);
	}
	index = take_slot(table);
	table->slots[index] = (struct slot){.process.id = *id};
	link_id(table, index);
	if (outlived) {
		push_exited(table, index);
	} else {
		link_pid(table, index);
		list_push(table, &table->living, index);
	}
	return index;
}

static const struct process *process_at(const struct process_table *table, uint32_t index)
{
	return index ? &table->slots[index].process : NULL;
}

static struct slot *slot_of(struct process_table *table, const struct process *process)
{
	return &table->slots[(const struct slot *)(const void *)process - table->slots];
}

const struct process *process_table_find(struct process_table *table, uint32_t pid,
					 uint64_t start_ns)
{
	uint32_t index = find_slot(table, pid, start_ns);

	if (index)
		table->counters.hits++;
	else
		table->counters.misses++;
	remember_use(table, index);
	return process_at(table, index);
}

const struct process *process_table_find_pid(struct process_table *table, uint32_t pid)
{
	uint32_t index = find_living(table, pid);

	remember_use(table, index);
	return process_at(table, index);
}

const struct process *process_table_find_at(const struct process_table *table, uint32_t pid,
					    uint64_t at_ns)
{
	const struct process *found = process_at(table, find_living(table, pid));

	if (found && found->id.start_ns > at_ns)
		found = NULL;
	for (uint32_t i = table->exited.newest; i; i = table->slots[i].older) {
		const struct process *at = &table->slots[i].process;

		if (at->id.pid == pid && at->id.start_ns <= at_ns &&
		    (!found || at->id.start_ns > found->id.start_ns))
			found = at;
	}
	return found;
}

static bool is_outdated(const struct process *known, const struct process *told)
{
	if (known->told_ns == 0)
		return false;
	if (told->snapshot != known->snapshot)
		return told->snapshot;
	return told->told_ns < known->told_ns;
}

/*
 * A number stands for one process as long as that leads anybody (kernel/pid.c: free_pid waits for
 * the last user), so under the same number it is the same leader.
 */
static void merge_leader(struct rec_id *known, const struct rec_id *told)
{
	if (told->start_ns || told->pid != known->pid)
		*known = *told;
}

static void merge(struct process *known, const struct process *told)
{
	static const uint8_t unknown[sizeof(known->entity_id)];

	if (memcmp(known->entity_id, unknown, sizeof(unknown)) == 0)
		memcpy(known->entity_id, told->entity_id, sizeof(unknown));
	if (known->start_wall_ns == 0)
		known->start_wall_ns = told->start_wall_ns;
	if (known->creator.pid == 0)
		known->creator = told->creator;
	if (told->in_container)
		known->in_container = true;
	if (known->entry.pid == 0) {
		known->entry = told->entry;
		known->entry_type = told->entry_type;
	}
	if (is_outdated(known, told))
		return;
	known->id = told->id;
	known->parent = told->parent;
	merge_leader(&known->session, &told->session);
	merge_leader(&known->group, &told->group);
	known->tty = told->tty;
	known->exec_id = told->exec_id;
	known->told_ns = told->told_ns;
	known->uid = told->uid;
	known->gid = told->gid;
	known->euid = told->euid;
	known->egid = told->egid;
	known->login_uid = told->login_uid;
	memcpy(known->comm, told->comm, sizeof(known->comm));
	known->kernel_thread = told->kernel_thread;
	known->snapshot = told->snapshot;
}

const struct process *process_table_insert(struct process_table *table, const struct process *told)
{
	uint32_t index;

	if (told->id.pid == 0)
		return NULL;
	index = find_slot(table, told->id.pid, told->id.start_ns);
	if (!index)
		index = add_slot(table, &told->id);
	merge(&table->slots[index].process, told);
	table->slots[index].generation = table->generation;
	remember_use(table, index);
	return process_at(table, index);
}

void process_table_set_entry(struct process_table *table, const struct process *process,
			     const struct rec_id *entry, uint8_t type)
{
	struct slot *slot = slot_of(table, process);

	slot->process.entry = *entry;
	slot->process.entry_type = type;
}

void process_table_exit(struct process_table *table, const struct rec_id *id)
{
	uint32_t index;

	if (id->pid == 0)
		return;
	index = find_slot(table, id->pid, id->start_ns);
	if (!index)
		index = add_slot(table, id);
	if (!table->slots[index].process.exited)
		end_process(table, index);
}

/* Each is passed once until it is used again: a flood of images costs no more than its length. */
static void give_up_images(struct process_table *table, struct list *list, uint32_t chunks)
{
	while (image_pool_room(&table->images) < chunks && list->oldest_with_image) {
		struct slot *slot = &table->slots[list->oldest_with_image];

		if (slot->image)
			table->counters.image_drops++;
		drop_image(table, slot);
		list->oldest_with_image = slot->newer;
	}
}

/* Images of those that left go first, then of the living that nobody asked for longest: whoever
 * fills the pool must not keep the next exec from having one. */
static void make_image_room(struct process_table *table, uint32_t chunks)
{
	give_up_images(table, &table->exited, chunks);
	give_up_images(table, &table->living, chunks);
}

/* Who has an image counts as used: older ones than the list's oldest_with_image have none. */
static void remember_image(struct process_table *table, const struct slot *slot)
{
	uint32_t index = (uint32_t)(slot - table->slots);

	remember_use(table, index);
	if (!slot->process.exited && !table->living.oldest_with_image)
		table->living.oldest_with_image = index;
}

/* An image of another exec is worth nothing, whoever told it. */
static bool is_current(const struct process_table *table, const struct slot *slot)
{
	struct image image;

	if (!slot->image)
		return false;
	image_pool_describe(&table->images, slot->image, &image);
	return image.exec_id == slot->process.exec_id;
}

void process_table_set_image(struct process_table *table, const struct process *process,
			     const struct image *image, uint64_t exec_time_ns)
{
	struct slot *slot = slot_of(table, process);

	if (exec_time_ns ? exec_time_ns < slot->process.exec_time_ns
			 : is_current(table, slot) || image->exec_id != slot->process.exec_id)
		return;
	if (exec_time_ns) {
		slot->process.exec_time_ns = exec_time_ns;
		slot->process.exec_time_id = image->exec_id;
	}
	drop_image(table, slot);
	make_image_room(table, image_pool_needs(image));
	slot->image = image_pool_add(&table->images, image);
	remember_image(table, slot);
	if (!slot->image)
		table->counters.image_failures++;
}

void process_table_share_image(struct process_table *table, const struct process *child,
			       const struct process *parent)
{
	struct slot *to = slot_of(table, child);
	const struct slot *from = slot_of(table, parent);

	if (to->image || to->process.exec_time_ns || !is_current(table, from))
		return;
	if (from->process.exec_time_ns > to->process.id.start_ns ||
	    from->process.exec_id != to->process.exec_id)
		return; /* the parent has become something else since the fork */
	image_pool_ref(&table->images, from->image);
	to->image = from->image;
	remember_image(table, to);
}

static uint32_t image_of(const struct process_table *table, const struct process *process)
{
	const struct slot *slot =
		&table->slots[(const struct slot *)(const void *)process - table->slots];

	return is_current(table, slot) ? slot->image : 0;
}

bool process_image_describe(const struct process_table *table, const struct process *process,
			    struct image *ret_image)
{
	uint32_t image = image_of(table, process);

	if (!image)
		return false;
	image_pool_describe(&table->images, image, ret_image);
	return true;
}

size_t process_image_copy(const struct process_table *table, const struct process *process,
			  enum image_part parts, char *out, size_t size)
{
	uint32_t image = image_of(table, process);

	return image ? image_pool_copy(&table->images, image, parts, out, size) : 0;
}

static void rewrite_image(struct image_pool *images, uint32_t id, process_image_rewriter *rewriter,
			  void *data)
{
	char bytes[IMAGE_EXECUTABLE_MAX + PROCESS_REWRITE_ROOM];
	struct image image;

	image_pool_describe(images, id, &image);
	if (image.args_length == 0)
		return;
	(void)image_pool_copy(images, id, IMAGE_BOTH, bytes, sizeof(bytes));
	image.executable = bytes;
	image.args = bytes + image.executable_length;
	if (rewriter(data, &image, bytes + image.executable_length))
		image_pool_replace(images, id, &image);
}

void process_table_rewrite_args(struct process_table *table, process_image_rewriter *rewriter,
				void *data)
{
	struct image_pool *images = &table->images;

	for (uint32_t i = 1; i <= table->touched; i++) {
		uint32_t id = table->slots[i].image;

		if (id && image_pool_visit(images, id, true))
			rewrite_image(images, id, rewriter, data);
	}
	for (uint32_t i = 1; i <= table->touched; i++)
		if (table->slots[i].image)
			(void)image_pool_visit(images, table->slots[i].image, false);
}

void process_table_reconcile_begin(struct process_table *table)
{
	table->generation++;
}

uint32_t process_table_reconcile_end(struct process_table *table, bool at_start)
{
	uint32_t gone = 0, index, newer;

	for (index = table->living.oldest; index; index = newer) {
		newer = table->slots[index].newer;
		if (table->slots[index].generation == table->generation)
			continue;
		end_process(table, index);
		gone++;
	}
	if (!at_start)
		table->counters.lost_exits += gone;
	return gone;
}

void process_table_counters(const struct process_table *table,
			    struct process_counters *ret_counters)
{
	*ret_counters = table->counters;
	ret_counters->entries = table->living.count + table->exited.count;
	ret_counters->exited = table->exited.count;
	ret_counters->images = table->images.images;
	ret_counters->image_bytes = (uint64_t)table->images.used_count * IMAGE_CHUNK_BYTES;
	ret_counters->max_processes = table->max_processes;
	ret_counters->max_image_bytes = (uint64_t)table->images.count * IMAGE_CHUNK_BYTES;
}
