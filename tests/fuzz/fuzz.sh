#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Looks for inputs that break a target: 60 s, or SECONDS_EACH. What it met that was new is in
# found/TOPIC of the build, what broke the target in broken/TOPIC-*; a line of figures is added to
# fuzz.summary there.
# fuzz.sh PROGRAM SOURCES TOPIC, in the folder of the build
set -u
program=$1 sources=$2 topic=$3
seconds=${SECONDS_EACH:-60}

mkdir -p "found/$topic" broken
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)" auditship-fuzz-XXXXXX) || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' INT TERM

dictionary=
[ ! -f "$sources/$topic.dict" ] || dictionary="-dict=$sources/$topic.dict"
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} \
	nice -n 5 "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
	-print_final_stats=1 -artifact_prefix="broken/$topic-" $dictionary \
	"found/$topic" "$sources/corpus/$topic" >"$topic.log" 2>&1
status=$?
figure() { sed -n "s/^stat::$1: *//p" "$topic.log" | tail -n 1; }
executions=$(figure number_of_executed_units) new=$(figure new_units_added)
[ $status -eq 0 ] && findings=0 || findings=1
line="fuzz.$topic: ${executions:-?} executions in $seconds s, ${new:-?} new units, $findings findings"
echo "$line" | tee -a fuzz.summary
if [ $status -ne 0 ]; then
	tail -n 60 "$topic.log"
	exit 1
fi
[ "${executions:-0}" -gt 10 ] || {
	echo "hardly any input was tried"
	exit 1
}
