#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The agent is asked to reload again and again while processes come and go: rules, sinks, kinds of probes
# change, every third configuration is faulty. Each process of the load is in the trail exactly once, every
# number the probes gave is there, the account balances, and the stream tells of each reload.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

reloads=60 pause=:
# The long run takes minutes: at full speed its trail would be gigabytes.
[ -z "${FULL-}" ] || reloads=1000 pause='sleep 0.02'

# write_variant N: what it is made of depends on N alone.
write_variant() {
	case $(($1 % 3)) in
	0) args=32KiB extra= ;;
	1) args=16KiB extra="  - {name: other, type: file, path: $DIR/trail/other.ndjson, when: {event.action: exec}}" ;;
	2) args=oops extra= ;; # refused
	esac
	cat >"$DIR/next.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run}
capture: {args_max: $args}
journal: {max_size: 256MiB}
rules:
  - {name: rule-$1, when: {process.executable: /nowhere/$1}, do: drop}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson}
$extra
EOF
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}

write_variant 0
start_agent
cat >"$DIR/load.sh" <<'EOF'
i=0
while [ -d "$1" ] && [ ! -e "$1/stop" ]; do
	/bin/true "load-$2-$i"
	i=$((i + 1))
	$3
done
echo "$i" >"$1/load-$2"
EOF
for worker in 1 2; do
	sh "$DIR/load.sh" "$DIR" "$worker" "$pause" &
done

told() { grep -cE 'reloaded: the configuration|reload refused' "$DIR/agent.err"; }
has_told() { [ "$(told)" -ge "$1" ]; }
n=1
while [ "$n" -le "$reloads" ]; do
	write_variant "$n"
	kill -HUP "$AGENT_PID"
	wait_until 20 has_told "$n" || fail "reload $n is not told"
	n=$((n + 1))
done
: >"$DIR/stop"
wait_until 20 test -s "$DIR/load-1" || fail "the load does not end"
wait_until 20 test -s "$DIR/load-2" || fail "the load does not end"
"$AGENT" status --json --socket "$DIR/run/control.sock" >"$DIR/status.json" || fail "the status says something is wrong"
jq -e .account.balances "$DIR/status.json" >/dev/null || fail "the account does not balance: $(cat "$DIR/status.json")"
stop_agent 0

trail="$DIR/trail/audit.ndjson"
check_trail "$trail"
grep -q 'lost 0$' "$DIR/agent.err" || fail "events were lost"
for worker in 1 2; do
	runs=$(cat "$DIR/load-$worker")
	[ "$runs" -gt "$reloads" ] || fail "worker $worker did only $runs runs"
	jq -r 'select(.event.action == "exec") | .process.args[1] // "" | select(startswith("load-'"$worker"'-"))' \
		"$trail" >"$DIR/execs"
	[ "$(wc -l <"$DIR/execs")" = "$runs" ] || fail "worker $worker: $runs runs, $(wc -l <"$DIR/execs") execs"
	[ "$(sort -u "$DIR/execs" | wc -l)" = "$runs" ] || fail "worker $worker: an exec is there twice"
done
# No process begins or ends twice: where one set of probes takes over from another, one of them tells it.
for action in fork end; do
	twice=$(jq -r "select(.event.action == \"$action\") | .process.entity_id" "$trail" | sort | uniq -d | wc -l)
	[ "$twice" = 0 ] || fail "$twice events $action are there twice"
done
# Numbers of each set of probes and CPU: from 1 on without a gap, none twice.
jq -s -e '[.[] | select(.Linux.sequence.ring == "vital") | .Linux.sequence]
	| group_by([.generation, .cpu, .class])
	| all([.[].number] | sort | . == [range(1; length + 1)])' "$trail" >/dev/null ||
	fail "a number of the probes is missing or there twice"
jq -s -e '[.[].event.sequence] | . == [range(1; length + 1)]' "$trail" >/dev/null || fail "event.sequence has a gap"
good=$(jq -r 'select(.event.action == "config_change") | .event.action' "$trail" | wc -l)
bad=$(jq -r 'select(.event.action == "config_refused") | .event.action' "$trail" | wc -l)
[ "$((good + bad))" = "$reloads" ] || fail "$good changes and $bad refusals in the stream, not $reloads"
[ "$bad" -gt 0 ] || fail "no refusal in the stream"
# The second sink came and went: what it has are execs only.
[ "$(jq -r .event.action "$DIR/trail/other.ndjson" | sort -u)" = exec ] || fail "when: of the second sink"
echo "reload: good ($reloads reloads, $(wc -l <"$trail") events)"
