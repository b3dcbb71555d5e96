/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of Kafka's errors. Knows no producer. The brokers' codes are those of the Kafka
 * protocol, the ones with two underlines librdkafka's own.
 */
#include "sink/kafka_errors.h"

#include <librdkafka/rdkafka.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name, what, says, todo)                        \
	{                                                  \
		RD_KAFKA_RESP_ERR_##name, what, says, todo \
	}

#define MEND_TOPIC "create it, or mend the option topic"
#define MEND_ACCESS "check sasl and the broker's log"

const struct kafka_error kafka_errors[] = {
	/* Reaching a broker. */
	ROW(_TRANSPORT, KAFKA_RETRY, "the connection to the broker broke", NULL),
	ROW(_ALL_BROKERS_DOWN, KAFKA_RETRY, "no broker can be reached",
	    "is it up, are the addresses and ports of brokers right?"),
	ROW(_RESOLVE, KAFKA_RETRY, "the broker's name is unknown to DNS", "mend brokers, or DNS"),
	ROW(_TIMED_OUT, KAFKA_RETRY, "the broker does not answer", NULL),
	ROW(_TIMED_OUT_QUEUE, KAFKA_RETRY, "the broker does not answer", NULL),
	ROW(_MSG_TIMED_OUT, KAFKA_RETRY, "the broker did not confirm it in time", NULL),
	ROW(_SSL, KAFKA_RETRY, "TLS with the broker fails",
	    "is it a TLS port, are ca, cert and key right?"),
	ROW(NETWORK_EXCEPTION, KAFKA_RETRY, "the broker lost its connection", NULL),
	ROW(REQUEST_TIMED_OUT, KAFKA_RETRY, "the replicas did not confirm in time", NULL),
	ROW(THROTTLING_QUOTA_EXCEEDED, KAFKA_RETRY, "the broker throttles us: a quota is used up",
	    NULL),

	/* Being let in. */
	ROW(_AUTHENTICATION, KAFKA_RETRY, "the broker refuses us", MEND_ACCESS),
	ROW(SASL_AUTHENTICATION_FAILED, KAFKA_RETRY, "wrong user name or password", MEND_ACCESS),
	ROW(UNSUPPORTED_SASL_MECHANISM, KAFKA_RETRY, "the broker does not know sasl.mechanism",
	    "use one that its listener has"),
	ROW(ILLEGAL_SASL_STATE, KAFKA_RETRY, "the broker expected another step of SASL",
	    MEND_ACCESS),
	ROW(TOPIC_AUTHORIZATION_FAILED, KAFKA_RETRY, "this user may not write to the topic",
	    "allow Write and Describe on it"),
	ROW(CLUSTER_AUTHORIZATION_FAILED, KAFKA_RETRY, "this user may not produce idempotently",
	    "allow IdempotentWrite on the cluster"),
	ROW(SECURITY_DISABLED, KAFKA_RETRY, "the broker has no security", "leave sasl out"),

	/* The topic and its replicas. */
	ROW(_UNKNOWN_TOPIC, KAFKA_RETRY, "the topic does not exist", MEND_TOPIC),
	ROW(UNKNOWN_TOPIC_OR_PART, KAFKA_RETRY, "the topic does not exist", MEND_TOPIC),
	ROW(_UNKNOWN_PARTITION, KAFKA_RETRY, "the topic has lost a partition", MEND_TOPIC),
	ROW(TOPIC_EXCEPTION, KAFKA_RETRY, "no topic can have that name", "mend the option topic"),
	ROW(POLICY_VIOLATION, KAFKA_RETRY, "a policy of the broker forbids it",
	    "ask who runs the cluster"),
	ROW(LEADER_NOT_AVAILABLE, KAFKA_RETRY, "the partition has no leader", NULL),
	ROW(NOT_LEADER_FOR_PARTITION, KAFKA_RETRY, "the partition's leader has moved", NULL),
	ROW(FENCED_LEADER_EPOCH, KAFKA_RETRY, "the partition's leader has moved", NULL),
	ROW(UNKNOWN_LEADER_EPOCH, KAFKA_RETRY, "the partition's leader has moved", NULL),
	ROW(BROKER_NOT_AVAILABLE, KAFKA_RETRY, "the broker is not available", NULL),
	ROW(REPLICA_NOT_AVAILABLE, KAFKA_RETRY, "a replica is not available", NULL),
	ROW(NOT_ENOUGH_REPLICAS, KAFKA_RETRY,
	    "fewer replicas are in sync than the topic's min.insync.replicas", NULL),
	ROW(NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_RETRY,
	    "fewer replicas are in sync than the topic's min.insync.replicas", NULL),
	ROW(_ISR_INSUFF, KAFKA_RETRY,
	    "fewer replicas are in sync than the topic's min.insync.replicas", NULL),
	ROW(KAFKA_STORAGE_ERROR, KAFKA_RETRY, "the broker cannot write to its disk",
	    "look at the broker's log"),
	ROW(UNKNOWN, KAFKA_RETRY, "the broker failed without saying why",
	    "look at the broker's log"),

	/* What the broker cannot do. */
	ROW(UNSUPPORTED_VERSION, KAFKA_RETRY, "the broker is too old",
	    "Kafka 0.11 is the oldest that can do without losses"),
	ROW(UNSUPPORTED_FOR_MESSAGE_FORMAT, KAFKA_RETRY, "the topic's message format is too old",
	    "raise its message.format.version"),
	ROW(UNSUPPORTED_COMPRESSION_TYPE, KAFKA_RETRY, "the broker does not know the compression",
	    "use another compression"),
	ROW(INVALID_REQUIRED_ACKS, KAFKA_RETRY, "the broker does not take acks=all", NULL),

	/* Our own side. */
	ROW(_QUEUE_FULL, KAFKA_RETRY, "more is under way than may be", NULL),
	ROW(_PURGE_QUEUE, KAFKA_RETRY, "taken back before it was sent", NULL),
	ROW(_PURGE_INFLIGHT, KAFKA_RETRY, "given up while it was on its way", NULL),
	ROW(_DESTROY, KAFKA_RETRY, "given up while it was on its way", NULL),

	/* The message. */
	ROW(MSG_SIZE_TOO_LARGE, KAFKA_POISON, "larger than the topic's max.message.bytes",
	    "lower max_message and batch_size, or raise max.message.bytes"),
	ROW(RECORD_LIST_TOO_LARGE, KAFKA_POISON, "larger than the broker's segments",
	    "lower max_message and batch_size"),
	ROW(INVALID_MSG_SIZE, KAFKA_POISON, "the broker refuses its size", NULL),
	ROW(INVALID_MSG, KAFKA_POISON, "the broker calls it corrupt", NULL),
	ROW(INVALID_RECORD, KAFKA_POISON, "the broker refuses it as it is",
	    "a compacted topic wants a key"),
	ROW(INVALID_TIMESTAMP, KAFKA_POISON, "its time is too far from the broker's",
	    "set the clock, or the topic's message.timestamp limits"),
	ROW(_BAD_MSG, KAFKA_POISON, "it cannot be put into a request", NULL),

	/* The producer. */
	ROW(_FATAL, KAFKA_FATAL, "the producer can no longer promise what it has to", NULL),
	ROW(_GAPLESS_GUARANTEE, KAFKA_FATAL, "stopped, so that nothing overtakes what has failed",
	    NULL),
	ROW(OUT_OF_ORDER_SEQUENCE_NUMBER, KAFKA_FATAL, "the broker misses what it had confirmed",
	    NULL),
	ROW(UNKNOWN_PRODUCER_ID, KAFKA_FATAL, "the broker has forgotten the producer", NULL),
	ROW(INVALID_PRODUCER_EPOCH, KAFKA_FATAL, "the broker knows a newer producer", NULL),
	ROW(INVALID_PRODUCER_ID_MAPPING, KAFKA_FATAL, "the broker knows another producer", NULL),
	ROW(PRODUCER_FENCED, KAFKA_FATAL, "the broker knows a newer producer", NULL),
	ROW(_FENCED, KAFKA_FATAL, "the broker knows a newer producer", NULL),
	ROW(_INCONSISTENT, KAFKA_FATAL, "librdkafka has found itself inconsistent", NULL),
	ROW(_STATE, KAFKA_FATAL, "librdkafka is in a state that allows no more", NULL),
	ROW(_CRIT_SYS_RESOURCE, KAFKA_FATAL, "memory or descriptors have run out", NULL),
	{},
};

const struct kafka_error *kafka_error_find(int code)
{
	static const struct kafka_error other = {0, KAFKA_RETRY, "it failed", NULL};

	for (const struct kafka_error *row = kafka_errors; row->words; row++)
		if (row->code == code)
			return row;
	return &other;
}

const char *kafka_error_text(char *out, size_t size, int code)
{
	const struct kafka_error *row = kafka_error_find(code);

	if (row->code == 0)
		(void)snprintf(out, size, "%s (%s)", row->words, rd_kafka_err2name(code));
	else
		(void)snprintf(out, size, "%s%s%s", row->words, row->remedy ? ": " : "",
			       row->remedy ? row->remedy : "");
	return out;
}

const char *kafka_certificate_text(char *out, size_t size, int code)
{
	static const struct {
		int code;
		const char *words;
	} rows[] = {
		{X509_V_ERR_CERT_HAS_EXPIRED, "has expired"},
		{X509_V_ERR_CERT_NOT_YET_VALID, "is not valid yet: is the clock right?"},
		{X509_V_ERR_HOSTNAME_MISMATCH, "is for another name than brokers gives"},
		{X509_V_ERR_IP_ADDRESS_MISMATCH, "is for another address than brokers gives"},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "is signed by nobody that tls.ca knows"},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		 "is signed by nobody that tls.ca knows"},
		{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
		 "is signed by nobody that tls.ca knows"},
		{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
		 "is signed by itself: put it into tls.ca, if it is the right one"},
		{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
		 "is signed by an authority that is not in tls.ca"},
		{X509_V_ERR_CERT_REVOKED, "was revoked"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code != code)
			continue;
		(void)snprintf(out, size, "the broker's certificate %s", rows[i].words);
		return out;
	}
	(void)snprintf(out, size, "the broker's certificate is refused: %s",
		       X509_verify_cert_error_string(code));
	return out;
}

const char *kafka_refusal_text(char *out, size_t size, const char *why)
{
	static const struct {
		const char *begin, *words;
	} rows[] = {
		{"ssl.ca.location ", "tls.ca cannot be used: is it there, readable, and PEM?"},
		{"ssl.certificate.location ",
		 "tls.cert cannot be used: is it there, readable, and PEM?"},
		{"ssl.key.location ",
		 "tls.key cannot be used: is it there, readable, PEM, and that of tls.cert, is "
		 "tls.key_password right?"},
	};
	const char *words = "cannot make a producer";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(why, rows[i].begin, strlen(rows[i].begin)) == 0)
			words = rows[i].words;
	(void)snprintf(out, size, "%s (%s)", words, why);
	return out;
}

/* Alerts of TLS (RFC 8446, 6.2) by which a broker says what it thinks of our certificate. */
#define ALERT_BAD 42
#define ALERT_UNSUPPORTED 43
#define ALERT_REVOKED 44
#define ALERT_EXPIRED 45
#define ALERT_UNKNOWN 46
#define ALERT_UNKNOWN_CA 48
#define ALERT_REQUIRED 116

/* What the broker thinks of our certificate, NULL: nothing. Java calls a missing one a bad one. */
static const char *own_certificate_words(const struct kafka_cause *cause)
{
	static const char mark[] = "SSL alert number ";
	const char *at = strstr(cause->detail, mark);

	switch (at ? atoi(at + strlen(mark)) : 0) {
	case ALERT_EXPIRED:
		return "the broker says that tls.cert has expired";
	case ALERT_BAD:
	case ALERT_UNSUPPORTED:
	case ALERT_REVOKED:
	case ALERT_UNKNOWN:
	case ALERT_UNKNOWN_CA:
	case ALERT_REQUIRED:
		return cause->shows_certificate
			       ? "the broker does not accept tls.cert: has it expired, does the "
				 "broker know who signed it?"
			       : "the broker wants a certificate of this host: give tls.cert and "
				 "tls.key";
	default:
		return NULL;
	}
}

const char *kafka_cause_text(char *out, size_t size, const struct kafka_cause *cause)
{
	const char *end = strstr(cause->detail, " (after "); /* times, which change with each try */
	const char *words = own_certificate_words(cause);
	char text[256];

	if (!words && strstr(cause->detail, "timed out in state CONNECT"))
		words = "no answer from the broker: is there a firewall between, is the port "
			"right?";
	if (!words)
		words = cause->certificate
				? kafka_certificate_text(text, sizeof(text), cause->certificate)
				: kafka_error_text(text, sizeof(text), cause->code);
	(void)snprintf(out, size, "%s (%.*s)", words,
		       end ? (int)(end - cause->detail) : (int)strlen(cause->detail),
		       cause->detail);
	return out;
}
