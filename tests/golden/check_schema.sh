#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Holds the expected JSON lines against the official field lists. Exit 77: cannot be checked here.
# usage: check_schema.sh SOURCE_DIR
set -eu
checker="${AUDITSHIP_SHARED_DIR:-$1/../shared}/schema/check_events.py"

if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo "python3-jsonschema is not installed"
	[ -z "${CI-}" ] || exit 1
	exit 77
fi
if ! [ -f "$checker" ]; then
	echo "SKIPPED: the official field list is not there: $checker"
	exit 77
fi
python3 "$checker" ocsf "$1"/tests/golden/data/ocsf/*.json
exec python3 "$checker" ecs "$1"/tests/golden/data/*.json
