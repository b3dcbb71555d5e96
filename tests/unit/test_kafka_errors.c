/* SPDX-License-Identifier: BSD-2-Clause */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "sink/kafka_errors.h"

#include <librdkafka/rdkafka.h>
#include <openssl/x509_vfy.h>
#include <string.h>

struct expectation {
	rd_kafka_resp_err_t code;
	enum kafka_error_class class;
	const char *says; /* a part of it */
};

#define E(code, class, says)                          \
	{                                             \
		RD_KAFKA_RESP_ERR_##code, class, says \
	}

static const struct expectation expectations[] = {
	E(_TRANSPORT, KAFKA_RETRY, "connection"),
	E(_ALL_BROKERS_DOWN, KAFKA_RETRY, "no broker can be reached"),
	E(_RESOLVE, KAFKA_RETRY, "DNS"),
	E(_TIMED_OUT, KAFKA_RETRY, "does not answer"),
	E(_TIMED_OUT_QUEUE, KAFKA_RETRY, "does not answer"),
	E(_MSG_TIMED_OUT, KAFKA_RETRY, "in time"),
	E(_SSL, KAFKA_RETRY, "TLS"),
	E(NETWORK_EXCEPTION, KAFKA_RETRY, "connection"),
	E(REQUEST_TIMED_OUT, KAFKA_RETRY, "replicas"),
	E(THROTTLING_QUOTA_EXCEEDED, KAFKA_RETRY, "quota"),
	E(_AUTHENTICATION, KAFKA_RETRY, "refuses us"),
	E(SASL_AUTHENTICATION_FAILED, KAFKA_RETRY, "password"),
	E(UNSUPPORTED_SASL_MECHANISM, KAFKA_RETRY, "sasl.mechanism"),
	E(ILLEGAL_SASL_STATE, KAFKA_RETRY, "SASL"),
	E(TOPIC_AUTHORIZATION_FAILED, KAFKA_RETRY, "allow Write"),
	E(CLUSTER_AUTHORIZATION_FAILED, KAFKA_RETRY, "IdempotentWrite"),
	E(SECURITY_DISABLED, KAFKA_RETRY, "sasl"),
	E(_UNKNOWN_TOPIC, KAFKA_RETRY, "does not exist: create it"),
	E(UNKNOWN_TOPIC_OR_PART, KAFKA_RETRY, "does not exist: create it"),
	E(_UNKNOWN_PARTITION, KAFKA_RETRY, "partition"),
	E(TOPIC_EXCEPTION, KAFKA_RETRY, "name"),
	E(POLICY_VIOLATION, KAFKA_RETRY, "policy"),
	E(LEADER_NOT_AVAILABLE, KAFKA_RETRY, "leader"),
	E(NOT_LEADER_FOR_PARTITION, KAFKA_RETRY, "leader has moved"),
	E(FENCED_LEADER_EPOCH, KAFKA_RETRY, "leader has moved"),
	E(UNKNOWN_LEADER_EPOCH, KAFKA_RETRY, "leader has moved"),
	E(BROKER_NOT_AVAILABLE, KAFKA_RETRY, "not available"),
	E(REPLICA_NOT_AVAILABLE, KAFKA_RETRY, "not available"),
	E(NOT_ENOUGH_REPLICAS, KAFKA_RETRY, "min.insync.replicas"),
	E(NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_RETRY, "min.insync.replicas"),
	E(_ISR_INSUFF, KAFKA_RETRY, "min.insync.replicas"),
	E(KAFKA_STORAGE_ERROR, KAFKA_RETRY, "disk"),
	E(UNKNOWN, KAFKA_RETRY, "broker's log"),
	E(UNSUPPORTED_VERSION, KAFKA_RETRY, "too old"),
	E(UNSUPPORTED_FOR_MESSAGE_FORMAT, KAFKA_RETRY, "message.format.version"),
	E(UNSUPPORTED_COMPRESSION_TYPE, KAFKA_RETRY, "compression"),
	E(INVALID_REQUIRED_ACKS, KAFKA_RETRY, "acks"),
	E(_QUEUE_FULL, KAFKA_RETRY, "under way"),
	E(_PURGE_QUEUE, KAFKA_RETRY, "before it was sent"),
	E(_PURGE_INFLIGHT, KAFKA_RETRY, "on its way"),
	E(_DESTROY, KAFKA_RETRY, "on its way"),
	E(MSG_SIZE_TOO_LARGE, KAFKA_POISON, "max.message.bytes"),
	E(RECORD_LIST_TOO_LARGE, KAFKA_POISON, "max_message"),
	E(INVALID_MSG_SIZE, KAFKA_POISON, "size"),
	E(INVALID_MSG, KAFKA_POISON, "corrupt"),
	E(INVALID_RECORD, KAFKA_POISON, "wants a key"),
	E(INVALID_TIMESTAMP, KAFKA_POISON, "clock"),
	E(_BAD_MSG, KAFKA_POISON, "request"),
	E(_FATAL, KAFKA_FATAL, "promise"),
	E(_GAPLESS_GUARANTEE, KAFKA_FATAL, "overtakes"),
	E(OUT_OF_ORDER_SEQUENCE_NUMBER, KAFKA_FATAL, "confirmed"),
	E(UNKNOWN_PRODUCER_ID, KAFKA_FATAL, "forgotten"),
	E(INVALID_PRODUCER_EPOCH, KAFKA_FATAL, "newer"),
	E(INVALID_PRODUCER_ID_MAPPING, KAFKA_FATAL, "another"),
	E(PRODUCER_FENCED, KAFKA_FATAL, "newer"),
	E(_FENCED, KAFKA_FATAL, "newer"),
	E(_INCONSISTENT, KAFKA_FATAL, "inconsistent"),
	E(_STATE, KAFKA_FATAL, "state"),
	E(_CRIT_SYS_RESOURCE, KAFKA_FATAL, "memory"),
};

#define COUNT (sizeof(expectations) / sizeof(expectations[0]))

static void every_row_has_its_class_and_its_words(void **state)
{
	char text[256];
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		const struct kafka_error *row = kafka_error_find(expectations[i].code);

		assert_int_equal(row->code, expectations[i].code);
		assert_int_equal(row->class, expectations[i].class);
		(void)kafka_error_text(text, sizeof(text), expectations[i].code);
		if (!strstr(text, expectations[i].says))
			fail_msg("'%s' says nothing of '%s'", text, expectations[i].says);
	}
	while (kafka_errors[rows].words)
		rows++;
	assert_int_equal(rows, COUNT);
}

static void no_code_has_two_rows(void **state)
{
	(void)state;
	for (const struct kafka_error *row = kafka_errors; row->words; row++)
		assert_ptr_equal(kafka_error_find(row->code), row);
}

static void what_nobody_knows_is_tried_again_and_told_by_its_name(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(kafka_error_find(RD_KAFKA_RESP_ERR_STALE_BROKER_EPOCH)->class,
			 KAFKA_RETRY);
	assert_int_equal(kafka_error_find(31337)->class, KAFKA_RETRY);
	assert_string_equal(
		kafka_error_text(text, sizeof(text), RD_KAFKA_RESP_ERR_STALE_BROKER_EPOCH),
		"it failed (STALE_BROKER_EPOCH)");
}

static void a_refused_certificate_is_told_in_words(void **state)
{
	static const struct {
		int code;
		const char *says;
	} rows[] = {
		{X509_V_ERR_CERT_HAS_EXPIRED, "the broker's certificate has expired"},
		{X509_V_ERR_HOSTNAME_MISMATCH,
		 "the broker's certificate is for another name than brokers gives"},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		 "the broker's certificate is signed by nobody that tls.ca knows"},
		{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
		 "the broker's certificate is signed by an authority that is not in tls.ca"},
		{X509_V_ERR_CERT_UNTRUSTED,
		 "the broker's certificate is refused: certificate not trusted"},
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(kafka_certificate_text(text, sizeof(text), rows[i].code),
				    rows[i].says);
}

#define ALERT                                                                                   \
	"ssl://b:1/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert x: SSL " \
	"alert number "

static void what_the_broker_thinks_of_our_certificate_is_told_in_words(void **state)
{
	static const struct {
		const char *detail;
		bool shows_certificate;
		const char *says;
	} rows[] = {
		{ALERT "42", false, "the broker wants a certificate of this host: give tls.cert"},
		{ALERT "116", false, "the broker wants a certificate of this host: give tls.cert"},
		{ALERT "42 (after 4ms in state X)", true, "the broker does not accept tls.cert"},
		{ALERT "46", true, "the broker does not accept tls.cert"},
		{ALERT "48", true, "the broker does not accept tls.cert"},
		{ALERT "45", true, "the broker says that tls.cert has expired"},
		{ALERT "80", true, "the connection to the broker broke"},
		{"Connection refused", true, "the connection to the broker broke"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct kafka_cause cause = {.code = RD_KAFKA_RESP_ERR__TRANSPORT,
						  .detail = rows[i].detail,
						  .shows_certificate = rows[i].shows_certificate};

		(void)kafka_cause_text(text, sizeof(text), &cause);
		assert_ptr_equal(strstr(text, rows[i].says), text);
		assert_null(strstr(text, "after"));
	}
}

static void why_we_refuse_a_broker_goes_before_what_librdkafka_calls_it(void **state)
{
	const struct kafka_cause cause = {.code = RD_KAFKA_RESP_ERR__SSL,
					  .detail = "SSL handshake failed (after 3ms)",
					  .certificate = X509_V_ERR_CERT_HAS_EXPIRED};
	char text[512];

	(void)state;
	assert_string_equal(kafka_cause_text(text, sizeof(text), &cause),
			    "the broker's certificate has expired (SSL handshake failed)");
}

static void a_port_that_swallows_everything_is_told_in_words(void **state)
{
	const struct kafka_cause cause = {
		.code = RD_KAFKA_RESP_ERR__TRANSPORT,
		.detail = "b:1/bootstrap: Connection setup timed out in state CONNECT (after "
			  "30028ms in state CONNECT)"};
	char text[512];

	(void)state;
	assert_string_equal(kafka_cause_text(text, sizeof(text), &cause),
			    "no answer from the broker: is there a firewall between, is the port "
			    "right? (b:1/bootstrap: Connection setup timed out in state CONNECT)");
}

static void files_that_librdkafka_does_not_take_are_told_by_our_options(void **state)
{
	static const struct {
		const char *why, *says;
	} rows[] = {
		{"ssl.ca.location failed: error:05880002:x509 certificate routines::system lib",
		 "tls.ca cannot be used: is it there, readable, and PEM? (ssl.ca.location failed: "
		 "error:05880002:x509 certificate routines::system lib)"},
		{"ssl.certificate.location failed: e",
		 "tls.cert cannot be used: is it there, readable, and PEM? "
		 "(ssl.certificate.location failed: e)"},
		{"ssl.key.location failed: e",
		 "tls.key cannot be used: is it there, readable, PEM, and that of tls.cert, is "
		 "tls.key_password right? (ssl.key.location failed: e)"},
		{"something else", "cannot make a producer (something else)"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(kafka_refusal_text(text, sizeof(text), rows[i].why),
				    rows[i].says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_its_class_and_its_words),
		cmocka_unit_test(no_code_has_two_rows),
		cmocka_unit_test(what_nobody_knows_is_tried_again_and_told_by_its_name),
		cmocka_unit_test(a_refused_certificate_is_told_in_words),
		cmocka_unit_test(what_the_broker_thinks_of_our_certificate_is_told_in_words),
		cmocka_unit_test(files_that_librdkafka_does_not_take_are_told_by_our_options),
		cmocka_unit_test(a_port_that_swallows_everything_is_told_in_words),
		cmocka_unit_test(why_we_refuse_a_broker_goes_before_what_librdkafka_calls_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
