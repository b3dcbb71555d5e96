/* SPDX-License-Identifier: BSD-2-Clause */
/* One write(2) per line, so that lines of several threads never mix. */
#include "base/log.h"

#include "base/terminal.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_int level_shown = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&level_shown, (int)level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"error: ", "warning: ", "", "debug: "};
	char text[2048], safe[4096], line[4400];
	va_list args;
	int length;

	if ((int)level > atomic_load_explicit(&level_shown, memory_order_relaxed))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)terminal_escape(safe, sizeof(safe), text, strlen(text));
	length = snprintf(line, sizeof(line), "auditship: %s%s\n", names[level], safe);
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return; /* nobody is left to be told */
}
