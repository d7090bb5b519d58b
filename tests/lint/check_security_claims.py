#!/usr/bin/python3
"""Checks that docs/security.md proves its claims by tests that exist.

Tables of claims have a claim and its tests, tables of checks have a check, what
it stops, and the tests that fail without it.
"""

import re
import sys

from source_files import ROOT, source_files

DOCUMENT = "docs/security.md"
NAMED = re.compile(r"`(\w+Test\.\w+)`")
DEFINED = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
CLAIM = re.compile(
    r"^\| (?!claim|check|---)([^|]+) \|(?: [^|`]+ \|)? ([^|]+) \|$", re.MULTILINE)
ROW = re.compile(r"^\| (?!claim|check|---)", re.MULTILINE)
CLAIMS_START = "## Claims"


def defined_tests():
    tests = set()
    for path in source_files(".cc"):
        if not path.stem.endswith("_test"):
            continue
        text = (ROOT / path).read_text()
        tests.update(".".join(match) for match in DEFINED.findall(text))
    return tests


def faults():
    text = (ROOT / DOCUMENT).read_text()
    text = text[text.index(CLAIMS_START):]
    claims = CLAIM.findall(text)
    if len(claims) != len(ROW.findall(text)):
        yield "a table has a row that is neither a claim nor a check"
    tests = defined_tests()
    for claim, proof in claims:
        named = NAMED.findall(proof)
        if not named:
            yield f"no test proves: {claim}"
        for test in named:
            if test not in tests:
                yield f"{test} does not exist; it is to prove: {claim}"


def main():
    found = list(faults())
    for fault in found:
        print(f"{DOCUMENT}: {fault}")
    sys.exit(1 if found else 0)


main()
