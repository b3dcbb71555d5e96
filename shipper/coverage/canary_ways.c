/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw system calls: what a library would do for us is what is tried out. Knows no records. */
#include "coverage/canary_ways.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct rings {
	int fd;
	char *submissions, *completions;
	struct io_uring_sqe *entries;
};

static void *map(const struct rings *rings, size_t size, off_t what)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			    rings->fd, what);

	return memory == MAP_FAILED ? NULL : memory;
}

static int set_up(struct rings *rings, struct io_uring_params *params)
{
	long fd = syscall(SYS_io_uring_setup, 1, params);

	if (fd < 0)
		return errno;
	rings->fd = (int)fd;
	rings->submissions =
		map(rings, params->sq_off.array + sizeof(uint32_t), IORING_OFF_SQ_RING);
	rings->completions =
		map(rings, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
		    IORING_OFF_CQ_RING);
	rings->entries = map(rings, sizeof(*rings->entries), IORING_OFF_SQES);
	return rings->submissions && rings->completions && rings->entries ? 0 : ENOMEM;
}

/* The rings are new: the first entry is at hand, and the first result is its. */
static int submit(const struct rings *rings, const struct io_uring_params *params)
{
	uint32_t *tail = (uint32_t *)(void *)(rings->submissions + params->sq_off.tail);
	const struct io_uring_cqe *result =
		(const void *)(rings->completions + params->cq_off.cqes);

	*(uint32_t *)(void *)(rings->submissions + params->sq_off.array) = 0;
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, rings->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	return __atomic_load_n(&result->res, __ATOMIC_ACQUIRE);
}

int canary_open_by_io_uring(const char *path)
{
	struct io_uring_params params = {0};
	struct rings rings = {.fd = -1};
	int result = set_up(&rings, &params);

	if (result)
		return result;
	rings.entries[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)path,
		.open_flags = O_WRONLY | O_CLOEXEC,
	};
	result = submit(&rings, &params);
	if (result >= 0)
		(void)close(result);
	return result < 0 ? -result : 0;
}

#ifdef __x86_64__

#define OPEN_OF_32BIT 5

static sigjmp_buf no_entry;

/* What a kernel without the entry answers. */
static void leave(int signal_number)
{
	(void)signal_number;
	siglongjmp(no_entry, 1);
}

static long open_by_interrupt(const char *path)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(OPEN_OF_32BIT), "b"(path), "c"(O_WRONLY | O_CLOEXEC), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

int canary_open_by_32bit(const char *path)
{
	size_t size = strlen(path) + 1;
	char *low = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	if (low == MAP_FAILED)
		return errno;
	memcpy(low, path, size);
	(void)signal(SIGSEGV, leave);
	if (sigsetjmp(no_entry, 1))
		return ENOSYS;
	result = open_by_interrupt(low);
	if (result >= 0)
		(void)close((int)result);
	return result < 0 ? (int)-result : 0;
}

#else

int canary_open_by_32bit(const char *path)
{
	(void)path;
	return ENOSYS;
}

#endif
