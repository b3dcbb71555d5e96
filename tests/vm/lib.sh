# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts here. Everything they make lies below build/vm: tools/ (qemu and busybox),
# kernels/, lists/ (what apt knows), and one directory per guest.
VM_DIR=${VM_DIR:-$(pwd)/build/vm}
SOURCES=/etc/apt/sources.list.d/debian.sources

die() {
	echo "vm: $*" >&2
	exit 1
}

# Nothing can be had here, which is no fault of the tree: skipped, but a failure where CI is "true".
unobtainable() {
	echo "vm tests cannot run: $*" >&2
	[ "${CI-}" != true ] || exit 1
	exit 77
}

# Columns of a kernel's row in the file `kernels`: kernel_row NAME COLUMNS
kernel_row() {
	row=$(sed -n "s/^$1[[:space:]]/$1 /p" "$(dirname "$0")/kernels" | tr -s '[:space:]' ' ')
	[ -n "$row" ] || die "there is no kernel '$1' in tests/vm/kernels"
	echo "$row" | cut -d ' ' -f "$2"
}

# The archive that the system itself takes a suite from; security suites have one of their own.
archive_of() {
	[ -r "$SOURCES" ] || return 1
	awk -v security="$(case "$1" in *-security) echo 1 ;; *) echo 0 ;; esac)" '
		/^URIs:/ { uri = $2 }
		/^Suites:/ && (($2 ~ /-security$/) == security) { print uri; found = 1; exit }
		END { exit !found }' "$SOURCES"
}

# apt with a root of its own: apt_in ROOT COMMAND...; the system's own state stays as it is.
apt_in() {
	root=$1 command=$2
	shift 2
	"$command" -o Dir::State="$root" -o Dir::State::status="$root/status" \
		-o Dir::Cache="$root/cache" -o Dir::Etc::sourcelist="$root/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# Makes such a root and reads the lists: apt_root ROOT ARCHITECTURE SUITE...
apt_root() {
	root=$1 architecture=$2
	shift 2
	command -v apt-get >/dev/null || unobtainable "packages come by apt-get, which is not here"
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
	[ -e "$root/status" ] || : >"$root/status"
	: >"$root/sources.list"
	for suite in "$@"; do
		archive=$(archive_of "$suite") ||
			unobtainable "$SOURCES names no archive of Debian for $suite"
		echo "deb [arch=$architecture target=Packages" \
			"signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
			"$archive $suite main" >>"$root/sources.list"
	done
	apt_in "$root" apt-get -q update >"$root/log" 2>&1 &&
		! grep -q '^[EW]: Failed' "$root/log" || {
		tail -n 3 "$root/log" >&2
		unobtainable "apt cannot read the lists of $*; all it said is in $root/log"
	}
}
