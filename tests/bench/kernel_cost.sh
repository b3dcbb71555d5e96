#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What each BPF program of the agent costs per run, by the kernel's own run-time statistics, while a
# load of known size runs: RUNS times fork, exec, exit (or open) by 2 workers, several rounds. Method and
# figures: docs/performance.md.
set -eu
usage() {
	echo "usage: sh kernel_cost.sh [-j] [-n RUNS] [-r ROUNDS] [-c LINE] [BUILD_DIRECTORY]
  -j         JSON instead of a table
  -n RUNS    runs per round (20000)
  -r ROUNDS  rounds (5)
  -o PATH    the load opens that file for reading, RUNS times, and runs nothing
  -c LINE    a line for the agent's configuration, such as 'capture: {env: []}'" >&2
	exit 64
}

cannot_run() {
	printf 'cannot run: %s\n' "$*" >&2
	[ -z "${CI-}" ] || exit 1
	exit 77
}

json= runs=20000 rounds=5 line= path=
while getopts jn:r:c:o: option; do
	case $option in
	j) json=1 ;;
	n) runs=$OPTARG ;;
	r) rounds=$OPTARG ;;
	c) line=$OPTARG ;;
	o) path=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage
build=$(realpath "${1-$(dirname "$0")/../../build/dev}")
agent=$build/auditship bench=$build/tests/bench
[ -x "$agent" ] && [ -x "$bench/spawn_storm" ] && [ -x "$bench/open_storm" ] || cannot_run "no agent is built in $build"
[ "$(id -u)" = 0 ] || cannot_run "root is needed to attach probes"
for tool in jq bpftool; do
	command -v $tool >/dev/null || cannot_run "$tool is not installed"
done

directory=$(mktemp -d)
agent_pid=
clean_up() {
	[ -z "$agent_pid" ] || kill -9 "$agent_pid" 2>/dev/null || :
	"$agent" detach --state-dir "$directory/state" >/dev/null 2>&1 || :
	rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# One object per program the agent holds, whatever its name.
read_programs() {
	cat "/proc/$agent_pid/fdinfo/"* 2>/dev/null | sed -n 's/^prog_id:[[:space:]]*//p' | sort -un |
		while read -r id; do bpftool -j prog show id "$id"; done |
		jq -s 'map({key: (.id | tostring), value: {name, ns: (.run_time_ns // 0),
			runs: (.run_cnt // 0), missed: (.recursion_misses // 0)}}) | from_entries'
}

status() {
	"$agent" status --json -c "$directory/config.yaml" >"$directory/status"
}

# Waits until all that the round made is in the file, so that the next one begins at rest. What this
# waiting makes itself is never all there.
settle() {
	status || cannot_run "the agent does not answer"
	wanted=$(jq '.account.in_ring + .sinks[0].acknowledged + .sinks[0].lag.events' "$directory/status")
	tries=600
	until status && jq -e --argjson wanted "$wanted" '.sinks[0].acknowledged >= $wanted' \
		"$directory/status" >/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || cannot_run "the agent does not catch up"
		sleep 0.1
	done
}

cat >"$directory/config.yaml" <<END
agent: {state_dir: $directory/state, runtime_dir: $directory/run}
sinks: [{name: trail, type: file, path: $directory/trail.ndjson}]
$line
END
cp "$bench/spawn_storm" "$directory/cc1"
: >"$directory/log"
"$agent" run -c "$directory/config.yaml" 2>"$directory/log" &
agent_pid=$!
tries=200
until grep -q watching "$directory/log"; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 "$agent_pid" 2>/dev/null || {
		cat "$directory/log" >&2
		cannot_run "the agent does not start"
	}
	sleep 0.1
done

cd "$directory"
for round in $(seq "$rounds"); do
	settle
	lost=$(jq .account.lost status)
	read_programs >before
	if [ -n "$path" ]; then
		"$bench/open_storm" -s 2 "$runs" "$path" >/dev/null
	else
		./cc1 -s 2 "$runs" ./cc1 >/dev/null
	fi
	read_programs >after
	settle
	jq -n --slurpfile before before --slurpfile after after --argjson round "$round" \
		--argjson lost "$(($(jq .account.lost status) - lost))" '
		{round: $round, lost: $lost, programs: [$after[0] | to_entries[] |
			($before[0][.key] // {ns: 0, runs: 0, missed: 0}) as $old |
			{name: .value.name, runs: (.value.runs - $old.runs),
			 ns: (.value.ns - $old.ns), missed: (.value.missed - $old.missed)}]}'
done >rounds

jq -s --arg kernel "$(uname -r)" --arg machine "$(uname -m)" --argjson cpus "$(nproc)" \
	--argjson runs "$runs" '
	def median: sort | if length % 2 == 1 then .[length / 2 | floor]
		else (.[length / 2 - 1] + .[length / 2]) / 2 end;
	{kernel: $kernel, machine: $machine, cpus: $cpus, runs_per_round: $runs, rounds: length,
	 lost: (map(.lost) | add),
	 programs: ([.[].programs[] | select(.runs > 0)] | group_by(.name) | map(
		(map(.ns / .runs)) as $cost | {name: .[0].name, runs: (map(.runs) | add),
		missed: (map(.missed) | add), best_ns: ($cost | min | round),
		median_ns: ($cost | median | round)}))}' rounds >result
if [ -n "$json" ]; then
	cat result
else
	jq -r '"Linux \(.kernel) \(.machine), \(.cpus) CPUs; \(.rounds) rounds of \(.runs_per_round)"
		+ " runs by 2 workers; \(.lost) events lost\n",
		(["program", "runs", "missed", "best ns", "median ns"],
		(.programs[] | [.name, .runs, .missed, .best_ns, .median_ns]) | @tsv)' result |
		awk -F '\t' 'NF > 1 { printf "%-22s %9s %7s %9s %10s\n", $1, $2, $3, $4, $5; next } { print }'
fi
kill -INT "$agent_pid"
wait "$agent_pid" || :
agent_pid=
