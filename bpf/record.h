/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The wire format: what a probe writes into a ring and the shipper reads. Plain, naturally aligned
 * structs, no functions. Included by kernel side and user side. Members are only ever added at the
 * end of a struct; a change of meaning is a new REC_ABI.
 *
 * A record is one struct below, which starts with rec_header, followed by a tail of bytes that the
 * struct's rec_string members point into. Offsets count from the start of the record.
 */
#ifndef AUDITSHIP_RECORD_H
#define AUDITSHIP_RECORD_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define REC_ABI 2

/* Everything but the arguments, which come last; a power of two. */
#define REC_HEAD_SIZE (64 * 1024)
#define REC_ARGS_DEFAULT (32 * 1024) /* bytes of arguments kept, unless configured otherwise */
#define REC_ARGS_LIMIT (128 * 1024)  /* whatever is configured */

/* A record never grows past this; the shipper refuses a larger one. */
#define REC_MAX_SIZE (REC_HEAD_SIZE + REC_ARGS_LIMIT)

enum rec_kind {
	REC_NONE = 0,
	REC_FORK = 1,
	REC_EXEC = 2,
	REC_EXIT = 3,
	REC_SNAPSHOT = 4,       /* a process that ran before the agent; never journalled */
	REC_LOST = 5,           /* made by the shipper: numbers that never arrived */
	REC_LIMITED = 6,        /* made by the shipper: events that a rule's limit held back */
	REC_CONFIG_CHANGED = 7, /* made by the shipper: another configuration is in force */
	REC_CONFIG_REFUSED = 8, /* made by the shipper: one was faulty, the old one stays */
	REC_THREAD_START = 9,
	REC_THREAD_EXIT = 10,
	REC_EXEC_FAILED = 11,
	/* One kind of file open each, so that what is the same for all of it stands in the table.
	 */
	REC_OPEN_READ = 12,   /* for reading, or for neither reading nor writing */
	REC_OPEN_WRITE = 13,  /* of a file that was there, for writing */
	REC_FILE_CREATE = 14, /* the open made the file */
	REC_OPEN_FAILED = 15,
	/* What the agent tells of itself; all made by the shipper. */
	REC_AGENT_START = 16,
	REC_AGENT_STOP = 17,
	REC_AGENT_HEARTBEAT = 18,
	REC_CLOCK_STEP = 19,
	REC_AGENT_COVERAGE = 20,
	/* Only inform the table of cgroups; never journalled. */
	REC_CGROUP_MADE = 21, /* or renamed */
	REC_CGROUP_GONE = 22,
	REC_EVENTS_EXPIRED = 23,
	REC_JOURNAL_UNCLEAN = 24,
	REC_KINDS
};

enum rec_ring { REC_RING_VITAL = 0, REC_RING_BULK = 1, REC_RING_SHIPPER = 2, REC_RINGS };

/* Who can interrupt whom on a CPU: each class has its own scratch space and its own numbers. */
enum rec_class {
	REC_CLASS_TASK = 0,
	REC_CLASS_SOFTIRQ = 1,
	REC_CLASS_ITERATOR = 2,
	REC_CLASS_PREEMPTED = 3, /* a task that can be preempted within the program */
	REC_CLASSES
};

/* Why a numbered record did not reach the ring. */
enum rec_loss {
	REC_LOSS_RING_FULL = 0,
	REC_LOSS_NO_SCRATCH = 1,
	REC_LOSS_TOO_LARGE = 2, /* for a ring that is configured so small */
	REC_LOSS_NO_AGENT = 3,  /* skipped: for too long no agent had shown that it runs */
	REC_LOSS_REASONS
};

struct rec_header {
	__u32 size; /* of struct and tail, in bytes */
	__u16 kind; /* enum rec_kind */
	__u8 abi;   /* REC_ABI */
	__u8 class; /* enum rec_class */
	__u32 cpu;
	__u8 ring;        /* enum rec_ring */
	__u8 flags;       /* REC_FLAG_... */
	__u16 generation; /* set of probes, which counts the numbers from 1 */
	__u64 sequence;   /* per ring, CPU and class; taken before the first place of loss */
	__u64 time_ns;    /* CLOCK_BOOTTIME */
};

/* A kernel filter leaves the process out: the record only informs the process table. */
#define REC_FLAG_EXCLUDED 1

#define REC_FULL_UNKNOWN 0xffffffffu

/* length < full: cut. full == REC_FULL_UNKNOWN: cut, and nobody knows how long it was. */
struct rec_string {
	__u32 offset;
	__u32 length; /* bytes kept, without a terminator */
	__u32 full;   /* bytes there were */
};

/* What identifies a process: enough to compute its entity id. pid 0: unknown. */
struct rec_id {
	__u32 pid;      /* thread group id in the initial pid namespace */
	__u32 ns_pid;   /* thread group id in the process's own pid namespace */
	__u64 start_ns; /* CLOCK_BOOTTIME at which the thread group leader started */
	__u32 pid_ns;   /* inode number of the process's own pid namespace */
	__u32 pad;
};

#define REC_SIZE_UNKNOWN 0xffffffffffffffffULL
#define REC_ID_UNSET 0xffffffffu /* a login uid or audit session that was never set */

struct rec_creds {
	__u32 uid, gid;   /* real; all ids are those of the initial user namespace */
	__u32 euid, egid; /* effective */
	__u32 suid, sgid; /* saved */
	__u32 fsuid, fsgid;
	__u32 login_uid;
	__u32 audit_session;
	__u64 cap_inheritable;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_bounding;
	__u64 cap_ambient;
};

/* Inode numbers of the namespaces, as in /proc/PID/ns. */
struct rec_namespaces {
	__u32 cgroup, ipc, mnt, net, time, user, uts;
	/* what the process has for "/": number of the mount, as stx_mnt_id of statx(2) */
	__u32 root_mount;
};

#define REC_COMM_SIZE 16

/* What every process event says of its process. */
struct rec_task {
	struct rec_id id;
	struct rec_id parent; /* the current parent: the reaper once the creator has gone */
	struct rec_creds creds;
	struct rec_namespaces ns;
	__u64 cgroup_id; /* of the cgroup v2 hierarchy: inode number of the directory */
	__u32 tid;       /* of the thread that caused the event */
	__u32 tty;       /* major << 20 | minor of the controlling terminal, 0: none */
	/*
	 * Leaders of session and process group. start_ns 0: the leader has ended; its number stays
	 * taken while the session or group has members.
	 */
	struct rec_id session;
	struct rec_id group;
	__u8 kernel_thread;
	__u8 pad[3];
	__u32 exec_id; /* counts the execs of the process and of those it descends from */
	char comm[REC_COMM_SIZE];
	/* Of the v1 hierarchy that has the pids controller, else of the one that has memory; 0:
	 * both are on v2, or not there. Numbers are unique within one hierarchy only. */
	__u64 cgroup_v1_id;
	__u32 cgroup_v1_hierarchy; /* as in the first column of /proc/PID/cgroup */
	__u32 root_directory; /* the same for the same directory, whatever the mount; 0: not known
			       */
};

/* task is the child. */
struct rec_fork {
	struct rec_header header;
	struct rec_task task;
	struct rec_id creator; /* the process that called fork: not the parent under CLONE_PARENT */
	__u32 creator_tid;
	__u32 exit_signal; /* sent to the parent when the child ends, 0: none */
};

struct rec_exec {
	struct rec_header header;
	struct rec_task task;
	__u64 inode;
	__u64 file_size;
	__u32 device; /* major << 20 | minor of the file system */
	__u32 mode;   /* type and permission bits, as in stat(2) */
	__u32 file_uid, file_gid;
	__u32 old_tid; /* the thread that called exec; differs from tid when it was not the leader
			*/
	__u32 args_count; /* argc the kernel passed on */
	__u8 secure;      /* AT_SECURE: privileges rose */
	__u8 setuid, setgid;
	__u8 memfd;
	__u8 deleted;
	__u8 pad[3];
	struct rec_string executable;  /* a path */
	struct rec_string cwd;         /* a path */
	struct rec_string filename;    /* as given to exec */
	struct rec_string interpreter; /* of a script, as named in its first line */
	struct rec_string args;        /* each argument ends with NUL; no NUL after a cut one */
	struct rec_string env; /* variables that pass the prefix filter, each with NUL; the shipper
				* keeps those that are configured */
};

/*
 * A path on the wire is the names from the leaf up to the root, each followed by NUL:
 * "ls\0bin\0usr\0". The shipper turns it into "/usr/bin/ls" in place: same length.
 */

struct rec_exit {
	struct rec_header header;
	struct rec_task task;
	__u32 exit_code;   /* as a shell has it: the status, or 128 + signal */
	__u32 exit_signal; /* 0: left by itself */
	__u32 core_dumped;
	__u32 pad;
	/* own threads; utime and stime are sampled by tick, runtime is exact: see enrich/cputime.h
	 */
	__u64 utime_ns, stime_ns, runtime_ns;
	__u64 children_utime_ns, children_stime_ns; /* children that were waited for */
	__u64 max_rss_bytes, children_max_rss_bytes;
	__u64 read_bytes, written_bytes; /* block I/O, in units of 512 */
	__u64 children_read_bytes, children_written_bytes;
};

/* task is the new thread's, as its creator left it. */
struct rec_thread_start {
	struct rec_header header;
	struct rec_task task;
	__u32 creator_tid; /* a thread of the same process */
	__u32 pad;
};

/* task is the thread's; one of the process's own kind follows when it was the last. */
struct rec_thread_exit {
	struct rec_header header;
	struct rec_task task;
	__u64 start_ns;  /* CLOCK_BOOTTIME at which the thread started */
	__u32 exit_code; /* as rec_exit has it, but of this thread */
	__u32 exit_signal;
	__u8 is_leader; /* the thread whose id is the process's */
	__u8 pad[7];
};

/* Which system call; the number differs by architecture and for 32-bit programs. */
enum rec_syscall {
	REC_SYSCALL_OTHER = 0, /* by way of io_uring */
	REC_SYSCALL_OPEN = 1,
	REC_SYSCALL_OPENAT = 2,
	REC_SYSCALL_OPENAT2 = 3,
	REC_SYSCALL_CREAT = 4,
	REC_SYSCALL_OPEN_BY_HANDLE_AT = 5,
	REC_SYSCALL_EXECVE = 6,
	REC_SYSCALL_EXECVEAT = 7,
	REC_SYSCALLS
};

struct rec_call {
	__s64 result;  /* as user space gets it: a descriptor, or -errno */
	__u32 error;   /* errno, 0: none */
	__u8 number;   /* enum rec_syscall */
	__u8 is_32bit; /* made by the 32-bit entry */
	__u8 pad[2];
};

struct rec_exec_failed {
	struct rec_header header;
	struct rec_task task; /* of the caller, which goes on as it was */
	struct rec_call call;
	struct rec_string filename;  /* as given; full unknown and length 0: could not be read */
	struct rec_string directory; /* as rec_open has it */
};

/*
 * All four kinds of file open. What is known of the file comes from the opened file itself; of a
 * failed open there is none: owner and size are unset and the other members of the file are 0.
 */
struct rec_open {
	struct rec_header header;
	struct rec_task task;
	struct rec_call call;
	__u64 flags;   /* as given: O_... of the architecture's own */
	__u64 resolve; /* openat2: RESOLVE_... */
	__u64 inode;
	__u64 file_size;   /* REC_SIZE_UNKNOWN: of a failed open */
	__u32 create_mode; /* as given; only with O_CREAT or O_TMPFILE */
	__u32 device;      /* major << 20 | minor of the file system */
	__u32 mode;        /* type and permission bits, as in stat(2) */
	__u32 file_uid, file_gid;
	__u8 fd_shared; /* other threads may have put another file at the descriptor meanwhile */
	__u8 deleted;   /* the file has no name any more, or never had one */
	__u8 pad[2];
	struct rec_string path;  /* a path: of the opened file */
	struct rec_string given; /* the path as user space gave it, read after the call */
	/* a path: what given is relative to. Absolute: absent, unless it starts from another root,
	 * by RESOLVE_IN_ROOT, or in a chroot that the call failed in. */
	struct rec_string directory;
};

/* From the task iterator. No argv: another process's memory is not readable there on 5.10. */
struct rec_snapshot {
	struct rec_header header;
	struct rec_task task;
	struct rec_string executable; /* a path */
};

/* A directory of a cgroup hierarchy that rec_task may name. */
struct rec_cgroup {
	struct rec_header header;
	__u64 id;        /* inode number of the directory */
	__u32 hierarchy; /* 0: v2 */
	__u32 pad;
	/* From the root of the hierarchy, in plain order; full unknown: the kernel cut it. */
	struct rec_string path;
	__u32 pad_end;
};

/* Numbers of one ring, CPU and class that never arrived. Made by the shipper's reader. */
struct rec_lost {
	struct rec_header header;
	__u32 cpu;
	__u8 ring;   /* enum rec_ring */
	__u8 class;  /* enum rec_class */
	__u8 reason; /* enum rec_loss */
	__u8 pad;
	__u64 first, last; /* kernel numbers, both lost */
	__u64 count;
	__u64 total; /* lost on this ring, CPU and class since the probes were attached */
	__u64 window_start_ns, window_end_ns; /* CLOCK_BOOTTIME: the loss happened within */
	__u16 generation;                     /* of the probes whose numbers they are */
	__u16 pad_end[3];
};

/* Events that one rule held back for one key. Made by the shipper. */
struct rec_limited {
	struct rec_header header;
	__u64 count;
	__u64 total; /* held back by this rule since it has been in force, these included */
	__u64 limit_events, limit_per_ns;
	__u64 first_number, last_number; /* kernel numbers of the first and the last of them */
	__u32 first_cpu, last_cpu;
	__u64 window_start_ns, window_end_ns; /* CLOCK_BOOTTIME of the first and the last of them */
	struct rec_string rule, field, key;
	__u32 pad;
};

/* A reload of the configuration. Made by the shipper. */
struct rec_config {
	struct rec_header header;
	struct rec_string hash;    /* of the configuration in force from here on, hexadecimal */
	struct rec_string message; /* what changed, or what is wrong */
};

/* The first of a run. Version and kernel stand here too: another agent may deliver it later. */
struct rec_agent_start {
	struct rec_header header;
	__u32 probes, attached;
	struct rec_string version;
	struct rec_string kernel; /* release */
	struct rec_string hash;   /* of the configuration, hexadecimal */
	struct rec_string failed; /* probes that are not attached, "NAME: WHY", each with NUL */
	struct rec_string message;
	__u8 adopted; /* probes were in place and have recorded all the time */
	__u8 pad[3];
};

/* Why an agent stops. */
enum rec_stop {
	REC_STOP_SIGNAL = 0,
	REC_STOP_TIME_OVER = 1,
	REC_STOP_READER_GONE = 2, /* of standard output */
	REC_STOP_ERROR = 3,
};

/* How a signal came: si_code of sigaction(2). */
enum rec_signal_way {
	REC_SIGNAL_NONE = 0,
	REC_SIGNAL_KILL = 1,
	REC_SIGNAL_TGKILL = 2,
	REC_SIGNAL_QUEUE = 3,  /* or another code that a sender chooses, who then also says himself
				* who he is */
	REC_SIGNAL_KERNEL = 4, /* Ctrl-C on the agent's terminal, for one: there is no sender */
};

/* The last of a run. */
struct rec_agent_stop {
	struct rec_header header;
	__u64 uptime_ns;
	__u64 asked_ns;         /* CLOCK_BOOTTIME at which the agent noticed that it is to stop */
	__u32 signal;           /* 0: it was none */
	__u32 sender_pid;       /* as the agent's own pid namespace has it; 0: unknown */
	__u32 sender_uid;       /* real; REC_ID_UNSET: unknown */
	__u32 sender_login_uid; /* REC_ID_UNSET: unknown, or never set */
	__u8 reason;            /* enum rec_stop */
	__u8 way;               /* enum rec_signal_way */
	__u8 claimed;           /* nobody vouches for sender_pid and sender_uid */
	__u8 initial_pid;       /* sender_pid is that of the initial pid namespace */
	struct rec_string message;
	__u8 kept; /* the probes go on recording */
	__u8 pad[3];
};

/* The account of one moment: see struct collect_status. */
struct rec_agent_heartbeat {
	struct rec_header header;
	__u64 uptime_ns;
	__u64 numbered; /* = the next ten */
	__u64 journalled, dropped, limited, not_selected, excluded, canaries, rejected;
	__u64 lost, unjournalled, in_ring;
	__u64 lost_ring_full, lost_no_scratch, lost_too_large; /* of lost; the rest: unexplained */
	__u64 own_events;     /* journalled too, but no probe numbered them */
	__u64 journal_events; /* appended since the agent's start */
	__u64 vital_high_water_bytes, vital_size_bytes;
	__u64 bulk_high_water_bytes, bulk_size_bytes; /* 0: there is no such ring */
	__u64 memory_anon_bytes;                      /* RssAnon; 0: unknown */
	__u64 recursion_misses;                       /* all ones: unknown */
	__u8 balances;
	__u8 pad[7];
	struct rec_string sinks; /* each with NUL */
	struct rec_string message;
	__u64 left_out; /* by kernel filters: never numbered */
	__u64 lost_no_agent;
};

/* CLOCK_REALTIME went another way than CLOCK_BOOTTIME. */
struct rec_clock_step {
	struct rec_header header;
	__s64 step_us;        /* negative: back */
	__u64 before_wall_ns; /* what the clock would show without the step */
	__u64 after_wall_ns;  /* what it shows */
	__u8 noticed;         /* 0: the kernel told that the clock was set; 1: the agent compared */
	__u8 pad[3];
	struct rec_string message;
};

/* Lists have one part each per canary or probe, with NUL. */
struct rec_agent_coverage {
	struct rec_header header;
	__u32 probes, attached;
	__u32 seen_count, missed_count, skipped_count;
	__u32 records; /* that the canaries made; none of them is in the stream */
	__u8 asked;    /* 0: at the start; 1: somebody asked */
	__u8 pad[3];
	struct rec_string kernel;        /* release */
	struct rec_string probes_on;     /* NAME */
	struct rec_string probes_failed; /* NAME: WHY */
	struct rec_string seen;          /* NAME */
	struct rec_string missed;        /* NAME: WHY */
	struct rec_string skipped;       /* NAME: WHY */
	struct rec_string message;
	__u32 gap_count;
	struct rec_string gaps; /* NAME: WHY */
};

/* Journalled events that a sink never gets. */
struct rec_events_expired {
	struct rec_header header;
	__u64 count;
	__u64 first, last; /* event.sequence; 0: not known */
	__u8 stream[16];   /* of the first; zero: not known */
	__u8 reason;       /* enum journal_gap_reason - 1 */
	__u8 pad[3];
	struct rec_string sink;
	struct rec_string message;
};

/* What was found at the start: the run before did not come to its end, or the journal is damaged.
 */
struct rec_journal_unclean {
	struct rec_header header;
	__u64 last_sequence; /* of the last whole event; 0: there was none */
	__u64 last_time_ns;  /* CLOCK_REALTIME of its append */
	__u8 last_stream[16];
	__u8 last_boot_id[16];
	__u64 torn_bytes;     /* behind the last whole event */
	__u32 damaged, newer; /* segments */
	__u8 unclean;         /* the last run did not close the journal */
	__u8 same_boot;       /* it was of this boot */
	__u8 pad[6];
	struct rec_string aside; /* list of files */
	struct rec_string message;
};

#endif
