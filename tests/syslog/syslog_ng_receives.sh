#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The same with syslog-ng: unix datagrams and a unix stream, UDP, TCP in both framings, TLS.
FEED=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/syslog/lib.sh"
need syslog-ng
certificates

# once TRANSPORT TARGET OPTIONS COMPARE...
once() {
	TRANSPORT=$1 target=$2 options=$3
	shift 3
	rm -rf "$DIR/received" "$DIR/trail" "$DIR/state"
	syslog_ng_config "$TRANSPORT"
	start_receiver syslog-ng
	feed_config "$target" "$options"
	feed "$EVENTS" 0 300
	stop_receiver
	printf '%s (%s): ' "$target" "$TRANSPORT"
	compare "$@"
}
SOCKET=$DIR/log
once unix "unix://$SOCKET" ""
once stream "unix://$SOCKET" ""
PORT=$(free_port udp)
once udp "udp://127.0.0.1:$PORT" "" --missing=$((EVENTS / 100))
PORT=$(free_port tcp)
once tcp "tcp://127.0.0.1:$PORT" ""
once newline "tcp://localhost:$PORT" "framing: newline, facility: local3, severity: warning" --priority=156
once tls "tls://localhost:$PORT" "tls: {ca: $DIR/ca.pem, cert: $DIR/client.pem, key: $DIR/client.key}"
echo "syslog_ng_receives: good"
