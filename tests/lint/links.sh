#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No relative link of a .md file points to nothing, and every test that docs/guarantees.md and
# CONTRIBUTING.md name exists. Run from the project's root.
set -u
faults=0 links=0 names=0

fault() {
	echo "$1"
	faults=$((faults + 1))
}

# The text without blocks and spans of code: what looks like a link there is none.
prose() {
	awk '/^[ \t]*(```|~~~)/ { code = !code; next } !code { gsub(/`[^`]*`/, ""); print }' "$1"
}

# One target per line: [text](target), [text](target "title"), [text](<target>), [name]: target.
targets() {
	prose "$1" | grep -oE '\]\((<[^>]*>|[^()]*)' | sed -E 's/^\]\(<?//; s/>$//; s/[ \t].*$//'
	prose "$1" | sed -nE 's/^ {0,3}\[[^]]+\]:[ \t]*<?([^ \t>]+)>?.*/\1/p'
}

pages=$(find . \( -name .git -o -name 'build*' -o -name trail \) -prune -o -name '*.md' -print)
here=$(pwd -P)
old_ifs=$IFS
IFS='
'
for page in $pages; do
	for target in $(targets "$page"); do
		case "$target" in
		'#'* | *://* | mailto:*) continue ;;
		/*)
			fault "$page: the link '$target' begins with a slash: only relative ones work everywhere"
			continue
			;;
		esac
		links=$((links + 1))
		path=$(dirname "$page")/${target%%#*}
		if [ ! -e "$path" ]; then
			fault "$page: the link '$target' points to nothing"
			continue
		fi
		case "$(cd "$(dirname "$path")" && pwd -P)/" in
		"$here"/*) ;;
		*) fault "$page: the link '$target' leaves the project" ;;
		esac
	done
done

# FOLDER.NAME as CMake makes it from the file names below tests/.
exists() {
	folder=${1%%.*} name=${1#*.}
	[ "$folder.$name" != e2e.lib ] || return 1
	for file in "$name.c" "${folder}_$name.c" "$name.sh" "check_$name.sh"; do
		[ ! -f "tests/$folder/$file" ] || return 0
	done
	return 1
}

for page in docs/guarantees.md CONTRIBUTING.md; do
	for test in $(grep -oE '`(unit|golden|kernel|e2e|fuzz|bench|lint)\.[a-z0-9_]+`' "$page" | tr -d '`' | sort -u); do
		names=$((names + 1))
		exists "$test" || fault "$page: there is no test '$test'"
	done
done
IFS=$old_ifs

[ "$links" -gt 30 ] || fault "only $links links were found: this test looks at the wrong place"
[ "$names" -gt 20 ] || fault "only $names tests are named: this test looks at the wrong place"
[ "$faults" -eq 0 ] && echo "links: good ($links links, $names tests)"
