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

# The table of the rooms: name and layer of each, server/main.cc among them.
TABLE = pathlib.PurePosixPath("docs/architecture.md")
TABLE_ROW = re.compile(r"^\| `([\w.]+)` \| (\d+) \|", re.MULTILINE)

# Headers of foreign libraries, and the rooms of the server that may include
# them.
FOREIGN_HEADERS = {
    r"grpc(pp|)/|.*\.grpc\.pb\.h$": {"rpc"},
    r"libpq-fe\.h$|libpq/": {"pgbouncer_sync", "postgres", "provision"},
    r"openssl/": {"identity", "postgres"},
    r"pqxx": {"provision"},
    r"pg_query": {"policy"},
    r"yaml-cpp/": {"config"},
    r"asio(\.hpp$|/)": {"base", "postgres"},
    r"nlohmann/": {"identity", "operator", "policy", "telemetry", "topology"},
    r"ares\.h$|curl/": {"topology"},
}

# Rooms that are programs of their own: the server takes nothing of them, and
# they take nothing of its rooms but these.
PROGRAMS = {
    "operator": {"base", "config", "identity", "policy", "telemetry"},
    "pgbouncer_sync": {"base", "config", "pgbouncer", "telemetry"},
    "provision": {"base"},
}

# How the headers of client/cpp are included.
LIBRARY = "sluice/client/"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
ROOM_CALL = re.compile(r"sluice_room\(\s*(\w+)([^)]*)\)")
KEYWORDS = {"SOURCES", "DEPENDS", "LIBRARIES"}


def read_layers():
    return {name: int(layer) for name, layer
            in TABLE_ROW.findall((ROOT / TABLE).read_text())}


LAYERS = read_layers()


def includes_of(path):
    return INCLUDE.findall((ROOT / path).read_text())


def room_of(path):
    """Name of the room of a path under server/, "main.cc" for that file."""
    return path.parts[1]


def is_test(path):
    return re.search(r"_(pg)?test$|^test_", path.stem) is not None


def check_layer(path, included):
    """Yields a fault if a file of the server may not include that one."""
    room, other = room_of(path), room_of(included)
    if room == other:
        return
    if other not in LAYERS:
        yield f"{path}: includes {included}, which is in no room"
    elif other in PROGRAMS:
        yield f"{path}: includes {included} of another program"
    elif other not in PROGRAMS.get(room, LAYERS):
        yield f"{path}: a program of its own includes {included}"
    elif LAYERS[other] >= LAYERS[room]:
        yield (f"{path}: layer {LAYERS[room]} includes {included} "
               f"of layer {LAYERS[other]}")


def check_foreign(path, included):
    for pattern, rooms in FOREIGN_HEADERS.items():
        if re.match(pattern, included) and room_of(path) not in rooms:
            yield (f"{path}: includes {included}, "
                   f"which only {' and '.join(sorted(rooms))} may")


def check_file(path):
    side = path.parts[0]
    if side == "server" and room_of(path) not in LAYERS:
        yield f"{path}: {TABLE} has no such room"
        return
    for name in includes_of(path):
        included = pathlib.PurePosixPath(name)
        top = "client" if name.startswith(LIBRARY) else included.parts[0]
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
           if library_of(path, folders) == name and not is_test(path)
           and path.name != "main.cc"]
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


def check_table():
    for name in LAYERS:
        if not (ROOT / "server" / name).exists():
            yield f"{TABLE}: server/ has no {name}"


def main():
    files = [path for path in source_files(".h", ".cc")
             if path.parts[0] in {"server", "client"}]
    faults = list(check_table())
    faults += [fault for path in files for fault in check_file(path)]
    faults += check_rooms([path for path in files
                           if path.parts[0] == "server"])
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(files)} files keep to their layers")


if __name__ == "__main__":
    main()
