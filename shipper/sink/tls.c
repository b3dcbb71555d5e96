/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenSSL, and nobody else includes it for this. Turns what can go wrong with certificates into
 * words that name the file or the option to look at. Owns context and session, not the socket. Must
 * not know what is sent.
 */
#include "sink/tls.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whoever talks without end is heard out another time. */
#define READS_MAX 16
#define QUIET_NS (500 * NS_PER_MS)

struct tls {
	struct tls_options options;
	SSL_CTX *context;
	SSL *session;
	short events;
	bool asked;           /* the server wants to see a certificate of ours */
	bool settled;         /* TLS 1.3: it has said something after it saw what we are */
	uint64_t finished_ns; /* CLOCK_MONOTONIC at the end of the handshake */
	struct err verdict;   /* why the server's certificate is not accepted */
	bool dead;            /* after a fatal error nothing more may be said, RFC 8446 6.2 */
};

/* The first of what OpenSSL has to tell; forgets the rest. */
static const char *library_story(char *out, size_t size)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						    : ERR_reason_error_string(code);

	(void)snprintf(out, size, "%s", reason ? reason : "no reason given");
	ERR_clear_error();
	return out;
}

static int read_authorities(struct tls *tls, struct err *err)
{
	const char *file = tls->options.ca;
	char story[256];

	if (tls->options.verify == TLS_VERIFY_NONE)
		return 0;
	if (!file && SSL_CTX_set_default_verify_paths(tls->context) == 1)
		return 0;
	if (file && SSL_CTX_load_verify_locations(tls->context, file, NULL) == 1)
		return 0;
	return err_set(err, -EINVAL, "tls.ca: cannot read authorities from '%s': %s",
		       file ? file : "the system", library_story(story, sizeof(story)));
}

static int read_own(struct tls *tls, struct err *err)
{
	const struct tls_options *options = &tls->options;
	char story[256];

	if (!options->cert)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(tls->context, options->cert) != 1)
		return err_set(err, -EINVAL, "tls.cert: cannot read a certificate from '%s': %s",
			       options->cert, library_story(story, sizeof(story)));
	if (SSL_CTX_use_PrivateKey_file(tls->context, options->key, SSL_FILETYPE_PEM) != 1)
		return err_set(err, -EINVAL, "tls.key: cannot read the key of '%s' from '%s': %s",
			       options->cert, options->key, library_story(story, sizeof(story)));
	return 0;
}

static bool is_address(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool expect_name(struct tls *tls)
{
	const char *name = tls->options.server_name;
	bool address = is_address(name);

	if (!address && SSL_set_tlsext_host_name(tls->session, name) != 1)
		return false;
	if (tls->options.verify != TLS_VERIFY_FULL)
		return true;
	if (address)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->session), name) == 1;
	SSL_set_hostflags(tls->session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(tls->session, name) == 1;
}

/* Without this, OpenSSL would ask for the password on the terminal. */
static int give_password(char *out, int size, int writing, void *data)
{
	const char *password = ((struct tls *)data)->options.key_password;
	size_t length = password ? strlen(password) : 0;

	(void)writing;
	if (length == 0 || length > (size_t)size)
		return -1;
	memcpy(out, password, length);
	return (int)length;
}

/* Called when the server asks for a certificate. 1: go on with what there is. */
static int note_asked(SSL *session, void *data)
{
	(void)session;
	((struct tls *)data)->asked = true;
	return 1;
}

/* Called for a session ticket, which a server of TLS 1.3 sends once it has accepted us. */
static int note_ticket(SSL *session, SSL_SESSION *ticket)
{
	struct tls *tls = SSL_get_app_data(session);

	(void)ticket;
	tls->settled = true;
	return 0;
}

/* The date of a certificate, "Mar  1 12:00:00 2026 GMT". */
static const char *date_text(char out[64], const ASN1_TIME *date)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int length = 0;

	if (bio && date && ASN1_TIME_print(bio, date) == 1)
		length = BIO_read(bio, out, 63);
	out[length > 0 ? length : 0] = '\0';
	BIO_free(bio);
	return out;
}

static const char *issuer_text(char *out, size_t size, const X509 *certificate)
{
	if (!X509_NAME_oneline(X509_get_issuer_name(certificate), out, (int)size))
		*out = '\0';
	return out;
}

/* Why we do not accept a certificate (the server's at depth 0), in words. */
static void explain_verify(struct tls *tls, int reason, const X509 *certificate, int depth)
{
	const char *what = depth == 0 ? "the server's certificate"
				      : "a certificate that the server's rests on";
	char date[64], issuer[256];

	switch (reason) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		(void)err_set(&tls->verdict, 0, "%s has expired (on %s)", what,
			      date_text(date, X509_get0_notAfter(certificate)));
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		(void)err_set(&tls->verdict, 0,
			      "%s is not valid before %s; is the clock of this host right?", what,
			      date_text(date, X509_get0_notBefore(certificate)));
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		(void)err_set(&tls->verdict, 0,
			      "%s is not for '%s' (tls.server_name sets another name to expect)",
			      what, tls->options.server_name);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		(void)err_set(&tls->verdict, 0,
			      "%s comes from an authority that is not in tls.ca: '%s'", what,
			      issuer_text(issuer, sizeof(issuer), certificate));
		break;
	default:
		(void)err_set(&tls->verdict, 0, "%s is not accepted: %s", what,
			      X509_verify_cert_error_string(reason));
	}
}

/* Called for every certificate of the server's chain, while it can still be looked at. */
static int note_verdict(int good, X509_STORE_CTX *store)
{
	SSL *session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const X509 *certificate = X509_STORE_CTX_get_current_cert(store);

	if (!good && certificate)
		explain_verify(SSL_get_app_data(session), X509_STORE_CTX_get_error(store),
			       certificate, X509_STORE_CTX_get_error_depth(store));
	return good;
}

static void configure(struct tls *tls)
{
	int version = tls->options.min_version == TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;

	(void)SSL_CTX_set_min_proto_version(tls->context, version);
	SSL_CTX_set_verify(tls->context,
			   tls->options.verify == TLS_VERIFY_NONE ? SSL_VERIFY_NONE
								  : SSL_VERIFY_PEER,
			   note_verdict);
	(void)SSL_CTX_set_mode(tls->context,
			       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(tls->context,
					     SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(tls->context, note_ticket);
	SSL_CTX_set_cert_cb(tls->context, note_asked, tls);
	SSL_CTX_set_default_passwd_cb(tls->context, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(tls->context, tls);
}

static int make_session(struct tls *tls, int fd, struct err *err)
{
	tls->session = SSL_new(tls->context);
	if (!tls->session || SSL_set_fd(tls->session, fd) != 1 || !expect_name(tls)) {
		ERR_clear_error();
		return err_set(err, -EINVAL, "cannot begin TLS with '%s'",
			       tls->options.server_name);
	}
	(void)SSL_set_app_data(tls->session, tls);
	SSL_set_connect_state(tls->session);
	return 0;
}

int tls_new(struct tls **ret_tls, const struct tls_options *options, int fd, struct err *err)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int result;

	if (!tls)
		return err_set(err, -ENOMEM, "out of memory");
	tls->options = *options;
	ERR_clear_error();
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context) {
		free(tls);
		return err_set(err, -ENOMEM, "out of memory");
	}
	configure(tls);
	result = read_authorities(tls, err);
	if (result == 0)
		result = read_own(tls, err);
	if (result == 0)
		result = make_session(tls, fd, err);
	if (result < 0) {
		tls_free(tls);
		return result;
	}
	*ret_tls = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->session);
	SSL_CTX_free(tls->context);
	free(tls);
}

short tls_events(const struct tls *tls)
{
	return tls->events;
}

uint64_t tls_sent(const struct tls *tls)
{
	return BIO_number_written(SSL_get_wbio(tls->session));
}

/* What the server has told us in an alert, or what it said that is no TLS. */
static int explain_alert(struct tls *tls, struct err *err)
{
	int reason = ERR_GET_REASON(ERR_peek_error());
	char story[256];

	switch (reason) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		ERR_clear_error();
		return err_set(err, -EACCES,
			       "the server wants a certificate of this host: give tls.cert and "
			       "tls.key");
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		ERR_clear_error();
		return err_set(err, -EACCES, "the server says that tls.cert has expired");
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
		return err_set(err, -EACCES, "the server does not accept tls.cert: %s",
			       library_story(story, sizeof(story)));
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
		ERR_clear_error();
		return err_set(err, -EPROTO, "what answers there does not speak TLS");
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		ERR_clear_error();
		return err_set(err, -EPROTO,
			       "the server speaks no version of TLS that tls.min_version allows");
	default:
		if (tls->asked && !tls->options.cert)
			(void)err_set(err, -EACCES,
				      "the server wants a certificate of this host (%s): give "
				      "tls.cert and tls.key",
				      library_story(story, sizeof(story)));
		else
			(void)err_set(err, -EPROTO, "TLS: %s", library_story(story, sizeof(story)));
		return -EPROTO;
	}
}

/* The end of a connection without a word. */
static int explain_end(const struct tls *tls, int code, struct err *err)
{
	if (tls->asked && !tls->options.cert && !tls->settled)
		return err_set(err, -EACCES,
			       "the server wants a certificate of this host and has hung up: give "
			       "tls.cert and tls.key");
	if (code == 0)
		return err_set(err, -ECONNRESET,
			       "the server closed the connection without the "
			       "leave that TLS asks for");
	errno = code;
	/* -EPIPE would mean that there will never be a server again. */
	return err_set(err, code == EPIPE ? -ECONNRESET : -code, "the connection broke: %m");
}

static int explain(struct tls *tls, int result, struct err *err)
{
	int code = errno;

	switch (SSL_get_error(tls->session, result)) {
	case SSL_ERROR_WANT_READ:
		tls->events = POLLIN;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		tls->events = POLLIN | POLLOUT;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return err_set(err, -ESHUTDOWN, "the server closed the connection");
	case SSL_ERROR_SYSCALL:
		tls->dead = true;
		return explain_end(tls, code, err);
	default:
		tls->dead = true;
		if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
			ERR_clear_error();
			return err_set(err, -EACCES, "%s", tls->verdict.text);
		}
		if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
			ERR_clear_error();
			return explain_end(tls, 0, err);
		}
		return explain_alert(tls, err);
	}
}

int tls_handshake(struct tls *tls, struct err *err)
{
	int result;

	if (!SSL_is_init_finished(tls->session)) {
		ERR_clear_error();
		errno = 0;
		result = SSL_do_handshake(tls->session);
		if (result != 1)
			return explain(tls, result, err);
		tls->settled = !tls->asked || SSL_version(tls->session) < TLS1_3_VERSION;
		tls->finished_ns = clock_mono_ns();
	}
	/* A server of TLS 1.3 looks at our certificate, or at the lack of one, after we are done.
	 * What it would refuse must not be sent: it would look as if it had arrived. One that
	 * accepts us sends a ticket, unless it was told not to; then its silence must do. */
	result = tls->settled ? 0 : tls_check(tls, err);
	if (result < 0 || tls->settled || clock_mono_ns() > tls->finished_ns + QUIET_NS)
		return result;
	tls->events = POLLIN;
	return -EAGAIN;
}

void tls_describe(const struct tls *tls, char *out, size_t size)
{
	const X509 *certificate = SSL_get0_peer_certificate(tls->session);
	char name[256] = "nobody", date[64] = "";

	if (certificate) {
		(void)X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof(name));
		(void)date_text(date, X509_get0_notAfter(certificate));
	}
	(void)snprintf(out, size, "%s, %s; the server's certificate is that of '%s', until %s",
		       SSL_get_version(tls->session), SSL_get_cipher_name(tls->session), name,
		       date);
}

ssize_t tls_write(struct tls *tls, const void *data, size_t size, struct err *err)
{
	size_t written;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_write_ex(tls->session, data, size, &written);
	return result == 1 ? (ssize_t)written : explain(tls, result, err);
}

/* Reads and forgets. What SSL_read_ex gave at the end; 1: there is more. */
static int drain(struct tls *tls)
{
	char nothing[4096];
	size_t size;
	int result = 1;

	for (int i = 0; i < READS_MAX && result == 1; i++) {
		ERR_clear_error();
		errno = 0;
		result = SSL_read_ex(tls->session, nothing, sizeof(nothing), &size);
	}
	return result;
}

int tls_check(struct tls *tls, struct err *err)
{
	int result = drain(tls);

	if (result == 1)
		return 0;
	result = explain(tls, result, err);
	return result == -EAGAIN ? 0 : result;
}

int tls_shutdown(struct tls *tls, struct err *err)
{
	int result;

	if (tls->dead || !SSL_is_init_finished(tls->session))
		return 0;
	if (!(SSL_get_shutdown(tls->session) & SSL_SENT_SHUTDOWN)) {
		ERR_clear_error();
		errno = 0;
		result = SSL_shutdown(tls->session);
		if (result < 0)
			return explain(tls, result, err);
	}
	/* What it still says is read: with something unread, closing the socket would destroy what
	 * the server has not read yet. */
	result = drain(tls);
	if (result == 1)
		return -EAGAIN;
	result = explain(tls, result, err);
	return result == -ESHUTDOWN ? 0 : result;
}
