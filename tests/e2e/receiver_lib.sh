# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A receiver that takes whatever comes over TCP, and keeps nothing. Usage: behind lib.sh.
cat >"$DIR/receive.py" <<'PYTHON'
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "w").write(str(server.getsockname()[1]))
while True:
    client, _ = server.accept()
    while client.recv(1 << 16):
        pass
PYTHON
RECEIVER=
# start_receiver PORT, 0: any; it is in $DIR/port.new then.
start_receiver() {
	rm -f "$DIR/port.new"
	python3 "$DIR/receive.py" "$1" "$DIR/port.new" 2>"$DIR/receiver.err" &
	RECEIVER=$!
	wait_until 10 test -s "$DIR/port.new" || fail "the receiver does not start"
}
stop_receiver() {
	[ -n "$RECEIVER" ] || return 0
	kill "$RECEIVER" 2>/dev/null || :
	wait "$RECEIVER" 2>/dev/null || :
	RECEIVER=
}
