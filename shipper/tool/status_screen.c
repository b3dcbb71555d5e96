/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function per block of the screen. The document comes over a socket, so nothing in it is
 * believed: what is absent is shown as 0 or left out, and every text is escaped.
 */
#include "tool/status_screen.h"

#include "base/terminal.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 4096
#define AMOUNT_SIZE 48
#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

struct screen {
	const struct json_read *document;
	struct buf *out;
	bool color;
	int error; /* the first of buf */
};

__attribute__((format(printf, 2, 3))) static void put(struct screen *screen, const char *format,
						      ...)
{
	char text[TEXT_SIZE + 512];
	va_list args;
	int length, result;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length < 0 || screen->error < 0)
		return;
	if ((size_t)length >= sizeof(text))
		length = (int)sizeof(text) - 1;
	result = buf_add(screen->out, text, (size_t)length);
	if (result < 0)
		screen->error = result;
}

static const char *colored(const struct screen *screen, const char *code)
{
	return screen->color ? code : "";
}

static void put_title(struct screen *screen, const char *title)
{
	put(screen, "\n%s%s%s\n", colored(screen, BOLD), title, colored(screen, PLAIN));
}

/* A member of the index-th item of a list. */
struct item_path {
	char text[128];
};

static struct item_path item(const char *list, size_t index, const char *member)
{
	struct item_path path;

	(void)snprintf(path.text, sizeof(path.text), "%s.%zu%s%s", list, index, *member ? "." : "",
		       member);
	return path;
}

static uint64_t number(const struct screen *screen, const char *path)
{
	int64_t value = 0;

	if (json_read_number(screen->document, path, &value) < 0 || value < 0)
		return 0;
	return (uint64_t)value;
}

static bool has_number(const struct screen *screen, const char *path)
{
	int64_t value;

	return json_read_number(screen->document, path, &value) == 0;
}

/* The text there, escaped; "" when there is none. */
static const char *text(const struct screen *screen, const char *path, char out[TEXT_SIZE])
{
	const char *value = json_read_string(screen->document, path);

	(void)terminal_escape(out, TEXT_SIZE, value ? value : "", value ? strlen(value) : 0);
	return out;
}

/* 1234567 as "1,234,567". */
static const char *grouped(char out[AMOUNT_SIZE], uint64_t value)
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value), at = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

static const char *duration(char out[AMOUNT_SIZE], uint64_t seconds)
{
	uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (days)
		(void)snprintf(out, AMOUNT_SIZE, "%" PRIu64 " d %" PRIu64 " h", days, hours % 24);
	else if (hours)
		(void)snprintf(out, AMOUNT_SIZE, "%" PRIu64 " h %" PRIu64 " min", hours,
			       minutes % 60);
	else if (minutes)
		(void)snprintf(out, AMOUNT_SIZE, "%" PRIu64 " min %" PRIu64 " s", minutes,
			       seconds % 60);
	else
		(void)snprintf(out, AMOUNT_SIZE, "%" PRIu64 " s", seconds);
	return out;
}

static void put_head(struct screen *screen)
{
	char version[TEXT_SIZE], path[TEXT_SIZE], up[AMOUNT_SIZE];

	(void)text(screen, "configuration.path", path);
	put(screen, "%sauditship %s%s  process %" PRIu64 ", up %s, configuration: %s\n",
	    colored(screen, BOLD), text(screen, "version", version), colored(screen, PLAIN),
	    number(screen, "pid"), duration(up, number(screen, "uptime_seconds")),
	    path[0] ? path : "built-in defaults");
}

static void put_attention(struct screen *screen)
{
	size_t count = json_read_count(screen->document, "attention");
	char what[TEXT_SIZE];

	if (count == 0) {
		put(screen, "%shealthy%s: nothing needs attention\n", colored(screen, GREEN),
		    colored(screen, PLAIN));
		return;
	}
	put(screen, "\n%sneeds attention%s\n", colored(screen, RED), colored(screen, PLAIN));
	for (size_t i = 0; i < count; i++)
		put(screen, "  %s\n", text(screen, item("attention", i, "").text, what));
}

static void put_event_kind(struct screen *screen, size_t i)
{
	char name[TEXT_SIZE], total[AMOUNT_SIZE], second[AMOUNT_SIZE], minute[AMOUNT_SIZE];
	char lost[AMOUNT_SIZE];
	bool can_be_lost = has_number(screen, item("events", i, "lost").text);

	put(screen, "  %-16s %13s %12s %12s %12s\n",
	    text(screen, item("events", i, "kind").text, name),
	    grouped(total, number(screen, item("events", i, "total").text)),
	    grouped(second, number(screen, item("events", i, "per_second").text)),
	    grouped(minute, number(screen, item("events", i, "per_minute").text)),
	    can_be_lost ? grouped(lost, number(screen, item("events", i, "lost").text)) : "");
}

/* A kind that nobody selected may inform the others, and is shown when some of it was lost. */
static void put_events(struct screen *screen)
{
	size_t count = json_read_count(screen->document, "events");

	put(screen, "\n%s%-18s %13s %12s %12s %12s%s\n", colored(screen, BOLD), "events", "total",
	    "per second", "per minute", "lost", colored(screen, PLAIN));
	for (size_t i = 0; i < count; i++)
		if (json_read_is_true(screen->document, item("events", i, "selected").text) ||
		    number(screen, item("events", i, "lost").text) > 0)
			put_event_kind(screen, i);
}

/* "numbered 12 = journalled 10 + lost 2": what is 0 is left out, but for the first. */
static void put_account(struct screen *screen)
{
	static const struct {
		const char *path, *words;
	} parts[] = {
		{"account.journalled", "journalled"},
		{"account.dropped", "dropped by rules"},
		{"account.excluded", "excluded by filters"},
		{"account.limited", "limited by rules"},
		{"account.not_selected", "not selected"},
		{"account.canaries", "own canaries"},
		{"account.rejected", "rejected"},
		{"account.lost", "lost"},
		{"account.unjournalled", "unjournalled"},
		{"account.in_ring", "in the ring"},
	};
	char amount[AMOUNT_SIZE];

	put_title(screen, "account");
	put(screen, "  numbered %s = ", grouped(amount, number(screen, "account.numbered")));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t value = number(screen, parts[i].path);

		if (i == 0 || value > 0)
			put(screen, "%s%s %s", i ? " + " : "", parts[i].words,
			    grouped(amount, value));
	}
	put(screen, "%s\n",
	    json_read_is_true(screen->document, "account.balances") ? "" : ": DOES NOT BALANCE");
}

/* Never numbered, so no part of the account. What is 0 is left out, and all of it with nothing. */
static void put_filters(struct screen *screen)
{
	static const char *const words[] = {"own",        "mode",   "pid",  "user",
					    "executable", "cgroup", "path", "rule"};
	size_t count = json_read_count(screen->document, "filters.remarks");
	char amount[AMOUNT_SIZE], path[64], remark[TEXT_SIZE];
	const char *between = "  left out by:";

	put_title(screen, "kernel filters");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		(void)snprintf(path, sizeof(path), "filters.left_out.%s", words[i]);
		if (number(screen, path) == 0)
			continue;
		put(screen, "%s %s %s", between, words[i], grouped(amount, number(screen, path)));
		between = ",";
	}
	put(screen, "%s\n", between[0] == ',' ? "" : "  nothing left out");
	for (size_t i = 0; i < count; i++)
		put(screen, "  no effect now: %s\n",
		    text(screen, item("filters.remarks", i, "").text, remark));
}

static void put_rules(struct screen *screen)
{
	size_t count = json_read_count(screen->document, "rules");
	char name[TEXT_SIZE], dropped[AMOUNT_SIZE], limited[AMOUNT_SIZE];

	if (count == 0)
		return;
	put(screen, "\n%s%-26s %15s %15s%s\n", colored(screen, BOLD), "rules", "dropped", "limited",
	    colored(screen, PLAIN));
	for (size_t i = 0; i < count; i++)
		put(screen, "  %-24s %15s %15s%s\n",
		    text(screen, item("rules", i, "name").text, name),
		    grouped(dropped, number(screen, item("rules", i, "dropped").text)),
		    grouped(limited, number(screen, item("rules", i, "limited").text)),
		    json_read_is_true(screen->document, item("rules", i, "in_kernel").text)
			    ? "  decided in the kernel"
			    : "");
}

static void put_probes(struct screen *screen)
{
	size_t count = json_read_count(screen->document, "probes");
	char name[TEXT_SIZE], reason[TEXT_SIZE];

	put_title(screen, "probes");
	put(screen, "  attached:");
	for (size_t i = 0; i < count; i++)
		if (json_read_is_true(screen->document, item("probes", i, "attached").text))
			put(screen, " %s", text(screen, item("probes", i, "name").text, name));
	put(screen, "\n");
	for (size_t i = 0; i < count; i++)
		if (!json_read_is_true(screen->document, item("probes", i, "attached").text))
			put(screen, "  %smissing: %s%s: %s\n",
			    json_read_is_true(screen->document, item("probes", i, "optional").text)
				    ? ""
				    : colored(screen, RED),
			    text(screen, item("probes", i, "name").text, name),
			    colored(screen, PLAIN),
			    text(screen, item("probes", i, "reason").text, reason));
}

static void put_canaries(struct screen *screen, const char *list)
{
	size_t count = json_read_count(screen->document, list);
	char name[TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		put(screen, " %s", text(screen, item(list, i, "name").text, name));
	put(screen, "\n");
}

static void put_coverage(struct screen *screen)
{
	char time[TEXT_SIZE];

	put_title(screen, "coverage");
	if (!json_read_string(screen->document, "coverage.time")) {
		put(screen, "  not tried out yet\n");
		return;
	}
	put(screen, "  %.19sZ seen:", text(screen, "coverage.time", time));
	put_canaries(screen, "coverage.seen");
	if (json_read_count(screen->document, "coverage.missed")) {
		put(screen, "  %smissed:%s", colored(screen, RED), colored(screen, PLAIN));
		put_canaries(screen, "coverage.missed");
	}
	if (json_read_count(screen->document, "coverage.gaps")) {
		put(screen, "  %sknown gaps%s (--json says why):", colored(screen, RED),
		    colored(screen, PLAIN));
		put_canaries(screen, "coverage.gaps");
	}
	if (json_read_count(screen->document, "coverage.skipped")) {
		put(screen, "  not tried (--json says why):");
		put_canaries(screen, "coverage.skipped");
	}
}

static void put_room(struct screen *screen, const char *name, uint64_t used, uint64_t size,
		     uint64_t per_second)
{
	char used_text[AMOUNT_SIZE], size_text[AMOUNT_SIZE], rate[AMOUNT_SIZE];

	put(screen, "  %-14s %10s of %-9s (%" PRIu64 " %%), %s/s", name,
	    text_show_size(used_text, used), text_show_size(size_text, size),
	    size ? used * 100 / size : 0, text_show_size(rate, per_second));
}

static void put_time_left(struct screen *screen, const char *path)
{
	char left[AMOUNT_SIZE];

	if (has_number(screen, path))
		put(screen, ": full in %s if nobody took anything",
		    duration(left, number(screen, path)));
	put(screen, "\n");
}

static void put_rooms(struct screen *screen)
{
	size_t count = json_read_count(screen->document, "rings");
	char name[TEXT_SIZE], label[32];

	put_title(screen, "room");
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(label, sizeof(label), "ring %.20s",
			       text(screen, item("rings", i, "name").text, name));
		put_room(screen, label, number(screen, item("rings", i, "used_bytes").text),
			 number(screen, item("rings", i, "size_bytes").text),
			 number(screen, item("rings", i, "bytes_per_second").text));
		put_time_left(screen, item("rings", i, "seconds_left").text);
	}
	put_room(screen, "journal", number(screen, "journal.bytes"),
		 number(screen, "journal.max_bytes"), number(screen, "journal.bytes_per_second"));
	put_time_left(screen, "journal.seconds_left");
}

/* ", 12 WORDS", or nothing where the cache does not count that. */
static void put_counted(struct screen *screen, struct item_path path, const char *words)
{
	char amount[AMOUNT_SIZE];

	if (has_number(screen, path.text))
		put(screen, ", %s %s", grouped(amount, number(screen, path.text)), words);
}

static void put_cache(struct screen *screen, size_t i)
{
	char name[TEXT_SIZE], unit[TEXT_SIZE], amount[AMOUNT_SIZE];
	uint64_t size = number(screen, item("caches", i, "size").text);
	bool in_bytes = strcmp(text(screen, item("caches", i, "unit").text, unit), "bytes") == 0;

	put(screen, "  cache %s: %s%s", text(screen, item("caches", i, "name").text, name),
	    in_bytes ? text_show_size(amount, size) : grouped(amount, size),
	    in_bytes ? "" : " entries");
	put_counted(screen, item("caches", i, "hits"), "hits");
	put_counted(screen, item("caches", i, "misses"), "misses");
	put_counted(screen, item("caches", i, "evictions"), "evicted");
	put_counted(screen, item("caches", i, "failures"), "not answered");
	put(screen, "\n");
}

static void put_helper(struct screen *screen)
{
	char asked[AMOUNT_SIZE], refused[AMOUNT_SIZE], late[AMOUNT_SIZE], starts[AMOUNT_SIZE];

	put(screen, "  helper process asked %s times, refused %s, timed out %s, started %s times\n",
	    grouped(asked, number(screen, "helper.asked")),
	    grouped(refused, number(screen, "helper.refused")),
	    grouped(late, number(screen, "helper.timed_out")),
	    grouped(starts, number(screen, "helper.starts")));
}

static void put_caches(struct screen *screen)
{
	char unread[AMOUNT_SIZE], full[AMOUNT_SIZE];
	char wakeups[AMOUNT_SIZE], sleeps[AMOUNT_SIZE], late[AMOUNT_SIZE], overtakes[AMOUNT_SIZE];

	put_title(screen, "memory and reader");
	for (size_t i = 0; i < json_read_count(screen->document, "caches"); i++)
		put_cache(screen, i);
	put_helper(screen);
	put(screen, "  probes could not read memory %s times, found a map full %s times\n",
	    grouped(unread, number(screen, "reader.read_failures")),
	    grouped(full, number(screen, "reader.map_failures")));
	put(screen, "  reader woken %s times, slept %s, late %s, one ring ahead of the other %s\n",
	    grouped(wakeups, number(screen, "reader.wakeups")),
	    grouped(sleeps, number(screen, "reader.sleeps")),
	    grouped(late, number(screen, "reader.late")),
	    grouped(overtakes, number(screen, "reader.overtakes")));
}

static void put_sink(struct screen *screen, size_t i)
{
	char name[TEXT_SIZE], state[TEXT_SIZE], last[TEXT_SIZE];
	char acknowledged[AMOUNT_SIZE], events[AMOUNT_SIZE], size[AMOUNT_SIZE];
	uint64_t lag_ms = number(screen, item("sinks", i, "lag.milliseconds").text);
	bool ok;

	(void)text(screen, item("sinks", i, "state").text, state);
	(void)text(screen, item("sinks", i, "last_acknowledgement").text, last);
	ok = strcmp(state, "ok") == 0;
	put(screen, "  %-14s %s%-8s%s %13s %12s %10s %6" PRIu64 ".%" PRIu64 " s  %.19s%s\n",
	    text(screen, item("sinks", i, "name").text, name), colored(screen, ok ? GREEN : RED),
	    state, colored(screen, PLAIN),
	    grouped(acknowledged, number(screen, item("sinks", i, "acknowledged").text)),
	    grouped(events, number(screen, item("sinks", i, "lag.events").text)),
	    text_show_size(size, number(screen, item("sinks", i, "lag.bytes").text)), lag_ms / 1000,
	    lag_ms % 1000 / 100, last[0] ? last : "never", last[0] ? "Z" : "");
	if (json_read_string(screen->document, item("sinks", i, "last_error.message").text))
		put(screen, "  %-14s last error: %s\n", "",
		    text(screen, item("sinks", i, "last_error.message").text, state));
}

static void put_sinks(struct screen *screen)
{
	size_t count = json_read_count(screen->document, "sinks");

	put(screen, "\n%s%-16s %-8s %13s %12s %10s %10s  %s%s\n", colored(screen, BOLD), "sinks",
	    "state", "acknowledged", "lag: events", "bytes", "time", "last acknowledgement",
	    colored(screen, PLAIN));
	for (size_t i = 0; i < count; i++)
		put_sink(screen, i);
}

int status_screen_write(const struct json_read *document, bool color, struct buf *out)
{
	struct screen screen = {.document = document, .out = out, .color = color};

	put_head(&screen);
	put_attention(&screen);
	put_events(&screen);
	put_sinks(&screen);
	put_rooms(&screen);
	put_account(&screen);
	put_filters(&screen);
	put_rules(&screen);
	put_probes(&screen);
	put_coverage(&screen);
	put_caches(&screen);
	return screen.error;
}
