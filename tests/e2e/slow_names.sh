#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A name service that hangs, and 10,000 users that only it could know: events keep flowing, each
# marked, and the agent waits no longer than its budget. When the service answers again, names come.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
command -v cc >/dev/null || cannot_run "no C compiler to build a name service with"
in_private_mounts

# libnss_hang.so.2: a name service that sleeps while the file says so.
mkdir "$DIR/lib"
cat >"$DIR/hang.c" <<'END'
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
enum nss_status _nss_hang_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, int *error)
{
	while (access(HANGING, F_OK) == 0)
		usleep(50000);
	if (uid < 100000 || snprintf(buffer, size, "ldap%u", uid) >= (int)size) {
		*error = ENOENT;
		return NSS_STATUS_NOTFOUND;
	}
	entry->pw_name = entry->pw_passwd = entry->pw_gecos = entry->pw_dir = entry->pw_shell = buffer;
	entry->pw_uid = uid;
	entry->pw_gid = 0;
	return NSS_STATUS_SUCCESS;
}
END
cc -shared -fPIC -o "$DIR/lib/libnss_hang.so.2" -DHANGING="\"$DIR/hanging\"" "$DIR/hang.c" ||
	cannot_run "the name service does not compile"
cat >"$DIR/users.c" <<'END'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	for (int i = 0; i < atoi(argv[argc - 1]); i++) {
		if (fork() == 0)
			_exit(setuid((uid_t)(100000 + i)) != 0 ||
			      execl("/bin/true", "true", (char *)0) != 0);
		wait(0);
	}
	return 0;
}
END
cc -O1 -o "$DIR/users" "$DIR/users.c"
cp -a /etc "$DIR/etc"
sed -i '/^passwd:/d' "$DIR/etc/nsswitch.conf" 2>/dev/null || :
echo 'passwd: files hang' >>"$DIR/etc/nsswitch.conf"
mount --bind "$DIR/etc" /etc

write_config
echo 'enrich: {users: {negative_age: 1s}}' >>"$DIR/config.yaml"
touch "$DIR/hanging"
LD_LIBRARY_PATH=$DIR/lib start_agent

"$DIR/users" 10000
wait_until 60 grep -q '"id":"109999"' "$DIR/trail/audit.ndjson" || fail "events do not flow"
# One line per exec of such a user: jq reads the trail once, for it is long.
tell_unknown() {
	grep '"action":"exec"' "$DIR/trail/audit.ndjson" | grep -E '"user":\{"id":"1[0-9]{5}"' |
		jq -r 'select(.user.id | tonumber >= 100000) | [.user.id, .user.name // "none",
			(.Linux.names.unresolved // [] | index("user.name") | tostring)] | join(" ")' >"$DIR/unknown"
}
wait_until 60 grep -q '"id":"109999".*"action":"end"\|"action":"end".*"id":"109999"' "$DIR/trail/audit.ndjson" ||
	fail "the last user's end is not told"
tell_unknown
[ "$(sort -u "$DIR/unknown" | wc -l)" = 10000 ] || fail "$(wc -l <"$DIR/unknown") of 10000 execs are told"
[ "$(grep -c ' none 0$' "$DIR/unknown")" = 10000 ] ||
	fail "not marked: $(grep -v ' none 0$' "$DIR/unknown" | head -n 3)"
! grep -q '"action":"events_lost"' "$DIR/trail/audit.ndjson" || fail "events were lost"

# The bound: 20 ms in any second. A busy machine may wake us later than we asked for.
"$AGENT" status --json --socket "$DIR/run/control.sock" >"$DIR/status" || :
waited=$(jq .helper.waited_microseconds "$DIR/status")
seconds=$(jq .uptime_seconds "$DIR/status")
[ "$waited" -le $(((seconds + 2) * 60000)) ] || fail "waited $waited us in $seconds s"
[ "$(jq .helper.timed_out "$DIR/status")" -ge 1 ] || fail "the service that hangs was not killed"
echo "waited $waited us in $seconds s: $(jq -c .helper "$DIR/status"), $(jq -c '.caches[0]' "$DIR/status")"

# It answers again: the same users get their names.
rm "$DIR/hanging"
has_name() {
	setpriv --reuid 100007 --clear-groups /bin/true
	grep -q '"nss":\["user.name".*ldap100007\|ldap100007.*"nss":\["user.name"' "$DIR/trail/audit.ndjson"
}
wait_until 90 has_name || fail "no name although the service answers"
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
umount /etc
echo "slow_names: good"
