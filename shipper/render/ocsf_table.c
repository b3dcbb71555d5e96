/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mapping of our fields to OCSF 1.8.0. A row says where a field of ours stands there; what has
 * no row is told under unmapped by its own path, so nothing is lost. Must not know how a value is
 * written.
 */
#include "render/ocsf_table.h"

#include <stddef.h>

/* clang-format off */
#define END {0}

static const struct ocsf_column event_columns[] = {
	{"time", "@timestamp", OCSF_MS},
	{"time_dt", "@timestamp", OCSF_ROW},
	{"start_time", "event.start", OCSF_MS},
	{"start_time_dt", "event.start", OCSF_ROW},
	{"end_time", "event.end", OCSF_MS},
	{"end_time_dt", "event.end", OCSF_ROW},
	{"duration", "event.duration", OCSF_MS},
	{"message", "message", OCSF_ROW},
	{"status_code", "error.code", OCSF_ROW},
	{"status_detail", "error.message", OCSF_ROW},
	{"metadata.sequence", "event.sequence", OCSF_ROW},
	{"metadata.logged_time", "event.created", OCSF_MS},
	{"metadata.logged_time_dt", "event.created", OCSF_ROW},
	END
};

#define IDENTITY(to, from)              \
	{to ".pid", from ".pid", OCSF_ROW},       \
	{to ".uid", from ".entity_id", OCSF_ROW}, \
	{to ".cpid", from ".entity_id", OCSF_ROW}

#define PROGRAM_FILE(to, from)                                  \
	{to ".file.name", from ".executable", OCSF_BASENAME},   \
	{to ".file.path", from ".executable", OCSF_COPY},       \
	{to ".file.type_id", from ".executable", OCSF_REGULAR}, \
	{to ".file.type", from ".executable", OCSF_REGULAR_NAME}

/* text: of the path, OCSF_COPY when another member has it. */
#define PROGRAM(to, from, text)                               \
	IDENTITY(to, from),                                   \
	{to ".name", from ".executable", OCSF_BASENAME},      \
	{to ".path", from ".executable", text},               \
	{to ".created_time", from ".start", OCSF_MS},         \
	{to ".created_time_dt", from ".start", OCSF_ROW}

/* The user whose ids count, in full and in compact form. */
#define PERSON(to, text)                                     \
	{to ".user.uid", "user.id", OCSF_ROW},                         \
	{to ".user.name", "user.name", text},                \
	{to ".group.uid", "group.id", OCSF_ROW},                       \
	{to ".group.name", "group.name", text},              \
	{to ".euid", "user.id", OCSF_INTEGER},               \
	{to ".egid", "group.id", OCSF_INTEGER},              \
	{to ".auid", "Linux.audit.user.id", OCSF_INTEGER},   \
	{to ".session.uid", "Linux.audit.session", OCSF_ROW}

#define SAID_OF_PERSON                 \
	{NULL, "process.user.id", OCSF_ROW},     \
	{NULL, "process.user.name", OCSF_ROW},   \
	{NULL, "process.group.id", OCSF_ROW},    \
	{NULL, "process.group.name", OCSF_ROW}

/* Profile container. An image would need a uid there, so it is told under unmapped. */
#define CONTAINER(to)                                                 \
	{to ".container.uid", "container.id", OCSF_ROW},              \
	{to ".container.name", "container.name", OCSF_ROW},           \
	{to ".container.runtime", "container.runtime", OCSF_ROW},     \
	{to ".container.orchestrator", "orchestrator.type", OCSF_ROW}

#define PARENT(to)                                            \
	PROGRAM(to, "process.parent", OCSF_ROW),              \
	{to ".cmd_line", "process.parent.command_line", OCSF_ROW},      \
	{to ".namespace_pid", "process.parent.vpid", OCSF_ROW},         \
	PROGRAM_FILE(to, "process.parent")

#define DETAILS(to)                                           \
	{to ".cmd_line", "process.command_line", OCSF_ROW},             \
	{to ".ptid", "process.thread.id", OCSF_ROW},                    \
	{to ".namespace_pid", "process.vpid", OCSF_ROW},                \
	{to ".working_directory", "process.working_directory", OCSF_ROW}

/* Name and type come with the kind: a file that nobody knows needs them all the same. */
#define FILE_COLUMNS(to, text)                                \
	{to ".path", "file.path", text},                      \
	{to ".parent_folder", "file.directory", OCSF_COPY},   \
	{to ".uid", "file.inode", OCSF_ROW},                            \
	{to ".size", "file.size", OCSF_ROW},                            \
	{to ".volume", "file.device", OCSF_ROW},                        \
	{to ".attributes", "file.mode", OCSF_INTEGER},        \
	{to ".owner.uid", "file.uid", OCSF_ROW},                        \
	{to ".owner.name", "file.owner", OCSF_ROW}

/* Of every kind that a process is behind. */
static const struct ocsf_column user_columns[] = {
	{"actor.user.uid", "user.id", OCSF_ROW},
	{"actor.user.name", "user.name", OCSF_COPY},
	{"actor.session.uid", "Linux.audit.session", OCSF_ROW},
	SAID_OF_PERSON,
	END
};

/* The event is about the process itself. */
static const struct ocsf_column process_columns[] = {
	PROGRAM("process", "process", OCSF_ROW),
	DETAILS("process"),
	PERSON("process", OCSF_ROW),
	{"process.environment_variables", "process.env_vars", OCSF_VARIABLES},
	{"process.terminated_time", "process.end", OCSF_MS},
	{"process.terminated_time_dt", "process.end", OCSF_ROW},
	CONTAINER("process"),
	PARENT("process.parent_process"),
	END
};

static const struct ocsf_column process_file_columns[] = {
	PROGRAM_FILE("process", "process"),
	END
};

/* Of an exec: the file is known in full. */
static const struct ocsf_column executed_columns[] = {
	{"process.file.name", "file.path", OCSF_NAME},
	FILE_COLUMNS("process.file", OCSF_COPY),
	{"process.file.type_id", "file.type", OCSF_FILE_TYPE},
	{"process.file.type", "file.type", OCSF_FILE_TYPE_NAME},
	{"process.file.is_deleted", "Linux.exec.deleted", OCSF_ROW},
	END
};

/* Who did it: the parent, as OCSF has it of an exec. */
static const struct ocsf_column actor_is_parent_columns[] = {
	PROGRAM("actor.process", "process.parent", OCSF_COPY),
	{"actor.process.cmd_line", "process.parent.command_line", OCSF_ROW},
	PROGRAM_FILE("actor.process", "process.parent"),
	END
};

static const struct ocsf_column actor_is_creator_columns[] = {
	PROGRAM("actor.process", "Linux.creator", OCSF_COPY),
	PROGRAM_FILE("actor.process", "Linux.creator"),
	{"actor.process.ptid", "Linux.creator.thread_id", OCSF_ROW},
	END
};

static const struct ocsf_column actor_is_itself_columns[] = {
	PROGRAM("actor.process", "process", OCSF_COPY),
	PROGRAM_FILE("actor.process", "process"),
	{"actor.process.user.uid", "user.id", OCSF_ROW},
	{"actor.process.user.name", "user.name", OCSF_COPY},
	END
};

/* The only member that tells of the process. */
static const struct ocsf_column actor_columns[] = {
	PROGRAM("actor.process", "process", OCSF_ROW),
	PROGRAM_FILE("actor.process", "process"),
	DETAILS("actor.process"),
	PERSON("actor.process", OCSF_ROW),
	CONTAINER("actor.process"),
	PARENT("actor.process.parent_process"),
	END
};

/* The process that was to be: the caller's identity, the program it asked for. */
static const struct ocsf_column tried_columns[] = {
	IDENTITY("process", "process"),
	{"process.name", "file.path", OCSF_BASENAME},
	{"process.path", "file.path", OCSF_ROW},
	{"process.file.name", "file.path", OCSF_NAME_OF_PATH},
	{"process.file.path", "file.path", OCSF_COPY},
	{"process.file.parent_folder", "file.directory", OCSF_COPY},
	{"process.file.type_id", "file.path", OCSF_UNKNOWN_TYPE},
	{"process.file.type", "file.path", OCSF_UNKNOWN_TYPE_NAME},
	END
};

static const struct ocsf_column exit_columns[] = {
	{"exit_code", "process.exit_code", OCSF_ROW},
	{"exit_code", "Linux.exit.status", OCSF_ROW},
	END
};

static const struct ocsf_column file_columns[] = {
	{"file.name", "file.path", OCSF_NAME},
	FILE_COLUMNS("file", OCSF_ROW),
	{"file.type_id", "file.type", OCSF_FILE_TYPE},
	{"file.type", "file.type", OCSF_FILE_TYPE_NAME},
	{"file.is_deleted", "Linux.open.deleted", OCSF_ROW},
	{"access_mask", "Linux.open.flags_raw", OCSF_INTEGER},
	END
};

static const struct ocsf_column log_columns[] = {
	{"count", "Linux.lost.count", OCSF_ROW},
	{"count", "Linux.limited.count", OCSF_ROW},
	{"status_detail", "Linux.lost.reason", OCSF_ROW},
	END
};

static const struct ocsf_class file_activity = {1001, "File System Activity", false};
static const struct ocsf_class process_activity = {1007, "Process Activity", false};
static const struct ocsf_class event_log_activity = {1008, "Event Log Activity", true};

enum { INFORMATIONAL = 1, LOW = 2, MEDIUM = 3 };
enum { LAUNCH_FORK = 2, LAUNCH_EXEC = 3 };

#define PROCESS(number, word, ...)                                                            \
	.class = &process_activity, .activity = (number), .activity_name = (word),            \
	.severity = INFORMATIONAL, .tables = {event_columns, user_columns, __VA_ARGS__}
#define OPENED(number, word)                                                                  \
	.class = &file_activity, .activity = (number), .activity_name = (word),               \
	.severity = INFORMATIONAL,                                                            \
	.tables = {event_columns, user_columns, actor_columns, file_columns}
#define LOGGED(number, word, grade)                                                           \
	.class = &event_log_activity, .activity = (number), .activity_name = (word),          \
	.severity = (grade), .tables = {event_columns, log_columns}

const struct ocsf_kind ocsf_kinds[REC_KINDS] = {
	[REC_FORK] = {PROCESS(1, "Launch", actor_is_creator_columns, process_columns,
			      process_file_columns),
		      .launch = LAUNCH_FORK},
	[REC_EXEC] = {PROCESS(1, "Launch", actor_is_parent_columns, process_columns,
			      executed_columns),
		      .launch = LAUNCH_EXEC},
	[REC_EXEC_FAILED] = {PROCESS(1, "Launch", actor_columns, tried_columns),
			     .launch = LAUNCH_EXEC},
	[REC_EXIT] = {PROCESS(2, "Terminate", actor_is_itself_columns, process_columns,
			      process_file_columns, exit_columns)},
	[REC_THREAD_START] = {PROCESS(99, "Thread Start", actor_is_itself_columns, process_columns,
				      process_file_columns)},
	[REC_THREAD_EXIT] = {PROCESS(99, "Thread Exit", actor_is_itself_columns, process_columns,
				     process_file_columns, exit_columns)},
	[REC_OPEN_READ] = {OPENED(14, "Open")},
	[REC_OPEN_WRITE] = {OPENED(14, "Open")},
	[REC_OPEN_FAILED] = {OPENED(14, "Open")},
	[REC_FILE_CREATE] = {OPENED(1, "Create")},
	[REC_LOST] = {LOGGED(99, "Events Lost", MEDIUM)},
	[REC_LIMITED] = {LOGGED(99, "Events Limited", LOW)},
	[REC_CONFIG_CHANGED] = {LOGGED(99, "Configuration Change", INFORMATIONAL)},
	[REC_CONFIG_REFUSED] = {LOGGED(99, "Configuration Refused", MEDIUM)},
	[REC_AGENT_START] = {LOGGED(6, "Start", INFORMATIONAL)},
	[REC_AGENT_STOP] = {LOGGED(7, "Stop", LOW)},
	[REC_AGENT_HEARTBEAT] = {LOGGED(99, "Heartbeat", INFORMATIONAL)},
	[REC_CLOCK_STEP] = {LOGGED(99, "Clock Step", LOW)},
	[REC_EVENTS_EXPIRED] = {LOGGED(99, "Events Expired", MEDIUM)},
	[REC_JOURNAL_UNCLEAN] = {LOGGED(99, "Journal Unclean", MEDIUM)},
	[REC_AGENT_COVERAGE] = {LOGGED(99, "Coverage", INFORMATIONAL)},
};
