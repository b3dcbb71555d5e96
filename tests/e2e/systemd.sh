#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# systemd as process 1 of a system of its own (a copy of this one; with FULL=1 a fresh debootstrap): the deb is
# installed and its service comes up, hardened as the unit says; it is upgraded and killed with -9 while programs
# storm; every number that the probes gave is in the trail; removal leaves nothing but the trail.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/root_lib.sh"
need_probes
for tool in cpack dpkg-deb rpm zstd nsenter; do
	command -v "$tool" >/dev/null || cannot_run "$tool is not installed"
done
[ -n "${FULL-}" ] || [ -x /lib/systemd/systemd ] || cannot_run "systemd is not installed"
storm=$(dirname "$AGENT")/tests/bench/spawn_storm
[ -x "$storm" ] || cannot_run "there is no $storm"
unified=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
[ -n "$unified" ] || cannot_run "no cgroup v2 hierarchy is mounted"
in_private_mounts
runs=5000
[ -z "${FULL-}" ] || runs=150000

make_packages
if [ -n "${FULL-}" ]; then fresh_root; else overlay_root; fi
prepare_root
group=$unified/auditship-test-$$
mkdir "$group"
GUEST=
end_guest() {
	[ -z "$GUEST" ] || kill -9 "$GUEST" 2>/dev/null || :
	GUEST=
	tries=100
	while [ -d "$group" ] && [ "$tries" -gt 0 ]; do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
		tries=$((tries - 1))
	done
	umount -R -l "$ROOT" 2>/dev/null || : # what other people's files it shows is not ours to check
}
at_the_end 'end_guest'

# Nothing of this host's is started in it: no unit of its targets, no setting of the kernel.
cat >"$ROOT/etc/systemd/system/scenario.target" <<'END'
[Unit]
Requires=sysinit.target
After=sysinit.target
AllowIsolate=yes
END
rm -f "$ROOT"/etc/systemd/system/sysinit.target.wants/*
cat >"$DIR/boot" <<'END'
set -e
mount -t cgroup2 none "$1/sys/fs/cgroup"
mount -t proc none "$1/proc"
mount --bind "$1/proc/sys" "$1/proc/sys"
mount -o remount,ro,bind "$1/proc/sys"
cd "$1"
mkdir -p old
pivot_root . old
umount -l old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=scenario.target --log-target=journal </dev/null
END
sh -c 'echo 0 >"$1/cgroup.procs" && exec setsid unshare --mount --pid --fork --kill-child --cgroup --uts --ipc sh "$2" "$3"' \
	sh "$group" "$DIR/boot" "$ROOT" >"$DIR/boot.err" 2>&1 &
GUEST=$!
guest_has_init() { INIT=$(cat "/proc/$GUEST/task/$GUEST/children") && [ -n "$INIT" ]; }
wait_until 10 guest_has_init || fail "the guest does not start"
in_guest() { nsenter -t ${INIT% } -m -u -i -p -C "$@"; }
is_up() { in_guest systemctl is-active scenario.target; }
wait_until 60 is_up || fail "systemd does not come up: $(cat "$DIR/boot.err")"

property() { in_guest systemctl show auditship.service -p "$1" --value; }
is_active() { [ "$(property ActiveState)" = active ]; }
explain() { in_guest journalctl --no-pager -n 30 >"$DIR/journal.err" 2>&1 || :; }
signal() { in_guest sh -c "kill -$1 $(property MainPID)"; } # a small system has no other kill
must_be_active() { wait_until 60 is_active || { explain && fail "$1"; }; }
status_of() { in_guest auditship status --json >"$DIR/status.json" || :; }

# Canaries take numbers and are in no trail.
mkdir -p "$ROOT/etc/auditship/conf.d"
printf 'agent: {coverage: request}\ncapture: {exclude: {path: [/tmp/left-out]}}\n' >"$ROOT/etc/auditship/conf.d/local.yaml"
in_guest dpkg -i "/srv/pkg/${old_deb##*/}" >"$DIR/install.err" 2>&1 || fail "dpkg -i"
must_be_active "the installed service does not start"
rm "$DIR/install.err"
[ "$(property StatusText)" = watching ] && [ "$(property WatchdogUSec)" = 30s ] || fail "systemd is not told that it watches"
pid=$(property MainPID)
in_guest cat "/proc/$pid/status" >"$DIR/process"
grep -q '^CapEff:[[:space:]]*000000c000080004$' "$DIR/process" || fail "it has other capabilities: $(grep Cap "$DIR/process")"
grep -q '^Seccomp:[[:space:]]*2$' "$DIR/process" && grep -q '^NoNewPrivs:[[:space:]]*1$' "$DIR/process" ||
	fail "it is not confined"
grep '^Uid' "$DIR/process" | grep -qv '[[:space:]]0[[:space:]]' || fail "it runs as root"
status_of
jq -e '.account.balances and .attention == []' "$DIR/status.json" >/dev/null || fail "it needs attention: $(jq -c '[.account, .attention]' "$DIR/status.json")"
in_guest systemctl reload auditship.service || fail "systemctl reload"

# What confines the service hides nothing of the host: its addresses, its name, where a path of a filter leads.
trail=$ROOT/var/lib/auditship/audit.ndjson
[ -z "$(ip -o addr show scope global)" ] ||
	[ "$(head -n 1 "$trail" | jq '.host.ip | length')" -gt 0 ] || fail "it does not know the addresses of the host"
in_guest mkdir /tmp/left-out
left_out() { in_guest auditship status --json | jq -e '.filters.left_out.path > 0'; }
write_there() { in_guest sh -c 'echo >/tmp/left-out/this' && left_out; }
wait_until 10 write_there || fail "a path below /tmp is not left out"
in_guest hostname "renamed-$$"
is_renamed() { in_guest /bin/true renamed && tail -n 5 "$trail" | grep -q "\"hostname\":\"renamed-$$\""; }
wait_until 20 is_renamed || fail "it does not see the new name of the host: $(tail -n 1 "$trail" | jq -c .host)"

# An upgrade, then a crash, while programs storm.
cp "$storm" "$DIR/storm-$$"
# Some 5,000 per second: a thousand at once, then a rest.
(cd "$DIR" && for _ in $(seq $((runs / 1000))); do
	"$storm" 2 1000 "./storm-$$" >/dev/null || exit 1
	sleep 0.12
done) &
storming=$!
in_guest dpkg -i --force-confold "/srv/pkg/${new_deb##*/}" >"$DIR/upgrade.err" 2>&1 || fail "the upgrade"
rm "$DIR/upgrade.err"
must_be_active "the service is gone after the upgrade"
[ "$(property MainPID)" != "$pid" ] || fail "the upgrade has not restarted it"
signal KILL
is_back() { [ "$(property NRestarts)" = 1 ] && is_active; }
wait_until 60 is_back || { explain && fail "systemd does not start it again after kill -9"; }
wait "$storming" || fail "the storm"
if [ -n "${FULL-}" ]; then # it hangs: the watchdog ends it
	signal STOP
	is_back_again() { [ "$(property NRestarts)" = 2 ] && is_active; }
	wait_until 120 is_back_again || { explain && fail "the watchdog does not end an agent that hangs"; }
fi
in_guest /bin/true the-last-one
has_last() { tail -c 20000000 "$ROOT/var/lib/auditship/audit.ndjson" | grep -q the-last-one; }
wait_until 60 has_last || fail "the trail does not go on"
status_of
jq -e '.account.balances and .account.lost == 0' "$DIR/status.json" >/dev/null || fail "$(jq -c .account "$DIR/status.json")"
in_guest dpkg -r auditship >"$DIR/remove.err" 2>&1 || fail "dpkg -r"
rm "$DIR/remove.err"
[ "$(in_guest systemctl is-active auditship.service)" != active ] || fail "it still runs"
[ -z "$(in_guest find /sys/fs/bpf -mindepth 1 -name 'auditship*')" ] || fail "something is still pinned"
# Beyond the removal nobody watches, and before it everything is there.
trail=$ROOT/var/lib/auditship
{
	find "$trail" -name 'audit-*.zst' | sort | xargs -r zstd -dcq
	find "$trail" -name 'audit-*.ndjson' | sort | xargs -r cat
	cat "$trail/audit.ndjson"
} >"$DIR/all.ndjson"
in_guest dpkg -i "/srv/pkg/${new_deb##*/}" >"$DIR/install.err" 2>&1 || fail "dpkg -i after dpkg -r"
must_be_active "installed again it does not start"
in_guest dpkg -r auditship >"$DIR/remove.err" 2>&1 || fail "dpkg -r once more"
rm "$DIR/install.err" "$DIR/remove.err"
end_guest
jq -r .event.id "$DIR/all.ndjson" | sort -t : -k 1,1 -k 2,2n | uniq -d >"$DIR/twice"
[ ! -s "$DIR/twice" ] || fail "$(wc -l <"$DIR/twice") events are in the trail twice"
check_numbers "$DIR/all.ndjson" || fail "the trail and what happened differ"
found=$(grep -c "\"name\":\"storm-$$\".*\"action\":\"exec\"\|\"action\":\"exec\".*\"name\":\"storm-$$\"" "$DIR/all.ndjson")
[ "$found" -ge "$runs" ] || fail "$found of $runs programs of the storm are in the trail"
echo "systemd: good ($runs programs, $(cat "$DIR/verdict.err"))"
