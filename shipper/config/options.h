/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of options: one row = place in the file, type, place in the struct, default, bounds
 * and documentation. Reading, defaults, example file and reference are loops over these rows, which
 * stand in options_TOPIC.c. Private to config/.
 */
#ifndef AUDITSHIP_CONFIG_OPTIONS_H
#define AUDITSHIP_CONFIG_OPTIONS_H

#include "base/faults.h"
#include "base/yaml.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_TEXT,       /* char *, at most max bytes, never empty */
	OPTION_PATH,       /* the same */
	OPTION_SIZE,       /* uint64_t bytes, min to max */
	OPTION_DURATION,   /* uint64_t ms, min to max */
	OPTION_NUMBER,     /* uint64_t, min to max */
	OPTION_ENUM,       /* int, one of words */
	OPTION_LIST,       /* struct config_list, min to max items */
	OPTION_MAP,        /* struct config_map, at most max entries; files add to it */
	OPTION_SINKS,      /* struct config_sink * and its count */
	OPTION_RULES,      /* struct rules *, at most max of them */
	OPTION_CONDITION,  /* struct condition * */
	OPTION_PRIORITIES, /* none: compiled from the tree where it is needed, at most max */
};

enum option_flags {
	OPTION_POWER_OF_TWO = 1,
	OPTION_REQUIRED = 2,
	OPTION_SECRET = 4, /* never shown */
	OPTION_PUBLIC = 8, /* shown in messages and events: may not come from a file of its own */
	OPTION_MAY_BE_OFF = 16, /* "off" means that there is none; an amount of 0 means the same */
};

struct option_word {
	const char *name;
	int value;
};

/* What an item of a list, or a text that is more than any text, must look like. */
struct option_pattern {
	const char *words; /* completes "is not ..." */
	bool (*check)(const char *text);
	const char *expression; /* the same as a regular expression, for editors */
};

struct option {
	const char *path; /* dotted: in sections; in the sinks' table below the sink */
	enum option_type type;
	size_t offset;
	const char *fallback; /* the default as YAML; NULL: absent, or derived from other options */
	const char *derived;  /* says in words what a NULL fallback becomes */
	const char *example;  /* a right value, for faults and for the commented line */
	uint64_t min, max;
	unsigned int flags;
	unsigned int sink_types;              /* 1 << enum config_sink_type; 0 in the main table */
	unsigned int part;                    /* enum config_part; 0 in the sinks' table */
	const struct option_word *words;      /* OPTION_ENUM and OPTION_LIST of known words */
	const struct option_pattern *pattern; /* OPTION_TEXT; items of a LIST, keys of a MAP */
	const char *doc;
};

/* A map of the file that has no value of its own. */
struct option_section {
	const char *path;
	const char *doc;
};

/*
 * The tables in their order; a table ends with a row without path, the list with NULL. A loop over
 * the rows begins at config_options[0] and goes on with config_option_next.
 */
extern const struct option *const config_options[];
extern const struct option *const config_sink_options[];

/* The row behind that one, in its table or at the start of the next; NULL behind the last. */
const struct option *config_option_next(const struct option *option);

/* All end with a row without path or name. */
extern const struct option_section config_sections[];
extern const struct option_section config_sink_sections[];
extern const struct option_word config_sink_types[];
extern const struct option_word config_facilities[];
extern const struct option_word config_severities[];
/* Their names are librdkafka's. */
extern const struct option_word config_partitioners[];
extern const struct option_word config_compressions[];
extern const struct option_word config_sasl_mechanisms[];

/*
 * Reads node into the option's member of where (a struct config or config_sink), which must hold a
 * value or zero bytes and keeps it when node is wrong. 0, -EINVAL (told in faults), -ENOMEM.
 */
int config_value_set(void *where, const struct option *option, const struct yaml_node *node,
		     struct faults *faults);
int config_value_set_default(void *where, const struct option *option);
void config_value_done(void *where, const struct option *option);

/* Adds a copy of text. 0 or -ENOMEM. */
int config_list_add(struct config_list *list, const char *text);
void config_list_done(struct config_list *list);

/* Whether both hold the same. Rules and conditions always do: their trees tell. */
bool config_value_equal(const void *a, const void *b, const struct option *option);

/* Whether node (NULL: a default) or anything in it must not be shown. */
bool config_value_is_secret(const struct option *option, const struct yaml_node *node);

#define CONFIG_EXPECTATION_SIZE 512

/* Writes what may stand there: "a size from 256 to 32KiB, such as 4KiB". Returns out. */
const char *config_value_expectation(char out[CONFIG_EXPECTATION_SIZE],
				     const struct option *option);

/*
 * What the last file that has it said at path ("agent.name") in config, NULL when none did. key is
 * NULL or that of an entry of the map at path.
 */
const struct yaml_node *config_origin(const struct config *config, const char *path,
				      const char *key);

/* What stands at that path below node (NULL: nowhere), NULL when nothing does. */
const struct yaml_node *config_descend(const struct yaml_node *node, const char *path);

#define CONFIG_OPTION_PATH_SIZE 128

/* The path of a key of the file below prefix ("" or "tls."); false when there is no such path. */
bool config_path_compose(char out[CONFIG_OPTION_PATH_SIZE], const char *prefix,
			 const struct yaml_node *node);

/* Fills in config->hash. 0 or -ENOMEM. */
int config_hash(struct config *config);

/* Writes "a, b, c". */
void config_words_list(char *out, size_t size, const struct option_word *words);

/* The kinds that a word of capture.events stands for, as bits 1 << enum rec_kind; 0: no such word.
 */
uint32_t config_event_bits(const char *word);

#endif
