#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A receiver is restarted (SIGTERM) again and again while events flow. Over TCP and TLS every event
# is there in the end; what came twice is counted, and is the same to the letter. Then the receiver
# is killed (SIGKILL) as often: what had reached its kernel may be gone with it, so the last seconds
# are sent again; what is missing all the same is counted and told, and so are lines that the
# receiver left torn.
FEED=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/syslog/lib.sh"
need rsyslog
need syslog-ng
certificates
TLS="tls: {ca: $DIR/ca.pem, cert: $DIR/client.pem, key: $DIR/client.key}"
RESTARTS=3 RATE=1000
[ -z "${FULL-}" ] || RESTARTS=20 RATE=3000

configure() {
	case $1 in
	rsyslog) rsyslog_config "$TRANSPORT" ossl ;;
	syslog-ng) syslog_ng_config "$TRANSPORT" ;;
	esac
}

# restarts RECEIVER TRANSPORT TARGET OPTIONS SIGNAL COMPARE...
restarts() {
	receiver=$1 TRANSPORT=$2 target=$3 options=$4 signal=$5
	shift 5
	rm -rf "$DIR/received" "$DIR/trail" "$DIR/state"
	: >"$DIR/received"
	configure "$receiver"
	start_receiver "$receiver"
	feed_config "$target" "$options"
	"$FEED" "$DIR/feed.yaml" "$EVENTS" "$RATE" 900 >"$DIR/feed.said" 2>"$DIR/feed.err" &
	FEED_PID=$!
	for round in $(seq "$RESTARTS"); do
		wait_until 120 count_received $((EVENTS * round / (RESTARTS + 1))) ||
			fail "round $round: nothing more arrives"
		stop_receiver "$signal"
		start_receiver "$receiver"
	done
	wait "$FEED_PID" || fail "not everything was acknowledged"
	FEED_PID=
	stop_receiver
	printf '%s, %s, %s times SIG%s: ' "$receiver" "$TRANSPORT" "$RESTARTS" "$signal"
	compare --repeats "$@"
}
PORT=$(free_port tcp)
for receiver in rsyslog syslog-ng; do
	restarts $receiver tcp "tcp://127.0.0.1:$PORT" "" TERM
	restarts $receiver tls "tls://localhost:$PORT" "$TLS" TERM
	restarts $receiver tcp "tcp://127.0.0.1:$PORT" "" KILL --torn --missing="$EVENTS"
	restarts $receiver tls "tls://localhost:$PORT" "$TLS" KILL --torn --missing="$EVENTS"
done
echo "restarts: good"
