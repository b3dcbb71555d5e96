#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No function, tests and probes included, above 60 lines or a cyclomatic complexity of 15.
set -u
command -v pmccabe >/dev/null || {
	echo "pmccabe is not installed"
	[ -z "${CI-}" ] || exit 1
	exit 77
}
all=$(find shipper bpf tests -name '*.[ch]' -exec pmccabe {} +)
[ "$(printf '%s\n' "$all" | wc -l)" -gt 100 ] || {
	echo "pmccabe found hardly any function"
	exit 1
}
# complexity, traditional complexity, statements, first line, lines, where: name
bad=$(printf '%s\n' "$all" | awk '$1 > 15 || $5 > 60 { print $6, $7 ": complexity " $1 ", " $5 " lines" }')
[ -z "$bad" ] || {
	printf '%s\n' "$bad"
	exit 1
}
echo "functions: good"
