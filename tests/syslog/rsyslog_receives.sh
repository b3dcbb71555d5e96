#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# rsyslog receives the same events over a unix datagram socket, UDP, TCP in both framings, and TLS
# by both of its drivers with certificates on both sides. What it wrote is compared field by field
# with the trail that a file sink kept of the same events. Over UDP what is missing is counted.
FEED=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/syslog/lib.sh"
need rsyslog
certificates
TLS="tls: {ca: $DIR/ca.pem, cert: $DIR/client.pem, key: $DIR/client.key}"

# once TRANSPORT TARGET OPTIONS DRIVER COMPARE...
once() {
	TRANSPORT=$1 target=$2 options=$3 driver=$4
	shift 4
	rm -rf "$DIR/received" "$DIR/trail" "$DIR/state"
	rsyslog_config "$TRANSPORT" "$driver"
	start_receiver rsyslog
	feed_config "$target" "$options"
	feed "$EVENTS" 0 300
	stop_receiver
	printf '%s%s: ' "$target" "${driver:+ ($driver)}"
	compare "$@"
}
SOCKET=$DIR/log
# Of 200 events each, one has 32 KiB of arguments, which is 64 KiB of JSON and more.
export FEED_LONG=1
once unix "unix://$SOCKET" "" "" --shrunk=8192
PORT=$(free_port udp)
once udp "udp://127.0.0.1:$PORT" "" "" --missing=$((EVENTS / 100)) --shrunk=8192
PORT=$(free_port tcp)
once tcp "tcp://127.0.0.1:$PORT" "" "" --shrunk=65536
unset FEED_LONG
once tcp "tcp://localhost:$PORT" "framing: newline, facility: local3, severity: warning" "" --priority=156
once tls "tls://localhost:$PORT" "$TLS" ossl
once tls "tls://127.0.0.1:$PORT" "$TLS" gtls
echo "rsyslog_receives: good"
