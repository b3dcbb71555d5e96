#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots a kernel in software emulation and writes what its console says to LOG. A guest that does
# not end by itself within SECONDS is ended, and its last lines are shown. One that does not even
# come to its first process is the emulator's trouble and is started once more.
# usage: boot.sh ARCHITECTURE KERNEL_DIRECTORY INITRAMFS LOG SECONDS
set -u
. "$(dirname "$0")/lib.sh"
architecture=$1 kernel=$2 initramfs=$3 log=$4 seconds=$5
. "$VM_DIR/tools/env"
boot_seconds=120

case "$architecture" in
amd64) machine="qemu-system-x86_64 -cpu max" console=ttyS0 ;;
arm64) machine="qemu-system-aarch64 -machine virt -cpu cortex-a57" console=ttyAMA0 ;;
*) die "no machine for $architecture" ;;
esac

start() {
	# shellcheck disable=SC2086
	LD_LIBRARY_PATH=$QEMU_LIBRARIES exec timeout --foreground -k 5 "$seconds" $machine -accel tcg -smp 2 \
		-m 1536 -L "$QEMU_DATA/qemu" -L "$QEMU_DATA/seabios" \
		-nodefaults -nographic -no-reboot -net none -serial stdio \
		-kernel "$kernel/vmlinuz" -initrd "$initramfs" \
		-append "console=$console panic=-1 no_timer_check" </dev/null >"$log" 2>"$log.qemu"
}

says() { tr -d '\r' <"$log" | grep -q "^@$1"; }

trap 'kill ${guest:-} 2>/dev/null' EXIT
trap 'exit 1' INT TERM
guest=
for attempt in 1 2; do
	: >"$log"
	start &
	guest=$!
	waited=0
	until says init || [ "$waited" -ge "$boot_seconds" ] || ! kill -0 $guest 2>/dev/null; do
		sleep 1
		waited=$((waited + 1))
	done
	! says init || break
	echo "vm: no first process after $waited s (attempt $attempt)"
	tail -n 5 "$log" | tr -d '\r'
	kill $guest 2>/dev/null
	wait $guest
done
wait $guest
status=$?
if ! says done; then
	echo "vm: the guest did not come to its end within $seconds s (qemu: $status); its last lines:"
	cat "$log.qemu"
	tail -n 20 "$log" | tr -d '\r'
	exit 1
fi
