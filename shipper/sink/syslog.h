/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The syslog sink: events as messages of RFC 5424 to a receiver here or elsewhere. An event has
 * arrived when the receiver's kernel has taken it (over UDP: when ours has let it go). What a
 * receiver loses when it is killed, nobody tells: so after a connection that broke, the last
 * seconds go out again.
 */
#ifndef AUDITSHIP_SYSLOG_H
#define AUDITSHIP_SYSLOG_H

#include "filter/condition.h"
#include "sink/sink.h"
#include "sink/tls.h"

#include <stddef.h>
#include <stdint.h>

enum syslog_framing { SYSLOG_OCTETS, SYSLOG_NEWLINE };

/* The first whose condition an event meets says what the message's facility and severity are. */
struct syslog_priority {
	struct condition *when;
	uint8_t facility, severity;
};

#define SYSLOG_PRIORITIES_MAX 64

struct syslog_sink_options {
	const char *target;          /* see sink/target.h */
	enum syslog_framing framing; /* of a stream that is not TLS, which counts octets */
	uint8_t facility, severity;
	struct syslog_priority *priorities; /* given up, also when syslog_sink_new fails */
	size_t priority_count;
	const char *app_name, *sd_id, *schema;
	const char *hostname, *host_id; /* NULL: not known */
	size_t max_message;             /* of a whole message, its head included */
	size_t resend;                  /* bytes kept to be sent again, 0: none */
	uint64_t rate;                  /* bytes per second over UDP */
	struct tls_options tls;         /* server_name NULL: the target's host */
};

#define SYSLOG_DATAGRAM_MAX 65000 /* of UDP: 65,507 in IPv4 */

/* Everything is copied but what is given up. */
int syslog_sink_new(struct sink **ret_sink, const struct syslog_sink_options *options,
		    struct err *err);

/*
 * Connects for up to wait_ms and takes leave again, without an event. Priorities are given up here
 * too. 0, or a negative errno when told heard of a fault.
 */
int syslog_probe(const struct syslog_sink_options *options, unsigned int wait_ms, sink_told *told,
		 void *data);

#endif
