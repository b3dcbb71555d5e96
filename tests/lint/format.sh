#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# .clang-format decides the layout.
set -u
command -v clang-format >/dev/null || {
	echo "clang-format is not installed"
	[ -z "${CI-}" ] || exit 1
	exit 77
}
find bpf shipper tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} + && echo "format: good"
