# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The Grafana dashboards of monitoring/."""

from __future__ import annotations

import json
import re

from daemons.collectd import TOP

# What is shown for a status to which the part of the full copy is added.
PHASES = {0: "unknown", 102: "preparing", 201: "copying", 201.1: "copying: structures", 201.2: "copying: data",
          201.3: "copying: indexes", 202: "copied", 202.1: "copied", 203: "replicating", 203.2: "replicating",
          301: "paused", 301.3: "paused", 402: "changing", 501: "ended", 604: "failed", 603.2: "failed"}
SUMMARY_END = 14  # where the panels of the table of jobs and of the summary end
ALIAS = re.compile(r"""'(\{"Job":"\\1","Column":"(.*)"\})'\)$""")


def dashboard(name: str) -> dict:
    return json.loads((TOP / f"monitoring/grafana-{name}.json").read_text())


def drawn(board: dict) -> list[dict]:
    """The panels that show something, those of collapsed rows among them."""
    return [one for panel in board["panels"] for one in [panel, *panel.get("panels", [])] if one["type"] != "row"]


def column(target: dict) -> str | None:
    """The column of a table that a target fills."""
    if target.get("format") == "table":
        return target["legendFormat"]
    alias = ALIAS.search(target.get("target", ""))
    return alias and alias[2]


def filled_in(text: str, everything: str) -> str:
    """An expression as Grafana sends it, where all of each variable is chosen and no prefix."""
    for place, value in (("$__rate_interval", "1m"), ("${prefix}", ""), ("$host", everything),
                         ("$job", everything), ("$instance", everything),
                         ("$migration", everything), ("$project", everything)):
        text = text.replace(place, value)
    assert not re.search(r"\$\w|\$\{", text), text
    return text
