/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns whose names are meant, who is asked, and how long an answer is good for. A name that is not
 * known for sure is none: neither the host's for a container's process, nor a container's for
 * another one. Reads no file itself.
 */
#include "enrich/user_names.h"

#include "base/clock.h"
#include "enrich/name_services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RECHECK_NS (5 * NS_PER_S) /* files of a container are looked at again, when in use */
#define RETRY_NS NS_PER_S         /* after a question that was not answered */
#define ASKS_MAX 2                /* for one process and event */
#define HOST_BIT (UINT64_C(1) << 62)

struct user_names {
	struct user_names_options options;
	struct users *users;
	struct id_cache *ids;
	struct scopes *scopes;
	uint64_t host_serial; /* of what name services said */
	uint64_t tickets;
	struct scope_key host;
};

/* One call of user_names_resolve. */
struct work {
	const struct name_subject *subject;
	struct name_slot *slots;
	size_t count;
	uint64_t now_ns;
	unsigned int asks;
	bool pending; /* an answer would tell more */
};

int user_names_new(struct user_names **ret_names, const struct user_names_options *options,
		   struct err *err)
{
	struct user_names *names = calloc(1, sizeof(*names));
	int result;

	if (!names)
		return err_set(err, -ENOMEM, "no memory for user names");
	names->options = *options;
	names->host = (struct scope_key){.mnt = options->host_mnt, .user = options->host_user};
	if (!names->options.positive_ns)
		names->options.positive_ns = USER_NAMES_POSITIVE_NS;
	if (!names->options.negative_ns)
		names->options.negative_ns = USER_NAMES_NEGATIVE_NS;
	if (!names->options.cache_bytes)
		names->options.cache_bytes = USER_NAMES_CACHE_BYTES;
	result = id_cache_new(&names->ids, names->options.cache_bytes, err);
	if (result == 0)
		result = scopes_new(&names->scopes, err);
	if (result < 0) {
		user_names_free(names);
		return result;
	}
	*ret_names = names;
	return 0;
}

void user_names_free(struct user_names *names)
{
	if (!names)
		return;
	users_free(names->users);
	id_cache_free(names->ids);
	scopes_free(names->scopes);
	free(names);
}

void user_names_take_users(struct user_names *names, struct users *users)
{
	users_free(names->users);
	names->users = users;
	names->host_serial++;
}

void user_names_set_host(struct user_names *names, const struct scope_key *place)
{
	names->host = *place;
}

static bool has_host_root(const struct user_names *names, const struct scope_key *place)
{
	return place->root_directory && place->root_directory == names->host.root_directory;
}

/* A chroot alone does not make a container: the ids are the host's, and so are the names. */
static bool is_host(const struct user_names *names, const struct scope_key *place)
{
	if (!names->options.host_mnt)
		return true;
	if (!place->mnt || !names->host.mnt)
		return place->user == names->host.user;
	return place->mnt == names->host.mnt;
}

struct scope_key user_names_host_place(const struct user_names *names)
{
	return (struct scope_key){.mnt = names->host.mnt, .user = names->host.user};
}

/* Whether the entry says something now; then the slot has it. */
static bool take_entry(struct name_slot *slot, const struct id_entry *entry, uint64_t now_ns)
{
	if (!entry || entry->state == ID_NEW || entry->state == ID_ASKED ||
	    now_ns >= entry->expires_ns)
		return false;
	slot->is_unknown = entry->state == ID_FAILED;
	if (entry->state == ID_NAMED) {
		slot->name = entry->name;
		slot->length = entry->length;
	}
	return true;
}

static struct id_key host_key(const struct user_names *names, uint32_t id, bool is_group)
{
	return (struct id_key){HOST_BIT | names->host_serial, id, is_group};
}

/* As a ticket has it: 31 bits of the serial, one for the group, the id. */
static uint64_t host_ticket(const struct id_key *key)
{
	return key->scope << 33 | (uint64_t)key->is_group << 32 | key->id;
}

static void ask_nss(struct user_names *names, struct work *work, struct id_entry *entry)
{
	struct name_want want = {entry->key.id, entry->key.is_group};

	if (entry->state != ID_ASKED) {
		entry->state = ID_NEW;
		if (resolver_ask(names->options.resolver, names->options.nss_service,
				 host_ticket(&entry->key), &want, sizeof(want)) < 0) {
			id_cache_counters(names->ids)->failures++;
			return;
		}
		entry->state = ID_ASKED;
	}
	work->pending = true;
}

static void fill_from_nss(struct user_names *names, struct work *work, struct name_slot *slot)
{
	struct id_key key = host_key(names, slot->id, slot->is_group);
	struct id_entry *entry = id_cache_find(names->ids, &key);

	if (take_entry(slot, entry, work->now_ns)) {
		id_cache_counters(names->ids)->hits++;
		slot->by_nss = slot->name != NULL;
		return;
	}
	if (!work->pending)
		id_cache_counters(names->ids)->misses++;
	slot->is_unknown = true;
	ask_nss(names, work, entry ? entry : id_cache_add(names->ids, &key));
}

static void fill_from_host(struct user_names *names, struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		struct name_slot *slot = &work->slots[i];
		const char *name = slot->is_group ? users_group_name(names->users, slot->id)
						  : users_user_name(names->users, slot->id);

		if (name) {
			slot->name = name;
			slot->length = strlen(name);
		} else if (names->options.nss && names->options.resolver) {
			fill_from_nss(names, work, slot);
		}
	}
}

static void add_want(struct scope_question *question, const struct name_slot *slot)
{
	for (uint32_t i = 0; i < question->count; i++)
		if (question->wants[i].id == slot->id &&
		    question->wants[i].is_group == slot->is_group)
			return;
	if (question->count < NAME_WANTS_MAX)
		question->wants[question->count++] = (struct name_want){slot->id, slot->is_group};
}

static void ask_scope(struct user_names *names, struct work *work, struct scope *scope,
		      struct scope_question *question)
{
	question->key = scope->key;
	if (names->host.root_directory && scope->key.root_directory)
		question->root =
			has_host_root(names, &scope->key) ? NAME_ROOT_HOST : NAME_ROOT_OTHER;
	question->pid = work->subject->process.pid;
	question->start_ticks = work->subject->process.start_ns / names->options.tick_ns;
	if (scope->ticket || work->subject->ending || work->asks == ASKS_MAX ||
	    work->now_ns < scope->retry_ns)
		return;
	work->asks++;
	if (resolver_ask(names->options.resolver, names->options.scope_service, names->tickets + 1,
			 question, sizeof(*question)) < 0) {
		scopes_counters(names->scopes)->failures++;
		return;
	}
	scope->ticket = ++names->tickets;
}

/* Names of a scope never grow old by themselves: its files are looked at again and again. */
static void fill_from_scope(struct user_names *names, struct work *work, struct scope *scope)
{
	struct scope_question question = {0};

	for (size_t i = 0; i < work->count; i++) {
		struct name_slot *slot = &work->slots[i];
		struct id_key key = {scope->serial, slot->id, slot->is_group};
		bool known = scope->state == SCOPE_OWN &&
			     take_entry(slot, id_cache_find(names->ids, &key), work->now_ns);

		if (known)
			continue;
		slot->is_unknown = true;
		add_want(&question, slot);
	}
	if (question.count == 0) {
		scopes_counters(names->scopes)->hits++;
	} else if (work->asks == 0) {
		scopes_counters(names->scopes)->misses++;
	}
	if (question.count > 0 || work->now_ns - scope->checked_ns > RECHECK_NS)
		ask_scope(names, work, scope, &question);
	work->pending = question.count > 0 && scope->ticket;
}

static enum name_source fill_foreign(struct user_names *names, struct work *work)
{
	struct scope *scope =
		scopes_get(names->scopes, &work->subject->place, &work->subject->process);

	if (scope->state != SCOPE_NEW &&
	    work->now_ns - scope->checked_ns > names->options.positive_ns)
		scopes_renew(names->scopes, scope);
	if (scope->state != SCOPE_HOST) {
		fill_from_scope(names, work, scope);
		return scope->state == SCOPE_OWN ? NAME_SOURCE_CONTAINER : NAME_SOURCE_UNKNOWN;
	}
	if (work->now_ns - scope->checked_ns > RECHECK_NS)
		ask_scope(names, work, scope, &(struct scope_question){0});
	scopes_counters(names->scopes)->hits++;
	fill_from_host(names, work);
	return NAME_SOURCE_FILES;
}

static void empty_slots(struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		struct name_slot *slot = &work->slots[i];

		*slot = (struct name_slot){.id = slot->id, .is_group = slot->is_group};
	}
	work->pending = false;
}

static enum name_source fill(struct user_names *names, struct work *work)
{
	empty_slots(work);
	if (is_host(names, &work->subject->place)) {
		fill_from_host(names, work);
		return NAME_SOURCE_FILES;
	}
	if (names->options.resolver)
		return fill_foreign(names, work);
	for (size_t i = 0; i < work->count; i++)
		work->slots[i].is_unknown = true;
	return NAME_SOURCE_UNKNOWN;
}

enum name_source user_names_resolve(struct user_names *names, const struct name_subject *subject,
				    struct name_slot *slots, size_t count)
{
	struct work work = {.subject = subject, .slots = slots, .count = count};
	enum name_source source;

	work.now_ns = clock_mono_ns();
	source = fill(names, &work);
	while (work.pending && resolver_wait(names->options.resolver, UINT64_MAX)) {
		(void)resolver_poll(names->options.resolver, names->options.handler,
				    names->options.handler_data);
		work.now_ns = clock_mono_ns();
		source = fill(names, &work);
	}
	if (source == NAME_SOURCE_UNKNOWN && has_host_root(names, &subject->place)) {
		/* a service with mounts of its own, and gone before anybody could look */
		empty_slots(&work);
		fill_from_host(names, &work);
		source = NAME_SOURCE_FILES;
	}
	return source;
}

void user_names_leave(struct user_names *names, const struct name_subject *subject)
{
	if (!is_host(names, &subject->place))
		scopes_leave(names->scopes, &subject->place, &subject->process);
}

static void set_name(struct id_entry *entry, const char *name, size_t length)
{
	memcpy(entry->name, name, length);
	entry->length = (uint32_t)length;
	entry->state = ID_NAMED;
}

/* A name is text without NUL that the cache has room for. */
static bool name_is_good(const char *name, size_t length)
{
	return length > 0 && length <= ID_CACHE_NAME_MAX && !memchr(name, '\0', length);
}

static void take_nss_answer(struct user_names *names, const struct resolver_answer *answer)
{
	struct id_key key = host_key(names, (uint32_t)answer->ticket, answer->ticket >> 32 & 1);
	struct id_entry *entry = id_cache_find(names->ids, &key);
	uint64_t now = clock_mono_ns();

	if (!entry || host_ticket(&key) != answer->ticket)
		return; /* of names that are not in force any more */
	if (answer->status == 0 && name_is_good(answer->bytes, answer->size)) {
		set_name(entry, answer->bytes, answer->size);
		entry->expires_ns = now + names->options.positive_ns;
	} else if (answer->status == -ENOENT) {
		entry->state = ID_NAMELESS;
		entry->expires_ns = now + names->options.negative_ns;
	} else {
		id_cache_counters(names->ids)->failures++;
		entry->state = ID_FAILED;
		entry->expires_ns =
			now +
			(answer->status == -ECANCELED ? RETRY_NS : names->options.negative_ns);
	}
}

/* Of one scope: where the names of an answer are, checked as they are taken. */
static bool take_scope_names(struct user_names *names, const struct scope *scope,
			     const struct scope_answer *head, const char *at, size_t left)
{
	uint64_t failed_ns = clock_mono_ns() + names->options.negative_ns;

	for (uint32_t i = 0; i < head->count; i++) {
		uint32_t length = head->lengths[i];
		struct id_key key = {scope->serial, head->wants[i].id,
				     head->wants[i].is_group != 0};
		struct id_entry *entry = id_cache_add(names->ids, &key);

		entry->expires_ns = UINT64_MAX;
		if (length == NAME_LENGTH_NONE) {
			entry->state = ID_NAMELESS;
		} else if (length == NAME_LENGTH_UNKNOWN) {
			entry->state = ID_FAILED;
			entry->expires_ns = failed_ns;
		} else if (length > left || !name_is_good(at, length)) {
			entry->state = ID_NEW;
			return false;
		} else {
			set_name(entry, at, length);
			at += length;
			left -= length;
		}
	}
	return left == 0;
}

static bool take_scope(struct user_names *names, struct scope *scope,
		       const struct resolver_answer *answer)
{
	struct scope_answer head;

	if (answer->size < sizeof(head))
		return false;
	memcpy(&head, answer->bytes, sizeof(head));
	if (head.count > NAME_WANTS_MAX)
		return false;
	if (scope->state != SCOPE_NEW && scope->files != head.files)
		scopes_renew(names->scopes, scope);
	scope->files = head.files;
	scope->state = head.is_host ? SCOPE_HOST : SCOPE_OWN;
	scope->checked_ns = clock_mono_ns();
	return head.is_host || take_scope_names(names, scope, &head, answer->bytes + sizeof(head),
						answer->size - sizeof(head));
}

/* A process that has gone says nothing of the others; the next one may be asked at once. */
static void take_scope_answer(struct user_names *names, const struct resolver_answer *answer)
{
	struct scope *scope = scopes_find_ticket(names->scopes, answer->ticket);

	if (!scope)
		return;
	scope->ticket = 0;
	if (answer->status == 0 && take_scope(names, scope, answer))
		return;
	scopes_counters(names->scopes)->failures++;
	if (answer->status != -ESRCH)
		scope->retry_ns = clock_mono_ns() + RETRY_NS;
}

bool user_names_answer(struct user_names *names, const struct resolver_answer *answer)
{
	if (answer->service == names->options.nss_service)
		take_nss_answer(names, answer);
	else if (answer->service == names->options.scope_service)
		take_scope_answer(names, answer);
	else
		return false;
	return true;
}

void user_names_counters(struct user_names *names, struct user_names_counters *ret_counters)
{
	ret_counters->ids = *id_cache_counters(names->ids);
	ret_counters->scopes = *scopes_counters(names->scopes);
}
