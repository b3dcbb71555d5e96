/* SPDX-License-Identifier: BSD-2-Clause */
/* What an error of librdkafka or of a broker means for what was sent, and in words for a person. */
#ifndef AUDITSHIP_KAFKA_ERRORS_H
#define AUDITSHIP_KAFKA_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

/* What has to be done with a message that failed so. */
enum kafka_error_class {
	KAFKA_RETRY,  /* it can arrive later: again, from the first that has not arrived */
	KAFKA_POISON, /* it never will as it is: smaller once, then to the dead letters */
	KAFKA_FATAL,  /* this producer is through: again, with another one */
};

struct kafka_error {
	int code; /* rd_kafka_resp_err_t */
	enum kafka_error_class class;
	const char *words;  /* what has happened */
	const char *remedy; /* what to do about it; NULL: wait */
};

/* Ends with a row without words. */
extern const struct kafka_error kafka_errors[];

/* The row of code. What no row knows is tried again: nothing is given up for an unknown reason. */
const struct kafka_error *kafka_error_find(int code);

/* "words: remedy"; returns out. */
const char *kafka_error_text(char *out, size_t size, int code);

/* The same for why a broker's certificate was refused (X509_V_ERR_ of OpenSSL). */
const char *kafka_certificate_text(char *out, size_t size, int code);

/* Why librdkafka makes no producer of these settings, with its words; returns out. */
const char *kafka_refusal_text(char *out, size_t size, const char *why);

/* What librdkafka told of a connection, and what we know of it. */
struct kafka_cause {
	int code;               /* rd_kafka_resp_err_t */
	const char *detail;     /* librdkafka's words */
	int certificate;        /* X509_V_ERR_ of a broker's certificate that we refused, 0: none */
	bool shows_certificate; /* this host has one to show: tls.cert */
};

/* Why it does not work, with librdkafka's words in brackets; returns out. */
const char *kafka_cause_text(char *out, size_t size, const struct kafka_cause *cause);

#endif
