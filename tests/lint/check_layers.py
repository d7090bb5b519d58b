#!/usr/bin/python3
"""Checks that code includes only what its place in the tree allows.

A room of server/ includes only rooms of a lower layer; one room alone touches
each foreign library; clients and server share nothing but the protos; and what
CMake links is what the sources include.
"""

import pathlib
import re
import sys

from source_files import ROOT, source_files

# As docs/architecture.md has them.
LAYERS = {
    "base": 0,
    "config": 1,
    "telemetry": 1,
    "policy": 2,
    "identity": 2,
    "postgres": 2,
    "topology": 3,
    "pgbouncer": 3,
    "routing": 4,
    "execution": 5,
    "rpc": 6,
    "gateway": 7,
}
MAIN_LAYER = 8

# Headers of foreign libraries, and the rooms of the server that may include
# them.
FOREIGN_HEADERS = {
    r"grpc(pp|)/|.*\.grpc\.pb\.h$": {"rpc"},
    r"libpq-fe\.h$|libpq/": {"postgres"},
    r"openssl/": {"identity", "postgres"},
    r"pg_query": {"policy"},
    r"yaml-cpp/": {"config"},
    r"asio(\.hpp$|/)": {"base", "postgres"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
ROOM_CALL = re.compile(r"sluice_room\(\s*(\w+)([^)]*)\)")
KEYWORDS = {"SOURCES", "DEPENDS", "LIBRARIES"}


def includes_of(path):
    return INCLUDE.findall((ROOT / path).read_text())


def room_of(path):
    """Name of the room of a path under server/; None for server/main.cc."""
    return path.parts[1] if len(path.parts) > 2 else None


def is_test(path):
    return re.search(r"_(pg)?test$|^test_", path.stem) is not None


def check_layer(path, included):
    """Yields a fault if a file of the server may not include that one."""
    room, other = room_of(path), room_of(included)
    if room == other:
        return
    layer = MAIN_LAYER if room is None else LAYERS[room]
    if other is None or other not in LAYERS:
        yield f"{path}: includes {included}, which is in no room"
    elif other != "base" and LAYERS[other] >= layer:
        yield (f"{path}: layer {layer} includes {included} "
               f"of layer {LAYERS[other]}")


def check_foreign(path, included):
    for pattern, rooms in FOREIGN_HEADERS.items():
        if re.match(pattern, included) and room_of(path) not in rooms:
            yield (f"{path}: includes {included}, "
                   f"which only {' and '.join(sorted(rooms))} may")


def check_file(path):
    side = path.parts[0]
    if side == "server" and room_of(path) not in {*LAYERS, None}:
        yield f"{path}: the layer table has no such room"
        return
    for name in includes_of(path):
        included = pathlib.PurePosixPath(name)
        top = included.parts[0]
        if side == "server" and top == "server":
            yield from check_layer(path, included)
        elif side == "server":
            yield from check_foreign(path, name)
        if {side, top} == {"server", "client"}:
            yield f"{path}: includes {name}; clients and server share no code"


def parse_room(cmake_file):
    """Yields (name, {keyword: values}) of each library that a file makes."""
    for name, body in ROOM_CALL.findall((ROOT / cmake_file).read_text()):
        values = {keyword: [] for keyword in KEYWORDS}
        keyword = None
        for word in body.split():
            if word in KEYWORDS:
                keyword = word
            else:
                values[keyword].append(word)
        yield name, values


def library_of(path, folders):
    """The library whose folder is the nearest above `path`."""
    return next((folders[folder] for folder in path.parents
                 if folder in folders), None)


def check_room(folder, name, values, folders, files):
    own = [path for path in files
           if library_of(path, folders) == name and not is_test(path)]
    sources = [str(path.relative_to(folder)) for path in own
               if path.suffix == ".cc"]
    if values["SOURCES"] != sorted(sources):
        yield (f"{folder}/CMakeLists.txt: SOURCES are not the sources of the "
               f"folder, sorted: {' '.join(sorted(sources))}")
    used = {library_of(pathlib.PurePosixPath(include), folders)
            for path in own for include in includes_of(path)}
    used = sorted(used - {name, None})
    if values["DEPENDS"] != used:
        yield (f"{folder}/CMakeLists.txt: DEPENDS is not what the sources "
               f"include, sorted: {' '.join(used)}")


def check_rooms(files):
    rooms = [(path.parent, name, values)
             for path in source_files(".txt")
             if path.name == "CMakeLists.txt" and path.parts[0] == "server"
             for name, values in parse_room(path)]
    folders = {folder: name for folder, name, _ in rooms}
    for folder, name, values in rooms:
        yield from check_room(folder, name, values, folders, files)


def main():
    files = [path for path in source_files(".h", ".cc")
             if path.parts[0] in {"server", "client"}]
    faults = [fault for path in files for fault in check_file(path)]
    faults += check_rooms([path for path in files
                           if path.parts[0] == "server"])
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(files)} files keep to their layers")


if __name__ == "__main__":
    main()
