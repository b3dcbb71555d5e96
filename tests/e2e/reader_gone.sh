#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `auditship run | head -n 5`: the reader leaves, the agent ends by itself, cleanly. And: what a hostile
# program names itself never reaches a terminal raw.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
journal: {max_size: 64MiB}
sinks:
  - {name: screen, type: stdout, format: ecs}
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
EOF
sh -c 'while :; do /bin/true; sleep 0.01; done' &
load=$!
at_the_end 'kill $load 2>/dev/null || :'
code=0
{
	timeout 20 "$AGENT" run -c "$DIR/config.yaml" 2>"$DIR/agent.err"
	echo $? >"$DIR/code"
} | head -n 5 >"$DIR/five"
kill "$load"
[ "$(cat "$DIR/code")" = 0 ] || fail "exit code $(cat "$DIR/code")"
jq -e .event.id "$DIR/five" >/dev/null || fail "the five lines are no JSON"
[ "$(wc -l <"$DIR/five")" = 5 ] || fail "there are not five lines"
check_trail "$DIR/trail/audit.ndjson"

sed -i 's/format: ecs/format: table/' "$DIR/config.yaml"
start_agent
escape=$(printf '\033]0;owned\007\033[31m\302\233')
/bin/echo "$escape
[12:00:00] forged line" >/dev/null
wait_until 10 grep -q 'forged line' "$DIR/agent.out" || fail "the event is not on the screen"
stop_agent 0
[ "$(tr -d '\n\040-\176…' <"$DIR/agent.out" | wc -c)" = 0 ] || fail "a raw control character on the screen"
[ "$(grep -c '^\[12:00:00\]' "$DIR/agent.out")" = 0 ] || fail "a line was forged"
echo "reader_gone: good"
