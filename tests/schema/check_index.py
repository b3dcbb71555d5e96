#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the index template and the Sigma mapping against the official lists.

usage: check_index.py SOURCE_DIR [SHARED_SCHEMA_DIR]

Every field of the template that ECS knows has ECS's type there (date_nanos where ECS says date, and
no field outside of Linux is ours). Every field that the Sigma mapping leads to is in the template,
and where the other mapping leads to something that we have, ours leads there too.
"""
import json, os, sys
import yaml

EQUAL = {"date": "date_nanos", "object": "flattened"}


def leaves(mapping, path=""):
    for name, inner in mapping["properties"].items():
        if "properties" in inner:
            yield from leaves(inner, path + name + ".")
        else:
            yield path + name, inner["type"]


def mapped(pipeline):
    for step in pipeline["transformations"]:
        if step["type"] == "field_name_mapping":
            yield from step["mapping"].items()


def main():
    source = sys.argv[1]
    with open(source + "/schemas/elasticsearch/index-template.json", encoding="utf-8") as file:
        template = dict(leaves(json.load(file)["template"]["mappings"]))
    with open(source + "/schemas/sigma/auditship_linux.yml", encoding="utf-8") as file:
        ours = dict(mapped(yaml.safe_load(file)))
    faults = []
    for name, target in ours.items():
        if target not in template:
            faults.append("Sigma's %s leads to %s, which no event has" % (name, target))
    print("%d fields in the template, %d names of Sigma" % (len(template), len(ours)))
    if len(sys.argv) > 2:
        with open(sys.argv[2] + "/ecs/ecs_fields.json", encoding="utf-8") as file:
            official = json.load(file)["fields"]
        for path, kind in template.items():
            field = official.get(path)
            if path.startswith("Linux."):
                continue
            if not field:
                faults.append("%s is no field of ECS" % path)
            elif EQUAL.get(field["type"], field["type"]) not in (kind, "text" if kind == "match_only_text" else kind):
                faults.append("%s is %s in ECS, not %s" % (path, field["type"], kind))
        with open(sys.argv[2] + "/sigma/ecs_linux.yml", encoding="utf-8") as file:
            theirs = dict(mapped(yaml.safe_load(file)))
        for name, target in theirs.items():
            if target in template and ours.get(name) != target:
                faults.append("Sigma's %s should lead to %s, not %s" % (name, target, ours.get(name)))
    else:
        print("the official lists are not there: only what we know ourselves was checked")
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


main()
