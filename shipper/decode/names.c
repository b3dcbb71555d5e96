/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for numbers. A number without a word stays a number: nothing is guessed. */
#include "decode/names.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The C library keeps 32 and 33 for itself and starts its real-time signals behind them. */
#define FIRST_REAL_TIME 34
#define LAST_REAL_TIME 64

static const char *const signals[] = {
	[1] = "SIGHUP",     [2] = "SIGINT",   [3] = "SIGQUIT",   [4] = "SIGILL",   [5] = "SIGTRAP",
	[6] = "SIGABRT",    [7] = "SIGBUS",   [8] = "SIGFPE",    [9] = "SIGKILL",  [10] = "SIGUSR1",
	[11] = "SIGSEGV",   [12] = "SIGUSR2", [13] = "SIGPIPE",  [14] = "SIGALRM", [15] = "SIGTERM",
	[16] = "SIGSTKFLT", [17] = "SIGCHLD", [18] = "SIGCONT",  [19] = "SIGSTOP", [20] = "SIGTSTP",
	[21] = "SIGTTIN",   [22] = "SIGTTOU", [23] = "SIGURG",   [24] = "SIGXCPU", [25] = "SIGXFSZ",
	[26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH", [29] = "SIGIO",   [30] = "SIGPWR",
	[31] = "SIGSYS",
};

static const char *const capabilities[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

static void put_name(char out[NAME_SIZE], const char *name, uint32_t number)
{
	if (name)
		memcpy(out, name, strlen(name) + 1);
	else
		(void)snprintf(out, NAME_SIZE, "%u", number);
}

void name_signal(char out[NAME_SIZE], uint32_t signal)
{
	if (signal == FIRST_REAL_TIME)
		put_name(out, "SIGRTMIN", signal);
	else if (signal > FIRST_REAL_TIME && signal <= LAST_REAL_TIME)
		(void)snprintf(out, NAME_SIZE, "SIGRTMIN+%u", signal - FIRST_REAL_TIME);
	else
		put_name(out, signal < COUNT(signals) ? signals[signal] : NULL, signal);
}

void name_capability(char out[NAME_SIZE], unsigned int bit)
{
	put_name(out, bit < COUNT(capabilities) ? capabilities[bit] : NULL, bit);
}

bool name_next_capability(char out[NAME_SIZE], uint64_t bits, size_t *cursor)
{
	while (*cursor < 64 && !(bits >> *cursor & 1))
		(*cursor)++;
	if (*cursor == 64)
		return false;
	name_capability(out, (unsigned int)(*cursor)++);
	return true;
}

struct flag {
	uint64_t bits;
	const char *name;
};

/* Flags that consist of several bits stand before those that are one of them. */
static bool next_flag(char out[NAME_SIZE], const struct flag *flags, uint64_t left, size_t *cursor)
{
	size_t i = 0;

	for (; flags[i].name; i++) {
		if ((left & flags[i].bits) != flags[i].bits)
			continue;
		left &= ~flags[i].bits;
		if (i < *cursor)
			continue;
		*cursor = i + 1;
		put_name(out, flags[i].name, 0);
		return true;
	}
	if (left == 0 || *cursor > i)
		return false;
	*cursor = i + 1;
	(void)snprintf(out, NAME_SIZE, "0x%llx", (unsigned long long)left);
	return true;
}

/* Of x86_64, asm-generic/fcntl.h; the C library has 0 there. */
#define KERNEL_O_LARGEFILE 0100000

bool name_next_open_flag(char out[NAME_SIZE], uint64_t flags, size_t *cursor)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", NULL};
	static const struct flag named[] = {
		{O_CREAT, "O_CREAT"},
		{O_EXCL, "O_EXCL"},
		{O_NOCTTY, "O_NOCTTY"},
		{O_TRUNC, "O_TRUNC"},
		{O_APPEND, "O_APPEND"},
		{O_NONBLOCK, "O_NONBLOCK"},
		{O_SYNC, "O_SYNC"},
		{O_DSYNC, "O_DSYNC"},
		{O_ASYNC, "O_ASYNC"},
		{O_DIRECT, "O_DIRECT"},
		{O_TMPFILE, "O_TMPFILE"},
		{O_DIRECTORY, "O_DIRECTORY"},
		{O_NOFOLLOW, "O_NOFOLLOW"},
		{O_NOATIME, "O_NOATIME"},
		{O_CLOEXEC, "O_CLOEXEC"},
		{O_PATH, "O_PATH"},
		{O_LARGEFILE ? O_LARGEFILE : KERNEL_O_LARGEFILE, "O_LARGEFILE"},
		{},
	};
	size_t at;

	if (*cursor == 0) {
		*cursor = 1;
		put_name(out, modes[flags & O_ACCMODE], (uint32_t)(flags & O_ACCMODE));
		return true;
	}
	at = *cursor - 1;
	if (!next_flag(out, named, flags & ~(uint64_t)O_ACCMODE, &at))
		return false;
	*cursor = at + 1;
	return true;
}

bool name_next_resolve_flag(char out[NAME_SIZE], uint64_t flags, size_t *cursor)
{
	static const struct flag named[] = {
		{RESOLVE_NO_XDEV, "RESOLVE_NO_XDEV"},
		{RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS"},
		{RESOLVE_NO_SYMLINKS, "RESOLVE_NO_SYMLINKS"},
		{RESOLVE_BENEATH, "RESOLVE_BENEATH"},
		{RESOLVE_IN_ROOT, "RESOLVE_IN_ROOT"},
		{RESOLVE_CACHED, "RESOLVE_CACHED"},
		{},
	};

	return next_flag(out, named, flags, cursor);
}

void name_errno(char out[NAME_SIZE], uint32_t number)
{
	put_name(out, strerrorname_np((int)number), number);
}

const char *name_error_text(uint32_t number)
{
	return strerrordesc_np((int)number);
}

const char *name_file_type(uint32_t mode)
{
	static const char *const types[16] = {
		[S_IFREG >> 12] = "file",         [S_IFDIR >> 12] = "dir",
		[S_IFLNK >> 12] = "symlink",      [S_IFIFO >> 12] = "fifo",
		[S_IFSOCK >> 12] = "socket",      [S_IFCHR >> 12] = "character_device",
		[S_IFBLK >> 12] = "block_device",
	};

	return types[(mode & S_IFMT) >> 12];
}
