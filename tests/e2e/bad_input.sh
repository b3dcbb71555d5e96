#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A person gets something wrong: the configuration, a path, a permission, an option. Each time the agent
# says what, where and how to mend it, leaves with 78 for a configuration, 64 for the command line and 1
# otherwise, and writes nothing.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

config() { printf '%s\n' "$1" >"$DIR/bad.yaml"; }

config 'jornal: {max_size: 64MiB}'
expect_failure 78 "bad.yaml:1:1: .*jornal.*journal" "$AGENT" run -c "$DIR/bad.yaml"
expect_failure 78 "bad.yaml:1:1: .*jornal.*journal" "$AGENT" check -c "$DIR/bad.yaml"
config 'journal: {max_size: [1]}'
expect_failure 78 "bad.yaml:1:21: .*max_size" "$AGENT" run -c "$DIR/bad.yaml"
config 'capture: {rings: {vital: 3MiB}}'
expect_failure 78 "bad.yaml:1:26: .*power of two" "$AGENT" run -c "$DIR/bad.yaml"
config 'journal: {max_size: 1KiB}'
expect_failure 78 "bad.yaml:1:21: .*32 ?MiB" "$AGENT" run -c "$DIR/bad.yaml"
# All faults at once, each with its place.
config 'agent: {nam: x}
log: {level: loud}
sinks: []'
expect_failure 78 "bad.yaml:1:9:" "$AGENT" check -c "$DIR/bad.yaml"
grep -q "bad.yaml:2:14:" "$DIR/failure.err" || fail "the second fault is not told"
grep -q "bad.yaml:3:8:" "$DIR/failure.err" || fail "the third fault is not told"

expect_failure 1 "$DIR/none.yaml" "$AGENT" run -c "$DIR/none.yaml"
expect_failure 1 "directory|regular file" "$AGENT" run -c "$DIR"
config 'log: {level: info}'
chmod 666 "$DIR/bad.yaml"
expect_failure 1 "chmod o-w" "$AGENT" run -c "$DIR/bad.yaml"

expect_failure 64 "no command 'walk'" "$AGENT" walk
expect_failure 64 "no option '--fast'" "$AGENT" run --fast
expect_failure 64 "whole number" "$AGENT" run --seconds x
expect_failure 64 "usage" "$AGENT"
expect_failure 64 "one of them says where" "$AGENT" status -c "$DIR/bad.yaml" --socket "$DIR/none"
expect_failure 64 "no user 'nobody-of-that-name'" "$AGENT" watch --user nobody-of-that-name
expect_failure 1 "state-dir: '$DIR/none'" "$AGENT" detach --state-dir "$DIR/none"
"$AGENT" detach --state-dir "$DIR" >/dev/null || fail "a directory without probes is none to detach"
chmod 600 "$DIR/bad.yaml"
config 'logg: {}'
"$AGENT" status -c "$DIR/bad.yaml" >/dev/null 2>"$DIR/status.err" || : # an agent may be installed here
grep -q "bad.yaml:1:1: .*logg" "$DIR/status.err" && grep -q -- "--socket" "$DIR/status.err" ||
	fail "status does not say what is wrong with the file, or how to ask elsewhere"

# A user without any privilege: the agent says which capabilities it lacks.
write_config
cp "$AGENT" "$DIR/agent"
chmod 755 "$DIR" "$DIR/agent"
mkdir "$DIR/state"
chown 65534 "$DIR/state"
expect_failure 1 "CAP_BPF and CAP_PERFMON" \
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
	"$DIR/agent" run -c "$DIR/config.yaml" --seconds 1
rm -r "$DIR/state"
# That comes before any directory that this user may not write either.
expect_failure 1 "CAP_BPF and CAP_PERFMON" \
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
	"$DIR/agent" run -c "$DIR/config.yaml" --seconds 1

# A directory that cannot be written: here, because a file is in its place.
: >"$DIR/file"
write_config "$DIR/file/audit.ndjson"
expect_failure 1 "sink trail: .*$DIR/file" "$AGENT" run -c "$DIR/config.yaml" --seconds 1
printf 'agent: {state_dir: %s}\n' "$DIR/file/state" >"$DIR/config.yaml"
expect_failure 1 "$DIR/file/state" "$AGENT" run -c "$DIR/config.yaml" --seconds 1
# A trail that is no regular file.
mkfifo "$DIR/fifo"
write_config "$DIR/fifo"
expect_failure 1 "FIFO" "$AGENT" run -c "$DIR/config.yaml" --seconds 1
mkdir "$DIR/elsewhere"
ln -s "$DIR/elsewhere/audit" "$DIR/link"
write_config "$DIR/link"
expect_failure 1 "symbolic link" "$AGENT" run -c "$DIR/config.yaml" --seconds 1
[ ! -e "$DIR/elsewhere/audit" ] || fail "a symbolic link was followed"
echo "bad_input: good"
