#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One agent, two trails: ECS and OCSF. Both have the same events, each told once, also over a restart. What the
# OCSF trail says of a process that runs, fails to run another, opens files and ends is what happened.
# The published schema, and OCSF's own where it is there, are asked at the end by lib.sh.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, name: box, labels: {role: web}}
journal: {max_size: 64MiB}
capture:
  events: [fork, exec, exit, exec_failed, open_write, file_create, open_failed, thread_start, thread_exit]
sinks:
  - {name: ecs, type: file, path: $DIR/trail/ecs.ndjson}
  - {name: ocsf, type: file, path: $DIR/trail/ocsf.ndjson, format: ocsf}
  - {name: whole, type: file, path: $DIR/trail/whole.ndjson, format: ocsf, detail: full}
EOF

# A shell of our own name, so that its events can be told from the host's.
cp "$(readlink -f /bin/sh)" "$DIR/actor"
ln -s loop "$DIR/loop"
act() {
	"$DIR/actor" -c 'echo $$ >"$1/pid"; "$1/missing"; true <"$1/loop"; exit 3' actor "$DIR" 2>"$DIR/acted" || :
}
start_agent
act
pid=$(cat "$DIR/pid")
stop_agent 0
start_agent
"$AGENT" watch --socket "$DIR/run/control.sock" --format ocsf --event exit --seconds 60 >"$DIR/watched" \
	2>"$DIR/watch.err" &
watch_pid=$!
wait_until 20 test -s "$DIR/watch.err" || fail "watch does not join"
"$DIR/actor" -c 'exit 4' || :
is_watched() { grep -F "\"path\":\"$DIR/actor\"" "$DIR/watched" | grep -q '"exit_code":4,'; }
wait_until 20 is_watched || fail "watch does not show the exit in OCSF"
kill -TERM "$watch_pid"
wait "$watch_pid" || fail "watch fails"
stop_agent 0
grep -vxF -f "$DIR/trail/ocsf.ndjson" "$DIR/watched" >"$DIR/other" && fail "watch shows other lines than the trail"

trail="$DIR/trail/ocsf.ndjson" full="$DIR/trail/whole.ndjson"
jq -r .metadata.uid "$trail" >"$DIR/ocsf.ids" || fail "a line of the OCSF trail is no JSON"
check_trail "$DIR/trail/ecs.ndjson"
cmp "$DIR/ids" "$DIR/ocsf.ids" || fail "the two trails have other events"
[ "$(sort -u "$DIR/ocsf.ids" | wc -l)" = "$(wc -l <"$trail")" ] || fail "an event is twice in the OCSF trail"

# is EXPECTED FILTER [TRAIL]: of the events that the filter selects.
is() {
	got=$(jq -c --argjson pid "$pid" --arg dir "$DIR" "$2" "${3-$trail}")
	[ "$got" = "$1" ] || fail "not $1 but $got: $2"
}
of() {
	printf 'select(.metadata.event_code == "%s" and .%s.pid == $pid)' "$1" "$2"
}

# Everything is what the class says.
is '' 'select(.type_uid != .class_uid * 100 + .activity_id or .category_uid != 1)'
is '' 'select(.metadata.version != "1.8.0" or .metadata.product.name != "auditship")'
is '' 'select(.metadata.reporter.name != "box")'
is '' 'select(.metadata.tags != [{name: "role", value: "web"}])'
is '' "select((.time | . / 1000 | floor | todate | rtrimstr(\"Z\")) as \$text | .time_dt | startswith(\$text) | not)"
is '' 'select(.unmapped.Linux.schema.version == null or .device.hostname == null or .device.os.type_id != 200)'

is "[100701,3,1,\"$DIR/actor\",\"actor\",true,$$]" \
	"$(of exec process) | [.type_uid, .launch_type_id, .status_id, .process.path, .process.name,
	(.process.cmd_line | startswith(\$dir + \"/actor -c \")), .actor.process.pid]"
is "[100701,2,true]" \
	"select(.metadata.event_code == \"fork\" and .process.pid == \$pid) |
	[.type_uid, .launch_type_id, .actor.process.pid == .process.parent_process.pid]"
is "[100702,3,\"$DIR/actor\",true]" \
	"$(of exit process) | [.type_uid, .exit_code, .process.path, .end_time >= .start_time]"
is "[100114,2,\"ELOOP\",\"$DIR/loop\",\"loop\",0,\"$DIR/actor\"]" \
	"$(of open_failed actor.process) | select(.file.name == \"loop\") | [.type_uid, .status_id, .status_code,
	.file.path, .file.name, .file.type_id, .actor.process.path]"
is "[100101,1,\"$DIR/pid\",\"pid\",1,[\"O_CREAT\"]]" \
	"$(of file_create actor.process) | select(.file.name == \"pid\") | [.type_uid, .status_id, .file.path, .file.name,
	.file.type_id, [.unmapped.Linux.open.flags[] | select(. == \"O_CREAT\")]]"

# A failed exec is of the child that tried, which has the shell as its parent.
is "[100701,2,\"ENOENT\",\"$DIR/missing\",\"missing\",\"$DIR/actor\",true]" \
	"select(.metadata.event_code == \"exec_failed\" and .process.name == \"missing\") | [.type_uid, .status_id,
	.status_code, .process.path, .process.file.name, .actor.process.path, .process.uid == .actor.process.uid]"

# Detail holds for OCSF, too.
is true "$(of file_create actor.process) | select(.file.name == \"pid\") | .actor.process.cmd_line == null"
is true "$(of file_create actor.process) | select(.file.name == \"pid\") |
	.actor.process.cmd_line | startswith(\$dir + \"/actor -c \")" "$full"

# The agent's own, of both runs.
own=$(jq -c 'select(.class_uid == 1008 and (.activity_id == 6 or .activity_id == 7)) |
	[.activity_id, .actor.app_name]' "$trail" | tr -d '\n')
[ "$own" = '[6,"auditship"][7,"auditship"][6,"auditship"][7,"auditship"]' ] ||
	fail "starts and stops of the agent"

echo "ocsf: good ($(wc -l <"$trail") events)"
