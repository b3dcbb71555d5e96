#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The trail of every run begins with the agent's start and ends with its stop, which names who asked for
# it. Heartbeats account for every event in a storm. Canaries are seen, are in no trail, and leave nothing
# behind; a helper that is gone is told.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

trail=$DIR/trail/audit.ndjson
config() {
	cat >"$DIR/config.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, heartbeat: $1}
capture: {events: [process, exec_failed, open_write]}
journal: {max_size: 64MiB}
sinks:
- {name: trail, type: file, path: $trail, rotate: {size: off}}
- {name: beats, type: file, path: $DIR/trail/beats.ndjson, when: {event.action: [agent_heartbeat]}}
END
}
# Found by text first: the trail of a busy host is long.
own() { grep -F '"dataset":"auditship.agent"' "$trail" | jq -c .; }
has() { own | jq -e -s "map(select($1)) | length >= ${2-1}" >/dev/null; }
# The last event that the filter $1 selects.
last() { own | jq -c "select($1)" | tail -n 1; }
expect() { printf '%s' "$1" | jq -e "$2" >/dev/null || fail "not $2: $1"; }
# The process for canaries; the resolver's is a child of the agent, too.
helper() {
	for child in $(cat "/proc/$AGENT_PID/task/$AGENT_PID/children"); do
		[ "$(cat "/proc/$child/comm")" != auditship-helpe ] || echo "$child"
	done
}
# stop SIGNAL
stop() {
	kill "-$1" "$AGENT_PID"
	wait "$AGENT_PID" || fail "the agent fails at $1"
	AGENT_PID=
	expect "$(tail -n 1 "$trail")" '.event.action == "agent_stop"'
}

# A storm, and the account of every heartbeat; canaries once at the start, once on request.
config 1s
start_agent
helper=$(helper)
[ -n "$helper" ] || fail "no process for canaries"
wait_until 20 has '.event.action == "agent_coverage"' || fail "no coverage"
"$AGENT" status -c "$DIR/config.yaml" --coverage >"$DIR/status" || fail "status --coverage is not healthy"
grep -q 'seen: fork exec thread_exec exit signal_death exec_failed open_write relative_open' "$DIR/status" ||
	fail "status does not show coverage"
wait_until 20 has '.Linux.coverage.occasion == "request"' || fail "no coverage on request"
expect "$(last '.Linux.coverage.occasion == "start"')" '.Linux.coverage.missed_count == 0 and
	.Linux.coverage.seen_count >= 8 and .Linux.probes.attached + (.Linux.probes.failed // [] | length) == .Linux.probes.total and
	(.Linux.probes.failed // [] | all(startswith("io_uring: "))) and .Linux.agent.kernel'
sh -c 'i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i + 1)); done'
count=$(own | jq -s 'map(select(.event.action == "agent_heartbeat")) | length')
wait_until 20 has '.event.action == "agent_heartbeat"' $((count + 2)) || fail "no heartbeat after a storm"
own | jq -e 'select(.event.action == "agent_heartbeat") | .Linux.account | .balances and
	.numbered == .journalled + .dropped + .limited + .not_selected + .excluded + .canaries + .rejected + .lost + .unjournalled +
	.in_ring and .journal_events == .journalled + .own_events' | sort -u >"$DIR/verdicts"
[ "$(cat "$DIR/verdicts")" = true ] || fail "a heartbeat does not add up"
# Each sink: what it was offered is settled or waits.
own | jq -r '.Linux.account.sinks[]?' | sed 's/[a-z]*: //; s/[a-z ]*//g' >"$DIR/sinks"
awk -F, 'NF != 9 || $1 != $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 || $1 < 1 { bad = 1 } END { exit bad || NR < 4 }' "$DIR/sinks" ||
	fail "the account of a sink does not add up: $(cat "$DIR/sinks")"
expect "$(last '.event.action == "agent_heartbeat"')" '.Linux.account.sinks | map(test("^(trail|beats): ")) | all'
records=$(own | jq -s 'map(.Linux.coverage.records // 0) | add')
expect "$(last '.event.action == "agent_heartbeat"')" ".Linux.account.canaries == $records"
! grep -qE "\"process\":\{\"pid\":$helper,|\"parent\":\{\"pid\":$helper," "$trail" || fail "canaries are in the trail"

# Another user's signal: as root asks for it, and as the user that a process has become.
stop TERM
expect "$(head -n 1 "$trail")" '.event.action == "agent_start" and .event.sequence == 1 and
	(.Linux.config.hash | length) == 64 and .Linux.agent.version == .agent.version'
expect "$(tail -n 1 "$trail")" '.Linux.stop.reason == "signal" and .Linux.signal.name == "SIGTERM" and
	.Linux.signal.sender.user.id == "0" and .Linux.signal.sender.pid == '"$$"
[ ! -e "/proc/$helper" ] || fail "the process for canaries stays behind"
config off
start_agent
# nobody may not signal root's processes, unless it has that one capability
setpriv --reuid 65534 --clear-groups --inh-caps +kill --ambient-caps +kill --bounding-set +kill \
	kill -INT "$AGENT_PID" || cannot_run "setpriv cannot give CAP_KILL"
wait "$AGENT_PID" || fail "the agent fails at another user's SIGINT"
AGENT_PID=
expect "$(tail -n 1 "$trail")" '.event.action == "agent_stop" and .Linux.signal.name == "SIGINT" and
	.Linux.signal.way == "kill" and .Linux.signal.sender.user == {"id": "65534", "name": "nobody"}'
expect "$(tail -n 1 "$trail")" '.message | startswith("stopped by SIGINT from user 65534, process ")'

# The time is over; the helper had gone before.
covered=$(own | jq -s 'map(select(.event.action == "agent_coverage")) | length')
start_agent --seconds 15
wait_until 10 has '.event.action == "agent_coverage"' $((covered + 1)) || fail "no coverage in the third run"
kill -9 "$(helper)"
code=0
"$AGENT" status -c "$DIR/config.yaml" --coverage --json >"$DIR/status" || code=$?
[ "$code" = 0 ] || fail "a helper that is gone: status leaves with $code"
jq -e '[.coverage.skipped[] | select(.name == "exec") | .reason] == ["the process for canaries has ended"]' \
	"$DIR/status" >/dev/null || fail "a helper that is gone is not told"
wait "$AGENT_PID" || fail "the agent fails without its helper"
AGENT_PID=
expect "$(tail -n 1 "$trail")" '.event.action == "agent_stop" and .Linux.stop.reason == "time_over" and
	.Linux.signal == null'
[ "$(own | jq -s 'map(select(.event.action == "agent_heartbeat" and .event.id >= "")) | length')" -ge 3 ] ||
	fail "hardly any heartbeat"
[ "$(jq -s 'map(.event.action) | unique' -c "$DIR/trail/beats.ndjson")" = '["agent_heartbeat"]' ] ||
	fail "a condition does not choose heartbeats"
[ "$(own | jq -s 'map(select(.event.action == "agent_start")) | length')" = 3 ] || fail "not one start per run"
[ "$(own | jq -s 'map(select(.event.action == "agent_stop")) | length')" = 3 ] || fail "not one stop per run"
check_trail "$trail"
echo "agent_events: good"
