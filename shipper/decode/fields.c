/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one description of every record and of the enrichment. Nothing here knows JSON or files.
 * A row whose member has the wrong C type for its field type does not compile.
 */
#include "decode/fields.h"

#include "decode/decode.h"
#include "decode/enriched.h"

#include <string.h>

#define IS_U8(x) _Generic((x), __u8 : 1, default : 0)
#define IS_U32(x) _Generic((x), __u32 : 1, default : 0)
#define IS_U64(x) _Generic((x), __u64 : 1, uint64_t : 1, default : 0)
#define IS_S64(x) _Generic((x), __s64 : 1, default : 0)
#define IS_STRING(x) _Generic((x), struct rec_string : 1, default : 0)
#define IS_BYTES(x) _Generic((x), __u8 * : 1, default : 0)
#define IS_CHARS(x) _Generic((x), char * : 1, default : 0)

#define FITS_HIDDEN(x) 1
#define FITS_NUMBER(x) (IS_U8(x) || IS_U32(x) || IS_U64(x) || _Generic((x), __u16 : 1, default : 0))
#define FITS_ID(x) (IS_U32(x) || IS_U64(x))
#define FITS_HEX(x) IS_U64(x)
#define FITS_BOOL(x) (IS_U8(x) || IS_U32(x))
#define FITS_ENUM(x) IS_U8(x)
#define FITS_STRING(x) IS_STRING(x)
#define FITS_PATH(x) IS_STRING(x)
#define FITS_BASENAME(x) IS_STRING(x)
#define FITS_DIRNAME(x) IS_STRING(x)
#define FITS_LIST(x) IS_STRING(x)
#define FITS_JOINED(x) IS_STRING(x)
#define FITS_COMM(x) IS_CHARS(x)
#define FITS_TIME_BOOT(x) IS_U64(x)
#define FITS_TIME_WALL(x) IS_U64(x)
#define FITS_UUID(x) IS_BYTES(x)
#define FITS_MODE(x) IS_U32(x)
#define FITS_FILE_TYPE(x) IS_U32(x)
#define FITS_DEVICE(x) IS_U32(x)
#define FITS_MAJOR(x) IS_U32(x)
#define FITS_MINOR(x) IS_U32(x)
#define FITS_CAPS(x) IS_U64(x)
#define FITS_SIGNAL(x) IS_U32(x)
#define FITS_SIGNED(x) IS_S64(x)
#define FITS_ERRNO(x) IS_U32(x)
#define FITS_ERROR_TEXT(x) IS_U32(x)
#define FITS_OPEN_FLAGS(x) IS_U64(x)
#define FITS_RESOLVE(x) IS_U64(x)
#define FITS_MAP(x) IS_STRING(x)

#define MEMBER(s, m) (((s *)0)->m)
#define IS_PLAIN(t) ((t) == FIELD_NUMBER || (t) == FIELD_SIGNED)
/* Part of what another row of the same member shows, which is checked there. */
#define IS_DERIVED(t) ((t) == FIELD_BASENAME || (t) == FIELD_DIRNAME || (t) == FIELD_JOINED)
#define CHECK(x, t)                                            \
	(IS_DERIVED(t)                   ? FIELD_CHECK_NOTHING \
	 : IS_STRING(x)                  ? FIELD_CHECK_STRING  \
	 : (t) == FIELD_ENUM             ? FIELD_CHECK_NAME    \
	 : sizeof(x) == 8 && IS_PLAIN(t) ? FIELD_CHECK_NUMBER  \
					 : FIELD_CHECK_NOTHING)
#define ROW(s, m, p, t, f, list, text)                                                            \
	{                                                                                         \
		.path = (p), .doc = (text), .names = (list), .offset = (uint16_t)offsetof(s, m),  \
		.size = (uint8_t)sizeof(MEMBER(s, m)),                                            \
		.type = (uint8_t)(FIELD_##t + 0 * sizeof(char[FITS_##t(MEMBER(s, m)) ? 1 : -1])), \
		.flags = (f), .check = CHECK(MEMBER(s, m), FIELD_##t),                            \
	}
#define FIELD(s, m, p, t, f, text) ROW(s, m, p, t, f, NULL, text)
#define NAMED(s, m, p, list, f, text) ROW(s, m, p, ENUM, f, list, text)
#define HIDDEN(s, m, text) ROW(s, m, NULL, HIDDEN, 0, NULL, text)
/* clang-format off */
#define END {0}

static const char *const ring_names[] = {"vital", "bulk", "shipper", NULL};
static const char *const class_names[] = {"task", "softirq", "iterator", "preempted", NULL};
static const char *const syscall_names[] = {
	"io_uring", "open", "openat", "openat2", "creat", "open_by_handle_at", "execve", "execveat", NULL};
static const char *const entry_names[] = {"unknown", "init", "sshd", "ssm", "container", "terminal", "console", NULL};
static const char *const stop_names[] = {"signal", "time_over", "reader_gone", "error", NULL};
static const char *const signal_ways[] = {"none", "kill", "tgkill", "queue", "kernel", NULL};
static const char *const clock_names[] = {"kernel", "comparison", NULL};
/* By enum journal_gap_reason, from 1. */
static const char *const gap_names[] = {"size", "age", "free_space", "damaged", "missing", NULL};
static const char *const occasion_names[] = {"start", "request", NULL};
static const char *const loss_names[] = {"ring_buffer_full", "no_scratch", "record_too_large", "no_agent", NULL};

static const char *const name_sources[] = {"unknown", "files", "container", NULL};

#define FIELD_OF_GIVEN (FIELD_OF_FILE | FIELD_CUT_AT_END)

/* In the full form of an event only. */
#define FULL_SKIP_ZERO (FIELD_SKIP_ZERO | FIELD_FULL_ONLY)
#define FULL_REQUIRED (FIELD_REQUIRED | FIELD_FULL_ONLY)

#define HEADER(m, ...) FIELD(struct rec_header, m, __VA_ARGS__)
const struct field header_fields[] = {
	HIDDEN(struct rec_header, size, "Bytes of the record."),
	HIDDEN(struct rec_header, kind, "Kind of the record; event.action names it."),
	HIDDEN(struct rec_header, abi, "Version of the wire format."),
	NAMED(struct rec_header, class, "Linux.sequence.class", class_names, FIELD_REQUIRED,
	      "Context of the probe; each counts for itself."),
	HEADER(cpu, "Linux.sequence.cpu", NUMBER, FIELD_REQUIRED, "CPU the probe ran on."),
	NAMED(struct rec_header, ring, "Linux.sequence.ring", ring_names, FIELD_REQUIRED,
	      "Ring buffer the record came through."),
	HIDDEN(struct rec_header, flags, "How the shipper treats the record."),
	HEADER(generation, "Linux.sequence.generation", NUMBER, FIELD_REQUIRED,
	       "Set of probes that gave the number: 0 at the start, one more at each reload that loads others."),
	HEADER(sequence, "Linux.sequence.number", NUMBER, FIELD_REQUIRED,
	       "Number the kernel side gave the record, per ring, CPU and class, without gaps."),
	HEADER(time_ns, "@timestamp", TIME_BOOT, FIELD_REQUIRED, "When it happened, UTC."),
	HEADER(time_ns, "Linux.time.boot_ns", ID, FIELD_REQUIRED,
	       "When it happened, in nanoseconds of CLOCK_BOOTTIME."),
	END
};

#define TASK(m, ...) FIELD(struct task_record, task.m, __VA_ARGS__)
#define HIDDEN_TASK(m, text) HIDDEN(struct task_record, task.m, text)
const struct field task_fields[] = {
	TASK(id.pid, "process.pid", NUMBER, FIELD_REQUIRED, "Process id."),
	TASK(id.ns_pid, "process.vpid", NUMBER, FULL_SKIP_ZERO,
	     "Process id in its own pid namespace."),
	HIDDEN_TASK(id.start_ns, "Part of process.entity_id; process.start shows it."),
	TASK(id.pid_ns, "Linux.namespaces.pid", ID, FULL_SKIP_ZERO,
	     "Inode number of the pid namespace."),
	HIDDEN_TASK(id.pad, "Padding."),
	TASK(parent.pid, "process.parent.pid", NUMBER, FIELD_SKIP_ZERO,
	     "Process id of the current parent."),
	TASK(parent.ns_pid, "process.parent.vpid", NUMBER, FULL_SKIP_ZERO,
	     "Process id of the current parent in the parent's own pid namespace."),
	HIDDEN_TASK(parent.start_ns, "Part of process.parent.entity_id."),
	HIDDEN_TASK(parent.pid_ns, "Part of process.parent.entity_id."),
	HIDDEN_TASK(parent.pad, "Padding."),
	TASK(creds.uid, "process.real_user.id", ID, FULL_REQUIRED, "Real user id."),
	TASK(creds.gid, "process.real_group.id", ID, FULL_REQUIRED, "Real group id."),
	TASK(creds.euid, "process.user.id", ID, FIELD_REQUIRED, "Effective user id."),
	TASK(creds.euid, "user.id", ID, FIELD_REQUIRED, "Effective user id of the acting process."),
	TASK(creds.egid, "process.group.id", ID, FULL_REQUIRED, "Effective group id."),
	TASK(creds.egid, "group.id", ID, FIELD_REQUIRED,
	     "Effective group id of the acting process."),
	TASK(creds.suid, "process.saved_user.id", ID, FULL_REQUIRED, "Saved user id."),
	TASK(creds.sgid, "process.saved_group.id", ID, FULL_REQUIRED, "Saved group id."),
	TASK(creds.fsuid, "Linux.fs_user.id", ID, FULL_REQUIRED, "File system user id."),
	TASK(creds.fsgid, "Linux.fs_group.id", ID, FULL_REQUIRED, "File system group id."),
	TASK(creds.login_uid, "Linux.audit.user.id", ID, FIELD_SKIP_UNSET,
	     "Login (audit) user id; absent for what no login started."),
	TASK(creds.audit_session, "Linux.audit.session", ID, FIELD_SKIP_UNSET, "Audit session."),
	TASK(creds.cap_inheritable, "Linux.capabilities.inheritable", CAPS, FULL_SKIP_ZERO,
	     "Inheritable capabilities."),
	TASK(creds.cap_permitted, "process.thread.capabilities.permitted", CAPS, FULL_SKIP_ZERO,
	     "Permitted capabilities."),
	TASK(creds.cap_effective, "process.thread.capabilities.effective", CAPS, FULL_SKIP_ZERO,
	     "Effective capabilities."),
	TASK(creds.cap_bounding, "Linux.capabilities.bounding_hex", HEX, FULL_REQUIRED,
	     "Bounding set, as in /proc/PID/status."),
	TASK(creds.cap_ambient, "Linux.capabilities.ambient", CAPS, FULL_SKIP_ZERO,
	     "Ambient capabilities."),
	TASK(ns.cgroup, "Linux.namespaces.cgroup", ID, FULL_SKIP_ZERO,
	     "Inode number of the cgroup namespace."),
	TASK(ns.ipc, "Linux.namespaces.ipc", ID, FULL_SKIP_ZERO,
	     "Inode number of the IPC namespace."),
	TASK(ns.mnt, "Linux.namespaces.mnt", ID, FULL_SKIP_ZERO,
	     "Inode number of the mount namespace."),
	TASK(ns.net, "Linux.namespaces.net", ID, FULL_SKIP_ZERO,
	     "Inode number of the network namespace."),
	TASK(ns.time, "Linux.namespaces.time", ID, FULL_SKIP_ZERO,
	     "Inode number of the time namespace."),
	TASK(ns.user, "Linux.namespaces.user", ID, FULL_SKIP_ZERO,
	     "Inode number of the user namespace."),
	TASK(ns.uts, "Linux.namespaces.uts", ID, FULL_SKIP_ZERO,
	     "Inode number of the UTS namespace."),
	HIDDEN_TASK(ns.root_mount, "Tells whose names are meant."),
	TASK(cgroup_id, "Linux.cgroup.id", ID, FIELD_SKIP_ZERO,
	     "Cgroup of the v2 hierarchy: inode number of its directory."),
	TASK(tid, "process.thread.id", NUMBER, FIELD_REQUIRED, "Thread that caused the event."),
	TASK(tty, "process.tty.char_device.major", MAJOR, FULL_SKIP_ZERO,
	     "Major number of the controlling terminal."),
	TASK(tty, "process.tty.char_device.minor", MINOR, FULL_SKIP_ZERO,
	     "Minor number of the controlling terminal."),
	TASK(session.pid, "process.session_leader.pid", NUMBER, FULL_SKIP_ZERO,
	     "Session id: process id of the leader, which may have ended."),
	TASK(session.ns_pid, "process.session_leader.vpid", NUMBER, FULL_SKIP_ZERO,
	     "The same in the leader's own pid namespace."),
	HIDDEN_TASK(session.start_ns, "Part of process.session_leader.entity_id."),
	HIDDEN_TASK(session.pid_ns, "Part of process.session_leader.entity_id."),
	HIDDEN_TASK(session.pad, "Padding."),
	TASK(group.pid, "process.group_leader.pid", NUMBER, FULL_SKIP_ZERO,
	     "Process group id: process id of the leader, which may have ended."),
	TASK(group.ns_pid, "process.group_leader.vpid", NUMBER, FULL_SKIP_ZERO,
	     "The same in the leader's own pid namespace."),
	HIDDEN_TASK(group.start_ns, "Part of process.group_leader.entity_id."),
	HIDDEN_TASK(group.pid_ns, "Part of process.group_leader.entity_id."),
	HIDDEN_TASK(group.pad, "Padding."),
	TASK(kernel_thread, "Linux.kernel_thread", BOOL, FIELD_SKIP_ZERO, "True for a kernel thread."),
	HIDDEN_TASK(pad, "Padding."),
	HIDDEN_TASK(exec_id, "Tells whether what is known of its program still holds."),
	TASK(comm, "process.thread.name", COMM, 0,
	     "Name the thread gave itself (comm); cut by the kernel at 15 bytes."),
	TASK(cgroup_v1_id, "Linux.cgroup.v1_id", ID, FIELD_SKIP_ZERO,
	     "Cgroup of the v1 hierarchy that has the pids controller, else memory: inode number of its "
	     "directory."),
	HIDDEN_TASK(cgroup_v1_hierarchy, "Tells equal numbers of two hierarchies apart."),
	HIDDEN_TASK(root_directory, "Tells whose names are meant."),
	END
};

#define FORK(m, ...) FIELD(struct rec_fork, m, __VA_ARGS__)
static const struct field fork_fields[] = {
	FORK(creator.pid, "Linux.creator.pid", NUMBER, FIELD_SKIP_ZERO,
	     "Process that made this one; not its parent under CLONE_PARENT."),
	HIDDEN(struct rec_fork, creator.ns_pid, "Part of Linux.creator.entity_id."),
	HIDDEN(struct rec_fork, creator.start_ns, "Part of Linux.creator.entity_id."),
	HIDDEN(struct rec_fork, creator.pid_ns, "Part of Linux.creator.entity_id."),
	HIDDEN(struct rec_fork, creator.pad, "Padding."),
	FORK(creator_tid, "Linux.creator.thread_id", NUMBER, FIELD_SKIP_ZERO, "Thread that made it."),
	FORK(exit_signal, "Linux.clone.exit_signal", SIGNAL, FIELD_SKIP_ZERO,
	     "Signal that the parent gets when it ends."),
	END
};

#define EXEC(m, ...) FIELD(struct rec_exec, m, __VA_ARGS__)
static const struct field exec_fields[] = {
	EXEC(inode, "file.inode", ID, FIELD_REQUIRED, "Inode number of the binary."),
	EXEC(file_size, "file.size", NUMBER, FIELD_REQUIRED, "Size of the binary in bytes."),
	EXEC(device, "file.device", DEVICE, FIELD_REQUIRED, "File system of the binary, MAJOR:MINOR."),
	EXEC(mode, "file.mode", MODE, FIELD_REQUIRED, "Permission bits of the binary."),
	EXEC(mode, "file.type", FILE_TYPE, 0, "Type of the binary: file."),
	EXEC(file_uid, "file.uid", ID, FIELD_REQUIRED, "Owner of the binary."),
	EXEC(file_gid, "file.gid", ID, FIELD_REQUIRED, "Group of the binary."),
	EXEC(old_tid, "Linux.exec.thread_id", NUMBER, FIELD_REQUIRED,
	     "Thread that called exec; it took over the process id."),
	EXEC(args_count, "process.args_count", NUMBER, FIELD_REQUIRED,
	     "Arguments there were, also when process.args was cut."),
	EXEC(secure, "Linux.exec.secure", BOOL, FIELD_REQUIRED, "Privileges rose (AT_SECURE)."),
	EXEC(setuid, "Linux.exec.setuid", BOOL, FIELD_REQUIRED, "The binary has the set-user-id bit."),
	EXEC(setgid, "Linux.exec.setgid", BOOL, FIELD_REQUIRED, "The binary has the set-group-id bit."),
	EXEC(memfd, "Linux.exec.memfd", BOOL, FIELD_REQUIRED, "The binary lives in memory only (memfd)."),
	EXEC(deleted, "Linux.exec.deleted", BOOL, FIELD_REQUIRED,
	     "The binary has no name any more: deleted, or never had one."),
	HIDDEN(struct rec_exec, pad, "Padding."),
	EXEC(executable, "process.executable", PATH, 0,
	     "Path of the executed binary from the root of its mount namespace."),
	EXEC(executable, "process.name", BASENAME, 0, "Last part of process.executable."),
	EXEC(executable, "file.path", PATH, 0, "The same path."),
	EXEC(executable, "file.name", BASENAME, 0, "Last part of file.path."),
	EXEC(executable, "file.directory", DIRNAME, 0, "Directory of the binary."),
	EXEC(cwd, "process.working_directory", PATH, 0, "Working directory."),
	EXEC(filename, "Linux.exec.filename", STRING, 0, "File name as given to exec."),
	EXEC(interpreter, "Linux.exec.interpreter", STRING, 0,
	     "Interpreter as the script's first line names it; absent when it is no script."),
	EXEC(args, "process.args", LIST, 0, "Arguments, from the new memory image."),
	EXEC(args, "process.command_line", JOINED, 0, "The arguments joined by one space each."),
	EXEC(env, "process.env_vars", LIST, 0, "The configured environment variables, NAME=VALUE."),
	END
};

#define EXIT(m, ...) FIELD(struct rec_exit, m, __VA_ARGS__)
static const struct field exit_fields[] = {
	EXIT(header.time_ns, "event.end", TIME_BOOT, FIELD_REQUIRED, "When the process ended."),
	EXIT(header.time_ns, "process.end", TIME_BOOT, FIELD_REQUIRED, "When the process ended."),
	EXIT(exit_code, "process.exit_code", NUMBER, FIELD_REQUIRED,
	     "Status of the process, or 128 + signal."),
	EXIT(exit_signal, "Linux.exit.signal", NUMBER, FIELD_SKIP_ZERO, "Signal that killed it."),
	EXIT(exit_signal, "Linux.exit.signal_name", SIGNAL, FIELD_SKIP_ZERO, "Its name."),
	EXIT(core_dumped, "Linux.exit.core_dumped", BOOL, FIELD_REQUIRED, "A core file was written."),
	HIDDEN(struct rec_exit, pad, "Padding."),
	HIDDEN(struct rec_exit, utime_ns, "Sampled by tick; Linux.cpu.user_ns is derived from it."),
	HIDDEN(struct rec_exit, stime_ns, "Sampled by tick; Linux.cpu.system_ns is derived from it."),
	HIDDEN(struct rec_exit, runtime_ns, "Linux.cpu.user_ns and system_ns add up to it."),
	HIDDEN(struct rec_exit, children_utime_ns, "Linux.cpu.children_user_ns shows it."),
	HIDDEN(struct rec_exit, children_stime_ns, "Linux.cpu.children_system_ns shows it."),
	EXIT(max_rss_bytes, "Linux.memory.max_rss_bytes", ID, FIELD_REQUIRED,
	     "Largest resident set the process had."),
	EXIT(children_max_rss_bytes, "Linux.memory.children_max_rss_bytes", ID, FIELD_SKIP_ZERO,
	     "Largest resident set of a child that was waited for."),
	EXIT(read_bytes, "Linux.io.read_bytes", ID, FIELD_REQUIRED, "Bytes read from block devices."),
	EXIT(written_bytes, "Linux.io.written_bytes", ID, FIELD_REQUIRED,
	     "Bytes written to block devices."),
	EXIT(children_read_bytes, "Linux.io.children_read_bytes", ID, FIELD_SKIP_ZERO,
	     "The same of children that were waited for."),
	EXIT(children_written_bytes, "Linux.io.children_written_bytes", ID, FIELD_SKIP_ZERO,
	     "The same of children that were waited for."),
	END
};

#define THREAD_START(m, ...) FIELD(struct rec_thread_start, m, __VA_ARGS__)
static const struct field thread_start_fields[] = {
	THREAD_START(creator_tid, "Linux.thread.creator_id", NUMBER, FIELD_REQUIRED,
		     "Thread that made it, of the same process."),
	HIDDEN(struct rec_thread_start, pad, "Padding."),
	END
};

#define THREAD_EXIT(m, ...) FIELD(struct rec_thread_exit, m, __VA_ARGS__)
static const struct field thread_exit_fields[] = {
	THREAD_EXIT(start_ns, "Linux.thread.start", TIME_BOOT, FIELD_SKIP_ZERO,
		    "When the thread started."),
	THREAD_EXIT(exit_code, "Linux.exit.status", NUMBER, FIELD_REQUIRED,
		    "Status of the thread, or 128 + signal."),
	THREAD_EXIT(exit_signal, "Linux.exit.signal", NUMBER, FIELD_SKIP_ZERO, "Signal that killed it."),
	THREAD_EXIT(exit_signal, "Linux.exit.signal_name", SIGNAL, FIELD_SKIP_ZERO, "Its name."),
	THREAD_EXIT(is_leader, "Linux.thread.is_leader", BOOL, FIELD_REQUIRED,
		    "Its id is the process's own."),
	HIDDEN(struct rec_thread_exit, pad, "Padding."),
	END
};

/* The system call behind an event; s is the record's struct. */
#define CALL_ROWS(s)                                                                                \
	FIELD(s, call.result, "Linux.syscall.exit", SIGNED, FIELD_REQUIRED,                         \
	      "What the call returned: a descriptor, or -errno."),                                  \
	FIELD(s, call.error, "error.code", ERRNO, FIELD_SKIP_ZERO, "Name of the error."),           \
	FIELD(s, call.error, "error.message", ERROR_TEXT, FIELD_SKIP_ZERO, "What the error means."), \
	NAMED(s, call.number, "Linux.syscall.name", syscall_names, FIELD_REQUIRED,                  \
	      "System call; io_uring when the kernel did it on behalf of one."),                    \
	FIELD(s, call.is_32bit, "Linux.syscall.is_32bit", BOOL, FIELD_SKIP_ZERO,                    \
	      "True when it was made by the 32-bit entry."),                                        \
	HIDDEN(s, call.pad, "Padding.")

#define EXEC_FAILED(m, ...) FIELD(struct rec_exec_failed, m, __VA_ARGS__)
static const struct field exec_failed_fields[] = {
	CALL_ROWS(struct rec_exec_failed),
	EXEC_FAILED(filename, "Linux.exec.filename", STRING, 0, "File name as given to exec."),
	EXEC_FAILED(directory, "Linux.exec.directory", PATH, 0,
		    "Directory that the file name is relative to; of an absolute one, the chroot it was in."),
	END
};

#define OPEN(m, ...) FIELD(struct rec_open, m, __VA_ARGS__)
static const struct field open_fields[] = {
	CALL_ROWS(struct rec_open),
	OPEN(flags, "Linux.open.flags", OPEN_FLAGS, 0, "Flags as given."),
	OPEN(flags, "Linux.open.flags_raw", ID, FIELD_REQUIRED, "The same as a number."),
	OPEN(resolve, "Linux.open.resolve", RESOLVE, FIELD_SKIP_ZERO,
	     "How openat2 was to resolve the path."),
	OPEN(inode, "file.inode", ID, FIELD_SKIP_ZERO, "Inode number."),
	OPEN(file_size, "file.size", NUMBER, FIELD_SKIP_UNSET, "Size in bytes once it was open."),
	OPEN(create_mode, "Linux.open.mode", MODE, FIELD_SKIP_ZERO,
	     "Permission bits asked for, before the umask."),
	OPEN(device, "file.device", DEVICE, FIELD_SKIP_ZERO, "File system, MAJOR:MINOR."),
	OPEN(mode, "file.mode", MODE, FIELD_SKIP_ZERO, "Permission bits."),
	OPEN(mode, "file.type", FILE_TYPE, FIELD_SKIP_ZERO, "Type of the file."),
	OPEN(file_uid, "file.uid", ID, FIELD_SKIP_UNSET, "Owner."),
	OPEN(file_gid, "file.gid", ID, FIELD_SKIP_UNSET, "Group."),
	OPEN(fd_shared, "Linux.open.fd_shared", BOOL, FIELD_SKIP_ZERO,
	     "Other threads may have put another file at the descriptor before it was looked at: "
	     "compare Linux.open.path_given."),
	OPEN(deleted, "Linux.open.deleted", BOOL, FIELD_SKIP_ZERO,
	     "The file has no name any more: deleted, or never had one."),
	HIDDEN(struct rec_open, pad, "Padding."),
	OPEN(path, "file.path", PATH, 0,
	     "Path of the opened file from the root of its mount namespace; of a failed open see "
	     "Linux.file.path_as_given."),
	OPEN(path, "file.name", BASENAME, 0, "Last part of file.path."),
	OPEN(path, "file.directory", DIRNAME, 0, "Directory of the file."),
	OPEN(given, "Linux.open.path_given", STRING, 0,
	     "Path as the program gave it, read after the call."),
	OPEN(directory, "Linux.open.directory", PATH, 0,
	     "Directory that the path given is relative to; of an absolute one that failed, the "
	     "chroot it was in."),
	END
};

static const struct field snapshot_fields[] = {
	FIELD(struct rec_snapshot, executable, "process.executable", PATH, 0,
	      "Path of the binary; fills the process table only."),
	END
};

static const struct field cgroup_fields[] = {
	HIDDEN(struct rec_cgroup, id, "Fills the table of cgroups only, as do the others."),
	HIDDEN(struct rec_cgroup, hierarchy, "0: v2."),
	HIDDEN(struct rec_cgroup, pad, "Padding."),
	HIDDEN(struct rec_cgroup, path, "Linux.cgroup.path of the processes in it shows it."),
	HIDDEN(struct rec_cgroup, pad_end, "Padding."),
	END
};

#define LOST(m, ...) FIELD(struct rec_lost, m, __VA_ARGS__)
static const struct field lost_fields[] = {
	LOST(cpu, "Linux.lost.cpu", NUMBER, FIELD_REQUIRED, "CPU whose numbers are missing."),
	NAMED(struct rec_lost, ring, "Linux.lost.ring", ring_names, FIELD_REQUIRED,
	      "Ring buffer whose numbers are missing."),
	NAMED(struct rec_lost, class, "Linux.lost.class", class_names, FIELD_REQUIRED,
	      "Context whose numbers are missing."),
	NAMED(struct rec_lost, reason, "Linux.lost.reason", loss_names, FIELD_REQUIRED,
	      "Why the records did not arrive."),
	HIDDEN(struct rec_lost, pad, "Padding."),
	LOST(first, "Linux.lost.first", NUMBER, FIELD_REQUIRED, "First missing number."),
	LOST(last, "Linux.lost.last", NUMBER, FIELD_REQUIRED, "Last missing number."),
	LOST(count, "Linux.lost.count", NUMBER, FIELD_REQUIRED, "Numbers missing here."),
	LOST(total, "Linux.lost.total", NUMBER, FIELD_REQUIRED,
	     "Numbers missing of this ring, CPU and context since the probes were attached."),
	LOST(window_start_ns, "event.start", TIME_BOOT, FIELD_REQUIRED, "The loss came after this."),
	LOST(window_end_ns, "event.end", TIME_BOOT, FIELD_REQUIRED, "The loss came before this."),
	LOST(generation, "Linux.lost.generation", NUMBER, FIELD_REQUIRED,
	     "Set of probes whose numbers are missing."),
	HIDDEN(struct rec_lost, pad_end, "Padding."),
	END
};

#define LIMITED(m, ...) FIELD(struct rec_limited, m, __VA_ARGS__)
static const struct field limited_fields[] = {
	LIMITED(count, "Linux.limited.count", NUMBER, FIELD_REQUIRED, "Events held back."),
	LIMITED(total, "Linux.limited.total", NUMBER, FIELD_REQUIRED,
		"Events the rule has held back since it has been in force, these included."),
	LIMITED(limit_events, "Linux.limited.events", NUMBER, FIELD_REQUIRED,
		"Events that the rule lets pass per interval and key."),
	LIMITED(limit_per_ns, "Linux.limited.per_ns", ID, FIELD_REQUIRED, "Length of the interval."),
	LIMITED(first_number, "Linux.limited.first.number", NUMBER, FIELD_REQUIRED,
		"Number the kernel side gave the first event held back."),
	LIMITED(last_number, "Linux.limited.last.number", NUMBER, FIELD_REQUIRED,
		"Number the kernel side gave the last event held back."),
	LIMITED(first_cpu, "Linux.limited.first.cpu", NUMBER, FIELD_REQUIRED, "CPU of the first."),
	LIMITED(last_cpu, "Linux.limited.last.cpu", NUMBER, FIELD_REQUIRED, "CPU of the last."),
	LIMITED(window_start_ns, "event.start", TIME_BOOT, FIELD_REQUIRED, "Time of the first."),
	LIMITED(window_end_ns, "event.end", TIME_BOOT, FIELD_REQUIRED, "Time of the last."),
	LIMITED(rule, "rule.name", STRING, 0, "Rule that held them back."),
	LIMITED(field, "Linux.limited.field", STRING, 0, "Field whose values the rule counts by."),
	LIMITED(key, "Linux.limited.key", STRING, 0,
		"Value of that field; absent for events without it, and when there were too many."),
	HIDDEN(struct rec_limited, pad, "Padding."),
	END
};

#define CONFIG(m, ...) FIELD(struct rec_config, m, __VA_ARGS__)
static const struct field config_fields[] = {
	CONFIG(hash, "Linux.config.hash", STRING, 0,
	       "SHA-256 of the configuration that is in force from here on."),
	CONFIG(message, "message", STRING, FIELD_PROSE, "What changed, or why nothing did."),
	END
};

static const char *const hierarchy_names[] = {"none", "v2", "v1", NULL};
static const char *const runtime_names[] = {
	"unknown", "docker", "containerd", "cri-o", "podman", "lxc", "systemd-nspawn", "buildkit",
	"garden", NULL};
static const char *const unresolved_names[] = {
	"resolved", "late", "not_found", "unreadable", "nested", NULL};
static const char *const orchestrator_names[] = {"none", "kubernetes", "ecs", NULL};
static const char *const resource_names[] = {"none", "pod", "task", NULL};

#define START(m, ...) FIELD(struct rec_agent_start, m, __VA_ARGS__)
static const struct field agent_start_fields[] = {
	START(probes, "Linux.probes.total", NUMBER, FIELD_REQUIRED, "Probes there are."),
	START(attached, "Linux.probes.attached", NUMBER, FIELD_REQUIRED, "Probes that are attached."),
	START(adopted, "Linux.probes.adopted", BOOL, FIELD_REQUIRED,
	      "The probes of the agent before it had gone on recording: there is no gap but what events_lost tells."),
	START(version, "Linux.agent.version", STRING, 0,
	      "Version of the agent that started; agent.version is of the one that delivered this."),
	START(kernel, "Linux.agent.kernel", STRING, 0, "Release of the kernel it started on."),
	START(hash, "Linux.config.hash", STRING, 0, "SHA-256 of the configuration in force."),
	START(failed, "Linux.probes.failed", LIST, 0, "Probes that are not attached, each with the reason."),
	START(message, "message", STRING, FIELD_PROSE, "The same for people."),
	HIDDEN(struct rec_agent_start, pad, "Padding."),
	END
};

#define STOP(m, ...) FIELD(struct rec_agent_stop, m, __VA_ARGS__)
static const struct field agent_stop_fields[] = {
	STOP(uptime_ns, "event.duration", NUMBER, FIELD_REQUIRED, "Nanoseconds that the agent ran."),
	STOP(asked_ns, "Linux.stop.asked", TIME_BOOT, FIELD_REQUIRED,
	     "When the agent noticed that it was to stop; what was on its way came after."),
	STOP(signal, "Linux.signal.number", NUMBER, FIELD_SKIP_ZERO, "Signal that stopped the agent."),
	STOP(signal, "Linux.signal.name", SIGNAL, FIELD_SKIP_ZERO, "Its name."),
	STOP(sender_pid, "Linux.signal.sender.pid", NUMBER, FIELD_SKIP_ZERO,
	     "Process that sent it, as the agent's own pid namespace numbers it."),
	STOP(sender_uid, "Linux.signal.sender.user.id", ID, FIELD_SKIP_UNSET,
	     "Real user id of that process."),
	STOP(sender_login_uid, "Linux.signal.sender.login_user.id", ID, FIELD_SKIP_UNSET,
	     "Login (audit) user id of that process; absent for what no login started, or when it had gone."),
	NAMED(struct rec_agent_stop, reason, "Linux.stop.reason", stop_names, FIELD_REQUIRED,
	      "Why the agent stopped."),
	NAMED(struct rec_agent_stop, way, "Linux.signal.way", signal_ways, FIELD_SKIP_ZERO,
	      "How the signal was sent: kill, tgkill, queue (sigqueue and the like), kernel."),
	STOP(claimed, "Linux.signal.sender.claimed", BOOL, FIELD_SKIP_ZERO,
	     "True: process and user are what the sender says of itself (sigqueue); the kernel does not vouch for them."),
	HIDDEN(struct rec_agent_stop, initial_pid, "How enrichment looks for the sender."),
	STOP(kept, "Linux.probes.kept", BOOL, FIELD_REQUIRED,
	     "The probes go on recording, for the next agent (capture.keep_attached)."),
	STOP(message, "message", STRING, FIELD_PROSE, "The same for people."),
	HIDDEN(struct rec_agent_stop, pad, "Padding."),
	END
};

#define BEAT(m, ...) FIELD(struct rec_agent_heartbeat, m, __VA_ARGS__)
static const struct field agent_heartbeat_fields[] = {
	BEAT(uptime_ns, "Linux.agent.uptime_ns", NUMBER, FIELD_REQUIRED, "How long the agent has run."),
	BEAT(numbered, "Linux.account.numbered", NUMBER, FIELD_REQUIRED,
	     "Numbers that the probes took: the sum of journalled, dropped, limited, not_selected, "
	     "excluded, canaries, rejected, lost, unjournalled and in_ring."),
	BEAT(journalled, "Linux.account.journalled", NUMBER, FIELD_REQUIRED,
	     "Events of the probes that are in the journal."),
	BEAT(dropped, "Linux.account.dropped", NUMBER, FIELD_REQUIRED, "Dropped by rules."),
	BEAT(limited, "Linux.account.limited", NUMBER, FIELD_REQUIRED, "Held back by limits of rules."),
	BEAT(not_selected, "Linux.account.not_selected", NUMBER, FIELD_REQUIRED,
	     "Of kinds that capture.events does not name."),
	BEAT(excluded, "Linux.account.excluded", NUMBER, FIELD_REQUIRED,
	     "Of processes that a kernel filter excludes; they inform the process table."),
	BEAT(left_out, "Linux.account.left_out", NUMBER, FIELD_REQUIRED,
	     "Left out in the kernel by filters and rules since the start; they have no number."),
	BEAT(canaries, "Linux.account.canaries", NUMBER, FIELD_REQUIRED,
	     "Made by the agent's own canaries, which agent_coverage tells of."),
	BEAT(rejected, "Linux.account.rejected", NUMBER, FIELD_REQUIRED, "Damaged."),
	BEAT(lost, "Linux.account.lost", NUMBER, FIELD_REQUIRED,
	     "Never arrived; events_lost events name each."),
	BEAT(unjournalled, "Linux.account.unjournalled", NUMBER, FIELD_REQUIRED,
	     "Read, but the journal has not taken them yet."),
	BEAT(in_ring, "Linux.account.in_ring", NUMBER, FIELD_REQUIRED, "Not read yet."),
	BEAT(lost_ring_full, "Linux.account.lost_ring_full", NUMBER, FIELD_REQUIRED,
	     "Lost because the ring buffer was full."),
	BEAT(lost_no_scratch, "Linux.account.lost_no_scratch", NUMBER, FIELD_REQUIRED,
	     "Lost because the probe found no scratch memory."),
	BEAT(lost_too_large, "Linux.account.lost_too_large", NUMBER, FIELD_REQUIRED,
	     "Lost because the record did not fit into its ring at all."),
	BEAT(lost_no_agent, "Linux.account.lost_no_agent", NUMBER, FIELD_REQUIRED,
	     "Skipped because no agent had run for longer than capture.keep_attached."),
	BEAT(own_events, "Linux.account.own_events", NUMBER, FIELD_REQUIRED,
	     "Events of the agent's own in the journal, which no probe has numbered."),
	BEAT(journal_events, "Linux.account.journal_events", NUMBER, FIELD_REQUIRED,
	     "Events appended to the journal since the start: journalled and own_events."),
	BEAT(vital_high_water_bytes, "Linux.rings.vital.high_water_bytes", NUMBER, FIELD_REQUIRED,
	     "The most that has waited in the ring since it was made."),
	BEAT(vital_size_bytes, "Linux.rings.vital.size_bytes", NUMBER, FIELD_REQUIRED, "Its size."),
	BEAT(bulk_high_water_bytes, "Linux.rings.bulk.high_water_bytes", NUMBER, FIELD_SKIP_ZERO,
	     "The most that has waited in the ring for bulk since it was made."),
	BEAT(bulk_size_bytes, "Linux.rings.bulk.size_bytes", NUMBER, FIELD_SKIP_ZERO, "Its size."),
	BEAT(memory_anon_bytes, "Linux.memory.anonymous_bytes", NUMBER, FIELD_SKIP_ZERO,
	     "Memory of the agent's own (RssAnon); the rings come on top."),
	BEAT(recursion_misses, "Linux.account.recursion_misses", NUMBER, FIELD_SKIP_UNSET,
	     "Times the kernel left out a probe because one ran already on that CPU; they have no number."),
	BEAT(balances, "Linux.account.balances", BOOL, FIELD_REQUIRED,
	     "The account adds up by two independent counts."),
	HIDDEN(struct rec_agent_heartbeat, pad, "Padding."),
	BEAT(sinks, "Linux.account.sinks", LIST, 0,
	     "Per sink: journalled (journal_events, or those since it was started, and found, what "
	     "waited in the journal then) = acknowledged + filtered + skipped + rejected + dead + expired + unreadable + waiting."),
	BEAT(message, "message", STRING, FIELD_PROSE, "The same for people, in short."),
	END
};

#define STEP(m, ...) FIELD(struct rec_clock_step, m, __VA_ARGS__)
static const struct field clock_step_fields[] = {
	STEP(step_us, "Linux.clock.step_us", SIGNED, FIELD_REQUIRED,
	     "Microseconds that the wall clock jumped; negative: back."),
	STEP(before_wall_ns, "Linux.clock.before", TIME_WALL, FIELD_REQUIRED,
	     "What it would show without the jump."),
	STEP(after_wall_ns, "Linux.clock.after", TIME_WALL, FIELD_REQUIRED, "What it shows."),
	NAMED(struct rec_clock_step, noticed, "Linux.clock.noticed", clock_names, FIELD_REQUIRED,
	      "kernel: it told that the clock was set; comparison: with CLOCK_BOOTTIME, once a second."),
	HIDDEN(struct rec_clock_step, pad, "Padding."),
	STEP(message, "message", STRING, FIELD_PROSE, "The same for people."),
	END
};

#define EXPIRED(m, ...) FIELD(struct rec_events_expired, m, __VA_ARGS__)
static const struct field events_expired_fields[] = {
	EXPIRED(count, "Linux.expired.count", NUMBER, FIELD_REQUIRED, "Events that the sink never gets."),
	EXPIRED(first, "Linux.expired.first", NUMBER, FIELD_SKIP_ZERO,
		"event.sequence of the first; absent where nobody knows it."),
	EXPIRED(last, "Linux.expired.last", NUMBER, FIELD_SKIP_ZERO,
		"event.sequence of the last; absent where they reach into another stream, or nobody knows it."),
	EXPIRED(stream, "Linux.expired.stream", UUID, FIELD_SKIP_ZERO,
		"agent.ephemeral_id of the first: with its sequence the event.id."),
	NAMED(struct rec_events_expired, reason, "Linux.expired.reason", gap_names, FIELD_REQUIRED,
	      "size, age, free_space: the bound of the journal that was reached; damaged: they cannot be "
	      "read; missing: their segments are not there any more."),
	HIDDEN(struct rec_events_expired, pad, "Padding."),
	EXPIRED(sink, "Linux.expired.sink", STRING, 0, "Sink that never gets them."),
	EXPIRED(message, "message", STRING, FIELD_PROSE, "The same for people."),
	END
};

#define UNCLEAN(m, ...) FIELD(struct rec_journal_unclean, m, __VA_ARGS__)
static const struct field journal_unclean_fields[] = {
	UNCLEAN(last_sequence, "Linux.journal.last.sequence", NUMBER, FIELD_SKIP_ZERO,
		"event.sequence of the last event that is whole; absent when there was none."),
	UNCLEAN(last_time_ns, "Linux.journal.last.time", TIME_WALL, FIELD_SKIP_ZERO,
		"When that event was journalled."),
	UNCLEAN(last_stream, "Linux.journal.last.stream", UUID, FIELD_SKIP_ZERO,
		"agent.ephemeral_id of that event."),
	UNCLEAN(last_boot_id, "Linux.journal.last.boot_id", UUID, FIELD_SKIP_ZERO,
		"host.boot.id of that event."),
	UNCLEAN(torn_bytes, "Linux.journal.torn_bytes", NUMBER, FIELD_REQUIRED,
		"Bytes behind that event which are no whole one; how many events they held is not known."),
	UNCLEAN(damaged, "Linux.journal.damaged", NUMBER, FIELD_REQUIRED,
		"Damaged segments that were set aside; how many events they held is not known."),
	UNCLEAN(newer, "Linux.journal.newer", NUMBER, FIELD_REQUIRED,
		"Segments of a newer version of the format that were set aside."),
	UNCLEAN(unclean, "Linux.journal.unclean", BOOL, FIELD_REQUIRED,
		"The run before did not close the journal."),
	UNCLEAN(same_boot, "Linux.journal.same_boot", BOOL, FIELD_REQUIRED,
		"That event is of this boot. If not, the host lost power or crashed: what was not synced "
		"before may be gone, and how many events that were is not known."),
	HIDDEN(struct rec_journal_unclean, pad, "Padding."),
	UNCLEAN(aside, "Linux.journal.set_aside", LIST, 0, "Files that were set aside, the first of them."),
	UNCLEAN(message, "message", STRING, FIELD_PROSE, "The same for people."),
	END
};

#define COVERAGE(m, ...) FIELD(struct rec_agent_coverage, m, __VA_ARGS__)
static const struct field agent_coverage_fields[] = {
	COVERAGE(probes, "Linux.probes.total", NUMBER, FIELD_REQUIRED, "Probes there are."),
	COVERAGE(attached, "Linux.probes.attached", NUMBER, FIELD_REQUIRED, "Probes that are attached."),
	COVERAGE(seen_count, "Linux.coverage.seen_count", NUMBER, FIELD_REQUIRED, "Canaries that were seen."),
	COVERAGE(missed_count, "Linux.coverage.missed_count", NUMBER, FIELD_REQUIRED,
		 "Canaries that were not: such events are not recorded on this host."),
	COVERAGE(skipped_count, "Linux.coverage.skipped_count", NUMBER, FIELD_REQUIRED,
		 "Canaries that were not tried."),
	COVERAGE(gap_count, "Linux.coverage.gap_count", NUMBER, 0,
		 "Canaries that were not seen because this kernel has no hook for them."),
	COVERAGE(records, "Linux.coverage.records", NUMBER, FIELD_REQUIRED,
		 "Records that the canaries made; none of them is an event."),
	NAMED(struct rec_agent_coverage, asked, "Linux.coverage.occasion", occasion_names, FIELD_REQUIRED,
	      "start, or request (auditship status --coverage)."),
	HIDDEN(struct rec_agent_coverage, pad, "Padding."),
	COVERAGE(kernel, "Linux.agent.kernel", STRING, 0, "Release of the kernel."),
	COVERAGE(probes_on, "Linux.probes.on", LIST, 0, "Names of the probes that are attached."),
	COVERAGE(probes_failed, "Linux.probes.failed", LIST, 0,
		 "Probes that are not attached, each with the reason."),
	COVERAGE(seen, "Linux.coverage.seen", LIST, 0, "Names of the canaries that were seen."),
	COVERAGE(missed, "Linux.coverage.missed", LIST, 0,
		 "Canaries that were not seen, each with the kind of event it should have been."),
	COVERAGE(skipped, "Linux.coverage.skipped", LIST, 0,
		 "Canaries that were not tried, each with the reason."),
	COVERAGE(gaps, "Linux.coverage.gaps", LIST, 0,
		 "Known gaps: such events are not recorded on this host, as the kernel has no hook for "
		 "them; each with the reason."),
	COVERAGE(message, "message", STRING, FIELD_PROSE, "The same for people."),
	END
};

#define AT_END (FIELD_SKIP_UNSET | FIELD_OF_END)
#define MORE(m, ...) FIELD(struct enriched, m, __VA_ARGS__)
#define HIDDEN_MORE(m, text) HIDDEN(struct enriched, m, text)
const struct field enriched_fields[] = {
	HIDDEN_MORE(size, "Bytes of the enrichment."),
	HIDDEN_MORE(pad, "Padding."),
	MORE(process.entity_id, "process.entity_id", UUID, FIELD_SKIP_ZERO,
	     "Identity of the process, the same from fork to exit on every agent (OCSF CPID)."),
	MORE(process.start_wall_ns, "process.start", TIME_WALL, FULL_SKIP_ZERO,
	     "When the process started."),
	MORE(process.executable, "process.executable", STRING, 0,
	     "Path of the binary the process last executed."),
	MORE(process.executable, "process.name", BASENAME, 0, "Last part of process.executable."),
	MORE(process.args, "process.args", LIST, FIELD_FULL_ONLY,
	     "Arguments of its last exec; at most 1 KiB here."),
	MORE(process.args, "process.command_line", JOINED, FIELD_FULL_ONLY,
	     "The arguments joined by one space each."),
	HIDDEN_MORE(process.comm, "The record itself has it."),
	MORE(process.args_count, "process.args_count", NUMBER, FULL_SKIP_ZERO,
	     "Arguments of its last exec."),
	HIDDEN_MORE(process.args_masked, "Linux.masked tells it."),
	MORE(parent.entity_id, "process.parent.entity_id", UUID, FIELD_SKIP_ZERO,
	     "Identity of the current parent."),
	MORE(parent.start_wall_ns, "process.parent.start", TIME_WALL, FULL_SKIP_ZERO,
	     "When the parent started."),
	MORE(parent.executable, "process.parent.executable", STRING, FIELD_FULL_ONLY,
	     "Path of the parent's binary."),
	MORE(parent.executable, "process.parent.name", BASENAME, FIELD_FULL_ONLY,
	     "Last part of it."),
	MORE(parent.args, "process.parent.args", LIST, FIELD_FULL_ONLY,
	     "Arguments of the parent; at most 1 KiB."),
	MORE(parent.args, "process.parent.command_line", JOINED, FIELD_FULL_ONLY,
	     "The parent's arguments joined by one space each."),
	MORE(parent.comm, "process.parent.thread.name", STRING, FIELD_FULL_ONLY,
	     "Name the parent gave itself (comm)."),
	MORE(parent.args_count, "process.parent.args_count", NUMBER, FULL_SKIP_ZERO,
	     "Arguments of the parent, also when process.parent.args was cut."),
	HIDDEN_MORE(parent.args_masked, "Linux.masked tells it."),
	MORE(creator.entity_id, "Linux.creator.entity_id", UUID, FIELD_SKIP_ZERO,
	     "Identity of the process that made this one."),
	MORE(creator.start_wall_ns, "Linux.creator.start", TIME_WALL, FIELD_SKIP_ZERO,
	     "When the creator started."),
	MORE(creator.executable, "Linux.creator.executable", STRING, 0,
	     "Path of the creator's binary."),
	HIDDEN_MORE(creator.args, "Not told: the creator's own exec event has them."),
	HIDDEN_MORE(creator.comm, "Not told."),
	HIDDEN_MORE(creator.args_count, "Not told."),
	HIDDEN_MORE(creator.args_masked, "Not told."),
	MORE(creator_pid, "Linux.creator.pid", NUMBER, FIELD_SKIP_ZERO,
	     "Process that made this one, known when its fork was seen."),
	HIDDEN_MORE(pad2, "Padding."),
	MORE(end_start_wall_ns, "event.start", TIME_WALL, AT_END,
	     "When the process that ended had started."),
	MORE(duration_ns, "event.duration", NUMBER, AT_END,
	     "Nanoseconds from start to end of the process."),
	MORE(exec_duration_ns, "Linux.exit.since_exec_ns", ID, AT_END,
	     "Nanoseconds from its last exec to its end; absent when no exec was seen."),
	MORE(user_cpu_ns, "Linux.cpu.user_ns", ID, AT_END,
	     "CPU time in user mode of the whole process."),
	MORE(system_cpu_ns, "Linux.cpu.system_ns", ID, AT_END,
	     "CPU time in the kernel of the whole process."),
	MORE(children_user_cpu_ns, "Linux.cpu.children_user_ns", ID, AT_END,
	     "User CPU time of children that were waited for."),
	MORE(children_system_cpu_ns, "Linux.cpu.children_system_ns", ID, AT_END,
	     "Kernel CPU time of children that were waited for."),
	MORE(user, "process.user.name", STRING, 0, "Name of the effective user."),
	MORE(user, "user.name", STRING, 0, "Name of the effective user of the acting process."),
	MORE(real_user, "process.real_user.name", STRING, FIELD_FULL_ONLY,
	     "Name of the real user."),
	MORE(saved_user, "process.saved_user.name", STRING, FIELD_FULL_ONLY,
	     "Name of the saved user."),
	MORE(fs_user, "Linux.fs_user.name", STRING, FIELD_FULL_ONLY,
	     "Name of the file system user."),
	MORE(login_user, "Linux.audit.user.name", STRING, 0, "Name of the login user."),
	MORE(group, "process.group.name", STRING, FIELD_FULL_ONLY, "Name of the effective group."),
	MORE(group, "group.name", STRING, 0, "Name of the effective group of the acting process."),
	MORE(real_group, "process.real_group.name", STRING, FIELD_FULL_ONLY,
	     "Name of the real group."),
	MORE(saved_group, "process.saved_group.name", STRING, FIELD_FULL_ONLY,
	     "Name of the saved group."),
	MORE(fs_group, "Linux.fs_group.name", STRING, FIELD_FULL_ONLY,
	     "Name of the file system group."),
	MORE(file_owner, "file.owner", STRING, FIELD_OF_FILE, "Name of the file's owner."),
	MORE(file_group, "file.group", STRING, FIELD_OF_FILE, "Name of the file's group."),
	MORE(file_path, "file.path", STRING, FIELD_OF_GIVEN,
	     "What a call that failed asked for: the path as given, behind the directory it is "
	     "relative to."),
	MORE(file_path, "file.name", BASENAME, FIELD_OF_GIVEN,
	     "Last part of it; absent when the path given was cut, as it is at its end."),
	MORE(file_path, "file.directory", DIRNAME, FIELD_OF_GIVEN,
	     "What comes before its last part; absent when the path given was cut."),
	MORE(file_path_as_given, "Linux.file.path_as_given", BOOL, FIELD_SKIP_ZERO | FIELD_OF_FILE,
	     "True: file.path is what the program gave, not what the kernel made of it; links and .. "
	     "are as they were given."),
	HIDDEN_MORE(pad3, "Padding."),
	MORE(session_leader.entity_id, "process.session_leader.entity_id", UUID, FULL_SKIP_ZERO,
	     "Identity of the session leader."),
	MORE(session_leader.start_wall_ns, "process.session_leader.start", TIME_WALL, FULL_SKIP_ZERO, "When it started."),
	MORE(session_leader.executable, "process.session_leader.executable", STRING, FIELD_FULL_ONLY,
	     "Path of its binary; absent where it is the process itself, and in events of no process."),
	MORE(session_leader.executable, "process.session_leader.name", BASENAME, FIELD_FULL_ONLY, "Last part of it."),
	MORE(session_leader.args, "process.session_leader.args", LIST, FIELD_FULL_ONLY, "Its arguments; at most 1 KiB."),
	HIDDEN_MORE(session_leader.comm, "Not told."),
	MORE(session_leader.args_count, "process.session_leader.args_count", NUMBER, FULL_SKIP_ZERO,
	     "Its arguments, also when they were cut."),
	HIDDEN_MORE(session_leader.args_masked, "Linux.masked tells it."),
	MORE(group_leader.entity_id, "process.group_leader.entity_id", UUID, FULL_SKIP_ZERO,
	     "Identity of the leader of the process group."),
	MORE(group_leader.start_wall_ns, "process.group_leader.start", TIME_WALL, FULL_SKIP_ZERO, "When it started."),
	MORE(group_leader.executable, "process.group_leader.executable", STRING, FIELD_FULL_ONLY,
	     "Path of its binary; absent where it is the process itself, and in events of no process."),
	MORE(group_leader.executable, "process.group_leader.name", BASENAME, FIELD_FULL_ONLY, "Last part of it."),
	MORE(group_leader.args, "process.group_leader.args", LIST, FIELD_FULL_ONLY, "Its arguments; at most 1 KiB."),
	HIDDEN_MORE(group_leader.comm, "Not told."),
	MORE(group_leader.args_count, "process.group_leader.args_count", NUMBER, FULL_SKIP_ZERO,
	     "Its arguments, also when they were cut."),
	HIDDEN_MORE(group_leader.args_masked, "Linux.masked tells it."),
	MORE(entry_leader.entity_id, "process.entry_leader.entity_id", UUID, FULL_SKIP_ZERO,
	     "Identity of the entry leader."),
	MORE(entry_leader.start_wall_ns, "process.entry_leader.start", TIME_WALL, FULL_SKIP_ZERO, "When it started."),
	MORE(entry_leader.executable, "process.entry_leader.executable", STRING, FIELD_FULL_ONLY,
	     "Path of its binary; absent where it is the process itself, and in events of no process."),
	MORE(entry_leader.executable, "process.entry_leader.name", BASENAME, FIELD_FULL_ONLY, "Last part of it."),
	MORE(entry_leader.args, "process.entry_leader.args", LIST, FIELD_FULL_ONLY, "Its arguments; at most 1 KiB."),
	HIDDEN_MORE(entry_leader.comm, "Not told."),
	MORE(entry_leader.args_count, "process.entry_leader.args_count", NUMBER, FULL_SKIP_ZERO,
	     "Its arguments, also when they were cut."),
	HIDDEN_MORE(entry_leader.args_masked, "Linux.masked tells it."),
	MORE(entry_pid, "process.entry_leader.pid", NUMBER, FULL_SKIP_ZERO,
	     "Entry leader: where the chain of sessions begins, at a service that init started, a login, "
	     "or the first process of a container."),
	MORE(entry_ns_pid, "process.entry_leader.vpid", NUMBER, FULL_SKIP_ZERO,
	     "The same in the leader's own pid namespace."),
	MORE(session_is_self, "process.session_leader.same_as_process", BOOL, FIELD_SKIP_UNSET | FIELD_FULL_ONLY,
	     "The process leads its session."),
	MORE(group_is_self, "process.group_leader.same_as_process", BOOL, FIELD_SKIP_UNSET | FIELD_FULL_ONLY,
	     "The process leads its group."),
	MORE(entry_is_self, "process.entry_leader.same_as_process", BOOL, FIELD_SKIP_UNSET | FIELD_FULL_ONLY,
	     "The process is the entry leader."),
	NAMED(struct enriched, entry_type, "process.entry_leader.entry_meta.type", entry_names,
	      FULL_SKIP_ZERO, "What started the entry leader."),
	HIDDEN_MORE(pad4, "Padding."),
	MORE(previous_executable, "process.previous.executable", STRING, FIELD_FULL_ONLY,
	     "What the process ran before this exec; process.previous is a list of one."),
	MORE(previous_args, "process.previous.args", LIST, FIELD_FULL_ONLY, "Its arguments then; at most 1 KiB."),
	MORE(previous_args_count, "process.previous.args_count", NUMBER, FULL_SKIP_ZERO,
	     "Its arguments then, also when they were cut."),
	HIDDEN_MORE(previous_args_masked, "Linux.masked tells it."),
	MORE(ancestry, "Linux.ancestry", LIST, FIELD_FULL_ONLY,
	     "Entity ids of the process's ancestors, each the maker of the one before, else its parent; as "
	     "many as enrich.processes.ancestry says."),
	MORE(cgroup_path, "Linux.cgroup.path", STRING, 0,
	     "Path of the cgroup from the root of its hierarchy; Linux.cgroup.hierarchy says of which."),
	NAMED(struct enriched, cgroup_hierarchy, "Linux.cgroup.hierarchy", hierarchy_names, FIELD_SKIP_ZERO,
	      "Whose path Linux.cgroup.path is: that of Linux.cgroup.id (v2) or of Linux.cgroup.v1_id (v1)."),
	MORE(systemd_unit, "Linux.systemd.unit", STRING, 0,
	     "Service or scope of systemd, by the cgroup's path."),
	MORE(systemd_user_unit, "Linux.systemd.user_unit", STRING, 0,
	     "Service or scope of the systemd of a user, in Linux.systemd.unit."),
	MORE(systemd_slice, "Linux.systemd.slice", STRING, 0, "Slice that the unit is in."),
	MORE(container_id, "container.id", STRING, 0,
	     "Container, by the cgroup's path; of containers in one another the innermost."),
	MORE(container_outer_id, "Linux.container.outer_id", STRING, 0,
	     "The outermost container, when container.id is in it."),
	NAMED(struct enriched, container_runtime, "container.runtime", runtime_names, FIELD_SKIP_ZERO,
	      "What runs the container."),
	MORE(container_name, "container.name", STRING, 0,
	     "Name of the container; in a pod, within the pod."),
	MORE(image_name, "container.image.name", STRING, 0, "Image it was made of."),
	MORE(image_tag, "container.image.tag", LIST, 0, "Tag of the image."),
	MORE(container_labels, "container.labels", MAP, 0,
	     "The configured labels; dots in their names are underscores."),
	NAMED(struct enriched, container_unresolved, "Linux.container.unresolved", unresolved_names,
	      FIELD_SKIP_ZERO, "Why name and image are not known."),
	NAMED(struct enriched, orchestrator, "orchestrator.type", orchestrator_names, FIELD_SKIP_ZERO,
	      "What has the container run."),
	NAMED(struct enriched, orchestrator, "orchestrator.resource.type", resource_names, FIELD_SKIP_ZERO,
	      "What the container is a part of."),
	MORE(orchestrator_namespace, "orchestrator.namespace", STRING, 0, "Namespace of the pod."),
	MORE(resource_name, "orchestrator.resource.name", STRING, 0, "Name of the pod."),
	MORE(resource_id, "orchestrator.resource.id", STRING, 0, "Uid of the pod, or id of the task."),
	MORE(sender, "Linux.signal.sender.user.name", STRING, FIELD_OF_SENDER, "Name of the user who stopped the agent."),
	MORE(sender_login, "Linux.signal.sender.login_user.name", STRING, FIELD_OF_SENDER,
	     "Name under which that user had logged in."),
	NAMED(struct enriched, names_source, "Linux.names.source", name_sources, FIELD_SKIP_ZERO,
	      "Whose names the event has: files: of the host's passwd and group; container: of the "
	      "files that the process sees. Absent when that could not be found out: then there is "
	      "no name."),
	MORE(names_of_nss, "Linux.names.nss", LIST, 0,
	     "Fields whose name is not from the host's files but from its name services; user.name "
	     "stands for process.user.name too, group.name for process.group.name."),
	MORE(names_unknown, "Linux.names.unresolved", LIST, 0,
	     "Fields that are absent because the name could not be found out in time. One that is "
	     "absent and not listed here belongs to an id that has no name."),
	HIDDEN_MORE(pad5, "Padding."),
	MORE(tags, "tags", LIST, 0, "Tags that rules have put on, behind those of the agent."),
	MORE(masked, "Linux.masked", LIST, 0,
	     "Fields of which a rule has hidden a part, shown as ***."),
	END
};

static const struct kind kinds[REC_KINDS] = {
	[REC_FORK] = {
		.kind = REC_FORK, .name = "fork", .category = "[\"process\"]", .type = "[\"start\"]",
		.action = "fork", .outcome = "success", .dataset = "auditship.process",
		.doc = "A process was made. process is the child.",
		.record_size = sizeof(struct rec_fork), .has_task = true, .journalled = true,
		.fields = fork_fields,
	},
	[REC_EXEC] = {
		.kind = REC_EXEC, .name = "exec", .category = "[\"process\"]", .type = "[\"start\"]",
		.action = "exec", .outcome = "success", .dataset = "auditship.process",
		.doc = "A process started to run a program.",
		.record_size = sizeof(struct rec_exec), .has_task = true, .journalled = true,
		.about_file = true, .fields = exec_fields,
	},
	[REC_EXIT] = {
		.kind = REC_EXIT, .name = "exit", .category = "[\"process\"]", .type = "[\"end\"]",
		.action = "end", .outcome = "success", .dataset = "auditship.process",
		.doc = "A process ended; told once, when its last thread ends.",
		.record_size = sizeof(struct rec_exit), .has_task = true, .journalled = true,
		.ends = true, .fields = exit_fields,
	},
	[REC_SNAPSHOT] = {
		.kind = REC_SNAPSHOT, .name = "snapshot",
		.doc = "A process that ran before the agent did.",
		.record_size = sizeof(struct rec_snapshot), .has_task = true,
		.fields = snapshot_fields,
	},
	[REC_LOST] = {
		.kind = REC_LOST, .name = "events_lost", .category = "[\"host\"]",
		.type = "[\"info\"]", .action = "events_lost", .outcome = "failure",
		.dataset = "auditship.agent",
		.doc = "Numbered records that never reached the shipper.",
		.record_size = sizeof(struct rec_lost), .journalled = true, .of_shipper = true,
		.fields = lost_fields,
	},
	[REC_LIMITED] = {
		.kind = REC_LIMITED, .name = "events_limited", .category = "[\"host\"]",
		.type = "[\"info\"]", .action = "events_limited", .outcome = "success",
		.dataset = "auditship.agent",
		.doc = "Events that the limit of a rule held back.",
		.record_size = sizeof(struct rec_limited), .journalled = true, .of_shipper = true,
		.fields = limited_fields,
	},
	[REC_CONFIG_CHANGED] = {
		.kind = REC_CONFIG_CHANGED, .name = "config_change",
		.category = "[\"configuration\"]", .type = "[\"change\"]",
		.action = "config_change", .outcome = "success", .dataset = "auditship.agent",
		.doc = "The agent has taken up another configuration.",
		.record_size = sizeof(struct rec_config), .journalled = true, .of_shipper = true,
		.fields = config_fields,
	},
	[REC_CONFIG_REFUSED] = {
		.kind = REC_CONFIG_REFUSED, .name = "config_refused",
		.category = "[\"configuration\"]", .type = "[\"change\"]",
		.action = "config_refused", .outcome = "failure", .dataset = "auditship.agent",
		.doc = "A configuration was faulty; the one before stays in force.",
		.record_size = sizeof(struct rec_config), .journalled = true, .of_shipper = true,
		.fields = config_fields,
	},
	[REC_THREAD_START] = {
		.kind = REC_THREAD_START, .name = "thread_start", .verb = "started the thread", .category = "[\"process\"]",
		.type = "[\"info\"]", .action = "thread_start", .outcome = "success",
		.dataset = "auditship.process",
		.doc = "A process has one thread more. process.thread is the new one.",
		.record_size = sizeof(struct rec_thread_start), .has_task = true, .journalled = true,
		.fields = thread_start_fields,
	},
	[REC_THREAD_EXIT] = {
		.kind = REC_THREAD_EXIT, .name = "thread_exit", .verb = "ended the thread", .category = "[\"process\"]",
		.type = "[\"info\"]", .action = "thread_end", .outcome = "success",
		.dataset = "auditship.process",
		.doc = "A thread ended.",
		.record_size = sizeof(struct rec_thread_exit), .has_task = true, .journalled = true,
		.fields = thread_exit_fields,
	},
	[REC_EXEC_FAILED] = {
		.kind = REC_EXEC_FAILED, .name = "exec_failed", .verb = "failed to exec", .category = "[\"process\"]",
		.type = "[\"start\"]", .action = "exec", .outcome = "failure",
		.dataset = "auditship.process",
		.doc = "A process tried in vain to run a program.",
		.record_size = sizeof(struct rec_exec_failed), .has_task = true, .journalled = true,
		.about_file = true, .fields = exec_failed_fields,
	},
	[REC_OPEN_READ] = {
		.kind = REC_OPEN_READ, .name = "open_read", .verb = "opened", .category = "[\"file\"]",
		.type = "[\"access\"]", .action = "open", .outcome = "success",
		.dataset = "auditship.file",
		.doc = "A file was opened, not for writing.",
		.record_size = sizeof(struct rec_open), .has_task = true, .journalled = true,
		.about_file = true, .fields = open_fields,
	},
	[REC_OPEN_WRITE] = {
		.kind = REC_OPEN_WRITE, .name = "open_write", .verb = "opened for writing", .category = "[\"file\"]",
		.type = "[\"access\",\"change\"]", .action = "open", .outcome = "success",
		.dataset = "auditship.file",
		.doc = "A file that was there was opened for writing.",
		.record_size = sizeof(struct rec_open), .has_task = true, .journalled = true,
		.about_file = true, .fields = open_fields,
	},
	[REC_FILE_CREATE] = {
		.kind = REC_FILE_CREATE, .name = "file_create", .verb = "created", .category = "[\"file\"]",
		.type = "[\"creation\"]", .action = "creation", .outcome = "success",
		.dataset = "auditship.file",
		.doc = "A file was made by opening it.",
		.record_size = sizeof(struct rec_open), .has_task = true, .journalled = true,
		.about_file = true, .fields = open_fields,
	},
	[REC_OPEN_FAILED] = {
		.kind = REC_OPEN_FAILED, .name = "open_failed", .verb = "failed to open", .category = "[\"file\"]",
		.type = "[\"access\"]", .action = "open", .outcome = "failure",
		.dataset = "auditship.file",
		.doc = "A file could not be opened.",
		.record_size = sizeof(struct rec_open), .has_task = true, .journalled = true,
		.about_file = true, .fields = open_fields,
	},
	[REC_AGENT_START] = {
		.kind = REC_AGENT_START, .name = "agent_start", .category = "[\"configuration\"]",
		.type = "[\"info\"]", .action = "agent_start", .outcome = "success",
		.dataset = "auditship.agent",
		.doc = "The agent watches from here on: the first event of a run.",
		.record_size = sizeof(struct rec_agent_start), .journalled = true, .of_shipper = true,
		.fields = agent_start_fields,
	},
	[REC_AGENT_STOP] = {
		.kind = REC_AGENT_STOP, .name = "agent_stop", .category = "[\"configuration\"]",
		.type = "[\"info\"]", .action = "agent_stop", .outcome = "success",
		.dataset = "auditship.agent",
		.doc = "The agent has stopped: the last event of a run.",
		.record_size = sizeof(struct rec_agent_stop), .journalled = true, .of_shipper = true,
		.has_sender = true, .fields = agent_stop_fields,
	},
	[REC_AGENT_HEARTBEAT] = {
		.kind = REC_AGENT_HEARTBEAT, .name = "agent_heartbeat", .category = "[\"host\"]",
		.type = "[\"info\"]", .action = "agent_heartbeat", .outcome = "success",
		.dataset = "auditship.agent",
		.doc = "The agent lives, and where every number is that its probes took.",
		.record_size = sizeof(struct rec_agent_heartbeat), .journalled = true, .of_shipper = true,
		.routine = true,
		.fields = agent_heartbeat_fields,
	},
	[REC_CLOCK_STEP] = {
		.kind = REC_CLOCK_STEP, .name = "clock_step", .category = "[\"host\"]",
		.type = "[\"change\"]", .action = "clock_step", .outcome = "success",
		.dataset = "auditship.agent",
		.doc = "The wall clock jumped.",
		.record_size = sizeof(struct rec_clock_step), .journalled = true, .of_shipper = true,
		.fields = clock_step_fields,
	},
	[REC_AGENT_COVERAGE] = {
		.kind = REC_AGENT_COVERAGE, .name = "agent_coverage", .category = "[\"host\"]",
		.type = "[\"info\"]", .action = "agent_coverage", .outcome = "unknown",
		.dataset = "auditship.agent",
		.doc = "What the agent sees on this host, tried out.",
		.record_size = sizeof(struct rec_agent_coverage), .journalled = true, .of_shipper = true,
		.routine = true,
		.fields = agent_coverage_fields,
	},
	[REC_EVENTS_EXPIRED] = {
		.kind = REC_EVENTS_EXPIRED, .name = "events_expired", .category = "[\"host\"]",
		.type = "[\"info\"]", .action = "events_expired", .outcome = "failure",
		.dataset = "auditship.agent",
		.doc = "Journalled events that a sink never gets.",
		.record_size = sizeof(struct rec_events_expired), .journalled = true, .of_shipper = true,
		.fields = events_expired_fields,
	},
	[REC_JOURNAL_UNCLEAN] = {
		.kind = REC_JOURNAL_UNCLEAN, .name = "journal_unclean", .category = "[\"host\"]",
		.type = "[\"info\"]", .action = "journal_unclean", .outcome = "unknown",
		.dataset = "auditship.agent",
		.doc = "The journal was not closed, or is damaged: how many events are gone is not known.",
		.record_size = sizeof(struct rec_journal_unclean), .journalled = true, .of_shipper = true,
		.fields = journal_unclean_fields,
	},
	[REC_CGROUP_MADE] = {
		.kind = REC_CGROUP_MADE, .name = "cgroup_made",
		.doc = "A cgroup was made or renamed; informs enrichment only.",
		.record_size = sizeof(struct rec_cgroup), .fields = cgroup_fields,
	},
	[REC_CGROUP_GONE] = {
		.kind = REC_CGROUP_GONE, .name = "cgroup_gone",
		.doc = "A cgroup was removed; informs enrichment only.",
		.record_size = sizeof(struct rec_cgroup), .fields = cgroup_fields,
	},
};
/* clang-format on */

/* Rows of objects that documents show as a list of one. */
static const struct {
	const char *row, *document;
} in_lists[] = {
	{"process.previous.executable", "process.previous[].executable"},
	{"process.previous.args", "process.previous[].args"},
	{"process.previous.args_count", "process.previous[].args_count"},
};

const char *path_in_document(const char *path)
{
	for (size_t i = 0; i < sizeof(in_lists) / sizeof(in_lists[0]); i++)
		if (strcmp(path, in_lists[i].row) == 0)
			return in_lists[i].document;
	return path;
}

bool path_is_list_of_objects(const char *path, size_t length)
{
	for (size_t i = 0; i < sizeof(in_lists) / sizeof(in_lists[0]); i++)
		if (strcspn(in_lists[i].document, "[") == length &&
		    strncmp(path, in_lists[i].document, length) == 0)
			return true;
	return false;
}

const char *ring_name(enum rec_ring ring)
{
	return ring_names[ring];
}

const struct kind *kind_get(unsigned int kind)
{
	return kind < REC_KINDS && kinds[kind].fields ? &kinds[kind] : NULL;
}

const struct kind *kind_find(const char *name)
{
	for (unsigned int i = 0; i < REC_KINDS; i++)
		if (kinds[i].fields && strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool kind_has_enriched(const struct kind *kind, const struct field *row)
{
	if (row->flags & FIELD_OF_SENDER)
		return kind->has_sender;
	return kind->has_task && (kind->ends || !(row->flags & FIELD_OF_END)) &&
	       (kind->about_file || !(row->flags & FIELD_OF_FILE));
}

const struct field *kind_next_field(const struct kind *kind, unsigned int *cursor)
{
	const struct field *const tables[] = {
		header_fields,
		kind->has_task ? task_fields : NULL,
		kind->fields,
	};
	unsigned int skip = (*cursor)++;

	for (unsigned int t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct field *row = tables[t]; row && !field_ends(row); row++)
			if (skip-- == 0)
				return row;
	return NULL;
}
