#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent is killed with -9 in the middle of a load, ten times, and started again. The trail holds whole
# lines only and none twice; what was journalled and not yet written is written by the next one.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
write_config

sh -c 'while :; do /bin/true; done' &
load=$!
at_the_end 'kill $load 2>/dev/null || :'
round=0
while [ "$round" -lt 10 ]; do
	start_agent
	wait_until 10 test -s "$DIR/trail/audit.ndjson" || fail "nothing is written"
	sleep "0.$round"
	kill_agent
	round=$((round + 1))
done
kill "$load"
wait "$load" 2>/dev/null || :
start_agent
/bin/echo marker-at-the-end >/dev/null
wait_until 10 grep -q marker-at-the-end "$DIR/trail/audit.ndjson" || fail "the last one writes nothing"
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
# Within a stream the sequence goes from 1 on without a gap: each event that was journalled has arrived.
jq -s -e 'group_by(.agent.ephemeral_id) | all([.[].event.sequence] | . == [range(1; length + 1)])' \
	"$DIR/trail/audit.ndjson" >/dev/null || fail "a journalled event is missing"
echo "kill9_and_restart: good"
