#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# This agent beside what people use today: the same loads, the same machine, turn by turn. Method and
# figures: docs/performance.md. What a peer is: peers/lib.sh.
set -eu
usage() {
	cat >&2 <<END
usage: sh run.sh [-q] [-j] [-a] [-r ROUNDS] [-n RUNS] [-l LOADS] [-p PEERS] [BUILD_DIRECTORY]
  -q, --quick  two small rounds of two loads with what is installed
  -j, --json   JSON instead of a table
  -a, --audit  auditd and laurel too, after all others. Once audit was on, each system call costs
               more until the next boot, and rules of an audit daemon that runs are not touched: without one only
  -r ROUNDS    rounds (5)
  -n RUNS      runs of a program per round (20000)
  -l LOADS     "fork vfork threads opens mixed"
  -p PEERS     files of peers/ without .sh; "none" is always among them
Missing packages of the peers are installed (Debian, Ubuntu), except with --quick. What cannot run is
said in the table.
  -k FILE      keep one line of JSON per run there
END
	exit 64
}

say() { printf 'bench: %s\n' "$*" >&2; }
cannot_run() {
	printf 'cannot run: %s\n' "$*" >&2
	[ -z "${CI-}" ] || exit 1
	exit 77
}

quick='' json='' audit='' rounds=5 runs=20000 keep=''
loads="fork vfork threads opens mixed"
peers="auditship auditship-narrow execsnoop execsnoop-exitsnoop opensnoop snoops bpftrace fatrace forkstat rsyslog accton"
for argument in "$@"; do # long names are other spellings
	shift
	case $argument in
	--quick) argument=-q ;;
	--json) argument=-j ;;
	--audit) argument=-a ;;
	esac
	set -- "$@" "$argument"
done
while getopts qjar:n:l:p:k: option; do
	case $option in
	q) quick=1 rounds=2 runs=500 loads="fork opens" peers="auditship-narrow execsnoop-exitsnoop opensnoop" ;;
	j) json=1 ;;
	a) audit=1 ;;
	r) rounds=$OPTARG ;;
	n) runs=$OPTARG ;;
	l) loads=$OPTARG ;;
	p) peers=$OPTARG ;;
	k) keep=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage

HERE=$(cd "$(dirname "$0")" && pwd)
PEERS=$HERE/peers
BUILD=$(realpath "${1-$HERE/../../build/dev}")
AGENT=$BUILD/auditship
[ -x "$AGENT" ] && [ -x "$BUILD/tests/bench/nothing" ] || cannot_run "no agent is built in $BUILD"
[ "$(id -u)" = 0 ] || cannot_run "root is needed to attach probes"
[ -r /sys/kernel/btf/vmlinux ] || cannot_run "this kernel offers no BTF"
grep -q ' cgroup2 ' /proc/mounts || cannot_run "processor time is counted by a cgroup (version 2), which is not mounted"
for tool in jq python3 zstd; do
	command -v $tool >/dev/null || cannot_run "$tool is not installed"
done

WORK=$(mktemp -d "${TMPDIR:-/var/tmp}/auditship-bench-XXXXXX")
OUT=$WORK/out LOAD='' peer=''
# shellcheck source=tests/bench/peers/lib.sh
. "$PEERS/lib.sh"
clean_up() {
	[ -z "$peer" ] || { (. "$PEERS/$peer.sh" && peer_undo) || :; }
	cage_remove || :
	rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
cage_new

# The load's own program and the program that it runs have names that nobody else has.
prepare_loads() {
	cp "$BUILD/tests/bench/spawn_storm" "$WORK/storm_load"
	cp "$BUILD/tests/bench/open_storm" "$WORK/storm_open"
	mkdir "$WORK/plain" "$WORK/threads" "$OUT"
	cp "$BUILD/tests/bench/nothing" "$WORK/plain/storm_exec"
	cp "$BUILD/tests/bench/spawn_storm" "$WORK/threads/storm_exec"
	for number in 1 2 3 4; do
		echo opened >"$WORK/storm_opened.$number"
	done
}

# What a load is, by 2 workers, and how many events of a kind it makes.
load_run() {
	case $LOAD in
	fork) "$WORK/storm_load" 2 "$runs" "$WORK/plain/storm_exec" ;;
	vfork) "$WORK/storm_load" -v 2 "$runs" "$WORK/plain/storm_exec" ;;
	threads) "$WORK/storm_load" -t 4 2 $((runs / 4)) "$WORK/threads/storm_exec" ;;
	opens) "$WORK/storm_open" -c 2 $((runs * 20)) "$WORK"/storm_opened.[1-4] ;;
	mixed) "$WORK/storm_load" -o 10 2 $((runs / 2)) "$WORK/plain/storm_exec" "$WORK/storm_opened.1" ;;
	esac
}
load_makes() {
	case $LOAD-$1 in
	opens-open) echo $((runs * 20)) ;;
	mixed-open) echo $((runs * 5)) ;;
	mixed-*) echo $((runs / 2)) ;;
	threads-*) echo $((runs / 4)) ;;
	*) echo "$runs" ;;
	esac
}

# A peer that is not there is installed, unless that is not wanted.
install_peers() {
	[ -z "$quick" ] || return 0
	for peer in "$@"; do
		packages=$(. "$PEERS/$peer.sh" && echo "$peer_packages")
		for package in $packages; do
			[ -z "$(package_version "$package")" ] || continue
			say "installing $package"
			DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends "$package" \
				>"$WORK/install.log" 2>&1 || say "$package cannot be installed"
		done
		[ "$peer" != rsyslog ] || sh "$HERE/../syslog/peers.sh" "$BUILD/peers" >"$WORK/install.log" 2>&1 ||
			say "rsyslog cannot be fetched"
	done
	peer=
}

why_not() {
	for package in $peer_packages; do
		[ -n "$(package_version "$package")" ] || echo "$package is not installed"
	done
	peer_cannot
}

counts() {
	for kind in $(peer_kinds); do
		jq -n --arg kind "$kind" --argjson count "$("$1" "$kind")" '{($kind): $count}'
	done | jq -cs 'add // {}'
}

# One run, as a line of JSON. In a shell of its own: what one peer defines is not there for the next.
run_one() {
	# shellcheck disable=SC1090
	. "$PEERS/$peer.sh"
	cannot=$(why_not | head -n 1)
	: >"$OUT/arrived"
	started='' loaded='{}'
	if [ -z "$cannot" ]; then
		peer_start
		wait_for 60 peer_ready && cage_at_rest 15 || : # other programs may keep it busy
		started=1
		if [ -n "$peer_caged" ] && cage_empty; then
			started='' cannot="it does not start: $(cat "$OUT"/*.err | grep . | tail -n 1)"
		fi
	fi
	[ -z "$started" ] || peer_expect
	lines_before=$(peer_text | wc -l)
	cpu=$(cage_cpu_us) extra=$(peer_extra_cpu_us) written=$(cage_sum io wchar)
	if [ -n "$started" ]; then
		loaded=$(load_run 9>&-)
		peer_arrival >"$OUT/arrived" || say "$peer does not catch up"
		cage_at_rest 60 || :
	fi
	cpu=$(($(cage_cpu_us) - cpu + $(peer_extra_cpu_us) - extra))
	written=$(($(cage_sum io wchar) - written)) rss=$(cage_sum status VmHWM) anon=$(cage_sum status RssAnon)
	told=$(peer_told) command=$(peer_command)
	version=$(for package in $peer_packages; do package_version "$package" && echo; done | paste -sd' ')
	[ -z "$started" ] || peer_stop || say "$peer does not stop"
	lines=$(($(peer_text | wc -l) - lines_before)) of_load=$(peer_text | peer_of_load || :)
	jq -nc --arg peer "$peer" --arg title "$peer_title" --arg load "$LOAD" --argjson round "$round" \
		--arg cannot "$cannot" --argjson loaded "${loaded:-null}" --argjson arrival "[$(tr ' ' ',' <"$OUT/arrived")]" \
		--argjson lines "$lines" --argjson of_load "${of_load:-0}" --argjson cpu_us "$cpu" --argjson written "$written" --argjson rss_kib "$rss" --argjson anon_kib "$anon" \
		--argjson told "${told:-0}" --arg command "$command" --arg version "$version" \
		--argjson recorded "$(counts peer_count)" --argjson made "$(counts load_makes)" '$ARGS.named'
	peer_undo
}

takes_part() { (. "$PEERS/$1.sh" && case " $peer_loads " in *" $LOAD "*) ;; *) exit 1 ;; esac) }

# Every other round goes backwards, so that nobody always follows the same one.
run_round() {
	order=$1
	[ $((round % 2)) = 1 ] || order=$(printf '%s\n' $order | tac)
	for peer in $order; do
		takes_part "$peer" || continue
		done_runs=$((done_runs + 1))
		say "$LOAD, round $round of $rounds, $peer (run $done_runs of $all_runs, $(($(date +%s) - began)) s so far)"
		rm -rf "$OUT"
		mkdir "$OUT"
		(run_one) >>"$WORK/runs" || say "$peer: the run failed"
		cage_empty || stop_caged KILL || say "$peer cannot be stopped"
	done
}

count_runs() {
	all_runs=0
	for LOAD in $loads; do
		for peer in $1; do
			! takes_part "$peer" || all_runs=$((all_runs + rounds))
		done
	done
}

run_all() {
	began=$(date +%s) done_runs=0
	count_runs "$1"
	say "$all_runs runs of about 8 s"
	for LOAD in $loads; do
		for round in $(seq "$rounds"); do
			run_round "$1"
		done
	done
	peer=
}

prepare_loads
# shellcheck disable=SC2086
install_peers $peers
: >"$WORK/runs"
say "in $WORK, load average $(cut -d' ' -f1-3 /proc/loadavg)"
run_all "none $peers"
if [ -n "$audit" ]; then
	loads=$(printf '%s\n' $loads | grep -v mixed)
	install_peers auditd laurel
	run_all "audit-none auditd laurel"
fi
[ -z "$keep" ] || cp "$WORK/runs" "$keep"
python3 "$HERE/summary.py" ${json:+--json} ${quick:+--quick} "$WORK/runs" "$runs" \
	"$("$AGENT" --version | head -n 1)" "$(git -C "$HERE" rev-parse --short HEAD 2>/dev/null || echo unknown)"
