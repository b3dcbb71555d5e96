/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: a file, and after a NUL a drop-in. What is good prints as a file that is good
 * and means the same; what is not good has faults that can be shown on a terminal.
 */
#include "config/config.h"
#include "fuzz.h"

#include <errno.h>

#define SECRET "hunter2"

static char file[300], drop_in[300], again[300];

static void prepare(void)
{
	const char *dir = fuzz_dir();
	char path[300];

	if (file[0] != '\0')
		return;
	(void)snprintf(path, sizeof(path), "%s/conf.d", dir);
	CHECK(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/again", dir);
	CHECK(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/secret", dir);
	fuzz_put(path, SECRET "\n", sizeof(SECRET));
	(void)snprintf(file, sizeof(file), "%s/a.yaml", dir);
	(void)snprintf(drop_in, sizeof(drop_in), "%s/conf.d/b.yaml", dir);
	(void)snprintf(again, sizeof(again), "%s/again/a.yaml", dir);
	CHECK(setenv("AT_NAME", "web", 1) == 0);
}

static bool tells(const char *text, size_t length)
{
	return memmem(text, length, SECRET, strlen(SECRET)) != NULL;
}

static void check_lines(const struct buf *faults)
{
	const char *at = faults->data, *end = faults->data + faults->length;

	CHECK(faults->length > 0 && end[-1] == '\n');
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));

		CHECK(line_end > at && fuzz_is_printable(at, (size_t)(line_end - at)));
		at = line_end + 1;
	}
	CHECK(!tells(faults->data, faults->length));
}

static void check_again(const struct config *config, const struct buf *printed)
{
	struct config second;
	struct config_diff diff;
	struct buf faults;
	struct err err;

	buf_init(&faults, CONFIG_FAULTS_SIZE);
	fuzz_put(again, printed->data, printed->length);
	if (config_load(&second, again, &faults, &err) < 0)
		fuzz_fail(err.text, 0, fuzz_copy(faults.data, faults.length));
	CHECK(strcmp(config->hash, second.hash) == 0);
	config_diff(&diff, config, &second);
	CHECK(diff.parts == 0);
	config_done(&second);
	buf_done(&faults);
}

static void check_good(const struct config *config)
{
	struct buf printed;

	buf_init(&printed, 16 * 1024 * 1024);
	CHECK(config_write_effective(config, &printed) == 0);
	CHECK(!tells(printed.data, printed.length));
	for (size_t i = 0; i < config->warnings.count; i++)
		CHECK(fuzz_is_printable(config->warnings.items[i],
					strlen(config->warnings.items[i])));
	/* What is secret does not come back. */
	if (!memmem(printed.data, printed.length, "***", 3))
		check_again(config, &printed);
	buf_done(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length;
	const char *text = fuzz_take_text(&data, &size, &length);
	struct config config;
	struct buf faults;
	struct err err;
	int result;

	if (tells((const char *)data, size) || tells(text, length))
		return 0;
	prepare();
	fuzz_put(file, text, length);
	fuzz_put(drop_in, data, size);
	buf_init(&faults, CONFIG_FAULTS_SIZE);
	result = config_load(&config, file, &faults, &err);
	CHECK(result == 0 || result == -EINVAL || result == -EFBIG);
	if (result == -EINVAL)
		check_lines(&faults);
	if (result == 0) {
		check_good(&config);
		config_done(&config);
	}
	buf_done(&faults);
	return 0;
}
