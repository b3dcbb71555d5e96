#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Both readers of the journal, the agent's and the one written from the document, on a thousand damaged journals.
# journal_compare.sh SOURCE PROBE
set -eu
command -v python3 >/dev/null || {
	echo "cannot run: python3 is not installed"
	[ -z "${CI-}" ] || exit 1
	exit 77
}
exec python3 -B "$1/tests/journal/compare.py" "$2"
