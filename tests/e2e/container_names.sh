#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Containers by namespaces alone: their processes have the names of their own passwd, ids mapped; a
# passwd that is a FIFO, a link to the host's, 1 GB long or rubbish stalls nothing and names nobody.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes
in_private_mounts

# make_box NAME: a root with the programs of the host and an etc of its own.
make_box() {
	mkdir -p "$DIR/$1/etc" "$DIR/$1/usr"
	ln -s usr/bin usr/lib usr/lib64 "$DIR/$1/" 2>/dev/null || :
	echo 'crate:x:0:' >"$DIR/$1/etc/group"
}

# run_box NAME [UNSHARE OPTION...]: a program that lives long enough to be looked at.
run_box() {
	box=$1
	shift
	unshare --mount "$@" sh -c "mount --rbind /usr '$DIR/$box/usr' &&
		chroot '$DIR/$box' /usr/bin/sleep 0.4 && chroot '$DIR/$box' /usr/bin/env box=$box sleep 0.3"
}

# Of each exec of sleep in that box: its user's name, its source, and whether it is marked. Found by text first:
# the trail of a busy host is long.
all_names_of() {
	grep -F "$DIR/$1/" "$DIR/trail/audit.ndjson" | jq -r --arg box "$DIR/$1/" 'select(.event.action == "exec" and .process.name == "sleep" and
		(.process.executable | startswith($box))) |
		[.user.name // "none", .Linux.names.source // "none",
		 (if .Linux.names.unresolved then "marked" else "sure" end)] | join(" ")'
}
names_of() { all_names_of "$1" | tail -n 1; }
has_run() { [ "$(all_names_of "$1" | wc -l)" = 2 ]; }

# expect NAME PATTERN: a busy machine may need another run before the answer is there in time.
expect() {
	tries=8
	while :; do
		before=$(grep -c "$DIR/$1/usr/bin/sleep" "$DIR/trail/audit.ndjson" || :)
		run_box "$@" >/dev/null 2>&1 || fail "the box '$1' does not run"
		wait_until 10 sh -c "[ \$(grep -c '$DIR/$1/usr/bin/sleep' '$DIR/trail/audit.ndjson') -ge $((before + 2)) ]" ||
			fail "the box '$1' is not told"
		found=$(names_of "$1")
		case $found in
		"$WANTED") return 0 ;;
		none\ *\ marked) ;; # not in time
		*) fail "$1: '$found', not '$WANTED'" ;;
		esac
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "$1: still '$found', not '$WANTED'"
	done
}

for box in plain mapped fifo link huge rubbish none; do make_box $box; done
echo 'boxed:x:0:0::/:/bin/sh' >"$DIR/plain/etc/passwd"
printf 'zero:x:0:0::/:/bin/sh\ninside:x:5:0::/:/bin/sh\n' >"$DIR/mapped/etc/passwd"
mkfifo "$DIR/fifo/etc/passwd"
ln -s ../../../../../../../../etc/passwd "$DIR/link/etc/passwd"
printf 'huge:x:0:0::/:/bin/sh\n' >"$DIR/huge/etc/passwd"
truncate -s 1G "$DIR/huge/etc/passwd"
head -c 100000 /dev/urandom >"$DIR/rubbish/etc/passwd"
write_config
start_agent

WANTED="boxed container sure" expect plain
# Root of a user namespace that maps 0 to 0, seen from inside.
WANTED="zero container sure" expect mapped --user --map-root-user
WANTED="none container marked"
for box in fifo link huge; do
	run_box $box
	wait_until 10 has_run $box || fail "$box is not told"
	case $(names_of $box) in
	none\ *\ marked) ;;
	*) fail "$box: '$(names_of $box)'" ;;
	esac
done
WANTED="none container sure" expect rubbish
WANTED="none container sure" expect none

# Another passwd: within five seconds the names are those.
run_box plain &
sed -i s/boxed/renamed/ "$DIR/plain/etc/passwd"
wait $!
WANTED="renamed container sure" expect plain

# The host's own names were never given to a box.
jq -r --arg dir "$DIR/" 'select(.event.action == "exec" and (.process.executable // "" | startswith($dir))) |
	.user.name // empty' "$DIR/trail/audit.ndjson" | sort -u >"$DIR/names"
[ -z "$(grep -vxE 'boxed|renamed|zero' "$DIR/names" || :)" ] || fail "wrong names: $(cat "$DIR/names")"
"$AGENT" status --json --socket "$DIR/run/control.sock" >"$DIR/status" || :
[ "$(jq .helper.timed_out "$DIR/status")" = 0 ] || fail "a file made the helper hang"
stop_agent 0
check_trail "$DIR/trail/audit.ndjson"
echo "container_names: good"
