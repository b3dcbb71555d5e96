#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An agent runs. Several watch through its socket, each with its own wishes; one never reads, one goes away in
# the middle, one sends rubbish. The agent's trail has every event exactly once, and the agent ends cleanly.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

write_config
SOCKET="$DIR/control.sock"
echo "control: {socket: $SOCKET}" >>"$DIR/config.yaml"
start_agent
"$AGENT" watch -c "$DIR/config.yaml" --format json --event exec >"$DIR/all.ndjson" 2>"$DIR/all.err" &
all=$!
"$AGENT" watch --socket "$SOCKET" --format text --event exit --filter 'sleep' -d 50 >"$DIR/some.txt" 2>"$DIR/some.err" &
some=$!
wait_until 10 grep -q 'watching through the agent' "$DIR/all.err" || fail "watch does not join"
wait_until 10 grep -q 'watching through the agent' "$DIR/some.err" || fail "a second watch does not join"

# One asks and never reads; one sends what is no request; one joins and goes at once.
cat >"$DIR/bad.py" <<'PYTHON'
import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    return s
silent = connect()
silent.sendall(b"watch\n")
connect().sendall(b"GET / HTTP/1.1\r\n" + bytes(range(256)) * 10)
gone = connect()
gone.sendall(b"watch\n")
gone.recv(10)
gone.close()
print("there", flush=True)
time.sleep(60)
PYTHON
python3 "$DIR/bad.py" "$SOCKET" >"$DIR/bad.out" &
bad=$!
wait_until 10 grep -q there "$DIR/bad.out" || fail "the bad clients do not come to connect"

i=0
while [ $i -lt 300 ]; do
	/bin/echo "run $i" >/dev/null
	i=$((i + 1))
done
sleep 0.1
sleep 0.01
wait_until 10 grep -q '"run 299"' "$DIR/all.ndjson" || fail "the last exec is not shown"
wait_until 10 grep -q 'Process sleep' "$DIR/some.txt" || fail "the sleep is not shown"
kill -INT "$all" "$some"
wait "$all" || fail "watch fails"
wait "$some" || fail "the second watch fails"
kill "$bad"
wait "$bad" 2>/dev/null || :
stop_agent 0

[ "$(jq -r 'select(.process.name == "echo") | .process.args[1]' "$DIR/all.ndjson" | grep -c '^run ')" = 300 ] ||
	fail "watch has not shown 300 execs"
jq -es 'all(.event.action == "exec" or .event.action == "events_lost" or .event.action == "agent_stop")' "$DIR/all.ndjson" >/dev/null ||
	fail "watch shows other kinds"
grep -qE '^\[[-0-9]+ [0-9:]+\.[0-9]{6}\] Process sleep \(PID:[0-9]+, PPID:[0-9]+\) exited EXIT_CODE=0 \(1[0-9]{2}ms\)$' \
	"$DIR/some.txt" || fail "no line for the sleep of 100 ms"
[ "$(grep -c 'Process sleep' "$DIR/some.txt")" -ge 1 ] || fail "no sleep at all"
grep -qE '\(([0-9]|[1-4][0-9])ms\)' "$DIR/some.txt" && fail "a shorter one is shown"

# What watch showed is what the trail has, field by field; the trail lacks nothing and repeats nothing.
check_trail "$DIR/trail/audit.ndjson"
grep -q 'lost 0' "$DIR/agent.err" || fail "the agent has lost events"
jq -cS 'select(.process.name == "echo" and .event.action == "exec")' "$DIR/all.ndjson" >"$DIR/shown"
jq -cS 'select(.process.name == "echo" and .event.action == "exec")' "$DIR/trail/audit.ndjson" >"$DIR/kept"
grep -c . "$DIR/kept" >/dev/null
while read -r line; do
	grep -qxF "$line" "$DIR/kept" || fail "shown, but not in the trail: $line"
done <<-LINES
	$(head -n 5 "$DIR/shown")
LINES
[ "$(grep -c '"run ' "$DIR/kept")" = 300 ] || fail "the trail has not 300 execs"

# The agent has gone: the socket too, and watch says so when told to join.
expect_failure 1 "no agent answers at" "$AGENT" watch --socket "$SOCKET" --seconds 1
echo "watch_joined: good"
