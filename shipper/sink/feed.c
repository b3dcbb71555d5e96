/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of events from the journal into a sink's batch, and of the sink's acknowledgement back
 * into the journal's cursor. Owns renderer, condition and the one batch. A batch stays as it is
 * until it has arrived, so that trying again renders nothing again. Must not know how a batch gets
 * to its place, when that is tried, or who is told of it.
 */
#include "sink/feed.h"

#include "base/clock.h"
#include "base/counter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE (4u * 1024 * 1024)
#define BATCH_EVENTS_MAX 65536u

/* Events of one stream without a gap in their numbers: so a position tells how many they are. */
struct pending {
	struct buf text;
	uint32_t count;    /* 0 with text: the header */
	uint32_t unwanted; /* of them: not wanted here, and so without text */
	uint64_t first, last;
	uint8_t stream[16];
};

struct feed {
	struct feed_options options;
	struct journal_reader *reader; /* borrowed */
	struct renderer *renderer;
	struct journal_batch frame;
	size_t frame_offset;  /* of the entry that comes next */
	uint32_t frame_index; /* its index */
	struct pending batch;
	bool header_due;
	struct sink_position settled; /* up to here everything is acknowledged to the journal */
	struct sink_position resumed; /* the one that skip_delivered has dealt with */

	/* For any thread. */
	_Atomic uint64_t acknowledged, skipped, filtered, rejected, bytes;
	_Atomic uint64_t acknowledged_ns, oldest_ns;
};

/* The events of a frame that are not settled. */
struct run {
	uint64_t first, last; /* first > last: none */
};

static bool is_same_stream(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0;
}

/* That event and all before it need nobody's care any more. */
static void settle(struct feed *feed, const uint8_t stream[16], uint64_t sequence)
{
	memcpy(feed->settled.stream, stream, sizeof(feed->settled.stream));
	feed->settled.sequence = sequence;
	journal_reader_ack(feed->reader, stream, sequence);
}

static bool is_settled(const struct feed *feed, const uint8_t stream[16], uint64_t sequence)
{
	return sequence <= feed->settled.sequence && is_same_stream(stream, feed->settled.stream);
}

static void clear_batch(struct pending *batch)
{
	buf_clear(&batch->text);
	batch->count = 0;
	batch->unwanted = 0;
}

/* Forgets what was read and rendered; reading begins again at the first event not settled. */
static void rewind_reader(struct feed *feed)
{
	clear_batch(&feed->batch);
	feed->frame = (struct journal_batch){0};
	feed->frame_index = 0;
	feed->frame_offset = 0;
	journal_reader_rewind(feed->reader);
}

static struct run unsettled_run(const struct feed *feed, const struct journal_batch *frame)
{
	struct run run = {frame->first_sequence, frame->first_sequence + frame->count - 1};

	if (run.first <= feed->settled.sequence &&
	    is_same_stream(frame->stream, feed->settled.stream))
		run.first = feed->settled.sequence + 1;
	return run;
}

/*
 * The rule of resuming at event N of stream S, the last one that is surely there. Lines are written
 * in the order of the journal. So when the journal, from the cursor on, holds events of S up to N,
 * the last of these and everything before it, of whatever stream, is there: skipped. When it holds
 * none (S:N lies behind the cursor, or comes from elsewhere), nothing is: rather twice than never.
 * The reader hands out only so much that is not acknowledged (-ENOBUFS): the search ends there.
 */
static int skip_delivered(struct feed *feed, const struct sink_position *resume, struct err *err)
{
	struct journal_batch frame;
	uint64_t passed = 0, skipped = 0, found = 0;
	int result;

	rewind_reader(feed);
	while ((result = journal_reader_next(feed->reader, &frame, err)) > 0) {
		struct run run = unsettled_run(feed, &frame);
		bool same = is_same_stream(frame.stream, resume->stream);

		if (run.first > run.last)
			continue;
		if (same && run.first > resume->sequence)
			break;
		if (same) {
			found = run.last < resume->sequence ? run.last : resume->sequence;
			skipped = passed + found - run.first + 1;
		}
		passed += run.last - run.first + 1;
		if (same && run.last >= resume->sequence)
			break;
	}
	if (result < 0 && result != -ENOBUFS)
		return result;
	if (found)
		settle(feed, resume->stream, found);
	counter_add(&feed->skipped, skipped);
	rewind_reader(feed);
	return 0;
}

/* A position that was dealt with before costs no second look through all that waits. */
int feed_resume(struct feed *feed, const struct sink_position *resume, struct err *err)
{
	bool known = resume->sequence == feed->resumed.sequence &&
		     is_same_stream(resume->stream, feed->resumed.stream);
	int result = 0;

	if (resume->sequence && !known)
		result = skip_delivered(feed, resume, err);
	if (result < 0)
		return result;
	feed->resumed = *resume;
	return 0;
}

/* The size the entry at the cursor claims, 0 when that cannot be: then the next cannot be found. */
static size_t entry_size(const struct feed *feed)
{
	size_t left = feed->frame.size - feed->frame_offset;
	struct entry entry;

	if (left < sizeof(entry))
		return 0;
	memcpy(&entry, (const char *)feed->frame.entries + feed->frame_offset, sizeof(entry));
	if (entry.size < sizeof(entry) || entry.size > left || entry.size % ENTRY_ALIGN)
		return 0;
	return entry.size;
}

/* Steps over one entry, or over all that are left when its end is not known. Returns how many. */
static uint32_t advance(struct feed *feed)
{
	size_t size = entry_size(feed);
	uint32_t steps = size ? 1 : feed->frame.count - feed->frame_index;

	feed->frame_offset += size;
	feed->frame_index += steps;
	return steps;
}

static void reject(struct feed *feed, uint64_t sequence, const char *why)
{
	uint32_t steps = advance(feed);

	counter_add(&feed->rejected, steps);
	settle(feed, feed->frame.stream, sequence + steps - 1);
	feed->options.on_reject(feed->options.data, sequence, why);
}

/* 1: not wanted here. */
static int render(struct feed *feed, uint64_t sequence, const char **ret_why)
{
	struct event event;
	int result = entry_parse((const char *)feed->frame.entries + feed->frame_offset,
				 feed->frame.size - feed->frame_offset, feed->frame.stream, &event,
				 ret_why);

	if (result < 0)
		return result;
	*ret_why = "its number is not that of its place";
	if (event.entry->sequence != sequence)
		return -EBADMSG;
	if (feed->batch.count == 0)
		counter_set(&feed->oldest_ns,
			    event.entry->created_ns - (uint64_t)event.entry->wall_offset_ns);
	*ret_why = "too long for a line";
	if (feed->options.when && !condition_matches(feed->options.when, &event))
		return 1;
	return renderer_event(feed->renderer, &event, &feed->batch.text);
}

/* Renders the next entry of the frame. 0, 1 when the batch has to go first, or a negative errno. */
static int take_entry(struct feed *feed, struct err *err)
{
	struct pending *batch = &feed->batch;
	uint64_t sequence = feed->frame.first_sequence + feed->frame_index;
	bool follows =
		sequence == batch->last + 1 && is_same_stream(batch->stream, feed->frame.stream);
	const char *why = NULL;
	int result;

	if (is_settled(feed, feed->frame.stream, sequence)) {
		(void)advance(feed);
		return 0;
	}
	if (batch->count && !follows)
		return 1;
	result = render(feed, sequence, &why);
	if (result < 0 && batch->count)
		return 1;
	if (result == -EBADMSG || result == -EMSGSIZE) {
		reject(feed, sequence, why);
		return 0;
	}
	if (result < 0)
		return err_set(err, result, "cannot render event %" PRIu64, sequence);
	if (batch->count++ == 0)
		batch->first = sequence;
	batch->unwanted += result == 1;
	batch->last = sequence;
	memcpy(batch->stream, feed->frame.stream, sizeof(batch->stream));
	(void)advance(feed);
	return 0;
}

/* Fills the batch until it is large or the journal has no more. 1: submit it, 0: it is empty. */
static int fill_events(struct feed *feed, struct err *err)
{
	struct pending *batch = &feed->batch;
	int result;

	while (batch->text.length < feed->options.batch_bytes && batch->count < BATCH_EVENTS_MAX) {
		if (feed->frame_index == feed->frame.count) {
			feed->frame_index = 0;
			feed->frame_offset = 0;
			feed->frame.count = 0;
			result = journal_reader_next(feed->reader, &feed->frame, err);
			if (result <= 0)
				return batch->count ? 1 : result;
		} else {
			result = take_entry(feed, err);
			if (result != 0)
				return result;
		}
	}
	return 1;
}

static int fill_header(struct feed *feed, struct err *err)
{
	int result = renderer_header(feed->renderer, &feed->batch.text);

	if (result < 0)
		return err_set(err, result, "cannot render the header");
	if (feed->batch.text.length == 0)
		feed->header_due = false;
	return 0;
}

int feed_fill(struct feed *feed, struct err *err)
{
	struct pending *batch = &feed->batch;
	int result = 0;

	if (feed->header_due && batch->text.length == 0)
		result = fill_header(feed, err);
	if (result == 0 && batch->text.length == 0)
		return fill_events(feed, err);
	return result < 0 ? result : 1;
}

void feed_batch(const struct feed *feed, struct sink_batch *ret_batch)
{
	const struct pending *batch = &feed->batch;

	*ret_batch = (struct sink_batch){
		.data = batch->text.data,
		.size = batch->text.length,
		.count = batch->count - batch->unwanted,
		.last.sequence = batch->last,
	};
	memcpy(ret_batch->last.stream, batch->stream, sizeof(batch->stream));
}

static void take_acknowledgement(struct feed *feed, const struct sink_position *acked)
{
	struct pending *batch = &feed->batch;
	uint32_t unwanted = acked->sequence == batch->last ? batch->unwanted : 0;

	if (batch->count == 0 || acked->sequence < batch->first || acked->sequence > batch->last ||
	    !is_same_stream(acked->stream, batch->stream))
		return;
	counter_add(&feed->acknowledged, acked->sequence - batch->first + 1 - unwanted);
	counter_add(&feed->filtered, unwanted);
	counter_set(&feed->acknowledged_ns, clock_boot_ns());
	settle(feed, batch->stream, acked->sequence);
	feed->resumed = feed->settled;
	if (acked->sequence < batch->last) {
		rewind_reader(feed);
		return;
	}
	counter_add(&feed->bytes, batch->text.length);
	counter_set(&feed->oldest_ns, 0);
	clear_batch(batch);
}

bool feed_arrived(struct feed *feed, const struct sink_position *acknowledged)
{
	struct pending *batch = &feed->batch;

	if (batch->count == 0) {
		feed->header_due = false;
		clear_batch(batch);
		return true;
	}
	take_acknowledgement(feed, acknowledged);
	return is_settled(feed, batch->stream, batch->last);
}

int feed_new(struct feed **ret_feed, const struct feed_options *options, struct err *err)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	int result;

	if (!feed) {
		condition_free(options->when);
		return err_set(err, -ENOMEM, "out of memory");
	}
	feed->options = *options;
	feed->header_due = true;
	buf_init(&feed->batch.text, options->batch_bytes + LINE_MAX_SIZE);
	if (buf_reserve(&feed->batch.text, options->batch_bytes))
		result = renderer_new(&feed->renderer, &options->render, options->identity, err);
	else
		result = err_set(err, -ENOMEM, "out of memory");
	if (result < 0) {
		feed_free(feed);
		return result;
	}
	*ret_feed = feed;
	return 0;
}

int feed_use_identity(struct feed *feed, const struct render_identity *identity, struct err *err)
{
	struct renderer *renderer = NULL;
	int result = renderer_new(&renderer, &feed->options.render, identity, err);

	if (result < 0)
		return result;
	renderer_free(feed->renderer);
	feed->renderer = renderer;
	return 0;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	renderer_free(feed->renderer);
	condition_free(feed->options.when);
	buf_done(&feed->batch.text);
	free(feed);
}

void feed_read_from(struct feed *feed, struct journal_reader *reader)
{
	feed->reader = reader;
}

void feed_counters(const struct feed *feed, struct feed_counters *ret_counters)
{
	*ret_counters = (struct feed_counters){
		.acknowledged = counter_get(&feed->acknowledged),
		.skipped = counter_get(&feed->skipped),
		.filtered = counter_get(&feed->filtered),
		.rejected = counter_get(&feed->rejected),
		.bytes = counter_get(&feed->bytes),
		.acknowledged_ns = counter_get(&feed->acknowledged_ns),
		.oldest_ns = counter_get(&feed->oldest_ns),
	};
}

uint64_t feed_through(const struct feed *feed)
{
	return counter_get(&feed->acknowledged) + counter_get(&feed->skipped) +
	       counter_get(&feed->filtered) + counter_get(&feed->rejected);
}
