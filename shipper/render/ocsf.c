/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes an event by its kind's plan, each member in the form of its column; what is the same for
 * every event of a kind is made once. Must not know any kind, any member of a record, or which
 * attribute a value stands for.
 */
#include "render/ocsf.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "decode/lookup.h"
#include "render/document.h"
#include "render/ecs.h"
#include "render/ecs_plan.h"
#include "render/facts.h"
#include "render/ocsf_facts.h"
#include "render/ocsf_plan.h"
#include "render/ocsf_table.h"
#include "render/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As in ecs.c. */
#define MAX_LINE_BYTES (16 * 1024 * 1024)
#define MAX_FRAGMENT_BYTES (64 * 1024)

struct ocsf {
	struct json *json;
	struct ocsf_plan plans[REC_KINDS]; /* without members: the kind is never rendered */
	struct buf constants[REC_KINDS];   /* value of the first, and the members behind it */
	struct buf metadata[REC_KINDS];
	struct lookup rule_tags[REC_KINDS];
	struct facts facts; /* of which only the tags are told */
	struct ocsf_facts own;
	uint8_t stream[16];
	char stream_text[UUID_TEXT_SIZE];
	struct document document; /* of the event at hand */
};

/* {"first":1,"second":2}: 1,"second":2. Paths of metadata are told by their last component. */
static int make_constants(struct buf *out, const struct kind *kind, bool metadata)
{
	struct leaf leaves[OCSF_CONSTANTS_MAX];
	unsigned int count = ocsf_constants(leaves, kind, metadata);
	int result = buf_add_text(out, leaves[0].constant);

	for (unsigned int i = 1; result == 0 && i < count; i++) {
		const char *dot = strrchr(leaves[i].path, '.');

		result = buf_printf(out, ",\"%s\":%s", dot ? dot + 1 : leaves[i].path,
				    leaves[i].constant);
	}
	return result;
}

static int make_kind(struct ocsf *ocsf, const struct kind *kind, bool compact, struct err *err)
{
	struct buf *constants = &ocsf->constants[kind->kind];
	struct buf *metadata = &ocsf->metadata[kind->kind];
	int result = ocsf_plan_make(&ocsf->plans[kind->kind], kind, compact, err);

	if (result == 0)
		result = parts_find(&ocsf->plans[kind->kind].plan, ecs_is_compact(kind));
	lookup_init(&ocsf->rule_tags[kind->kind], kind, ECS_TAGS);
	buf_init(constants, MAX_FRAGMENT_BYTES);
	buf_init(metadata, 2 * MAX_FRAGMENT_BYTES);
	if (result == 0)
		result = make_constants(constants, kind, false);
	if (result == 0)
		result = make_constants(metadata, kind, true);
	if (result == 0)
		result = buf_printf(metadata, ",%.*s", (int)ocsf->own.source.length,
				    ocsf->own.source.data);
	return result;
}

static int make_kinds(struct ocsf *ocsf, bool compact, struct err *err)
{
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		const struct kind *kind = kind_get(i);
		int result = kind && kind->journalled ? make_kind(ocsf, kind, compact, err) : 0;

		if (result < 0)
			return err_wrap(err, result, "event kind %u", i);
	}
	return 0;
}

int ocsf_new(struct ocsf **ret_ocsf, const struct render_identity *identity, bool compact,
	     struct err *err)
{
	struct ocsf *ocsf = calloc(1, sizeof(*ocsf));
	int result = ocsf ? json_new(&ocsf->json, MAX_LINE_BYTES) : -ENOMEM;

	if (result == 0)
		result = document_init(&ocsf->document, ocsf->json);
	if (result < 0) {
		ocsf_free(ocsf);
		return err_set(err, result, "no memory for a renderer");
	}
	uuid_format(ocsf->stream_text, ocsf->stream);
	result = facts_init(&ocsf->facts, ocsf->json, identity, &(struct omission){0});
	if (result == 0)
		result = ocsf_facts_init(&ocsf->own, ocsf->json, identity);
	if (result < 0)
		(void)err_set(err, result,
			      "what is known of the host, the labels and the tags is too long");
	else
		result = make_kinds(ocsf, compact, err);
	if (result < 0) {
		ocsf_free(ocsf);
		return result;
	}
	*ret_ocsf = ocsf;
	return 0;
}

void ocsf_free(struct ocsf *ocsf)
{
	if (!ocsf)
		return;
	json_free(ocsf->json);
	document_done(&ocsf->document);
	for (unsigned int i = 0; i < REC_KINDS; i++) {
		ocsf_plan_done(&ocsf->plans[i]);
		buf_done(&ocsf->constants[i]);
		buf_done(&ocsf->metadata[i]);
	}
	facts_done(&ocsf->facts);
	ocsf_facts_done(&ocsf->own);
	free(ocsf);
}

typedef void write_form(struct ocsf *ocsf, const struct plan_member *member,
			const struct event *event);

static void write_row(struct ocsf *ocsf, const struct plan_member *member,
		      const struct event *event)
{
	document_rows(&ocsf->document, member, event);
}

/* The first row that says anything; nothing is remarked: another member has the same row. */
static bool find(const struct plan_member *member, const struct event *event,
		 struct value *ret_value)
{
	for (unsigned int i = 0; i < member->row_count; i++)
		if (value_get(ret_value, &member->rows[i], event) == VALUE_PRESENT)
			return true;
	return false;
}

static void put_text(struct ocsf *ocsf, const struct plan_member *member, const char *text,
		     size_t length)
{
	document_start(&ocsf->document, member);
	json_text(ocsf->json, text, length, &ocsf->document.non_utf8);
}

static void put_word(struct ocsf *ocsf, const struct plan_member *member, const char *word)
{
	document_start(&ocsf->document, member);
	json_word(ocsf->json, word, strlen(word));
}

static void put_number(struct ocsf *ocsf, const struct plan_member *member, uint64_t number)
{
	document_start(&ocsf->document, member);
	json_number(ocsf->json, number);
}

static void write_copy(struct ocsf *ocsf, const struct plan_member *member,
		       const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		put_text(ocsf, member, value.text, value.length);
}

static bool find_basename(const struct plan_member *member, const struct event *event,
			  struct value *ret_value)
{
	const char *slash;

	if (!find(member, event, ret_value) || value_end_is_lost(ret_value))
		return false;
	slash = memrchr(ret_value->text, '/', ret_value->length);
	if (slash && slash + 1 < ret_value->text + ret_value->length) {
		ret_value->length -= (uint32_t)(slash + 1 - ret_value->text);
		ret_value->text = slash + 1;
	}
	return true;
}

static void write_basename(struct ocsf *ocsf, const struct plan_member *member,
			   const struct event *event)
{
	struct value value;

	if (find_basename(member, event, &value))
		put_text(ocsf, member, value.text, value.length);
}

static void write_name(struct ocsf *ocsf, const struct plan_member *member,
		       const struct event *event)
{
	struct value value;

	if (find_basename(member, event, &value))
		put_text(ocsf, member, value.text, value.length);
	else
		put_word(ocsf, member, "Unknown");
}

static void write_name_of_path(struct ocsf *ocsf, const struct plan_member *member,
			       const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		write_name(ocsf, member, event);
}

static bool is_time(const struct value *value)
{
	return value->field->type == FIELD_TIME_BOOT || value->field->type == FIELD_TIME_WALL;
}

static void write_ms(struct ocsf *ocsf, const struct plan_member *member, const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		put_number(ocsf, member,
			   (is_time(&value) ? value_wall_ns(&value) : value_number(&value)) /
				   NS_PER_MS);
}

static void write_integer(struct ocsf *ocsf, const struct plan_member *member,
			  const struct event *event)
{
	struct value value;

	if (find(member, event, &value) && value_number(&value) <= FIELD_NUMBER_MAX)
		put_number(ocsf, member, value_number(&value));
}

struct file_type {
	unsigned int id;
	const char *name;
};

static const struct file_type *find_file_type(const struct plan_member *member,
					      const struct event *event)
{
	static const struct file_type types[16] = {
		[S_IFREG >> 12] = {1, "Regular File"},     [S_IFDIR >> 12] = {2, "Folder"},
		[S_IFCHR >> 12] = {3, "Character Device"}, [S_IFBLK >> 12] = {4, "Block Device"},
		[S_IFSOCK >> 12] = {5, "Local Socket"},    [S_IFIFO >> 12] = {6, "Named Pipe"},
		[S_IFLNK >> 12] = {7, "Symbolic Link"},
	};
	static const struct file_type unknown = {0, "Unknown"};
	struct value value;
	uint64_t mode = find(member, event, &value) ? value_number(&value) : 0;
	const struct file_type *type = &types[(mode & S_IFMT) >> 12];

	return type->name ? type : &unknown;
}

static void write_file_type(struct ocsf *ocsf, const struct plan_member *member,
			    const struct event *event)
{
	put_number(ocsf, member, find_file_type(member, event)->id);
}

static void write_file_type_name(struct ocsf *ocsf, const struct plan_member *member,
				 const struct event *event)
{
	put_word(ocsf, member, find_file_type(member, event)->name);
}

static void write_regular(struct ocsf *ocsf, const struct plan_member *member,
			  const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		put_number(ocsf, member, 1);
}

static void write_regular_name(struct ocsf *ocsf, const struct plan_member *member,
			       const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		put_word(ocsf, member, "Regular File");
}

static void write_unknown(struct ocsf *ocsf, const struct plan_member *member,
			  const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		put_number(ocsf, member, 0);
}

static void write_unknown_name(struct ocsf *ocsf, const struct plan_member *member,
			       const struct event *event)
{
	struct value value;

	if (find(member, event, &value))
		put_word(ocsf, member, "Unknown");
}

/* NAME=VALUE; without a sign it is all name. */
static void write_variable(struct ocsf *ocsf, const char *text, size_t length, bool *replaced)
{
	const char *sign = memchr(text, '=', length);
	size_t name = sign ? (size_t)(sign - text) : length;

	json_list_item(ocsf->json);
	JSON_RAW(ocsf->json, "{\"name\":");
	if (name > 0)
		json_text(ocsf->json, text, name, replaced);
	else
		JSON_RAW(ocsf->json, "\"Unknown\"");
	JSON_RAW(ocsf->json, ",\"value\":");
	json_text(ocsf->json, sign ? sign + 1 : "", sign ? length - name - 1 : 0, replaced);
	JSON_RAW(ocsf->json, "}");
}

static void write_variables(struct ocsf *ocsf, const struct plan_member *member,
			    const struct event *event)
{
	struct document *document = &ocsf->document;
	struct value value;
	const char *part;
	size_t at = 0, length;

	if (!document_find(document, member, event, &value))
		return;
	if (value.cut)
		remarks_add_cut(&document->remarks, member->path, &value);
	document_start(document, member);
	json_list_open(ocsf->json);
	for (uint32_t i = 0; value_next_part(&value, &at, &part, &length); i++) {
		bool replaced = false;

		write_variable(ocsf, part, length, &replaced);
		if (!replaced)
			continue;
		document->non_utf8 = true;
		remarks_add_raw(&document->remarks,
				&(struct remark_raw){member->path, part, length, i});
	}
	json_list_close(ocsf->json);
}

static void put_piece(struct ocsf *ocsf, const struct plan_member *member, const struct buf *piece)
{
	if (piece->length == 0)
		return;
	document_start(&ocsf->document, member);
	json_raw(ocsf->json, piece->data, piece->length);
}

static void write_constants(struct ocsf *ocsf, const struct plan_member *member,
			    const struct event *event)
{
	put_piece(ocsf, member, &ocsf->constants[event->kind->kind]);
}

static void write_metadata(struct ocsf *ocsf, const struct plan_member *member,
			   const struct event *event)
{
	put_piece(ocsf, member, &ocsf->metadata[event->kind->kind]);
}

static void write_device(struct ocsf *ocsf, const struct plan_member *member,
			 const struct event *event)
{
	(void)event;
	put_piece(ocsf, member, &ocsf->own.device);
}

static void write_app(struct ocsf *ocsf, const struct plan_member *member,
		      const struct event *event)
{
	(void)event;
	put_piece(ocsf, member, &ocsf->own.app);
}

static void write_labels(struct ocsf *ocsf, const struct plan_member *member,
			 const struct event *event)
{
	(void)event;
	put_piece(ocsf, member, &ocsf->own.labels);
}

static void write_uid(struct ocsf *ocsf, const struct plan_member *member,
		      const struct event *event)
{
	document_start(&ocsf->document, member);
	JSON_RAW(ocsf->json, "\"");
	json_raw(ocsf->json, ocsf->stream_text, UUID_TEXT_SIZE - 1);
	JSON_RAW(ocsf->json, ":");
	json_number(ocsf->json, event->entry->sequence);
	JSON_RAW(ocsf->json, "\"");
}

static void write_tags(struct ocsf *ocsf, const struct plan_member *member,
		       const struct event *event)
{
	struct value value;
	bool found = lookup_value(&ocsf->rule_tags[event->kind->kind], event, &value);

	document_tags(&ocsf->document, member, &ocsf->facts.tags, found ? &value : NULL);
}

static void write_schema(struct ocsf *ocsf, const struct plan_member *member,
			 const struct event *event)
{
	(void)event;
	document_start(&ocsf->document, member);
	JSON_RAW(ocsf->json, "{\"version\":\"" ECS_SCHEMA_VERSION "\"}");
}

static void write_raws(struct ocsf *ocsf, const struct plan_member *member,
		       const struct event *event)
{
	(void)event;
	document_raws(&ocsf->document, member);
}

static void write_left_out(struct ocsf *ocsf, const struct plan_member *member,
			   const struct event *event)
{
	(void)event;
	document_left_out(&ocsf->document, member);
}

static void write_cuts(struct ocsf *ocsf, const struct plan_member *member,
		       const struct event *event)
{
	(void)event;
	document_cuts(&ocsf->document, member);
}

static void write_is_truncated(struct ocsf *ocsf, const struct plan_member *member,
			       const struct event *event)
{
	(void)event;
	if (ocsf->document.remarks.cut_count == 0)
		return;
	document_start(&ocsf->document, member);
	JSON_RAW(ocsf->json, "true");
}

static write_form *const forms[OCSF_FORMS] = {
	[OCSF_ROW] = write_row,
	[OCSF_COPY] = write_copy,
	[OCSF_BASENAME] = write_basename,
	[OCSF_NAME] = write_name,
	[OCSF_NAME_OF_PATH] = write_name_of_path,
	[OCSF_MS] = write_ms,
	[OCSF_INTEGER] = write_integer,
	[OCSF_FILE_TYPE] = write_file_type,
	[OCSF_FILE_TYPE_NAME] = write_file_type_name,
	[OCSF_REGULAR] = write_regular,
	[OCSF_REGULAR_NAME] = write_regular_name,
	[OCSF_UNKNOWN_TYPE] = write_unknown,
	[OCSF_UNKNOWN_TYPE_NAME] = write_unknown_name,
	[OCSF_VARIABLES] = write_variables,
	[OCSF_CONSTANTS] = write_constants,
	[OCSF_DEVICE] = write_device,
	[OCSF_APP] = write_app,
	[OCSF_SCHEMA] = write_schema,
	[OCSF_RAW] = write_raws,
	[OCSF_RAW_LEFT_OUT] = write_left_out,
	[OCSF_TRUNCATED] = write_cuts,
	[OCSF_METADATA] = write_metadata,
	[OCSF_UID] = write_uid,
	[OCSF_TAGS] = write_tags,
	[OCSF_LABELS] = write_labels,
	[OCSF_IS_TRUNCATED] = write_is_truncated,
};

static void write_member(void *owner, const struct plan_member *member, const struct event *event)
{
	forms[member->special](owner, member, event);
}

static void take_stream(struct ocsf *ocsf, const uint8_t *stream)
{
	if (memcmp(ocsf->stream, stream, sizeof(ocsf->stream)) == 0)
		return;
	memcpy(ocsf->stream, stream, sizeof(ocsf->stream));
	uuid_format(ocsf->stream_text, stream);
}

int ocsf_event(struct ocsf *ocsf, const struct event *event, struct buf *out)
{
	const struct plan *plan = &ocsf->plans[event->kind->kind].plan;

	if (plan->member_count == 0)
		return -EINVAL;
	take_stream(ocsf, event->stream);
	document_begin(&ocsf->document, plan, out);
	document_members(&ocsf->document, event, write_member, ocsf);
	return document_end(&ocsf->document);
}
