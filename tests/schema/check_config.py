#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds YAML files against the published schema of the configuration.

usage: check_config.py SCHEMA FILE...    all must be good
       check_config.py SCHEMA --bad FILE none of the documents of FILE may be
"""
import json, sys
import yaml
from jsonschema import Draft202012Validator


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    bad = sys.argv[2] == "--bad"
    failed = documents = 0
    for name in sys.argv[3 if bad else 2:]:
        with open(name, encoding="utf-8") as file:
            for number, document in enumerate(yaml.safe_load_all(file), 1):
                documents += 1
                faults = list(validator.iter_errors(document or {}))
                if bad and not faults:
                    print("%s: document %d should not be good: %s" % (name, number, document))
                    failed += 1
                for fault in [] if bad else faults:
                    print("%s: %s: %s" % (name, fault.json_path, fault.message[:200]))
                    failed += 1
    print("%d documents, %d not as they should be" % (documents, failed))
    sys.exit(1 if failed or not documents else 0)


main()
