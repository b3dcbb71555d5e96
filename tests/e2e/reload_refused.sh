#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A reload that cannot be done leaves everything as it was, and one that can be done is not stopped by
# a sink that fails: whoever asks gets an answer, and the sink goes on by itself when it can.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

# variant AGENT_OPTIONS SINKS [LINE]
variant() {
	cat >"$DIR/next.yaml" <<EOF
agent: {state_dir: $DIR/state$1}
journal: {max_size: 64MiB}
${3-control: {socket: $DIR/run/control.sock\}}
sinks: [$2]
EOF
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}
sink() { printf '{name: %s, type: file, path: %s}' "$1" "$DIR/$2"; }
# reload EXPECTED: the last answer says that.
reload() {
	reload_agent
	grep -E "$RELOAD_TOLD" "$DIR/agent.err" | tail -n 1 >"$DIR/answer"
	grep -qE "$1" "$DIR/answer" || fail "not '$1': $(cat "$DIR/answer")"
}
status_says() {
	"$AGENT" status --socket "${2-$DIR/run/control.sock}" --json >"$DIR/status.json" || :
	jq -e "$1" "$DIR/status.json" >/dev/null
}
run_and_find() {
	/bin/true "$1"
	wait_until 10 grep -q "\"$1\"" "$DIR/$2" || fail "$1 is not in $2"
}

variant ", name: first" "$(sink trail trail/audit.ndjson)"
start_agent
run_and_find marker-1 trail/audit.ndjson

# A bad sink beside another name: refused, and the sink that runs keeps its name.
: >"$DIR/file"
variant ", name: second" "$(sink trail trail/audit.ndjson), $(sink bad file/audit.ndjson)"
reload 'refused.*sink bad.*Not a directory'
run_and_find marker-2 trail/audit.ndjson
grep '"marker-2"' "$DIR/trail/audit.ndjson" | jq -e '.agent.name == "first"' >/dev/null || fail "the name of a refused configuration"
status_says '[.sinks[].name] == ["trail"] and .healthy' || fail "status after a refused sink"

# A sink that would have moved, and one that would have been new, beside a bad one: neither has delivered anything.
kill -STOP "$AGENT_PID"
i=0
while [ $i -lt 200 ]; do /bin/true "waiting-$i"; i=$((i + 1)); done # so that they would have had something
variant ", name: first" "$(sink trail moved/audit.ndjson), $(sink new new/audit.ndjson), $(sink bad file/audit.ndjson)"
before=$(reloads_told)
kill -HUP "$AGENT_PID"
kill -CONT "$AGENT_PID"
wait_until 20 has_reloaded $((before + 1)) || fail "no answer to a reload"
run_and_find waiting-199 trail/audit.ndjson
[ ! -s "$DIR/moved/audit.ndjson" ] || fail "a refused sink has delivered: $(wc -l <"$DIR/moved/audit.ndjson") events"
[ ! -s "$DIR/new/audit.ndjson" ] || fail "a new sink of a refused reload has delivered"
jq -r .event.sequence "$DIR/trail/audit.ndjson" | awk 'NR > 1 && $1 != last + 1 { bad = 1 } { last = $1 } END { exit bad }' ||
	fail "events of a refused reload are not in the trail"

# A control socket that cannot be: refused, and the one that is there stays.
variant ", name: first" "$(sink trail trail/audit.ndjson)" "control: {socket: $DIR/file/control.sock}"
reload 'refused.*control socket'
status_says .healthy || fail "no socket after a refused one"
# The socket could be moved, the sink could not: back to the old one.
variant ", name: first" "$(sink trail trail/audit.ndjson), $(sink bad file/audit.ndjson)" "control: {socket: $DIR/run/moved.sock}"
reload 'refused.*sink bad'
status_says .healthy || fail "no socket after a refused sink"
[ ! -e "$DIR/run/moved.sock" ] || fail "a refused socket stays behind"
variant ", name: first" "$(sink trail trail/audit.ndjson)" "control: {socket: $DIR/run/moved.sock}"
reload 'reloaded'
status_says .healthy "$DIR/run/moved.sock" || fail "no answer at the moved socket"
[ ! -e "$DIR/run/control.sock" ] || fail "the old socket stays behind"
variant ", name: first" "$(sink trail trail/audit.ndjson), $(sink other trail/other.ndjson)"
reload 'reloaded'

# Two sinks exchange their files.
variant ", name: first" "$(sink trail trail/other.ndjson), $(sink other trail/audit.ndjson)"
reload 'reloaded'
run_and_find marker-3 trail/other.ndjson
variant ", name: first" "$(sink trail trail/audit.ndjson)"
reload 'reloaded'

# The directory of the trail is gone and cannot come back; then another name, then a bad sink beside it.
kill -STOP "$AGENT_PID"
mv "$DIR/trail" "$DIR/elsewhere"
: >"$DIR/trail"
kill -CONT "$AGENT_PID"
wait_until 10 status_says '.sinks[0].state == "failing"' || fail "a trail without a directory is not told"
variant ", name: third" "$(sink trail trail/audit.ndjson)"
reload 'reloaded'
status_says '.sinks[0].state == "failing" and (.sinks[0].last_error.message | contains("Not a directory"))' ||
	fail "status of a failing sink after a reload"
variant ", name: third" "$(sink trail trail/new.ndjson)"
reload 'refused.*Not a directory'
wait_until 10 status_says '.sinks[0].state == "failing"' || fail "status of a failing sink after a refused reload"
/bin/true marker-4
rm "$DIR/trail"
mv "$DIR/elsewhere" "$DIR/trail"
wait_until 40 grep -q '"marker-4"' "$DIR/trail/audit.ndjson" || fail "the sink does not go on"
grep '"marker-4"' "$DIR/trail/audit.ndjson" | jq -e '.agent.name == "third"' >/dev/null || fail "the name of a reload"
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
echo "reload_refused: good"
