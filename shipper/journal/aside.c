/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the setting aside of files. An older journal in a place where this one has to go on would be
 * read together with it at the next start, by cursors that mean one of the two; nothing of it may
 * be deleted either, since its sinks may not have taken it.
 */
#include "journal/aside.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAME_NAME_MAX 100

int aside_rename(int dirfd, const char *name, const char *suffix, char out[ASIDE_NAME_SIZE])
{
	for (unsigned int i = 0; i < SAME_NAME_MAX; i++) {
		if (i == 0)
			(void)snprintf(out, ASIDE_NAME_SIZE, "%s.%s", name, suffix);
		else
			(void)snprintf(out, ASIDE_NAME_SIZE, "%s.%s.%u", name, suffix, i);
		if (renameat2(dirfd, name, dirfd, out, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

struct survey {
	struct journal *journal;
	int dirfd;
	uint64_t highest;      /* number that any name has */
	uint32_t ours, others; /* segments */
};

/* What the name says is not enough: every journal begins with 1. */
static int is_ours(const struct survey *survey, uint64_t number)
{
	struct journal *journal = survey->journal;
	const struct segment *segment;
	struct segment found = {.fd = -1};
	int result = segment_load(&found, survey->dirfd, number, NULL);
	bool ours;

	if (result == -ENOMEM || result == -EMFILE || result == -ENFILE)
		return result;
	(void)pthread_mutex_lock(&journal->lock);
	for (segment = journal->oldest; segment && segment->number < number;)
		segment = segment->next;
	ours = result == 0 && segment && segment->number == number &&
	       segment->first_index == found.first_index &&
	       memcmp(segment->stream, found.stream, sizeof(found.stream)) == 0;
	(void)pthread_mutex_unlock(&journal->lock);
	return ours;
}

static int look_at(struct survey *survey, const char *name)
{
	uint64_t number;
	enum segment_file what = segment_name_parse(name, &number);
	int ours;

	if (what == SEGMENT_FILE_FOREIGN)
		return 0;
	if (number > survey->highest)
		survey->highest = number;
	if (what != SEGMENT_FILE_WHOLE)
		return 0;
	ours = is_ours(survey, number);
	survey->ours += ours > 0;
	survey->others += ours == 0;
	return ours < 0 ? ours : 0;
}

static int set_cursor_aside(struct survey *survey, const char *name)
{
	size_t prefix = strlen("cursor-");
	char aside[ASIDE_NAME_SIZE];

	if (strncmp(name, "cursor-", prefix) != 0 || !cursor_name_valid(name + prefix))
		return 0;
	return aside_rename(survey->dirfd, name, "older", aside);
}

static int set_segment_aside(struct survey *survey, const char *name)
{
	char aside[ASIDE_NAME_SIZE];
	uint64_t number;
	int result;

	if (segment_name_parse(name, &number) != SEGMENT_FILE_WHOLE)
		return 0;
	result = is_ours(survey, number);
	if (result != 0)
		return result < 0 ? result : 0;
	result = aside_rename(survey->dirfd, name, "older", aside);
	if (result == 0)
		atomic_fetch_add(&survey->journal->set_aside, 1);
	return result;
}

static int for_each_name(struct survey *survey, int (*handler)(struct survey *, const char *))
{
	_cleanup_closedir_ DIR *dir = io_open_names(survey->dirfd);
	struct dirent *item;
	int result = 0;

	if (!dir)
		return -errno;
	while (result == 0 && (errno = 0, item = readdir(dir)))
		result = handler(survey, item->d_name);
	return result == 0 ? -errno : result;
}

/* Cursors go first: after an error in between the segments still say that there is more to do. */
int aside_older(struct journal *journal, int dirfd)
{
	struct survey survey = {.journal = journal, .dirfd = dirfd};
	int result = for_each_name(&survey, look_at);

	if (result == 0 && (survey.others > 0 || survey.ours == 0))
		result = for_each_name(&survey, set_cursor_aside);
	if (result == 0 && survey.others > 0)
		result = for_each_name(&survey, set_segment_aside);
	if (result == 0 && journal->next_number <= survey.highest)
		journal->next_number = survey.highest + 1;
	return result;
}
