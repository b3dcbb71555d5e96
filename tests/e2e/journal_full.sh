#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One of two sinks is down until the journal is full. The other gets every event all the same, and the
# stream names each range that the first will never get. When that works again it goes on behind the gap:
# what is in its trail and what the stream names are together every number, and none is both. Killed in
# between, too.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v python3 >/dev/null || cannot_run "python3 is not installed"
in_private_mounts

mkdir "$DIR/small"
mount -t tmpfs -o size=128k none "$DIR/small"
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request}
capture: {events: [file], open: {mode: all}, exclude: {path: []}}
journal: {max_size: 32MiB}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson}
  - {name: down, type: file, path: $DIR/small/audit.ndjson}
EOF

# A load that is more than the journal has room for.
load() {
	python3 -c 'import os, sys
for _ in range(int(sys.argv[1])):
    os.close(os.open("/etc/hostname", os.O_RDONLY))' "$1"
}

rounds=1
[ -z "${FULL-}" ] || rounds=10
for round in $(seq "$rounds"); do
	start_agent
	load 60000
	wait_until 20 grep -q "No space left" "$DIR/agent.err" || fail "the sink is not down"
	load 60000
	[ "$(du -sm "$DIR/state/journal" | cut -f1)" -le 33 ] || fail "the journal is larger than its bound"
	wait_until 30 sh -c "grep -q events_expired '$DIR/trail/audit.ndjson'" || fail "nobody is told of the gap"
	"$AGENT" status -c "$DIR/config.yaml" >"$DIR/status" || :
	grep -q "sink down: .* events were given up before it took them" "$DIR/status" || {
		cat "$DIR/status" >&2
		fail "status does not say so"
	}
	kill -9 "$AGENT_PID"
	wait "$AGENT_PID" || :
	AGENT_PID=
done
mount -o remount,size=2g "$DIR/small"
start_agent
/bin/true
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
check_trail "$DIR/small/audit.ndjson"
python3 - "$DIR/trail/audit.ndjson" "$DIR/small/audit.ndjson" <<'EOF' || fail "the gaps are not what is missing"
import json, sys

def read(path):
    numbers, gaps = {}, []
    for line in open(path, encoding="utf-8"):
        event = json.loads(line)
        stream, number = event["event"]["id"].rsplit(":", 1)
        numbers.setdefault(stream, set()).add(int(number))
        if event["event"]["action"] == "events_expired":
            gaps.append(event["Linux"]["expired"])
    return numbers, gaps

def fault(text):
    sys.exit("FAULT: " + text)

every, gaps = read(sys.argv[1])
there, _ = read(sys.argv[2])
told, repeated = {}, 0
for gap in gaps:
    if gap["sink"] != "down":
        fault("a gap of the sink that was not down: %r" % gap)
    if gap["reason"] != "size":
        fault("reason: %r" % gap)
    numbers = set(range(gap["first"], gap["last"] + 1))
    if len(numbers) != gap["count"]:
        fault("count: %r" % gap)
    repeated += len(told.setdefault(gap["stream"], set()) & numbers)
    told[gap["stream"]] |= numbers
for stream, numbers in every.items():
    if numbers != set(range(1, max(numbers) + 1)):
        fault("the trail itself has a gap in " + stream)
    missing = numbers - there.get(stream, set())
    named = told.get(stream, set())
    if missing - named:
        fault("%d events are missing and not named" % len(missing - named))
    if named - missing:
        fault("%d events are named and there" % len(named - missing))
if not any(told.values()):
    fault("nothing was given up")
print("%d events, %d named as gone, %d of them twice" % (
    sum(map(len, every.values())), sum(map(len, told.values())), repeated))
EOF
echo "journal_full: good"
