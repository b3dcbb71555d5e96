#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Three hundred reloads, one right after the other, that add a sink, remove it, change a rule or are refused, while
# another sink goes on. What the second sink needed is the kernel's again each time it is removed, and after the
# last hundred (and, when caches have filled meanwhile, one more) the agent has the memory and the descriptors that it
# had after those before. Sanitizers keep memory
# that is free: built with them only the descriptors are compared.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
need_probes

# write_variant N
write_variant() {
	extra= args=32KiB
	case $(($1 % 4)) in
	1) extra="  - {name: other, type: file, path: $DIR/other/audit.ndjson, rotate: {size: 1MiB}, keep: {files: 1}}" ;;
	3) args=oops ;; # refused
	esac
	cat >"$DIR/next.yaml" <<END
agent: {state_dir: $DIR/state, runtime_dir: $DIR/run, coverage: request}
capture: {events: [process, file], args_max: $args}
rules:
  - {name: rule-$1, when: {process.executable: /nowhere/$1}, do: drop}
sinks:
  - {name: trail, type: file, path: $DIR/trail/audit.ndjson, rotate: {size: 1MiB}, keep: {files: 1}}
$extra
END
	mv "$DIR/next.yaml" "$DIR/config.yaml"
}

# reload_to N: writes into $DIR/samples what the agent has while both sinks are there, and what without the second.
reload_to() {
	: >"$DIR/samples"
	while [ "$n" -lt "$1" ]; do
		n=$((n + 1))
		write_variant "$n"
		reload_agent
		case $((n % 4)) in
		1) with=$(memory_kib) ;;
		2) printf '%s %s %s\n' "$with" "$(memory_kib)" "$(descriptors)" >>"$DIR/samples" ;;
		esac
	done
}

# least COLUMN: of a hundred reloads, since packing and a segment that another replaces need more for a moment.
least() { awk -v column="$1" 'NR == 1 || $column < least { least = $column } END { print least }' "$DIR/samples"; }

write_variant 0
start_agent
start_load 1 0.01
n=0
reload_to 100 # caches fill
reload_to 200
before_kib=$(least 2) descriptors_before=$(least 3)
reload_to 300
after_kib=$(least 2) descriptors_after=$(least 3)
if [ "$after_kib" -gt $((before_kib + 2048)) ]; then # what leaks goes on growing, what fills does not
	before_kib=$after_kib
	reload_to 400
	after_kib=$(least 2) descriptors_after=$(least 3)
fi
given_back=$(awk '$1 - $2 >= 256 { n++ } END { print n + 0 }' "$DIR/samples")
removals=$(wc -l <"$DIR/samples")
stop_load
stop_agent 0
found="$before_kib and then $after_kib KiB, $descriptors_before and then $descriptors_after descriptors"
[ "$descriptors_after" -le "$descriptors_before" ] || fail "descriptors leak: $found"
if ! grep -qE '__[at]san_init' "$AGENT"; then
	[ "$after_kib" -le $((before_kib + 2048)) ] || fail "memory grows: $found"
	[ $((given_back * 2)) -gt "$removals" ] || fail "memory comes back after $given_back of $removals removals only"
fi
echo "reload_memory: good ($found; memory came back after $given_back of $removals removals)"
