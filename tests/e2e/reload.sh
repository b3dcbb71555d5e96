#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent is asked to reload again and again while processes come and go: rules, sinks, recorded variables,
# the size of the ring and of arguments change (so the probes do too), every third configuration is faulty. Each
# process of the load is in the trail exactly once, every number the probes gave is there, the account balances,
# and the stream tells of each reload.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

reloads=30
# The long run takes some ten minutes and 3 GB.
[ -z "${FULL-}" ] || reloads=1000

# write_variant N: what it is made of depends on N alone.
write_variant() {
	case $(($1 % 3)) in
	0) args=32KiB env=LD_PRELOAD ring=16MiB extra= ;;
	1) args=16KiB env=RELOAD_MARK ring=8MiB extra="  - {name: other, type: file, path: $DIR/trail/other.ndjson, when: {event.action: exec}}" ;;
	2) args=oops env=LD_PRELOAD ring=16MiB extra= ;; # refused
	esac
	cat >"$DIR/next.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request}
capture: {args_max: $args, env: [$env], rings: {vital: $ring}}
journal: {max_size: 256MiB}
rules:
  - {name: rule-$1, when: {process.executable: /nowhere/$1}, do: drop}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
$extra
EOF
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}

write_variant 0
start_agent
cat >"$DIR/load.sh" <<'EOF'
i=0
while [ -d "$1" ] && [ ! -e "$1/stop" ]; do
	RELOAD_MARK=set /bin/true "load-$2-$i"
	i=$((i + 1))
done
echo "$i" >"$1/load-$2"
EOF
for worker in 1 2; do
	sh "$DIR/load.sh" "$DIR" "$worker" &
done

n=1
while [ "$n" -le "$reloads" ]; do
	write_variant "$n"
	reload_agent
	n=$((n + 1))
done
: >"$DIR/stop"
wait_until 20 test -s "$DIR/load-1" || fail "the load does not end"
wait_until 20 test -s "$DIR/load-2" || fail "the load does not end"
"$AGENT" status --json --socket "$DIR/run/control.sock" >"$DIR/status.json" || fail "the status says something is wrong"
jq -e .account.balances "$DIR/status.json" >/dev/null || fail "the account does not balance: $(cat "$DIR/status.json")"
jq -e '.removed_sinks | map(.name) == ["other"]' "$DIR/status.json" >/dev/null ||
	fail "the status does not name the sink that was removed: $(jq .removed_sinks "$DIR/status.json")"
stop_agent 0

trail="$DIR/trail/audit.ndjson"
grep -q 'sink other added' "$trail" || fail "the stream does not tell that a sink came"
grep -qE 'sink other removed with [0-9]+ events not delivered' "$trail" || fail "the stream does not tell that a sink went"
grep -q 'lost 0$' "$DIR/agent.err" || fail "events were lost"
jq -r '[.event.sequence, .event.id, .event.action, (.Linux.sequence | .ring, .generation, .cpu, .class, .number),
	(.process.entity_id // "-"), (.process.args[1]? // "-" | .[:64]), (.process.env_vars[0]? // "-" | .[:64])]
	| @tsv' "$trail" >"$DIR/events" || fail "the trail holds a line that is no JSON"

# Everything in one pass, since the long run has a million events. Numbers: of each set of probes, CPU and class
# from 1 on without a gap, none twice. Processes: none begins or ends twice where one set of probes takes over
# from another; those of the load begin, run and end once.
for worker in 1 2; do
	[ "$(cat "$DIR/load-$worker")" -gt "$reloads" ] || fail "worker $worker did only $(cat "$DIR/load-$worker") runs"
done
awk -F '\t' -v reloads="$reloads" -v runs1="$(cat "$DIR/load-1")" -v runs2="$(cat "$DIR/load-2")" '
	function wrong(text) { print text; faults++ }
	$1 != NR || substr($2, 38) != NR { wrong("event.sequence is " $1 " (" $2 ") in line " NR) }
	NR == 1 { stream = substr($2, 1, 36) }
	substr($2, 1, 36) != stream { wrong("another stream in line " NR) }
	$4 != "shipper" {
		counter = $4 SUBSEP $5 SUBSEP $6 SUBSEP $7
		if ((counter, $8) in seen)
			wrong("number " $8 " is there twice: ring " $4 ", generation " $5 ", CPU " $6)
		seen[counter, $8]
		count[counter]++
		if ($8 > last[counter])
			last[counter] = $8
	}
	$3 == "fork" && forks[$9]++ { wrong("process " $9 " begins twice") }
	$3 == "end" && ends[$9]++ { wrong("process " $9 " ends twice") }
	$3 == "exec" && $10 ~ /^load-[12]-[0-9]+$/ {
		if ($10 in runs)
			wrong($10 " runs twice")
		runs[$10] = $9
		done[substr($10, 6, 1)]++
		marked += $11 == "RELOAD_MARK=set"
		bare += $11 == "-"
	}
	$3 == "config_change" { good++ }
	$3 == "config_refused" { bad++ }
	END {
		for (counter in count)
			if (count[counter] != last[counter])
				wrong("numbers of ring, generation, CPU, class " counter ": " count[counter] " of " last[counter])
		for (run in runs)
			if (forks[runs[run]] != 1 || ends[runs[run]] != 1)
				wrong(run " does not begin and end once")
		if (done[1] != runs1 || done[2] != runs2)
			wrong(runs1 " and " runs2 " runs, " done[1] " and " done[2] " execs")
		if (good + bad != reloads || bad == 0)
			wrong(good " changes and " bad " refusals in the stream, not " reloads)
		if (marked == 0 || bare == 0)
			wrong(marked " runs with the variable, " bare " without")
		printf "%d changes, %d refusals, %d runs, %d numbered\n", good, bad, done[1] + done[2], sum_of(count)
		exit faults > 0
	}
	function sum_of(list, of, sum) {
		for (of in list)
			sum += list[of]
		return sum
	}
' "$DIR/events" >"$DIR/verdict.err" || fail "the trail and what happened differ"

# The second sink came and went: what it has are execs only, each once.
other="$DIR/trail/other.ndjson"
check_trail "$other"
[ "$(jq -r .event.action "$other" | sort -u)" = exec ] || fail "when: of the second sink"
echo "reload: good ($reloads reloads: $(cat "$DIR/verdict.err"), $(wc -l <"$trail") events)"
