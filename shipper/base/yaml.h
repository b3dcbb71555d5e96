/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small YAML document as a tree, every node with its place. JSON is YAML too. What makes YAML
 * dangerous or ambiguous is refused: anchors, aliases, tags, several documents, keys that are not
 * plain words, and a key that is given twice.
 *
 * Functions are called yaml_tree_: libyaml exports names of its own, yaml_free among them, that
 * ours would replace at run time.
 */
#ifndef AUDITSHIP_YAML_H
#define AUDITSHIP_YAML_H

#include "base/faults.h"

#include <stdbool.h>
#include <stddef.h>

#define YAML_MAX_SIZE (1024 * 1024) /* bytes */
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 65536

enum yaml_type {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP,
	YAML_NOTHING, /* an unquoted null, ~ or no value at all */
	YAML_REFUSED, /* told in the faults already: nothing more has to be said of it */
};

/* Text is NUL-terminated but may hold NUL bytes as well. */
struct yaml_text {
	char *bytes;
	size_t length;
};

struct yaml_node {
	enum yaml_type type;
	struct place place;
	struct yaml_text text; /* YAML_SCALAR */
	char *variables;       /* what the text was made with, such as "${NAME}"; NULL: nothing */
	bool secret;           /* the text must not be shown to anybody */
	struct yaml_node *first;
	size_t count; /* of children */
	/* as a child: */
	struct yaml_text key; /* bytes is NULL in a list */
	struct place key_place;
	struct yaml_node *next;
};

/*
 * Reads one document. *ret_root is NULL when it is empty or when it is not YAML at all; the caller
 * frees it. What is wrong with the document goes to faults. 0 or -ENOMEM.
 */
int yaml_tree_parse(struct yaml_node **ret_root, const char *data, size_t size,
		    struct faults *faults);
void yaml_tree_free(struct yaml_node *root);

/* The entry of a map with that key, NULL when there is none. Of a key given twice, the first. */
const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key);

/* True when the two are the same bytes. */
bool yaml_tree_text_is(const struct yaml_text *text, const char *wanted);
bool yaml_tree_same_text(const struct yaml_text *a, const struct yaml_text *b);

/* True when the two say the same in the same order, wherever they stand. */
bool yaml_tree_equal(const struct yaml_node *a, const struct yaml_node *b);

/* Takes the first child out; NULL when there is none. The caller owns it. */
struct yaml_node *yaml_tree_take_first(struct yaml_node *parent);

/* Puts child, which parent owns from then on, after its other children. */
void yaml_tree_append(struct yaml_node *parent, struct yaml_node *child);

/*
 * Adds the entries of other to map. Of the same key, two maps merge in turn, unless the key is
 * whole (NULL: none); anything else takes the place of the old. Frees other.
 */
void yaml_tree_merge(struct yaml_node *map, struct yaml_node *other, const char *whole);

/* The first secret scalar of a tree (NULL: an empty one), NULL when there is none. */
const struct yaml_node *yaml_tree_secret(const struct yaml_node *root);

/* faults_quote of the text of a scalar, "***" when it is secret. */
const char *yaml_tree_quote(char out[FAULTS_QUOTE_SIZE], const struct yaml_node *node);

#endif
