#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares the messages of a topic, as the tests' tool dumps them, with the trail of the same events.

messages.py host|container|process|user|none|batch TRAIL MESSAGES

The topic has three partitions; its name says what its keys are. Of batch the messages are documents,
with headers, by host. Every event must be there once.
"""
import json
import sys

PARTITIONS = 3
HEADERS = "content-type=application/json;schema=urn:auditship:schema:batch:0.1.0;host=%s;"
KEYS = {
    "container": lambda event: event.get("container", {}).get("id"),
    "process": lambda event: event.get("process", {}).get("entity_id"),
    "user": lambda event: event.get("user", {}).get("name") or event.get("user", {}).get("id"),
}


def fail(text):
    print("messages: " + text)
    sys.exit(1)


def murmur2(data):
    """As Kafka's own clients do it (org.apache.kafka.common.utils.Utils)."""
    m, whole = 0x5BD1E995, len(data) // 4 * 4
    h = (0x9747B28C ^ len(data)) & 0xFFFFFFFF
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at:at + 4], "little") * m & 0xFFFFFFFF
        k = (k ^ k >> 24) * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & 0xFFFFFFFF
    h = (h ^ h >> 13) * m & 0xFFFFFFFF
    return h ^ h >> 15


def key_of(topic, event):
    if topic == "none":
        return ""
    return KEYS.get(topic, lambda event: None)(event) or event["host"]["id"]


def take_apart(payload):
    """The events of a document as they would have been alone."""
    document = json.loads(payload)
    events = document["events"]
    common = {name: document[name] for name in ("agent", "host", "labels") if name in document}
    numbers = [event["event"]["sequence"] for event in events]
    if document["count"] != len(events) or numbers != sorted(set(numbers)):
        fail("a document of %d events has %d" % (document["count"], len(events)))
    if (document["first_sequence"], document["last_sequence"]) != (numbers[0], numbers[-1]):
        fail("a document goes from %d to %d" % (numbers[0], numbers[-1]))
    return [{**event, **common} for event in events]


def main():
    topic, trail, messages = sys.argv[1:]
    sent = {}
    for line in open(trail, encoding="utf-8", newline="\n"):
        event = json.loads(line)
        sent[event["event"]["id"]] = (event, line)
    count, keys, there = 0, set(), set()
    for row in open(messages, encoding="utf-8", newline="\n"):
        partition, key, headers, payload = row.split("\t", 3)
        events = take_apart(payload) if topic == "batch" else [json.loads(payload)]
        count += 1
        keys.add(key)
        for event in events:
            number = event["event"]["id"]
            if number in there or number not in sent or event != sent[number][0]:
                fail("event %s is not as it was sent, or not once" % number)
            there.add(number)
        if topic != "batch" and payload != sent[number][1]:
            fail("event %s has other bytes" % number)
        if key != key_of(topic, events[0]):
            fail("event %s has the key '%s'" % (number, key))
        if key and int(partition) != (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS:
            fail("the key '%s' is in partition %s" % (key, partition))
        if headers != (HEADERS % events[0]["host"]["hostname"] if topic == "batch" else ""):
            fail("headers " + headers)
    if len(there) != len(sent):
        fail("%d of %d events are there" % (len(there), len(sent)))
    if topic in KEYS and len(keys) < 2:
        fail("only %d keys" % len(keys))
    print("%s: %d events in %d messages with %d keys" % (topic, len(there), count, len(keys)))


main()
