/* SPDX-License-Identifier: BSD-2-Clause */
/* A long random walk of the process table beside a naive model. */
#include "unit/test_process_table.h"

/* The model: the same promises, told with arrays and searches. */

#define MODEL_MAX 40
#define MODEL_KEPT 12
#define MODEL_CHUNKS 32
#define MODEL_PIDS 30

struct model_image {
	uint32_t references, chunks;
	uint32_t executable_length, args_length;
	uint32_t first_byte; /* of bytes[] */
};

struct model_process {
	bool used;
	struct process facts;
	struct model_image *image;
	uint64_t used_at, ended_at; /* the living and the exited in their order */
	uint32_t generation;
};

struct model {
	struct model_process processes[MODEL_MAX];
	struct model_image images[MODEL_MAX];
	uint64_t time;
	uint64_t passed; /* exited up to ended_at == passed had to give up their images */
	uint32_t generation, chunks_used;
	struct process_counters counters;
};

static struct model model;

static struct model_process *model_find(uint32_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < MODEL_MAX; i++) {
		struct model_process *process = &model.processes[i];

		if (process->used && process->facts.id.pid == pid &&
		    process->facts.id.start_ns == start_ns)
			return process;
	}
	return NULL;
}

static struct model_process *model_living(uint32_t pid)
{
	for (size_t i = 0; i < MODEL_MAX; i++) {
		struct model_process *process = &model.processes[i];

		if (process->used && !process->facts.exited && process->facts.id.pid == pid)
			return process;
	}
	return NULL;
}

/* Of the exited (by end) or of the living (by use), beyond a time; NULL when there is none. */
static struct model_process *model_oldest(bool exited, uint64_t beyond)
{
	struct model_process *oldest = NULL;
	uint64_t oldest_at = UINT64_MAX;

	for (size_t i = 0; i < MODEL_MAX; i++) {
		struct model_process *process = &model.processes[i];
		uint64_t at = exited ? process->ended_at : process->used_at;

		if (process->used && process->facts.exited == exited && at > beyond &&
		    at < oldest_at) {
			oldest = process;
			oldest_at = at;
		}
	}
	return oldest;
}

static void model_drop_image(struct model_process *process)
{
	struct model_image *image = process->image;

	process->image = NULL;
	if (!image || --image->references > 0)
		return;
	model.chunks_used -= image->chunks;
	model.counters.images--;
}

static void model_remove(struct model_process *process)
{
	model_drop_image(process);
	model.counters.entries--;
	model.counters.exited -= process->facts.exited;
	process->used = false;
}

static void model_end(struct model_process *process)
{
	process->facts.exited = true;
	process->ended_at = ++model.time;
	model.counters.exited++;
	if (model.counters.exited > MODEL_KEPT)
		model_remove(model_oldest(true, 0));
}

static struct model_process *model_add(const struct rec_id *id)
{
	struct model_process *rival = model_living(id->pid), *process = NULL;
	bool outlived = rival && rival->facts.id.start_ns > id->start_ns;

	if (rival && !outlived) {
		model.counters.reused_pids++;
		model_end(rival);
	}
	if (model.counters.entries == MODEL_MAX) {
		model.counters.evictions++;
		model_remove(model.counters.exited ? model_oldest(true, 0)
						   : model_oldest(false, 0));
	}
	for (size_t i = 0; !process; i++)
		if (!model.processes[i].used)
			process = &model.processes[i];
	*process = (struct model_process){.used = true, .facts.id = *id};
	process->used_at = ++model.time;
	model.counters.entries++;
	if (outlived)
		model_end(process);
	return process;
}

static void model_use(struct model_process *process)
{
	if (process && !process->facts.exited)
		process->used_at = ++model.time;
}

static void model_insert(const struct process *told)
{
	struct model_process *process = model_find(told->id.pid, told->id.start_ns);
	struct process before;

	if (!process)
		process = model_add(&told->id);
	before = process->facts;
	if (before.told_ns == 0 || (before.snapshot && !told->snapshot) ||
	    (before.snapshot == told->snapshot && told->told_ns >= before.told_ns))
		process->facts = *told;
	process->facts.exited = before.exited;
	process->facts.exec_time_ns = before.exec_time_ns;
	process->facts.creator = before.creator.pid ? before.creator : told->creator;
	process->facts.start_wall_ns =
		before.start_wall_ns ? before.start_wall_ns : told->start_wall_ns;
	process->generation = model.generation;
	model_use(process);
}

static void model_exit(const struct rec_id *id)
{
	struct model_process *process = model_find(id->pid, id->start_ns);

	if (!process)
		process = model_add(id);
	if (!process->facts.exited)
		model_end(process);
}

static uint32_t model_chunks(uint32_t length)
{
	return length <= 224 ? 1 : 1 + (length - 224 + 251) / 252;
}

static void model_make_room(uint32_t chunks)
{
	struct model_process *process;
	uint64_t at = 0;

	while (MODEL_CHUNKS - model.chunks_used < chunks &&
	       (process = model_oldest(true, model.passed))) {
		model.counters.image_drops += process->image != NULL;
		model_drop_image(process);
		model.passed = process->ended_at;
	}
	while (MODEL_CHUNKS - model.chunks_used < chunks && (process = model_oldest(false, at))) {
		model.counters.image_drops += process->image != NULL;
		model_drop_image(process);
		at = process->used_at;
	}
}

static void model_set_image(struct model_process *process, const struct model_image *image,
			    uint64_t exec_time_ns)
{
	uint32_t chunks = model_chunks(image->executable_length + image->args_length);
	size_t free_image = 0;

	if (exec_time_ns ? exec_time_ns < process->facts.exec_time_ns : process->image != NULL)
		return;
	if (exec_time_ns)
		process->facts.exec_time_ns = exec_time_ns;
	model_drop_image(process);
	model_make_room(chunks);
	if (MODEL_CHUNKS - model.chunks_used < chunks) {
		model.counters.image_failures++;
		return;
	}
	while (model.images[free_image].references)
		free_image++;
	process->image = &model.images[free_image];
	*process->image = *image;
	process->image->references = 1;
	process->image->chunks = chunks;
	model.chunks_used += chunks;
	model.counters.images++;
}

static void model_share(struct model_process *child, struct model_process *parent)
{
	if (child->image || child->facts.exec_time_ns || !parent->image ||
	    parent->facts.exec_time_ns > child->facts.id.start_ns)
		return;
	child->image = parent->image;
	child->image->references++;
	model_use(child);
}

static uint32_t model_reconcile(void)
{
	struct model_process *process;
	uint64_t at = 0;
	uint32_t gone = 0;

	while ((process = model_oldest(false, at))) {
		at = process->used_at;
		if (process->generation == model.generation)
			continue;
		model_end(process);
		gone++;
	}
	model.counters.lost_exits += gone;
	return gone;
}

static uint64_t random_state;

/* xorshift64*; the same walk every time, so that a failure can be repeated. */
static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

static struct rec_id random_id(void)
{
	return (struct rec_id){.pid = 1 + random_below(MODEL_PIDS),
			       .start_ns = 1000 * (1 + random_below(4))};
}

static void assert_image_as_modelled(struct process_table *table, const struct process *process,
				     const struct model_image *modelled)
{
	uint32_t total = modelled->executable_length + modelled->args_length;
	struct image image;

	assert_true(process_image_describe(table, process, &image));
	assert_int_equal(image.executable_length, modelled->executable_length);
	assert_int_equal(image.args_length, modelled->args_length);
	assert_int_equal(process_image_copy(table, process, IMAGE_BOTH, out, sizeof(out)), total);
	assert_memory_equal(out, bytes + modelled->first_byte, total);
}

static void assert_as_modelled(struct process_table *table, const struct process *process,
			       const struct model_process *modelled)
{
	struct image image;

	if (!modelled) {
		assert_null(process);
		return;
	}
	assert_non_null(process);
	assert_memory_equal(process, &modelled->facts, sizeof(*process));
	if (modelled->image)
		assert_image_as_modelled(table, process, modelled->image);
	else
		assert_false(process_image_describe(table, process, &image));
}

static void walk_insert(struct process_table *table)
{
	struct rec_id id = random_id();
	struct process told = event(id.pid, id.start_ns, 1 + random_below(10000));
	const struct process *process;

	told.snapshot = random_below(4) == 0;
	told.creator.pid = random_below(3);
	told.start_wall_ns = random_below(3);
	process = process_table_insert(table, &told);
	model_insert(&told);
	assert_as_modelled(table, process, model_find(id.pid, id.start_ns));
}

static void walk_set_image(struct process_table *table)
{
	struct rec_id id = random_id();
	struct model_process *modelled = model_find(id.pid, id.start_ns);
	const struct process *process = process_table_find(table, id.pid, id.start_ns);
	struct model_image image = {.first_byte = random_below(256)};
	struct image told = {0};
	uint64_t exec_time_ns = random_below(4) ? 1 + random_below(10000) : 0;

	model_use(modelled);
	if (!modelled)
		return;
	image.executable_length = random_below(random_below(8) ? 300 : IMAGE_EXECUTABLE_MAX + 1);
	image.args_length = random_below(random_below(8) ? 300 : IMAGE_ARGS_MAX + 1);
	told.executable = bytes + image.first_byte;
	told.executable_length = image.executable_length;
	told.args = told.executable + image.executable_length;
	told.args_length = image.args_length;
	process_table_set_image(table, process, &told, exec_time_ns);
	model_set_image(modelled, &image, exec_time_ns);
	assert_as_modelled(table, process, modelled);
}

static void walk_share_image(struct process_table *table)
{
	struct rec_id child_id = random_id(), parent_id = random_id();
	const struct process *child = process_table_find(table, child_id.pid, child_id.start_ns);
	const struct process *parent = process_table_find(table, parent_id.pid, parent_id.start_ns);
	struct model_process *modelled = model_find(child_id.pid, child_id.start_ns);
	struct model_process *modelled_parent = model_find(parent_id.pid, parent_id.start_ns);

	model_use(modelled);
	model_use(modelled_parent);
	if (!modelled || !modelled_parent)
		return;
	process_table_share_image(table, child, parent);
	model_share(modelled, modelled_parent);
	assert_as_modelled(table, child, modelled);
}

static void walk_exit(struct process_table *table)
{
	struct rec_id id = random_id();

	process_table_exit(table, &id);
	model_exit(&id);
	assert_as_modelled(table, process_table_find(table, id.pid, id.start_ns),
			   model_find(id.pid, id.start_ns));
}

static void walk_find_pid(struct process_table *table)
{
	uint32_t pid = 1 + random_below(MODEL_PIDS);
	struct model_process *modelled = model_living(pid);

	assert_as_modelled(table, process_table_find_pid(table, pid), modelled);
	model_use(modelled);
}

static void walk_reconcile(struct process_table *table)
{
	process_table_reconcile_begin(table);
	model.generation++;
	for (uint32_t i = random_below(60); i > 0; i--)
		walk_insert(table);
	assert_int_equal(process_table_reconcile_end(table, false), model_reconcile());
}

static void assert_all_as_modelled(struct process_table *table)
{
	for (uint32_t pid = 1; pid <= MODEL_PIDS; pid++) {
		for (uint64_t start_ns = 1000; start_ns <= 4000; start_ns += 1000) {
			struct model_process *modelled = model_find(pid, start_ns);

			assert_as_modelled(table, process_table_find(table, pid, start_ns),
					   modelled);
			model_use(modelled);
		}
	}
}

static void a_long_random_walk_agrees_with_the_model(void **state)
{
	struct process_table *table =
		new_table(MODEL_MAX, MODEL_KEPT, MODEL_CHUNKS * IMAGE_CHUNK_BYTES);
	struct process_counters counters = {0};

	(void)state;
	random_state = 42;
	model = (struct model){0};
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t dice = random_below(1000);

		if (dice < 300)
			walk_insert(table);
		else if (dice < 550)
			walk_set_image(table);
		else if (dice < 700)
			walk_share_image(table);
		else if (dice < 850)
			walk_exit(table);
		else if (dice < 995)
			walk_find_pid(table);
		else
			walk_reconcile(table);
		process_table_counters(table, &counters);
		model.counters.image_bytes = (uint64_t)model.chunks_used * IMAGE_CHUNK_BYTES;
		assert_int_equal(counters.max_processes, MODEL_MAX);
		counters.hits = counters.misses = counters.max_image_bytes = 0;
		counters.max_processes = 0;
		assert_memory_equal(&counters, &model.counters, sizeof(counters));
		if (round % 256 == 0)
			assert_all_as_modelled(table);
	}
	/* The walk has been everywhere. */
	assert_true(counters.evictions > 100);
	assert_true(counters.image_drops > 100);
	assert_true(counters.reused_pids > 100);
	assert_true(counters.lost_exits > 100);
	process_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_random_walk_agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, fill_bytes, NULL);
}
