#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source file names its licence; what the kernel loads or shares is dual.
set -u
faults=0
for file in $(find bpf shipper tests .ci -type f -name '*.[ch]' -o -type f -name '*.sh') quickstart.sh; do
	case "$file" in
	bpf/*) wanted='SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause' ;;
	*) wanted='SPDX-License-Identifier: BSD-2-Clause' ;;
	esac
	head -n 3 "$file" | grep -q "$wanted" || {
		echo "$file: no line '$wanted' at its top"
		faults=$((faults + 1))
	}
done
[ -s LICENSE ] || {
	echo "LICENSE is missing"
	faults=$((faults + 1))
}
[ "$faults" -eq 0 ] && echo "licences: good"
