/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strict patterns, one component of the path after the other: the exact words around an id, and an
 * id of the exact shape. What only looks like a container is none. Of containers in one another the
 * innermost counts. Must not know files or caches.
 */
#include "enrich/container_path.h"

#include <stdbool.h>
#include <string.h>

#define HASH_LENGTH 64
#define TASK_LENGTH 32 /* of ECS */
#define HEX "0123456789abcdef"
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct word {
	const char *text;
	size_t length;
};

struct pod {
	uint8_t orchestrator;
	char uid[CONTAINER_UID_SIZE];
};

/* Three components of the path at a time, the middle one is looked at. */
struct place {
	struct word above, word, below;
	unsigned int depth; /* of word, 0: directly below the root */
	bool in_container;  /* the one above is a container's, or inside of one */
	struct pod pod;     /* of the innermost container */
};

static bool is_word(const struct word *word, const char *text)
{
	return strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

static bool is_made_of(const struct word *word, const char *letters)
{
	for (size_t i = 0; i < word->length; i++)
		if (!word->text[i] || !strchr(letters, word->text[i]))
			return false;
	return word->length > 0;
}

/* What is between prefix and suffix. False: it does not have both, or nothing between them. */
static bool strip(const struct word *word, const char *prefix, const char *suffix,
		  struct word *ret_word)
{
	size_t before = strlen(prefix), behind = strlen(suffix);

	if (word->length <= before + behind || memcmp(word->text, prefix, before) != 0 ||
	    memcmp(word->text + word->length - behind, suffix, behind) != 0)
		return false;
	*ret_word = (struct word){word->text + before, word->length - before - behind};
	return true;
}

/* An id as Docker and others make them: 64 lower-case hexadecimal digits. */
static bool is_hash(const struct word *word)
{
	return word->length == HASH_LENGTH && is_made_of(word, HEX);
}

/* Groups of hexadecimal digits with separators: "8-4-4-4-12". */
static bool has_groups(const struct word *word, const uint8_t *groups, size_t count, char separator)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct word group = {word->text + at, groups[i]};

		if (at + groups[i] > word->length || !is_made_of(&group, HEX))
			return false;
		at += groups[i];
		if (i + 1 < count && (at >= word->length || word->text[at++] != separator))
			return false;
	}
	return at == word->length;
}

/* The uid of a pod, or the hash of a static one. systemd's names have '_' for '-'. */
static bool read_pod_uid(const struct word *word, char separator, char ret_uid[CONTAINER_UID_SIZE])
{
	static const uint8_t groups[] = {8, 4, 4, 4, 12};

	if (!has_groups(word, groups, sizeof(groups), separator) &&
	    !(word->length == 32 && is_made_of(word, HEX)))
		return false;
	memcpy(ret_uid, word->text, word->length);
	ret_uid[word->length] = '\0';
	for (char *at = ret_uid; *at; at++)
		if (*at == '_')
			*at = '-';
	return true;
}

/* "kubepods-burstable-podUID.slice"; a kubelet with a cgroup root of its own puts it in front. */
static bool read_pod_slice(const struct word *word, char ret_uid[CONTAINER_UID_SIZE])
{
	static const char *const classes[] = {"kubepods-burstable-pod", "kubepods-besteffort-pod",
					      "kubepods-pod"};
	struct word inner;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const char *found =
			memmem(word->text, word->length, classes[i], strlen(classes[i]));
		size_t before = found ? (size_t)(found - word->text) : 0;
		struct word rest = {found, word->length - before};

		if (found && (before == 0 || found[-1] == '-') &&
		    strip(&rest, classes[i], ".slice", &inner))
			return read_pod_uid(&inner, '_', ret_uid);
	}
	return false;
}

static bool read_pod(const struct place *place, char ret_uid[CONTAINER_UID_SIZE])
{
	static const char *const classes[] = {"kubepods", "burstable", "besteffort", "guaranteed"};
	struct word inner;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (is_word(&place->above, classes[i]) && strip(&place->word, "pod", "", &inner))
			return read_pod_uid(&inner, '-', ret_uid);
	return read_pod_slice(&place->word, ret_uid);
}

/* The words around a hash. */
static const struct {
	const char *prefix, *suffix;
	enum container_runtime runtime;
} hash_words[] = {
	{"docker-", ".scope", CONTAINER_DOCKER},
	{"cri-containerd-", ".scope", CONTAINER_CONTAINERD},
	{"nerdctl-", ".scope", CONTAINER_CONTAINERD},
	{"crio-", ".scope", CONTAINER_CRIO},
	{"crio-", "", CONTAINER_CRIO},
	{"libpod-", ".scope", CONTAINER_PODMAN},
	{"libpod-", "", CONTAINER_PODMAN},
	{"libpod-payload-", "", CONTAINER_PODMAN},
};

/* A systemd name that a cgroupfs driver made a directory of: "SLICE:cri-containerd:HASH". */
static const struct {
	const char *infix;
	enum container_runtime runtime;
} colon_words[] = {
	{":cri-containerd:", CONTAINER_CONTAINERD},
	{":docker:", CONTAINER_DOCKER},
	{":crio:", CONTAINER_CRIO},
};

struct found {
	enum container_runtime runtime;
	struct word id;
};

static bool find_by_colons(const struct place *place, struct found *ret_found,
			   struct container_path *path)
{
	const struct word *word = &place->word;

	for (size_t i = 0; i < sizeof(colon_words) / sizeof(colon_words[0]); i++) {
		size_t length = strlen(colon_words[i].infix) + HASH_LENGTH;
		struct word slice = {word->text, word->length - length}, end, id;

		if (word->length <= length)
			continue;
		end = (struct word){word->text + slice.length, length};
		if (!strip(&end, colon_words[i].infix, "", &id) || !is_hash(&id))
			continue;
		*ret_found = (struct found){colon_words[i].runtime, id};
		if (read_pod_slice(&slice, path->pod_uid))
			path->orchestrator = CONTAINER_KUBERNETES;
		return true;
	}
	return false;
}

/* Words that stand in the directory above the id. */
static bool find_by_parent(const struct place *place, const struct container_path *path,
			   struct found *ret_found)
{
	static const uint8_t garden[] = {8, 4, 4, 4, 4};
	const struct word *above = &place->above, *word = &place->word;
	char uid[CONTAINER_UID_SIZE];
	struct word inner;
	bool top = place->depth == 1;

	ret_found->id = *word;
	ret_found->runtime = CONTAINER_DOCKER;
	if (is_word(above, "docker") || is_word(above, "actions_job"))
		return is_hash(word);
	ret_found->runtime = CONTAINER_CONTAINERD;
	if (is_word(above, "default") && top)
		return is_hash(word);
	ret_found->runtime = CONTAINER_GARDEN;
	if (is_word(above, "garden"))
		return has_groups(word, garden, sizeof(garden), '-');
	ret_found->runtime = CONTAINER_BUILDKIT;
	if (is_word(above, "buildkit"))
		return word->length == 25 && is_made_of(word, LETTERS DIGITS);
	ret_found->runtime = CONTAINER_RUNTIME_UNKNOWN;
	return path->pod_uid[0] && path->orchestrator == CONTAINER_KUBERNETES && is_hash(word) &&
	       (read_pod_slice(above, uid) ||
		(strip(above, "pod", "", &inner) && read_pod_uid(&inner, '-', uid)));
}

static bool is_name(const struct word *word)
{
	return word->length < CONTAINER_ID_SIZE &&
	       is_made_of(word, LETTERS CAPITALS DIGITS "_.-") && word->text[0] != '.' &&
	       word->text[0] != '-';
}

static bool find_lxc(const struct place *place, struct found *ret_found)
{
	bool is_payload = strip(&place->word, "lxc.payload.", "", &ret_found->id);

	if (!is_payload) {
		ret_found->id = place->word;
		is_payload = is_word(&place->above, "lxc.payload") ||
			     (is_word(&place->above, "lxc") &&
			      (place->depth == 1 || place->in_container));
	}
	ret_found->runtime = CONTAINER_LXC;
	return is_payload && is_name(&ret_found->id);
}

/* Of libvirt's machines: virtual ones, and containers of another kind. */
static bool is_libvirt(const struct word *name)
{
	static const char *const kinds[] = {"qemu\\x2d", "xen\\x2d", "lxc\\x2d", "bhyve\\x2d"};
	struct word inner;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strip(name, kinds[i], "", &inner))
			return true;
	return false;
}

/* The name as it stands there; systemd's escapes are undone where it is stored. */
static bool find_nspawn(const struct place *place, struct found *ret_found)
{
	struct word *name = &ret_found->id;

	ret_found->runtime = CONTAINER_NSPAWN;
	if (is_word(&place->below, "supervisor")) /* systemd-nspawn itself */
		return false;
	if (strip(&place->word, "systemd-nspawn@", ".service", name))
		return true;
	return is_word(&place->above, "machine.slice") &&
	       strip(&place->word, "machine-", ".scope", name) && !is_libvirt(name);
}

/* "/ecs/TASK/ID" or "/ecs/CLUSTER/TASK/ID"; where tasks have a network of their own, the id is the
 * task's and a number. */
static bool find_ecs(const struct place *place, const struct container_path *path,
		     struct found *ret_found)
{
	struct word head = {place->word.text, TASK_LENGTH}, rest;

	if (path->orchestrator != CONTAINER_ECS || !path->pod_uid[0])
		return false;
	*ret_found = (struct found){CONTAINER_DOCKER, place->word};
	if (is_hash(&place->word))
		return true;
	if (place->word.length < TASK_LENGTH + 2 || place->word.length > TASK_LENGTH + 11)
		return false;
	rest = (struct word){place->word.text + TASK_LENGTH + 1,
			     place->word.length - TASK_LENGTH - 1};
	return is_made_of(&head, HEX) && place->word.text[TASK_LENGTH] == '-' &&
	       is_made_of(&rest, DIGITS);
}

static bool find_by_words(const struct place *place, struct found *ret_found)
{
	for (size_t i = 0; i < sizeof(hash_words) / sizeof(hash_words[0]); i++) {
		ret_found->runtime = hash_words[i].runtime;
		if (strip(&place->word, hash_words[i].prefix, hash_words[i].suffix,
			  &ret_found->id) &&
		    is_hash(&ret_found->id))
			return true;
	}
	return false;
}

static bool find_container(const struct place *place, struct container_path *path,
			   struct found *ret_found)
{
	return find_by_words(place, ret_found) || find_by_colons(place, ret_found, path) ||
	       find_by_parent(place, path, ret_found) || find_ecs(place, path, ret_found) ||
	       find_lxc(place, ret_found) || find_nspawn(place, ret_found);
}

static int hex_digit(char c)
{
	const char *at = c ? strchr(HEX, c) : NULL;

	return at ? (int)(at - HEX) : -1;
}

/* Undoes systemd's "\x2d". False: it is too long, or no name. */
static bool copy_name(const struct word *word, char ret_id[CONTAINER_ID_SIZE])
{
	struct word copied = {ret_id, 0};

	for (size_t i = 0; i < word->length; i++) {
		char c = word->text[i];

		if (c == '\\' && word->length - i >= 4 && word->text[i + 1] == 'x' &&
		    hex_digit(word->text[i + 2]) >= 0 && hex_digit(word->text[i + 3]) >= 0) {
			c = (char)(hex_digit(word->text[i + 2]) * 16 +
				   hex_digit(word->text[i + 3]));
			i += 3;
		}
		if (copied.length == CONTAINER_ID_SIZE - 1)
			return false;
		ret_id[copied.length++] = c;
	}
	ret_id[copied.length] = '\0';
	return is_name(&copied);
}

static void note_container(struct place *place, struct container_path *path)
{
	char id[CONTAINER_ID_SIZE];
	struct found found;

	if (!find_container(place, path, &found) || !copy_name(&found.id, id))
		return;
	if (path->depth == 1)
		memcpy(path->outer_id, path->id, sizeof(path->outer_id));
	memcpy(path->id, id, sizeof(path->id));
	path->runtime = (uint8_t)found.runtime;
	if (path->depth < UINT8_MAX)
		path->depth++;
	place->in_container = true;
	place->pod.orchestrator = path->orchestrator;
	memcpy(place->pod.uid, path->pod_uid, sizeof(place->pod.uid));
}

static void note_ecs(const struct place *place, struct container_path *path)
{
	struct word task;

	if (path->depth > 0)
		return;
	if (place->depth == 0 && is_word(&place->word, "ecs"))
		path->orchestrator = CONTAINER_ECS;
	if (strip(&place->word, "ecstasks-", ".slice", &task))
		path->orchestrator = CONTAINER_ECS;
	else
		task = place->word;
	if (path->orchestrator != CONTAINER_ECS)
		return;
	if (task.length == TASK_LENGTH && is_made_of(&task, HEX)) {
		memcpy(path->pod_uid, task.text, TASK_LENGTH);
		path->pod_uid[TASK_LENGTH] = '\0';
	} else {
		static const uint8_t groups[] = {8, 4, 4, 4, 12};

		if (has_groups(&task, groups, sizeof(groups), '-'))
			(void)read_pod_uid(&task, '-', path->pod_uid);
	}
}

static void note_pod(const struct place *place, struct container_path *path)
{
	char uid[CONTAINER_UID_SIZE];

	if (!read_pod(place, uid))
		return;
	memcpy(path->pod_uid, uid, sizeof(path->pod_uid));
	path->orchestrator = CONTAINER_KUBERNETES;
}

/*
 * A pod has containers: what only looks like one below a container does not replace that of the
 * container. In a user's slice no kubelet of the host's makes pods, but the user any name.
 */
static void settle_pod(const struct place *place, struct container_path *path)
{
	struct pod pod = {path->orchestrator, ""};

	if (container_owner_is_user(path->owner))
		pod.orchestrator = CONTAINER_NO_ORCHESTRATOR;
	else if (place->in_container)
		pod = place->pod;
	else
		return;
	path->orchestrator = pod.orchestrator;
	memcpy(path->pod_uid, pod.uid, sizeof(path->pod_uid));
}

/* "/user.slice/user-1000.slice" */
static void note_owner(const struct place *place, struct container_path *path)
{
	struct word number;
	uint64_t uid = 0;

	if (place->depth != 1 || !is_word(&place->above, "user.slice") ||
	    !strip(&place->word, "user-", ".slice", &number) || number.length > 10 ||
	    !is_made_of(&number, DIGITS))
		return;
	for (size_t i = 0; i < number.length; i++)
		uid = uid * 10 + (uint64_t)(number.text[i] - '0');
	if (uid < CONTAINER_NO_OWNER)
		path->owner = (uint32_t)uid;
}

/* systemd.unit(5): of these, processes live in services and scopes; the others start one. */
static bool is_unit(const struct word *word, const char *suffix)
{
	struct word name;

	return word->length < 256 && strip(word, "", suffix, &name) &&
	       is_made_of(word, LETTERS CAPITALS DIGITS ":-_.\\@");
}

static bool is_any_unit(const struct word *word)
{
	static const char *const suffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (is_unit(word, suffixes[i]))
			return true;
	return false;
}

/* systemd puts '_' before a name that could be taken for something of the kernel's. */
static struct container_part part_of(const char *path, const struct word *word)
{
	size_t skip = word->text[0] == '_';

	return (struct container_part){(uint16_t)(word->text + skip - path),
				       (uint16_t)(word->length - skip)};
}

enum unit_state { UNIT_IN_SLICES, UNIT_OF_USER, UNIT_OVER };

/* Slices, then a unit; below the manager of a user the same once more. */
static enum unit_state note_unit(const char *text, const struct word *word, enum unit_state state,
				 struct container_path *path)
{
	struct word user;

	if (state == UNIT_OVER)
		return state;
	if (is_unit(word, ".slice")) {
		if (state == UNIT_IN_SLICES)
			path->slice = part_of(text, word);
		return state;
	}
	if (!is_any_unit(word))
		return UNIT_OVER;
	if (state == UNIT_OF_USER) {
		path->user_unit = part_of(text, word);
		return UNIT_OVER;
	}
	path->unit = part_of(text, word);
	return strip(word, "user@", ".service", &user) ? UNIT_OF_USER : UNIT_OVER;
}

static struct word next_word(const char **at, const char *end)
{
	struct word word = {*at, 0};
	const char *slash;

	if (*at >= end)
		return word;
	slash = memchr(*at, '/', (size_t)(end - *at));
	word.length = (size_t)((slash ? slash : end) - *at);
	*at = slash ? slash + 1 : end;
	return word;
}

void container_path_parse(const char *path, size_t length, struct container_path *ret_path)
{
	const char *at = path + 1, *end = path + length;
	enum unit_state state = UNIT_IN_SLICES;
	struct place place = {.above = {path, 0}};

	*ret_path = (struct container_path){.owner = CONTAINER_NO_OWNER};
	if (length == 0 || path[0] != '/' || length > UINT16_MAX)
		return;
	for (place.word = next_word(&at, end); place.word.length > 0; place.depth++) {
		place.below = next_word(&at, end);
		note_owner(&place, ret_path);
		note_pod(&place, ret_path);
		note_ecs(&place, ret_path);
		note_container(&place, ret_path);
		state = note_unit(path, &place.word, state, ret_path);
		place.above = place.word;
		place.word = place.below;
	}
	settle_pod(&place, ret_path);
}
