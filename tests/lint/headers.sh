#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each header compiles alone. headers.sh CC GENERATED
set -u
faults=0
for header in shipper/*.h shipper/*/*.h bpf/record.h; do
	"$1" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -Ishipper -Ibpf -x c "$header" \
		-Wno-unused-function || faults=$((faults + 1))
done
for header in bpf/*.h; do
	[ "$header" != bpf/record.h ] || continue
	clang -std=gnu11 -target bpf -D__TARGET_ARCH_x86 -Wall -Wextra -Werror -fsyntax-only -g \
		-Wno-unused-function -Wno-unused-parameter -Wno-missing-declarations \
		-isystem "$2" -Ibpf -x c "$header" || faults=$((faults + 1))
done
[ "$faults" -eq 0 ] && echo "headers: good"
