# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""valgrind's tools, and what their files say: callgrind counts instructions, massif bytes."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

DISPATCH = "plugin_dispatch_values"
REQUEST = "curl_multi_add_handle"
# "cfn=(12) name" the first time, "cfn=(12)" from then on.
NAME = re.compile(r"^c?fn=\((\d+)\)(?: (.*))?$")


class Calls(NamedTuple):
    """How often a function was called, and the instructions of it all, its callees' included."""

    count: int
    instructions: int


def callgrind(output: Path, *options: str) -> tuple[str, ...]:
    """What runs a program under callgrind, which writes `output`, or one such file a thread."""
    return ("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}", *options)


def total(profile: Path) -> int:
    """All instructions of a profile."""
    [found] = re.findall(r"^(?:summary|totals): (\d+)$", profile.read_text(), re.MULTILINE)[-1:]
    return int(found)


def calls_of(function: str, profile: Path) -> Calls:
    """The calls of a function that does not call itself."""
    names: dict[str, str] = {}
    callee, count, instructions, inclusive = "", 0, 0, False
    for line in profile.read_text().splitlines():
        if match := NAME.match(line):
            names.setdefault(match[1], match[2] or "")
            callee = names[match[1]] if line.startswith("c") else callee
        elif line.startswith("calls="):
            inclusive = callee == function
            count += int(line[len("calls="):].split()[0]) if inclusive else 0
        elif inclusive:
            instructions += int(line.split()[1])
            inclusive = False
    return Calls(count, instructions)


def control(command: str, pid: int) -> None:
    """`--zero` forgets what callgrind counted so far: what follows is the steady state. `--dump` writes it."""
    subprocess.run(["callgrind_control", command, str(pid)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def _reading_threads(folder: Path) -> list[Path]:
    """The profiles of the threads that request or dispatch, of the dump: the daemon's stop is in those that follow."""
    return [path for path in sorted(folder.glob("profile.1-*"))
            if calls_of(DISPATCH, path).count or calls_of(REQUEST, path).count]


def _all_calls(function: str, profiles: list[Path]) -> Calls:
    return Calls(*map(sum, zip(*(calls_of(function, profile) for profile in profiles), strict=True)))


def for_each_request(folder: Path) -> float:
    """Instructions for each request that was started, of the same threads."""
    paths = _reading_threads(folder)
    return sum(map(total, paths)) / _all_calls(REQUEST, paths).count


def outside_dispatch(folder: Path) -> float:
    """Instructions for each value, of the same threads, outside of collectd's call."""
    paths = _reading_threads(folder)
    dispatch = _all_calls(DISPATCH, paths)
    return (sum(map(total, paths)) - dispatch.instructions) / dispatch.count


def decode(program: Path, way: str, reply: Path, wrapper: tuple[str, ...]) -> None:
    """Runs bench/decode on a reply."""
    with reply.open("rb") as stream:
        subprocess.run([*wrapper, str(program), way], stdin=stream, check=True,
                       stdout=subprocess.DEVNULL)


def decode_instructions(program: Path, way: str, reply: Path, folder: Path) -> int:
    """Of the decoding alone, without the start of the program."""
    output = folder / f"decode-{way}"
    decode(program, way, reply, callgrind(output, f"--toggle-collect=decode_{way}"))
    return total(output)


def decode_peak(program: Path, reply: Path, folder: Path) -> int:
    """The most bytes of heap that were in use at once."""
    output = folder / "massif"
    decode(program, "progress", reply, (
        "valgrind", "--quiet", "--tool=massif", "--peak-inaccuracy=0.0",
        f"--massif-out-file={output}"))
    return max(map(int, re.findall(r"^mem_heap_B=(\d+)$", output.read_text(), re.MULTILINE)))
