/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From libyaml's events to a tree. The only file that includes libyaml. Knows nothing of options.
 * Recursion is bounded by YAML_MAX_DEPTH, memory by YAML_MAX_NODES and the size of the document.
 */
#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	const char *data;
	size_t size;
	struct faults *faults;
	size_t nodes;
	unsigned int depth;
};

/* Results of reading below: negative errno, READ_STOP (told, the document cannot go on), READ_OK.
 */
enum { READ_OK = 0, READ_STOP = 1 };

static struct place place_of(const struct reader *reader, const yaml_mark_t *mark)
{
	return (struct place){(unsigned int)mark->line + 1, (unsigned int)mark->column + 1,
			      reader->faults->file};
}

/* The reader of libyaml tells a byte offset only. */
static struct place place_of_offset(const char *data, size_t size, size_t offset)
{
	struct place place = {1, 1, 0};

	for (size_t i = 0; i < offset && i < size; i++) {
		if (data[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if (((unsigned char)data[i] & 0xc0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

static const char *better_words(const char *problem)
{
	static const char *const words[][2] = {
		{"found character that cannot start any token",
		 "a tab, '@', '`' or '%' cannot stand here: indent with spaces, quote text that "
		 "starts so"},
		{"mapping values are not allowed in this context",
		 "a second ':' in one line, or wrong indentation: quote text that holds ': '"},
		{"did not find expected key", "a key was expected here: wrong indentation?"},
		{"could not find expected ':'", "a key without its ':'"},
	};

	if (!problem)
		return "this is not YAML";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(problem, words[i][0]) == 0)
			return words[i][1];
	}
	return problem;
}

static int syntax_fault(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *words = better_words(parser->problem);
	struct place place = place_of(reader, &parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR) {
		place = place_of_offset(reader->data, reader->size, parser->problem_offset);
		place.file = reader->faults->file;
		faults_add(reader->faults, place,
			   "a byte or character that text cannot hold (%s): the file must be UTF-8",
			   words);
	} else if (parser->context && parser->context_mark.line != parser->problem_mark.line) {
		faults_add(reader->faults, place, "%s (%s that starts at line %zu)", words,
			   parser->context, parser->context_mark.line + 1);
	} else {
		faults_add(reader->faults, place, "%s", words);
	}
	return READ_STOP;
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
	return yaml_parser_parse(&reader->parser, event) ? READ_OK : syntax_fault(reader);
}

static int take_text(struct yaml_text *text, const yaml_event_t *event)
{
	text->length = event->data.scalar.length;
	text->bytes = malloc(text->length + 1);
	if (!text->bytes)
		return -ENOMEM;
	memcpy(text->bytes, event->data.scalar.value, text->length);
	text->bytes[text->length] = '\0';
	return 0;
}

static bool means_nothing(const yaml_event_t *event)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp((const char *)event->data.scalar.value, words[i]) == 0)
			return true;
	}
	return false;
}

static void refuse_decoration(struct reader *reader, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	char quoted[FAULTS_QUOTE_SIZE];

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		faults_add(
			reader->faults, place_of(reader, &event->start_mark),
			"anchors are not supported ('&%s'): write the value out",
			faults_quote(quoted, (const char *)anchor, strlen((const char *)anchor)));
	if (tag)
		faults_add(reader->faults, place_of(reader, &event->start_mark),
			   "tags are not supported ('%s'): remove it",
			   faults_quote(quoted, (const char *)tag, strlen((const char *)tag)));
}

static void refuse_alias(struct reader *reader, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	char quoted[FAULTS_QUOTE_SIZE];

	faults_add(reader->faults, place_of(reader, &event->start_mark),
		   "aliases are not supported ('*%s'): write the value out",
		   faults_quote(quoted, name, strlen(name)));
}

static int new_node(struct reader *reader, const yaml_event_t *event, struct yaml_node **ret_node)
{
	struct yaml_node *node;

	if (++reader->nodes > YAML_MAX_NODES) {
		faults_add(reader->faults, place_of(reader, &event->start_mark),
			   "the file holds more than %d values", YAML_MAX_NODES);
		return READ_STOP;
	}
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->place = place_of(reader, &event->start_mark);
	*ret_node = node;
	return READ_OK;
}

static int read_node(struct reader *reader, const yaml_event_t *event, struct yaml_node **ret_node);

static int compare_keys(const void *left, const void *right)
{
	const struct yaml_node *a = *(struct yaml_node *const *)left;
	const struct yaml_node *b = *(struct yaml_node *const *)right;
	size_t shared = a->key.length < b->key.length ? a->key.length : b->key.length;
	int order = memcmp(a->key.bytes, b->key.bytes, shared);

	if (order != 0)
		return order;
	if (a->key.length != b->key.length)
		return a->key.length < b->key.length ? -1 : 1;
	if (a->key_place.line != b->key_place.line)
		return a->key_place.line < b->key_place.line ? -1 : 1;
	return a->key_place.column < b->key_place.column ? -1 : 1;
}

static void tell_duplicates(struct reader *reader, struct yaml_node **sorted, size_t count)
{
	const struct yaml_node *first = sorted[0];
	char quoted[FAULTS_QUOTE_SIZE];

	for (size_t i = 1; i < count; i++) {
		if (sorted[i]->key.length != first->key.length ||
		    memcmp(sorted[i]->key.bytes, first->key.bytes, first->key.length) != 0) {
			first = sorted[i];
			continue;
		}
		faults_add(reader->faults, sorted[i]->key_place,
			   "'%s' is given twice, first at line %u, column %u",
			   faults_quote(quoted, first->key.bytes, first->key.length),
			   first->key_place.line, first->key_place.column);
	}
}

static int check_duplicates(struct reader *reader, const struct yaml_node *map)
{
	struct yaml_node **sorted;
	size_t count = 0;

	if (map->count < 2)
		return READ_OK;
	sorted = calloc(map->count, sizeof(struct yaml_node *));
	if (!sorted)
		return -ENOMEM;
	for (struct yaml_node *child = map->first; child; child = child->next)
		sorted[count++] = child;
	qsort(sorted, count, sizeof(struct yaml_node *), compare_keys);
	tell_duplicates(reader, sorted, count);
	free(sorted);
	return READ_OK;
}

/* Reads the value after a key; event is the key. A key that is no scalar is told and dropped with
 * its value: *ret_node is then NULL. */
static int read_entry(struct reader *reader, yaml_event_t *key, struct yaml_node **ret_node)
{
	struct yaml_node *bad = NULL;
	bool usable = key->type == YAML_SCALAR_EVENT;
	yaml_event_t value;
	int result;

	if (usable) {
		refuse_decoration(reader, key);
	} else {
		faults_add(reader->faults, place_of(reader, &key->start_mark),
			   "a key must be one word");
		result = read_node(reader, key, &bad);
		yaml_tree_free(bad);
		if (result != READ_OK)
			return result;
	}
	result = next_event(reader, &value);
	if (result != READ_OK)
		return result;
	result = read_node(reader, &value, ret_node);
	yaml_event_delete(&value);
	if (result == READ_OK && !usable) {
		yaml_tree_free(*ret_node);
		*ret_node = NULL;
	} else if (result == READ_OK) {
		(*ret_node)->key_place = place_of(reader, &key->start_mark);
		result = take_text(&(*ret_node)->key, key);
	}
	return result;
}

static int read_child(struct reader *reader, yaml_event_t *event, enum yaml_type type,
		      struct yaml_node **ret_node)
{
	return type == YAML_MAP ? read_entry(reader, event, ret_node)
				: read_node(reader, event, ret_node);
}

static int read_children(struct reader *reader, struct yaml_node *parent)
{
	struct yaml_node **last = &parent->first;
	int result;

	for (;;) {
		yaml_event_t event;
		bool end;

		result = next_event(reader, &event);
		if (result != READ_OK)
			return result;
		end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
		if (!end)
			result = read_child(reader, &event, parent->type, last);
		yaml_event_delete(&event);
		if (end || result != READ_OK)
			break;
		if (!*last)
			continue;
		last = &(*last)->next;
		parent->count++;
	}
	if (result == READ_OK && parent->type == YAML_MAP)
		result = check_duplicates(reader, parent);
	return result;
}

static int read_collection(struct reader *reader, const yaml_event_t *event, struct yaml_node *node)
{
	int result;

	if (reader->depth >= YAML_MAX_DEPTH) {
		faults_add(reader->faults, place_of(reader, &event->start_mark),
			   "values are nested more than %d deep", YAML_MAX_DEPTH);
		return READ_STOP;
	}
	reader->depth++;
	result = read_children(reader, node);
	reader->depth--;
	return result;
}

/* On an error *ret_node still holds what there is: it is part of the tree and freed with it. */
static int read_node(struct reader *reader, const yaml_event_t *event, struct yaml_node **ret_node)
{
	int result = new_node(reader, event, ret_node);

	if (result != READ_OK)
		return result;
	refuse_decoration(reader, event);
	if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
		(*ret_node)->type = event->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
		return read_collection(reader, event, *ret_node);
	}
	if (event->type == YAML_ALIAS_EVENT) {
		(*ret_node)->type = YAML_REFUSED;
		refuse_alias(reader, event);
		return READ_OK;
	}
	(*ret_node)->type = means_nothing(event) ? YAML_NOTHING : YAML_SCALAR;
	return take_text(&(*ret_node)->text, event);
}

/* One document and the end of the stream; *ret_root stays NULL when the stream is empty. */
static int read_stream(struct reader *reader, struct yaml_node **ret_root)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	unsigned int documents = 0;
	int result = READ_OK;

	while (result == READ_OK && type != YAML_STREAM_END_EVENT) {
		yaml_event_t event;

		result = next_event(reader, &event);
		if (result != READ_OK)
			return result;
		type = event.type;
		if (type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
			faults_add(reader->faults, place_of(reader, &event.start_mark),
				   "a second document starts here ('---'): one file holds one");
			result = READ_STOP;
		} else if (type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
			   type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT) {
			result = read_node(reader, &event, ret_root);
		}
		yaml_event_delete(&event);
	}
	return result;
}

int yaml_tree_parse(struct yaml_node **ret_root, const char *data, size_t size,
		    struct faults *faults)
{
	struct reader reader = {.faults = faults, .data = data, .size = size};
	struct yaml_node *root = NULL;
	int result;

	*ret_root = NULL;
	if (size > YAML_MAX_SIZE) {
		faults_add(faults, (struct place){1, 1, faults->file},
			   "the file is larger than 1 MiB");
		return 0;
	}
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		reader.data += 3;
		reader.size -= 3;
	}
	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)reader.data,
				     reader.size);
	result = read_stream(&reader, &root);
	yaml_parser_delete(&reader.parser);
	if (result != READ_OK) {
		yaml_tree_free(root);
		return result < 0 ? result : 0;
	}
	*ret_root = root;
	return 0;
}

/* Depth is bounded by the reader. */
void yaml_tree_free(struct yaml_node *root)
{
	struct yaml_node *child, *next;

	if (!root)
		return;
	for (child = root->first; child; child = next) {
		next = child->next;
		yaml_tree_free(child);
	}
	if (root->text.bytes) /* it may be a secret */
		explicit_bzero(root->text.bytes, root->text.length);
	free(root->text.bytes);
	free(root->variables);
	free(root->key.bytes);
	free(root);
}

const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key)
{
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		if (child->key.bytes && yaml_tree_text_is(&child->key, key))
			return child;
	}
	return NULL;
}

bool yaml_tree_text_is(const struct yaml_text *text, const char *wanted)
{
	return text->length == strlen(wanted) && memcmp(text->bytes, wanted, text->length) == 0;
}

bool yaml_tree_same_text(const struct yaml_text *a, const struct yaml_text *b)
{
	return a->length == b->length &&
	       (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

bool yaml_tree_equal(const struct yaml_node *a, const struct yaml_node *b)
{
	const struct yaml_node *x, *y;

	if (a->type != b->type || a->count != b->count ||
	    (a->type == YAML_SCALAR && !yaml_tree_same_text(&a->text, &b->text)))
		return false;
	for (x = a->first, y = b->first; x && y; x = x->next, y = y->next) {
		if (!yaml_tree_same_text(&x->key, &y->key) || !yaml_tree_equal(x, y))
			return false;
	}
	return true;
}

struct yaml_node *yaml_tree_take_first(struct yaml_node *parent)
{
	struct yaml_node *child = parent->first;

	if (child) {
		parent->first = child->next;
		parent->count--;
		child->next = NULL;
	}
	return child;
}

void yaml_tree_append(struct yaml_node *parent, struct yaml_node *child)
{
	struct yaml_node **last = &parent->first;

	while (*last)
		last = &(*last)->next;
	*last = child;
	parent->count++;
}

/* Where the entry with the key of child is, or the end. */
static struct yaml_node **find_entry(struct yaml_node *map, const struct yaml_node *child)
{
	struct yaml_node **at = &map->first;

	while (*at && !yaml_tree_same_text(&(*at)->key, &child->key))
		at = &(*at)->next;
	return at;
}

static void replace(struct yaml_node **at, struct yaml_node *child)
{
	struct yaml_node *old = *at;

	child->next = old->next;
	*at = child;
	yaml_tree_free(old);
}

/* As deep as YAML_MAX_DEPTH. */
void yaml_tree_merge(struct yaml_node *map, struct yaml_node *other, const char *whole)
{
	struct yaml_node *child;

	while ((child = yaml_tree_take_first(other))) {
		struct yaml_node **at = find_entry(map, child);
		bool maps = *at && (*at)->type == YAML_MAP && child->type == YAML_MAP;

		if (maps && !(whole && yaml_tree_text_is(&child->key, whole)))
			yaml_tree_merge(*at, child, whole);
		else if (*at)
			replace(at, child);
		else
			yaml_tree_append(map, child);
	}
	yaml_tree_free(other);
}

const struct yaml_node *yaml_tree_secret(const struct yaml_node *root)
{
	const struct yaml_node *secret = root && root->secret ? root : NULL;

	for (const struct yaml_node *at = root ? root->first : NULL; at && !secret; at = at->next)
		secret = yaml_tree_secret(at);
	return secret;
}

const char *yaml_tree_quote(char out[FAULTS_QUOTE_SIZE], const struct yaml_node *node)
{
	return node->secret ? faults_quote(out, "***", 3)
			    : faults_quote(out, node->text.bytes, node->text.length);
}
