/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache of container states with a real helper, whose service does as the id says. */
#include "enrich/containers.h"

#include "base/clock.h"
#include "enrich/container_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define MAX 4

static struct {
	struct resolver *resolver;
	struct containers *containers;
	enum container_unresolved unresolved;
} made;

/* "missing", "hung", "lost" (once), "rubbish", "slow", "counted" (the name counts the questions),
 * else name = id. */
static int answer(void *data, const void *bytes, size_t size, struct buf *out)
{
	static unsigned int asked, lost;
	const struct container_question *question = bytes;
	struct container_answer result = {.file.size = 1, .state.runtime = CONTAINER_PODMAN};

	(void)data;
	if (size != sizeof(*question))
		return -EINVAL;
	if (strcmp(question->id, "missing") == 0)
		return -ENOENT;
	if (strcmp(question->id, "hung") == 0)
		return -ETIMEDOUT;
	if (strcmp(question->id, "lost") == 0 && lost++ == 0)
		return -ECANCELED;
	if (strcmp(question->id, "rubbish") == 0)
		return buf_add_text(out, "rubbish");
	if (strcmp(question->id, "slow") == 0)
		(void)poll(NULL, 0, 1000);
	(void)snprintf(result.state.name, sizeof(result.state.name), "%.60s", question->id);
	if (strcmp(question->id, "counted") == 0)
		(void)snprintf(result.state.name, sizeof(result.state.name), "%u", ++asked);
	if (strcmp(question->id, "hostile") == 0)
		memset(result.state.name, 'x', sizeof(result.state.name));
	result.unchanged = question->known.size != 0 && strcmp(question->id, "counted") != 0;
	return buf_add(out, &result, sizeof(result));
}

static void take(void *data, const struct resolver_answer *told)
{
	(void)data;
	containers_answer(made.containers, told);
}

static void poll_resolver(void *data)
{
	(void)data;
	(void)resolver_poll(made.resolver, take, NULL);
}

static int make(void **state)
{
	static const struct resolver_service services[] = {{"containers", answer, NULL, 0}};
	const struct resolver_options options = {.services = services, .count = 1};
	struct containers_options containers = {.max = MAX, .poll = poll_resolver};
	struct err err;

	(void)state;
	if (resolver_new(&made.resolver, &options, &err) < 0)
		return -1;
	containers.resolver = made.resolver;
	return containers_new(&made.containers, &containers, &err);
}

static int end(void **state)
{
	(void)state;
	containers_free(made.containers);
	resolver_free(made.resolver);
	return 0;
}

static struct container_path path_of(const char *id)
{
	struct container_path path = {
		.runtime = CONTAINER_PODMAN, .depth = 1, .owner = CONTAINER_NO_OWNER};

	(void)snprintf(path.id, sizeof(path.id), "%s", id);
	return path;
}

/* The name, NULL: not known. */
static const char *name_of(const char *id, bool starts)
{
	const struct container_path path = path_of(id);
	const struct container_state *state =
		containers_find(made.containers, &path, starts, &made.unresolved);

	return state ? state->name : NULL;
}

/* On a busy host the budget may end before the answer: then a later event has it. */
static const char *name_in_the_end(const char *id)
{
	uint64_t deadline_ns = clock_mono_ns() + 20 * NS_PER_S;
	const char *name;

	while (!(name = name_of(id, false)) && made.unresolved == CONTAINER_LATE &&
	       clock_mono_ns() < deadline_ns) {
		struct pollfd fd = {.fd = resolver_fd(made.resolver), .events = POLLIN};

		(void)poll(&fd, 1, 1000);
		poll_resolver(NULL);
	}
	return name;
}

static struct containers_counters count(void)
{
	struct containers_counters counters;

	containers_counters(made.containers, &counters);
	return counters;
}

static void the_state_is_asked_for_once_and_kept(void **state)
{
	struct cache_counters first;

	(void)state;
	assert_string_equal(name_in_the_end("counted"), "1");
	assert_int_equal(made.unresolved, CONTAINER_RESOLVED);
	first = count().cache;
	assert_string_equal(name_of("counted", false), "1");
	assert_string_equal(name_of("counted", true), "1");
	assert_int_equal(count().cache.misses, first.misses);
	assert_int_equal(count().cache.hits, first.hits + 2);
	assert_int_equal(count().cache.size, 1);
}

static void what_was_asked_ahead_is_there_at_the_first_event(void **state)
{
	const struct container_path path = path_of("ahead");
	struct pollfd fd = {.fd = resolver_fd(made.resolver), .events = POLLIN};

	(void)state;
	containers_prefetch(made.containers, &path);
	containers_prefetch(made.containers, &path);
	assert_int_equal(poll(&fd, 1, 20000), 1);
	poll_resolver(NULL);
	assert_string_equal(name_of("ahead", true), "ahead");
	assert_int_equal(count().cache.misses, 0);
}

static void what_comes_late_is_marked_and_then_known(void **state)
{
	uint64_t began_ns = clock_mono_ns();

	(void)state;
	assert_null(name_of("slow", true));
	assert_int_equal(made.unresolved, CONTAINER_LATE);
	assert_null(name_of("slow", false));
	assert_true(clock_mono_ns() - began_ns < 800 * NS_PER_MS); /* not the service's 1000 */
	assert_int_equal(count().late, 2);
	assert_string_equal(name_in_the_end("slow"), "slow");
}

static void the_reasons_are_told(void **state)
{
	struct container_path nested = path_of("x"), lxc = path_of("x");

	(void)state;
	assert_null(name_in_the_end("missing"));
	assert_int_equal(made.unresolved, CONTAINER_NOT_FOUND);
	assert_null(name_in_the_end("rubbish"));
	assert_int_equal(made.unresolved, CONTAINER_UNREADABLE);
	assert_null(name_in_the_end("hostile"));
	assert_int_equal(made.unresolved, CONTAINER_UNREADABLE);
	nested.depth = 2;
	assert_null(containers_find(made.containers, &nested, true, &made.unresolved));
	assert_int_equal(made.unresolved, CONTAINER_NESTED);
	lxc.runtime = CONTAINER_LXC;
	assert_null(containers_find(made.containers, &lxc, true, &made.unresolved));
	assert_int_equal(made.unresolved, CONTAINER_RESOLVED);
}

static void owners_are_told_apart(void **state)
{
	struct container_path path = path_of("counted");

	(void)state;
	assert_string_equal(name_in_the_end("counted"), "1");
	path.owner = 1000;
	(void)containers_find(made.containers, &path, true, &made.unresolved);
	assert_int_equal(count().cache.size, 2);
}

static void answer_all(void)
{
	struct pollfd fd = {.fd = resolver_fd(made.resolver), .events = POLLIN};
	struct resolver_counters counters;

	do {
		(void)poll(&fd, 1, 1000);
		poll_resolver(NULL);
		resolver_counters(made.resolver, &counters);
	} while (counters.waiting > 0);
}

/* Whoever was asked in vain, or not at all, has not said that there is nothing. */
static void what_nobody_looked_at_to_the_end_is_late(void **state)
{
	(void)state;
	(void)name_of("hung", false);
	answer_all();
	assert_null(name_of("hung", false));
	assert_int_equal(made.unresolved, CONTAINER_LATE);
	(void)name_of("lost", false);
	answer_all();
	assert_string_equal(name_in_the_end("lost"), "lost"); /* it was asked for again */
}

/* mkdir in his own slice is all it takes. */
static void names_in_a_users_slice_are_not_asked_for_ahead(void **state)
{
	struct container_path path = path_of("ahead");
	struct resolver_counters counters;

	(void)state;
	path.owner = 1000;
	containers_prefetch(made.containers, &path);
	assert_int_equal(count().cache.size, 0);
	resolver_counters(made.resolver, &counters);
	assert_int_equal(counters.asked, 0);
	path.owner = 0;
	containers_prefetch(made.containers, &path);
	assert_int_equal(count().cache.size, 1);
}

static void a_users_containers_evict_only_each_other(void **state)
{
	struct container_path path = path_of("a");

	(void)state;
	assert_non_null(name_in_the_end("a"));
	assert_non_null(name_in_the_end("b"));
	assert_non_null(name_in_the_end("c"));
	for (path.owner = 1000; path.owner < 1100; path.owner++)
		(void)containers_find(made.containers, &path, true, &made.unresolved);
	assert_int_equal(count().cache.size, MAX);
	assert_int_equal(count().cache.evictions, 99);
	assert_non_null(name_of("a", false));
	assert_non_null(name_of("b", false));
	assert_non_null(name_of("c", false));
}

/* They would fill the queue, and nobody else's container could be asked for. */
static void few_questions_are_of_users_at_a_time(void **state)
{
	struct container_path path = path_of("slow");
	struct resolver_counters counters;

	(void)state;
	for (path.owner = 1000; path.owner < 1000 + RESOLVER_WAITING_MAX; path.owner++)
		assert_null(containers_find(made.containers, &path, true, &made.unresolved));
	assert_int_equal(made.unresolved, CONTAINER_LATE);
	resolver_counters(made.resolver, &counters);
	assert_int_equal(counters.waiting, RESOLVER_WAITING_MAX / 8);
	assert_int_equal(counters.refused, 0);
}

static void a_changed_state_is_known_a_second_later(void **state)
{
	uint64_t deadline_ns = clock_mono_ns() + 20 * NS_PER_S;

	(void)state;
	assert_string_equal(name_in_the_end("counted"), "1");
	while (strcmp(name_of("counted", true), "1") == 0 && clock_mono_ns() < deadline_ns) {
		(void)poll(NULL, 0, 10);
		poll_resolver(NULL);
	}
	assert_string_equal(name_of("counted", false), "2");
}

static void the_least_recently_used_go_first(void **state)
{
	(void)state;
	assert_non_null(name_in_the_end("a"));
	assert_non_null(name_in_the_end("b"));
	assert_non_null(name_in_the_end("c"));
	assert_non_null(name_in_the_end("d"));
	assert_non_null(name_of("a", false));
	assert_non_null(name_in_the_end("e"));
	assert_int_equal(count().cache.evictions, 1);
	assert_int_equal(count().cache.size, MAX);
	assert_non_null(name_of("a", false));
	assert_int_equal(count().cache.evictions, 1);
}

/* The slot is another container's by then. */
static void an_answer_for_an_evicted_container_is_dropped(void **state)
{
	static const char *const others[MAX] = {"b", "c", "d", "e"};

	(void)state;
	assert_null(name_of("slow", false));
	for (int i = 0; i < MAX; i++)
		(void)name_of(others[i], false);
	for (int i = 0; i < MAX; i++)
		assert_string_equal(name_in_the_end(others[i]), others[i]);
}

static void without_a_resolver_nothing_is_found(void **state)
{
	const struct containers_options options = {.max = MAX};
	const struct container_path path = path_of("a");
	struct containers *containers;
	struct err err;

	(void)state;
	assert_int_equal(containers_new(&containers, &options, &err), 0);
	containers_prefetch(containers, &path);
	assert_null(containers_find(containers, &path, true, &made.unresolved));
	assert_int_equal(made.unresolved, CONTAINER_NOT_FOUND);
	containers_free(containers);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(the_state_is_asked_for_once_and_kept),
		EACH(what_was_asked_ahead_is_there_at_the_first_event),
		EACH(what_comes_late_is_marked_and_then_known),
		EACH(the_reasons_are_told),
		EACH(owners_are_told_apart),
		EACH(what_nobody_looked_at_to_the_end_is_late),
		EACH(names_in_a_users_slice_are_not_asked_for_ahead),
		EACH(a_users_containers_evict_only_each_other),
		EACH(few_questions_are_of_users_at_a_time),
		EACH(a_changed_state_is_known_a_second_later),
		EACH(the_least_recently_used_go_first),
		EACH(an_answer_for_an_evicted_container_is_dropped),
		cmocka_unit_test(without_a_resolver_nothing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
