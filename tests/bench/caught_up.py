#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""When was all that an agent of ours had seen by the end of standard input in its trail, and when did it count
as delivered?

caught_up.py SOCKET TRAIL: prints both, in seconds since 1970. Started before the load, so that it waits for no
interpreter; what ends the input is the end of the load.
A line is in the file when it was written; delivered is what a power loss leaves there as well.
"""
import json
import os
import socket
import sys
import time

TAIL_BYTES = 65536
LONGEST_S = 120


def status(stream):
    stream.write("status\n")
    stream.flush()
    return json.loads(stream.readline())


def last_line(trail):
    """Sequence of the last whole line, and when the file was last written: not before that line."""
    try:
        with open(trail, "rb") as file:
            written = os.fstat(file.fileno()).st_mtime
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read().split(b"\n")
    except FileNotFoundError:  # it is just rotated
        lines, written = [], 0
    return (json.loads(lines[-2])["event"]["sequence"] if len(lines) > 2 else 0), written


def main():
    path, trail = sys.argv[1:]
    sys.stdin.read()
    client = socket.socket(socket.AF_UNIX)  # not before: the agent closes what asks nothing for five seconds
    client.connect(path)
    stream = client.makefile("rw")
    until = time.time() + LONGEST_S
    now = status(stream)
    seen = now["account"]["numbered"]
    while now["account"]["numbered"] - now["account"]["in_ring"] < seen:
        now = status(stream)
    events, in_file = now["journal"]["events"], None
    while time.time() < until:
        sequence, written = last_line(trail)
        if in_file is None and sequence >= events:
            in_file = written
        if status(stream)["sinks"][0]["acknowledged"] >= events:
            print(in_file or time.time(), time.time())
            return 0
        time.sleep(0.005)
    return 1


if __name__ == "__main__":
    sys.exit(main())
