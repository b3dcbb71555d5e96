#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What can be wrong with a receiver, one thing after the other: nobody listens, a port that swallows
# everything, a name nobody knows, an unknown authority, an expired certificate, one for another
# name, a certificate of ours that is missing or not accepted, something that does not speak TLS.
# The status says which in plain words, the file sink beside it has everything meanwhile, and once
# the fault is mended everything arrives, without a restart of the sender.
FEED=$1 AGENT=$2 SOURCE=$3
. "$SOURCE/tests/syslog/lib.sh"
need rsyslog
certificates
authority other
certificate stranger other "DNS:localhost" 30
certificate elsewhere ca "DNS:elsewhere.example" 30
certificate old ca "DNS:localhost" -1
EVENTS=200 TRANSPORT=tls

# Puts a certificate and its key where receiver or sender look for theirs.
use() {
	cp "$DIR/$2.key" "$DIR/$1.key.new" && mv "$DIR/$1.key.new" "$DIR/$1.key"
	cp "$DIR/$2.pem" "$DIR/$1.pem.new" && mv "$DIR/$1.pem.new" "$DIR/$1.pem"
}
cp "$DIR/server.pem" "$DIR/right.pem"
cp "$DIR/server.key" "$DIR/right.key"
use mine client

receiver() {
	rsyslog_config tls ossl
	start_receiver rsyslog
}

has_trail() { [ "$(wc -l <"$DIR/trail")" = "$EVENTS" ]; }

# begin TARGET OPTIONS PATTERN: sends, and waits for the status to say so.
begin() {
	rm -rf "$DIR/received" "$DIR/trail" "$DIR/state"
	feed_config "$1" "$2"
	"$FEED" "$DIR/feed.yaml" "$EVENTS" 0 120 >"$DIR/feed.said" 2>"$DIR/feed.err" &
	FEED_PID=$!
	wait_until 40 grep -qE "^remote failing .*$3" "$DIR/feed.said" || fail "nobody says '$3'"
	wait_until 10 has_trail || fail "$3: the file sink has not everything"
	! grep -q "^trail failing" "$DIR/feed.said" || fail "$3: the file sink fails with it"
	printf '%s\n' "$(grep -E "^remote failing .*$3" "$DIR/feed.said" | head -n 1)"
}

# mended: from now on it has to work.
mended() {
	wait "$FEED_PID" || fail "mended, but not everything arrives"
	FEED_PID=
	stop_receiver
	compare --repeats
}

PORT=$(free_port tcp)
TLS="tls: {ca: $DIR/ca.pem, cert: $DIR/mine.pem, key: $DIR/mine.key}"
target="tls://localhost:$PORT"

begin "$target" "$TLS" "refused: nothing listens there"
receiver
mended

# bad_server CERTIFICATE PATTERN
bad_server() {
	use server "$1"
	receiver
	begin "$target" "$TLS" "$2"
	stop_receiver
	[ ! -s "$DIR/received" ] || fail "$1: it sent something all the same"
	use server right
	receiver
	mended
}
bad_server stranger "authority that is not in tls.ca: '/CN=other'"
bad_server old "the server's certificate has expired"
bad_server elsewhere "the server's certificate is not for 'localhost'"

# bad_own CERTIFICATE PATTERN
bad_own() {
	use mine "$1"
	receiver
	begin "$target" "$TLS" "$2"
	[ ! -s "$DIR/received" ] || fail "$1: it sent something all the same"
	use mine client
	mended
}
bad_own stranger "the server does not accept tls.cert"

receiver
begin "$target" "tls: {ca: $DIR/ca.pem}" "wants a certificate of this host"
[ ! -s "$DIR/received" ] || fail "no certificate: it sent something all the same"
stop_receiver
rsyslog_config tls ossl
sed -i 's|x509/name" PermittedPeer=\["client"\]|anon"|' "$DIR/receiver.conf"
start_receiver rsyslog
mended

start_receiver rsyslog
begin "$target" "tls: {ca: $DIR/missing.pem}" "tls.ca: cannot read authorities"
cp "$DIR/ca.pem" "$DIR/missing.pem"
mended

# A listener whose queue is full: what knocks gets no answer.
python3 - "$PORT" "$DIR/full" <<'EOF' &
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(0)
waiting = []
for i in range(4):
    c = socket.socket()
    c.setblocking(False)
    c.connect_ex(s.getsockname())
    waiting.append(c)
open(sys.argv[2], "w").close()
time.sleep(60)
EOF
RECEIVER_PID=$!
wait_until 10 test -e "$DIR/full" || fail "no full listener"
begin "tls://127.0.0.1:$PORT" "$TLS" "no answer for [0-9]+ s"
stop_receiver KILL
receiver
mended

# What listens there says nothing that is TLS.
python3 - "$PORT" "$DIR/plain" <<'EOF' &
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(5)
open(sys.argv[2], "w").close()
while True:
    c, _ = s.accept()
    c.sendall(b"220 mail.example ESMTP\r\n")
    c.recv(100)
    c.close()
EOF
RECEIVER_PID=$!
wait_until 10 test -e "$DIR/plain" || fail "no plain listener"
begin "tls://127.0.0.1:$PORT" "$TLS" "does not speak TLS"
stop_receiver KILL
receiver
mended

begin "tls://no-such-host.invalid:$PORT" "$TLS" "(no host is called|cannot look up) 'no-such-host.invalid'"
kill "$FEED_PID"
wait "$FEED_PID" || :
FEED_PID=

# check --connect says the same, without an agent.
# connect CODE TARGET PATTERN
connect() {
	feed_config "$2" "$TLS"
	code=0
	"$AGENT" check -c "$DIR/feed.yaml" --connect >"$DIR/connect.said" 2>"$DIR/connect.err" || code=$?
	[ "$code" = "$1" ] || fail "check --connect left with $code, not $1"
	grep -E "^sink remote: $3" "$DIR/connect.said" || fail "check --connect does not say '$3'"
}
connect 1 "$target" "fault: .*refused: nothing listens there"
receiver
connect 0 "$target" "good: TLSv1.3, .*certificate is that of '/CN=server', until "
stop_receiver
use server old
receiver
connect 1 "$target" "fault: .*the server's certificate has expired"
stop_receiver
echo "failures: good"
