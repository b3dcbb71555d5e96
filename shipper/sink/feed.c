/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of events from the journal into a sink's batches, and of the sink's word back into the
 * journal's cursor. Owns renderer, condition and the batches, which settle in the order in which
 * they were made (sink/pending.h). Must not know how a batch gets to its place, when that is tried,
 * or who is told of it.
 */
#include "sink/feed.h"

#include "base/clock.h"
#include "base/counter.h"
#include "sink/lines.h"
#include "sink/message_key.h"
#include "sink/pending.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE (4u * 1024 * 1024)
#define BATCH_EVENTS_MAX 65536u
#define BATCHES_MAX 256u /* small ones: a file acknowledges only twice a second */
/* Batches whose memory is kept for the next ones: as many as a file has under way in a storm,
 * without their text, until a sync lets go of all of them. Memory that is given back and taken
 * again costs more than a line. */
#define SPARE_MAX 128u
#define SPARE_FOR_NS (10 * NS_PER_S)

struct feed {
	struct feed_options options;
	struct journal_reader *reader; /* borrowed */
	struct lines *lines;
	struct sink_message document; /* what is known of the one in the making */
	struct buf document_key;
	struct message_key *key;
	struct journal_batch frame;
	size_t frame_offset;  /* of the entry that comes next */
	uint32_t frame_index; /* its index */

	/* In order: submitted ones, ready ones, perhaps one in the making. */
	struct pending *batches[BATCHES_MAX];
	uint32_t batch_count, submitted;
	struct pending *spare[SPARE_MAX];
	uint32_t spare_count;
	uint32_t spare_idle;     /* of them, from the front: not needed since then */
	uint64_t spare_since_ns; /* CLOCK_MONOTONIC */
	struct buf text; /* a sink has copied from it: memory for the next batch, in the caches */
	size_t in_flight_bytes;
	uint64_t settled_messages; /* since the sink was opened */
	bool header_due;
	bool shrinks;     /* the sink takes less than it had said: all is rendered anew */
	bool reader_full; /* it gives no more before something has settled */

	struct sink_position settled; /* up to here everything is acknowledged to the journal */
	struct sink_position resumed; /* the one that skip_delivered has dealt with */

	/* For any thread. */
	_Atomic uint64_t acknowledged, skipped, filtered, rejected, dead, bytes;
	_Atomic uint64_t acknowledged_ns, oldest_ns;
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
	feed->reader_full = false;
	journal_reader_ack(feed->reader, stream, sequence);
}

static bool is_settled(const struct feed *feed, const uint8_t stream[16], uint64_t sequence)
{
	return sequence <= feed->settled.sequence && is_same_stream(stream, feed->settled.stream);
}

static void note_oldest(struct feed *feed)
{
	counter_set(&feed->oldest_ns, feed->batch_count ? feed->batches[0]->oldest_ns : 0);
}

/* A burst leaves many; those that nothing has needed for a while are let go of. */
static void let_go(struct feed *feed)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns - feed->spare_since_ns < SPARE_FOR_NS)
		return;
	for (uint32_t i = 0; i < feed->spare_idle; i++)
		pending_free(feed->spare[i]);
	feed->spare_count -= feed->spare_idle;
	memmove(feed->spare, feed->spare + feed->spare_idle,
		feed->spare_count * sizeof(feed->spare[0]));
	feed->spare_idle = feed->spare_count;
	feed->spare_since_ns = now_ns;
}

static void give_back(struct feed *feed, struct pending *batch)
{
	if (feed->spare_count < SPARE_MAX)
		feed->spare[feed->spare_count++] = batch;
	else
		pending_free(batch);
	let_go(feed);
}

static void drop_first(struct feed *feed)
{
	struct pending *batch = feed->batches[0];

	if (feed->submitted) {
		feed->in_flight_bytes -= pending_cost(batch, feed->options.sink->overhead);
		feed->submitted--;
	}
	memmove(feed->batches, feed->batches + 1, --feed->batch_count * sizeof(batch));
	give_back(feed, batch);
	note_oldest(feed);
}

/* Forgets what was read and rendered; reading begins again at the first event not settled. */
static void rewind_reader(struct feed *feed)
{
	while (feed->batch_count)
		drop_first(feed);
	lines_forget_document(feed->lines);
	feed->frame = (struct journal_batch){0};
	feed->frame_index = 0;
	feed->frame_offset = 0;
	feed->reader_full = false;
	journal_reader_rewind(feed->reader);
}

/* The events of a frame that are not settled. */
struct run {
	uint64_t first, last; /* first > last: none */
};

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

static void begin_again(struct feed *feed)
{
	for (uint32_t i = 0; i < feed->batch_count; i++)
		if (feed->batches[i]->sealed)
			pending_rebase(feed->batches[i]);
	feed->submitted = 0;
	feed->in_flight_bytes = 0;
	feed->settled_messages = 0;
}

/* A position that was dealt with before costs no second look through all that waits. */
int feed_resume(struct feed *feed, const struct sink_position *resume, struct err *err)
{
	bool known = resume->sequence == feed->resumed.sequence &&
		     is_same_stream(resume->stream, feed->resumed.stream);
	int result = 0;

	if (feed->shrinks || (feed->submitted && feed->options.sink->copies))
		rewind_reader(feed);
	begin_again(feed);
	feed->shrinks = false;
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

static void tell_dead(struct feed *feed, const struct feed_dead *dead)
{
	feed->options.on_dead(feed->options.data, dead);
}

/* Takes the entry at the cursor apart. */
static int parse(struct feed *feed, uint64_t sequence, struct event *ret_event,
		 const char **ret_why)
{
	int result = entry_parse((const char *)feed->frame.entries + feed->frame_offset,
				 feed->frame.size - feed->frame_offset, feed->frame.stream,
				 ret_event, ret_why);

	if (result == 0 && ret_event->entry->sequence != sequence) {
		*ret_why = "its number is not that of its place";
		return -EBADMSG;
	}
	return result;
}

/* Its key is the event's. */
static void describe_event(const struct feed *feed, const struct event *event,
			   struct sink_message *ret_message)
{
	struct sink *sink = feed->options.sink;

	*ret_message = (struct sink_message){
		.first = event->entry->sequence,
		.kind = event->kind,
		.time_ns = event->record->time_ns + (uint64_t)event->entry->wall_offset_ns,
	};
	ret_message->key_size = message_key_make(feed->key, event, &ret_message->key);
	if (sink->ops->describe)
		sink->ops->describe(sink, event, ret_message);
}

/* Its key outlives the event. */
static int begin_document(struct feed *feed, const struct event *event)
{
	describe_event(feed, event, &feed->document);
	buf_clear(&feed->document_key);
	if (feed->document.key_size == 0)
		return 0;
	if (buf_add(&feed->document_key, feed->document.key, feed->document.key_size) < 0)
		return -ENOMEM;
	feed->document.key = feed->document_key.data;
	return 0;
}

/* What stands in text from line_start on is the line of message, which pending_next gave. */
static int add_line(struct pending *batch, size_t line_start, struct sink_message *message,
		    uint32_t events)
{
	message->size = batch->text.length - line_start - 1;
	message->events = events;
	return pending_add(batch);
}

/* Nothing, or the document in the making as the last message of the batch. */
static int end_document(struct feed *feed, struct pending *batch)
{
	uint32_t events = lines_in_document(feed->lines);
	size_t start = batch->text.length;
	struct sink_message *message;
	int result = lines_end_document(feed->lines, &batch->text);

	if (result < 0 || events == 0)
		return result;
	message = pending_next(batch);
	if (!message) {
		batch->text.length = start;
		return -ENOMEM;
	}
	*message = feed->document;
	return add_line(batch, start, message, events);
}

static int add_event(struct feed *feed, struct pending *batch, const struct event *event,
		     size_t line_start)
{
	struct sink_message *message = pending_next(batch);

	if (!message) {
		batch->text.length = line_start;
		return -ENOMEM;
	}
	describe_event(feed, event, message);
	message->sequence = event->entry->sequence;
	return add_line(batch, line_start, message, 1);
}

/* 0: it is in a line or document. 1: it is not wanted here. */
static int render(struct feed *feed, struct pending *batch, const struct event *event,
		  const char **ret_why)
{
	size_t start = batch->text.length;
	int result;

	if (feed->options.when && !condition_matches(feed->options.when, event))
		return 1;
	lines_limit(feed->lines, feed->options.sink->max_message);
	result = feed->options.documents && lines_in_document(feed->lines) == 0
			 ? begin_document(feed, event)
			 : 0;
	if (result == 0)
		result = lines_add(feed->lines, event, &batch->text, ret_why);
	if (result != 0)
		return result;
	if (lines_in_document(feed->lines) == 0)
		return add_event(feed, batch, event, start);
	feed->document.sequence = event->entry->sequence;
	return 0;
}

/* Steps over what can never be sent. Told when it settles: until then it may be read again. */
static int reject(struct feed *feed, struct pending *batch, uint64_t sequence, const char *why)
{
	struct rejected *rejected = pending_reject(batch);

	if (!rejected)
		return -ENOMEM;
	*rejected = (struct rejected){.sequence = sequence, .events = advance(feed), .why = why};
	pending_extend(batch, feed->frame.stream, sequence, sequence + rejected->events - 1);
	return 0;
}

static int take_event(struct feed *feed, struct pending *batch, uint64_t sequence,
		      const char **ret_why)
{
	struct event event;
	int result = parse(feed, sequence, &event, ret_why);

	if (result < 0)
		return result;
	if (batch->events == 0) {
		batch->oldest_ns = event.entry->created_ns - (uint64_t)event.entry->wall_offset_ns;
		note_oldest(feed);
	}
	result = render(feed, batch, &event, ret_why);
	if (result < 0)
		return result;
	if (result == 1)
		(*pending_filtered(batch))++;
	pending_extend(batch, feed->frame.stream, sequence, sequence);
	(void)advance(feed);
	return 0;
}

/* Takes the next entry of the frame. 0, 1 when the batch must end before it, or a negative errno.
 */
static int take_entry(struct feed *feed, struct pending *batch, struct err *err)
{
	uint64_t sequence = feed->frame.first_sequence + feed->frame_index;
	const char *why = NULL;
	int result;

	if (is_settled(feed, feed->frame.stream, sequence)) {
		(void)advance(feed);
		return 0;
	}
	if (!pending_follows(batch, feed->frame.stream, sequence))
		return 1;
	result = take_event(feed, batch, sequence, &why);
	if (result == -EAGAIN)
		return 1;
	if (result == -EBADMSG || result == -EMSGSIZE)
		result = reject(feed, batch, sequence, why);
	if (result < 0)
		return err_set(err, result, "cannot render event %" PRIu64, sequence);
	return 0;
}

static bool is_full(const struct feed *feed, const struct pending *batch)
{
	const struct feed_limits *limits = &feed->options.limits;

	return batch->text.length >= limits->batch_bytes || batch->events >= BATCH_EVENTS_MAX ||
	       (limits->batch_events &&
		batch->count + lines_in_document(feed->lines) >= limits->batch_events);
}

/* 1: there is a frame. 0: the journal has no more, or gives no more, just now. */
static int next_frame(struct feed *feed, struct err *err)
{
	int result;

	if (feed->reader_full)
		return 0;
	feed->frame_index = 0;
	feed->frame_offset = 0;
	feed->frame.count = 0;
	result = journal_reader_next(feed->reader, &feed->frame, err);
	feed->reader_full = result == -ENOBUFS;
	return feed->reader_full ? 0 : result;
}

/* 1: the batch is to be closed. 0: not yet, there is nothing to read just now. */
static int fill_events(struct feed *feed, struct pending *batch, struct err *err)
{
	int result;

	while (!is_full(feed, batch)) {
		if (feed->frame_index == feed->frame.count) {
			result = next_frame(feed, err);
			if (result <= 0)
				return result;
		} else {
			result = take_entry(feed, batch, err);
			if (result != 0)
				return result;
		}
	}
	return 1;
}

static int fill_header(struct feed *feed, struct pending *batch, struct err *err)
{
	int result = lines_header(feed->lines, &batch->text);

	if (result < 0)
		return err_set(err, result, "cannot render the header");
	batch->header = batch->text.length > 0;
	feed->header_due = batch->header;
	return 0;
}

/* The one given back last: more of it is in the caches. */
static struct pending *take_spare(struct feed *feed)
{
	struct pending *batch = feed->spare[--feed->spare_count];

	if (feed->spare_count < feed->spare_idle)
		feed->spare_idle = feed->spare_count;
	pending_clear(batch);
	return batch;
}

static struct pending *take_batch(struct feed *feed)
{
	size_t bytes = feed->options.limits.batch_bytes;
	struct pending *batch =
		feed->spare_count ? take_spare(feed)
				  : pending_new(feed->text.data ? 0 : bytes, bytes + LINE_MAX_SIZE);

	if (!batch || batch->text.data || !feed->text.data)
		return batch;
	batch->text = feed->text;
	buf_init(&feed->text, batch->text.limit);
	return batch;
}

/* The batch in the making, NULL when there is none. */
static struct pending *in_the_making(const struct feed *feed)
{
	struct pending *last = feed->batch_count ? feed->batches[feed->batch_count - 1] : NULL;

	return last && !last->sealed ? last : NULL;
}

static bool has_ready(const struct feed *feed)
{
	return feed->submitted < feed->batch_count && feed->batches[feed->submitted]->sealed;
}

static bool has_room(const struct feed *feed)
{
	const struct feed_limits *limits = &feed->options.limits;

	if (has_ready(feed))
		return false;
	if (in_the_making(feed) || feed->batch_count == 0)
		return true;
	return feed->batch_count < BATCHES_MAX &&
	       feed->in_flight_bytes + limits->batch_bytes <= limits->in_flight_bytes;
}

bool feed_wants_more(const struct feed *feed)
{
	return !feed->reader_full && has_room(feed);
}

/* Of those up to that event. */
static void tell_rejected(struct feed *feed, struct pending *batch, uint64_t last)
{
	while (batch->rejected_told < batch->rejected_count &&
	       batch->rejected[batch->rejected_told].sequence <= last) {
		const struct rejected *rejected = &batch->rejected[batch->rejected_told++];
		const struct feed_dead dead = {.stream = batch->stream,
					       .sequence = rejected->sequence,
					       .events = rejected->events,
					       .why = rejected->why};

		tell_dead(feed, &dead);
		counter_add(&feed->rejected, dead.events);
	}
}

/* From the front on, as far as all has settled. */
static void collect(struct feed *feed)
{
	while (feed->submitted) {
		struct pending *batch = feed->batches[0];

		if (batch->settled < batch->count)
			return;
		if (batch->events) {
			counter_add(&feed->filtered, *pending_filtered(batch));
			tell_rejected(feed, batch, batch->last);
			if (!is_settled(feed, batch->stream, batch->last))
				settle(feed, batch->stream, batch->last);
			feed->resumed = feed->settled;
		}
		drop_first(feed);
	}
}

void feed_submitted(struct feed *feed)
{
	struct pending *batch = feed->batches[feed->submitted];

	assert(has_ready(feed) && batch->view.taken == batch->view.count);
	if (batch->header)
		feed->header_due = false;
	if (feed->options.sink->copies)
		pending_drop_text(batch, &feed->text);
	feed->in_flight_bytes += pending_cost(batch, feed->options.sink->overhead);
	feed->submitted++;
	collect(feed);
}

/* One without a line needs no sink, only its turn. */
static bool is_blank(const struct pending *batch)
{
	return batch->count == 0 && !batch->header;
}

unsigned int feed_ready_in_ms(const struct feed *feed)
{
	const struct pending *batch = in_the_making(feed);

	if (!batch || batch->events == 0)
		return UINT_MAX;
	return clock_left_ms(batch->begun_ns + feed->options.limits.linger_ms * NS_PER_MS);
}

static int fill_batch(struct feed *feed, struct pending *batch, struct err *err)
{
	int result = 0;

	if (feed->header_due && batch->events == 0)
		result = fill_header(feed, batch, err);
	if (result == 0 && !batch->header)
		result = fill_events(feed, batch, err);
	if (result < 0)
		return result;
	if (result == 0 && !batch->header && feed_ready_in_ms(feed) > 0)
		return 0;
	result = end_document(feed, batch);
	if (result < 0)
		return err_set(err, result, "cannot end a document");
	pending_seal(batch);
	return 1;
}

int feed_fill(struct feed *feed, struct err *err)
{
	struct pending *batch = in_the_making(feed);

	if (has_ready(feed))
		return 1;
	if (!has_room(feed))
		return 0;
	if (!batch) {
		batch = take_batch(feed);
		if (!batch)
			return err_set(err, -ENOMEM, "out of memory");
		feed->batches[feed->batch_count++] = batch;
	}
	return fill_batch(feed, batch, err);
}

struct sink_batch *feed_next(struct feed *feed)
{
	while (has_ready(feed) && is_blank(feed->batches[feed->submitted]))
		feed_submitted(feed);
	return has_ready(feed) ? &feed->batches[feed->submitted]->view : NULL;
}

/* The batch of the first message that has not settled, from that one on; NULL: none is under way.
 */
static struct pending *first_under_way(const struct feed *feed, uint32_t *at)
{
	for (; *at < feed->batch_count && feed->batches[*at]->sealed; (*at)++)
		if (feed->batches[*at]->settled < pending_taken(feed->batches[*at]))
			return feed->batches[*at];
	return NULL;
}

/* That message, which is the first under way, has arrived or (why) is dead. */
static void settle_message(struct feed *feed, struct pending *batch, const char *why)
{
	const struct sink_message *message = &batch->messages[batch->settled];
	struct feed_dead dead = {.stream = batch->stream,
				 .sequence = message->first,
				 .events = message->events,
				 .why = why,
				 .text = message->data,
				 .size = message->size};

	assert(!why || !feed->options.sink->copies);
	tell_rejected(feed, batch, message->sequence);
	if (why) {
		tell_dead(feed, &dead);
		counter_add(&feed->dead, message->events);
	} else {
		counter_add(&feed->acknowledged, message->events);
		counter_add(&feed->bytes, message->size + 1);
	}
	counter_add(&feed->filtered, batch->filtered[batch->settled]);
	batch->settled++;
	feed->settled_messages++;
}

/* Moves the cursor behind the last message of the first batch that has settled. */
static void move_cursor(struct feed *feed)
{
	const struct pending *batch;

	counter_set(&feed->acknowledged_ns, clock_boot_ns());
	collect(feed);
	batch = feed->batch_count ? feed->batches[0] : NULL;
	if (batch && batch->sealed && batch->settled)
		settle(feed, batch->stream, batch->messages[batch->settled - 1].sequence);
	feed->resumed = feed->settled;
}

static bool can_shrink(const struct feed *feed, const struct pending *batch)
{
	size_t max = feed->options.sink->max_message;

	return max && batch->messages[batch->settled].size > max;
}

int feed_settle(struct feed *feed, const struct sink_progress *progress, const char *why,
		struct err *err)
{
	uint64_t before = feed->settled_messages;
	uint32_t at = 0;
	bool again = false;

	while (feed->settled_messages < progress->settled && !again) {
		struct pending *batch = first_under_way(feed, &at);
		bool refused = progress->refused && feed->settled_messages + 1 == progress->settled;

		if (!batch)
			return err_set(err, -EPROTO,
				       "says that more has arrived than it was given");
		again = refused && progress->refused == -EMSGSIZE && can_shrink(feed, batch);
		if (!again)
			settle_message(feed, batch, refused ? why : NULL);
	}
	if (feed->settled_messages > before)
		move_cursor(feed);
	if (!again)
		return feed->settled_messages > before;
	feed->shrinks = true; /* the sink has to let go of the batches first */
	return -EMSGSIZE;
}

uint64_t feed_under_way(const struct feed *feed)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < feed->batch_count && feed->batches[i]->sealed; i++)
		count += pending_taken(feed->batches[i]) - feed->batches[i]->settled;
	return count;
}

bool feed_is_idle(const struct feed *feed)
{
	return feed->batch_count == 0 ||
	       (feed->batch_count == 1 && in_the_making(feed) && feed->batches[0]->events == 0);
}

void feed_hurry(struct feed *feed)
{
	feed->options.limits.linger_ms = 0;
}

static int make_key(const struct feed *feed, const struct render_identity *identity,
		    struct message_key **ret_key, struct err *err)
{
	const char *host = identity->host_id ? identity->host_id : identity->host_name;

	if (message_key_new(ret_key, feed->options.sink->key, host) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int make_lines(const struct feed *feed, const struct render_identity *identity,
		      struct lines **ret_lines, struct err *err)
{
	const struct feed_options *options = &feed->options;
	const struct lines_options lines = {
		.render = options->render,
		.documents = options->documents,
		.document_bytes = options->limits.batch_bytes,
		.document_events = options->limits.batch_events ? options->limits.batch_events
								: BATCH_EVENTS_MAX,
	};

	return lines_new(ret_lines, &lines, identity, err);
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
	result = omission_copy(&feed->options.render.leave_out, &options->render.leave_out);
	buf_init(&feed->document_key, LINE_MAX_SIZE);
	if (result < 0)
		(void)err_set(err, result, "out of memory");
	if (result == 0)
		result = make_lines(feed, options->identity, &feed->lines, err);
	if (result == 0)
		result = make_key(feed, options->identity, &feed->key, err);
	feed->options.identity = NULL;
	if (result < 0) {
		feed_free(feed);
		return result;
	}
	*ret_feed = feed;
	return 0;
}

/* Events that are in a document already stay in one. */
int feed_use_identity(struct feed *feed, const struct render_identity *identity, struct err *err)
{
	struct pending *batch = in_the_making(feed);
	struct message_key *key = NULL;
	struct lines *lines = NULL;
	int result = 0;

	if (batch && lines_in_document(feed->lines)) {
		result = end_document(feed, batch);
		if (result < 0)
			return err_set(err, result, "cannot end a document");
		pending_seal(batch);
	}
	result = make_key(feed, identity, &key, err);
	if (result == 0)
		result = make_lines(feed, identity, &lines, err);
	if (result < 0) {
		message_key_free(key);
		return result;
	}
	message_key_free(feed->key);
	lines_free(feed->lines);
	feed->key = key;
	feed->lines = lines;
	return 0;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	for (uint32_t i = 0; i < feed->batch_count; i++)
		pending_free(feed->batches[i]);
	for (uint32_t i = 0; i < feed->spare_count; i++)
		pending_free(feed->spare[i]);
	message_key_free(feed->key);
	buf_done(&feed->text);
	buf_done(&feed->document_key);
	lines_free(feed->lines);
	condition_free(feed->options.when);
	omission_done(&feed->options.render.leave_out);
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
		.dead = counter_get(&feed->dead),
		.bytes = counter_get(&feed->bytes),
		.acknowledged_ns = counter_get(&feed->acknowledged_ns),
		.oldest_ns = counter_get(&feed->oldest_ns),
	};
}

uint64_t feed_through(const struct feed *feed)
{
	return counter_get(&feed->acknowledged) + counter_get(&feed->skipped) +
	       counter_get(&feed->filtered) + counter_get(&feed->rejected) +
	       counter_get(&feed->dead);
}
