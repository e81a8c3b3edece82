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


def fill_in(text: str, places: dict[str, object]) -> str:
    """A text with a value for each @PLACE@ in it; an @ in a value is left alone."""
    wanted = set(re.findall(r"@([A-Z_]+)@", text))
    assert wanted == places.keys(), f"places {wanted} are not {places.keys()}"
    return re.sub(r"@([A-Z_]+)@", lambda place: str(places[place[1]]), text)


def pipeline(name: str, **places: object) -> str:
    """A file of docs/pipelines with a value for each @PLACE@ in it."""
    return fill_in(body(FOLDER / name), places)
