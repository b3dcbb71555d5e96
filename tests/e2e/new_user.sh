#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A user is added while the agent runs, by a file renamed over /etc/passwd as useradd does it: within a
# second the name is in the events; removed again, it is no longer.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

cp -a /etc "$DIR/etc"
mount --bind "$DIR/etc" /etc
write_config
start_agent

# What the exec of echo as that user says; setpriv's own, which has the same words, does not count.
name_told() {
	grep "\"$1\"" "$DIR/trail/audit.ndjson" |
		jq -r 'select(.event.action == "exec" and .process.user.id == "61234" and
			.process.args[0] == "/bin/echo") | .process.user.name // "absent"' | tail -n 1
}
is_told() { [ -n "$(name_told "$1")" ]; }
name_of_61234() {
	setpriv --reuid 61234 --clear-groups /bin/echo "$1" >/dev/null
	wait_until 10 is_told "$1" || fail "the exec is not told"
	name_told "$1"
}
is_named() { [ "$(name_of_61234 "$1")" = "$2" ]; }
is_named before absent || fail "a name before there is a user"
cp /etc/passwd /etc/passwd+
echo 'newcomer:x:61234:61234::/:/bin/sh' >>/etc/passwd+
mv /etc/passwd+ /etc/passwd
wait_until 1 is_named after newcomer || fail "the new user's name is not there"
sed -i /newcomer/d /etc/passwd
wait_until 1 is_named gone absent || fail "the old name is still told"
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
umount /etc
echo "new_user: good"
