#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Rendering must not grow slower unnoticed: instructions per event, counted by callgrind, against the
# committed figures. Unlike times they are the same on a busy machine. Other compilers and C libraries
# make other code, so the figures name theirs; with others the tolerance is wide.
#   sh render_instructions.sh BUILD_DIR           compare
#   UPDATE=1 sh render_instructions.sh BUILD_DIR  write the figures anew
set -eu
here=$(cd "$(dirname "$0")" && pwd)
figures=$here/render_instructions.tsv
bench=$1/tests/bench/bench_render
events=256 # MADE_EVENTS

command -v valgrind >/dev/null || {
	echo "valgrind is not there: nothing is counted (sh quickstart.sh --prepare tests installs it)"
	[ "${CI-}" = true ] && exit 1
	exit 77
}
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$1/CMakeCache.txt")
tools="$(uname -m), $("$compiler" --version | head -n 1), $(getconf GNU_LIBC_VERSION)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One dump per case, in their order; a last one holds what came after.
valgrind -q --tool=callgrind --toggle-collect=bench_measured --dump-after=bench_measured \
	--callgrind-out-file="$work/dump" "$bench" once >"$work/cases" 2>"$work/errors" || {
	cat "$work/errors" >&2
	exit 1
}

tolerance=25
[ ! -r "$figures" ] || [ "$(sed -n 's/^# //p' "$figures")" != "$tools" ] || tolerance=5
echo "# $tools" >"$work/new"
failed=0
number=0
while read -r case; do
	number=$((number + 1))
	now=$(($(sed -n 's/^totals: *//p' "$work/dump.$number") / events))
	printf '%s\t%d\n' "$case" "$now" >>"$work/new"
	before=$(awk -v name="$case" '$1 == name { print $2 }' "$figures" 2>/dev/null || true)
	echo "$case: $now instructions per event, committed ${before:-nothing}"
	[ "$now" -gt 0 ]
	[ "$now" -le $((${before:-0} * (100 + tolerance) / 100)) ] || failed=1
	[ $((now * (100 + tolerance) / 100)) -ge "${before:-0}" ] ||
		echo "$case: much less than committed; UPDATE=1 keeps it so"
done <"$work/cases"
[ "$number" -gt 0 ]
if [ "${UPDATE-}" = 1 ]; then
	cp "$work/new" "$figures"
elif [ "$failed" = 1 ]; then
	echo "more than $tolerance % above $figures; if there is a good reason, UPDATE=1 rewrites it"
	exit 1
fi
