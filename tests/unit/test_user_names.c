/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose name is told, and what is told when nobody answers. The services here are the test's own.
 */
#include "enrich/user_names.h"

#include "base/clock.h"
#include "enrich/name_services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NSS, SCOPE, SERVICES };
enum { OWN_MNT = 100, OWN_USER = 50, BOX_MNT = 200, HOST_LIKE_MNT = 300, LYING_MNT = 400 };
enum { HANGING_ID = 5000, FAILING_ID = 5001, NAMELESS_ID = 5002, ODD_ID = 5003, LONG_ID = 5004 };
#define HOST_ROOT 7
#define PATIENCE_NS (20 * NS_PER_S)

static int nss(void *data, const void *question, size_t size, struct buf *out)
{
	const struct name_want *want = question;

	(void)data;
	if (size != sizeof(*want))
		return -EINVAL;
	switch (want->id) {
	case HANGING_ID:
		(void)pause();
		return 0;
	case FAILING_ID:
		return -EIO;
	case NAMELESS_ID:
		return -ENOENT;
	case ODD_ID:
		return buf_add(out, "a\0b", 3);
	case LONG_ID:
		while (out->length <= ID_CACHE_NAME_MAX)
			(void)buf_add(out, "x", 1);
		return 0;
	default:
		return buf_printf(out, "%s%u", want->is_group ? "team" : "nss", want->id);
	}
}

/* Every file of it has another version of the names: the process's pid tells which. */
static int scope(void *data, const void *bytes, size_t size, struct buf *out)
{
	struct scope_question question;
	struct scope_answer head = {0};

	(void)data;
	if (size != sizeof(question))
		return -EINVAL;
	memcpy(&question, bytes, size);
	if (question.pid == 666)
		return -ESRCH;
	head.files = question.pid;
	head.is_host = question.key.mnt == HOST_LIKE_MNT;
	head.count = head.is_host ? 0 : question.count;
	(void)buf_add(out, &head, sizeof(head));
	for (uint32_t i = 0; i < head.count; i++) {
		size_t before = out->length;

		head.wants[i] = question.wants[i];
		head.lengths[i] = question.wants[i].id == NAMELESS_ID  ? NAME_LENGTH_NONE
				  : question.wants[i].id == FAILING_ID ? NAME_LENGTH_UNKNOWN
								       : 0;
		if (head.lengths[i])
			continue;
		(void)buf_printf(out, "box%u.%u", question.pid, question.wants[i].id);
		head.lengths[i] = (uint32_t)(out->length - before);
		if (question.key.mnt == LYING_MNT)
			head.lengths[i] += 1000;
	}
	memcpy(out->data, &head, sizeof(head));
	return 0;
}

static struct resolver *resolver;
static struct user_names *names;

static void on_answer(void *data, const struct resolver_answer *answer)
{
	(void)data;
	assert_true(user_names_answer(names, answer));
}

static int start_with(bool with_nss, uint64_t age_ns)
{
	static const struct resolver_service services[SERVICES] = {
		[NSS] = {"nss", nss, NULL, 0},
		[SCOPE] = {"scope", scope, NULL, 1},
	};
	struct resolver_options asking = {services, SERVICES, 200 * NS_PER_MS};
	struct user_names_options options = {
		.handler = on_answer,
		.nss_service = NSS,
		.scope_service = SCOPE,
		.nss = with_nss,
		.positive_ns = age_ns,
		.negative_ns = age_ns,
		.tick_ns = 10000000,
		.host_mnt = OWN_MNT,
		.host_user = OWN_USER,
	};
	struct users *users;
	char *passwd = strdup("ann:x:1:1:::\nroot:x:0:0:::\n"), *group = strdup("staff:x:1:\n");
	struct err err;

	if (resolver_new(&resolver, &asking, &err) < 0)
		return -1;
	options.resolver = resolver;
	if (user_names_new(&names, &options, &err) < 0 ||
	    users_parse(&users, &passwd, strlen(passwd), &group, strlen(group)) < 0)
		return -1;
	user_names_take_users(names, users);
	user_names_set_host(names, &(struct scope_key){OWN_MNT, OWN_USER, 0, HOST_ROOT});
	return 0;
}

static int start(void **state)
{
	(void)state;
	return start_with(true, 0);
}

static int start_without_nss(void **state)
{
	(void)state;
	return start_with(false, 0);
}

static int start_with_short_ages(void **state)
{
	(void)state;
	return start_with(true, 1);
}

static int stop(void **state)
{
	(void)state;
	user_names_free(names);
	resolver_free(resolver);
	return 0;
}

static const struct name_subject host = {.place = {OWN_MNT, OWN_USER, 1, HOST_ROOT},
					 .process = {10, 1}};

static struct name_subject process(uint32_t mnt, uint32_t pid)
{
	return (struct name_subject){.place = {mnt, OWN_USER, 9, 99}, .process = {pid, 1}};
}

static struct name_slot slot;
static char told[ID_CACHE_NAME_MAX + 1];

/* Once, whatever is known by then; "" for no name. */
static enum name_source ask_once(const struct name_subject *subject, uint32_t id, bool is_group)
{
	enum name_source source;

	slot = (struct name_slot){.id = id, .is_group = is_group};
	source = user_names_resolve(names, subject, &slot, 1);
	memcpy(told, slot.name ? slot.name : "", slot.length);
	told[slot.length] = '\0';
	return source;
}

static void take_answers(void)
{
	struct resolver_counters counters;
	struct pollfd answers = {.fd = resolver_fd(resolver), .events = POLLIN};
	uint64_t end = clock_mono_ns() + PATIENCE_NS;

	for (;;) {
		resolver_counters(resolver, &counters);
		if (counters.waiting == 0)
			return;
		assert_true(clock_mono_ns() < end);
		(void)poll(&answers, 1, 10);
		(void)resolver_poll(resolver, on_answer, NULL);
	}
}

/* Until it is known one way or the other: the machine may be slow, and the budget is small. */
static enum name_source ask(const struct name_subject *subject, uint32_t id, bool is_group)
{
	uint64_t end = clock_mono_ns() + PATIENCE_NS;
	enum name_source source = ask_once(subject, id, is_group);

	while (slot.is_unknown) {
		assert_true(clock_mono_ns() < end);
		assert_int_equal(slot.length, 0);
		take_answers();
		source = ask_once(subject, id, is_group);
	}
	return source;
}

static void the_hosts_files_answer_without_asking(void **state)
{
	struct resolver_counters counters;

	(void)state;
	assert_int_equal(ask_once(&host, 1, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "ann");
	assert_int_equal(ask_once(&host, 1, true), NAME_SOURCE_FILES);
	assert_string_equal(told, "staff");
	assert_false(slot.by_nss);
	resolver_counters(resolver, &counters);
	assert_int_equal(counters.asked, 0);
}

static void what_files_lack_name_services_have(void **state)
{
	struct user_names_counters counters;

	(void)state;
	assert_int_equal(ask(&host, 4000, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "nss4000");
	assert_true(slot.by_nss);
	assert_int_equal(ask(&host, 4000, true), NAME_SOURCE_FILES);
	assert_string_equal(told, "team4000");
	assert_int_equal(ask_once(&host, 4000, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "nss4000");
	user_names_counters(names, &counters);
	assert_int_equal(counters.ids.size, 2);
	assert_true(counters.ids.hits >= 1 && counters.ids.misses >= 2);
}

static void an_id_without_a_name_is_not_marked_and_not_asked_again(void **state)
{
	struct resolver_counters before, after;

	(void)state;
	(void)ask(&host, NAMELESS_ID, false);
	assert_string_equal(told, "");
	assert_false(slot.by_nss);
	resolver_counters(resolver, &before);
	for (int i = 0; i < 100; i++)
		(void)ask_once(&host, NAMELESS_ID, false);
	resolver_counters(resolver, &after);
	assert_int_equal(before.asked, after.asked);
}

static void what_cannot_be_told_is_marked(void **state)
{
	static const uint32_t ids[] = {FAILING_ID, ODD_ID, LONG_ID};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (int again = 0; again < 2; again++) {
			assert_int_equal(ask_once(&host, ids[i], false), NAME_SOURCE_FILES);
			assert_true(slot.is_unknown);
			assert_null(slot.name);
			take_answers();
		}
	}
}

static void a_service_that_hangs_costs_the_budget_and_no_more(void **state)
{
	struct resolver_counters counters;
	uint64_t begin = clock_mono_ns(), seconds;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		(void)ask_once(&host, i ? 100000 + i : HANGING_ID, false);
		if (i == 0)
			assert_true(slot.is_unknown);
		if (i % 100 == 0)
			(void)resolver_poll(resolver, on_answer, NULL);
		(void)ask_once(&host, 1, false);
		assert_string_equal(told, "ann");
	}
	resolver_counters(resolver, &counters);
	seconds = (clock_mono_ns() - begin) / RESOLVER_WINDOW_NS + 1;
	/* a busy machine lets a wait last longer than was asked for, but not many of them */
	assert_true(counters.waited_ns <= seconds * 20 * RESOLVER_BUDGET_NS);
	assert_true(counters.refused > 0 || counters.timed_out > 0);
	take_answers();
}

static void without_name_services_nothing_is_marked(void **state)
{
	(void)state;
	assert_int_equal(ask_once(&host, 4000, false), NAME_SOURCE_FILES);
	assert_null(slot.name);
	assert_false(slot.is_unknown);
}

static void names_grow_old(void **state)
{
	struct resolver_counters counters;

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)ask_once(&host, 4000, false);
		take_answers();
	}
	resolver_counters(resolver, &counters);
	assert_true(counters.asked >= 3);
}

static void newer_files_forget_what_name_services_said(void **state)
{
	struct resolver_counters before, after;
	struct users *users;
	char *passwd = strdup("new:x:4000:1:::\n"), *group = NULL;

	(void)state;
	(void)ask(&host, 4000, false);
	assert_string_equal(told, "nss4000");
	(void)ask(&host, 4001, false);
	resolver_counters(resolver, &before);
	assert_int_equal(users_parse(&users, &passwd, strlen(passwd), &group, 0), 0);
	user_names_take_users(names, users);
	(void)ask_once(&host, 4000, false);
	assert_string_equal(told, "new");
	assert_false(slot.by_nss);
	(void)ask(&host, 4001, false);
	resolver_counters(resolver, &after);
	assert_true(after.asked > before.asked);
}

static void a_container_has_names_of_its_own(void **state)
{
	struct name_subject box = process(BOX_MNT, 20);

	(void)state;
	assert_int_equal(ask(&box, 1, false), NAME_SOURCE_CONTAINER);
	assert_string_equal(told, "box20.1");
	assert_int_equal(ask(&box, NAMELESS_ID, true), NAME_SOURCE_CONTAINER);
	assert_string_equal(told, "");
	assert_int_equal(ask_once(&box, FAILING_ID, false), NAME_SOURCE_CONTAINER);
	assert_true(slot.is_unknown);
	assert_int_equal(ask_once(&host, 1, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "ann");
}

/* An agent in a container: who the host is, the snapshot of its first process tells. */
static void the_host_is_where_its_first_process_is(void **state)
{
	const struct name_subject container = process(777, 100);

	(void)state;
	user_names_set_host(names, &container.place);
	assert_int_equal(ask(&container, 1, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "ann");
	assert_int_equal(ask(&host, 1, false), NAME_SOURCE_CONTAINER);
	assert_string_not_equal(told, "ann");
}

static void until_the_host_is_known_nobody_has_its_names(void **state)
{
	const struct scope_key nowhere = {.mnt = NAMES_HOST_UNKNOWN};

	(void)state;
	user_names_set_host(names, &nowhere);
	assert_int_equal(ask(&host, 1, false), NAME_SOURCE_CONTAINER);
	assert_string_not_equal(told, "ann");
}

static void a_container_that_cannot_be_read_has_no_name(void **state)
{
	struct name_subject gone = process(BOX_MNT, 666);

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ask_once(&gone, 1, false), NAME_SOURCE_UNKNOWN);
		assert_true(slot.is_unknown);
		assert_null(slot.name);
		take_answers();
	}
}

static void a_process_that_ends_is_not_looked_for(void **state)
{
	struct name_subject ending = process(BOX_MNT, 20);
	struct resolver_counters counters;

	(void)state;
	ending.ending = true;
	assert_int_equal(ask_once(&ending, 1, false), NAME_SOURCE_UNKNOWN);
	resolver_counters(resolver, &counters);
	assert_int_equal(counters.asked, 0);
}

static void mounts_of_its_own_do_not_take_the_hosts_names(void **state)
{
	struct name_subject service = process(HOST_LIKE_MNT, 30), short_lived = process(500, 666);

	(void)state;
	assert_int_equal(ask(&service, 1, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "ann");
	(void)ask(&service, 4000, false);
	assert_string_equal(told, "nss4000");
	/* gone before anybody could look, but its root was the host's */
	short_lived.place.root_directory = HOST_ROOT;
	assert_int_equal(ask_once(&short_lived, 1, false), NAME_SOURCE_FILES);
	assert_string_equal(told, "ann");
	assert_false(slot.is_unknown);
}

static void an_answer_that_contradicts_itself_names_nobody(void **state)
{
	struct name_subject liar = process(LYING_MNT, 40);

	(void)state;
	for (int i = 0; i < 5; i++) {
		(void)ask_once(&liar, 1, false);
		assert_true(slot.is_unknown);
		assert_null(slot.name);
		take_answers();
	}
}

/* Numbers of namespaces are used again at once: the next container must not have these names. */
static void names_end_with_the_last_process(void **state)
{
	struct name_subject first = process(BOX_MNT, 20), second = process(BOX_MNT, 21);
	struct name_subject next = process(BOX_MNT, 22);

	(void)state;
	(void)ask(&first, 1, false);
	(void)ask(&second, 1, false);
	assert_string_equal(told, "box20.1");
	user_names_leave(names, &first);
	(void)ask_once(&second, 1, false);
	assert_string_equal(told, "box20.1");
	user_names_leave(names, &second);
	(void)ask(&next, 1, false);
	assert_string_equal(told, "box22.1");
}

static void another_root_in_the_same_namespace_is_another_scope(void **state)
{
	struct name_subject before = process(BOX_MNT, 20), after = process(BOX_MNT, 21);

	(void)state;
	(void)ask(&before, 1, false);
	after.place.root_directory++;
	(void)ask(&after, 1, false);
	assert_string_equal(told, "box21.1");
	(void)ask_once(&before, 1, false);
	assert_string_equal(told, "box20.1");
}

static void ten_thousand_containers_stay_within_bounds(void **state)
{
	struct user_names_counters counters;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		struct name_subject box = process(1000 + i, 20 + i);

		(void)ask_once(&box, 1, false);
		if (slot.name) {
			char wanted[32];

			(void)snprintf(wanted, sizeof(wanted), "box%u.1", 20 + i);
			assert_string_equal(told, wanted);
		}
	}
	take_answers();
	user_names_counters(names, &counters);
	assert_true(counters.scopes.size <= SCOPES_MAX);
	assert_true(counters.scopes.evictions >= 10000 - SCOPES_MAX);
	assert_true(counters.ids.size <= counters.ids.max);
}

static void many_ids_evict_each_other(void **state)
{
	struct user_names_counters counters;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		(void)ask_once(&host, 100000 + i, false);
		(void)resolver_poll(resolver, on_answer, NULL);
	}
	take_answers();
	user_names_counters(names, &counters);
	assert_int_equal(counters.ids.size, counters.ids.max);
	assert_true(counters.ids.evictions > 0);
}

int main(void)
{
#define NAMES_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		NAMES_TEST(the_hosts_files_answer_without_asking),
		NAMES_TEST(what_files_lack_name_services_have),
		NAMES_TEST(an_id_without_a_name_is_not_marked_and_not_asked_again),
		NAMES_TEST(what_cannot_be_told_is_marked),
		NAMES_TEST(a_service_that_hangs_costs_the_budget_and_no_more),
		cmocka_unit_test_setup_teardown(without_name_services_nothing_is_marked,
						start_without_nss, stop),
		cmocka_unit_test_setup_teardown(names_grow_old, start_with_short_ages, stop),
		NAMES_TEST(newer_files_forget_what_name_services_said),
		NAMES_TEST(a_container_has_names_of_its_own),
		NAMES_TEST(the_host_is_where_its_first_process_is),
		NAMES_TEST(until_the_host_is_known_nobody_has_its_names),
		NAMES_TEST(a_container_that_cannot_be_read_has_no_name),
		NAMES_TEST(a_process_that_ends_is_not_looked_for),
		NAMES_TEST(mounts_of_its_own_do_not_take_the_hosts_names),
		NAMES_TEST(an_answer_that_contradicts_itself_names_nobody),
		NAMES_TEST(names_end_with_the_last_process),
		NAMES_TEST(another_root_in_the_same_namespace_is_another_scope),
		NAMES_TEST(ten_thousand_containers_stay_within_bounds),
		NAMES_TEST(many_ids_evict_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
