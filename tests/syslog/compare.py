#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what a receiver wrote, PRI|VERSION|TIME|HOST|APP|PROCID|MSGID|SD|MSG, with the trail of
the same events, field by field.

compare.py [--priority=N] [--missing=N] [--repeats] [--torn] [--shrunk=BYTES] TRAIL RECEIVED

--missing=N: so many events at most may be missing (they are counted). --repeats: events may come
again. --torn: lines may be torn, by a receiver that was killed while it wrote; what is in them does
not count. --shrunk=BYTES: longer lines came shrunk, at most so long, and say so. Prints what it
counted.
"""
import json
import re
import sys

SD = re.compile(r'^\[auditship@32473 stream="([0-9a-f-]{36})" sequence="(\d+)" '
                r'schema="urn:auditship:schema:event:[0-9.]+" host="([0-9a-f]+)"\]'
                r'(\[meta sequenceId="\d+"\])?$')  # syslog-ng's own


def fail(text):
    print("compare: " + text)
    sys.exit(1)


def options(arguments):
    wanted = {"priority": "110", "missing": "0", "repeats": None, "torn": None, "shrunk": "0"}
    files = []
    for argument in arguments:
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            wanted[name] = value or "yes"
        else:
            files.append(argument)
    return wanted, files


def parse(row):
    """What is between the '|', and the event behind the last; None when it is not whole."""
    parts = row.rstrip("\n").split("|", 8)
    try:
        return parts, json.loads(parts[8])
    except (IndexError, ValueError):
        return None


def micro(time):
    """2026-03-01T12:34:56.789012+00:00 and ...789012345Z to the same text."""
    match = re.match(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d+)(Z|\+00:00)$", time)
    if not match:
        fail("a strange time: " + time)
    return match.group(1) + "." + match.group(2)[:6].ljust(6, "0")


KINDS = {"exec": "exec", "end": "exit", "fork": "fork"}


def check_head(parts, event, wanted):
    priority, version, time, host, app, procid, msgid, data = parts[:8]
    if priority != wanted["priority"] and wanted["priority"] != "any":
        fail("priority " + priority)
    if (version, host, app) != ("1", event["host"]["name"], "auditship") or not procid.isdigit():
        fail("head " + "|".join(parts[:8]))
    if micro(time) != micro(event["@timestamp"]):
        fail("time %s of an event at %s" % (time, event["@timestamp"]))
    if not re.match(r"^[a-z_]{1,32}$", msgid) or msgid == "-":
        fail("msgid " + msgid)
    action = event["event"]["action"]
    if action in KINDS and KINDS[action] != msgid and event["event"]["outcome"] == "success":
        fail("msgid %s of %s" % (msgid, action))
    match = SD.match(data)
    if not match or match.group(3) != event["host"]["id"]:
        fail("structured data " + data)
    if event["event"]["id"] != match.group(1) + ":" + match.group(2):
        fail("%s of event %s" % (data, event["event"]["id"]))


def check_message(text, line, limit):
    if text == line:
        return False
    if limit == 0 or len(line.encode()) <= limit:
        fail("sent %.300s\nreceived %.300s" % (line, text))
    if len(text.encode()) > limit:
        fail("%d bytes came, at most %d may" % (len(text.encode()), limit))
    event, sent = json.loads(text), json.loads(line)
    if "truncated" not in json.dumps(event["Linux"]) or event["event"]["id"] != sent["event"]["id"]:
        fail("shrunk, and does not say so: %.300s" % text)
    return True


def main():
    wanted, (trail, received) = options(sys.argv[1:])
    sent = {}
    for line in open(trail, encoding="utf-8", newline="\n"):
        line = line.rstrip("\n")
        sent[json.loads(line)["event"]["id"]] = line
    seen, repeats, shrunk, torn = set(), 0, 0, 0
    for row in open(received, encoding="utf-8", newline="\n", errors="replace"):
        parsed = parse(row)
        if not parsed and not wanted["torn"]:
            fail("not a whole line: %.300s" % row)
        if not parsed:
            torn += 1
            continue
        parts, event = parsed
        text = parts[8].lstrip(" ")
        number = event["event"]["id"]
        if number not in sent:
            fail("nobody sent " + number)
        repeats += number in seen
        seen.add(number)
        check_head(parts, json.loads(sent[number]), wanted)
        shrunk += check_message(text, sent[number], int(wanted["shrunk"]))
    missing = len(sent) - len(seen)
    print("sent %d, received %d, missing %d, repeated %d, shrunk %d, torn %d" %
          (len(sent), len(seen), missing, repeats, shrunk, torn))
    if missing > int(wanted["missing"]):
        fail("%d missing, first: %s" % (missing, min(set(sent) - seen)))
    if repeats and not wanted["repeats"]:
        fail("%d came twice" % repeats)


main()
