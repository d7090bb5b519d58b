#!/usr/bin/python3
"""Checks that clang-format would change no C++ file."""

import subprocess
import sys

from source_files import ROOT, source_files


def main():
    files = [str(path) for path in source_files(".h", ".cc")]
    result = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", "--style=file", *files],
        cwd=ROOT)
    if result.returncode == 0:
        print(f"{len(files)} files are formatted")
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
