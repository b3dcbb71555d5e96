#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent's labels and tags are in every event, also in those that `watch` shows. After a reload that changes
# them, a new process is told with the new ones.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

trail="$DIR/trail/audit.ndjson"
# write_labels LABELS
write_labels() {
	cat >"$DIR/next.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, tags: [prod], labels: $1}
sinks: [{name: trail, type: file, path: $trail}]
EOF
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}
# has_run NAME: its exec is in the trail.
has_run() { grep -q "\"args\":\[\"/bin/true\",\"$1\"\]" "$trail"; }
# labels_of NAME FILE: those of its exec event.
labels_of() {
	jq -c --arg name "$1" 'select(.event.action == "exec" and .process.args[1] == $name) | .labels' "$2"
}

write_labels '{role: web, zone: "a \"b\""}'
start_agent
"$AGENT" watch --socket "$DIR/run/control.sock" --format json --event exec --seconds 60 >"$DIR/watched" 2>"$DIR/watch.err" &
watch_pid=$!
wait_until 20 test -s "$DIR/watch.err" || fail "watch does not join"
/bin/true first-run
wait_until 20 grep -q first-run "$DIR/watched" || fail "watch shows nothing"
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "watch fails"
wait_until 20 has_run first-run || fail "the first run is not in the trail"
expected='{"role":"web","zone":"a \"b\""}'
[ "$(labels_of first-run "$trail")" = "$expected" ] || fail "labels: $(labels_of first-run "$trail")"
[ "$(labels_of first-run "$DIR/watched")" = "$expected" ] || fail "watch: $(labels_of first-run "$DIR/watched")"

write_labels '{role: db}'
kill -HUP "$AGENT_PID"
wait_until 20 grep -q 'reloaded: the configuration' "$DIR/agent.err" || fail "no reload"
/bin/true second-run
wait_until 20 has_run second-run || fail "the second run is not in the trail"
[ "$(labels_of second-run "$trail")" = '{"role":"db"}' ] || fail "labels: $(labels_of second-run "$trail")"

write_labels '{}'
kill -HUP "$AGENT_PID"
has_reloaded_twice() { [ "$(grep -c 'reloaded: the configuration' "$DIR/agent.err")" = 2 ]; }
wait_until 20 has_reloaded_twice || fail "no second reload"
/bin/true third-run
wait_until 20 has_run third-run || fail "the third run is not in the trail"
[ "$(labels_of third-run "$trail")" = null ] || fail "labels: $(labels_of third-run "$trail")"
stop_agent 0
check_trail "$trail"
[ "$(jq -r 'select(.tags != ["prod"]) | .event.action' "$trail" | wc -l)" = 0 ] || fail "an event lacks the tag"
