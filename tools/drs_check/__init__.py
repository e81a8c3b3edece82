# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""Poll the DRS projects of a collectd configuration once, and name the stage at which each fails.

collectd itself reads the whole configuration, as `collectd -T` does. The drs plugin runs; in place of
every other plugin runs a module that accepts its block and does nothing, so no value, notification or
log line goes anywhere, and the running daemon does not notice. See drs-check(8).
"""

VERSION = "0.3.0"


class Problem(Exception):
    """Why nothing could be tried, in a line."""


def printable(text: str) -> str:
    """Without whatever could break a line or a terminal, or reorder what is shown."""
    return "".join(char if char.isprintable() else "?" for char in text)
