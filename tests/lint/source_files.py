"""The files of the project, for the lint tests."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Where no file is the project's own, in a tree without git.
_FOREIGN_FOLDERS = {".git", ".cache", "build", "node_modules", "run"}


def _from_git():
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return [pathlib.PurePosixPath(name)
            for name in listing.decode().split("\0") if name]


def _from_folders():
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders
                         if name not in _FOREIGN_FOLDERS]
        relative = pathlib.PurePosixPath(folder).relative_to(ROOT)
        yield from (relative / name for name in names)


def source_files(*suffixes):
    """Paths from the root, sorted; those with one of `suffixes`, if given."""
    files = _from_git() if (ROOT / ".git").exists() else _from_folders()
    return sorted(path for path in files
                  if (not suffixes or path.suffix in suffixes)
                  and (ROOT / path).is_file())
