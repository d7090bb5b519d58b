#!/usr/bin/python3
"""Checks that no text says that something is left undone."""

import re
import sys

from source_files import ROOT, source_files

# Put together, so that this file passes too.
WORDS = ["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK", "not yet " "implemented",
         "nothing " "yet", "coming " "soon", "place" "holder text"]
PATTERN = re.compile(
    r"\b(" + "|".join(word if word.isupper() else f"(?i:{word})"
                      for word in WORDS) + r")\b")


def faults_of(path):
    try:
        text = (ROOT / path).read_text()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        match = PATTERN.search(line)
        if match:
            yield f"{path}:{number}: {match.group()}"


def main():
    faults = [fault for path in source_files()
              if path.name != "package-lock.json"
              for fault in faults_of(path)]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
