#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: make.sh AUDITSHIP SOURCE OUT: the manual pages, from what the program itself says.
set -eu
AUDITSHIP=$1 SOURCE=$2 OUT=$3
here=$SOURCE/packaging/man
mkdir -p "$OUT"
version=$("$AUDITSHIP" --version | sed -n 's/^auditship //p')
"$AUDITSHIP" --help >"$OUT/help.txt"
sed -n '/^commands:$/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1 \2/p' "$OUT/help.txt" >"$OUT/commands.txt"
[ -s "$OUT/commands.txt" ] || {
	echo "make.sh: auditship --help lists no commands" >&2
	exit 1
}

see_also() {
	echo '.SH SEE ALSO'
	while read -r command _; do
		[ "auditship-$command" = "$1" ] || printf '.BR auditship\\-%s (8),\n' "$command"
	done <"$OUT/commands.txt"
	[ "$1" = auditship ] || echo '.BR auditship (8),'
	echo '.BR auditship.yaml (5)'
}

page() { # NAME SUMMARY < TEXT
	awk -v name="$1" -v section=8 -v version="$version" -v summary="$2" -f "$here/page.awk"
	see_also "$1"
}

page auditship "$(sed -n '1s/^auditship [^ ]* - //p' "$OUT/help.txt")" <"$OUT/help.txt" >"$OUT/auditship.8"
while read -r command summary; do
	"$AUDITSHIP" "$command" --help >"$OUT/help.txt"
	page "auditship-$command" "$summary" <"$OUT/help.txt" >"$OUT/auditship-$command.8"
done <"$OUT/commands.txt"
awk -v version="$version" -f "$here/options.awk" "$SOURCE/docs/options.md" >"$OUT/auditship.yaml.5"
rm -f "$OUT/help.txt" "$OUT/commands.txt"
