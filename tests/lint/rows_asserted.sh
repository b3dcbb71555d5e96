#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every row of the field tables is expected by name in a kernel test.
# rows_asserted.sh PROGRAM: PROGRAM prints the rows' paths.
set -u
paths=$("$1" | sort -u) || exit 1
[ "$(printf '%s\n' "$paths" | wc -l)" -gt 50 ] || {
	echo "$1 prints hardly any path"
	exit 1
}
missing=0
for path in $paths; do
	grep -qF "\"$path\"" tests/kernel/*.c || {
		echo "$path: no kernel test asserts it"
		missing=1
	}
done
[ $missing -eq 0 ] || exit 1
echo "rows asserted: good"
