/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration files. One table row per option gives parse, default, bounds, documentation and
 * its place in config/auditship.yaml. Text is owned by the struct.
 */
#ifndef AUDITSHIP_CONFIG_H
#define AUDITSHIP_CONFIG_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_sink_type {
	CONFIG_SINK_FILE,
	CONFIG_SINK_STDOUT,
	CONFIG_SINK_KAFKA,
	CONFIG_SINK_SYSLOG
};
enum config_detail { CONFIG_DETAIL_COMPACT, CONFIG_DETAIL_FULL };
enum config_privileges { CONFIG_PRIVILEGES_KEEP, CONFIG_PRIVILEGES_MINIMAL };
enum config_coverage { CONFIG_COVERAGE_START, CONFIG_COVERAGE_REQUEST };
enum config_message { CONFIG_MESSAGE_EVENT, CONFIG_MESSAGE_BATCH };
enum config_headers { CONFIG_HEADERS_STANDARD, CONFIG_HEADERS_NONE };
enum config_tls { CONFIG_TLS_AUTO, CONFIG_TLS_ON, CONFIG_TLS_OFF };
enum config_verify { CONFIG_VERIFY_FULL, CONFIG_VERIFY_CHAIN, CONFIG_VERIFY_NONE };
enum config_format {
	CONFIG_FORMAT_ECS,
	CONFIG_FORMAT_TABLE,
	CONFIG_FORMAT_OCSF,
	CONFIG_FORMAT_CSV,
	CONFIG_FORMAT_TEXT
};

#define CONFIG_FILE AUDITSHIP_SYSCONFDIR "/auditship/auditship.yaml"
#define CONFIG_SINKS_MAX 64
#define CONFIG_HASH_SIZE 65 /* SHA-256 in hexadecimal digits, terminated */

struct condition;
struct rules;
struct yaml_node;

struct config_list {
	char **items;
	size_t count;
};

struct config_pair {
	char *key;
	char *value;
};

/* What the probes leave out, or to what they keep; see capture/filters.h. */
struct config_filters {
	struct config_list executable, user, cgroup, path, pid;
};

/* In the byte order of the keys. */
struct config_map {
	struct config_pair *items;
	size_t count;
};

/* What the files said, for the origin of each value. Private to config/. */
struct config_trees {
	struct yaml_node **items; /* one per file; NULL for an empty one */
	size_t count;
	struct yaml_node *sinks; /* the lists of all files; NULL: none */
	struct yaml_node *rules;
};

/* What type file has; see sink/file.h. */
struct config_trail {
	uint64_t rotate_size, rotate_every_ms; /* 0: off */
	uint64_t keep_files, keep_age_ms, keep_total;
	int compress;            /* enum trail_packing */
	uint64_t compress_level; /* 0: that of the format */
	char *owner, *group;     /* name or number; NULL: as the process */
	char *mode;              /* octal digits */
	int fsync;               /* enum file_sync */
	uint64_t fsync_every_ms;
	struct {
		uint64_t warn, delete, pause; /* bytes; 0: off */
	} space;
};

struct config_sink {
	char *name;
	int type;   /* enum config_sink_type */
	int format; /* enum config_format; default: ecs for file, table for stdout */
	int detail; /* enum config_detail; of format ecs and ocsf */
	struct config_list leave_out; /* paths, of format ecs */
	int message;                  /* enum config_message */
	char *path;                   /* file only */
	struct config_trail trail;    /* file only */
	struct {
		uint64_t events, size, linger_ms;
	} batch;
	struct {
		uint64_t first_ms, max_ms;
	} retry;
	struct {
		char *path; /* NULL: none */
		uint64_t max_size;
	} dead_letter;
	struct {
		struct config_list brokers;
		char *topic; /* with {kind} and {date} */
		int key;     /* enum sink_key */
		int partitioner, compression;
		int headers; /* enum config_headers */
		uint64_t linger_ms;
		uint64_t batch_size, max_message; /* bytes */
		struct config_map properties;
	} kafka;
	struct {
		char *target;
		int framing; /* enum syslog_framing */
		int facility, severity;
		char *app_name, *sd_id;
		uint64_t max_message, resend, rate; /* bytes; rate: per second */
	} syslog;
	struct {
		int use; /* enum config_tls */
		char *ca, *cert, *key, *key_password;
		char *server_name; /* NULL: the host that is connected to */
		int min_version;   /* enum tls_version */
		int verify;        /* enum config_verify */
	} tls;
	struct {
		int mechanism; /* of config_sasl_mechanisms; 0: none */
		char *username, *password;
	} sasl;
	struct condition *when;       /* NULL: every event */
	const struct yaml_node *node; /* private: what the files said; NULL: the default sink */
};

struct config {
	struct {
		char *name; /* NULL: the host's name */
		char *state_dir;
		char *host_root; /* where the host's "/" is; at most HOST_ROOT_MAX bytes */
		struct config_list tags;
		struct config_map labels;
		uint64_t heartbeat_ms; /* 0: none */
		uint64_t stop_timeout_ms;
		int coverage;   /* enum config_coverage */
		int privileges; /* enum config_privileges */
	} agent;
	char *runtime_dir; /* agent.runtime_dir */
	struct {
		char *socket; /* NULL: there is none */
		char *group;  /* name or number of the group that may connect; NULL: only root */
	} control;
	struct {
		char *listen; /* NULL: nowhere; see base/listen_address.h */
	} monitor;
	struct {
		int level; /* enum log_level */
	} log;
	struct {
		struct config_list events; /* kind names: fork exec exit, or groups: process all */
		struct {
			int mode; /* enum rec_opens */
			struct config_list read_paths;
		} open;
		struct config_filters exclude, include;
		uint64_t args_max;      /* bytes, 256 to REC_ARGS_LIMIT */
		struct config_list env; /* at most REC_ENV_NAMES names */
		struct {
			uint64_t vital, bulk; /* bytes, powers of two of at least a page */
		} rings;
		uint64_t keep_attached_ms; /* 0: the probes go with the agent */
	} capture;
	struct {
		char *host_root; /* enrich.containers.host_root; default: agent.host_root */
		struct config_list labels; /* enrich.containers.labels */
		struct {
			uint64_t max;
			uint64_t image_memory; /* bytes */
			uint64_t ancestry;     /* at most LINEAGE_MAX */
		} processes;
	} enrich;
	struct {
		char *dir; /* default: state_dir/journal */
		uint64_t max_size;
		uint64_t max_age_ms; /* 0: without end */
		uint64_t keep_free;  /* 0: nothing */
		int when_full;       /* enum journal_when_full */
		int durability;      /* enum journal_durability */
		uint64_t sync_every_ms;
	} journal;
	struct {
		int nss; /* 1: the host's name services are asked */
		uint64_t positive_age_ms, negative_age_ms;
		uint64_t cache_size; /* bytes */
	} users;                     /* enrich.users */
	struct rules *rules;         /* NULL once somebody has taken them over */
	struct config_sink *sinks;   /* default: one file sink, state_dir/audit.ndjson */
	size_t sink_count;

	/*
	 * Of the effective values: over which files they are spread, in which order keys and sinks
	 * stand and in which units amounts are given makes no difference. What is secret is not in
	 * it: a new password does not change it.
	 */
	char hash[CONFIG_HASH_SIZE];
	struct config_list files; /* what was read: the main file, if there is one, then drop-ins */
	struct config_list warnings; /* what is unwise, one line each, safe on a terminal */
	struct config_trees trees;
};

/*
 * Reads path and then conf.d/?*.yaml beside it, in the byte order of their names. Maps merge key by
 * key; a value, a list of values and a sink's when replace what an earlier file said; rules are
 * appended, and so are sinks, but one that has the name of an earlier file's sink merges with it.
 * NULL: CONFIG_FILE, as config_load_optional reads it.
 *
 * Every fault of the files is added to *faults (NULL: nobody asks), one line each:
 * "FILE:LINE:COLUMN: what is wrong, what would be right". 0, -EINVAL when there are faults, or
 * another negative errno (told in err) when a file cannot be read: missing, no regular file, more
 * than 1 MiB in all, or -EPERM when everybody may write it or it belongs to neither root nor the
 * user of this process. *config is whole on 0 only. What faults quotes of the files is safe on a
 * terminal and never secret. Relative paths in a file are relative to the current directory of the
 * process, not to the file, but for those of ${file:PATH}.
 */
int config_load(struct config *config, const char *path, struct buf *faults, struct err *err);

/* The same, but path may be missing: its drop-ins, if any, are read over the defaults. */
int config_load_optional(struct config *config, const char *path, struct buf *faults,
			 struct err *err);
void config_done(struct config *config);

/* Whether the option, not one of a sink, has its default, also when a file says so. */
bool config_is_default(const struct config *config, const char *path);

/* Room for the faults of a configuration: every line that config_load tells at once. */
#define CONFIG_FAULTS_SIZE (1UL << 20)

/*
 * config_load onto the heap, for whoever must hold two configurations at once (a reload).
 * *ret_config is NULL unless it returns 0; config_free takes NULL.
 */
int config_new(struct config **ret_config, const char *path, struct buf *faults, struct err *err);
void config_free(struct config *config);

/* Parts of the agent that a difference between two configurations concerns. */
enum config_part {
	CONFIG_PART_LOG = 1 << 0,
	CONFIG_PART_IDENTITY =
		1 << 1,               /* name, tags and labels: what each event says of the agent */
	CONFIG_PART_STATE = 1 << 2,   /* state_dir: who the agent is; wants another process */
	CONFIG_PART_CONTROL = 1 << 3, /* the control socket, or the directory it is in */
	CONFIG_PART_EVENTS = 1 << 4,  /* which kinds are kept */
	CONFIG_PART_PROBES = 1 << 5,  /* what the probes were loaded with: they must be new */
	CONFIG_PART_JOURNAL = 1 << 6,
	CONFIG_PART_RULES = 1 << 7,
	CONFIG_PART_SINKS = 1 << 8, /* any sink: added, removed or changed */
	CONFIG_PART_FILTERS =
		1 << 9, /* what the probes leave out, in maps: they stay as they are */
	CONFIG_PART_ENRICH = 1 << 10, /* what the helper process and the tables want anew */
	CONFIG_PART_ANCESTRY = 1 << 11,
	CONFIG_PART_KEEP = 1 << 12, /* whether the probes outlive the agent */
	CONFIG_PART_PRIVILEGES = 1 << 14,
	CONFIG_PART_MONITOR = 1 << 13,
};

enum config_sink_change { CONFIG_SINK_SAME, CONFIG_SINK_CHANGED, CONFIG_SINK_ADDED };

/*
 * Sinks are the same by their name, wherever they stand in their lists. Where a sink is CHANGED any
 * of its options is another, secrets and when included.
 */
struct config_diff {
	unsigned int parts; /* of enum config_part; 0: nothing has to be done */
	struct {
		enum config_sink_change change;
		size_t before;          /* its index in before->sinks, unless ADDED */
	} sinks[CONFIG_SINKS_MAX];      /* by index in after->sinks */
	bool removed[CONFIG_SINKS_MAX]; /* by index in before->sinks */
};

/* Compares values, not their spelling or where they were written; of rules and when the spelling.
 */
void config_diff(struct config_diff *ret_diff, const struct config *before,
		 const struct config *after);

/* What capture.events stands for, groups resolved: bits 1 << enum rec_kind. */
uint32_t config_event_kinds(const struct config *config);

/* "file", "stdout" */
const char *config_sink_type_name(int type);

/* Writes every option with its default and its documentation as a YAML file, or as Markdown. */
int config_write_example(struct buf *out);
int config_write_reference(struct buf *out);

/*
 * Writes the effective configuration as a YAML file that means the same when it is read, each value
 * with where it came from in a comment; what is secret is "***". Safe on a terminal. 0 or what
 * buf_add returns.
 */
int config_write_effective(const struct config *config, struct buf *out);

#endif
