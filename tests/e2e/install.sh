#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `cmake --install` puts each file where it belongs below DESTDIR and the prefix; the unit names the
# program there. Every option that --help tells is one, each command has its help and its manual page.
# With FULL=1: two builds in different directories are the same, byte for byte, and one with static libbpf
# has no shared one.
AGENT=$1 SOURCE=$2
. "$(dirname "$0")/lib.sh"
BUILD=$(dirname "$AGENT")
command -v mandoc >/dev/null || cannot_run "mandoc is not installed"

DESTDIR=$DIR/root cmake --install "$BUILD" --prefix /opt/as >"$DIR/install.err" 2>&1 || fail "cmake --install"
rm "$DIR/install.err"
for file in opt/as/sbin/auditship etc/auditship/auditship.yaml etc/auditship/conf.d \
	opt/as/lib/systemd/system/auditship.service opt/as/lib/sysusers.d/auditship.conf \
	opt/as/share/auditship/schemas/event.schema.json opt/as/share/auditship/prometheus/auditship.rules.yml \
	opt/as/share/man/man5/auditship.yaml.5 opt/as/share/man/man8/auditship.8; do
	[ -e "$DIR/root/$file" ] || fail "$file is not there"
done
grep -q '^ExecStart=/opt/as/sbin/auditship run$' "$DIR/root/opt/as/lib/systemd/system/auditship.service" ||
	fail "the unit starts something else"
if find "$DIR/root" -type f -perm /022 | grep .; then fail "others may write these"; fi

# What is said of the options.
commands=$("$AGENT" --help | sed -n '/^commands:$/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 5 ] || fail "--help lists too few commands"
for command in $commands; do
	"$AGENT" "$command" --help >"$DIR/help" || fail "$command --help"
	head -n 1 "$DIR/help" | grep -q "^usage: auditship $command" || fail "$command --help is of something else"
	for option in $(sed -n 's/^ *\(-[a-zA-Z], \)*\(--[a-z-]*\).*/\2/p' "$DIR/help"); do
		sed 's/\\-/-/g' "$DIR/root/opt/as/share/man/man8/auditship-$command.8" | grep -q -e "$option" ||
			fail "the page of $command does not have $option"
		[ "$option" = --help ] && continue
		# an option with a value takes the next word for it, and the command may then run: for a moment
		timeout 2 "$AGENT" "$command" "$option" --no-such-option >/dev/null 2>"$DIR/said" </dev/null || :
		if grep -qE "no option '?$option|unknown option '?$option" "$DIR/said"; then fail "$command has no $option"; fi
	done
	page=$DIR/root/opt/as/share/man/man8/auditship-$command.8
	mandoc -T lint -W warning "$page" >"$DIR/lint" || :
	if grep -v 'missing date' "$DIR/lint"; then fail "the page of $command"; fi
done
# Each option of the file is in its page.
sed -n 's/^| `\([a-z_.]*\)` .*/\1/p' "$SOURCE/docs/options.md" | while read -r option; do
	grep -q "^\\.B $option$" "$DIR/root/opt/as/share/man/man5/auditship.yaml.5" || fail "auditship.yaml(5) has no $option"
done

[ -n "${FULL-}" ] || exit 0
[ -r /sys/kernel/btf/vmlinux ] || cannot_run "this kernel offers no BTF"
cp /sys/kernel/btf/vmlinux "$DIR/vmlinux.btf"
build() { # DIRECTORY [ARGUMENT...]
	place=$1
	shift
	mkdir -p "$place"
	(cd "$SOURCE" && tar cf - --exclude=./build --exclude=./.git .) | (cd "$place" && tar xf -)
	(cd "$place" && cmake -S . -B out -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DREQUIRE_KERNEL_BTF=ON \
		-DKERNEL_BTF="$DIR/vmlinux.btf" "$@" && cmake --build out) >"$DIR/build.err" 2>&1 || fail "the build in $place"
}
build "$DIR/one"
build "$DIR/elsewhere/and/deeper"
cmp "$DIR/one/out/auditship" "$DIR/elsewhere/and/deeper/out/auditship" || fail "two builds differ"
if grep -qa "$DIR" "$DIR/one/out/auditship"; then fail "the program knows where it was built"; fi
build "$DIR/static" -DSTATIC_LIBBPF=ON
if ldd "$DIR/static/out/auditship" | grep -E 'libbpf|libelf'; then fail "libbpf is still shared"; fi
"$DIR/static/out/auditship" --version >/dev/null || fail "the static one does not run"
