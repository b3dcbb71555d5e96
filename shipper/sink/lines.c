/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns renderer and document. Must not know what becomes of a line, nor why it may not be longer.
 */
#include "sink/lines.h"

#include "render/batch.h"
#include "render/shrink.h"

#include <errno.h>
#include <stdlib.h>

struct lines {
	struct lines_options options;
	size_t max;
	struct renderer *renderer;
	struct batch *documents; /* NULL: each event alone */
	struct shrink *shrink;   /* once it is needed */
	bool tried;              /* the last try of shrink is in the document */
};

static int open_documents(struct lines *lines, const struct render_identity *identity,
			  struct err *err)
{
	const struct batch_options options = {
		.detail = lines->options.render.detail,
		.leave_out = lines->options.render.leave_out,
		.bytes_max = lines->options.document_bytes,
		.count_max = lines->options.document_events,
	};

	return batch_new(&lines->documents, &options, identity, err);
}

int lines_new(struct lines **ret_lines, const struct lines_options *options,
	      const struct render_identity *identity, struct err *err)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	int result;

	if (!lines)
		return err_set(err, -ENOMEM, "out of memory");
	lines->options = *options;
	if (options->documents)
		result = open_documents(lines, identity, err);
	else
		result = renderer_new(&lines->renderer, &options->render, identity, err);
	if (result < 0) {
		lines_free(lines);
		return result;
	}
	*ret_lines = lines;
	return 0;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	renderer_free(lines->renderer);
	batch_free(lines->documents);
	shrink_free(lines->shrink);
	free(lines);
}

void lines_limit(struct lines *lines, size_t max)
{
	size_t bytes = lines->options.document_bytes;

	lines->max = max;
	if (lines->documents)
		batch_limit(lines->documents, max && max + 1 < bytes ? max + 1 : bytes);
}

int lines_header(struct lines *lines, struct buf *out)
{
	return lines->renderer ? renderer_header(lines->renderer, out) : 0;
}

static int render_line(void *data, const struct event *event, struct buf *out)
{
	return renderer_event(((struct lines *)data)->renderer, event, out);
}

/* Only whether it fits is of interest: the last that did stays in the document. */
static int render_into_document(void *data, const struct event *event, struct buf *out)
{
	struct lines *lines = data;
	int result;

	if (lines->tried)
		batch_undo(lines->documents);
	result = batch_add(lines->documents, event);
	lines->tried = result == 0;
	return result == 0 ? buf_add(out, "\n", 1) : result;
}

static int shrink(struct lines *lines, const struct event *event, struct buf *out)
{
	size_t before = out->length;
	int result;

	if (!lines->shrink)
		lines->shrink = shrink_new();
	if (!lines->shrink)
		return -ENOMEM;
	if (!lines->documents)
		return shrink_event(lines->shrink, event, lines->max, render_line, lines, out);
	lines->tried = false;
	result = shrink_event(lines->shrink, event, lines->max, render_into_document, lines, out);
	out->length = before;
	return result;
}

static int add_line(struct lines *lines, const struct event *event, struct buf *out,
		    const char **ret_why)
{
	size_t before = out->length;
	int result;

	*ret_why = "too long for a line";
	result = renderer_event(lines->renderer, event, out);
	if (result < 0)
		return result;
	if (out->length == before)
		return 1;
	if (!lines->max || out->length - before - 1 <= lines->max)
		return 0;
	*ret_why = "longer than its place takes, and cannot be made so short";
	out->length = before;
	return shrink(lines, event, out);
}

int lines_add(struct lines *lines, const struct event *event, struct buf *out, const char **ret_why)
{
	int result;

	if (!lines->documents)
		return add_line(lines, event, out, ret_why);
	*ret_why = "too long for a document, and cannot be made so short";
	result = batch_add(lines->documents, event);
	return result == -EMSGSIZE ? shrink(lines, event, out) : result;
}

int lines_end_document(struct lines *lines, struct buf *out)
{
	return lines->documents ? batch_take(lines->documents, out) : 0;
}

unsigned int lines_in_document(const struct lines *lines)
{
	return lines->documents ? batch_count(lines->documents) : 0;
}

void lines_forget_document(struct lines *lines)
{
	if (lines->documents)
		batch_clear(lines->documents);
}
