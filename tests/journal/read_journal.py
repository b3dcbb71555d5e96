#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A second reader of the journal, written from docs/journal-format.md alone.

read_journal.py DIR [NAME]: prints what is whole, as JSON: segments, what is no segment any more, events as
runs of [stream, first sequence, count], and, with the name of a cursor, from where its reader goes on.
It changes nothing and takes no lock.
"""
import json
import os
import re
import stat
import struct
import sys
import uuid

SEGMENT = re.compile(r"^([0-9]{8,18})\.seg(\..*)?$")
MAJOR = 1
FRAME_MAX = 64 << 20
NUMBERS_MAX = 16384
FRAME_NUMBERS_MAX = 8192
HEADER_MAX = 1 << 20
FILE_MAX = 2 << 30
FIRST_MAX = 1 << 62
SLOT = 4096


def _make_tables():
    first = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        first.append(byte)
    tables = [first]
    for _ in range(7):
        last = tables[-1]
        tables.append([entry >> 8 ^ first[entry & 255] for entry in last])
    return tables


_TABLES = _make_tables()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    t0, t1, t2, t3, t4, t5, t6, t7 = _TABLES
    whole = len(data) // 8 * 8
    for low, high in struct.iter_unpack("<II", data[:whole]):
        low ^= crc
        crc = (t7[low & 255] ^ t6[low >> 8 & 255] ^ t5[low >> 16 & 255] ^ t4[low >> 24] ^
               t3[high & 255] ^ t2[high >> 8 & 255] ^ t1[high >> 16 & 255] ^ t0[high >> 24])
    for byte in data[whole:]:
        crc = crc >> 8 ^ t0[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


class Aside(Exception):
    """The segment is set aside: args[0] says why, "damaged" or "newer"."""


def read_numbers(data, at, count):
    numbers = []
    for i in range(count):
        cpu, ring, kind, _, sequence = struct.unpack_from("<HBBIQ", data, at + 16 * i)
        numbers.append(((ring, cpu, kind), sequence))
    return numbers


class Segment:
    """A segment whose header is whole, and its frames up to the end."""

    def __init__(self, path, number):
        info = os.lstat(path)
        if not stat.S_ISREG(info.st_mode):
            raise Aside("damaged")
        with open(path, "rb") as file:
            self.data = file.read(FILE_MAX + 1)
        self.number = number
        self._read_header()
        self.frames = []  # (offset, first sequence, first index, count)
        self.time_ns = 0
        self._read_frames()

    def _read_header(self):
        data = self.data
        if len(data) < 12 or data[:8] != b"ASJSEG\r\n":
            raise Aside("damaged")
        major, self.minor = struct.unpack_from("<HH", data, 8)
        if major > MAJOR:
            raise Aside("newer")
        if major != MAJOR or len(data) < 88:
            raise Aside("damaged")
        (size, number) = struct.unpack_from("<IQ", data, 12)
        self.stream, self.boot_id = data[24:40], data[40:56]
        self.first_sequence, self.first_index, self.created_ns = struct.unpack_from("<QQQ", data, 56)
        count, crc = struct.unpack_from("<II", data, 80)
        if (number != self.number or count > NUMBERS_MAX or size < 88 + 16 * count or size % 8 or
                size > HEADER_MAX or size > len(data) or len(data) > FILE_MAX or
                not 1 <= self.first_sequence <= FIRST_MAX or self.first_index > FIRST_MAX):
            raise Aside("damaged")
        if crc32c(data[:84] + bytes(4) + data[88:size]) != crc:
            raise Aside("damaged")
        self.header_size = size
        self.numbers = dict(read_numbers(data, 88, count))
        self.seed = crc32c(self.stream + struct.pack("<Q", self.number))

    def frame_at(self, offset, end=None):
        """None: no whole frame. Else (size, type, count, number count, sequence, index, time)."""
        data = self.data
        end = len(data) if end is None else end
        if offset > end or end - offset < 48:
            return None
        (magic, crc, size, kind, _, count, numbers, sequence, index, time_ns) = struct.unpack_from(
            "<4sIIHHIIQQQ", data, offset)
        if (magic != b"ASJF" or size > end - offset or size > FRAME_MAX or size % 8 or
                numbers > FRAME_NUMBERS_MAX or size < 48 + 16 * numbers):
            return None
        frame = data[offset:offset + 4] + bytes(4) + data[offset + 8:offset + size]
        if crc32c(frame, self.seed) != crc:
            return None
        if kind == 1 and not self._entries_right(offset, size, count, numbers, sequence, index):
            return None
        return size, kind, count, numbers, sequence, index, time_ns

    def _entries_right(self, offset, size, count, numbers, sequence, index):
        if count == 0 or index < self.first_index:
            return False
        if (index - self.first_index) != (sequence - self.first_sequence) % 2**64:
            return False
        at, end = offset + 48 + 16 * numbers, offset + size
        for _ in range(count):
            if end - at < 8:
                return False
            (entry,) = struct.unpack_from("<I", self.data, at)
            if entry == 0 or entry % 8 or entry > end - at:
                return False
            at += entry
        return at == end

    def frames_from(self, offset, index):
        """Yields (offset, sequence, index, count, numbers, time) up to the end, then returns it."""
        while True:
            frame = self.frame_at(offset)
            if frame is None:
                return offset
            size, kind, count, numbers, sequence, first, time_ns = frame
            if kind == 1:
                if first != index:
                    return offset
                index += count
            yield offset, sequence, first, count if kind == 1 else 0, numbers, time_ns
            offset += size

    def _read_frames(self):
        self.events = 0
        frames = self.frames_from(self.header_size, self.first_index)
        while True:
            try:
                offset, sequence, index, count, numbers, time_ns = next(frames)
            except StopIteration as end:
                self.end = end.value
                break
            self.numbers.update(read_numbers(self.data, offset + 48, numbers))
            if count:
                self.frames.append((offset, sequence, index, count))
                self.events += count
                self.time_ns = time_ns
        self.torn = len(self.data[self.end:].rstrip(b"\0"))

    def ends_at(self, offset):
        """Is that place a normal end: that of the file, or zeros, or too short for a frame?"""
        rest = self.data[offset:offset + 48]
        return offset <= len(self.data) and (len(rest) < 48 or not any(rest))


class Cursor:
    """The slot that rules, or none: then reset says whether that is a fault."""

    def __init__(self, path):
        self.slot, self.reset = None, False
        try:
            with open(path, "rb") as file:
                data = file.read(2 * SLOT)
        except FileNotFoundError:
            return
        for i in range(2):
            raw = data[i * SLOT:(i + 1) * SLOT].ljust(SLOT, b"\0")
            slot = self._read_slot(raw)
            if slot is None:
                self.reset |= any(raw)
            elif self.slot is None or slot["generation"] >= self.slot["generation"]:
                self.slot = slot
        if self.slot:
            self.reset = False

    @staticmethod
    def _read_slot(raw):
        magic, crc, major, minor, entry = struct.unpack_from("<4sIHHI", raw)
        if magic != b"ASJC" or major != MAJOR or crc32c(raw[:4] + bytes(4) + raw[8:]) != crc:
            return None
        generation, segment, offset, index, sequence = struct.unpack_from("<QQQQQ", raw, 16)
        (gap_count,) = struct.unpack_from("<I", raw, 72)
        if gap_count > 17:
            return None
        gaps = []
        for i in range(gap_count):
            stream = raw[80 + 48 * i:96 + 48 * i]
            first, last, count, reason = struct.unpack_from("<QQQI", raw, 96 + 48 * i)
            gaps.append({"stream": str(uuid.UUID(bytes=stream)), "first": first, "last": last,
                         "count": count, "reason": reason})
        return {"generation": generation, "segment": segment, "offset": offset, "index": index,
                "sequence": sequence, "entry": entry, "stream": raw[56:72], "gaps": gaps}


class Journal:
    def __init__(self, directory):
        self.directory = directory
        self.segments, self.aside = [], []
        names, self.highest = [], 0
        for name in os.listdir(directory):
            match = SEGMENT.match(name)
            number = int(match[1]) if match else 0
            if number == 0 or match[1] != "%08d" % number or match[2] == ".tmp":
                continue
            self.highest = max(self.highest, number)
            if not match[2]:
                names.append((number, name))
        for number, name in sorted(names):
            try:
                self.segments.append(Segment(os.path.join(directory, name), number))
            except Aside as why:
                self.aside.append([name, why.args[0]])

    def frames(self):
        for segment in self.segments:
            for frame in segment.frames:
                yield segment, frame

    def runs(self, frames=None):
        """[stream, first sequence, count] of events that follow one another."""
        runs, next_index = [], None
        for segment, (_, sequence, index, count) in frames or self.frames():
            stream = str(uuid.UUID(bytes=segment.stream))
            if runs and runs[-1][0] == stream and index == next_index and \
                    sequence == runs[-1][1] + runs[-1][2]:
                runs[-1][2] += count
            else:
                runs.append([stream, sequence, count])
            next_index = index + count
        return runs

    def _place(self, cursor):
        """(segment number, offset, entry) of the cursor, as the table in the document has it."""
        slot = cursor.slot
        if slot is None:
            return 0, 0, 0
        for segment in self.segments:
            if segment.number == slot["segment"]:
                return self._place_in(segment, slot)
        if slot["segment"] > self.highest:
            return 0, 0, 0
        return slot["segment"], 0, 0

    def _place_in(self, segment, slot):
        number, offset, entry = segment.number, slot["offset"], slot["entry"]
        followers = [other for other in self.segments if other.number > number]
        if offset == 0:
            return number, 0, 0
        if slot["stream"] != segment.stream:
            return 0, 0, 0
        if followers and followers[0].first_index == slot["index"]:
            return (followers[0].number, 0, 0) if entry == 0 else (number, 0, 0)
        if offset < segment.header_size or offset % 8:
            return number, 0, 0
        if entry == 0 and (segment.ends_at(offset) or (not followers and offset == segment.end)):
            return number, offset, 0
        if not followers and offset > segment.end:
            return number, 0, 0
        frame = segment.frame_at(offset)
        if frame and frame[1] == 1 and entry < frame[2] and frame[5] + entry == slot["index"]:
            return number, offset, entry
        return number, 0, 0

    def from_cursor(self, cursor):
        number, offset, entry = self._place(cursor)
        frames = []
        for segment in self.segments:
            if segment.number < number:
                continue
            start, index, skip = segment.header_size, segment.first_index, 0
            if segment.number == number and offset:
                start, index, skip = offset, cursor.slot["index"] - entry, entry
            for at, sequence, first, count, _, _ in segment.frames_from(start, index):
                if count:
                    frames.append((segment, (at, sequence + skip, first + skip, count - skip)))
                    skip = 0
        return self.runs(frames) if frames else []


def describe(directory, name=None):
    journal = Journal(directory)
    answer = {
        "aside": journal.aside,
        "events": sum(segment.events for segment in journal.segments),
        "runs": journal.runs(),
        "segments": [{
            "number": segment.number, "minor": segment.minor, "events": segment.events,
            "first_sequence": segment.first_sequence, "first_index": segment.first_index,
            "end": segment.end, "torn_bytes": segment.torn,
            "stream": str(uuid.UUID(bytes=segment.stream)),
            "boot_id": str(uuid.UUID(bytes=segment.boot_id)),
            "numbers": sorted([list(key), value] for key, value in segment.numbers.items()),
        } for segment in journal.segments],
    }
    if name is not None:
        cursor = Cursor(os.path.join(directory, "cursor-" + name))
        answer["cursor"] = {"gaps": cursor.slot["gaps"] if cursor.slot else [],
                            "runs": journal.from_cursor(cursor)}
    return answer


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: read_journal.py DIR [NAME]")
    json.dump(describe(*sys.argv[1:]), sys.stdout, indent=1)
    print()
