# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What every scenario with real receivers needs. Usage: . lib.sh, after setting FEED, AGENT and
# SOURCE from the arguments. Receivers listen on 127.0.0.1 only and end with the scenario.
. "$SOURCE/tests/e2e/lib.sh"
. "$SOURCE/tests/fixtures/certificates.sh"
PEERS=${SYSLOG_PEERS:-$SOURCE/build/peers}
TRAIL=$DIR/trail
EVENTS=2000
[ -z "${FULL-}" ] || EVENTS=100000

RECEIVER_PID= FEED_PID=
end_peers() {
	for pid in $RECEIVER_PID $FEED_PID; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}
at_the_end 'end_peers'

# need rsyslog|syslog-ng
need() {
	case $1 in
	rsyslog)
		RSYSLOGD=$PEERS/rsyslog/usr/sbin/rsyslogd
		[ -x "$RSYSLOGD" ] || RSYSLOGD=$(command -v rsyslogd) ||
			cannot_run "rsyslog is missing: sh quickstart.sh --prepare tests"
		;;
	syslog-ng)
		SYSLOG_NG=$PEERS/syslog-ng/usr/sbin/syslog-ng
		[ -x "$SYSLOG_NG" ] || SYSLOG_NG=$(command -v syslog-ng) ||
			cannot_run "syslog-ng is missing: sh quickstart.sh --prepare tests"
		;;
	esac
	command -v openssl >/dev/null || cannot_run "openssl is not installed"
	command -v python3 >/dev/null || cannot_run "python3 is not installed"
}

libraries() {
	find "$PEERS/$1" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd:
}

# A port that nobody has just now.
free_port() {
	python3 - "$1" <<'EOF'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])
EOF
}

# What a receiver and a sender need.
certificates() {
	authority ca
	certificate server ca "DNS:localhost,IP:127.0.0.1" 30
	certificate client ca "DNS:client" 30
}

TEMPLATE='%pri%|%protocol-version%|%timestamp:::date-rfc3339%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\n'

# rsyslog_config TRANSPORT [DRIVER]: listens on $PORT or $SOCKET, writes $DIR/received.
rsyslog_config() {
	driver=${2-ossl} input=
	case $1 in
	udp) input="module(load=\"imudp\") input(type=\"imudp\" port=\"$PORT\" address=\"127.0.0.1\" rcvbufSize=\"4m\" ruleset=\"r\")" ;;
	tcp) input="module(load=\"imtcp\") input(type=\"imtcp\" port=\"$PORT\" address=\"127.0.0.1\" ruleset=\"r\")" ;;
	tls) input="module(load=\"imtcp\")
input(type=\"imtcp\" port=\"$PORT\" address=\"127.0.0.1\" ruleset=\"r\" StreamDriver.Name=\"$driver\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"x509/name\" PermittedPeer=[\"client\"])" ;;
	unix) input="module(load=\"imuxsock\" SysSock.Use=\"off\")
input(type=\"imuxsock\" Socket=\"$SOCKET\" UseSpecialParser=\"off\" ParseHostname=\"on\" IgnoreTimestamp=\"off\" UseSysTimeStamp=\"off\" RateLimit.Interval=\"0\" ruleset=\"r\")" ;;
	esac
	tls=
	[ "$1" != tls ] || tls="defaultNetstreamDriverCAFile=\"$DIR/ca.pem\" defaultNetstreamDriverCertFile=\"$DIR/server.pem\" defaultNetstreamDriverKeyFile=\"$DIR/server.key\""
	cat >"$DIR/receiver.conf" <<EOF
global(maxMessageSize="128k" workDirectory="$DIR" parser.escapeControlCharactersOnReceive="off" $tls)
template(name="t" type="string" string="$TEMPLATE")
$input
main_queue(queue.timeoutShutdown="20000")
ruleset(name="r"){ action(type="omfile" file="$DIR/received" template="t") }
EOF
}

# syslog_ng_config TRANSPORT: the same, without a version in the template: it keeps none.
syslog_ng_config() {
	case $1 in
	udp) input="syslog(ip(\"127.0.0.1\") port($PORT) transport(\"udp\") so-rcvbuf(4194304))" ;;
	tcp) input="syslog(ip(\"127.0.0.1\") port($PORT) transport(\"tcp\"))" ;;
	newline) input="network(ip(\"127.0.0.1\") port($PORT) transport(\"tcp\") flags(syslog-protocol))" ;;
	tls) input="syslog(ip(\"127.0.0.1\") port($PORT) transport(\"tls\") tls(ca-file(\"$DIR/ca.pem\") cert-file(\"$DIR/server.pem\") key-file(\"$DIR/server.key\") peer-verify(required-trusted)))" ;;
	unix) input="unix-dgram(\"$SOCKET\" flags(syslog-protocol))" ;;
	stream) input="unix-stream(\"$SOCKET\" flags(syslog-protocol))" ;;
	esac
	cat >"$DIR/receiver.conf" <<EOF
@version: 3.38
options { keep-hostname(yes); keep-timestamp(yes); use-dns(no); log-msg-size(131072); stats-freq(0); frac-digits(6); time-zone("UTC"); };
source s { $input; };
destination d { file("$DIR/received" template("\${PRI}|1|\${ISODATE}|\${HOST}|\${PROGRAM}|\${PID}|\${MSGID}|\${SDATA}|\${MSG}\n")); };
log { source(s); destination(d); flags(flow-control); };
EOF
}

is_up() {
	case $TRANSPORT in
	unix | stream) [ -S "$SOCKET" ] ;;
	udp) grep -q "$(printf '0100007F:%04X' "$PORT")" /proc/net/udp ;;
	*) grep -q "$(printf '0100007F:%04X .* 0A ' "$PORT")" /proc/net/tcp ;;
	esac
}

# start_receiver rsyslog|syslog-ng
start_receiver() {
	case $1 in
	rsyslog)
		modules=$(find "$PEERS/rsyslog" -name imtcp.so -printf '%h' 2>/dev/null)
		LD_LIBRARY_PATH=$(libraries rsyslog) "$RSYSLOGD" -n -f "$DIR/receiver.conf" \
			-i "$DIR/receiver.pid" ${modules:+-M "$modules"} >"$DIR/receiver.err" 2>&1 &
		;;
	syslog-ng)
		modules=$(find "$PEERS/syslog-ng" -name libaffile.so -printf '%h' 2>/dev/null)
		LD_LIBRARY_PATH=$(libraries syslog-ng) "$SYSLOG_NG" -F --no-caps -f "$DIR/receiver.conf" \
			-p "$DIR/receiver.pid" -c "$DIR/receiver.ctl" -R "$DIR/receiver.persist" \
			${modules:+--module-path="$modules"} >"$DIR/receiver.err" 2>&1 &
		;;
	esac
	RECEIVER_PID=$!
	wait_until 20 is_up || fail "$1 does not start"
}

# stop_receiver [SIGNAL]
stop_receiver() {
	kill "-${1-TERM}" "$RECEIVER_PID"
	wait "$RECEIVER_PID" 2>/dev/null || :
	RECEIVER_PID=
}

# feed_config TARGET [OPTIONS OF THE SINK]: a syslog sink, and a file beside it to compare with.
feed_config() {
	cat >"$DIR/feed.yaml" <<EOF
agent: {state_dir: $DIR/state}
journal: {max_size: 2GiB}
sinks:
  - {name: remote, type: syslog, target: "$1"${2:+, $2}}
  - {name: trail, type: file, path: $TRAIL, rotate: {size: off}}
EOF
}

# feed EVENTS PER_SECOND SECONDS: ends when all has arrived.
feed() {
	"$FEED" "$DIR/feed.yaml" "$@" >"$DIR/feed.said" 2>"$DIR/feed.err" ||
		fail "not everything was acknowledged"
}

# compare [OPTION...]: what was received with what was sent.
compare() {
	python3 "$SOURCE/tests/syslog/compare.py" "$@" "$TRAIL" "$DIR/received" || fail "compare $*"
}

count_received() { [ "$(wc -l <"$DIR/received")" -ge "$1" ]; }
