# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What every peer needs, and what a peer is that says nothing else. A peer is a file beside this one
# that sets peer_title, peer_loads, peer_kinds and overrides the functions below. It finds $WORK
# (programs of the loads), $OUT (empty, for this run), $LOAD, $AGENT, and writes below $OUT.

peer_title=
peer_packages=      # of Debian
peer_caged=1        # it is a process, or several
peer_loads=         # it takes part in
peer_kinds() { :; } # the kinds of events it records of $LOAD: exec exit open
peer_cannot() { :; } # prints why it cannot run here, if so
peer_start() { :; }
peer_ready() { :; }   # fails while it is still starting
peer_expect() { :; } # just before the load
peer_arrival() { :; } # waits until all of the load is in its file; prints when that was, and when it was on disk
peer_stop() { stop_caged INT; }
peer_count() { :; }   # prints how many events of kind $1 the output has of the load
# All that it recorded, and what of it is of the load; what else happens on the host is in its processor time.
peer_text() { cat "$OUT/execs" "$OUT/exits" "$OUT/opens" "$OUT/events" 2>/dev/null; }
peer_of_load() { LC_ALL=C grep -c 'storm_\|cc1 -O2 -Wall'; }
peer_told() { echo 0; } # how many lost ones it counts itself
peer_extra_cpu_us() { echo 0; } # what threads of the kernel do for it, so far
peer_command() { :; } # what it is started with, for the table
peer_undo() { :; }    # when the run is over, however it ended

# All that a peer starts runs in one cgroup: it counts processor time to the microsecond, of processes that
# have ended as well, and nothing is forgotten at the end.
cage_new() {
	CAGE=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/auditship-bench-$$
	mkdir "$CAGE"
}

# cage NAME COMMAND...: in the background, with standard output in $OUT/NAME.
cage() {
	name=$1
	shift
	# shellcheck disable=SC2016
	sh -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' sh "$CAGE" "$@" \
		>"$OUT/$name" 2>"$OUT/$name.err" </dev/null &
}

caged() { cat "$CAGE/cgroup.procs" 2>/dev/null; }

cage_cpu_us() { sed -n 's/^usage_usec //p' "$CAGE/cpu.stat"; }

# The sum of a line of /proc/PID/FILE over all caged processes.
cage_sum() {
	for pid in $(caged); do
		sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$pid/$1" 2>/dev/null
	done | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# wait_for SECONDS COMMAND...
wait_for() {
	until=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$until" ] || return 1
		sleep 0.05
	done
}

cage_empty() { [ -z "$(caged)" ]; }

stop_caged() {
	for pid in $(caged); do
		kill -"$1" "$pid" 2>/dev/null || :
	done
	wait_for 20 cage_empty
}

cage_remove() {
	[ -d "${CAGE-}" ] || return 0
	cage_empty || stop_caged KILL || :
	rmdir "$CAGE"
}

# Until nothing caged has had more than a twentieth of a processor for half a second.
cage_at_rest() {
	rest=0 bound=${1-60}
	end=$(($(date +%s) + bound))
	before=$(cage_cpu_us)
	while [ $rest -lt 2 ]; do
		[ "$(date +%s)" -le $end ] || return 1
		sleep 0.25
		now=$(cage_cpu_us)
		if [ $((now - before)) -lt 12500 ]; then rest=$((rest + 1)); else rest=0; fi
		before=$now
	done
}

package_version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null; }

# lines FILE TEXT...: how many lines of the file have each of the texts in it.
lines() {
	file=$1
	shift
	[ -s "$file" ] || {
		echo 0
		return
	}
	if [ $# = 1 ]; then
		LC_ALL=C grep -cF -- "$1" "$file" || :
	else
		LC_ALL=C grep -F -- "$1" "$file" | LC_ALL=C grep -cF -- "$2" || :
	fi
}
