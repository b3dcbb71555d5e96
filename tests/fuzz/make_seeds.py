#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the inputs the fuzzers start from, of fixtures, golden recordings and examples.

make_seeds.py, from the project's root: corpus/TOPIC/seed-*. Files with other names are what fuzzers found.
"""
import glob
import json
import os
import re
import struct

ROOT = "tests/fuzz/corpus"
ID = "2ba14df04f2e8ac78ab0ce3f5a9c90931b8888f8a1a7aa9741fa2f45b7a58f15"  # as in fuzz_container_state.c
ENTRY_HEAD = 32


def put(topic, name, data):
    path = f"{ROOT}/{topic}/seed-{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def entries():
    for path in sorted(glob.glob("tests/golden/data/*.rec")):
        with open(path, "rb") as file:
            data = file.read()[16:]
        at, number = 0, 0
        while at < len(data):
            size, record_size = struct.unpack_from("<II", data, at)
            kind, = struct.unpack_from("<H", data, at + ENTRY_HEAD + 4)
            yield os.path.basename(path)[:-4], number, kind, data[at:at + size], record_size
            at, number = at + size, number + 1


def records():
    kinds = {}
    for name, number, kind, entry, record_size in entries():
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] > 2:
            continue
        put("entry", f"{name}-{number}", entry)
        put("record", f"{name}-{number}", entry[ENTRY_HEAD:ENTRY_HEAD + record_size])
    frame = struct.pack("<I", 16 + len(entry)) + b"s" * 16 + entry
    put("entry", "frame", frame)


def cgroup_paths():
    words = {"1": ID, "2": "c" * 64, "X": ID.upper(), "u": "8f2a5ff1-3cb2-4ba6-9d54-7b92c0ffee00",
             "U": "8f2a5ff1_3cb2_4ba6_9d54_7b92c0ffee00", "s": "0123456789abcdef" * 2,
             "t": "fedcba98" * 4}
    with open("tests/fixtures/cgroup_paths.tsv", encoding="utf-8") as file:
        paths = [line.split("\t")[0] for line in file if line[0] == "/"]
    for number, path in enumerate(paths[::4]):
        put("cgroup_path", f"{number:02}", re.sub("%(.)", lambda match: words[match[1]], path.strip()))


def users():
    with open("tests/fixtures/host_root/etc/passwd", "rb") as file:
        put("users", "host", file.read() + b"\0root:x:0:\nadm:x:4:syslog,alice\n")
    put("users", "same-ids", "a:x:0:0::/:/b\nb:x:0:0::/:/b\na:x:1:0::/:/b\n\0a:x:0:\nb:x:0:\n")
    put("users", "malformed", "#c:x:0:0:a:b:c\n+::::::\n  d:x:4294967294:0:::\nd:x:4294967295:0:::\n"
        "e:x:-1:0:::\n:x:1:0:::\nf:x:1:0::\n\0g:x:+1:\ng:x: 1:\ng:x:1:a:b\n")
    put("users", "no-line-feed", "a:*:12:34:,,,:/home/a:/bin/sh")


def container_states():
    pattern = re.compile(rb"[0-9a-f]{64}")
    for path in glob.glob("tests/fixtures/host_root/**/*.json", recursive=True):
        with open(path, "rb") as file:
            text = json.dumps(json.loads(pattern.sub(ID.encode(), file.read())), separators=(",", ":"))
        parts = path.split("/")
        put("container_state", f"{parts[4]}-{parts[-2][:8]}-{parts[-1]}", text)


def texts():
    for path in sorted(glob.glob("config/**/*.yaml", recursive=True)):
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if line.strip() and not line.strip().startswith("#")]
        put("config", os.path.basename(path), "".join(lines))
        rules = re.search(r"^rules:\n((?:[ -].*\n)+)", "".join(lines), re.M)
        if rules:
            put("rules", os.path.basename(path),
                rules[1].encode() + b"\0curl\0-u\0a:b\0--password=c\0--token\0d\0")


CONFIGS = {
    "variables": "agent: {name: '${AT_NAME:-x}', tags: ['${file:secret}', $$], labels: {a: \"\\u00e4\"}}\n",
    "drop-in": "journal: {max_size: 64MiB}\nsinks:\n- {name: a, type: stdout}\n\0"
               "sinks: [{name: a, format: csv, when: {event.action: exec}}, {name: b, type: file, path: x}]\n",
    "kafka": "sinks:\n- {name: k, type: kafka, brokers: ['k:9093'], topic: 'audit-{kind}', key: host,\n"
             "   message: batch, tls: {ca: a}, sasl: {mechanism: plain, username: u, password: '${file:secret}'},\n"
             "   properties: {linger.ms: 50, compression.level: '1'}}\n",
    "syslog": "sinks:\n- {name: s, type: syslog, target: 'udp://h:514', facility: local3, max_message: 2KiB,\n"
              "   priorities: [{when: {event.outcome: failure}, severity: warning}]}\n",
    "capture": "capture: {events: [all], open: {mode: all, read_paths: [/a]}, args_max: 1000, env: [A],\n"
               "  rings: {vital: 1MiB, bulk: 64KiB}, exclude: {user: [root], path: [/proc], pid: [1]},\n"
               "  include: {executable: [/a], cgroup: [/b]}, keep_attached: 0s}\n",
    "json": '{"agent": {"heartbeat": "1m"}, "monitor": {"listen": "127.0.0.1:9178"}, "log": {"level": "debug"}}',
    "faults": "agent: [a]\nagant: {}\njournal: {max_size: 1, when_full: no}\nsinks: {}\nrules: 3\nx: &a 1\ny: *a\n",
}
RULES = {
    "all": "- {name: a, when: {process.executable: ['/usr/bin/c*', /a], user.name: root}, do: tag}\n"
           "- {when: {event.action: [exec], process.args: ['*-u*']}, do: {tag: [x, y]}}\n"
           "- {when: {any: [{user.id: 0}, {not: {file.path: '/etc/**'}}]}, do: drop}\n"
           "- {do: {mask: ['-p*', '--password *', '--token=*']}}\n"
           "- {do: {limit: {events: 1, per: 1s, by: process.executable}}}\n\0curl\0-pabc\0--password\0x\0",
    "numbers": "- {when: {process.pid: [7, '1-100'], user.id: '>=1000'}, do: keep}\n"
               "- {when: {event.action: open, host.ip: 10.0.0.0/8}, do: drop}\n",
    "pushed": "- {when: {event.action: [opened-file], user.id: 0}, do: drop}\n- {when: {user.id: 0}, do: drop}\n",
    "faults": "- {name: 1, when: {a.b: x}, do: dropp}\n- {do: {limit: {}}}\n- {do: {mask: ['*']}}\n- {when: {}}\n",
}
SYSLOGS = ["tls://h.example:6514\0web-01\0auditship\0auditship@32473\0ecs\0id\0",
           "tcp://[2001:db8::1]:514\0a b\0c\"d\0e]f\0g\\h\0\xc3\xa4\0", "unix:///dev/log\0\0\0\0\0\0",
           "udp://192.0.2.1\0" + "h" * 300 + "\0" + "a" * 60 + "\0" + "s" * 40 + "\0o\0" + "i" * 100,
           "unix:/run/auditship/http\0", "127.0.0.1:9178\0", "[::1]:9178\0"]
PROCS = {
    "stat": "7 (a) R 1 (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n",
    "status": "Name:\ta\nUid:\t1000\t0\t0\t0\nCapEff:\t000001ffffffffff\nRssAnon:\t     132 kB\n",
    "uid_map": "         0       1000          1\n         1     100000      65536\n",
    "mountinfo": "36 35 0:31 / /sys/fs/cgroup/a\\040b rw shared:5 - cgroup cgroup rw,pids\n"
                 "37 35 0:32 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n",
    "cgroup": "3:pids,cpu:/a\n0::/user.slice\n",
    "cpus": "0-3,8,10-11\n",
    "boot-id": "88a1f0ed-5ae5-41ee-af6b-41921c311872\n",
    "loginuid": "4294967295",
}
NAMES = ["/var/log/a/audit.ndjson\0audit-000000000042-20260301T123456Z-81723.ndjson",
         "audit\0audit-099999999999-20260301T123456Z-0", "a.b.json\0a.b-000000000001-20261231T235959Z-1.json.zst",
         "x/y.csv\0y-000000000007-20260301T000000Z-5.csv.gz.tmp", "audit-{kind}.{date}\0" + "00000001.seg",
         "{kind}\0" + "100000000.seg.bad.1", "{{kind}\0" + "00000000.seg", "a/\0" + "00000002.seg.tmp"]
CONTROLS = ["status\n\0status json\n\0", "sta\0tus\n\0fault\n\0", "watch\n\0status\n\0", "status\nstatus\n\0",
            "x" * 256, "no such\n\0status\n\0", "\n\0", "status json\n\0status json\n\0status\n\0"]


def rows():
    for name, text in CONFIGS.items():
        put("config", name, text)
    for name, text in RULES.items():
        put("rules", name, text)
    for name, text in PROCS.items():
        put("procfs", name, text)
    for number, text in enumerate(NAMES):
        put("names", str(number), text)
    for number, text in enumerate(SYSLOGS):
        put("syslog", str(number), text)
    for number, text in enumerate(CONTROLS):
        put("control", str(number), text)


def trails():
    stream = "8c2a7b54-0f6e-4b0e-8a37-3f5d5a5e9e21"
    for kind in ("process", "ocsf/process", "batch/open"):
        with open(f"tests/golden/data/{kind}.json", "rb") as file:
            lines = file.read().splitlines(keepends=True)
        put("trail", kind.replace("/", "-"), lines[0] + lines[-1][:len(lines[-1]) // 2])
        put("trail", kind.replace("/", "-") + "-last", lines[-1])
    put("trail", "short", f'{{"event":{{"id":"{stream}:17"}}}}\n{{"event.id":"{stream}:18"}}\n{{"event')
    put("trail", "csv", f'@timestamp,event.id\n"a,b",{stream}:1\nc,{stream}:2\nd,"')
    put("trail", "numbers", f'{{"agent":{{"ephemeral_id":"{stream}"}},"first_sequence":3,"last_sequence":9}}\n')
    put("trail", "none", "no line feed")


def jsons():
    put("json", "ascii", 'a"b\\c/\b\f\n\r\t\x1f\x7f \0parts\0')
    put("json", "utf8", "\u00e4\u20ac\U0001f600\ufffd\u2028\u202e")
    put("json", "broken", b"\xc3\xc3\xa4\xe2\x82\xf0\x9f\x98\xff\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80a")
    put("json", "long", "0123456789abcdef" * 5 + "\u00e4" + "x" * 31 + '"')


STREAM, BOOT = bytes(range(16)), bytes([1, 2, 3]) + bytes(13)


def part(what, mend, data):
    return struct.pack("<BBH", what, mend, len(data)) + data


def entry(size, fill):
    return struct.pack("<II", size, 0) + bytes([fill]) * (size - 8)


def frame(sequence, index, count, numbers=0):
    body = b"".join(struct.pack("<HBBIQ", i, 0, 1, 7, sequence) for i in range(numbers))
    body += b"".join(entry(16 + 8 * (i % 3), i) for i in range(count))
    return struct.pack("<IIIHHIIQQQ", 0x464A5341, 0, 48 + len(body), 1, 0, count, numbers, sequence, index,
                       1772368496000000000) + body


def segment(number, sequence, index, frames, numbers=0, version=1, boot=BOOT):
    head = struct.pack("<8sIIQ16s16sQQQII", b"ASJSEG\r\n", version, 88 + 16 * numbers, number, STREAM, boot,
                       sequence, index, 1772368495000000000, numbers, 0)
    head += b"".join(struct.pack("<HBBIQ", i, 0, 1, 7, sequence) for i in range(numbers))
    return head + b"".join(frames)


def slot(generation, number, offset, index, sequence, acknowledged, gaps=()):
    head = struct.pack("<IIIIQQQQQ16sII", 0x434A5341, 0, 1, acknowledged, generation, number, offset, index,
                       sequence, STREAM if offset else bytes(16), len(gaps), 0)
    return head + b"".join(struct.pack("<16sQQQII", STREAM, *gap, 0) for gap in gaps)


def journals():
    one = [frame(1, 0, 2), frame(3, 2, 1, numbers=1)]
    whole = part(0, 1, segment(1, 1, 0, one, numbers=2))
    two = whole + part(0, 1, segment(2, 4, 3, [frame(4, 3, 3)]))
    put("journal", "one", whole)
    put("journal", "two", two)
    put("journal", "torn", whole[:-20])
    put("journal", "damaged", two[:-9] + b"x" + two[-8:])
    put("journal", "unmended", part(0, 0, segment(1, 1, 0, one)))
    put("journal", "zeros", part(0, 1, segment(1, 1, 0, one) + bytes(200)))
    put("journal", "newer", part(0, 1, segment(1, 1, 0, one, version=2)) + whole)
    put("journal", "other-boot", part(0, 1, segment(1, 1, 0, one, boot=bytes(16))))
    put("journal", "empty-last", whole + part(0, 1, segment(2, 4, 3, [])))
    put("journal", "cursor", two + part(3, 1, slot(5, 1, 120, 1, 2, 1).ljust(896, b"\0") + slot(6, 2, 0, 3, 4, 0)))
    put("journal", "cursor-gaps", two + part(3, 1, slot(5, 2, 88, 4, 5, 1, gaps=[(1, 2, 2, 1), (3, 3, 1, 4)])))
    put("journal", "cursor-ahead", whole + part(3, 1, slot(5, 9, 88, 40, 50, 1)))
    put("journal", "cursor-gap-of-nothing", two + part(3, 1, slot(5, 2, 88, 4, 5, 1, gaps=[(1, 0, 0, 2)])))
    put("journal", "cursor-only", part(3, 1, slot(1, 0, 0, 0, 0, 0)))
    put("journal", "gap-between", whole + part(0, 1, segment(2, 10, 9, [frame(10, 9, 1)])))
    put("journal", "nothing", part(0, 0, b""))


def main():
    for path in glob.glob(f"{ROOT}/*/seed-*"):
        os.remove(path)
    for make in (records, cgroup_paths, users, container_states, texts, rows, trails, jsons, journals):
        make()


main()
