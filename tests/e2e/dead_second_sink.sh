#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One sink writes the trail, the reader of another one takes nothing. Under load, with large command lines, the
# agent is killed with -9 again and again and started anew. The trail does not notice the dead sink; the backlog
# of that one costs disk and no memory, and no second at the start. When its reader wakes up, it gets everything.
# A backlog of 16 MiB; with FULL in the environment one of 2 GiB.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

backlog=$((16 << 20)) journal=256MiB rounds=3
[ -z "${FULL-}" ] || backlog=$((2 << 30)) journal=4GiB rounds=20
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request, stop_timeout: 20s}
journal: {max_size: $journal}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}, keep: {total: off}}
  - {name: dead, type: stdout, format: ecs}
EOF
trail="$DIR/trail/audit.ndjson"

mkfifo "$DIR/pipe"
sleep 100000 <"$DIR/pipe" & # a reader that never reads
pids=$!
exec 8>"$DIR/pipe"
at_the_end 'kill $pids 2>/dev/null || :'

# CPU time of the agent so far: the clock on the wall says more of the machine.
cpu_ms() { awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*[)]/, ""); print int(($12 + $13) * 1000 / tick) }' "/proc/$AGENT_PID/stat"; }

start_into_pipe() {
	: >"$DIR/agent.err"
	"$AGENT" run -c "$DIR/config.yaml" >&8 2>"$DIR/agent.err" &
	AGENT_PID=$!
	wait_until 60 grep -q watching "$DIR/agent.err" || fail "the agent does not start"
	start_ms=$(cpu_ms)
}

status() { "$AGENT" status --json --socket "$DIR/run/control.sock" >"$DIR/status.json" || [ $? = 2 ]; }
of_sink() { status && jq -e ".sinks[] | select(.name == \"$1\") | $2" "$DIR/status.json"; }
is_larger() { [ "$(wc -c <"$trail")" -gt "$1" ]; }

start_into_pipe
start_empty_ms=$start_ms

# Command lines of some 30 KiB, so that the backlog does not take all day.
cat >"$DIR/load.sh" <<'EOF'
big=$(head -c 30000 /dev/zero | tr '\0' x)
while [ -d "$1" ] && [ ! -e "$1/stop" ]; do
	/bin/true "$2" "$big"
done
EOF
for worker in 1 2; do
	sh "$DIR/load.sh" "$DIR" "$worker" 8>&- &
	pids="$pids $!"
done
wait_until 60 test -s "$trail" || fail "there is no trail"

round=0
while [ "$round" -lt "$rounds" ]; do
	wait_until 120 is_larger $(($(wc -c <"$trail") + 1000000)) || fail "the trail does not grow"
	sleep "0.$((round % 10))"
	kill_agent
	round=$((round + 1))
	start_into_pipe
done
wait_until 900 of_sink dead ".lag.bytes >= $backlog" || fail "there is no backlog: $(of_sink dead .lag)"
: >"$DIR/stop"
wait_until 120 of_sink trail '.lag.milliseconds < 1000' || fail "the dead sink holds up the trail"
wait_until 60 of_sink dead '.state == "waiting"' || fail "the dead sink is $(of_sink dead .state)"
of_sink trail '.state == "ok" and .failures == 0' >/dev/null || fail "the trail is disturbed"
anonymous_kib=$(memory_kib)
[ "$anonymous_kib" -lt 65536 ] || fail "$anonymous_kib KiB of memory with a dead sink"

kill_agent
start_into_pipe
[ $((start_ms - start_empty_ms)) -lt 1000 ] ||
	fail "the start took $start_ms ms of CPU with the backlog, $start_empty_ms ms without"

# Now somebody reads. A killed agent left a part of a line in the pipe, which the next one's first line follows at
# once, and what it said last is said again: nothing else may differ.
cat <"$DIR/pipe" >"$DIR/late.out" 8>&- &
pids="$pids $!"
wait_until 600 of_sink dead '.lag.milliseconds < 1000' || fail "the late reader does not get everything"
stop_agent 0
check_trail "$trail"
jq -r .event.id "$trail" | sort >"$DIR/trail.ids"
has_all() {
	sed 's/{"@timestamp"/\n&/g' "$DIR/late.out" | jq -rR 'fromjson? | .event.id' | sort -u >"$DIR/late.ids"
	cmp -s "$DIR/late.ids" "$DIR/trail.ids"
}
wait_until 60 has_all || {
	comm -3 "$DIR/late.ids" "$DIR/trail.ids" | head
	fail "the late reader has other events than the trail"
}
echo "dead_second_sink: $(wc -l <"$trail") events, $anonymous_kib KiB anonymous, start in $start_ms ms of CPU ($start_empty_ms ms without a backlog): good"
