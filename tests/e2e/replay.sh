#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is in the journal is sent once more: to standard output, and to a sink of the configuration; from the
# start, an event, a time, the place of a sink; beside a running agent, which notices nothing; from a journal
# that is damaged, where what is missing is told.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

# A sink that takes nothing, so that the journal keeps everything.
mkdir "$DIR/small"
mount -t tmpfs -o size=64k none "$DIR/small"
cat >"$DIR/config.yaml" <<EOF
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, name: box}
journal: {max_size: 64MiB}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: off}}
  - {name: down, type: file, path: $DIR/small/audit.ndjson, rotate: {size: off}}
EOF
sed "s|$DIR/trail|$DIR/again|; s|$DIR/small|$DIR/other|" "$DIR/config.yaml" |
	sed 's|audit.ndjson, rotate: {size: off}}$|audit.ndjson, when: {event.action: exec}}|' >"$DIR/again.yaml"

replay() {
	"$AGENT" replay -c "$DIR/config.yaml" "$@" 2>"$DIR/replay.err"
}

start_agent
i=0
while [ "$i" -lt 200 ]; do
	/bin/true
	i=$((i + 1))
done
wait_until 10 grep -q "No space left" "$DIR/agent.err" || fail "the sink is not down"
/bin/echo marker-in-the-middle >/dev/null
wait_until 10 grep -q marker-in-the-middle "$DIR/trail/audit.ndjson" || fail "the trail does not grow"

# Beside the agent, more than once: it goes on and notices nothing.
replay >"$DIR/first.ndjson" || fail "replay beside an agent: $(cat "$DIR/replay.err")"
grep -q "events sent to standard output" "$DIR/replay.err" || fail "no summary"
grep -q marker-in-the-middle "$DIR/first.ndjson" || fail "replay does not come to the marker"
replay | head -n 1 >/dev/null || : # a reader that has gone
/bin/true
stop_agent 1
cp "$DIR/trail/audit.ndjson" "$DIR/trail.ndjson"

# From the start: the same documents as in the trail.
replay >"$DIR/all.ndjson" || fail "replay: $(cat "$DIR/replay.err")"
! grep -q "error" "$DIR/replay.err" || fail "an error of nothing: $(cat "$DIR/replay.err")"
code=0
timeout 20 "$AGENT" replay -c "$DIR/config.yaml" 2>"$DIR/full.err" >/dev/full || code=$?
[ "$code" = 1 ] || fail "replay to a full device leaves with $code"
grep -q "events were not sent: cannot write: No space left on device" "$DIR/full.err" ||
	fail "replay to a full device does not say so: $(cat "$DIR/full.err")"
cmp "$DIR/trail.ndjson" "$DIR/all.ndjson" || fail "replay does not send what the trail has"
# From an event, a number, a time, a cursor.
id=$(sed -n 100p "$DIR/all.ndjson" | jq -r .event.id)
replay --from "$id" | cmp - <<EOF || fail "replay --from $id"
$(sed -n '100,$p' "$DIR/all.ndjson")
EOF
replay --from 100 >"$DIR/from.ndjson"
[ "$(sed -n 1p "$DIR/from.ndjson" | jq .event.sequence)" = 100 ] || fail "replay --from 100"
replay --from 2000-01-01T00:00:00Z | cmp - "$DIR/all.ndjson" || fail "replay --from an early time"
replay --from 2100-01-01T00:00:00Z >"$DIR/none.ndjson" || fail "replay --from a late time"
[ ! -s "$DIR/none.ndjson" ] || fail "replay --from a late time sends something"
replay --from cursor:trail >"$DIR/none.ndjson" || fail "replay --from cursor:trail"
[ ! -s "$DIR/none.ndjson" ] || fail "replay --from cursor:trail sends what the trail has taken"
replay --from cursor:down >"$DIR/down.ndjson" || fail "replay --from cursor:down"
[ -s "$DIR/down.ndjson" ] || fail "replay --from cursor:down sends nothing"
# To a sink, with its condition.
"$AGENT" replay -c "$DIR/again.yaml" --sink trail 2>"$DIR/replay.err" || fail "replay --sink: $(cat "$DIR/replay.err")"
jq -c 'select(.event.action == "exec")' "$DIR/all.ndjson" >"$DIR/execs.ndjson"
jq -c . "$DIR/again/audit.ndjson" | cmp - "$DIR/execs.ndjson" || fail "replay --sink sends something else"
[ ! -e "$DIR/other" ] || fail "replay --sink opens other sinks"
replay --format ocsf | head -n 1 | jq -e .class_uid >/dev/null || fail "replay --format ocsf"
# Nothing of the journal has changed, and the sink that was down goes on where it was.
mount -o remount,size=1g "$DIR/small"
start_agent
stop_agent 0
check_trail "$DIR/small/audit.ndjson"
[ "$(jq -r .event.id "$DIR/small/audit.ndjson" | head -n "$(wc -l <"$DIR/all.ndjson")" | tail -n 1)" = \
	"$(tail -n 1 "$DIR/all.ndjson" | jq -r .event.id)" ] || fail "the sink has missed something"

# Damage is told, and the rest is sent.
cp -r "$DIR/state/journal" "$DIR/damaged"
last=$(find "$DIR/damaged" -name '*.seg' | sort | tail -n 1)
cp "$last" "$DIR/damaged/00000098.seg"
expect_failure 1 "left aside: 1 damaged" "$AGENT" replay --journal "$DIR/damaged"
[ -e "$DIR/damaged/00000098.seg" ] || fail "replay sets segments aside"
expect_failure 1 "there is no sink 'nobody'" "$AGENT" replay -c "$DIR/config.yaml" --sink nobody
expect_failure 1 "No such file" "$AGENT" replay --journal "$DIR/nowhere"
expect_failure 1 "there is no such event" "$AGENT" replay -c "$DIR/config.yaml" --from 99999999
expect_failure 1 "cursor-nobody: No such file" "$AGENT" replay -c "$DIR/config.yaml" --from cursor:nobody
expect_failure 64 "from wants" "$AGENT" replay --from yesterday
expect_failure 64 "there is no option" "$AGENT" replay --sideways
expect_failure 64 "value missing" "$AGENT" replay --from
"$AGENT" replay --help | grep -q "usage: auditship replay" || fail "replay --help"
echo "replay: good"
