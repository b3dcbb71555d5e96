#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each header compiles alone, and beside any other: no two have the same guard, and no two of the
# agent define the same tag (tests may stand in for an opaque struct). headers.sh CC GENERATED
set -u
faults=0
for header in shipper/*.h shipper/*/*.h bpf/record.h bpf/shared.h; do
	"$1" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -Ishipper -Ibpf -x c "$header" \
		-Wno-unused-function || faults=$((faults + 1))
done
for header in bpf/*.h; do
	case "$header" in
	bpf/record.h | bpf/shared.h) continue ;;
	esac
	clang -std=gnu11 -target bpf -D__TARGET_ARCH_x86 -Wall -Wextra -Werror -fsyntax-only -g \
		-Wno-unused-function -Wno-unused-parameter -Wno-missing-declarations \
		-isystem "$2" -Ibpf -x c "$header" || faults=$((faults + 1))
done

# once PATTERN DIRECTORY...: the second word of what matches is there once in all their headers.
once()
{
	pattern=$1
	shift
	found=$(grep -rhoE --include='*.h' "$pattern" "$@" | awk '{ print $2 }' | sort)
	[ -n "$found" ] || { echo "no header has a line like $pattern"; faults=$((faults + 1)); }
	for name in $(printf '%s\n' "$found" | uniq -d); do
		echo "$name is defined more than once:"
		grep -rnE --include='*.h' "$pattern" "$@" | grep -E " $name( |\$)"
		faults=$((faults + 1))
	done
}
once '^#define [A-Z0-9_]+_H$' shipper bpf tests
once '^(struct|enum|union) [a-z0-9_]+ \{' shipper bpf
[ "$faults" -eq 0 ] && echo "headers: good"
