#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# While processes come and go the agent is killed with -9 at random moments and started again at once, with the
# same configuration, with other ring sizes and settings, and as another build; without and with a second sink
# that hangs. Nothing is lost and nothing is there twice: neither by the probes' numbers nor by the processes.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
need_bpffs

rounds=3 pause=0.01 events="[process, thread]" journal=512MiB
[ -z "${FULL-}" ] || rounds=100 pause= events="[all]" journal=16GiB # nothing expires
another_build

# write_variant N
write_variant() {
	case $(($1 % 4)) in
	0 | 3) args=32KiB rings="vital: 16MiB, bulk: 16MiB" ;;
	1) args=32KiB rings="vital: 32MiB, bulk: 8MiB" ;;
	2) args=16KiB rings="vital: 16MiB, bulk: 16MiB" ;;
	esac
	cat >"$DIR/config.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request, heartbeat: off}
capture: {events: $events, args_max: $args, rings: {$rings}}
journal: {max_size: $journal}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
$second
END
}

# Starts it without waiting: the next kill may come at any moment of its life.
launch() {
	binary=$AGENT
	[ $(($1 % 6)) -lt 3 ] || binary=$DIR/other_build
	cat "$DIR/agent.err" >>"$DIR/all.log" 2>/dev/null || :
	: >"$DIR/agent.err"
	"$binary" run -c "$DIR/config.yaml" >"$DIR/pipe" 2>"$DIR/agent.err" &
	AGENT_PID=$!
}

# kill_often NAME
kill_often() {
	rm -rf "$DIR/state" "$DIR/trail" "$DIR/all.log"
	write_variant 0
	launch 0
	wait_until 60 grep -q watching "$DIR/agent.err" || fail "the agent does not start"
	start_load 2 "$pause"
	n=1 seed=$$
	while [ "$n" -le "$rounds" ]; do
		seed=$(((seed * 1103515245 + 12345) % 2147483648))
		sleep "$((seed / 65536 % 2)).$((seed / 131072 % 10))"
		kill_agent
		write_variant "$n"
		launch "$n"
		# Half of them are killed wherever they are, at their start too; the others have come so far.
		[ $((n % 2)) = 0 ] || wait_until 60 grep -q watching "$DIR/agent.err" || fail "the agent does not start again"
		n=$((n + 1))
	done
	wait_until 60 grep -q watching "$DIR/agent.err" || fail "the agent does not start in the end"
	stop_load
	wait_until 300 has_caught_up || fail "$1: the trail does not catch up"
	kill -INT "$AGENT_PID"
	wait "$AGENT_PID" || [ -n "$second" ] || fail "the agent fails in the end"
	AGENT_PID=
	nothing_is_pinned "$DIR/state"
	# A kill in the middle of an append renews the stream.
	torn=$(cat "$DIR/all.log" "$DIR/agent.err" | grep -c ' [1-9][0-9]* bytes of an unfinished') || :
	streams=1
	[ "$torn" = 0 ] || streams=0
	check_numbers "$DIR/trail/audit.ndjson" -v streams=$streams || fail "$1: the trail and what happened differ"
	expect_load
	adopted=$(jq -c 'select(.event.action == "agent_start" and .Linux.probes.adopted)' "$DIR/trail/audit.ndjson" | wc -l)
	sets=$(cut -f 5 "$DIR/facts" | sort -u | wc -l)
	[ "$adopted" -gt 1 ] && [ "$sets" -gt 1 ] || fail "$1: $adopted starts went on, with $sets sets of probes"
	echo "$1: $(cat "$DIR/verdict.err"), $adopted starts went on, $sets sets of probes, $torn torn appends"
}

mkfifo "$DIR/pipe"
exec 9<>"$DIR/pipe" # nobody reads
second=
kill_often "one sink"
second="  - {name: hung, type: stdout, format: ecs}"
kill_often "a sink that hangs beside it"
echo "restart_kill9: good ($rounds kills each)"
