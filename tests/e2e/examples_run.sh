#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every configuration that is shipped does not only pass the check: the agent runs with it, its sinks take events,
# and it ends by itself; but those whose receiver is elsewhere are only checked. /run, /var/lib and /var/log are directories of the scenario's own.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

ran=0
for example in "$SOURCE"/config/*.yaml "$SOURCE"/config/examples/*.yaml; do
	name=$(basename "$example" .yaml)
	! "$AGENT" check -c "$example" 2>&1 | grep 'drops events by' || fail "$name: has a rule that it should not have"
	case $name in
	remote-*) # what receives is elsewhere
		"$AGENT" check -c "$example" >/dev/null || fail "$name: not good"
		continue
		;;
	esac
	mkdir -p "$DIR/$name/work" "$DIR/$name/lib" "$DIR/$name/log" "$DIR/$name/run"
	for folder in lib log; do
		mount --bind "$DIR/$name/$folder" "/var/$folder"
	done
	mount --bind "$DIR/$name/run" /run
	cp "$example" "$DIR/$name/work"
	(cd "$DIR/$name/work" && exec "$AGENT" run -c "$name.yaml" --seconds 2) >"$DIR/out" 2>"$DIR/$name.err" &
	AGENT_PID=$!
	code=0
	while kill -0 "$AGENT_PID" 2>/dev/null; do
		/bin/true "$name"
	done
	wait "$AGENT_PID" || code=$?
	AGENT_PID=
	umount /run /var/log /var/lib
	[ "$code" = 0 ] || fail "$name: the agent left with $code"
	# Told on standard error, if the level lets it, else on standard output.
	if grep -q '^auditship: sink' "$DIR/$name.err"; then
		! grep '^auditship: sink' "$DIR/$name.err" | grep -q ': 0 events' || fail "$name: a sink took nothing"
	else
		[ -s "$DIR/out" ] || fail "$name: no event and no word"
	fi
	ran=$((ran + 1))
done
[ "$ran" -ge 8 ] || fail "only $ran configurations were found"
echo "examples_run: good ($ran configurations)"
