#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything: installs what is missing, builds with warnings as errors, runs all tests, then unit and
# golden tests again under address and undefined-behaviour sanitizers. --full adds what takes long.
set -u
cd "$(dirname "$0")/.." || exit 1

full=
case "${1-}" in
"") ;;
--full) full=1 ;;
*)
	echo "usage: sh tests/run.sh [--full]" >&2
	exit 64
	;;
esac
[ -z "$full" ] || export FULL=1

say() { printf '== %s\n' "$*"; }
passed=0 failed=0 skipped=0

attribute() { sed -n "s/.*<testsuite .*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" | head -n 1; }

# configure, build, test; adds to the totals. The arguments after the preset go to ctest.
run_preset() {
	preset=$1
	shift
	say "$preset: build"
	cmake --preset "$preset" >"build/$preset.log" 2>&1 &&
		cmake --build --preset "$preset" >>"build/$preset.log" 2>&1 || {
		tail -n 40 "build/$preset.log"
		say "$preset: the build failed; all of it is in build/$preset.log"
		failed=$((failed + 1))
		return
	}
	say "$preset: test"
	result="$(pwd)/build/$preset-result.xml"
	rm -f "$result"
	ctest --preset "$preset" --output-junit "$result" "$@"
	[ -s "$result" ] || {
		say "$preset: ctest left no result"
		failed=$((failed + 1))
		return
	}
	suite=$(tr '\n' ' ' <"$result")
	tests=$(printf '%s' "$suite" | attribute tests)
	bad=$(printf '%s' "$suite" | attribute failures)
	left=$(printf '%s' "$suite" | attribute skipped)
	passed=$((passed + tests - bad - left))
	failed=$((failed + bad))
	skipped=$((skipped + left))
}

mkdir -p build
sh quickstart.sh --prepare tests || exit 1
run_preset dev
run_preset asan -j 2
[ -z "$full" ] || run_preset tsan -j 2

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
