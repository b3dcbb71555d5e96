/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be done with a set of probes by its descriptors alone, whoever has loaded it: read,
 * switch, count, detach. Must not know libbpf.
 */
#include "capture/probes_set.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/bpf_call.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LAYOUT_VERSION 1
#define SETTLE_NS 50000000 /* a hook takes microseconds, and has the CPU taken away at most */

const char *probes_map_name(enum probes_map map)
{
	static const char *const names[] = {
		[PROBES_VITAL] = "vital",
		[PROBES_BULK] = "bulk",
		[PROBES_COUNTS] = "counts",
		[PROBES_READER] = "reader",
		[PROBES_PROGRESS] = "progress",
		[PROBES_SWITCH] = "generation",
		[PROBES_MARKS] = "marks",
		[PROBES_FILTER_SETTINGS] = "filter_settings",
		[PROBES_FILTER_ENTRIES] = "filter_entries",
		[PROBES_FILTER_NAMES] = "filter_names",
		[PROBES_LEFT_OUT] = "left_out",
		[PROBES_EXECUTABLES] = "executables",
	};

	return names[map];
}

void probes_fill_layout(struct probes_layout *ret_layout)
{
	*ret_layout = (struct probes_layout){
		.version = LAYOUT_VERSION,
		.abi = REC_ABI,
		.counts_bytes = sizeof(struct rec_counts),
		.progress_bytes = sizeof(struct rec_progress),
		.switch_bytes = sizeof(struct rec_switch),
		.reader_bytes = sizeof(struct rec_reader),
	};
}

struct probes *probes_new(void)
{
	struct probes *probes = calloc(1, sizeof(*probes));

	if (!probes)
		return NULL;
	memset(probes->parts, -1, sizeof(probes->parts));
	memset(probes->maps, -1, sizeof(probes->maps));
	return probes;
}

/* Size of a map's memory; 0 when it has none of that kind. */
static size_t memory_size(const struct probes *probes, enum probes_map map, size_t value_size)
{
	struct bpf_map_info info;

	if (bpf_call_map_info(probes->maps[map], &info) < 0 || info.value_size != value_size)
		return 0;
	return info.max_entries * value_size;
}

static int map_memory(const struct probes *probes, enum probes_map map, size_t value_size,
		      size_t values, void **ret_memory, struct err *err)
{
	size_t size = memory_size(probes, map, value_size);
	void *memory;

	if (size < values * value_size || size == 0)
		return err_set(err, -EBADMSG, "the BPF map '%s' is not what it should be",
			       probes_map_name(map));
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, probes->maps[map], 0);
	if (memory == MAP_FAILED)
		return err_set(err, -errno, "cannot map the BPF map '%s': %s", probes_map_name(map),
			       strerror(errno));
	*ret_memory = memory;
	return 0;
}

static int find_ring(struct probes *probes, enum probes_map map, enum rec_ring ring,
		     struct err *err)
{
	struct bpf_map_info info;

	if (bpf_call_map_info(probes->maps[map], &info) < 0 || info.type != BPF_MAP_TYPE_RINGBUF)
		return err_set(err, -EBADMSG, "the BPF map '%s' is no ring", probes_map_name(map));
	probes->ring_bytes[ring] = info.max_entries;
	return 0;
}

int probes_map_all(struct probes *probes, struct err *err)
{
	const size_t slots = (size_t)probes->about.cpus * REC_CLASSES * REC_RING_SHIPPER;
	const struct {
		enum probes_map map;
		size_t value_size, values;
		void **memory;
	} shared[] = {
		{PROBES_COUNTS, sizeof(*probes->counts), slots, (void **)&probes->counts},
		{PROBES_PROGRESS, sizeof(*probes->progress), slots, (void **)&probes->progress},
		{PROBES_READER, sizeof(*probes->reader), 1, (void **)&probes->reader},
		{PROBES_SWITCH, sizeof(*probes->control), 1, (void **)&probes->control},
		{PROBES_MARKS, sizeof(*probes->marks), 1, (void **)&probes->marks},
	};
	int result = find_ring(probes, PROBES_VITAL, REC_RING_VITAL, err);

	if (result == 0)
		result = find_ring(probes, PROBES_BULK, REC_RING_BULK, err);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]) && result == 0; i++)
		result = map_memory(probes, shared[i].map, shared[i].value_size, shared[i].values,
				    shared[i].memory, err);
	if (result == 0)
		probes->marks_count =
			(uint32_t)(memory_size(probes, PROBES_MARKS, sizeof(*probes->marks)) /
				   sizeof(*probes->marks));
	return result;
}

static void unmap(const struct probes *probes, enum probes_map map, void *memory, size_t value_size)
{
	if (memory)
		(void)munmap(memory, memory_size(probes, map, value_size));
}

static void take_off(int *link_fd)
{
	io_close(*link_fd);
	*link_fd = -1;
}

void probes_close(struct probes *probes)
{
	if (!probes)
		return;
	probes_detach(probes);
	unmap(probes, PROBES_COUNTS, probes->counts, sizeof(*probes->counts));
	unmap(probes, PROBES_PROGRESS, probes->progress, sizeof(*probes->progress));
	unmap(probes, PROBES_READER, probes->reader, sizeof(*probes->reader));
	unmap(probes, PROBES_SWITCH, probes->control, sizeof(*probes->control));
	unmap(probes, PROBES_MARKS, probes->marks, sizeof(*probes->marks));
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		io_close(probes->parts[i][PROBES_PROGRAM]);
		io_close(probes->parts[i][PROBES_AGAIN]);
	}
	for (int i = 0; i < PROBES_MAPS; i++)
		io_close(probes->maps[i]);
	probes_free_loader(probes->loader);
	free(probes);
}

void probes_detach(struct probes *probes)
{
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		take_off(&probes->parts[i][PROBES_LINK]);
		take_off(&probes->parts[i][PROBES_AGAIN_LINK]);
		probes->status[i].attached = false;
	}
}

/* MEMBARRIER_CMD_GLOBAL waits for an RCU grace period (membarrier(2)), and hooks run inside RCU.
 * Where CPUs run without a tick (nohz_full) the kernel refuses it. */
void probes_settle(void)
{
	struct timespec left = {.tv_nsec = SETTLE_NS};

	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0)
		return;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

bool probes_settle_knows(void)
{
	long commands = syscall(__NR_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);

	return commands > 0 && (commands & MEMBARRIER_CMD_GLOBAL);
}

/*
 * First, no event may go on that began before the newer set was called for it, or nobody would
 * record it. A mark that the older set has just left is still needed by the newer one, called right
 * after it, so none is taken away before every event that met the store is over. Then old ones must
 * go: with the older set detached nobody would, and a process that runs two programs looks twice
 * the same.
 */
void probes_take_over(struct probes *probes)
{
	probes_settle();
	__atomic_store_n(&probes->control->generation, probes->about.number, __ATOMIC_SEQ_CST);
	probes_settle();
	for (uint32_t i = 0; i < probes->marks_count; i++)
		__atomic_store_n(&probes->marks[i], 0, __ATOMIC_SEQ_CST);
}

void probes_record_until(struct probes *probes, uint64_t until_ns)
{
	__atomic_store_n(&probes->control->until_ns, until_ns, __ATOMIC_SEQ_CST);
}

void probes_filter_maps(const struct probes *probes, struct filter_maps_options *ret_options)
{
	*ret_options = (struct filter_maps_options){
		.settings_fd = probes->maps[PROBES_FILTER_SETTINGS],
		.entries_fd = probes->maps[PROBES_FILTER_ENTRIES],
		.names_fd = probes->maps[PROBES_FILTER_NAMES],
		.left_out_fd = probes->maps[PROBES_LEFT_OUT],
		.cpus = probes->about.cpus,
	};
}

void probes_read_about(struct probes *probes)
{
	for (size_t i = 0; i < probes->about.hooks; i++) {
		struct probes_about_hook *hook = &probes->about.hook[i];

		hook->name[sizeof(hook->name) - 1] = hook->why[sizeof(hook->why) - 1] = '\0';
		probes->status[i] = (struct probe_status){
			.name = hook->name,
			.required = hook->required,
			.optional = hook->optional,
			.attached = hook->attached,
		};
		memcpy(probes->status[i].why, hook->why, sizeof(probes->status[i].why));
	}
}

void probes_write_about(struct probes *probes)
{
	for (size_t i = 0; i < probes->about.hooks; i++) {
		struct probes_about_hook *hook = &probes->about.hook[i];
		const struct probe_status *status = &probes->status[i];

		hook->required = status->required;
		hook->optional = status->optional;
		hook->attached = status->attached;
		hook->parts = 0;
		for (int part = 0; part < PROBES_PARTS; part++)
			hook->parts |= (uint8_t)((probes->parts[i][part] >= 0) << part);
		memcpy(hook->why, status->why, sizeof(hook->why));
	}
}

size_t probes_status(const struct probes *probes, const struct probe_status **ret_status)
{
	*ret_status = probes->status;
	return probes->about.hooks;
}

/*
 * False: the kernel is older than this counter. Where a hook has a second program, that one does
 * what the first has missed, so that its own count is the bound of what nobody did.
 */
static bool count_missed(const struct probes *probes, size_t i, uint64_t *ret_missed)
{
	int again = probes->parts[i][PROBES_AGAIN];
	int program = again >= 0 ? again : probes->parts[i][PROBES_PROGRAM];
	struct bpf_prog_info info;
	uint32_t size;

	*ret_missed = 0;
	if (program < 0 || bpf_call_program_info(program, &info, &size) < 0 ||
	    size < offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses))
		return false;
	*ret_missed = info.recursion_misses;
	return true;
}

void probes_count_missed(struct probes *probes)
{
	for (size_t i = 0; i < probes->about.hooks; i++) {
		struct probe_status *status = &probes->status[i];

		status->counts_missed = count_missed(probes, i, &status->missed);
		status->missed += probes->past_missed[i];
	}
}

void probes_carry_over(struct probes *probes, const struct probes *old)
{
	for (size_t i = 0; i < probes->about.hooks; i++) {
		for (size_t j = 0; j < old->about.hooks; j++) {
			uint64_t missed;

			if (strcmp(probes->status[i].name, old->status[j].name) != 0)
				continue;
			(void)count_missed(old, j, &missed);
			probes->past_missed[i] = old->past_missed[j] + missed;
		}
	}
}

/* Records come back to back; a read may end anywhere. */
static size_t hand_out(const char *data, size_t filled, probes_snapshot_handler handler, void *arg)
{
	size_t at = 0;

	while (filled - at >= sizeof(struct rec_header)) {
		struct rec_header header;

		memcpy(&header, data + at, sizeof(header));
		if (header.size < sizeof(header) || header.size > filled - at)
			break;
		handler(arg, data + at, header.size);
		at += header.size;
	}
	return at;
}

int probes_snapshot(struct probes *probes, probes_snapshot_handler handler, void *data,
		    struct err *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *buffer = malloc(2 * REC_MAX_SIZE);
	size_t filled = 0;
	int link = probes->parts[probes->about.snapshot][PROBES_LINK];

	if (!buffer)
		return err_set(err, -ENOMEM, "no memory for the snapshot of processes");
	if (link < 0)
		return err_set(err, -ENOENT, "the task iterator is not attached");
	fd = bpf_call_iterate(link);
	if (fd < 0)
		return err_set(err, fd, "cannot start the task iterator: %s", strerror(-fd));
	for (;;) {
		ssize_t n = read(fd, buffer + filled, 2 * REC_MAX_SIZE - filled);
		size_t used;

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_set(err, -errno, "cannot read the task iterator: %s",
				       strerror(errno));
		if (n == 0)
			return 0;
		filled += (size_t)n;
		used = hand_out(buffer, filled, handler, data);
		filled -= used;
		memmove(buffer, buffer + used, filled);
	}
}

int probes_ring_fd(const struct probes *probes, enum rec_ring ring)
{
	return probes->maps[ring == REC_RING_BULK ? PROBES_BULK : PROBES_VITAL];
}

uint64_t probes_ring_bytes(const struct probes *probes, enum rec_ring ring)
{
	return probes->ring_bytes[ring];
}

const struct rec_counts *probes_counts(const struct probes *probes)
{
	return probes->counts;
}

struct rec_progress *probes_progress(struct probes *probes)
{
	return probes->progress;
}

struct rec_reader *probes_reader(struct probes *probes)
{
	return probes->reader;
}

uint64_t probes_number(const struct probes *probes)
{
	return probes->about.number;
}

uint32_t probes_token(const struct probes *probes)
{
	return probes->about.token;
}

const uint8_t *probes_hash(const struct probes *probes)
{
	return probes->about.hash;
}

bool probes_are_in_force(const struct probes *probes)
{
	return !probes->damaged && probes->control->generation == probes->about.number;
}
