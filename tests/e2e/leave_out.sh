#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One agent, a trail with everything and one with what docs/sizing.md leaves out: the same events, what the schema
# requires in each of them, nothing of what was left out, less than half of the bytes. So it stays when the
# host's facts change, and in documents. The published schema is asked at the end by lib.sh.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

left_out=$(sed -n '/leave_out:$/,/```/s/^ *- \([A-Za-z_.]*\)$/\1/p' "$SOURCE/docs/sizing.md")
[ "$(echo "$left_out" | wc -l)" -ge 15 ] || fail "docs/sizing.md leaves out: $left_out"
# write_config NAME
write_config() {
	cat >"$DIR/next.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, name: $1, labels: {role: web}}
journal: {max_size: 64MiB}
capture: {events: [process, file]}
sinks:
  - {name: whole, type: file, path: $DIR/trail/whole.ndjson}
  - name: lean
    type: file
    path: $DIR/trail/lean.ndjson
    leave_out: [$(echo "$left_out" | paste -sd, -)]
  - name: documents
    type: file
    path: $DIR/trail/documents.ndjson
    message: batch
    batch: {linger: 1s}
    leave_out: [labels, host, process.parent]
EOF
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}
has_run() { grep -qF "\"$1\"]" "$DIR/trail/lean.ndjson"; }

write_config first
start_agent
/bin/true first-run
echo text >"$DIR/written"
wait_until 20 has_run first-run || fail "the first run is not in the trail"
write_config second
kill -HUP "$AGENT_PID"
wait_until 20 grep -q 'reloaded: the configuration' "$DIR/agent.err" || fail "no reload"
/bin/true second-run
wait_until 20 has_run second-run || fail "the second run is not in the trail"
stop_agent 0

whole=$DIR/trail/whole.ndjson lean=$DIR/trail/lean.ndjson
jq -r .event.id "$whole" >"$DIR/whole.ids"
jq -r .event.id "$lean" >"$DIR/lean.ids" || fail "a line is no JSON"
cmp "$DIR/whole.ids" "$DIR/lean.ids" || fail "the two trails have other events"
[ "$(jq -r .host.name "$lean" | sort -u | paste -sd' ' -)" = "first second" ] || fail "names: $(jq -r .host.name "$lean" | sort -u)"

# What is gone is what was left out, and what stays is as in the whole one.
cat >"$DIR/expect.jq" <<'EOF'
def gone($paths): . as $event | reduce ($paths | split("\n") | .[] | split(".")) as $path ($event;
	if $path == ["host", "os"] then .host.os = {type: .host.os.type} else delpaths([$path]) end);
def remarks: del(.Linux.truncated, .Linux.raw, .tags);
EOF
jq -cS --arg paths "$left_out" "$(cat "$DIR/expect.jq") gone(\$paths) | remarks | walk(if type == \"object\" then with_entries(select(.value != {})) else . end)" \
	"$whole" >"$DIR/expected" || fail "the whole trail cannot be compared"
jq -cS "$(cat "$DIR/expect.jq") remarks" "$lean" >"$DIR/found"
cmp "$DIR/expected" "$DIR/found" || fail "other members are missing: $(diff "$DIR/expected" "$DIR/found" | head -n 4)"
bytes_of() { jq -c 'select(.event.category == ["process"])' "$1" | wc -c; }
[ "$(bytes_of "$lean")" -lt $(($(bytes_of "$whole") / 2)) ] || fail "$(bytes_of "$lean") bytes are left of $(bytes_of "$whole")"

documents=$DIR/trail/documents.ndjson
[ "$(jq -c '[.labels, .host]' "$documents" | sort -u)" = '[null,{"os":{"type":"linux"}}]' ] ||
	fail "documents: $(jq -c '[.labels, .host]' "$documents" | sort -u)"
[ "$(jq '[.events[] | select(.process.parent)] | length' "$documents" | sort -u)" = 0 ] || fail "a document has parents"
[ "$(jq -c '.events[].event.id' "$documents" | wc -l)" -ge "$(wc -l <"$whole")" ] || fail "events are missing in documents"

# What cannot be left out is told with its place, and changes nothing.
sed 's/labels, host,/labels, host.oss, event.id,/' "$DIR/config.yaml" >"$DIR/bad.yaml"
! "$AGENT" check -c "$DIR/bad.yaml" >"$DIR/check.said" 2>&1 || fail "a bad path is accepted"
grep -q "bad.yaml:[0-9]*:[0-9]*: leave_out: 'event.id': the schema requires it" "$DIR/check.said" || fail "what is required"
grep -q "leave_out: 'host.oss': no event has it" "$DIR/check.said" || fail "what there is not"
echo "leave_out: $(($(bytes_of "$lean") * 100 / $(bytes_of "$whole"))) % of the bytes are left"
