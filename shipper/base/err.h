/* SPDX-License-Identifier: BSD-2-Clause */
/* An error with its story. The caller owns the struct; nothing is allocated. */
#ifndef AUDITSHIP_ERR_H
#define AUDITSHIP_ERR_H

struct err {
	char text[1024];
};

/* Writes the message and returns code (a negative errno), so that it can stand in a return. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message that is there and returns code. */
int err_wrap(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
