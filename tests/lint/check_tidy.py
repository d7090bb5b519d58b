#!/usr/bin/python3
"""Runs clang-tidy over the sources of server/ and client/.

  check_tidy.py BUILD_FOLDER

What passed is remembered in a folder of the user's cache, for all checkouts, by
a hash of what it depends on: the project's files, the command but for where the
checkout is, and the versions of the tool and of the system's headers. Tests are
left out: gtest's macros cost more time than clang-tidy finds in them.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

from source_files import ROOT, source_files

# Of C++, and of protos.
INCLUDE = re.compile(r'^\s*(?:#\s*include|import)\s*"([^"]+)"', re.MULTILINE)
# What includes are relative to: the root, the C++ library's own, the protos.
INCLUDE_FOLDERS = ("", "client/cpp/", "proto/")
GENERATED = re.compile(r"(\.grpc)?\.pb\.h$")
# Of protos, whose generated code is the same without it.
PROTO_COMMENT = re.compile(rb"^\s*//.*\n", re.MULTILINE)


def is_checked(path):
    return (path.parts[0] in {"server", "client"}
            and not re.search(r"^test_|_(pg)?test$", path.stem))


def compile_commands(build_folder):
    commands = json.loads((build_folder / "compile_commands.json").read_text())
    return {entry["file"]: entry["command"] for entry in commands}


def passed_folder(build_folder):
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(cache) / "sluice" / "tidy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = build_folder / "lint" / "tidy"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@functools.lru_cache(maxsize=None)
def tool_digest():
    """Of what all files depend on: the tool, its settings, system headers."""
    digest = hashlib.sha256()
    for command in (["clang-tidy", "--version"],
                    ["dpkg-query", "--show", "*-dev"]):
        digest.update(subprocess.run(command, check=True,
                                     stdout=subprocess.PIPE).stdout)
    digest.update((ROOT / ".clang-tidy").read_bytes())
    return digest.digest()


@functools.lru_cache(maxsize=None)
def file_and_includes(path):
    """Bytes of a file, and the project's files that it includes."""
    content = (ROOT / path).read_bytes()
    if path.endswith(".proto"):
        content = PROTO_COMMENT.sub(b"", content)
    names = [folder + GENERATED.sub(".proto", name)
             for name in INCLUDE.findall(content.decode())
             for folder in INCLUDE_FOLDERS]
    return content, [name for name in names if (ROOT / name).is_file()]


def digest_of(path, command):
    command = command.replace(str(ROOT), "")
    digest = hashlib.sha256(tool_digest() + command.encode())
    pending, seen = [str(path)], set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        content, includes = file_and_includes(name)
        digest.update(content)
        pending += includes
    return digest.hexdigest()


def tidy(path, build_folder):
    """Output of clang-tidy; None if it found nothing."""
    result = subprocess.run(
        ["clang-tidy", "-p", str(build_folder), "--quiet", str(path)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    return result.stdout if result.returncode != 0 else None


def check(build_folder):
    """Yields the output for each file at fault."""
    passed = passed_folder(build_folder)
    commands = compile_commands(build_folder)
    markers = {}
    for path in filter(is_checked, source_files(".cc")):
        command = commands.get(str(ROOT / path))
        if command is None:
            yield f"{path}: no target compiles it\n"
            continue
        marker = passed / digest_of(path, command)
        if not marker.exists():
            markers[path] = marker
    print(f"{len(markers)} files to check", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = pool.map(lambda path: tidy(path, build_folder), markers)
        for (path, marker), output in zip(markers.items(), outputs):
            if output is None:
                marker.touch()
            else:
                yield f"{path}:\n{output}"


def main():
    parser = argparse.ArgumentParser(description="Runs clang-tidy.")
    parser.add_argument("build_folder", type=pathlib.Path)
    faults = list(check(parser.parse_args().build_folder.resolve()))
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
