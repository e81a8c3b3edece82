# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The Grafana dashboards of monitoring/."""

import json

from daemons.collectd import TOP


def dashboard(name: str) -> dict:
    return json.loads((TOP / f"monitoring/grafana-{name}.json").read_text())


def drawn(board: dict) -> list[dict]:
    """The panels that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]
