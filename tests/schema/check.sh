#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Holds what the tests write against the published schemas. Exit 77: cannot be checked here.
# usage: check.sh WHAT SOURCE_DIR [PROGRAM | TRAIL]; WHAT: golden, second, config, index, random, trail
set -eu
what=$1 source=$2
shared="${AUDITSHIP_SHARED_DIR:-$source/../shared}/schema"
schema="$source/schemas/event.schema.json"
ocsf="$source/schemas/ocsf/ocsf.schema.json"
python=/usr/bin/python3

cannot_run() {
	echo "SKIPPED: $*"
	[ -z "${CI-}" ] || exit 1
	exit 77
}

need_python() {
	"$python" -c "import $1" 2>/dev/null || cannot_run "$python has no module $1 (package python3-$1)"
}

need_node() {
	command -v node >/dev/null || cannot_run "node is not installed (package nodejs)"
	export NODE_PATH=/usr/share/nodejs
}

case "$what" in
golden)
	# What is written now, and what every released version wrote.
	need_python jsonschema
	"$python" "$source/tests/schema/check_events.py" "$schema" --all \
		"$source"/tests/golden/data/*.json "$source"/tests/golden/corpus/*/*.json
	"$python" "$source/tests/schema/check_events.py" "$ocsf" \
		--all "$source"/tests/golden/data/ocsf/*.json "$source"/tests/golden/corpus/*/ocsf/*.json
	exec "$python" "$source/tests/schema/check_events.py" "$source/schemas/batch.schema.json" \
		--all "$source"/tests/golden/data/batch/*.json \
		"$source"/tests/golden/corpus/*/batch/*.json
	;;
second)
	need_node
	node "$source/tests/schema/second.js" "$schema" "$source"/tests/golden/data/*.json \
		"$source"/tests/golden/corpus/*/*.json
	node "$source/tests/schema/second.js" "$ocsf" "$source"/tests/golden/data/ocsf/*.json
	exec node "$source/tests/schema/second.js" "$source/schemas/batch.schema.json" \
		"$source"/tests/golden/data/batch/*.json
	;;
config)
	need_python jsonschema
	need_python yaml
	"$python" "$source/tests/schema/check_config.py" "$source/schemas/config.schema.json" \
		"$source"/config/*.yaml "$source"/config/examples/*.yaml
	exec "$python" "$source/tests/schema/check_config.py" "$source/schemas/config.schema.json" \
		--bad "$source/tests/schema/bad.yaml"
	;;
trail)
	need_python jsonschema
	! head -c 16 "$3" | grep -q '^{"category_uid":' || schema=$ocsf
	! head -n 1 "$3" | grep -q '"first_sequence":' || schema="$source/schemas/batch.schema.json"
	exec "$python" "$source/tests/schema/check_events.py" "$schema" "$3"
	;;
random)
	# Every hundredth line that random records become. It has what the enrichment never writes.
	need_python jsonschema
	AUDITSHIP_SAMPLE=$(mktemp) AUDITSHIP_SAMPLE_OCSF=$(mktemp)
	export AUDITSHIP_SAMPLE AUDITSHIP_SAMPLE_OCSF
	trap 'rm -f "$AUDITSHIP_SAMPLE" "$AUDITSHIP_SAMPLE_OCSF"' EXIT
	"$3" >/dev/null
	"$python" "$source/tests/schema/check_events.py" "$schema" --all --own "$AUDITSHIP_SAMPLE"
	"$python" "$source/tests/schema/check_events.py" "$ocsf" --all --own "$AUDITSHIP_SAMPLE_OCSF"
	need_node
	node "$source/tests/schema/second.js" "$schema" "$AUDITSHIP_SAMPLE"
	;;
index)
	need_python yaml
	[ -d "$shared" ] || shared=
	exec "$python" "$source/tests/schema/check_index.py" "$source" ${shared:+"$shared"}
	;;
esac
