#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A person asks what a configuration means. Every example is good. A main file with two drop-ins says
# which file each value is from; what is printed is read again and means the same; a secret is seen
# nowhere; what others could have written is refused. Events are explained from a file and from a pipe.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"

for example in "$SOURCE"/config/*.yaml "$SOURCE"/config/examples/*.yaml; do
	cp "$example" "$DIR/example.yaml"
	"$AGENT" check -c "$DIR/example.yaml" >"$DIR/out" 2>"$DIR/check.err" || fail "$example is not good"
	grep -q ': good: ' "$DIR/out" || fail "$example: nothing said"
	# The files of a certificate come with the host, not with the example.
	! grep -v 'warning: sink .*: tls\.[a-z]*: cannot read' "$DIR/check.err" || fail "$example has warnings"
done

mkdir "$DIR/conf.d"
printf 'hunter2\n' >"$DIR/key"
chmod 600 "$DIR/key"
cat >"$DIR/config.yaml" <<EOF
agent: {name: "\${file:key}", state_dir: $DIR/state}
journal: {max_size: 64MiB}
EOF
echo 'journal: {max_size: 128MiB}' >"$DIR/conf.d/10-journal.yaml"
echo 'sinks: [{name: out, type: stdout, format: "${FORMAT:-ecs}"}]' >"$DIR/conf.d/20-sinks.yaml"
"$AGENT" check -c "$DIR/config.yaml" --print >"$DIR/printed" 2>"$DIR/check.err" ||
	fail "--print fails"
[ ! -s "$DIR/check.err" ] || fail "--print says more than the configuration"
! grep -q hunter2 "$DIR/printed" || fail "--print shows a secret"
grep -q "max_size: 128MiB # $DIR/conf.d/10-journal.yaml:1\$" "$DIR/printed" || fail "no origin of max_size"
grep -q "format: ecs # $DIR/conf.d/20-sinks.yaml:1, the default of \${FORMAT}\$" "$DIR/printed" ||
	fail "no origin of format"
mkdir "$DIR/again"
cp "$DIR/printed" "$DIR/again/config.yaml"
"$AGENT" check -c "$DIR/again/config.yaml" --print >"$DIR/again/printed" || fail "what is printed is not good"
sed 's/ # .*//' "$DIR/printed" >"$DIR/a"
sed 's/ # .*//' "$DIR/again/printed" >"$DIR/b"
cmp -s "$DIR/a" "$DIR/b" || fail "what is printed means something else"

echo 'journal: {max_size: "${file:../key}"}' >"$DIR/conf.d/30.yaml"
expect_failure 78 "conf.d/30.yaml:1:21: journal.max_size: '\*\*\*' is not a size" \
	"$AGENT" check -c "$DIR/config.yaml" --print
! grep -q hunter2 "$DIR/failure.err" || fail "a fault shows a secret"
[ ! -s "$DIR/failure.out" ] || fail "a bad configuration is printed"
rm "$DIR/conf.d/30.yaml"
chmod 666 "$DIR/conf.d/20-sinks.yaml"
expect_failure 1 "20-sinks.yaml' can be written by everybody" "$AGENT" check -c "$DIR/config.yaml"
chmod 644 "$DIR/conf.d/20-sinks.yaml"

cat >"$DIR/conf.d/40-rules.yaml" <<EOF
rules:
  - {name: no-cron, when: {process.executable: [/usr/sbin/cron]}, do: drop}
EOF
echo '{"event":{"action":"exec"},"process":{"executable":"/usr/sbin/cron"}}
{"event":{"action":"exec"},"process":{"executable":"/bin/sh"}}' >"$DIR/events"
"$AGENT" check -c "$DIR/config.yaml" --explain "$DIR/events" >"$DIR/out" || fail "--explain fails"
grep -q "^$DIR/events:1:" "$DIR/out" && grep -q "^$DIR/events:2:" "$DIR/out" || fail "an event is not explained"
grep -q no-cron "$DIR/out" || fail "the rule is not named"
"$AGENT" check -c "$DIR/config.yaml" --explain - <"$DIR/events" >"$DIR/piped" || fail "--explain - fails"
[ "$(grep -c '^standard input:' "$DIR/piped")" = 2 ] || fail "two events in the pipe, not two explained"
echo '{"event":' >"$DIR/events"
expect_failure 1 "events:1: no event" "$AGENT" check -c "$DIR/config.yaml" --explain "$DIR/events"
expect_failure 1 "cannot open" "$AGENT" check -c "$DIR/config.yaml" --explain "$DIR/none"
code=0
"$AGENT" check -c "$DIR/config.yaml" --print 2>"$DIR/full.err" >/dev/full || code=$?
[ "$code" = 1 ] || fail "--print to a full device leaves with $code"
grep -q "cannot write to standard output: No space left on device" "$DIR/full.err" || fail "nor does it say why"
expect_failure 64 "no option '--print'" "$AGENT" run -c "$DIR/config.yaml" --print
echo "check_config: good"
