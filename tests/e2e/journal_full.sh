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

mkdir "$DIR/small" "$DIR/marks"
mount -t tmpfs -o size=128k none "$DIR/small"
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request}
capture: {events: [open_read, file_create], open: {mode: all}}
journal: {max_size: 32MiB}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
  - {name: down, type: file, path: $DIR/small/audit.ndjson, rotate: {size: off}}
EOF

# Opens by the thousand, so that the good sink keeps up on a busy host too: 14,000 fill the journal.
count=0
has_marker() { tail -c 20000000 "$DIR/trail/audit.ndjson" | grep -q "marker-$1-"; }
load() {
	for _ in $(seq "$1"); do
		python3 -c 'import os
for _ in range(2000):
    os.close(os.open("/etc/hostname", os.O_RDONLY))'
		count=$((count + 1))
		: >"$DIR/marks/marker-$count-"
		wait_until 60 has_marker "$count" || fail "the good sink does not keep up"
	done
}

rounds=1
[ -z "${FULL-}" ] || rounds=10
for round in $(seq "$rounds"); do
	start_agent
	load 5
	wait_until 20 grep -q "No space left" "$DIR/agent.err" || fail "the sink is not down"
	load 12
	[ "$(du -sm "$DIR/state/journal" | cut -f1)" -le 33 ] || fail "the journal is larger than its bound"
	wait_until 30 sh -c "grep -q events_expired '$DIR/trail/audit.ndjson'" || fail "nobody is told of the gap"
	"$AGENT" status -c "$DIR/config.yaml" >"$DIR/status" || :
	grep -q "sink down: .* events were given up before it took them" "$DIR/status" || {
		cat "$DIR/status" >&2
		fail "status does not say so"
	}
	kill_agent
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

files = {"trail": read(sys.argv[1]), "down": read(sys.argv[2])}
told, ranges, repeated = {}, set(), 0
for name, (_, gaps) in files.items():
    for gap in gaps:
        if gap["reason"] != "size" or gap["last"] - gap["first"] + 1 != gap["count"]:
            fault("%r" % gap)
        ranges.add((gap["sink"], gap["stream"], gap["first"], gap["last"]))
for sink, stream, first, last in ranges:
    numbers = told.setdefault((sink, stream), set())
    repeated += len(numbers & set(range(first, last + 1)))
    numbers.update(range(first, last + 1))
if not any(sink == "down" for sink, _ in told):
    fault("nothing was given up")
total, both = 0, 0
for stream in set(files["trail"][0]) | set(files["down"][0]):
    seen = [files[name][0].get(stream, set()) for name in files]
    seen += [told.get((name, stream), set()) for name in files]
    last = max(max(numbers, default=0) for numbers in seen)
    total += last
    for name, (numbers, _) in files.items():
        missing = set(range(1, last + 1)) - numbers.get(stream, set())
        named = told.get((name, stream), set())
        if missing - named:
            fault("%s: %d events are missing and not named" % (name, len(missing - named)))
        both += len(named - missing)
# What a sink had in hand when the agent was killed may have arrived.
if both > 4000:
    fault("%d events are named and there" % both)
print("%d events, %d named as gone, %d of them twice, %d there all the same" % (
    total, sum(map(len, told.values())), repeated, both))
EOF
echo "journal_full: good"
