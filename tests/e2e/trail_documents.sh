#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A trail of documents beside a trail of lines, with kill -9 in between: both have the same events, each
# once, and an event in a document with its document's agent is the event of the line.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
cat >"$DIR/config.yaml" <<CONFIG
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
sinks:
  - {name: lines, type: file, path: $DIR/lines/audit.ndjson, rotate: {size: off}}
  - name: documents
    type: file
    path: $DIR/documents/audit.ndjson
    message: batch
    batch: {linger: 300ms, events: 100}
    rotate: {size: off}
CONFIG

start_agent
for round in 1 2; do
	for _ in $(seq 150); do /bin/true; done
	/bin/echo "marker $round" >/dev/null
	wait_until 20 grep -q "marker $round" "$DIR/documents/audit.ndjson" || fail "no document comes"
	kill_agent
	start_agent
done
stop_agent 0
check_trail "$DIR/lines/audit.ndjson"
python3 - "$DIR/lines/audit.ndjson" "$DIR/documents/audit.ndjson" <<'COMPARE' || fail "the trails differ"
import json, sys

lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
documents = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
wanted = {line["event"]["id"]: line for line in lines}
sizes = [document["count"] for document in documents]
if not 1 < max(sizes) <= 100:
    sys.exit("FAULT: documents have up to %d events" % max(sizes))
for document in documents:
    events = document["events"]
    numbers = [event["event"]["sequence"] for event in events]
    span = [document["first_sequence"], document["last_sequence"]]
    if [numbers[0], numbers[-1]] != span or len(events) != document["count"]:
        sys.exit("FAULT: a document of %d events from %d to %d" % (len(events), *span))
    for event in events:
        whole = wanted.pop(event["event"]["id"], None)
        if whole is None:
            sys.exit("FAULT: %s is twice, or in no line" % event["event"]["id"])
        shared = {member: document[member] for member in ("agent", "host")}
        if {**event, **shared} != whole:
            sys.exit("FAULT: %r is not %r" % ({**event, **shared}, whole))
if wanted:
    sys.exit("FAULT: %d events are in no document" % len(wanted))
print("%d events in %d documents" % (len(lines), len(documents)))
COMPARE
echo "trail_documents: good"
