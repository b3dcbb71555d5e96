#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Damages journals in every way and asks both readers what is whole: the agent's and read_journal.py,
which was written from docs/journal-format.md alone. They have to agree, on the events, on what is set
aside, and on where a cursor goes on.

compare.py PROBE: PROBE is tests/journal/journal_probe. FULL=1 in the environment tries every byte.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import read_journal

FRAMES, ACKNOWLEDGED = 44, 31
STEP = 1 if os.environ.get("FULL") else 23


class Probe:
    def __init__(self, program, command):
        self.process = subprocess.Popen([program, command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, directory):
        self.process.stdin.write(directory + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("FAULT: the agent does not come back from " + directory)
        return json.loads(line)


class Comparison:
    def __init__(self, program, directory):
        self.good = os.path.join(directory, "good")
        self.place = os.path.join(directory, "damaged")
        self.other = os.path.join(directory, "other")
        subprocess.run([program, "make", self.good, str(FRAMES), str(ACKNOWLEDGED)], check=True)
        subprocess.run([program, "make", self.other, str(FRAMES)], check=True)
        self.reading, self.opening = Probe(program, "read"), Probe(program, "open")
        self.segments = sorted(name for name in os.listdir(self.good) if name.endswith(".seg"))
        assert len(self.segments) >= 4, self.segments
        self.count = 0

    def path(self, name):
        return os.path.join(self.place, name)

    def renew(self):
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.good, self.place)

    def fault(self, what, names, ours, theirs):
        sys.exit("FAULT: %s: %s: the agent says\n%s\nthe document says\n%s" %
                 (what, names, json.dumps(ours), json.dumps(theirs)))

    def check(self, what):
        self.count += 1
        theirs = read_journal.describe(self.place, "check")
        aside = [why for _, why in theirs["aside"]]
        newest = theirs["segments"][-1] if theirs["segments"] else {"torn_bytes": 0}
        wanted = {"runs": theirs["runs"], "events": theirs["events"], "torn": newest["torn_bytes"],
                  "damaged": aside.count("damaged"), "newer": aside.count("newer")}
        ours = self.reading.ask(self.place)
        if {key: ours[key] for key in wanted if key != "events"} != {
                key: value for key, value in wanted.items() if key != "events"}:
            self.fault(what, "read", ours, wanted)
        ours = self.opening.ask(self.place)
        if ours["runs"] != theirs["cursor"]["runs"]:
            self.fault(what, "from the cursor", ours["runs"], theirs["cursor"]["runs"])
        self.check_aside(what, theirs)
        self.check_again(what, theirs)

    def check_aside(self, what, theirs):
        """What was set aside has another name and all its bytes."""
        names = os.listdir(self.place)
        for name, why in theirs["aside"]:
            suffix = ".bad" if why == "damaged" else ".newer"
            if name in names or not any(other.startswith(name + suffix) for other in names):
                self.fault(what, "set aside", names, theirs["aside"])

    def check_again(self, what, theirs):
        """The second opening finds what the first has left: every event, once more."""
        again = self.reading.ask(self.place)
        if again["runs"] != theirs["runs"] or again["damaged"] or again["newer"]:
            self.fault(what, "opened again", again, theirs["runs"])


def lengths(comparison):
    for name in (comparison.segments[1], comparison.segments[-1]):
        size = os.path.getsize(os.path.join(comparison.good, name))
        for length in range(0, size, STEP):
            comparison.renew()
            os.truncate(comparison.path(name), length)
            comparison.check("%s cut to %d bytes" % (name, length))


def flip(path, at, bit):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0] ^ 1 << bit
        file.seek(at)
        file.write(bytes([byte]))


def flips(comparison, chance):
    for name in comparison.segments + ["cursor-check"]:
        size = os.path.getsize(os.path.join(comparison.good, name))
        for at in list(range(0, min(size, 200), 1 if STEP == 1 else 3)) + list(range(200, size, 3 * STEP)):
            comparison.renew()
            flip(comparison.path(name), at, chance.randrange(8))
            comparison.check("%s: a bit of byte %d" % (name, at))


def cursors(comparison, chance):
    """Whole slots that point anywhere."""
    import struct
    for _ in range(40 * (20 if STEP == 1 else 1)):
        comparison.renew()
        path = comparison.path("cursor-check")
        with open(path, "rb") as file:
            data = bytearray(file.read())
        for slot in range(2):
            raw = data[slot * 4096:(slot + 1) * 4096]
            struct.pack_into("<Q", raw, 24, chance.choice([0, 1, 2, 3, 4, 5, 9, 2**63]))
            struct.pack_into("<Q", raw, 32, chance.choice([0, 8, 104, 112, 300, 4096, 8192, 2**63]))
            if chance.random() < 0.5:
                struct.pack_into("<Q", raw, 40, chance.randrange(90))
                struct.pack_into("<I", raw, 12, chance.randrange(4))
            raw[4:8] = bytes(4)
            struct.pack_into("<I", raw, 4, read_journal.crc32c(bytes(raw)))
            data[slot * 4096:(slot + 1) * 4096] = raw
        with open(path, "wb") as file:
            file.write(data)
        comparison.check("a cursor that points anywhere")


def files(comparison):
    first, second, third = comparison.segments[:3]
    for name in comparison.segments + ["cursor-check"]:
        comparison.renew()
        os.unlink(comparison.path(name))
        comparison.check(name + " deleted")
    comparison.renew()
    os.rename(comparison.path(second), comparison.path("x"))
    os.rename(comparison.path(third), comparison.path(second))
    os.rename(comparison.path("x"), comparison.path(third))
    comparison.check("two segments swapped")
    for name in comparison.segments:
        comparison.renew()
        shutil.copy(os.path.join(comparison.other, name), comparison.path(name))
        comparison.check(name + " of another journal")
    comparison.renew()
    shutil.copy(os.path.join(comparison.other, first), comparison.path("00000099.seg"))
    comparison.check("a segment under another name")
    comparison.renew()
    with open(comparison.path(third), "r+b") as to, open(comparison.path(second), "rb") as source:
        to.seek(1024)
        source.seek(1024)
        to.write(source.read(1024))
    comparison.check("frames of another segment")


def versions(comparison):
    """Handcrafted ones: a newer minor version with more in header and frames, a newer major one."""
    import struct
    name = comparison.segments[1]
    with open(os.path.join(comparison.good, name), "rb") as file:
        data = bytearray(file.read())
    (size,) = struct.unpack_from("<I", data, 12)

    def write(header, rest):
        comparison.renew()
        struct.pack_into("<I", header, 84, 0)
        struct.pack_into("<I", header, 84, read_journal.crc32c(bytes(header)))
        with open(comparison.path(name), "wb") as file:
            file.write(header + rest)

    longer = data[:size] + b"what a later version knows......"
    struct.pack_into("<HH", longer, 8, 1, 7)
    struct.pack_into("<I", longer, 12, len(longer))
    write(longer, data[size:])
    comparison.check("a newer minor version")
    theirs = read_journal.describe(comparison.good)
    assert read_journal.describe(comparison.place)["runs"] == theirs["runs"]

    (frame_size,) = struct.unpack_from("<I", data, size + 8)
    unknown = bytearray(data[size:size + 48] + b"\1" * 16)
    struct.pack_into("<IHH", unknown, 8, len(unknown), 77, 0)
    struct.pack_into("<II", unknown, 16, 0, 0)
    seed = read_journal.crc32c(bytes(data[24:40]) + bytes(data[16:24]))
    unknown[4:8] = bytes(4)
    struct.pack_into("<I", unknown, 4, read_journal.crc32c(bytes(unknown), seed))
    write(data[:size], data[size:size + frame_size] + unknown + data[size + frame_size:])
    os.unlink(comparison.path("cursor-check"))
    comparison.check("a frame of an unknown type")
    assert read_journal.describe(comparison.place)["runs"] == theirs["runs"]

    for short in (False, True):
        newer = bytearray(data[:size])
        struct.pack_into("<HH", newer, 8, 2, 0)
        write(newer, b"" if short else data[size:])
        if short:
            os.truncate(comparison.path(name), 12)
        comparison.check("a newer major version")
        assert name + ".newer" in os.listdir(comparison.place)


def main():
    directory = tempfile.mkdtemp(prefix="auditship-compare-")
    try:
        comparison = Comparison(sys.argv[1], directory)
        comparison.renew()
        comparison.check("nothing")
        chance = random.Random(20260301)
        lengths(comparison)
        flips(comparison, chance)
        cursors(comparison, chance)
        files(comparison)
        versions(comparison)
        print("compared %d journals: both readers agree" % comparison.count)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
