#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# After runs of the preset fuzz: adds to each corpus the fewest of what was found that reach code which
# nothing there reaches. keep.sh [TOPIC...], from the project's root; all topics by default.
set -eu
build=build/fuzz/tests/fuzz sources=tests/fuzz
TMPDIR=$(mktemp -d) && export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

[ $# -gt 0 ] || set -- $(ls "$sources/corpus")
for topic in "$@"; do
	kept=$TMPDIR/$topic
	cp -r "$sources/corpus/$topic" "$kept"
	mkdir -p "$build/found/$topic"
	"$build/fuzz_$topic" -set_cover_merge=1 -use_counters=0 "$kept" "$build/found/$topic" \
		>"$build/$topic.keep.log" 2>&1
	new=0
	for file in $(find "$kept" -type f -name '????????????????????????????????????????'); do
		name=$(basename "$file")
		[ ! -f "$sources/corpus/$topic/$name" ] || continue
		cp "$file" "$sources/corpus/$topic/found-$(printf '%.8s' "$name")"
		new=$((new + 1))
	done
	echo "$topic: $new more, $(find "$sources/corpus/$topic" -type f | wc -l) in all"
done
