#!/usr/bin/python3
"""Runs a fuzzer for the time that SLUICE_SCALE says.

  run_fuzzer.py BUILD_FOLDER NAME CI_SECONDS FULL_SECONDS

Seeds are those of the folder seeds/NAME, or written anew each time; what the
fuzzer adds to its corpus stays in the build folder, and so does the input of a
finding, which is tried first from then on.
"""

import os
import pathlib
import shutil
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parent
# Of an input; longer ones are slower and find no more.
MAX_BYTES = 4096
INPUT_SECONDS = 10
MEMORY_MIB = 2048


def make_folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path


def run(build, name, seconds):
    folder = build / "corpus" / name
    seeds = folder / "seeds"
    shutil.rmtree(seeds, ignore_errors=True)
    written = SOURCES / "seeds" / name
    if written.exists():
        shutil.copytree(written, seeds)
    else:
        subprocess.run([build / "write_seeds", name, make_folder(seeds)],
                       check=True)
    findings = make_folder(build / "findings" / name)
    command = [
        build / name, f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}",
        f"-timeout={INPUT_SECONDS}", f"-rss_limit_mb={MEMORY_MIB}",
        "-use_value_profile=1", "-print_final_stats=1",
        f"-artifact_prefix={findings}/",
        make_folder(folder / "found"), seeds, findings]
    dictionary = SOURCES / f"{name}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    print(*command, flush=True)
    # The log has a line per new input; the last ones tell how it ended.
    log = folder / "log"
    with log.open("w") as output:
        status = subprocess.run(command, stdout=output,
                                stderr=subprocess.STDOUT).returncode
    lines = log.read_text(errors="replace").splitlines()
    print(*lines[-60 if status else -14:], sep="\n")
    if status:
        sys.exit(f"{name} found something; the input is in {findings}, "
                 f"all output in {log}")


def main():
    build, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    ci_seconds, full_seconds = sys.argv[3:5]
    full = os.environ.get("SLUICE_SCALE") == "full"
    run(build, name, full_seconds if full else ci_seconds)


if __name__ == "__main__":
    main()
