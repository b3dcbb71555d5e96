#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds trails against a published schema.

usage: check_events.py SCHEMA [--all] [--own] FILE...

Every line must be UTF-8 and JSON. Of a long trail not every event is validated: each shape (kind and
set of members) is, three times, and a thousand more, evenly spread; of one longer than 40,000 lines
every nth line is looked at. --all validates all. When the
official field list is there (AUDITSHIP_SHARED_DIR/schema), what was validated is held against it too,
unless --own is given.
Prints how many were validated of how many. Exit 1: a fault, or no event at all.
"""
import json, os, subprocess, sys, tempfile
from jsonschema import Draft202012Validator

SPREAD = 1000
PER_SHAPE = 3
LOOKED_AT = 40000
FAULTS_SHOWN = 20


def shape(value, into, path=""):
    """The paths of all members; what stands in lists counts once."""
    if isinstance(value, dict):
        for key, inner in value.items():
            into.append(path + "." + key)
            shape(inner, into, path + "." + key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        shape(value[0], into, path)


def lines_of(name):
    with open(name, "rb") as file:
        return file.read().split(b"\n")


def chosen(name, every, faults):
    """The events to validate, and how many there are."""
    lines = lines_of(name)
    if lines.pop() != b"":
        faults.append("%s: the last line has no end" % name)
    nth = 1 if every else 1 + len(lines) // LOOKED_AT
    step = 1 if every else max(1, len(lines) // nth // SPREAD)
    seen = {}
    take = []
    for number in range(1, len(lines) + 1, nth):
        line = lines[number - 1]
        try:
            event = json.loads(line.decode("utf-8"))
        except ValueError as bad:
            faults.append("%s:%d: no JSON in UTF-8: %s" % (name, number, bad))
            continue
        members = [str(event.get("event", {}).get("action") or event.get("type_uid"))]
        shape(event, members)
        key = tuple(members)
        seen[key] = seen.get(key, 0) + 1
        if number // nth % step == 0 or seen[key] <= PER_SHAPE:
            take.append((number, event, line))
    return take, len(lines)


def official_list(schema):
    """Which official list says what such a line may hold; none for a batch."""
    if ":event:" in schema["$id"]:
        return "ecs"
    return "ocsf" if ":ocsf:" in schema["$id"] else None


def check_official(which, lines):
    """Exit code of the checker that stands beside the official field list; 0 when it is not there."""
    here = os.path.dirname(os.path.abspath(__file__))
    shared = os.environ.get("AUDITSHIP_SHARED_DIR", os.path.join(here, "..", "..", "..", "shared"))
    checker = os.path.join(shared, "schema", "check_events.py")
    if not lines or not os.path.isfile(checker):
        return 0
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(b"\n".join(lines) + b"\n")
        file.flush()
        return subprocess.call([sys.executable, checker, which, file.name])


def main():
    arguments = [word for word in sys.argv[1:] if word not in ("--all", "--own")]
    if len(arguments) < 2:
        sys.exit(__doc__)
    with open(arguments[0], encoding="utf-8") as file:
        schema = json.load(file)
    validator = Draft202012Validator(schema)
    faults, total, official, validated = [], 0, [], 0
    for name in arguments[1:]:
        take, count = chosen(name, "--all" in sys.argv, faults)
        total += count
        for number, event, line in take:
            validated += 1
            official.append(line)
            for fault in validator.iter_errors(event):
                faults.append("%s:%d: %s: %s" % (name, number, fault.json_path, fault.message[:200]))
    for fault in faults[:FAULTS_SHOWN]:
        print(fault)
    print("validated %d of %d events, %d faults" % (validated, total, len(faults)))
    which = official_list(schema)
    if which and "--own" not in sys.argv and check_official(which, official) != 0:
        sys.exit(1)
    sys.exit(1 if faults or not total else 0)


main()
