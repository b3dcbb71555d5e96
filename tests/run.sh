#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything: installs what is missing, builds with warnings as errors, runs all tests, then unit and
# golden tests again under address and undefined-behaviour sanitizers. The inputs of the fuzzers are
# replayed among the unit tests; --full looks for new ones.
set -u
cd "$(dirname "$0")/.." || exit 1

usage() {
	cat <<EOF
usage: sh tests/run.sh [--full] [--vm]
  --full  what takes long, the thread sanitizer, and a minute of each fuzzer
  --vm    the kernel tests on every kernel of tests/vm/kernels in emulation, not on the oldest one
          only; the probes also built from the type information of each

With CI=true in the environment, a test that cannot run here fails instead of being skipped.
EOF
}

full='' vm=''
for argument in "$@"; do
	case "$argument" in
	--full) full=1 ;;
	--vm) vm=1 ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 64
		;;
	esac
done
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

# A minute of each fuzzer (SECONDS_EACH: another time), and their figures.
run_fuzzers() {
	rm -f build/fuzz/tests/fuzz/fuzz.summary
	run_preset fuzz -j 2
	cat build/fuzz/tests/fuzz/fuzz.summary
}

# All kernels, with progress; adds the cases to the totals.
run_kernels() {
	say "vm: every kernel"
	rm -f build/vm/table
	sh tests/vm/run.sh --own-btf build/dev
	status=$?
	if [ "$status" -eq 77 ]; then
		skipped=$((skipped + 1))
	elif [ ! -s build/vm/table ]; then
		failed=$((failed + 1))
	else
		while read -r _ _ good bad left _; do
			passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
		done <build/vm/table
	fi
}

mkdir -p build
sh quickstart.sh --prepare tests || exit 1
if [ -n "$vm" ]; then
	run_preset dev -j 2 -LE vm
	run_kernels
else
	run_preset dev -j 2
fi
run_preset asan -j 2
[ -z "$full" ] || run_preset tsan -j 2
[ -z "$full" ] || run_fuzzers

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
