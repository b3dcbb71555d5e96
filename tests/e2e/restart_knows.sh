#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# kill -9 in the middle of a busy shell script, and a new start. What lives on is known again: parents
# and leaders with path, arguments and identity, the users; and of a process whose maker had ended
# before, who that was, when it had called exec and with which arguments: only the journal knows.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
write_config
echo 'capture: {keep_attached: off}' >>"$DIR/config.yaml" # the second agent begins anew, with a stream of its own
trail=$DIR/trail/audit.ndjson

# Forks and executes all the time, but so that the trail stays small, itself and by a shell between, until $DIR/end is there.
cat >"$DIR/busy.sh" <<'EOF'
while [ ! -e "$1/end" ]; do
	/bin/true direct
	(/bin/true nested; :)
	sleep 0.01
done
EOF
# Its shell ends at once; it stays.
printf 'sleep 1000 & echo $! >%s/orphan\n' "$DIR" >"$DIR/orphan.sh"

start_agent
sh "$DIR/busy.sh" "$DIR" &
busy=$!
at_the_end ': >"$DIR/end"; kill "$(cat "$DIR/orphan")" 2>/dev/null || :'
sh "$DIR/orphan.sh"
wait_until 10 grep -q '"args":\["sleep","1000"\]' "$trail" || fail "the orphan's exec is missing"
wait_until 10 grep -q '"args":\["/bin/true","direct"\]' "$trail" || fail "the script's children are missing"
kill_agent
first_stream=$(jq -r .agent.ephemeral_id "$trail" | head -n 1)

start_agent
count_direct() { [ "$(grep -v "$first_stream" "$trail" | grep -c '"command_line":"/bin/true direct"')" -gt 50 ]; }
wait_until 30 count_direct || fail "the second agent sees nothing of the script"
: >"$DIR/end"
kill "$(cat "$DIR/orphan")"
wait_until 10 grep -q '"action":"end".*"args":\["sleep","1000"\]' "$trail" || fail "the orphan's end is missing"
wait "$busy"
"$AGENT" status --json -c "$DIR/config.yaml" >"$DIR/status.json" || [ $? = 2 ]
stop_agent 0
check_trail "$trail"

identity=$(jq -r "select(.event.action == \"exec\" and .process.pid == $busy) | .process.entity_id" "$trail")
[ -n "$identity" ] || fail "the script's own exec is missing"
jq -c "select(.agent.ephemeral_id != \"$first_stream\")" "$trail" >"$DIR/second"
expect() {
	jq -s -e --arg id "$identity" --argjson pid "$busy" --arg dir "$DIR" --arg shell "$(realpath /bin/sh)" "$2" "$DIR/second" >/dev/null ||
		fail "$1: $(jq -c "select(.process.parent.pid == $busy) | .process" "$DIR/second" | head -n 3)"
}
expect "the script is not the parent it was" '[.[] | select(.process.parent.pid == $pid) | .process.parent
	| .entity_id == $id and .executable == $shell and .args == ["sh", $dir + "/busy.sh", $dir]] | length > 50 and all'
expect "users are not named" '[.[] | select(.process.parent.pid == $pid) | .user.name == "root" and .process.real_user.name == "root"] | all'
expect "leaders are not known" '[.[] | select(.process.parent.pid == $pid and .process.session_leader.pid) | .process.session_leader | has("entity_id")] | all'
# One that was made while nobody looked may be found after its exec, and what it was before is then unknown.
expect "what a child was before is wrong" '([.[] | select(.event.action == "fork") | .process.entity_id]) as $seen
	| [.[] | select(.event.action == "exec" and .process.args[1] == "direct" and (.process.entity_id | IN($seen[]))) | .process.previous
	| .[0].executable == $shell and .[0].args[1] == $dir + "/busy.sh"] | length > 0 and all'

jq -s -e --argjson pid "$(cat "$DIR/orphan")" --arg dir "$DIR" '.[] | select(.event.action == "end" and .process.pid == $pid)
	| (.Linux.creator.executable | test("sh$")) and .process.args == ["sleep", "1000"]
	and (.Linux.exit.since_exec_ns | tonumber > 0)' "$DIR/second" >/dev/null ||
	fail "what the journal knew of the orphan is lost: $(jq -c "select(.process.pid == $(cat "$DIR/orphan"))" "$DIR/second")"
jq -e '.processes.recalled > 10 and .processes.lost_exits == 0
	and ([.caches[] | select(.name == "processes" or .name == "images") | .max > 0] | length == 2 and all)' "$DIR/status.json" >/dev/null ||
	fail "the status does not tell: $(jq -c '.processes, .caches' "$DIR/status.json")"
echo "restart_knows: good"
