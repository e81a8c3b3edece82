# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the collectd-drs authors
"""The dashboards by Grafana's own code (@grafana/data of npm): units, phases, grey without data, the table of jobs."""

import pytest
from support.dashboards import dashboard, drawn
from support.npm_code import NpmCode

GREY = "rgb(204, 204, 220)"
PHASES = {102: "preparing", 201: "copying", 201.1: "copying: structures", 201.2: "copying: data",
          201.3: "copying: indexes", 202: "copied", 203: "replicating", 301: "paused", 402: "changing", 501: "ended",
          604: "failed"}


@pytest.fixture(scope="module")
def grafana():
    return NpmCode("grafana")


def units(name: str) -> set[str]:
    """Those of all panels, and of the columns of the table."""
    found = set()
    for panel in drawn(dashboard(name)):
        found |= {panel["fieldConfig"]["defaults"].get("unit")}
        found |= {one["value"] for override in panel["fieldConfig"]["overrides"]
                  for one in override["properties"] if one["id"] == "unit"}
    return found - {None}


def test_what_grafana_shows(grafana):
    board = dashboard("prometheus")
    panels = {panel["title"]: panel for panel in drawn(board)}
    table = panels["Jobs"]
    frames = [{"refId": target["refId"], "rows": [{"labels": {"drs": job}, "value": number}
                                                  for number, job in enumerate(jobs, position)]}
              for position, (target, jobs) in enumerate(zip(table["targets"], [("a", "b"), ("b",), ("a",)]))]
    answer = grafana.run("shown.js", {
        "units": sorted(units("prometheus") | units("graphite")),
        "fields": [{"config": panels["Status"]["fieldConfig"]["defaults"], "values": list(PHASES)},
                   {"config": panels["Running"]["fieldConfig"]["defaults"], "values": [None, 4]},
                   {"config": panels["Rows written"]["fieldConfig"]["defaults"], "values": [300]}],
        "transformations": table["transformations"], "frames": frames})
    assert answer["unknown"] == []
    phases, running, rows = answer["shown"]
    assert [one["text"] for one in phases] == list(PHASES.values())
    assert phases[1]["color"] != phases[6]["color"]  # copying is not replicating
    assert (running[0]["text"], running[0]["color"]) == ("no data", GREY)
    assert running[1]["color"] != GREY and rows[0]["text"] == "300 rows/s"
    assert answer["table"] == [{"Job": "a", "Phase": 0, "Done": None, "Time to finish": 2},
                               {"Job": "b", "Phase": 1, "Done": 1, "Time to finish": None}]
