# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The configurations of docs/pipelines, filled in."""

import re
from pathlib import Path

from daemons.collectd import TOP

FOLDER = TOP / "docs/pipelines"
HEADER_LINES = 2  # licence and copyright


def body(path: Path) -> str:
    """A file without its first lines, which are of no use on the page."""
    return "".join(path.read_text().splitlines(keepends=True)[HEADER_LINES:])


def pipeline(name: str, **places: object) -> str:
    """A file with a value for each @PLACE@ in it."""
    text = body(FOLDER / name)
    for place, value in places.items():
        assert f"@{place}@" in text, f"{name} has no place for {place}"
        text = text.replace(f"@{place}@", str(value))
    left = re.findall(r"@\w+@", text)
    assert not left, f"{name} needs {left}"
    return text
