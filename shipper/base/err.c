/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of fixed size: a long one is cut, never allocated. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int err_wrap(struct err *err, int code, const char *format, ...)
{
	struct err inner = *err;
	size_t used;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner.text);
	return code;
}
